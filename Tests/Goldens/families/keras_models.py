"""Small Sequential models of Keras: ten steps of fit, evaluate and predict, from given weights."""

import numpy as np

from golden_format import Case, Draws
from tensorflow_graph import VERSION, session, tensorflow_2, tf

keras = tensorflow_2.keras
layers = keras.layers


def lstm_classifier():
    return [layers.LSTM(6, input_shape=(5, 3)), layers.Dense(4, activation="softmax")]


def normalized_regression():
    return [
        layers.Dense(6, activation="relu", input_shape=(4,)),
        layers.BatchNormalization(momentum=0.8),
        layers.Dense(2),
    ]


def bidirectional_binary():
    return [
        layers.Bidirectional(layers.GRU(4, return_sequences=True), input_shape=(5, 3)),
        layers.LSTM(3),
        layers.Dense(1, activation="sigmoid"),
    ]


def make_case(name, build, optimizer, loss, metrics, x_shape, labels):
    draws = Draws("keras_models/" + name)
    train_x = draws.normal([40, *x_shape]).astype("float32")
    test_x = draws.normal([13, *x_shape]).astype("float32")
    train_y, test_y = labels(draws, 40), labels(draws, 13)
    with tf.Graph().as_default(), session() as active:
        tf.keras.backend.set_session(active)
        model = keras.Sequential(build())
        model.compile(optimizer=optimizer(), loss=loss, metrics=metrics)
        weights = []
        for weight in model.weights:
            value = draws.normal(weight.shape, 0.4)
            if "variance" in weight.name:
                value = np.abs(value) + 0.5
            weights.append(value.astype("float32"))
        active.run(tf.global_variables_initializer())
        model.set_weights(weights)
        history = model.fit(
            train_x, train_y, batch_size=8, epochs=2, shuffle=False, verbose=0,
            validation_data=(test_x, test_y),
        )  # fmt: skip
        evaluation = model.evaluate(test_x, test_y, batch_size=5, verbose=0)
        prediction = model.predict(test_x, batch_size=5)
        trained = model.get_weights()
        # Keras counts the weights that are not trained last in a model.
        order = [next(i for i, w in enumerate(model.weights) if w is weight)
                 for layer in model.layers for weight in layer.weights]  # fmt: skip
    evaluation = np.atleast_1d(evaluation)
    arrays = {"x": train_x, "y": train_y, "testX": test_x, "testY": test_y}
    for position, index in enumerate(order):
        arrays[f"w{position}"] = weights[index]
        arrays[f"trained{position}"] = trained[index]
    for key, values in history.history.items():
        arrays["history_" + key.replace("acc", "accuracy")] = np.array(values, "float64")
    arrays["evaluation"] = evaluation.astype("float64")
    arrays["prediction"] = prediction
    attributes = {"dtype": "float32", "model": name, "batch": 8, "epochs": 2, "source": VERSION}
    return Case(f"{name}_float32", attributes, arrays)


def one_hot(draws, count):
    return np.eye(4, dtype="float32")[draws.integers([count], 0, 4)]


def classes(draws, count):
    return draws.integers([count], 0, 4)


def numbers(draws, count):
    return draws.normal([count, 2]).astype("float32")


def flags(draws, count):
    return draws.integers([count, 1], 0, 2).astype("float32")


def cases():
    adam, sgd = keras.optimizers.legacy.Adam, keras.optimizers.legacy.SGD
    yield make_case(
        "classifier_adam", lstm_classifier, lambda: adam(0.01), "categorical_crossentropy",
        ["accuracy"], [5, 3], one_hot,
    )  # fmt: skip
    yield make_case(
        "classifier_sparse_sgd", lstm_classifier, lambda: sgd(0.5),
        "sparse_categorical_crossentropy", ["accuracy"], [5, 3], classes,
    )  # fmt: skip
    yield make_case(
        "regression_sgd", normalized_regression, lambda: sgd(0.1), "mse", ["mae"], [4], numbers
    )
    yield make_case(
        "binary_adam", bidirectional_binary, lambda: adam(0.01), "binary_crossentropy",
        ["accuracy"], [5, 3], flags,
    )  # fmt: skip
