"""Convolutions and pooling over one axis and two: odd sizes, strides, dilations, both paddings."""

import numpy as np

from op_case import FLOATS, OpCase
from tensorflow_graph import tf

# input, filter, strides, dilations
IMAGES = {
    "plain": ([2, 5, 4, 2], [3, 3, 2, 3], (1, 1), (1, 1)),
    "strides": ([1, 7, 6, 2], [3, 2, 2, 2], (2, 3), (1, 1)),
    "even_window": ([1, 6, 5, 1], [4, 2, 1, 3], (2, 2), (1, 1)),
    "pointwise": ([2, 3, 4, 3], [1, 1, 3, 2], (1, 1), (1, 1)),
    "pointwise_strides": ([1, 5, 4, 2], [1, 1, 2, 2], (2, 2), (1, 1)),
    "dilated": ([1, 7, 8, 2], [3, 2, 2, 2], (1, 1), (2, 3)),
}
SEQUENCES = {
    "plain": ([2, 7, 3], [3, 3, 2], 1, 1),
    "strides": ([2, 8, 2], [5, 2, 3], 3, 1),
    "even_window": ([1, 9, 1], [4, 1, 2], 2, 1),
    "dilated": ([2, 9, 2], [3, 2, 2], 1, 2),
}
# input, size, strides
IMAGE_WINDOWS = {
    "halves": ([2, 4, 6, 2], (2, 2), (2, 2)),
    "overlapping": ([1, 5, 7, 2], (3, 3), (1, 2)),
    "gaps": ([1, 7, 8, 1], (2, 1), (3, 2)),
    "wide": ([1, 5, 4, 1], (4, 3), (2, 3)),
}
SEQUENCE_WINDOWS = {
    "halves": ([2, 6, 2], 2, 2),
    "overlapping": ([2, 7, 3], 3, 2),
    "gaps": ([1, 8, 2], 2, 3),
}
PADDINGS = ("same", "valid")
# The others are there in float64 only.
BOTH_DTYPES = ("plain", "strides", "halves")


def dtypes(variant):
    return FLOATS if variant in BOTH_DTYPES else ("float64",)


def convolutions():
    for variant, (image, kernel, strides, dilations) in IMAGES.items():
        for padding in PADDINGS:
            yield OpCase(
                "conv2d",
                f"{variant}_{padding}",
                # Unlike conv2d, it has a gradient for dilations on the CPU.
                lambda x, w, s=strides, d=dilations, p=padding: tf.nn.convolution(
                    x, w, padding=p.upper(), strides=s, dilation_rate=d
                ),
                lambda draws, i=image, k=kernel: [draws.normal(i), draws.normal(k)],
                {"padding": padding},
                {"strides": strides, "dilations": dilations},
                dtypes(variant),
            )
    for variant, (sequence, kernel, stride, dilation) in SEQUENCES.items():
        for padding in PADDINGS:
            yield OpCase(
                "conv1d",
                f"{variant}_{padding}",
                lambda x, w, s=stride, d=dilation, p=padding: tf.nn.convolution(
                    x, w, padding=p.upper(), strides=[s], dilation_rate=[d]
                ),
                lambda draws, i=sequence, k=kernel: [draws.normal(i), draws.normal(k)],
                {"padding": padding},
                {"strides": [stride], "dilations": [dilation]},
                dtypes(variant),
            )


def pooling():
    functions = {
        "max_pool2d": (tf.nn.max_pool2d, IMAGE_WINDOWS),
        "avg_pool2d": (tf.compat.v2.nn.avg_pool2d, IMAGE_WINDOWS),
        "max_pool1d": (tf.nn.max_pool1d, SEQUENCE_WINDOWS),
        "avg_pool1d": (tf.nn.avg_pool1d, SEQUENCE_WINDOWS),
    }
    for op, (function, windows) in functions.items():
        for variant, (shape, size, strides) in windows.items():
            for padding in PADDINGS:
                yield OpCase(
                    op,
                    f"{variant}_{padding}",
                    lambda x, f=function, k=size, s=strides, p=padding: f(x, k, s, p.upper()),
                    lambda draws, i=shape: [draws.normal(i)],
                    {"padding": padding},
                    {"size": np.atleast_1d(size), "strides": np.atleast_1d(strides)},
                    dtypes(variant),
                )


def ties():
    """Equal elements in one window: which of them gets the gradient?"""
    for padding in PADDINGS:
        yield OpCase(
            "max_pool2d",
            f"ties_{padding}",
            lambda x, p=padding: tf.nn.max_pool2d(x, (3, 3), (1, 1), p.upper()),
            lambda draws: [draws.integers([1, 5, 5, 2], 0, 3).astype("float64")],
            {"padding": padding},
            {"size": [3, 3], "strides": [1, 1]},
        )


def cases():
    for row in (*convolutions(), *pooling(), *ties()):
        yield from row.cases()
