"""The losses of tf.losses with every reduction, and sequence_loss."""

import numpy as np
from tensorflow.python.ops.losses import losses_impl

from golden_format import Case, Draws
from op_case import FLOATS
from tensorflow_graph import VERSION, run_operation, tf

Reduction = tf.losses.Reduction
REDUCTIONS = {
    "none": Reduction.NONE,
    "sum": Reduction.SUM,
    "mean": Reduction.MEAN,
    "sumOverBatchSize": Reduction.SUM_OVER_BATCH_SIZE,
    "sumByNonzeroWeights": Reduction.SUM_BY_NONZERO_WEIGHTS,
}


# The others are there in float64 only.
MAIN = ("weighted", "sumByNonzeroWeights")


class FloatTypes:
    """TensorFlow's element types, but for float32, to which tf.losses casts everything."""

    def __init__(self, float32):
        self.float32 = float32

    def __getattr__(self, name):
        return getattr(tf.dtypes, name)


def computed_in(dtype, function):
    """`function`, with the casts to float32 in losses_impl going to `dtype`."""

    def patched(*operands):
        types = losses_impl.dtypes
        losses_impl.dtypes = FloatTypes(tf.as_dtype(dtype))
        try:
            return function(*operands)
        finally:
            losses_impl.dtypes = types

    return patched



def normal(draws):
    return draws.normal([3, 4])


def flags(draws):
    return draws.integers([3, 4], 0, 2)


def classes(draws):
    return draws.integers([3], 0, 4)


def distributions(draws):
    # Eighths: rows add up to exactly 1, which TensorFlow's gradient takes for granted.
    return np.eye(4)[draws.integers([3, 8], 0, 4)].mean(axis=1)


def probabilities(draws):
    return draws.uniform([3, 4], 0.05, 0.95)


def huber(labels, predictions, delta, **options):
    # A Python number would become a float32.
    delta = tf.constant(delta, predictions.dtype)
    return tf.losses.huber_loss(labels, predictions, delta=delta, **options)


# name, variant: function of labels, predictions and options; predictions; labels; shape of weights; attributes
LOSSES = [
    ("absoluteDifference", "", tf.losses.absolute_difference, normal, normal, [3, 1], {}),
    ("meanSquaredError", "", tf.losses.mean_squared_error, normal, normal, [3, 1], {}),
    ("huber", "", lambda l, p, **o: huber(l, p, 1.0, **o), normal, normal, [3, 1], {}),
    (
        "huber",
        "delta",
        lambda l, p, **o: huber(l, p, 0.3, **o),
        normal,
        normal,
        [3, 4],
        {"delta": 0.3},
    ),
    ("hinge", "", tf.losses.hinge_loss, normal, flags, [3, 1], {}),
    ("logLoss", "", tf.losses.log_loss, probabilities, flags, [3, 1], {}),
    (
        "logLoss",
        "epsilon",
        lambda l, p, **o: tf.losses.log_loss(l, p, epsilon=0.01, **o),
        probabilities,
        probabilities,
        [1, 4],
        {"epsilon": 0.01},
    ),
    (
        "cosineDistance",
        "",
        lambda l, p, **o: tf.losses.cosine_distance(l, p, axis=1, **o),
        normal,
        normal,
        [3, 1],
        {"axis": 1},
    ),
    ("sigmoidCrossEntropy", "", tf.losses.sigmoid_cross_entropy, normal, flags, [3, 1], {}),
    (
        "sigmoidCrossEntropy",
        "smooth",
        lambda l, p, **o: tf.losses.sigmoid_cross_entropy(l, p, label_smoothing=0.2, **o),
        normal,
        flags,
        [3, 4],
        {"labelSmoothing": 0.2},
    ),
    ("softmaxCrossEntropy", "", tf.losses.softmax_cross_entropy, normal, distributions, [3], {}),
    (
        "softmaxCrossEntropy",
        "smooth",
        lambda l, p, **o: tf.losses.softmax_cross_entropy(l, p, label_smoothing=0.3, **o),
        normal,
        distributions,
        [3],
        {"labelSmoothing": 0.3},
    ),
    (
        "sparseSoftmaxCrossEntropy",
        "",
        tf.losses.sparse_softmax_cross_entropy,
        normal,
        classes,
        [3],
        {},
    ),
    (
        "sparseSoftmaxCrossEntropy",
        "columns",
        tf.losses.sparse_softmax_cross_entropy,
        normal,
        lambda d: classes(d)[:, np.newaxis],
        [3, 1],
        {},
    ),
]


def weights_of(draws, shape):
    """Random weights, of which one is 0."""
    weights = draws.uniform(shape, 0.2, 2)
    weights.reshape(-1)[-1] = 0
    return weights


def case(name, function, operands, draws, dtype, attributes):
    operands = [array if array.dtype.kind == "i" else array.astype(dtype) for array in operands]
    arrays, _ = run_operation(computed_in(dtype, function), operands, draws)
    names = {"x0": "predictions", "x1": "labels", "x2": "weights", "y0": "value", "dy0": "dValue"}
    names["dx0"] = "dPredictions"
    arrays = {names[key]: array for key, array in arrays.items() if key in names}
    attributes = {"dtype": dtype, **attributes, "source": VERSION}
    return Case(f"{name}_{dtype}", attributes, arrays)


def loss_cases(dtype):
    for loss, variant, function, predictions, labels, weight_shape, attributes in LOSSES:
        base = f"{loss}_{variant}" if variant else loss
        # The weights: none, some of them 0, all of them 0.
        for weighting in ("unweighted", "weighted", "zero"):
            for reduction, key in REDUCTIONS.items():
                is_main = loss == "meanSquaredError" or reduction == "sumByNonzeroWeights"
                if weighting != "weighted" and not is_main:
                    continue
                if dtype == "float32" and (weighting, reduction) != MAIN:
                    continue
                draws = Draws(f"losses/{base}/{weighting}")
                operands = [predictions(draws), labels(draws)]
                if weighting != "unweighted":
                    weights = weights_of(draws, weight_shape)
                    operands.append(weights if weighting == "weighted" else weights * 0)

                def build(p, l, w=1.0, f=function, r=key):
                    return f(l, p, weights=w, reduction=r)

                yield case(
                    f"{base}_{weighting}_{reduction}",
                    build,
                    operands,
                    draws,
                    dtype,
                    {"loss": loss, "reduction": reduction, **attributes},
                )


def pairwise_cases(dtype):
    for variant, shape, weight_shape in [
        ("unweighted", [3, 4], None),
        ("rows", [3, 4], [3, 1]),
        ("elements", [2, 3, 2], [2, 3, 2]),
        ("single", [3, 1], [3, 1]),
    ]:
        draws = Draws(f"losses/meanPairwiseSquaredError/{variant}")
        operands = [draws.normal(shape), draws.normal(shape)]
        if weight_shape:
            operands.append(weights_of(draws, weight_shape))
        yield case(
            f"meanPairwiseSquaredError_{variant}",
            lambda p, l, w=1.0: tf.losses.mean_pairwise_squared_error(l, p, weights=w),
            operands,
            draws,
            dtype,
            {"loss": "meanPairwiseSquaredError", "reduction": "sum"},
        )


def sequence_cases(dtype):
    """tf.contrib.seq2seq.sequence_loss, which TensorFlow 2 no longer has, in its own words."""

    def build(logits, targets, weights, across_steps, across_batch):
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)
        losses *= weights
        axes = ([0] if across_batch else []) + ([1] if across_steps else [])
        if not axes:
            return losses
        return tf.div_no_nan(tf.reduce_sum(losses, axes), tf.reduce_sum(weights, axes))

    for across_steps in (0, 1):
        for across_batch in (0, 1):
            draws = Draws(f"losses/sequenceLoss/{across_steps}{across_batch}")
            weights = draws.uniform([3, 4], 0.2, 1)
            weights[1] = 0
            weights[0, 2:] = 0
            yield case(
                f"sequenceLoss_steps{across_steps}_batch{across_batch}",
                lambda x, t, w, s=across_steps, b=across_batch: build(x, t, w, s, b),
                [draws.normal([3, 4, 5], 2), draws.integers([3, 4], 0, 5), weights],
                draws,
                dtype,
                {
                    "loss": "sequenceLoss",
                    "averageAcrossTimesteps": across_steps,
                    "averageAcrossBatch": across_batch,
                },
            )


def cases():
    for dtype in FLOATS:
        yield from loss_cases(dtype)
        yield from pairwise_cases(dtype)
        yield from sequence_cases(dtype)
