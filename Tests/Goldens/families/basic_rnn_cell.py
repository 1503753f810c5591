"""One step of BasicRNNCell: new state, and gradients with respect to every operand."""

from golden_format import Case, Draws
from tensorflow_graph import VERSION, placeholders, session, tf


def make_case(name, dtype, operands, activation):
    operands = {key: array.astype(dtype) for key, array in operands.items()}
    with tf.Graph().as_default(), session() as active:
        inputs = placeholders({key: operands[key] for key in ("x", "h")})
        cell = tf.nn.rnn_cell.BasicRNNCell(
            operands["h"].shape[1], activation=getattr(tf.nn, activation)
        )
        output, new_h = cell(inputs["x"], inputs["h"])
        assert output is new_h
        kernel, bias = cell.trainable_variables
        assert kernel.op.name == "basic_rnn_cell/kernel" and bias.op.name == "basic_rnn_cell/bias"
        kernel.load(operands["kernel"], active)
        bias.load(operands["bias"], active)
        gradients = tf.gradients(
            new_h, [inputs["x"], inputs["h"], kernel, bias], grad_ys=tf.constant(operands["dNewH"])
        )
        values = active.run([new_h, *gradients], {inputs[key]: operands[key] for key in inputs})
    attributes = {
        "dtype": dtype,
        "batch": operands["x"].shape[0],
        "inputs": operands["x"].shape[1],
        "units": operands["h"].shape[1],
        "activation": activation,
        "source": VERSION,
    }
    results = dict(zip(["newH", "dx", "dh", "dKernel", "dBias"], values))
    return Case(f"{name}_{dtype}", attributes, {**operands, **results})


def random_operands(name, batch, inputs, units):
    draws = Draws("basic_rnn_cell/" + name)
    return {
        "x": draws.normal([batch, inputs]),
        "h": draws.uniform([batch, units], -1, 1),
        "kernel": draws.normal([inputs + units, units], 0.5),
        "bias": draws.normal([units], 0.3),
        "dNewH": draws.normal([batch, units]),
    }


def cases():
    for dtype in ("float32", "float64"):
        for name, batch, inputs, units, activation in [
            ("random", 3, 4, 5, "tanh"),
            ("relu", 3, 4, 5, "relu"),
            ("batch1", 1, 3, 4, "tanh"),
            ("units17", 2, 2, 17, "tanh"),
        ]:
            operands = random_operands(name, batch, inputs, units)
            yield make_case(name, dtype, operands, activation)
