"""Ops that move elements: slices, gathers, padding, masks."""

import numpy as np

from op_case import OpCase
from tensorflow_graph import tf


def slice_rows():
    def row(variant, shape, begin, end, strides, **masks):
        masks = {
            key: masks.get(key, 0)
            for key in ("beginMask", "endMask", "ellipsisMask", "newAxisMask", "shrinkAxisMask")
        }

        def function(x):
            return tf.strided_slice(
                x,
                begin,
                end,
                strides,
                begin_mask=masks["beginMask"],
                end_mask=masks["endMask"],
                ellipsis_mask=masks["ellipsisMask"],
                new_axis_mask=masks["newAxisMask"],
                shrink_axis_mask=masks["shrinkAxisMask"],
            )

        return OpCase(
            "strided_slice",
            variant,
            function,
            lambda d: [d.normal(shape)],
            masks,
            {"begin": begin, "end": end, "strides": strides},
        )

    yield row("basic", [4, 5], [1, 0], [3, 4], [1, 1])
    yield row("step2", [5, 6], [0, 1], [5, 6], [2, 2])
    yield row("negative_index", [4, 5], [-3, -4], [-1, -1], [1, 1])
    yield row("reversed", [4, 3], [3, 2], [-5, -4], [-1, -1])
    yield row("reversed_step2", [7], [5], [0], [-2])
    yield row("masks", [4, 5], [1, 2], [3, 4], [1, 1], beginMask=1, endMask=2)
    yield row("masks_reversed", [4, 5], [0, 0], [0, 0], [-1, 1], beginMask=3, endMask=3)
    yield row("shrink", [3, 4, 2], [1, 0, 0], [2, 4, 2], [1, 1, 1], shrinkAxisMask=1)
    yield row("shrink_last", [3, 4, 2], [0, 0, -1], [3, 4, 0], [1, 1, 1], shrinkAxisMask=4)
    yield row("new_axis", [3, 4], [0, 1, 0], [0, 3, 3], [1, 1, 1], newAxisMask=1)
    yield row("ellipsis", [2, 3, 4], [0, 1], [0, 3], [1, 1], ellipsisMask=1)
    yield row("out_of_range", [4], [2], [10], [1])
    yield row("empty", [4, 3], [2, 0], [2, 3], [1, 1])


def gather_rows():
    for axis, shape in ((0, [4, 3]), (1, [2, 4, 2])):
        for variant, indices in (
            ("repeated", [2, 0, 2, 2]),
            ("matrix", [[0, 1], [3, 3]]),
            ("scalar", 1),
            ("empty", []),
        ):
            yield OpCase(
                "gather",
                f"axis{axis}_{variant}",
                lambda x, i, a=axis: tf.gather(x, i, axis=a),
                lambda d, s=shape, i=indices: [d.normal(s), np.array(i, "int32")],
                {"axis": axis},
            )
    yield OpCase(
        "gather_nd",
        "pairs",
        tf.gather_nd,
        lambda d: [d.normal([3, 4]), np.array([[0, 1], [2, 3], [0, 1]], "int32")],
    )
    yield OpCase(
        "gather_nd",
        "rows",
        tf.gather_nd,
        lambda d: [d.normal([3, 4]), np.array([[2], [0], [2]], "int32")],
    )


def padding_rows():
    paddings = {
        "matrix": ([2, 3], [[1, 0], [0, 2]]),
        "vector": ([4], [[2, 1]]),
        "rank3": ([2, 2, 3], [[0, 0], [1, 1], [1, 2]]),
    }
    for variant, (shape, padding) in paddings.items():
        yield OpCase(
            "pad",
            variant,
            lambda x, p=padding: tf.pad(x, p),
            lambda d, s=shape: [d.normal(s)],
            {"mode": "CONSTANT", "value": 0.0},
            {"paddings": padding},
        )
    yield OpCase(
        "pad",
        "value",
        lambda x: tf.pad(x, [[1, 1], [0, 1]], constant_values=-1.5),
        lambda d: [d.normal([2, 2])],
        {"mode": "CONSTANT", "value": -1.5},
        {"paddings": [[1, 1], [0, 1]]},
    )
    for mode in ("REFLECT", "SYMMETRIC"):
        yield OpCase(
            "pad",
            mode.lower(),
            lambda x, m=mode: tf.pad(x, [[1, 1], [2, 1]], mode=m),
            lambda d: [d.normal([2, 3])],
            {"mode": mode, "value": 0.0},
            {"paddings": [[1, 1], [2, 1]]},
        )
    for variant, shape, multiples in (
        ("matrix", [2, 3], [2, 1]),
        ("both", [2, 3], [2, 3]),
        ("vector", [3], [4]),
        ("zero", [2, 3], [0, 2]),
    ):
        yield OpCase(
            "tile",
            variant,
            lambda x, m=multiples: tf.tile(x, m),
            lambda d, s=shape: [d.normal(s)],
            {},
            {"multiples": multiples},
        )


def sequence_rows():
    for variant, shape, lengths, seq_axis, batch_axis in (
        ("batch_major", [4, 5], [5, 0, 3, 1], 1, 0),
        ("time_major", [5, 3, 2], [2, 5, 4], 0, 1),
        ("rank3", [3, 4, 2], [4, 1, 2], 1, 0),
    ):
        yield OpCase(
            "reverse_sequence",
            variant,
            lambda x, n, s=seq_axis, b=batch_axis: tf.reverse_sequence(
                x, n, seq_axis=s, batch_axis=b
            ),
            lambda d, s=shape, n=lengths: [d.normal(s), np.array(n, "int32")],
            {"seqAxis": seq_axis, "batchAxis": batch_axis},
        )
    lengths = np.array([3, 0, 5, 1], "int32")
    for variant, maximum in (("maxlen5", 5), ("maxlen2", 2), ("no_maxlen", None)):
        attributes = {} if maximum is None else {"maxLength": maximum}
        yield OpCase(
            "sequence_mask",
            variant,
            lambda n, m=maximum: tf.sequence_mask(n, m),
            lambda d: [lengths],
            attributes,
            dtypes=("bool",),
        )
    yield OpCase(
        "sequence_mask",
        "matrix",
        lambda n: tf.sequence_mask(n, 3),
        lambda d: [np.array([[1, 2], [0, 3]], "int32")],
        {"maxLength": 3},
        dtypes=("bool",),
    )
    for variant, kind in (("float", tf.float32), ("double", tf.float64)):
        yield OpCase(
            "sequence_mask",
            variant,
            lambda n, k=kind: tf.sequence_mask(n, 5, dtype=k),
            lambda d: [lengths],
            {"maxLength": 5},
            dtypes=(kind.name,),
        )


def one_hot_rows():
    indices = np.array([0, 2, -1, 3, 1], "int32")
    for dtype in ("float32", "float64"):
        for variant, axis, on, off in (
            ("last", -1, 1.0, 0.0),
            ("axis0", 0, 1.0, 0.0),
            ("values", -1, 5.0, -1.0),
        ):
            yield OpCase(
                "one_hot",
                variant,
                lambda i, a=axis, on=on, off=off, t=dtype: tf.one_hot(
                    i, 3, on, off, axis=a, dtype=t
                ),
                lambda d: [indices],
                {"depth": 3, "axis": axis, "onValue": on, "offValue": off},
                dtypes=(dtype,),
            )
    yield OpCase(
        "one_hot",
        "matrix",
        lambda i: tf.one_hot(i, 4),
        lambda d: [np.array([[0, 3], [2, 1]], "int32")],
        {"depth": 4, "axis": -1, "onValue": 1.0, "offValue": 0.0},
        dtypes=("float32",),
    )


def selection_rows():
    condition = np.array([[True, False, True], [False, False, True]])
    yield OpCase(
        "where", "same", tf.where_v2, lambda d: [condition, d.normal([2, 3]), d.normal([2, 3])]
    )
    yield OpCase(
        "where", "broadcast", tf.where_v2, lambda d: [condition, d.normal([3]), np.array(0.25)]
    )
    yield OpCase(
        "where",
        "nan_in_unused",
        tf.where_v2,
        lambda d: [
            np.array([True, False]),
            np.array([1.0, float("nan")]),
            np.array([float("inf"), 2.0]),
        ],
    )
    yield OpCase(
        "concat",
        "axis1",
        lambda a, b: tf.concat([a, b], 1),
        lambda d: [d.normal([2, 3]), d.normal([2, 1])],
        {"axis": 1},
    )
    yield OpCase(
        "concat",
        "axis0",
        lambda a, b, c: tf.concat([a, b, c], 0),
        lambda d: [d.normal([1, 2]), d.normal([2, 2]), d.normal([0, 2])],
        {"axis": 0},
    )
    yield OpCase(
        "split",
        "axis1",
        lambda x: tf.split(x, 3, axis=1),
        lambda d: [d.normal([2, 6])],
        {"axis": 1, "count": 3},
    )
    yield OpCase(
        "split",
        "sizes",
        lambda x: tf.split(x, [1, 2, 3], axis=0),
        lambda d: [d.normal([6, 2])],
        {"axis": 0},
        {"sizes": [1, 2, 3]},
    )
    yield OpCase(
        "stack",
        "axis1",
        lambda a, b: tf.stack([a, b], axis=1),
        lambda d: [d.normal([2, 3]), d.normal([2, 3])],
        {"axis": 1},
    )
    yield OpCase(
        "unstack",
        "axis1",
        lambda x: tf.unstack(x, axis=1),
        lambda d: [d.normal([2, 3])],
        {"axis": 1},
    )
    yield OpCase(
        "transpose",
        "rank3",
        lambda x: tf.transpose(x, [2, 0, 1]),
        lambda d: [d.normal([2, 3, 4])],
        {},
        {"permutation": [2, 0, 1]},
    )
    yield OpCase(
        "reverse",
        "axes02",
        lambda x: tf.reverse(x, [0, 2]),
        lambda d: [d.normal([2, 2, 3])],
        {},
        {"axes": [0, 2]},
    )


def rows():
    yield from slice_rows()
    yield from gather_rows()
    yield from padding_rows()
    yield from sequence_rows()
    yield from one_hot_rows()
    yield from selection_rows()
