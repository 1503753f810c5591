"""Elementwise ops, broadcasting, clipping and matmul."""

import numpy as np

from op_case import OpCase
from tensorflow_graph import tf

INFINITY, NAN = float("inf"), float("nan")
# Where kernels differ if anywhere: tiny, huge, zero, and not a number.
SPECIAL = [
    -INFINITY,
    -1000.0,
    -89.5,
    -20.0,
    -1.0,
    -1e-4,
    -1e-20,
    0.0,
    1e-20,
    1e-4,
    1.0,
    20.0,
    87.5,
    1000.0,
    INFINITY,
    NAN,
]
TIES = [-2.0, 0.0, 0.5, 3.0]

UNARY = {
    # op: (function, lowest, highest operand)
    "neg": (tf.negative, -3, 3),
    "abs": (tf.abs, -3, 3),
    "sign": (tf.sign, -3, 3),
    "square": (tf.square, -3, 3),
    "sqrt": (tf.sqrt, 0.01, 9),
    "rsqrt": (tf.math.rsqrt, 0.01, 9),
    "reciprocal": (tf.math.reciprocal, 0.1, 4),
    "exp": (tf.exp, -5, 5),
    "log": (tf.math.log, 0.01, 9),
    "log1p": (tf.math.log1p, -0.9, 4),
    "expm1": (tf.math.expm1, -3, 3),
    "floor": (tf.floor, -4, 4),
    "ceil": (tf.math.ceil, -4, 4),
    "rint": (tf.math.rint, -4, 4),
    "sin": (tf.sin, -7, 7),
    "cos": (tf.cos, -7, 7),
    "erf": (tf.math.erf, -3, 3),
    "tanh": (tf.tanh, -4, 4),
    "sigmoid": (tf.sigmoid, -8, 8),
    "relu": (tf.nn.relu, -2, 2),
    "elu": (tf.nn.elu, -3, 3),
    "softplus": (tf.nn.softplus, -8, 8),
    "softsign": (tf.nn.softsign, -4, 4),
}
# Argument reduction of huge operands is not something to agree on.
NOT_SPECIAL = {"sin", "cos"}

BINARY = {
    "add": tf.add,
    "sub": tf.subtract,
    "mul": tf.multiply,
    "truediv": tf.truediv,
    "floordiv": tf.math.floordiv,
    "floormod": tf.math.floormod,
    "minimum": tf.minimum,
    "maximum": tf.maximum,
    "squared_difference": tf.math.squared_difference,
}


def unary_rows():
    for op, (function, low, high) in UNARY.items():
        yield OpCase(
            op, "random", function, lambda d, low=low, high=high: [d.uniform([3, 5], low, high)]
        )
        if op not in NOT_SPECIAL:
            yield OpCase(op, "special", function, lambda d: [np.array(SPECIAL)])
    halves = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.499, 3.501, 1e10, -7.0]
    for op in ("floor", "ceil", "rint"):
        yield OpCase(op, "halves", UNARY[op][0], lambda d: [np.array(halves)])
    for op in ("neg", "abs", "sign", "square"):
        yield OpCase(
            op,
            "integers",
            UNARY[op][0],
            lambda d: [np.array([-3, -1, 0, 1, 46340], "int32")],
            dtypes=("int32",),
        )


def broadcast_operands(left, right):
    def operands(draws):
        # Away from zero, and away from whole quotients.
        a = draws.uniform(left, 0.5, 3) * draws.stream.choice([-1, 1], left)
        b = draws.uniform(right, 0.6, 2) * draws.stream.choice([-1, 1], right)
        return [np.round(a, 3), np.round(b, 3)]

    return operands


def binary_rows():
    shapes = {
        "same": ([3, 4], [3, 4]),
        "row": ([3, 4], [4]),
        "column": ([3, 4], [3, 1]),
        "both": ([2, 1, 3], [4, 1]),
        "scalar_right": ([2, 3], []),
        "scalar_left": ([], [2, 3]),
    }
    for op, function in BINARY.items():
        for variant, (left, right) in shapes.items():
            if variant in ("same", "row", "both") or op in ("add", "mul", "truediv", "maximum"):
                yield OpCase(op, variant, function, broadcast_operands(left, right))
    for op in ("minimum", "maximum"):
        yield OpCase(
            op, "ties", BINARY[op], lambda d: [np.array(TIES), np.array([-2.0, 0.0, 1.0, 3.0])]
        )
        yield OpCase(
            op,
            "nan",
            BINARY[op],
            lambda d: [np.array([NAN, 1.0, NAN, -INFINITY]), np.array([1.0, NAN, NAN, INFINITY])],
        )
    numerators = np.array([7, -7, 7, -7, 6, -6, 0, 5], "int32")
    denominators = np.array([3, 3, -3, -3, 2, 2, -4, 7], "int32")
    for op in ("floordiv", "floormod"):
        for dtype in ("int32", "int64"):
            yield OpCase(
                op,
                "integers",
                BINARY[op],
                lambda d, dtype=dtype: [numerators.astype(dtype), denominators.astype(dtype)],
                dtypes=(dtype,),
            )
        yield OpCase(
            op,
            "exact",
            BINARY[op],
            lambda d: [
                numerators.astype("float64") + [0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0.25],
                denominators.astype("float64"),
            ],
        )
    for op in ("add", "sub", "mul", "minimum", "maximum", "truediv"):
        yield OpCase(
            op, "integers", BINARY[op], lambda d: [numerators, denominators], dtypes=("int32",)
        )


def power_rows():
    yield OpCase(
        "pow",
        "positive_base",
        tf.pow,
        lambda d: [d.uniform([3, 4], 0.1, 3), d.uniform([3, 4], -3, 3)],
    )
    yield OpCase(
        "pow", "broadcast", tf.pow, lambda d: [d.uniform([3, 4], 0.1, 3), d.uniform([4], -3, 3)]
    )
    yield OpCase(
        "pow",
        "negative_base",
        tf.pow,
        lambda d: [np.array([-2.0, -2.0, -0.5, -3.0, -1.5]), np.array([2.0, 3.0, -2.0, 1.0, 0.0])],
    )
    yield OpCase(
        "pow", "zero_base", tf.pow, lambda d: [np.zeros([4]), np.array([0.0, 1.0, 2.0, 0.5])]
    )
    yield OpCase("pow", "scalar_square", tf.pow, lambda d: [d.normal([2, 3]), np.array(2.0)])


def comparison_rows():
    functions = {
        "equal": tf.equal,
        "not_equal": tf.not_equal,
        "less": tf.less,
        "less_equal": tf.less_equal,
        "greater": tf.greater,
        "greater_equal": tf.greater_equal,
    }
    a = np.array([1.0, 2.0, 3.0, NAN, NAN, INFINITY, 0.0])
    b = np.array([1.0, 3.0, 2.0, NAN, 1.0, INFINITY, -0.0])
    for op, function in functions.items():
        yield OpCase(op, "nan", function, lambda d: [a, b])


def clip_rows():
    def clip(x):
        return tf.clip_by_value(x, -1.0, 1.0)

    at_bounds = [-3.0, -1.0, -0.5, 0.0, 1.0, 1.5]
    bounds = {"minimum": -1.0, "maximum": 1.0}
    yield OpCase("clip_by_value", "at_bounds", clip, lambda d: [np.array(at_bounds)], bounds)
    yield OpCase("clip_by_value", "random", clip, lambda d: [d.normal([3, 4], 1.5)], bounds)
    yield OpCase(
        "clip_by_value",
        "bounds_as_operands",
        tf.clip_by_value,
        lambda d: [d.normal([3, 4], 1.5), np.array(-0.5), np.array(0.75)],
    )
    for variant, norm in (("clipped", 1.5), ("unclipped", 100.0)):
        yield OpCase(
            "clip_by_global_norm",
            variant,
            lambda a, b, norm=norm: [*(r := tf.clip_by_global_norm([a, b], norm))[0], r[1]],
            lambda d: [d.normal([2, 3]), d.normal([4])],
            {"clipNorm": norm},
            differentiate=False,
        )
        yield OpCase(
            "clip_by_norm",
            variant,
            lambda a, norm=norm: tf.clip_by_norm(a, norm),
            lambda d: [d.normal([2, 3])],
            {"clipNorm": norm},
        )


def matmul_rows():
    shapes = {
        "": ([3, 4], [4, 5]),
        "row": ([1, 4], [4, 3]),
        "column": ([3, 4], [4, 1]),
        "batched": ([2, 3, 4], [2, 4, 5]),
        "batched_rank4": ([2, 2, 1, 3], [2, 2, 3, 2]),
    }

    def stored(shape, transposed):
        return shape[:-2] + [shape[-1], shape[-2]] if transposed else shape

    for variant, (left, right) in shapes.items():
        for a_flag in (False, True):
            for b_flag in (False, True):
                if variant in ("row", "column", "batched_rank4") and a_flag != b_flag:
                    continue
                flags = ("tn"[not a_flag]) + ("tn"[not b_flag])
                yield OpCase(
                    "matmul",
                    f"{variant}_{flags}" if variant else flags,
                    lambda a, b, s=a_flag, t=b_flag: tf.matmul(a, b, transpose_a=s, transpose_b=t),
                    lambda d, l=stored(left, a_flag), r=stored(right, b_flag): [
                        d.normal(l),
                        d.normal(r),
                    ],
                    {"transposeA": int(a_flag), "transposeB": int(b_flag)},
                )
    yield OpCase(
        "matmul",
        "batch_broadcast",
        tf.matmul,
        lambda d: [d.normal([2, 1, 2, 3]), d.normal([3, 3, 2])],
        {"transposeA": 0, "transposeB": 0},
    )


def rows():
    yield from unary_rows()
    yield from binary_rows()
    yield from power_rows()
    yield from comparison_rows()
    yield from clip_rows()
    yield from matmul_rows()
