"""Reads event files with TensorBoard and compares them with what was written.

    python tensorboard_check.py FOLDER EXPECTATIONS.json

The expectations are those of Tests/JacquardSummariesTests/PythonTensorBoardTests.swift. Prints what differs, and ends with
status 1 if anything does.
"""

import io
import json
import logging
import pathlib
import sys

import numpy as np
from PIL import Image
from tensorboard.backend import process_graph
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.compat.proto.graph_pb2 import GraphDef

logging.disable(logging.WARNING)  # a file that is cut off, which some are on purpose


def close(found, wanted):
    return np.allclose(found, wanted, rtol=1e-6, atol=0)


def scalar_differences(events, wanted):
    found = [(event.step, event.value) for event in events]
    expected = [(scalar["step"], scalar["value"]) for scalar in wanted]
    if len(found) != len(expected) or not close(found, expected):
        yield f"{found}, expected {expected}"


def histogram_differences(events, wanted):
    steps = [event.step for event in events]
    if steps != [histogram["step"] for histogram in wanted]:
        yield f"steps {steps}"
        return
    for event, histogram in zip(events, wanted):
        found, values = event.histogram_value, np.array(histogram["values"])
        statistics = [found.min, found.max, found.num, found.sum, found.sum_squares]
        expected = [
            values.min(), values.max(), len(values), values.sum(), (values**2).sum()
        ]
        if not np.allclose(statistics, expected, rtol=1e-9, atol=1e-9):
            yield f"step {event.step}: {statistics}, expected {expected}"
        # TensorBoard counts the values between one limit and the next.
        edges = [-np.inf] + list(found.bucket_limit)
        counts = [np.sum((values >= a) & (values < b)) for a, b in zip(edges, edges[1:])]
        if counts != list(found.bucket):
            yield f"step {event.step}: buckets {found.bucket}, expected {counts}"


def image_differences(events, wanted):
    for event, image in zip(events, wanted, strict=True):
        pixels = np.asarray(Image.open(io.BytesIO(event.encoded_image_string)))
        pixels = pixels.reshape(pixels.shape[:2] + (-1,))
        expected = np.array(image["pixels"], "uint8").reshape(image["shape"])
        if event.step != image["step"]:
            yield f"step {event.step}, expected {image['step']}"
        if (event.height, event.width) != expected.shape[:2]:
            yield f"height and width {event.height, event.width}, expected {expected.shape[:2]}"
        if pixels.shape != expected.shape or (pixels != expected).any():
            yield "other pixels"


def shape(proto):
    return None if proto.unknown_rank else [dimension.size for dimension in proto.dim]


def graph_differences(graph, wanted):
    # What TensorBoard does to a graph before it sends it to the browser
    process_graph.prepare_graph_for_ui(graph)
    found = {node.name: node for node in graph.node}
    if len(found) != len(graph.node):
        yield "two nodes of one name"
    for node in wanted:
        if node["name"] not in found:
            yield f"no node '{node['name']}'"
            continue
        there = found[node["name"]]
        if there.op != node["op"]:
            yield f"'{there.name}' is {there.op}, expected {node['op']}"
        shapes = [shape(proto) for proto in there.attr["_output_shapes"].list.shape]
        if shapes != node["shapes"]:
            yield f"'{there.name}' has shapes {shapes}, expected {node['shapes']}"
    for node in graph.node:
        for source in node.input:
            if source.lstrip("^").split(":")[0] not in found:
                yield f"'{node.name}' has an input '{source}' that is not there"


def differences(accumulator, expected):
    kinds = [
        ("scalars", accumulator.Scalars, scalar_differences),
        ("histograms", accumulator.Histograms, histogram_differences),
        ("images", accumulator.Images, image_differences),
    ]
    for kind, read, compare in kinds:
        tags = accumulator.Tags()[kind]
        if sorted(tags) != sorted(expected[kind]):
            yield f"{kind}: tags {sorted(tags)}, expected {sorted(expected[kind])}"
        for tag in set(tags) & set(expected[kind]):
            for difference in compare(read(tag), expected[kind][tag]):
                yield f"{kind}: '{tag}': {difference}"
    if accumulator.Tags()["graph"] != bool(expected["nodes"]):
        yield f"graph: {accumulator.Tags()['graph']}"
    elif expected["nodes"]:
        graph = GraphDef.FromString(accumulator.Graph().SerializeToString())
        for difference in graph_differences(graph, expected["nodes"]):
            yield f"graph: {difference}"


def main():
    folder, expectations = sys.argv[1:]
    guidance = {kind: 0 for kind in event_accumulator.STORE_EVERYTHING_SIZE_GUIDANCE}
    accumulator = event_accumulator.EventAccumulator(folder, size_guidance=guidance)
    accumulator.Reload()
    found = list(differences(accumulator, json.loads(pathlib.Path(expectations).read_text())))
    for difference in found:
        print(difference)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
