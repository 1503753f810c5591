#!/usr/bin/env python3
"""Runs jacquard-bench and its peers in turn and judges the ratios; started by compare.sh."""

import argparse
import datetime
import fnmatch
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import time

import table

HERE = pathlib.Path(__file__).resolve().parent
PEERS = {
    "tensorflow": (".venv-tensorflow", "tensorflow_lstm.py"),
    "pytorch": (".venv-torch", "pytorch_lstm.py"),
    "jax": (".venv-jax", "jax_lstm.py"),
}
NAMES = {"tensorflow": "TensorFlow", "pytorch": "PyTorch", "jax": "JAX", "base": "base"}
# These tell OpenBLAS to run as on another processor than the one there is.
LEFT_OUT = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
# How often ours and what it is compared with alternate in a row without peers.
BASE_TURNS = 3
TOLERANCE = 1e-4
# Of losses after the first step, in which PyTorch adds Adam's epsilon at another place than Kingma and Ba's section 2.
LATER_TOLERANCE = 1e-3


def python_of(framework):
    """The interpreter that a peer is installed for."""
    return str(HERE / PEERS[framework][0] / "bin" / "python")


class Machine:
    """What the machine computes at the moment: for seconds or minutes, others take a part of its cores."""

    STEADY = 0.95  # of the best speed that has been seen
    PATIENCE = 30  # seconds
    ATTEMPTS = 6

    def __init__(self, environment):
        self.probe = subprocess.Popen(
            [python_of("jax"), str(HERE / "peers" / "machine_speed.py")],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.speeds = []
        self.turns = self.repeated = self.unsteady = 0
        for _ in range(10):
            self.speed()

    def speed(self):
        """GFLOP/s of a matrix product on all processors."""
        self.probe.stdin.write("\n")
        self.probe.stdin.flush()
        speed = float(self.probe.stdout.readline())
        self.speeds.append(speed)
        time.sleep(0.05)  # until the probe's threads sleep
        return speed

    def is_steady(self):
        # The third best: one probe may be lucky.
        best = sorted(self.speeds)[-3]
        return any(self.speed() >= self.STEADY * best for _ in range(2))

    def wait(self):
        end = time.monotonic() + self.PATIENCE
        while not self.is_steady() and time.monotonic() < end:
            time.sleep(1)

    def measured(self, run):
        """What `run` returns, run again if the machine was slow just before or after."""
        self.turns += 1
        for attempt in range(self.ATTEMPTS):
            self.wait()
            result = run()
            if self.is_steady():
                return result
            self.repeated += attempt == 0
        self.unsteady += 1
        return result


class Runner:
    """Runs programs, and keeps what they report."""

    def __init__(self, options):
        self.options = options
        self.reports = {}  # (framework, arguments) -> (name of the row, report) for each run
        self.failures = []
        self.done = set()
        self.environment = {k: v for k, v in os.environ.items() if k not in LEFT_OUT}
        self.machine = Machine(self.environment)

    def start_round(self):
        self.done = set()

    def command(self, framework, arguments):
        arguments = arguments.split()
        if framework == "schedule":
            return [self.options.schedule, *arguments[2:], str(self.options.threads)]
        if framework == "jacquard":
            command = [self.options.bench, *arguments]
        else:
            command = [python_of(framework), str(HERE / "peers" / PEERS[framework][1]), *arguments]
        if "--threads" not in arguments:
            command += ["--threads", str(self.options.threads)]
        if arguments[0] != "compile" and "--seconds" not in arguments:
            command += ["--seconds", str(self.options.seconds)]
            command += ["--repetitions", str(self.options.repetitions)]
        return command

    def run_once(self, framework, arguments):
        """Runs a program unless it has run in this round, for whatever row."""
        if (framework, arguments) not in self.done:
            self.run(framework, arguments, None)

    def run(self, framework, arguments, row):
        key = (framework, arguments)
        self.done.add(key)
        print(f"{framework}: {arguments}", file=sys.stderr, flush=True)
        try:
            done = self.machine.measured(
                lambda: subprocess.run(
                    self.command(framework, arguments),
                    env=self.environment,
                    capture_output=True,
                    text=True,
                    timeout=900,
                    check=True,
                )
            )
            report = self.parsed(framework, arguments, done.stdout)
            self.reports.setdefault(key, []).append((row, report))
        except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
            output = (getattr(error, "stderr", None) or "").strip().splitlines()
            reason = output[-1] if output else str(error).splitlines()[0]
            self.failures.append(f"{framework} `{arguments}`: {reason}")
            print(f"  failed: {reason}", file=sys.stderr)

    @staticmethod
    def parsed(framework, arguments, output):
        if framework != "schedule":
            return json.loads(output.splitlines()[-1])
        kind = arguments.split()[1]
        line = next(line for line in output.splitlines() if line.startswith(kind))
        milliseconds = float(re.search(r"median ([\d.]+) ms", line).group(1))
        return {"timings": {"medianMilliseconds": milliseconds}}

    def reports_for(self, framework, arguments, row=None):
        """What a program reported when it ran for a row, or for any row if it has not run for that."""
        reports = self.reports.get((framework, arguments), [])
        return [r for name, r in reports if name == row] or [r for _, r in reports]

    def figure(self, framework, arguments, figure, row=None):
        """The median over the runs, in the unit of the row; None where nothing has been measured."""
        values = []
        for report in self.reports_for(framework, arguments, row):
            if figure == "median":
                values.append(report["timings"]["medianMilliseconds"])
            elif figure == "first":
                values.append(report["firstRunMilliseconds"])
            elif figure == "memory":
                scalar = report.get("scalarRunPeakResidentBytes") or self.scalar_memory(framework)
                if scalar:
                    values.append((report["peakResidentBytes"] - scalar) / 1e6)
            else:
                values.append(report["milliseconds"][figure])
        return statistics.median(values) if values else None

    SCALAR = "session --repetitions 1 --seconds 0"

    def scalar_memory(self, framework):
        reports = self.reports_for(framework, self.SCALAR)
        return statistics.median(r["peakResidentBytes"] for r in reports) if reports else None


class Result:
    """The figures of one row, and which targets they meet."""

    def __init__(self, row, runner):
        self.row = row
        self.ours = runner.figure("jacquard", row.ours, row.figure, row.name)
        self.peers = {}
        if row.peers:
            for framework in row.frameworks:
                self.peers[framework] = runner.figure(
                    framework, row.peers, row.figure, row.name
                )
        self.base = None
        if row.base:
            figure, times = (
                ("compile250", 4) if row.figure == "compile1000" else (row.figure, 1)
            )
            base = runner.figure(row.base_framework, row.base, figure, row.name)
            self.base = None if base is None else times * base

    @property
    def best(self):
        known = {name: figure for name, figure in self.peers.items() if figure is not None}
        return min(known, key=known.get) if known else None

    def ratio(self, target):
        """Ours over theirs; of a limit in milliseconds, ours."""
        if target.against is None:
            return self.ours
        if target.against == "base":
            other = self.base
        elif target.against == "best":
            other = self.peers.get(self.best)
        else:
            other = self.peers.get(target.against)
        return None if not other or self.ours is None else self.ours / other

    def met(self, target):
        ratio = self.ratio(target)
        return None if ratio is None else ratio <= target.limit

    def against(self, target):
        if target.against == "best":
            return f"best ({NAMES[self.best]})" if self.best else "best"
        return NAMES.get(target.against, "–")

    def cells(self):
        def joined(texts):
            return " / ".join(texts)

        targets = self.row.targets
        verdicts = {True: "yes", False: "**no**", None: "?"}
        cells = [self.row.name, number(self.ours)]
        cells += [number(self.peers.get(name)) for name in PEERS]
        cells.append(number(self.base))
        cells.append(joined(self.against(t) for t in targets))
        cells.append(joined(number(self.ratio(t)) for t in targets))
        cells.append(joined(f"{t.limit:g}" for t in targets))
        cells.append(joined(verdicts[self.met(t)] for t in targets))
        return cells


def number(value):
    """Three digits that count."""
    if value is None:
        return "–"
    if value <= 0:
        return "0"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


HEADINGS = ["workload", "ours", "TensorFlow", "PyTorch", "JAX", "base", "against", "ratio"]
HEADINGS += ["at most", "met"]


def markdown(results):
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---|" + "---:|" * 5 + "---|---:|---:|---|"]
    lines += ["| " + " | ".join(result.cells()) + " |" for result in results]
    return "\n".join(lines)


def differences(runner, rows):
    """Peers whose losses are not ours: they compute something else."""
    found = []
    for row in rows:
        for framework in row.frameworks if row.peers else ():
            if framework == "pytorch" and "--cell gru" in row.ours:
                continue  # its GRU resets the state after the product; see pytorch_lstm.py
            ours = (runner.reports_for("jacquard", row.ours) or [{}])[0].get("check")
            theirs = (runner.reports_for(framework, row.peers) or [{}])[0].get("check")
            if not ours or not theirs:
                continue
            tolerances = [TOLERANCE] + [LATER_TOLERANCE] * (len(ours) - 1)
            if len(ours) != len(theirs) or any(
                abs(a - b) > tolerance * abs(b) for a, b, tolerance in zip(ours, theirs, tolerances)
            ):
                found.append(f"{row.name}: ours {ours}, {NAMES[framework]} {theirs}")
    return sorted(set(found))


def machine():
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
        name = re.search(r"model name\s*:\s*(.+)", text).group(1)
    except (OSError, AttributeError):
        name = platform.processor()
    return f"{name}, {os.cpu_count()} processors, {platform.system()} {platform.machine()}"


def document(runner, rows, results, done):
    options = runner.options
    machine_speed = runner.machine
    versions = {}
    cores = set()
    for (framework, _), reports in runner.reports.items():
        for _, report in reports:
            if "version" in report:
                versions[NAMES[framework]] = report["version"]
            if "openBLASCore" in report:
                cores.add(report["openBLASCore"])
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    commands = []
    for row in rows:
        for arguments in [row.ours, row.base]:
            if arguments and not arguments.startswith("schedule") and arguments not in commands:
                commands.append(arguments)
    misses = [
        f"- {result.row.name}: {number(result.ratio(target))} against {result.against(target)}, "
        f"where at most {target.limit:g} is meant"
        for result in results
        for target in result.row.targets
        if result.met(target) is False
    ]
    unknown = [result.row.name for result in results if None in map(result.met, result.row.targets)]
    sections = [
        "# Results",
        f"""{now}; {machine()}; OpenBLAS runs as on {", ".join(sorted(cores)) or "?"}; {
            ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
        }; {options.threads} threads each.""",
        (
            f"Written by `bash Benchmarks/compare.sh{options.words}` after {done} of {options.rounds} rounds. In each round "
            f"and row ours, the peers and ours again run in turn, or {BASE_TURNS} times ours and the base, each for at least "
            f"{options.seconds:g} s and {options.repetitions} runs after a warm-up, without {' and '.join(LEFT_OUT)} in the "
            "environment. Others share the machine's cores at times: a turn is repeated, ours or theirs, if a matrix product "
            f"by NumPy ran at less than {Machine.STEADY:g} of its best speed just before or after it "
            f"({machine_speed.repeated} of {machine_speed.turns} turns were; {machine_speed.unsteady} found no steady moment "
            f"in {Machine.ATTEMPTS} attempts and count as they are). The figures are medians over all turns of the median of a turn, in ms unless said otherwise. Shapes are batch × steps × inputs × units; networks are that of the first listing: a "
            "dense layer, the cells, a dense layer, softmax cross entropy, Adam. `ratio` is ours over theirs, "
            "`base` another run of ours, or the schedule written by hand (`../shared/prototypes/lstm-schedule.c`), which has "
            "neither the output layer nor the loss and Adam: ours leaves them out there too."
        ),
        markdown(results),
        *left_out(results, runner),
        "## Not met\n\n" + ("\n".join(misses) or "None."),
        "## Why\n\n" + (HERE / "LOSSES.md").read_text().strip(),
    ]
    if unknown:
        sections.append("## Not measured\n\n" + "\n".join(f"- {name}" for name in unknown))
    if runner.failures:
        sections.append("## Failed\n\n" + "\n".join(f"- {line}" for line in runner.failures))
    different = differences(runner, rows)
    sections.append(
        "## The same mathematics\n\n"
        "All start from the same weights and data; the losses of the first three steps, or the mean square of the "
        f"prediction, {'agree' if not different else 'do not agree'} within {TOLERANCE:g}, after the first step {LATER_TOLERANCE:g} (PyTorch adds Adam's epsilon elsewhere)"
        + (
            " everywhere"
            if not different
            else ":\n\n" + "\n".join(f"- {d}" for d in different) + "\n\nElsewhere they do"
        )
        + ". PyTorch's GRU is another one, which resets the state after the product with the weights."
    )
    sections.append(
        "## Commands\n\n```\n"
        + "\n".join(f"jacquard-bench {arguments}" for arguments in commands)
        + "\n```\n\nThe peers' are the same: `Benchmarks/peers/*_lstm.py` in place of `jacquard-bench`."
    )
    return "\n\n".join(sections) + "\n"


def left_out(results, runner):
    """What the rows compared with the schedule leave out, timed by itself."""
    lines = []
    for result in results:
        if not result.row.whole or result.ours is None:
            continue
        whole = runner.figure("jacquard", result.row.whole, "median", result.row.name)
        if whole is not None:
            name = result.row.name.removesuffix(" / by hand")
            difference = whole - result.ours
            known = number(difference) if difference > 0 else "in the noise"
            lines.append(f"| {name} | {number(result.ours)} | {number(whole)} | {known} |")
    if not lines:
        return []
    heading = "| network | without | with | difference |\n|---|---:|---:|---:|\n"
    title = "## Output layer, loss and Adam, ms\n\n"
    return [title + heading + "\n".join(lines)]


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", required=True, help="the program jacquard-bench")
    parser.add_argument(
        "--only", metavar="PATTERN", help="rows whose names contain it; * and ? work"
    )
    parser.add_argument("--quick", action="store_true", help="one short round, to see that it runs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1, help="the least time of a turn")
    parser.add_argument("--repetitions", type=int, default=15, help="the least runs of a turn")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--schedule", metavar="FILE", help="the compiled lstm-schedule, to compare")
    parser.add_argument("--output", type=pathlib.Path, help="RESULTS.md, if all rows run")
    options = parser.parse_args()
    options.words = "".join(
        f" {word}" for word in sys.argv[1:] if word not in ("--bench", options.bench)
    )
    if options.quick:
        options.rounds, options.seconds, options.repetitions = 1, 0.2, 3
    if options.output is None and not (options.only or options.quick):
        options.output = HERE / "RESULTS.md"
    return options


def chosen(options):
    rows = table.ROWS + (table.schedule_rows() if options.schedule else [])
    if options.only:
        rows = [r for r in rows if fnmatch.fnmatch(r.name.lower(), f"*{options.only.lower()}*")]
    if not rows:
        sys.exit(f"no row's name contains {options.only!r}")
    return rows


def run_row(runner, row):
    if row.figure != "median":
        runner.run_once("jacquard", row.ours)
        if row.base:
            runner.run_once(row.base_framework, row.base)
        for framework in row.frameworks if row.peers else ():
            runner.run_once(framework, row.peers)
            if row.figure == "memory":
                runner.run_once(framework, Runner.SCALAR)
        return
    # The machine has slow minutes: what is compared runs close together, and more than once.
    if row.peers:
        runner.run("jacquard", row.ours, row.name)
        for framework in row.frameworks:
            runner.run(framework, row.peers, row.name)
        runner.run("jacquard", row.ours, row.name)
    if row.base:
        for _ in range(BASE_TURNS):
            runner.run("jacquard", row.ours, row.name)
            runner.run(row.base_framework, row.base, row.name)
            if row.whole:
                runner.run("jacquard", row.whole, row.name)


def main():
    options = parse()
    rows = chosen(options)
    runner = Runner(options)
    for done in range(1, options.rounds + 1):
        runner.start_round()
        for row in rows:
            if row.rounds is None or done <= row.rounds:
                run_row(runner, row)
        results = [Result(row, runner) for row in rows]
        print(f"\nafter round {done} of {options.rounds}\n\n{markdown(results)}\n", flush=True)
        if options.output:
            options.output.write_text(document(runner, rows, results, done), encoding="utf-8")
    for line in differences(runner, rows):
        print("not the same mathematics:", line)
    for line in runner.failures:
        print("failed:", line)


if __name__ == "__main__":
    main()
