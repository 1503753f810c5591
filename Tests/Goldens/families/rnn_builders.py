"""The functions that build networks from cells, all but dynamic_rnn, with ragged rows: values and gradients.

TensorFlow 2 has no contrib any more: its stacks of bidirectional networks are composed here as
contrib/rnn/python/ops/rnn.py of 1.15 composes them.
"""

import numpy as np

from golden_format import Case, Draws
from tensorflow_graph import VERSION, placeholders, session, tf

STEPS, INPUTS = 4, 2


class Weights:
    """Draws a value for every variable as it is made, keyed by its name."""

    def __init__(self, draws, dtype):
        self.draws, self.dtype, self.values = draws, dtype, {}

    def getter(self, getter, name, *args, **kwargs):
        variable = getter(name, *args, **kwargs)
        if name not in self.values:
            shape = variable.shape.as_list()
            self.values[name] = self.draws.normal(shape, 0.5).astype(self.dtype)
        return variable


def lstm(units):
    return tf.nn.rnn_cell.BasicLSTMCell(units)


def gru(units):
    return tf.nn.rnn_cell.GRUCell(units)


def state_tuple(c, h):
    return tf.nn.rnn_cell.LSTMStateTuple(c, h)


def static_rnn(inputs):
    steps = tf.unstack(inputs["x"], STEPS, axis=1)
    outputs, state = tf.nn.static_rnn(
        lstm(3),
        steps,
        initial_state=state_tuple(inputs["s0"], inputs["s1"]),
        sequence_length=inputs["lengths"],
    )
    return [tf.stack(outputs, axis=1), state.c, state.h]


def bidirectional_dynamic_rnn(inputs):
    outputs, (forward, backward) = tf.nn.bidirectional_dynamic_rnn(
        lstm(3),
        gru(2),
        inputs["x"],
        sequence_length=inputs["lengths"],
        initial_state_fw=state_tuple(inputs["s0"], inputs["s1"]),
        initial_state_bw=inputs["s2"],
    )
    return [outputs[0], outputs[1], forward.c, forward.h, backward]


def static_bidirectional_rnn(inputs):
    outputs, forward, backward = tf.nn.static_bidirectional_rnn(
        lstm(3),
        gru(2),
        tf.unstack(inputs["x"], STEPS, axis=1),
        initial_state_fw=state_tuple(inputs["s0"], inputs["s1"]),
        initial_state_bw=inputs["s2"],
        sequence_length=inputs["lengths"],
    )
    return [tf.stack(outputs, axis=1), forward.c, forward.h, backward]


def stack_bidirectional_rnn(inputs):
    layer, last = tf.unstack(inputs["x"], STEPS, axis=1), [[], []]
    with tf.variable_scope("stack_bidirectional_rnn"):
        for index, units in enumerate((3, 2)):
            with tf.variable_scope(f"cell_{index}"):
                layer, forward, backward = tf.nn.static_bidirectional_rnn(
                    gru(units),
                    gru(units),
                    layer,
                    initial_state_fw=inputs[f"s{index}"],
                    initial_state_bw=inputs[f"s{index + 2}"],
                    sequence_length=inputs["lengths"],
                )
            last[0].append(forward)
            last[1].append(backward)
    return [tf.stack(layer, axis=1)] + last[0] + last[1]


def stack_bidirectional_dynamic_rnn(inputs):
    layer, last = inputs["x"], [[], []]
    with tf.variable_scope("stack_bidirectional_rnn"):
        for index, units in enumerate((3, 2)):
            with tf.variable_scope(f"cell_{index}"):
                outputs, (forward, backward) = tf.nn.bidirectional_dynamic_rnn(
                    gru(units),
                    gru(units),
                    layer,
                    initial_state_fw=inputs[f"s{index}"],
                    initial_state_bw=inputs[f"s{index + 2}"],
                    sequence_length=inputs["lengths"],
                )
                layer = tf.concat(outputs, 2)
            last[0].append(forward)
            last[1].append(backward)
    return [layer] + last[0] + last[1]


def raw_rnn(inputs):
    """dynamic_rnn by raw_rnn: time-major outputs, one for each step of the longest row."""
    array = tf.TensorArray(inputs["x"].dtype, STEPS, clear_after_read=False)
    array = array.unstack(tf.transpose(inputs["x"], [1, 0, 2]))
    cell = lstm(3)

    def loop(time, output, state, _):
        if output is None:
            state = state_tuple(inputs["s0"], inputs["s1"])
        finished = time >= inputs["lengths"]
        step = array.read(tf.minimum(time, STEPS - 1))
        return finished, step, state, output, None

    outputs, state, _ = tf.nn.raw_rnn(cell, loop)
    return [outputs.stack(), state.c, state.h]


def raw_rnn_decoder(inputs):
    """Reads what it wrote, emits another structure, and counts in its loop state with finished rows."""
    cell = gru(3)

    def loop(time, output, state, total):
        finished = time >= inputs["lengths"]
        if output is None:
            shape = tf.zeros([2], inputs["x"].dtype), tf.zeros([3], inputs["x"].dtype)
            return finished, inputs["x"][:, 0], inputs["s0"], shape, inputs["s1"]
        step = output[:, :2] * 2 + inputs["x"][:, 1]
        return finished, step, state * 0.5, (step, output * output), total + output

    outputs, state, total = tf.nn.raw_rnn(cell, loop)
    return [outputs[0].stack(), outputs[1].stack(), state, total]


TABLE = {
    # function: units of its states
    static_rnn: [3, 3],
    bidirectional_dynamic_rnn: [3, 3, 2],
    static_bidirectional_rnn: [3, 3, 2],
    stack_bidirectional_rnn: [3, 2, 3, 2],
    stack_bidirectional_dynamic_rnn: [3, 2, 3, 2],
    raw_rnn: [3, 3],
    raw_rnn_decoder: [3, 3],
}


def make_case(function, dtype, lengths):
    name = function.__name__
    draws = Draws(f"rnn_builders/{name}")
    batch = len(lengths)
    operands = {"x": draws.normal([batch, STEPS, INPUTS])}
    for index, units in enumerate(TABLE[function]):
        operands[f"s{index}"] = draws.uniform([batch, units], -1, 1)
    operands = {key: array.astype(dtype) for key, array in operands.items()}
    operands["lengths"] = np.array(lengths, "int32")
    weights = Weights(draws, dtype)
    with tf.Graph().as_default(), session() as active:
        inputs = placeholders(operands)
        with tf.variable_scope("", custom_getter=weights.getter):
            results = function(inputs)
        variables = tf.trainable_variables()
        for variable in variables:
            variable.load(weights.values[variable.op.name], active)
        feeds = {inputs[key]: operands[key] for key in operands}
        arrays = dict(operands)
        for index, value in enumerate(active.run(results, feeds)):
            arrays[f"y{index}"] = value
            arrays[f"dy{index}"] = draws.normal(value.shape).astype(dtype)
        sources = [key for key in operands if key != "lengths"]
        gradients = tf.gradients(
            results,
            [inputs[key] for key in sources] + variables,
            grad_ys=[tf.constant(arrays[f"dy{index}"]) for index in range(len(results))],
        )
        keys = sources + [f"w{index}" for index in range(len(variables))]
        for index, variable in enumerate(variables):
            arrays[f"w{index}"] = weights.values[variable.op.name]
        for key, gradient in zip(keys, active.run(gradients, feeds)):
            arrays[f"d{key}"] = gradient
    attributes = {
        "dtype": dtype,
        "builder": name,
        "variables": " ".join(variable.op.name for variable in variables),
        "source": VERSION,
    }
    return Case(f"{name}_{dtype}", attributes, arrays)


def cases():
    for dtype in ("float32", "float64"):
        for function in TABLE:
            yield make_case(function, dtype, [2, 4, 0, 3])
