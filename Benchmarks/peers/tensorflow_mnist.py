#!/usr/bin/env python3
"""Times TensorFlow (compat.v1, graph mode) training the MNIST LSTM classifier of the first listing.

    pip install tensorflow-cpu==2.15.1 "numpy<2"    # Python 3.11, in an environment of its own
    python tensorflow_mnist.py --data DIR --steps 300

Input layer 28 -> 128, BasicLSTMCell(128) over 28 steps by dynamic_rnn, output layer 128 -> 10,
Adam at 0.001. One timed step is one `session.run` of the training op, with its feeds, as in the
listing; drawing the batch is not timed. Without --data the batches are random and there is no test
accuracy. Prints one JSON line; median, minimum and 95th percentile leave out the first --warmup
steps.
"""

import argparse
import json
import os
import statistics
import sys
import time
import warnings

import mnist_batches

STEPS, INPUTS, UNITS, CLASSES = 28, 28, 128, 10


def build(tf, learning_rate):
    """The graph of the listing; the batch size of the initial state is that of the feed."""
    x = tf.placeholder(tf.float32, [None, STEPS, INPUTS])
    y = tf.placeholder(tf.float32, [None, CLASSES])
    weights = {
        "in": tf.Variable(tf.truncated_normal([INPUTS, UNITS])),
        "out": tf.Variable(tf.truncated_normal([UNITS, CLASSES])),
    }
    biases = {
        "in": tf.Variable(tf.constant(0.1, shape=[UNITS])),
        "out": tf.Variable(tf.constant(0.1, shape=[CLASSES])),
    }
    projected = tf.matmul(tf.reshape(x, [-1, INPUTS]), weights["in"]) + biases["in"]
    projected = tf.reshape(projected, [-1, STEPS, UNITS])
    cell = tf.nn.rnn_cell.BasicLSTMCell(UNITS, forget_bias=1.0, state_is_tuple=True)
    initial = cell.zero_state(tf.shape(x)[0], dtype=tf.float32)
    _, final = tf.nn.dynamic_rnn(cell, projected, initial_state=initial, time_major=False)
    prediction = tf.matmul(final.h, weights["out"]) + biases["out"]
    cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=prediction, labels=y))
    train_step = tf.train.AdamOptimizer(learning_rate).minimize(cost)
    correct = tf.equal(tf.argmax(prediction, 1), tf.argmax(y, 1))
    accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))
    return x, y, train_step, accuracy


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="directory of the MNIST IDX files; random data without it")
    parser.add_argument("--steps", type=int, default=300, help="training steps")
    parser.add_argument("--warmup", type=int, default=10, help="steps left out of the statistics")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=0, help="0: TensorFlow's own choice")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.steps <= arguments.warmup:
        parser.error("--steps must exceed --warmup")

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.filterwarnings("ignore")
    import tensorflow

    tf = tensorflow.compat.v1
    tf.logging.set_verbosity(tf.logging.ERROR)
    tf.disable_v2_behavior()
    tf.set_random_seed(arguments.seed)

    if arguments.data:
        images, labels = mnist_batches.load(arguments.data, "train")
        images, labels = images[5000:], labels[5000:]  # the articles hold out the first 5,000
    else:
        images, labels = mnist_batches.random_digits(8192, arguments.seed)
    x, y, train_step, accuracy = build(tf, 0.001)
    config = tf.ConfigProto(
        intra_op_parallelism_threads=arguments.threads,
        inter_op_parallelism_threads=arguments.threads,
    )

    milliseconds = []
    with tf.Session(config=config) as session:
        session.run(tf.global_variables_initializer())
        source = mnist_batches.batches(images, labels, arguments.batch, arguments.seed)
        for step in range(arguments.steps):
            batch_images, batch_labels = next(source)
            feeds = {x: batch_images, y: batch_labels}
            started = time.perf_counter()
            session.run(train_step, feeds)
            milliseconds.append((time.perf_counter() - started) * 1000)
            if sys.stderr.isatty() and (step + 1) % 20 == 0:
                print(f"\rstep {step + 1}/{arguments.steps}", end="", file=sys.stderr, flush=True)
        if sys.stderr.isatty():
            print(file=sys.stderr)
        test_accuracy = None
        if arguments.data:
            test_images, test_labels = mnist_batches.load(arguments.data, "t10k")
            test_accuracy = float(session.run(accuracy, {x: test_images, y: test_labels}))

    steady = sorted(milliseconds[arguments.warmup :])
    print(
        json.dumps(
            {
                "framework": "tensorflow",
                "version": tensorflow.__version__,
                "batch": arguments.batch,
                "steps": arguments.steps,
                "threads": arguments.threads or os.cpu_count(),
                "median_ms": round(statistics.median(steady), 3),
                "min_ms": round(steady[0], 3),
                "p95_ms": round(steady[min(len(steady) - 1, int(0.95 * len(steady)))], 3),
                "first_run_ms": round(milliseconds[0], 3),
                "test_accuracy": None if test_accuracy is None else round(test_accuracy, 4),
            }
        )
    )


if __name__ == "__main__":
    main()
