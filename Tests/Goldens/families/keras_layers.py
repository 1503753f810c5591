"""Layers of Keras: results and gradients with respect to the inputs and all weights."""

import numpy as np

from golden_format import Case, Draws
from tensorflow_graph import VERSION, session, tensorflow_2, tf

layers = tensorflow_2.keras.layers
KERAS_NAMES = {
    "hardSigmoid": "hard_sigmoid",
    "returnSequences": "return_sequences",
    "goBackwards": "go_backwards",
    "useBias": "use_bias",
    "recurrentActivation": "recurrent_activation",
    "resetAfter": "reset_after",
}


def recurrent(kind, options):
    """A layer around the cell, so that neither fused kernels nor functions are chosen."""
    options = {KERAS_NAMES.get(key, key): value for key, value in options.items()}
    for key in ("activation", "recurrent_activation"):
        if key in options:
            options[key] = KERAS_NAMES.get(options[key], options[key])
    outer = {
        key: bool(options.pop(key)) for key in ("return_sequences", "go_backwards") if key in options
    }
    cell = {"lstm": layers.LSTMCell, "gru": layers.GRUCell, "simple_rnn": layers.SimpleRNNCell}
    return layers.RNN(cell[kind](**options), **outer)


def make_layer(kind, options):
    options = dict(options)
    if kind in ("lstm", "gru", "simple_rnn"):
        return recurrent(kind, options)
    if kind == "bidirectional":
        merge, inner = options.pop("merge"), options.pop("inner")
        return layers.Bidirectional(recurrent(inner, options), merge_mode=merge)
    if kind == "time_distributed":
        return layers.TimeDistributed(make_layer("dense", options))
    if kind == "dense":
        options["use_bias"] = bool(options.pop("useBias", 1))
        return layers.Dense(**options)
    if kind == "embedding":
        return layers.Embedding(options["inputs"], options["units"])
    if kind == "batch_normalization":
        return layers.BatchNormalization(momentum=options["momentum"], epsilon=options["epsilon"])
    if kind == "layer_normalization":
        return layers.LayerNormalization(epsilon=options["epsilon"])
    if kind == "activation":
        name = options["activation"]
        return layers.Activation(KERAS_NAMES.get(name, name))
    strides = options.pop("strides", 1)
    if kind in ("conv1d", "conv2d"):
        options["kernel_size"] = options.pop("window")
        options["use_bias"] = bool(options.pop("useBias", 1))
        layer = {"conv1d": layers.Conv1D, "conv2d": layers.Conv2D}[kind]
        return layer(strides=strides, **options)
    options["pool_size"] = options.pop("window")
    layer = {
        "max_pooling1d": layers.MaxPooling1D,
        "max_pooling2d": layers.MaxPooling2D,
        "average_pooling1d": layers.AveragePooling1D,
        "average_pooling2d": layers.AveragePooling2D,
    }[kind]
    return layer(strides=strides, **options)


def make_case(name, dtype, kind, x_shape, options, training=None):
    draws = Draws("keras_layers/" + name)
    tensorflow_2.keras.backend.set_floatx(dtype)
    with tf.Graph().as_default(), session() as active:
        tf.keras.backend.set_session(active)
        if kind == "embedding":
            x_values = draws.integers(x_shape, 0, options["inputs"])
        else:
            x_values = draws.normal(x_shape).astype(dtype)
        x = tf.placeholder(x_values.dtype, x_shape)
        layer = make_layer(kind, options)
        y = layer(x) if training is None else layer(x, training=bool(training))
        arrays = {"x": x_values}
        for index, weight in enumerate(layer.weights):
            value = draws.normal(weight.shape, 0.5)
            if "variance" in weight.name:
                value = np.abs(value) + 0.5
            arrays[f"w{index}"] = value.astype(dtype)
        active.run(tf.global_variables_initializer())
        layer.set_weights([arrays[f"w{index}"] for index in range(len(layer.weights))])
        arrays["dy"] = draws.normal([int(n) for n in y.shape]).astype(dtype)
        sources = {"dx": x} if kind != "embedding" else {}
        for index, weight in enumerate(layer.weights):
            if any(weight is trainable for trainable in layer.trainable_weights):
                sources[f"dw{index}"] = weight
        gradients = tf.gradients(y, list(sources.values()), grad_ys=tf.constant(arrays["dy"]))
        gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
        fetches = {"y": y, **dict(zip(sources, gradients))}
        arrays.update(active.run(fetches, {x: x_values}))
        if training:
            active.run(layer.updates, {x: x_values})
            for index, weight in enumerate(layer.get_weights()):
                if f"dw{index}" not in sources:
                    arrays[f"new{index}"] = weight
    attributes = {"dtype": dtype, "layer": kind, **options, "source": VERSION}
    if training is not None:
        attributes["training"] = int(training)
    return Case(f"{name}_{dtype}", attributes, arrays)


def layer_cases():
    """Name, kind, shape of x, options."""
    sequence = [2, 3, 2]
    lstm = {"units": 3, "activation": "tanh", "recurrentActivation": "sigmoid"}
    gru = {**lstm, "resetAfter": 1}
    yield "dense_relu", "dense", [3, 4], {"units": 3, "activation": "relu"}
    yield "dense_softmax", "dense", [3, 4], {"units": 5, "activation": "softmax"}
    yield "dense_rank3", "dense", [2, 3, 4], {"units": 2, "activation": "tanh", "useBias": 0}
    yield "lstm", "lstm", sequence, {**lstm, "returnSequences": 1}
    yield "lstm_last", "lstm", sequence, lstm
    yield "lstm_backwards", "lstm", sequence, {**lstm, "returnSequences": 1, "goBackwards": 1}
    yield "lstm_hard", "lstm", sequence, {**lstm, "recurrentActivation": "hardSigmoid"}
    yield "lstm_relu", "lstm", sequence, {**lstm, "activation": "relu", "useBias": 0}
    yield "gru", "gru", sequence, {**gru, "returnSequences": 1}
    yield "gru_last", "gru", sequence, gru
    yield "gru_no_bias", "gru", sequence, {**gru, "useBias": 0}
    yield "gru_reset_first", "gru", sequence, {**gru, "resetAfter": 0, "returnSequences": 1}
    yield "gru_hard", "gru", sequence, {
        **gru, "resetAfter": 0, "recurrentActivation": "hardSigmoid",
    }  # fmt: skip
    yield "simple_rnn", "simple_rnn", sequence, {
        "units": 3, "activation": "tanh", "returnSequences": 1,
    }  # fmt: skip
    yield "simple_rnn_last", "simple_rnn", sequence, {"units": 3, "activation": "relu"}
    for merge in ("concat", "sum", "mul", "ave"):
        both = {"merge": merge, "inner": "lstm", **lstm, "returnSequences": 1}
        yield f"bidirectional_{merge}", "bidirectional", sequence, both
    yield "bidirectional_last", "bidirectional", sequence, {
        "merge": "concat", "inner": "gru", **gru,
    }  # fmt: skip
    yield "time_distributed", "time_distributed", sequence, {"units": 2, "activation": "tanh"}
    yield "embedding", "embedding", [3, 4], {"inputs": 6, "units": 3}
    yield "layer_normalization", "layer_normalization", [2, 3, 5], {"epsilon": 1e-3}
    for name in ("linear", "relu", "tanh", "sigmoid", "hardSigmoid", "softmax", "elu", "selu",
                 "softplus", "softsign", "swish", "exponential"):  # fmt: skip
        yield f"activation_{name}", "activation", [3, 5], {"activation": name}
    yield "conv1d", "conv1d", [2, 7, 3], {
        "filters": 4, "window": 3, "strides": 2, "padding": "same", "activation": "relu",
    }  # fmt: skip
    yield "conv1d_valid", "conv1d", [2, 7, 3], {
        "filters": 4, "window": 2, "padding": "valid", "activation": "linear", "useBias": 0,
    }  # fmt: skip
    yield "conv2d", "conv2d", [2, 6, 5, 3], {
        "filters": 4, "window": 3, "strides": 2, "padding": "same", "activation": "relu",
    }  # fmt: skip
    yield "conv2d_valid", "conv2d", [2, 6, 5, 3], {
        "filters": 2, "window": 3, "padding": "valid", "activation": "tanh",
    }  # fmt: skip
    for kind in ("max_pooling", "average_pooling"):
        for padding in ("valid", "same"):
            options = {"window": 2, "strides": 2, "padding": padding}
            yield f"{kind}1d_{padding}", f"{kind}1d", [2, 7, 3], options
            yield f"{kind}2d_{padding}", f"{kind}2d", [2, 5, 7, 2], options


def cases():
    for dtype in ("float32", "float64"):
        for name, kind, x_shape, options in layer_cases():
            if dtype == "float64" or name in ("dense_softmax", "lstm", "gru", "conv2d"):
                yield make_case(name, dtype, kind, x_shape, options)
    # Keras has momentum in float32, and a fused kernel of rank 4 with Bessel's correction in the
    # moving variance: neither is here.
    for name, x_shape in [
        ("batch_normalization", [6, 3]),
        ("batch_normalization_rank3", [3, 4, 2]),
    ]:
        options = {"momentum": 0.9, "epsilon": 1e-3}
        yield make_case(
            f"{name}_training", "float32", "batch_normalization", x_shape, options, 1
        )
        yield make_case(f"{name}_test", "float64", "batch_normalization", x_shape, options, 0)
    tensorflow_2.keras.backend.set_floatx("float32")
