"""An independent float64 LSTM: forward and backward, with sequence lengths, in NumPy alone."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


ACTIVATIONS = {
    "tanh": (np.tanh, lambda y: 1 - y * y),
    "relu": (lambda x: np.maximum(x, 0), lambda y: (y > 0).astype(y.dtype)),
}


def run(x, c, h, kernel, bias, lengths, forget_bias, activation, d_outputs, d_c, d_h):
    """x is [time, batch, inputs]; returns outputs, final c and h, and the gradients by operand key.

    The gradients are those of sum(outputs * d_outputs) + sum(c * d_c) + sum(h * d_h).
    """
    act, slope = ACTIVATIONS[activation]
    steps, _, inputs = x.shape
    tape, outputs = [], []
    for t in range(steps):
        gates = np.concatenate([x[t], h], axis=1) @ kernel + bias
        i, j, f, o = np.split(gates, 4, axis=1)
        i, j, f, o = sigmoid(i), act(j), sigmoid(f + forget_bias), sigmoid(o)
        new_c = c * f + i * j
        new_h = act(new_c) * o
        live = (t < lengths)[:, None]
        tape.append((h, c, i, j, f, o, act(new_c), live))
        outputs.append(np.where(live, new_h, 0))
        c, h = np.where(live, new_c, c), np.where(live, new_h, h)
    final_c, final_h = c, h

    d_x, d_kernel, d_bias = np.zeros_like(x), np.zeros_like(kernel), np.zeros_like(bias)
    for t in reversed(range(steps)):
        h, c, i, j, f, o, a, live = tape[t]
        through_h = np.where(live, d_h + d_outputs[t], 0)
        through_c = np.where(live, d_c, 0) + through_h * o * slope(a)
        d_gates = np.concatenate(
            [
                through_c * j * i * (1 - i),
                through_c * i * slope(j),
                through_c * c * f * (1 - f),
                through_h * a * o * (1 - o),
            ],
            axis=1,
        )
        d_concatenated = d_gates @ kernel.T
        d_kernel += np.concatenate([x[t], h], axis=1).T @ d_gates
        d_bias += d_gates.sum(axis=0)
        d_x[t] = d_concatenated[:, :inputs]
        d_h = np.where(live, d_concatenated[:, inputs:], d_h)
        d_c = np.where(live, through_c * f, d_c)
    gradients = {"x": d_x, "c": d_c, "h": d_h, "kernel": d_kernel, "bias": d_bias}
    return np.stack(outputs), final_c, final_h, gradients


def largest_difference(expected, actual):
    """The largest absolute difference over two dictionaries of arrays with the same keys."""
    assert expected.keys() == actual.keys()
    return max(float(np.abs(expected[key] - actual[key]).max()) for key in expected)
