"""Reductions, arg-reductions, cumulative sums, top-k."""

import numpy as np

from op_case import OpCase
from tensorflow_graph import tf

INFINITY = float("inf")
FUNCTIONS = {
    "sum": tf.reduce_sum,
    "mean": tf.reduce_mean,
    "max": tf.reduce_max,
    "min": tf.reduce_min,
    "prod": tf.reduce_prod,
    "logsumexp": tf.reduce_logsumexp,
}
BOOLEAN = {"any": tf.reduce_any, "all": tf.reduce_all}
AXES = {
    "all_axes": None,
    "axis0": [0],
    "axis1": [1],
    "axis_last": [-1],
    "axes02": [0, 2],
    "axes12": [1, 2],
}


def reduction(op, variant, operand, axes, keep_dims, dtypes=("float32", "float64")):
    function = {**FUNCTIONS, **BOOLEAN}[op]
    return OpCase(
        op,
        variant,
        lambda x: function(x, axis=axes, keepdims=keep_dims),
        lambda d: [operand(d)],
        {"keepDims": int(keep_dims), "allAxes": int(axes is None)},
        {} if axes is None else {"axes": axes},
        dtypes,
    )


def numeric_rows():
    for op in FUNCTIONS:
        for variant, axes in AXES.items():
            for keep_dims in (False, True):
                if keep_dims and variant not in ("all_axes", "axis1", "axes02"):
                    continue
                yield reduction(
                    op,
                    variant + "_keep" * keep_dims,
                    lambda d: d.uniform([2, 3, 4], -2, 2),
                    axes,
                    keep_dims,
                )
        yield reduction(op, "vector", lambda d: d.uniform([7], -2, 2), [0], False)
    for op in ("sum", "max", "min", "prod"):
        yield reduction(op, "integers", lambda d: d.integers([3, 4], -5, 6), [1], False, ("int32",))
    ties = np.array([[1.0, 3.0, 3.0, 2.0], [5.0, 5.0, 5.0, 5.0], [-1.0, -1.0, -4.0, -4.0]])
    for op in ("max", "min"):
        yield reduction(op, "ties_axis1", lambda d: ties, [1], False)
        yield reduction(op, "ties_axis0", lambda d: ties, [0], True)
        yield reduction(op, "ties_all", lambda d: ties, None, False)
    zeros = np.array([[1.5, 0.0, -2.0], [0.0, 3.0, 0.0], [2.0, 0.5, 4.0]])
    yield reduction("prod", "zeros_axis1", lambda d: zeros, [1], False)
    yield reduction("prod", "zeros_all", lambda d: zeros, None, False)
    extreme = np.array([[1000.0, 999.0, -1000.0], [-1000.0, -1001.0, -999.5], [0.0, 80.0, -80.0]])
    yield reduction("logsumexp", "extreme", lambda d: extreme, [1], False)
    infinite = np.array([[-INFINITY, -INFINITY], [-INFINITY, 0.0], [INFINITY, 0.0]])
    yield reduction("logsumexp", "infinite", lambda d: infinite, [1], False)


def boolean_rows():
    table = np.array([[True, False, True], [True, True, True], [False, False, False]])
    for op in BOOLEAN:
        for variant, axes in (("all_axes", None), ("axis0", [0]), ("axis1", [1])):
            yield reduction(op, variant, lambda d: table, axes, variant == "axis1", ("bool",))


def arg_rows():
    ties = np.array([[1.0, 3.0, 3.0, 2.0], [5.0, 5.0, 5.0, 5.0], [-1.0, -4.0, -1.0, -4.0]])
    for op, function in (("argmax", tf.argmax), ("argmin", tf.argmin)):
        for axis in (0, 1):
            for variant, operand in (
                ("random", lambda d: d.normal([4, 5])),
                ("ties", lambda d: ties),
            ):
                yield OpCase(
                    op,
                    f"{variant}_axis{axis}",
                    lambda x, f=function, a=axis: f(x, axis=a),
                    lambda d, operand=operand: [operand(d)],
                    {"axis": axis},
                )
        yield OpCase(
            op,
            "rank3_axis1",
            lambda x, f=function: f(x, axis=1),
            lambda d: [d.normal([2, 3, 2])],
            {"axis": 1},
        )


def cumulative_rows():
    for axis in (0, 1):
        for exclusive in (False, True):
            for reverse in (False, True):
                variant = f"axis{axis}" + "_exclusive" * exclusive + "_reverse" * reverse
                yield OpCase(
                    "cumsum",
                    variant,
                    lambda x, a=axis, e=exclusive, r=reverse: tf.cumsum(
                        x, axis=a, exclusive=e, reverse=r
                    ),
                    lambda d: [d.normal([3, 4])],
                    {"axis": axis, "exclusive": int(exclusive), "reverse": int(reverse)},
                )


def top_rows():
    ties = np.array([[1.0, 3.0, 3.0, 2.0, 3.0], [0.0, 0.0, 0.0, 0.0, 0.0]])
    for variant, operand in (("random", lambda d: d.normal([3, 5])), ("ties", lambda d: ties)):
        for k in (1, 3):
            yield OpCase(
                "top_k",
                f"{variant}_{k}",
                lambda x, k=k: list(tf.nn.top_k(x, k=k)),
                lambda d, operand=operand: [operand(d)],
                {"k": k},
            )
    predictions = np.array(
        [
            [0.1, 0.5, 0.4, 0.0],
            [0.3, 0.3, 0.3, 0.1],
            [0.9, 0.05, 0.02, 0.03],
            [0.2, INFINITY, 0.1, 0.0],
            [0.2, float("nan"), 0.1, 0.0],
            [0.2, 0.1, 0.4, 0.3],
        ]
    )
    for k in (1, 2, 3):
        yield OpCase(
            "in_top_k",
            f"k{k}",
            lambda p, t, k=k: tf.nn.in_top_k(p, t, k),
            lambda d: [predictions, np.array([1, 2, 3, 1, 0, 3], "int32")],
            {"k": k},
            dtypes=("float32",),
        )


def rows():
    yield from numeric_rows()
    yield from boolean_rows()
    yield from arg_rows()
    yield from cumulative_rows()
    yield from top_rows()
