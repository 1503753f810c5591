"""One step of LayerNormBasicLSTMCell (tf.contrib.rnn, 1.15) without dropout, from its formula."""

import numpy as np

from cell_formula import layer_norm, make_case
from golden_format import Draws
from tensorflow_graph import tf

GATES = ["input", "transform", "forget", "output"]


def formula(forget_bias, activation):
    activation = getattr(tf.nn, activation)

    def step(w):
        def norm(x, name):
            return layer_norm(x, w[name + "Gamma"], w[name + "Beta"]) if normed else x

        normed = "stateGamma" in w
        sums = tf.matmul(tf.concat([w["x"], w["h"]], 1), w["kernel"])
        if not normed:
            sums = tf.nn.bias_add(sums, w["bias"])
        i, j, f, o = map(norm, tf.split(sums, 4, axis=1), GATES)
        c = w["c"] * tf.sigmoid(f + forget_bias) + tf.sigmoid(i) * activation(j)
        c = norm(c, "state")
        return {"c": c, "h": activation(c) * tf.sigmoid(o)}

    return step


def random_operands(name, batch, inputs, units, norms=True):
    draws = Draws("layer_norm_basic_lstm_cell/" + name)
    operands = {
        "x": draws.normal([batch, inputs]),
        "c": draws.normal([batch, units]),
        "h": draws.uniform([batch, units], -1, 1),
        "kernel": draws.normal([inputs + units, 4 * units], 0.5),
    }
    if not norms:
        operands["bias"] = draws.normal([4 * units], 0.3)
    for norm in [*GATES, "state"] if norms else []:
        operands[norm + "Gamma"] = draws.normal([units], 0.5) + 1
        operands[norm + "Beta"] = draws.normal([units], 0.3)
    operands["dNewC"] = draws.normal([batch, units])
    operands["dNewH"] = draws.normal([batch, units])
    return operands


def case_of(name, dtype, operands, forget_bias=1.0, activation="tanh"):
    attributes = {
        "units": operands["c"].shape[1],
        "forgetBias": forget_bias,
        "activation": activation,
        "layerNorm": int("stateGamma" in operands),
    }
    step = formula(forget_bias, activation)
    return make_case(name, dtype, operands, ["c", "h"], step, attributes)


def published_case(dtype):
    """The first layer of testBasicLSTMCell of TensorFlow 1.15's contrib: kernels 0.5, x = 1.

    All columns of the kernel are equal, so every norm of a gate is of equal elements, and 0.
    """
    operands = {
        "x": np.ones([1, 2]),
        "c": np.array([[0.0, 0.1]]),
        "h": np.array([[0.2, 0.3]]),
        "kernel": np.full([4, 8], 0.5),
    }
    for norm in [*GATES, "state"]:
        operands |= {norm + "Gamma": np.ones([2]), norm + "Beta": np.zeros([2])}
    operands |= {"dNewC": np.zeros([1, 2]), "dNewH": np.zeros([1, 2])}
    case = case_of("published", dtype, operands)
    np.testing.assert_allclose(case.arrays["newC"], [[-1.0, 1.0]], rtol=0, atol=1e-5)
    np.testing.assert_allclose(case.arrays["newH"], [[-0.38079708, 0.38079708]], rtol=0, atol=1e-5)
    return case


def cases():
    table = [
        # name, batch, inputs, units, weights, options
        ("layer_norm", 3, 4, 5, {}, {}),
        ("forget05", 2, 3, 4, {}, dict(forget_bias=0.5)),
        ("relu", 3, 4, 5, {}, dict(activation="relu")),
        ("units9", 2, 2, 9, {}, {}),
        ("plain", 3, 4, 5, dict(norms=False), {}),
    ]
    for dtype in ("float32", "float64"):
        for name, batch, inputs, units, weights, options in table:
            operands = random_operands(name, batch, inputs, units, **weights)
            yield case_of(name, dtype, operands, **options)
        yield published_case(dtype)
