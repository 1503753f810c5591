"""Five steps of each optimizer on a [6, 2] variable of which rows are gathered, some of them twice."""

import numpy as np

from families.optimizers import TABLE, camel_case
from golden_format import Case, Draws
from tensorflow_graph import VERSION, session, tf

SHAPE = [6, 2]
# For each step the rows of the first gather, then those of the second.
FIRST = np.array([[1, 3, 1, 4], [0, 0, 0, 2], [3, 1, 4, 4], [2, 2, 2, 2], [4, 1, 3, 0]], np.int32)
SECOND = np.array([[3, 1], [2, 2], [1, 0], [4, 3], [0, 0]], np.int32)


def run_steps(optimizer_class, settings, initial, first, second):
    """Values after each step, and the slots after the last, by TensorFlow's slot names."""
    dtype = initial.dtype
    # A Python float would reach a float64 update as its nearest float32.
    exact = {
        key: np.float64(value) if isinstance(value, float) and dtype == np.float64 else value
        for key, value in settings.items()
    }
    with tf.Graph().as_default(), session() as active:
        variable = tf.get_variable("v", initializer=tf.constant(initial), use_resource=True)
        rows = tf.placeholder(tf.int32, [4]), tf.placeholder(tf.int32, [2])
        weights = tf.placeholder(dtype, [4, 2]), tf.placeholder(dtype, [2, 2])
        loss = sum(
            tf.reduce_sum(tf.gather(variable, r) * w) for r, w in zip(rows, weights, strict=True)
        )
        optimizer = optimizer_class(**exact)
        gradients = optimizer.compute_gradients(loss)
        assert isinstance(gradients[0][0], tf.IndexedSlices), gradients
        train_step = optimizer.apply_gradients(gradients)
        active.run(tf.global_variables_initializer())
        values = []
        for step in range(len(FIRST)):
            active.run(
                train_step,
                {
                    rows[0]: FIRST[step],
                    rows[1]: SECOND[step],
                    weights[0]: first[step],
                    weights[1]: second[step],
                },
            )
            values.append(active.run(variable))
        slots = {
            name: active.run(optimizer.get_slot(variable, name))
            for name in optimizer.get_slot_names()
        }
    return np.stack(values), slots


def make_case(optimizer, optimizer_class, variant, settings, dtype):
    draws = Draws("sparse_optimizers")
    initial = draws.normal(SHAPE).astype(dtype)
    first = draws.normal([len(FIRST), 4, 2]).astype(dtype)
    second = draws.normal([len(FIRST), 2, 2]).astype(dtype)
    values, slots = run_steps(optimizer_class, settings, initial, first, second)
    untouched = [5]
    if optimizer != "Ftrl":
        assert (values[:, untouched] == initial[untouched]).all(), (optimizer, variant)
    attributes = {"dtype": dtype, "optimizer": optimizer, "steps": len(FIRST), "source": VERSION}
    attributes.update({camel_case(key): value for key, value in settings.items()})
    arrays = {
        "initial": initial,
        "firstRows": FIRST,
        "secondRows": SECOND,
        "firstWeights": first,
        "secondWeights": second,
        "values": values,
    }
    arrays.update({f"slot_{name}": slot for name, slot in sorted(slots.items())})
    return Case(f"{optimizer}_{variant}_{dtype}", attributes, arrays)


def cases():
    for dtype in ("float32", "float64"):
        for optimizer, optimizer_class, variants in TABLE:
            for variant, settings in variants.items():
                yield make_case(optimizer, optimizer_class, variant, settings, dtype)
