"""One step of HighwayWrapper (tf.contrib.rnn, 1.15) around BasicRNNCell, from its formula."""

from cell_formula import make_case
from golden_format import Draws
from tensorflow_graph import tf


def formula(w):
    """The output is given as a part of the state, which keeps it: h' = highway, s' = state."""
    x = w["x"]
    s = tf.tanh(tf.nn.xw_plus_b(tf.concat([x, w["s"]], 1), w["kernel"], w["bias"]))
    carry = tf.sigmoid(tf.nn.xw_plus_b(x, w["carryKernel"], w["carryBias"]))
    transform = 1 - carry
    if "transformKernel" in w:
        transform = tf.sigmoid(tf.nn.xw_plus_b(x, w["transformKernel"], w["transformBias"]))
    return {"s": s, "h": x * carry + s * transform}


def cases():
    for dtype in ("float32", "float64"):
        for name, gates in [("coupled", ["carry"]), ("uncoupled", ["carry", "transform"])]:
            draws = Draws("highway_wrapper/" + name)
            operands = {
                "x": draws.normal([3, 4]),
                "s": draws.uniform([3, 4], -1, 1),
                # The output before the step counts for nothing.
                "h": draws.uniform([3, 4], -1, 1),
                "kernel": draws.normal([8, 4], 0.5),
                "bias": draws.normal([4], 0.3),
            }
            for gate in gates:
                operands[gate + "Kernel"] = draws.normal([4, 4], 0.5)
                operands[gate + "Bias"] = draws.normal([4], 0.5)
            operands["dNewS"] = draws.normal([3, 4])
            operands["dNewH"] = draws.normal([3, 4])
            attributes = {"units": 4, "coupled": int(len(gates) == 1)}
            yield make_case(name, dtype, operands, ["s", "h"], formula, attributes)
