"""The streaming metrics of tf.metrics over a few batches."""

import numpy as np

from golden_format import Case, Draws
from tensorflow_graph import VERSION, session, tf

BATCHES = 3


def top_k(labels, predictions, weights):
    return tf.metrics.mean(tf.nn.in_top_k(predictions, labels, 2), weights)


def classes(draws):
    return draws.integers([BATCHES, 6], 0, 3), draws.integers([BATCHES, 6], 0, 3)


def numbers(draws):
    return draws.normal([BATCHES, 4, 2]), draws.normal([BATCHES, 4, 2])


def flags(draws):
    return draws.integers([BATCHES, 6], 0, 2), draws.integers([BATCHES, 6], 0, 2)


def scores(draws):
    return draws.uniform([BATCHES, 10], 0, 1), draws.integers([BATCHES, 10], 0, 2)


def logits(draws):
    return draws.normal([BATCHES, 5, 4]), draws.integers([BATCHES, 5], 0, 4)


# name, function of labels, predictions and weights, operands, shape of weights, attributes
METRICS = [
    ("mean", lambda l, p, w: tf.metrics.mean(p, w), numbers, [4, 1], {}),
    ("accuracy", tf.metrics.accuracy, classes, [6], {}),
    ("meanSquaredError", tf.metrics.mean_squared_error, numbers, [4], {}),
    ("precision", tf.metrics.precision, flags, [6], {}),
    ("recall", tf.metrics.recall, flags, [6], {}),
    (
        "areaUnderCurve",
        lambda l, p, w: tf.metrics.auc(l, p, w, num_thresholds=9),
        scores,
        [10],
        {"thresholds": 9},
    ),
    ("areaUnderCurve200", tf.metrics.auc, scores, [10], {"thresholds": 200}),
    ("topKAccuracy", top_k, logits, [5], {"k": 2}),
]


def case(name, function, operands, weight_shape, attributes, variant):
    draws = Draws(f"metrics/{name}/{variant}")
    predictions, labels = operands(draws)
    if variant == "rare":
        # No positives in the first batch.
        predictions[0], labels[0] = 0, 0
    if predictions.dtype.kind == "f":
        predictions = predictions.astype("float32")
    if name in ("mean", "meanSquaredError"):
        labels = labels.astype("float32")
    arrays = {"predictions": predictions, "labels": labels}
    if variant == "weighted":
        weights = draws.uniform([BATCHES, *weight_shape], 0, 2).astype("float32")
        weights.reshape(BATCHES, -1)[:, 1] = 0
        arrays["weights"] = weights
    with tf.Graph().as_default(), session() as active:
        inputs = {key: tf.placeholder(a.dtype, a.shape[1:]) for key, a in arrays.items()}
        value, update = function(inputs["labels"], inputs["predictions"], inputs.get("weights"))
        active.run(tf.local_variables_initializer())
        values, updates = [active.run(value)], []
        for batch in range(BATCHES):
            feeds = {inputs[key]: array[batch] for key, array in arrays.items()}
            updates.append(active.run(update, feeds))
            values.append(active.run(value))
    # The value before the first batch, and after each.
    arrays["values"] = np.array(values, "float32")
    arrays["updates"] = np.array(updates, "float32")
    attributes = {
        "metric": name.removesuffix("200"),
        "dtype": "float32",
        **attributes,
        "source": VERSION,
    }
    return Case(f"{name}_{variant}_float32", attributes, arrays)


def cases():
    for name, function, operands, weight_shape, attributes in METRICS:
        variants = ["unweighted", "weighted"]
        if name in ("precision", "recall"):
            variants.append("rare")
        for variant in variants:
            yield case(name, function, operands, weight_shape, attributes, variant)
