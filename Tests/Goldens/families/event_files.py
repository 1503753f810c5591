"""What TensorFlow writes into event files: records, events, histograms and images."""

import tempfile

import numpy as np
from tensorflow.core.util import event_pb2

from golden_format import Case, Draws
from tensorflow_graph import VERSION, session, tf


def bytes_array(data):
    return np.frombuffer(data, dtype="uint8").astype("int32")


def record(name, payload):
    with tempfile.NamedTemporaryFile() as file:
        with tf.io.TFRecordWriter(file.name) as writer:
            writer.write(payload)
        written = file.read()
    return Case(
        f"record_{name}_int32",
        {"dtype": "int32", "source": VERSION},
        {"payload": bytes_array(payload), "record": bytes_array(written)},
    )


def scalar(name, wall_time, step, tag, value):
    event = event_pb2.Event(wall_time=wall_time, step=step)
    event.summary.value.add(tag=tag, simple_value=value)
    return Case(
        f"scalar_{name}_float32",
        {"dtype": "float32", "source": VERSION, "wallTime": wall_time, "step": step, "tag": tag},
        {"value": np.float32(value), "event": bytes_array(event.SerializeToString())},
    )


def histogram(name, values):
    with tf.Graph().as_default():
        summary = session().run(tf.summary.histogram("values", values))
    return Case(
        f"histogram_{name}_{values.dtype.name}",
        {"dtype": values.dtype.name, "source": VERSION},
        {"values": values, "summary": bytes_array(summary)},
    )


def image(name, pixels, maximum_count=3):
    with tf.Graph().as_default():
        encoded = session().run(tf.summary.image("pixels", pixels, max_outputs=maximum_count))
        values = tf.Summary.FromString(encoded).value
        shown = [
            session().run(tf.image.decode_png(value.image.encoded_image_string))
            for value in values
        ]
    return Case(
        f"image_{name}_{pixels.dtype.name}",
        {
            "dtype": pixels.dtype.name,
            "source": VERSION,
            "maximumCount": maximum_count,
            "tags": " ".join(value.tag for value in values),
        },
        {"pixels": pixels, "shown": np.stack(shown).astype("int32")},
    )


def cases():
    yield record("empty", b"")
    yield record("short", b"jacquard")
    yield record("bytes", bytes(range(256)))

    yield scalar("loss", 1700000000.25, 781, "train/loss", 0.125)
    yield scalar("zero", 1.5, 0, "zero", 0.0)
    yield scalar("negative_step", 1.5, -3, "ünïcode", -1e30)

    draws = Draws("event_files")
    for dtype in ("float32", "float64"):
        yield histogram("normal", draws.normal([5, 8]).astype(dtype))
    yield histogram("zeros", np.zeros([3], "float32"))
    yield histogram("one", np.array([0.25], "float32"))
    yield histogram("empty", np.zeros([0], "float32"))
    yield histogram("extremes", np.array([-1e300, -1e20, -1e-13, 1e-12, 1.1e-12, 3e25], "float64"))
    yield histogram("counts", draws.integers([12], -5, 6))

    for dtype in ("float32", "float64"):
        yield image("positive", draws.uniform([2, 3, 4, 1], 0, 5).astype(dtype))
        yield image("signed", draws.normal([4, 2, 2, 3]).astype(dtype))
    strange = draws.uniform([1, 2, 3, 4], 0, 1).astype("float32")
    strange[0, 0, 1, 2] = np.nan
    strange[0, 1, 0, 0] = np.inf
    yield image("strange", strange, maximum_count=1)
    yield image("black", np.full([1, 2, 2, 1], 1e-7, "float32"))
    yield image("negative", np.full([1, 1, 2, 1], -3, "float32"))
