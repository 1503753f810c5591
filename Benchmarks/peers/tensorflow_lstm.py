#!/usr/bin/env python3
"""Times TensorFlow (compat.v1, graph mode) on the workloads of jacquard-bench; prints one JSON line.

    pip install tensorflow-cpu==2.15.1 "numpy<2"    # Python 3.11, in an environment of its own
    python tensorflow_lstm.py lstm --batch 128 --steps 28 --inputs 28 --units 128 --input-layer

Cells by dynamic_rnn, softmax cross entropy, Adam at 0.001; runs are those of a callable, which
spares Session.run's look at its arguments.
"""

import os
import warnings

import common

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.filterwarnings("ignore")

import tensorflow

tf = tensorflow.compat.v1


def layer(x, weights):
    matrix, bias = weights
    return tf.matmul(x, tf.Variable(matrix)) + tf.Variable(bias)


def make_cell(options):
    kind = {
        "lstm": tf.nn.rnn_cell.BasicLSTMCell,
        "gru": tf.nn.rnn_cell.GRUCell,
        "rnn": tf.nn.rnn_cell.BasicRNNCell,
    }[options.cell]
    return kind(options.units, dtype=options.dtype)


def last_output(options, sequence, lengths):
    """What the last layer gives at the end of each sequence, and the cells' variables in order."""

    def output(state):
        return state.h if options.cell == "lstm" else state

    if not options.bidirectional:
        cells = [make_cell(options) for _ in range(options.layers)]
        cell = tf.nn.rnn_cell.MultiRNNCell(cells) if options.layers > 1 else cells[0]
        _, state = tf.nn.dynamic_rnn(
            cell, sequence, lengths, dtype=options.dtype, time_major=options.time_major
        )
        return output(state[-1] if options.layers > 1 else state), [[cell] for cell in cells]
    layers = []
    for index in range(options.layers):
        pair = [make_cell(options), make_cell(options)]
        layers.append(pair)
        outputs, states = tf.nn.bidirectional_dynamic_rnn(
            *pair,
            sequence,
            lengths,
            dtype=options.dtype,
            time_major=options.time_major,
            scope=f"layer_{index}",
        )
        sequence = tf.concat(outputs, 2)
    return tf.concat([output(state) for state in states], 1), layers


def recurrent(options, x, lengths):
    """The prediction, and assignments of the weights that all peers start from."""
    first, cells, last = common.network_weights(options)
    sequence = x
    if first:
        rows = layer(tf.reshape(x, [-1, options.inputs]), first)
        sequence = tf.reshape(
            rows,
            [options.steps, -1, options.units]
            if options.time_major
            else [-1, options.steps, options.units],
        )
    hidden, made = last_output(options, sequence, lengths)
    assignments = []
    for made_layer, layer_weights in zip(made, cells):
        for cell, weights in zip(made_layer, layer_weights):
            values = [weights.kernel, weights.bias]
            if options.cell == "gru":
                values += [weights.candidate_kernel, weights.candidate_bias]
            assignments += [tf.assign(*pair) for pair in zip(cell.variables, values)]
    return layer(hidden, last), assignments


def training(prediction, y):
    cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(logits=prediction, labels=y))
    return cost, tf.train.AdamOptimizer(0.001).minimize(cost)


def open_session(options):
    return tf.Session(
        config=tf.ConfigProto(
            intra_op_parallelism_threads=options.threads,
            inter_op_parallelism_threads=options.threads,
        )
    )


def build(options):
    feeds, values = [], []

    def feed(array, shape):
        feeds.append(tf.placeholder(array.dtype, shape))
        values.append(array)
        return feeds[-1]

    if options.workload == "session":
        a, b = (tf.placeholder(tf.float32, []) for _ in range(2))
        feeds, values = [a, b], [1.0, 2.0]
        fetches, assignments = a + b, []
    elif options.workload == "while":
        start, limit = (tf.placeholder(tf.float32, []) for _ in range(2))
        feeds, values = [start, limit], [0.0, float(options.iterations)]
        fetches = tf.while_loop(lambda i: i < limit, lambda i: i + 1, [start])
        assignments = []
    else:
        x_array, y_array, lengths = common.batch(options)
        if options.workload == "mlp":
            x = feed(x_array, [None, options.inputs])
            hidden, last = common.mlp_weights(options)
            prediction = layer(tf.nn.relu(layer(x, hidden)), last)
            assignments = []
        else:
            shape = [options.steps, None] if options.time_major else [None, options.steps]
            x = feed(x_array, shape + [options.inputs])
            length_feed = None if lengths is None else feed(lengths, [None])
            prediction, assignments = recurrent(options, x, length_feed)
        if options.forward:
            fetches = prediction
        else:
            fetches = list(training(prediction, feed(y_array, [None, common.CLASSES])))
    session = open_session(options)
    session.run(tf.global_variables_initializer())
    session.run(assignments)
    callable_run = session.make_callable(fetches, feed_list=feeds)

    def run():
        result = callable_run(*values)
        return result[0] if isinstance(result, list) else result

    return run


def main():
    options = common.parse(__doc__.splitlines()[0])
    tf.logging.set_verbosity(tf.logging.ERROR)
    tf.disable_v2_behavior()
    common.measure(
        "tensorflow",
        tensorflow.__version__,
        options,
        lambda: build(options),
        group=100 if options.workload == "session" else 1,
        parts=options.iterations if options.workload == "while" else 1,
    )


if __name__ == "__main__":
    main()
