"""One step of BasicLSTMCell: new state, and gradients with respect to every operand."""

import numpy as np

import numpy_lstm
from golden_format import Case, Draws
from tensorflow_graph import VERSION, placeholders, session, tf

AGREEMENT = 1e-12


def run_cell(operands, forget_bias, activation):
    """Arrays newC, newH, dx, dc, dh, dKernel, dBias of one step in TensorFlow."""
    with tf.Graph().as_default(), session() as active:
        inputs = placeholders({key: operands[key] for key in ("x", "c", "h")})
        cell = tf.nn.rnn_cell.BasicLSTMCell(
            operands["c"].shape[1], forget_bias=forget_bias, activation=getattr(tf.nn, activation)
        )
        state = tf.nn.rnn_cell.LSTMStateTuple(inputs["c"], inputs["h"])
        output, new_state = cell(inputs["x"], state)
        kernel, bias = cell.trainable_variables
        kernel.load(operands["kernel"], active)
        bias.load(operands["bias"], active)
        gradients = tf.gradients(
            [new_state.c, new_state.h],
            [inputs["x"], inputs["c"], inputs["h"], kernel, bias],
            grad_ys=[tf.constant(operands["dNewC"]), tf.constant(operands["dNewH"])],
        )
        keys = ["newC", "newH", "dx", "dc", "dh", "dKernel", "dBias"]
        feeds = {inputs[key]: operands[key] for key in inputs}
        values = active.run([new_state.c, new_state.h, *gradients, output], feeds)
        np.testing.assert_array_equal(values[-1], values[1])
        return dict(zip(keys, values))


def numpy_cell(operands, forget_bias, activation):
    batch = operands["x"].shape[0]
    _, c, h, gradients = numpy_lstm.run(
        operands["x"][None],
        operands["c"],
        operands["h"],
        operands["kernel"],
        operands["bias"],
        np.ones(batch, "int32"),
        forget_bias,
        activation,
        np.zeros_like(operands["h"])[None],
        operands["dNewC"],
        operands["dNewH"],
    )
    return {
        "newC": c,
        "newH": h,
        "dx": gradients["x"][0],
        "dc": gradients["c"],
        "dh": gradients["h"],
        "dKernel": gradients["kernel"],
        "dBias": gradients["bias"],
    }


def make_case(name, dtype, operands, forget_bias, activation):
    operands = {key: array.astype(dtype) for key, array in operands.items()}
    results = run_cell(operands, forget_bias, activation)
    attributes = {
        "dtype": dtype,
        "batch": operands["x"].shape[0],
        "inputs": operands["x"].shape[1],
        "units": operands["c"].shape[1],
        "forgetBias": forget_bias,
        "activation": activation,
        "source": VERSION,
    }
    if dtype == "float64":
        difference = numpy_lstm.largest_difference(
            numpy_cell(operands, forget_bias, activation), results
        )
        assert difference < AGREEMENT, (name, difference)
        attributes["numpyDifference"] = difference
    return Case(f"{name}_{dtype}", attributes, {**operands, **results})


def random_operands(name, batch, inputs, units):
    draws = Draws("basic_lstm_cell/" + name)
    return {
        "x": draws.normal([batch, inputs]),
        "c": draws.normal([batch, units]),
        "h": draws.uniform([batch, units], -1, 1),
        "kernel": draws.normal([inputs + units, 4 * units], 0.5),
        "bias": draws.normal([4 * units], 0.3),
        "dNewC": draws.normal([batch, units]),
        "dNewH": draws.normal([batch, units]),
    }


def published_cases(dtype):
    """TensorFlow's own test of two cells of two units: kernels 0.5, biases 0, states 0.1, x = 1."""
    published = [(0.68967271, 0.44848421), (0.39897051, 0.24024698)]
    x = np.ones([1, 2])
    for layer, (c, h) in enumerate(published):
        operands = {
            "x": x,
            "c": np.full([1, 2], 0.1),
            "h": np.full([1, 2], 0.1),
            "kernel": np.full([4, 8], 0.5),
            "bias": np.zeros([8]),
            "dNewC": np.ones([1, 2]),
            "dNewH": np.ones([1, 2]),
        }
        case = make_case(f"published_layer{layer}", dtype, operands, 1.0, "tanh")
        np.testing.assert_allclose(case.arrays["newC"], [[c, c]], rtol=0, atol=2e-7)
        np.testing.assert_allclose(case.arrays["newH"], [[h, h]], rtol=0, atol=2e-7)
        yield case
        x = case.arrays["newH"]


def cases():
    for dtype in ("float32", "float64"):
        for name, batch, inputs, units, forget_bias, activation in [
            ("forget1", 3, 4, 5, 1.0, "tanh"),
            ("forget05", 3, 4, 5, 0.5, "tanh"),
            ("forget0", 2, 3, 4, 0.0, "tanh"),
            ("relu", 3, 4, 5, 1.0, "relu"),
            ("batch1", 1, 3, 4, 1.0, "tanh"),
            ("one_unit", 2, 1, 1, 1.0, "tanh"),
            ("units17", 2, 2, 17, 1.0, "tanh"),
        ]:
            operands = random_operands(name, batch, inputs, units)
            yield make_case(name, dtype, operands, forget_bias, activation)
        # Gates far into saturation: no NaN may come of it.
        operands = random_operands("saturated", 2, 3, 4)
        operands["x"] = operands["x"] * 100
        yield make_case("saturated", dtype, operands, 1.0, "tanh")
        yield from published_cases(dtype)
