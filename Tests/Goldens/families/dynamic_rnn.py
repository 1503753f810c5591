"""dynamic_rnn over BasicLSTMCell: outputs, final state and gradients, with and without lengths."""

import numpy as np

import numpy_lstm
from golden_format import Case, Draws
from tensorflow_graph import VERSION, placeholders, session, tf

AGREEMENT = 1e-12


def run_rnn(operands, units, time_major, forget_bias):
    """Arrays outputs, finalC, finalH, dx, dKernel, dBias and, given a state, dc and dh."""
    with tf.Graph().as_default(), session() as active:
        fed = [key for key in ("x", "c", "h", "lengths") if key in operands]
        inputs = placeholders({key: operands[key] for key in fed})
        cell = tf.nn.rnn_cell.BasicLSTMCell(units, forget_bias=forget_bias)
        state = None
        if "c" in inputs:
            state = tf.nn.rnn_cell.LSTMStateTuple(inputs["c"], inputs["h"])
        outputs, final = tf.nn.dynamic_rnn(
            cell,
            inputs["x"],
            sequence_length=inputs.get("lengths"),
            initial_state=state,
            dtype=operands["x"].dtype,
            time_major=time_major,
        )
        kernel, bias = cell.trainable_variables
        kernel.load(operands["kernel"], active)
        bias.load(operands["bias"], active)
        sources = {"dx": inputs["x"], "dKernel": kernel, "dBias": bias}
        if state is not None:
            sources.update({"dc": state.c, "dh": state.h})
        gradients = tf.gradients(
            [outputs, final.c, final.h],
            list(sources.values()),
            grad_ys=[tf.constant(operands[key]) for key in ("dOutputs", "dFinalC", "dFinalH")],
        )
        fetches = {"outputs": outputs, "finalC": final.c, "finalH": final.h}
        fetches.update(zip(sources, gradients))
        return active.run(fetches, {inputs[key]: operands[key] for key in fed})


def numpy_rnn(operands, units, time_major, forget_bias):
    def oriented(array):
        return array if time_major else np.swapaxes(array, 0, 1)

    x = oriented(operands["x"])
    steps, batch, _ = x.shape
    zeros = np.zeros([batch, units])
    outputs, c, h, gradients = numpy_lstm.run(
        x,
        operands.get("c", zeros),
        operands.get("h", zeros),
        operands["kernel"],
        operands["bias"],
        operands.get("lengths", np.full(batch, steps)),
        forget_bias,
        "tanh",
        oriented(operands["dOutputs"]),
        operands["dFinalC"],
        operands["dFinalH"],
    )
    results = {
        "outputs": oriented(outputs),
        "finalC": c,
        "finalH": h,
        "dx": oriented(gradients["x"]),
        "dKernel": gradients["kernel"],
        "dBias": gradients["bias"],
    }
    if "c" in operands:
        results.update({"dc": gradients["c"], "dh": gradients["h"]})
    return results


def make_case(
    name, dtype, batch, steps, inputs, units, lengths, initial_state, time_major, forget_bias
):
    draws = Draws("dynamic_rnn/" + name)
    leading = [steps, batch] if time_major else [batch, steps]
    operands = {"x": draws.normal(leading + [inputs])}
    if initial_state:
        operands["c"] = draws.normal([batch, units])
        operands["h"] = draws.uniform([batch, units], -1, 1)
    operands.update(
        {
            "kernel": draws.normal([inputs + units, 4 * units], 0.5),
            "bias": draws.normal([4 * units], 0.3),
            "dOutputs": draws.normal(leading + [units]),
            "dFinalC": draws.normal([batch, units]),
            "dFinalH": draws.normal([batch, units]),
        }
    )
    operands = {key: array.astype(dtype) for key, array in operands.items()}
    if lengths is not None:
        operands["lengths"] = np.array(lengths, "int32")

    results = run_rnn(operands, units, time_major, forget_bias)
    attributes = {
        "dtype": dtype,
        "batch": batch,
        "steps": steps,
        "inputs": inputs,
        "units": units,
        "forgetBias": forget_bias,
        "activation": "tanh",
        "timeMajor": int(time_major),
        "initialState": int(initial_state),
        "sequenceLength": int(lengths is not None),
        "source": VERSION,
    }
    if dtype == "float64":
        difference = numpy_lstm.largest_difference(
            numpy_rnn(operands, units, time_major, forget_bias), results
        )
        assert difference < AGREEMENT, (name, difference)
        attributes["numpyDifference"] = difference
    return Case(f"{name}_{dtype}", attributes, {**operands, **results})


def cases():
    ragged = [3, 5, 0, 1, 5]
    table = [
        # name, batch, steps, inputs, units, lengths, initial state, time-major, forget bias
        ("full", 3, 5, 3, 4, None, False, False, 1.0),
        ("full_initial_state", 3, 5, 3, 4, None, True, False, 1.0),
        ("full_time_major", 3, 5, 3, 4, None, True, True, 1.0),
        ("full_forget05", 3, 5, 3, 4, None, True, False, 0.5),
        ("ragged", 5, 5, 3, 4, ragged, False, False, 1.0),
        ("ragged_initial_state", 5, 5, 3, 4, ragged, True, False, 1.0),
        ("ragged_time_major", 5, 5, 3, 4, ragged, True, True, 1.0),
        ("lengths_all_full", 3, 4, 3, 4, [4, 4, 4], True, False, 1.0),
        ("lengths_below_steps", 4, 6, 3, 4, [2, 3, 1, 0], True, False, 1.0),
        ("lengths_all_zero", 3, 4, 3, 4, [0, 0, 0], True, False, 1.0),
        ("batch1", 1, 6, 3, 4, None, True, False, 1.0),
        ("batch1_length", 1, 6, 3, 4, [4], True, False, 1.0),
        ("steps1", 4, 1, 3, 4, None, True, False, 1.0),
        ("steps1_lengths", 4, 1, 3, 4, [1, 0, 1, 0], True, False, 1.0),
        ("steps40", 2, 40, 2, 3, None, True, False, 1.0),
        ("steps40_ragged", 3, 40, 2, 3, [40, 33, 7], True, False, 1.0),
    ]
    for dtype in ("float32", "float64"):
        for name, *parameters in table:
            yield make_case(name, dtype, *parameters)
