"""One step of a clockwork cell (Koutník et al. 2014, arXiv 1402.3511), from the formula.

Written the other way round than in Jacquard: one matrix for all modules, zero below its block
diagonal, and every unit computed, then held where its module rests.
"""

import numpy as np

from cell_formula import make_case
from golden_format import Draws
from tensorflow_graph import tf


def formula(units, periods, activation):
    activation = getattr(tf.nn, activation)
    count = len(periods)

    def step(w):
        h, inputs = w["h"], w["x"].shape[1].value
        columns = []
        for k in range(count):
            # The rows of the modules that are faster than k are zero.
            rows = tf.split(w[f"kernel{k}"], [inputs, (count - k) * units])
            absent = tf.zeros([k * units, units], h.dtype)
            columns.append(tf.concat([rows[0], absent, rows[1]], 0))
        matrix = tf.concat(columns, 1)
        bias = tf.concat([w[f"bias{k}"] for k in range(count)], 0)
        updated = activation(tf.matmul(tf.concat([w["x"], h], 1), matrix) + bias)
        period = tf.constant(np.repeat(periods, units)[None], tf.int64)
        active = tf.equal(tf.floormod(w["step"][:, None], period), 0)
        return {"h": tf.where(active, updated, h), "step": w["step"] + 1}

    return step


def random_operands(name, inputs, units, periods, steps):
    draws = Draws("clockwork_rnn_cell/" + name)
    batch, count = len(steps), len(periods)
    operands = {
        "x": draws.normal([batch, inputs]),
        "h": draws.uniform([batch, count * units], -1, 1),
        "step": np.array(steps, "int64"),
    }
    for k in range(count):
        operands[f"kernel{k}"] = draws.normal([inputs + (count - k) * units, units], 0.5)
        operands[f"bias{k}"] = draws.normal([units], 0.3)
    operands["dNewH"] = draws.normal([batch, count * units])
    return operands


def cases():
    for dtype in ("float32", "float64"):
        for name, inputs, units, periods, steps, activation in [
            ("powers", 3, 2, [1, 2, 4, 8], [0, 1, 2, 4, 6, 8], "tanh"),
            ("odd", 2, 3, [2, 3, 7], [1, 2, 3, 6, 7, 42], "tanh"),
            ("one_module", 2, 3, [1], [0, 5], "relu"),
            # Beyond what float32 counts.
            ("late", 2, 2, [1, 2, 3], [2**25 + 1, 2**40 + 1, 3 * 2**30], "tanh"),
        ]:
            operands = random_operands(name, inputs, units, periods, steps)
            attributes = {
                "units": units,
                "periods": " ".join(map(str, periods)),
                "activation": activation,
            }
            step = formula(units, periods, activation)
            yield make_case(name, dtype, operands, ["h", "step"], step, attributes)
