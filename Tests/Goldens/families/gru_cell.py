"""One step of GRUCell: new state, and gradients with respect to every operand."""

import numpy as np

from golden_format import Case, Draws
from tensorflow_graph import VERSION, placeholders, session, tf

RESULTS = ["newH", "dx", "dh", "dGateKernel", "dGateBias", "dCandidateKernel", "dCandidateBias"]
VARIABLES = ["gateKernel", "gateBias", "candidateKernel", "candidateBias"]


def make_case(name, dtype, operands):
    operands = {key: array.astype(dtype) for key, array in operands.items()}
    with tf.Graph().as_default(), session() as active:
        inputs = placeholders({key: operands[key] for key in ("x", "h")})
        cell = tf.nn.rnn_cell.GRUCell(operands["h"].shape[1])
        output, new_h = cell(inputs["x"], inputs["h"])
        assert output is new_h
        variables = cell.trainable_variables
        for variable, key in zip(variables, VARIABLES):
            variable.load(operands[key], active)
        gradients = tf.gradients(
            new_h, [inputs["x"], inputs["h"], *variables], grad_ys=tf.constant(operands["dNewH"])
        )
        values = active.run([new_h, *gradients], {inputs[key]: operands[key] for key in inputs})
    attributes = {
        "dtype": dtype,
        "batch": operands["x"].shape[0],
        "inputs": operands["x"].shape[1],
        "units": operands["h"].shape[1],
        "activation": "tanh",
        "source": VERSION,
    }
    return Case(f"{name}_{dtype}", attributes, {**operands, **dict(zip(RESULTS, values))})


def random_operands(name, batch, inputs, units):
    draws = Draws("gru_cell/" + name)
    return {
        "x": draws.normal([batch, inputs]),
        "h": draws.uniform([batch, units], -1, 1),
        "gateKernel": draws.normal([inputs + units, 2 * units], 0.5),
        "gateBias": draws.normal([2 * units], 0.3),
        "candidateKernel": draws.normal([inputs + units, units], 0.5),
        "candidateBias": draws.normal([units], 0.3),
        "dNewH": draws.normal([batch, units]),
    }


def published_cases(dtype):
    """TensorFlow's own tests: kernels 0.5, default biases (gates 1, candidate 0), h = 0.1, x = 1.

    The last is the second layer of a stack: its x is the new h of the first.
    """
    previous = None
    for name, x, expected in [
        ("published_inputs3", np.ones([1, 3]), 0.156736),
        ("published", np.ones([1, 2]), 0.175991),
        ("published_layer1", None, 0.13248),
    ]:
        x = previous if x is None else x
        inputs = x.shape[1]
        operands = {
            "x": x,
            "h": np.full([1, 2], 0.1),
            "gateKernel": np.full([inputs + 2, 4], 0.5),
            "gateBias": np.ones([4]),
            "candidateKernel": np.full([inputs + 2, 2], 0.5),
            "candidateBias": np.zeros([2]),
            "dNewH": np.ones([1, 2]),
        }
        case = make_case(name, dtype, operands)
        np.testing.assert_allclose(case.arrays["newH"], [[expected] * 2], rtol=0, atol=1e-6)
        previous = case.arrays["newH"]
        yield case


def cases():
    for dtype in ("float32", "float64"):
        for name, batch, inputs, units in [
            ("random", 3, 4, 5),
            ("batch1", 1, 3, 4),
            ("units17", 2, 2, 17),
        ]:
            yield make_case(name, dtype, random_operands(name, batch, inputs, units))
        yield from published_cases(dtype)
