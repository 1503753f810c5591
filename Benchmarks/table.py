"""The workloads that compare.py runs, and the most that ours may take."""

import dataclasses


@dataclasses.dataclass
class Target:
    """At most `limit` times the figure of `against`; against None, at most `limit` itself."""

    against: str | None
    limit: float


@dataclasses.dataclass
class Row:
    name: str
    ours: str
    targets: list[Target]
    peers: str | None = None
    """The peers' options; None where ours is compared with itself."""
    base: str | None = None
    """Our options that ours is compared with."""
    figure: str = "median"
    frameworks: tuple[str, ...] = ("tensorflow", "pytorch", "jax")
    whole: str | None = None
    """The options with which ours does all of the work, where `ours` leaves some out."""
    rounds: int | None = None
    """The most rounds; None for all."""

    @property
    def base_framework(self):
        """What runs the base: ours, or the schedule written by hand."""
        return "schedule" if (self.base or "").startswith("schedule") else "jacquard"


def best(limit):
    return [Target("best", limit)]


def recurrent(name, shape, targets, extra="", **more):
    """A row that trains a recurrent network; the same options for all. `shape`: batch, steps, inputs, units."""
    sizes = "--batch {} --steps {} --inputs {} --units {}".format(*shape)
    options = f"lstm {sizes} --input-layer {extra}".strip()
    return Row(name, options, targets, peers=options, **more)


LISTING_1 = (128, 28, 28, 128)
LONG = (32, 1000, 64, 128)
OURS = "lstm --batch 128 --steps 28 --inputs 28 --units 128 --input-layer"

ROWS = [
    recurrent(
        "LSTM 128×28×28×128 (listing 1)",
        LISTING_1,
        [Target("tensorflow", 0.5), Target("best", 0.8)],
    ),
    recurrent("LSTM 128×28×28×128, forward only", LISTING_1, best(1.1), "--forward"),
    recurrent("LSTM 32×200×128×256", (32, 200, 128, 256), best(0.75)),
    recurrent("LSTM 16×28×28×32", (16, 28, 28, 32), best(0.25)),
    recurrent("LSTM 1×100×32×64", (1, 100, 32, 64), best(0.4)),
    recurrent("LSTM 64×100×28×128", (64, 100, 28, 128), best(0.5)),
    recurrent("LSTM 32×1000×64×128", LONG, best(0.5)),
    recurrent("GRU 128×28×28×128", LISTING_1, best(0.7), "--cell gru"),
    recurrent("three-layer LSTM 128×28×28×128", LISTING_1, best(0.7), "--layers 3"),
    recurrent("bidirectional LSTM 128×28×28×128", LISTING_1, best(0.8), "--bidirectional"),
    Row("static listing 1 / dynamic", f"{OURS} --static", [Target("base", 1.1)], base=OURS),
    Row("batch-major / time-major", OURS, [Target("base", 1.05)], base=f"{OURS} --time-major"),
    Row(
        "two threads / one, listing 1",
        OURS,
        [Target("base", round(1 / 1.7, 3))],
        base=f"{OURS} --threads 1",
    ),
    Row("MLP 784–625–10, batch 128", "mlp", best(0.8), peers="mlp"),
    Row(
        "callable of one scalar add",
        "session",
        [Target("tensorflow", 0.025)],
        peers="session",
        frameworks=("tensorflow",),
    ),
    Row(
        "one iteration of a scalar whileLoop",
        "while",
        [Target("tensorflow", 0.1)],
        peers="while",
        frameworks=("tensorflow",),
    ),
    recurrent(
        "first run of listing 1",
        LISTING_1,
        [Target("tensorflow", 0.3)],
        figure="first",
    ),
    Row(
        "compile 1,000 unrolled steps / 4 × 250 steps",
        "compile",
        [Target("base", 1.2)],
        base="compile",
        figure="compile1000",
        rounds=1,
    ),
    Row(
        "compile 1,000 unrolled steps, ms",
        "compile",
        [Target(None, 3000)],
        figure="compile1000",
        rounds=1,
    ),
    Row(
        "listing 1 compiled anew for another batch size, ms",
        "compile",
        [Target(None, 20)],
        figure="recompile",
        rounds=1,
    ),
    recurrent(
        "peak memory above a scalar run, LSTM 32×1000×64×128, MB", LONG, best(0.3), figure="memory"
    ),
]

SCHEDULE_SHAPES = [
    LISTING_1,
    (32, 200, 128, 256),
    (16, 28, 28, 32),
    (1, 100, 32, 64),
    (64, 100, 28, 128),
    LONG,
]


def schedule_rows():
    """Ours against the schedule written by hand: neither has the output layer, the loss and Adam."""
    rows = []
    for shape in SCHEDULE_SHAPES:
        name = "×".join(map(str, shape))
        for extra, kind in (("", "train"), ("--forward", "forward")):
            row = recurrent(
                f"LSTM {name}, {kind} / by hand",
                shape,
                [Target("base", 1.15)],
                f"--bare {extra}".strip(),
            )
            row.whole = row.ours.replace(" --bare", "")
            row.peers = None
            row.base = f"schedule {kind} " + " ".join(map(str, shape))
            rows.append(row)
    return rows
