#!/usr/bin/env python3
"""Times PyTorch's fused layers on the workloads of jacquard-bench; prints one JSON line.

    pip install torch numpy    # the build for CPUs
    python pytorch_lstm.py lstm --batch 128 --steps 28 --inputs 28 --units 128 --input-layer

nn.LSTM, nn.GRU or nn.RNN with Linear layers, cross entropy, fused Adam at 0.001. The layers have
two biases where one says all: the second is zero and stays so. A GRU of PyTorch resets the state
after its product with the weights, not before (the only form its fused kernel has): as much work,
other numbers.
"""

import common
import numpy as np
import torch


def set_layer(linear, weights):
    matrix, bias = weights
    with torch.no_grad():
        linear.weight.copy_(torch.from_numpy(np.ascontiguousarray(matrix.T)))
        linear.bias.copy_(torch.from_numpy(bias))


def gates(options, weights):
    """Matrix and bias of all gates, in PyTorch's order."""
    kernel, bias, units = weights.kernel, weights.bias, options.units
    if options.cell == "gru":
        kernel = np.concatenate([kernel, weights.candidate_kernel], 1)
        bias = np.concatenate([bias, weights.candidate_bias])
    elif options.cell == "lstm":
        i, j, f, o = (np.arange(units) + units * gate for gate in range(4))
        order = np.concatenate([i, f, j, o])
        bias = bias.copy()
        bias[2 * units : 3 * units] += 1  # BasicLSTMCell adds its forget bias apart
        kernel, bias = kernel[:, order], bias[order]
    return kernel, bias


class Recurrent(torch.nn.Module):
    def __init__(self, options):
        super().__init__()
        first, cells, last = common.network_weights(options)
        dtype = getattr(torch, options.dtype)
        self.first = None
        size = options.inputs
        if first:
            self.first = torch.nn.Linear(options.inputs, options.units, dtype=dtype)
            set_layer(self.first, first)
            size = options.units
        kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}[options.cell]
        self.recurrent = kind(
            size,
            options.units,
            num_layers=options.layers,
            bidirectional=options.bidirectional,
            batch_first=not options.time_major,
            dtype=dtype,
        )
        for index, layer_weights in enumerate(cells):
            for suffix, weights in zip(("", "_reverse"), layer_weights):
                kernel, bias = gates(options, weights)
                inputs = len(kernel) - options.units
                values = {"weight_ih": kernel[:inputs].T, "weight_hh": kernel[inputs:].T}
                values |= {"bias_ih": bias, "bias_hh": np.zeros_like(bias)}
                for name, value in values.items():
                    parameter = getattr(self.recurrent, f"{name}_l{index}{suffix}")
                    with torch.no_grad():
                        parameter.copy_(torch.from_numpy(np.ascontiguousarray(value)))
                    parameter.requires_grad_(name != "bias_hh")
        directions = 2 if options.bidirectional else 1
        self.last = torch.nn.Linear(directions * options.units, common.CLASSES, dtype=dtype)
        set_layer(self.last, last)
        self.is_lstm = options.cell == "lstm"
        self.directions = directions
        self.batch_first = not options.time_major

    def forward(self, x, lengths):
        if self.first is not None:
            x = self.first(x)
        if lengths is not None:
            x = torch.nn.utils.rnn.pack_padded_sequence(
                x, lengths, batch_first=self.batch_first, enforce_sorted=False
            )
        _, state = self.recurrent(x)
        hidden = state[0] if self.is_lstm else state
        return self.last(torch.cat(tuple(hidden[-self.directions :]), 1))


class Perceptron(torch.nn.Module):
    def __init__(self, options):
        super().__init__()
        hidden, last = common.mlp_weights(options)
        self.hidden = torch.nn.Linear(options.inputs, options.units)
        self.last = torch.nn.Linear(options.units, common.CLASSES)
        set_layer(self.hidden, hidden)
        set_layer(self.last, last)

    def forward(self, x, lengths):
        return self.last(torch.relu(self.hidden(x)))


def build(options):
    if options.workload == "session":
        a, b = torch.tensor(1.0), torch.tensor(2.0)
        return lambda: (a + b).item()
    if options.workload == "while":

        def count():
            number, limit = torch.tensor(0.0), torch.tensor(float(options.iterations))
            while number < limit:
                number = number + 1
            return number.item()

        return count
    x, y, lengths = common.batch(options)
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    if lengths is not None:
        lengths = torch.from_numpy(lengths.astype(np.int64))
    model = (Perceptron if options.workload == "mlp" else Recurrent)(options)
    if options.forward:

        def predict():
            with torch.inference_mode():
                return model(x, lengths).numpy()

        return predict
    optimizer = torch.optim.Adam(
        [p for p in model.parameters() if p.requires_grad], lr=0.001, fused=True
    )
    labels = y.argmax(1)

    def train():
        optimizer.zero_grad(set_to_none=True)
        loss = torch.nn.functional.cross_entropy(model(x, lengths), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return train


def main():
    options = common.parse(__doc__.splitlines()[0])
    torch.set_num_threads(options.threads)
    common.measure(
        "pytorch",
        torch.__version__,
        options,
        lambda: build(options),
        group=100 if options.workload == "session" else 1,
        parts=options.iterations if options.workload == "while" else 1,
    )


if __name__ == "__main__":
    main()
