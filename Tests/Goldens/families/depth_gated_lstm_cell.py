"""One step of depth-gated LSTM layers (Yao et al. 2015, arXiv 1508.03790), from the formulas."""

from cell_formula import make_case
from golden_format import Draws
from tensorflow_graph import tf


def formula(layers, forget_bias):
    def step(w):
        new = {}
        x, lower = w["x"], None
        for k in range(layers):
            c, h = w[f"c{k}"], w[f"h{k}"]
            sums = tf.matmul(tf.concat([x, h], 1), w[f"kernel{k}"]) + w[f"bias{k}"]
            i, j, f, o = tf.split(sums, 4, axis=1)
            i = tf.sigmoid(i + w[f"inputPeephole{k}"] * c)
            f = tf.sigmoid(f + forget_bias + w[f"forgetPeephole{k}"] * c)
            new_c = f * c + i * tf.tanh(j)
            if lower is not None:
                d = tf.sigmoid(
                    tf.matmul(x, w[f"depthKernel{k}"])
                    + w[f"depthBias{k}"]
                    + w[f"depthMemory{k}"] * c
                    + w[f"depthLower{k}"] * lower
                )
                new_c += d * lower
            o = tf.sigmoid(o + w[f"outputPeephole{k}"] * new_c)
            x, lower = o * tf.tanh(new_c), new_c
            new |= {f"c{k}": lower, f"h{k}": x}
        return new

    return step


def random_operands(name, batch, inputs, units, layers):
    draws = Draws("depth_gated_lstm_cell/" + name)
    operands = {"x": draws.normal([batch, inputs])}
    for k in range(layers):
        operands[f"c{k}"] = draws.normal([batch, units])
        operands[f"h{k}"] = draws.uniform([batch, units], -1, 1)
    for k in range(layers):
        rows = (units if k else inputs) + units
        operands[f"kernel{k}"] = draws.normal([rows, 4 * units], 0.5)
        operands[f"bias{k}"] = draws.normal([4 * units], 0.3)
        for key in ("forgetPeephole", "inputPeephole", "outputPeephole"):
            operands[f"{key}{k}"] = draws.normal([units], 0.5)
        if k:
            operands[f"depthKernel{k}"] = draws.normal([units, units], 0.5)
            operands[f"depthBias{k}"] = draws.normal([units], 0.3)
            operands[f"depthMemory{k}"] = draws.normal([units], 0.5)
            operands[f"depthLower{k}"] = draws.normal([units], 0.5)
    for k in range(layers):
        operands[f"dNewC{k}"] = draws.normal([batch, units])
        operands[f"dNewH{k}"] = draws.normal([batch, units])
    return operands


def cases():
    for dtype in ("float32", "float64"):
        for name, batch, inputs, units, layers, forget_bias in [
            ("one_layer", 3, 4, 5, 1, 1.0),
            ("two_layers", 3, 4, 5, 2, 1.0),
            ("three_layers", 2, 3, 3, 3, 0.0),
        ]:
            operands = random_operands(name, batch, inputs, units, layers)
            state = [f"{part}{k}" for k in range(layers) for part in "ch"]
            attributes = {"units": units, "layers": layers, "forgetBias": forget_bias}
            step = formula(layers, forget_bias)
            yield make_case(name, dtype, operands, state, step, attributes)
