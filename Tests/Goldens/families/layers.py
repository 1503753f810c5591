"""Functions that layers are made of: moments, normalisation, lookups."""

from op_case import OpCase
from tensorflow_graph import tf


def rows():
    for variant, shape, axes, keep in [
        ("columns", [4, 3], [0], False),
        ("channels", [2, 3, 2, 3], [0, 1, 2], False),
        ("kept", [2, 3, 4], [1], True),
        ("all", [3, 4], [0, 1], False),
    ]:
        yield OpCase(
            "moments",
            variant,
            lambda x, a=axes, k=keep: tf.nn.moments(x, a, keepdims=k),
            lambda draws, s=shape: [draws.normal(s, 2)],
            {"keepDims": int(keep)},
            {"axes": axes},
        )
    for variant, shape in [("rows", [4, 3]), ("images", [2, 2, 3, 3])]:
        for has_offset in (0, 1):
            for has_scale in (0, 1):
                count = 3 + has_offset + has_scale

                def normalised(x, mean, variance, *rest, offset=has_offset, scale=has_scale):
                    parameters = list(rest)
                    beta = parameters.pop(0) if offset else None
                    gamma = parameters.pop(0) if scale else None
                    return tf.nn.batch_normalization(x, mean, variance, beta, gamma, 0.01)

                yield OpCase(
                    "batch_normalization",
                    f"{variant}_offset{has_offset}_scale{has_scale}",
                    normalised,
                    lambda draws, s=shape, n=count: [
                        draws.normal(s),
                        draws.normal([3]),
                        draws.uniform([3], 0.1, 2),
                    ]
                    + [draws.normal([3]) for _ in range(n - 3)],
                    {"offset": has_offset, "scale": has_scale, "epsilon": 0.01},
                )
    for variant, shape, axis in [
        ("rows", [3, 4], -1),
        ("rank3", [2, 3, 4], -1),
        ("axis1", [2, 4, 3], 1),
    ]:

        def layer(x, gamma, beta, axis=axis):
            mean, variance = tf.nn.moments(x, [axis], keepdims=True)
            if axis == 1:
                gamma, beta = gamma[:, tf.newaxis], beta[:, tf.newaxis]
            return tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-3)

        yield OpCase(
            "layer_normalization",
            variant,
            layer,
            lambda draws, s=shape: [draws.normal(s, 2), draws.normal([4]), draws.normal([4])],
            {"axis": axis, "epsilon": 1e-3},
        )
    for dtype in ("int32", "int64"):
        yield OpCase(
            "embedding_lookup",
            dtype,
            lambda params, ids: tf.convert_to_tensor(tf.nn.embedding_lookup(params, ids)),
            lambda draws, d=dtype: [draws.normal([5, 3]), draws.integers([2, 4], 0, 5, d)],
        )


def cases():
    for row in rows():
        yield from row.cases()
