"""One step of LSTMCell with its options: new state, and gradients with respect to every operand."""

import numpy as np

from golden_format import Case, Draws
from tensorflow_graph import VERSION, placeholders, session, tf

# The operands that are variables, in the order in which TensorFlow makes them.
VARIABLES = {
    "kernel": "kernel",
    "bias": "bias",
    "forgetPeephole": "w_f_diag",
    "inputPeephole": "w_i_diag",
    "outputPeephole": "w_o_diag",
    "projection": "projection/kernel",
}


def gradient_key(key):
    return "d" + (key if key in ("x", "c", "h") else key[0].upper() + key[1:])


def make_case(
    name, dtype, operands, forget_bias=1.0, activation="tanh", cell_clip=None, proj_clip=None
):
    operands = {key: array.astype(dtype) for key, array in operands.items()}
    units = operands["c"].shape[1]
    outputs = operands["h"].shape[1]
    attributes = {
        "dtype": dtype,
        "batch": operands["x"].shape[0],
        "inputs": operands["x"].shape[1],
        "units": units,
        "outputs": outputs,
        "forgetBias": forget_bias,
        "activation": activation,
        "peepholes": int("forgetPeephole" in operands),
        "projected": int("projection" in operands),
        "source": VERSION,
    }
    if cell_clip is not None:
        attributes["cellClip"] = cell_clip
    if proj_clip is not None:
        attributes["projectionClip"] = proj_clip
    with tf.Graph().as_default(), session() as active:
        inputs = placeholders({key: operands[key] for key in ("x", "c", "h")})
        cell = tf.nn.rnn_cell.LSTMCell(
            units,
            use_peepholes="forgetPeephole" in operands,
            cell_clip=cell_clip,
            num_proj=outputs if "projection" in operands else None,
            proj_clip=proj_clip,
            forget_bias=forget_bias,
            activation=getattr(tf.nn, activation),
        )
        state = tf.nn.rnn_cell.LSTMStateTuple(inputs["c"], inputs["h"])
        output, new_state = cell(inputs["x"], state)
        keys = [key for key in VARIABLES if key in operands]
        made = [variable.op.name for variable in cell.trainable_variables]
        assert made == [f"lstm_cell/{VARIABLES[key]}" for key in keys], made
        for key, variable in zip(keys, cell.trainable_variables):
            variable.load(operands[key], active)
        sources = {**inputs, **dict(zip(keys, cell.trainable_variables))}
        gradients = tf.gradients(
            [new_state.c, new_state.h],
            list(sources.values()),
            grad_ys=[tf.constant(operands["dNewC"]), tf.constant(operands["dNewH"])],
        )
        fetches = {"newC": new_state.c, "newH": new_state.h, "output": output}
        fetches.update(zip(map(gradient_key, sources), gradients))
        results = active.run(fetches, {inputs[key]: operands[key] for key in inputs})
    np.testing.assert_array_equal(results.pop("output"), results["newH"])
    return Case(f"{name}_{dtype}", attributes, {**operands, **results})


def random_operands(name, batch, inputs, units, peepholes=False, projection=None):
    draws = Draws("lstm_cell/" + name)
    outputs = projection or units
    operands = {
        "x": draws.normal([batch, inputs]),
        "c": draws.normal([batch, units]),
        "h": draws.uniform([batch, outputs], -1, 1),
        "kernel": draws.normal([inputs + outputs, 4 * units], 0.5),
        "bias": draws.normal([4 * units], 0.3),
        "dNewC": draws.normal([batch, units]),
        "dNewH": draws.normal([batch, outputs]),
    }
    if peepholes:
        for key in ("forgetPeephole", "inputPeephole", "outputPeephole"):
            operands[key] = draws.normal([units], 0.5)
    if projection:
        operands["projection"] = draws.normal([units, projection], 0.5)
    return operands


def formula_cases(dtype):
    """Peepholes and a projection to 1, all weights 0.5, x = 1, state 0.1: worked out by hand."""
    operands = {
        "x": np.ones([1, 2]),
        "c": np.full([1, 2], 0.1),
        "h": np.full([1, 1], 0.1),
        "kernel": np.full([3, 8], 0.5),
        "bias": np.zeros([8]),
        "forgetPeephole": np.full([2], 0.5),
        "inputPeephole": np.full([2], 0.5),
        "outputPeephole": np.full([2], 0.5),
        "projection": np.full([2, 1], 0.5),
        "dNewC": np.ones([1, 2]),
        "dNewH": np.ones([1, 1]),
    }
    for name, clip, c, h in [
        ("formula", None, 0.67564844, 0.47109054),
        ("formula_clip", 0.4, 0.4, 0.29533428),
    ]:
        case = make_case(name, dtype, operands, cell_clip=clip)
        np.testing.assert_allclose(case.arrays["newC"], [[c, c]], rtol=0, atol=2e-7)
        np.testing.assert_allclose(case.arrays["newH"], [[h]], rtol=0, atol=2e-7)
        yield case


def cases():
    everything = dict(peepholes=True, projection=3)
    table = [
        # name, batch, inputs, units, weights, options
        ("plain", 3, 4, 5, {}, {}),
        ("forget05", 3, 4, 5, {}, dict(forget_bias=0.5)),
        ("peepholes", 3, 4, 5, dict(peepholes=True), {}),
        ("cell_clip", 3, 4, 5, {}, dict(cell_clip=0.5)),
        ("cell_clip0", 3, 4, 5, dict(peepholes=True), dict(cell_clip=0.0)),
        ("peepholes_cell_clip", 3, 4, 5, dict(peepholes=True), dict(cell_clip=0.4)),
        ("projection", 3, 4, 5, dict(projection=3), {}),
        ("wide_projection", 2, 3, 2, dict(projection=6), {}),
        ("projection_clip", 3, 4, 5, dict(projection=3), dict(proj_clip=0.2)),
        ("relu", 3, 4, 5, everything, dict(activation="relu")),
        ("everything", 3, 4, 5, everything, dict(cell_clip=0.6, proj_clip=0.3, forget_bias=0.7)),
        ("batch1", 1, 3, 4, everything, {}),
        ("units17", 2, 2, 17, dict(peepholes=True, projection=9), {}),
    ]
    for dtype in ("float32", "float64"):
        for name, batch, inputs, units, weights, options in table:
            operands = random_operands(name, batch, inputs, units, **weights)
            yield make_case(name, dtype, operands, **options)
        yield from formula_cases(dtype)
