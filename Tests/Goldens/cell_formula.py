"""One step of a cell that TensorFlow 2.15 has no class for: its formula, run by TensorFlow.

Every floating operand is a placeholder, so that TensorFlow differentiates with respect to all of
them: inputs, state and weights alike.
"""

from golden_format import Case
from tensorflow_graph import VERSION, is_floating, placeholders, session, tf


def capitalized(key):
    return key[0].upper() + key[1:]


def make_case(name, dtype, operands, state, formula, attributes):
    """The golden of one step.

    `operands` are arrays by key; `state` are the keys of those that the step gives anew. `formula`
    takes a dictionary of tensors and gives the new state as a dictionary by the same keys. Floating
    parts of it are weighted with the operands `dNew` + key.
    """
    operands = {
        key: array.astype(dtype) if is_floating(array) else array for key, array in operands.items()
    }
    with tf.Graph().as_default(), session() as active:
        inputs = placeholders(
            {key: array for key, array in operands.items() if not key.startswith("dNew")}
        )
        new = formula(inputs)
        assert list(new) == state, (list(new), state)
        smooth = [key for key in state if is_floating(operands[key])]
        sources = [key for key in inputs if is_floating(operands[key])]
        gradients = tf.gradients(
            [new[key] for key in smooth],
            [inputs[key] for key in sources],
            grad_ys=[tf.constant(operands["dNew" + capitalized(key)]) for key in smooth],
        )
        fetches = {"new" + capitalized(key): new[key] for key in state}
        for key, gradient in zip(sources, gradients):
            # What a formula leaves out counts for nothing.
            fetches["d" + (key if key in ["x", *state] else capitalized(key))] = (
                tf.zeros_like(inputs[key]) if gradient is None else gradient
            )
        results = active.run(fetches, {inputs[key]: operands[key] for key in inputs})
    attributes = {
        "dtype": dtype,
        "batch": operands["x"].shape[0],
        "inputs": operands["x"].shape[1],
        **attributes,
        "source": f"formula in {VERSION}",
    }
    return Case(f"{name}_{dtype}", attributes, {**operands, **results})


def layer_norm(x, gamma, beta):
    """As tf.contrib.layers.layer_norm."""
    mean, variance = tf.nn.moments(x, [1], keep_dims=True)
    return tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-12)
