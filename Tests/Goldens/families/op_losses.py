"""Softmax and the cross entropies, extreme logits included."""

import numpy as np

from op_case import OpCase
from tensorflow_graph import tf

LOGITS = np.array(
    [
        [1000.0, 0.0, -1000.0, 999.0],
        [-1000.0, -1000.0, -1000.0, -1000.0],
        [88.0, -88.0, 0.0, 30.0],
        [0.0, 0.0, 0.0, 0.0],
    ]
)


def one_hot(rows, classes=4):
    return np.eye(classes)[rows]


def distributions(draws, shape):
    weights = draws.uniform(shape, 0.1, 1)
    return np.round(weights / weights.sum(axis=-1, keepdims=True), 3)


def softmax_rows():
    for op, function in (("softmax", tf.nn.softmax), ("log_softmax", tf.nn.log_softmax)):
        yield OpCase(op, "random", function, lambda d: [d.normal([3, 5], 2)], {"axis": -1})
        yield OpCase(op, "rank3", function, lambda d: [d.normal([2, 3, 4], 2)], {"axis": -1})
        yield OpCase(
            op,
            "axis0",
            lambda x, f=function: f(x, axis=0),
            lambda d: [d.normal([3, 4], 2)],
            {"axis": 0},
        )
        yield OpCase(op, "extreme", function, lambda d: [LOGITS], {"axis": -1})


def cross_entropy_rows():
    def dense(logits, labels):
        return tf.nn.softmax_cross_entropy_with_logits_v2(logits=logits, labels=labels)

    def sparse(logits, labels):
        return tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=labels)

    def sigmoid(logits, labels):
        return tf.nn.sigmoid_cross_entropy_with_logits(logits=logits, labels=labels)

    op = "softmax_cross_entropy"
    yield OpCase(op, "one_hot", dense, lambda d: [d.normal([4, 4], 2), one_hot([0, 3, 1, 1])])
    yield OpCase(
        op, "distribution", dense, lambda d: [d.normal([3, 5], 2), distributions(d, [3, 5])]
    )
    yield OpCase(
        op, "unnormalised", dense, lambda d: [d.normal([3, 5], 2), d.uniform([3, 5], 0, 2)]
    )
    yield OpCase(op, "extreme", dense, lambda d: [LOGITS, one_hot([2, 1, 0, 3])])
    op = "sparse_softmax_cross_entropy"
    for dtype in ("int32", "int64"):
        yield OpCase(
            op,
            dtype,
            sparse,
            lambda d, dtype=dtype: [d.normal([4, 5], 2), d.integers([4], 0, 5, dtype)],
        )
    yield OpCase(op, "rank3", sparse, lambda d: [d.normal([2, 3, 4], 2), d.integers([2, 3], 0, 4)])
    yield OpCase(op, "extreme", sparse, lambda d: [LOGITS, np.array([2, 1, 0, 3], "int32")])
    op = "sigmoid_cross_entropy"
    yield OpCase(op, "random", sigmoid, lambda d: [d.normal([3, 4], 2), d.uniform([3, 4], 0, 1)])
    yield OpCase(
        op,
        "extreme",
        sigmoid,
        lambda d: [
            np.array([1000.0, -1000.0, 1000.0, -1000.0, 0.0, 50.0]),
            np.array([1.0, 0.0, 0.0, 1.0, 0.5, 0.25]),
        ],
    )
    yield OpCase("l2_loss", "random", tf.nn.l2_loss, lambda d: [d.normal([3, 4])])


def rows():
    yield from softmax_rows()
    yield from cross_entropy_rows()
