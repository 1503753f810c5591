"""One step of CoupledInputForgetGateLSTMCell (tf.contrib.rnn, 1.15), from its formula."""

import numpy as np

from cell_formula import layer_norm, make_case
from golden_format import Draws
from tensorflow_graph import tf

NORMS = ["transform", "forget", "output", "state"]


def formula(forget_bias, activation, cell_clip, proj_clip):
    activation = getattr(tf.nn, activation)

    def step(w):
        def norm(x, name):
            return layer_norm(x, w[name + "Gamma"], w[name + "Beta"]) if normed else x

        normed = "stateGamma" in w
        sums = tf.matmul(tf.concat([w["x"], w["h"]], 1), w["kernel"])
        if not normed:
            sums = tf.nn.bias_add(sums, w["bias"])
        j, f, o = tf.split(sums, 3, axis=1)
        j, f, o = norm(j, "transform"), norm(f, "forget"), norm(o, "output")
        f = f + forget_bias
        if "forgetPeephole" in w:
            f = f + w["forgetPeephole"] * w["c"]
        f = tf.sigmoid(f)
        c = norm(f * w["c"] + (1 - f) * activation(j), "state")
        if cell_clip is not None:
            c = tf.clip_by_value(c, -cell_clip, cell_clip)
        if "outputPeephole" in w:
            o = o + w["outputPeephole"] * c
        h = tf.sigmoid(o) * activation(c)
        if "projection" in w:
            h = tf.matmul(h, w["projection"])
            if proj_clip is not None:
                h = tf.clip_by_value(h, -proj_clip, proj_clip)
        return {"c": c, "h": h}

    return step


def random_operands(name, batch, inputs, units, peepholes=False, projection=None, norms=False):
    draws = Draws("coupled_input_forget_gate_cell/" + name)
    outputs = projection or units
    operands = {
        "x": draws.normal([batch, inputs]),
        "c": draws.normal([batch, units]),
        "h": draws.uniform([batch, outputs], -1, 1),
        "kernel": draws.normal([inputs + outputs, 3 * units], 0.5),
        "bias": draws.normal([3 * units], 0.3),
    }
    for norm in NORMS if norms else []:
        operands[norm + "Gamma"] = draws.normal([units], 0.5) + 1
        operands[norm + "Beta"] = draws.normal([units], 0.3)
    if peepholes:
        for key in ("forgetPeephole", "outputPeephole"):
            operands[key] = draws.normal([units], 0.5)
    if projection:
        operands["projection"] = draws.normal([units, projection], 0.5)
    operands["dNewC"] = draws.normal([batch, units])
    operands["dNewH"] = draws.normal([batch, outputs])
    return operands


def case_of(name, dtype, operands, forget_bias=1.0, activation="tanh", cell_clip=None, clip=None):
    attributes = {
        "units": operands["c"].shape[1],
        "outputs": operands["h"].shape[1],
        "forgetBias": forget_bias,
        "activation": activation,
        "peepholes": int("forgetPeephole" in operands),
        "projected": int("projection" in operands),
        "layerNorm": int("stateGamma" in operands),
    }
    if cell_clip is not None:
        attributes["cellClip"] = cell_clip
    if clip is not None:
        attributes["projectionClip"] = clip
    step = formula(forget_bias, activation, cell_clip, clip)
    return make_case(name, dtype, operands, ["c", "h"], step, attributes)


def published_case(dtype):
    """testCoupledInputForgetGateCell of TensorFlow 1.15: kernels 0.5, states 0.1, x = 1, 2, 3."""
    operands = {
        "x": np.array([[1.0], [2.0], [3.0]]) * np.ones([1, 4]),
        "c": np.full([3, 2], 0.1),
        "h": np.full([3, 2], 0.1),
        "kernel": np.full([6, 6], 0.5),
        "bias": np.zeros([6]),
        "dNewC": np.ones([3, 2]),
        "dNewH": np.ones([3, 2]),
    }
    case = case_of("published", dtype, operands)
    expected = np.array([[0.121753], [0.103349], [0.100178]]) * np.ones([1, 2])
    np.testing.assert_allclose(case.arrays["newH"], expected, rtol=0, atol=1e-6)
    return case


def cases():
    everything = dict(peepholes=True, projection=3)
    table = [
        # name, batch, inputs, units, weights, options
        ("plain", 3, 4, 5, {}, {}),
        ("forget05", 2, 3, 4, {}, dict(forget_bias=0.5)),
        ("peepholes", 3, 4, 5, dict(peepholes=True), {}),
        ("cell_clip", 3, 4, 5, dict(peepholes=True), dict(cell_clip=0.4)),
        ("projection_clip", 3, 4, 5, dict(projection=3), dict(clip=0.2)),
        ("relu", 3, 4, 5, everything, dict(activation="relu")),
        ("layer_norm", 3, 4, 5, dict(norms=True), {}),
        ("everything", 3, 4, 5, dict(norms=True, **everything), dict(cell_clip=0.9, clip=0.6)),
    ]
    for dtype in ("float32", "float64"):
        for name, batch, inputs, units, weights, options in table:
            operands = random_operands(name, batch, inputs, units, **weights)
            yield case_of(name, dtype, operands, **options)
        yield published_case(dtype)
