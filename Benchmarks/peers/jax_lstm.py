#!/usr/bin/env python3
"""Times JAX on the workloads of jacquard-bench, each compiled as one function; prints one JSON line.

    pip install jax numpy
    python jax_lstm.py lstm --batch 128 --steps 28 --inputs 28 --units 128 --input-layer

lax.scan over the steps, the products with the inputs of all steps taken before it as one (which is
faster), softmax cross entropy, Adam at 0.001; parameters and moments are donated, so that the step
updates them in place.
"""

import functools
import os
import sys

import common


def prepare(threads):
    """Keeps XLA to `threads` processors; must come before JAX is loaded."""
    if hasattr(os, "sched_setaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, allowed[:threads])
    os.environ.setdefault("JAX_PLATFORMS", "cpu")


def threads_of_command_line():
    for index, word in enumerate(sys.argv):
        if word == "--threads":
            return int(sys.argv[index + 1])
        if word.startswith("--threads="):
            return int(word.partition("=")[2])
    return 2


prepare(threads_of_command_line())

import jax
import jax.numpy as jnp


def cell_parameters(options, weights):
    parameters = {"kernel": weights.kernel, "bias": weights.bias}
    if options.cell == "gru":
        parameters |= {
            "candidate_kernel": weights.candidate_kernel,
            "candidate_bias": weights.candidate_bias,
        }
    return parameters


def parameters_of(options):
    if options.workload == "mlp":
        hidden, last = common.mlp_weights(options)
        return {"hidden": hidden, "last": last}
    first, cells, last = common.network_weights(options)
    parameters = {"last": last}
    if first:
        parameters["first"] = first
    parameters["cells"] = [[cell_parameters(options, w) for w in layer] for layer in cells]
    return parameters


def step_of(options, cell, inputs):
    """One step from a state and what the inputs give to the gates."""
    units = options.units
    recurrent = cell["kernel"][inputs:]
    if options.cell == "lstm":

        def step(state, projected):
            c, h = state
            i, j, f, o = jnp.split(projected + h @ recurrent, 4, axis=1)
            c = c * jax.nn.sigmoid(f + 1) + jax.nn.sigmoid(i) * jnp.tanh(j)
            return c, jnp.tanh(c) * jax.nn.sigmoid(o)

    elif options.cell == "gru":
        candidate = cell["candidate_kernel"][inputs:]

        def step(state, projected):
            (h,) = state
            r, u = jnp.split(jax.nn.sigmoid(projected[:, : 2 * units] + h @ recurrent), 2, axis=1)
            new = jnp.tanh(projected[:, 2 * units :] + (r * h) @ candidate)
            return (u * h + (1 - u) * new,)

    else:

        def step(state, projected):
            (h,) = state
            return (jnp.tanh(projected + h @ recurrent),)

    return step


def scan(options, cell, x, lengths, reverse):
    """Outputs [steps, batch, units] and the last; x [steps, batch, inputs]."""
    inputs = x.shape[2]
    kernel, bias = cell["kernel"][:inputs], cell["bias"]
    if options.cell == "gru":
        kernel = jnp.concatenate([kernel, cell["candidate_kernel"][:inputs]], 1)
        bias = jnp.concatenate([bias, cell["candidate_bias"]])
    projected = x @ kernel + bias
    step = step_of(options, cell, inputs)
    zero = jnp.zeros((x.shape[1], options.units), x.dtype)
    initial = (zero, zero) if options.cell == "lstm" else (zero,)

    def body(state, item):
        time, projected = item
        new = step(state, projected)
        output = new[-1]
        if lengths is not None:
            live = (time < lengths)[:, None]
            new = tuple(jnp.where(live, a, b) for a, b in zip(new, state))
            output = jnp.where(live, output, 0)
        return new, output

    times = jnp.arange(x.shape[0])
    final, outputs = jax.lax.scan(body, initial, (times, projected), reverse=reverse)
    return outputs, final[-1]


def predict(options, parameters, x, lengths):
    def layer(x, weights):
        return x @ weights[0] + weights[1]

    if options.workload == "mlp":
        return layer(jax.nn.relu(layer(x, parameters["hidden"])), parameters["last"])
    if not options.time_major:
        x = jnp.swapaxes(x, 0, 1)
    if "first" in parameters:
        x = layer(x, parameters["first"])
    for cells in parameters["cells"]:
        # Read from its end, a shorter sequence only begins later: the padding keeps the zero state.
        read = [scan(options, cell, x, lengths, bool(i)) for i, cell in enumerate(cells)]
        x = jnp.concatenate([outputs for outputs, _ in read], 2)
        last = jnp.concatenate([final for _, final in read], 1)
    return layer(last, parameters["last"])


def loss_of(options, parameters, x, y, lengths):
    logits = predict(options, parameters, x, lengths)
    return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(logits), 1))


def train_step(options, state, x, y, lengths):
    """Adam as of Kingma and Ba, section 2."""
    parameters, first, second, count = state
    loss, gradients = jax.value_and_grad(functools.partial(loss_of, options))(
        parameters, x, y, lengths
    )
    count = count + 1
    rate = 0.001 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
    tree = jax.tree_util.tree_map
    first = tree(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
    second = tree(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
    parameters = tree(
        lambda p, m, v: p - (rate * m / (jnp.sqrt(v) + 1e-8)).astype(p.dtype),
        parameters,
        first,
        second,
    )
    return (parameters, first, second, count), loss


def build(options):
    if options.workload == "session":
        add = jax.jit(lambda a, b: a + b)
        a, b = jnp.float32(1), jnp.float32(2)
        return lambda: add(a, b).block_until_ready()
    if options.workload == "while":
        loop = jax.jit(
            lambda start, limit: jax.lax.while_loop(lambda i: i < limit, lambda i: i + 1, start)
        )
        start, limit = jnp.float32(0), jnp.float32(options.iterations)
        return lambda: loop(start, limit).block_until_ready()
    x, y, lengths = common.batch(options)
    x, y = jnp.asarray(x), jnp.asarray(y)
    lengths = None if lengths is None else jnp.asarray(lengths)
    parameters = jax.tree_util.tree_map(jnp.array, parameters_of(options))
    if options.forward:
        predicting = jax.jit(functools.partial(predict, options))
        return lambda: predicting(parameters, x, lengths).block_until_ready()
    training = jax.jit(functools.partial(train_step, options), donate_argnums=0)
    zeros = jax.tree_util.tree_map(jnp.zeros_like, parameters)
    more_zeros = jax.tree_util.tree_map(jnp.zeros_like, parameters)
    state = (parameters, zeros, more_zeros, jnp.zeros((), options.dtype))

    def train():
        nonlocal state
        state, loss = training(state, x, y, lengths)
        jax.block_until_ready(state)
        return loss

    return train


def main():
    options = common.parse(__doc__.splitlines()[0])
    if options.dtype == "float64":
        jax.config.update("jax_enable_x64", True)
    common.measure(
        "jax",
        jax.__version__,
        options,
        lambda: build(options),
        group=100 if options.workload == "session" else 1,
        parts=options.iterations if options.workload == "while" else 1,
    )


if __name__ == "__main__":
    main()
