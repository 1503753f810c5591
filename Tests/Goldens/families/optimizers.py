"""Twenty steps of each optimizer on one [3, 2] variable with given gradients."""

import numpy as np

from golden_format import Case, Draws
from tensorflow_graph import VERSION, session, tf

STEPS, SHAPE = 20, [3, 2]

# optimizer, TensorFlow class, hyperparameter settings by case name
TABLE = [
    (
        "GradientDescent",
        tf.train.GradientDescentOptimizer,
        {"rate01": {"learning_rate": 0.1}, "rate0001": {"learning_rate": 0.001}},
    ),
    (
        "Adam",
        tf.train.AdamOptimizer,
        {
            "defaults": {"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
            "rate01": {"learning_rate": 0.1, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
            "betas": {"learning_rate": 0.01, "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-8},
            "epsilon01": {"learning_rate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 0.1},
        },
    ),
    (
        "Momentum",
        tf.train.MomentumOptimizer,
        {
            "plain": {"learning_rate": 0.05, "momentum": 0.9, "use_nesterov": False},
            "nesterov": {"learning_rate": 0.05, "momentum": 0.9, "use_nesterov": True},
        },
    ),
    (
        "Adagrad",
        tf.train.AdagradOptimizer,
        {"defaults": {"learning_rate": 0.1, "initial_accumulator_value": 0.1}},
    ),
    (
        "Adadelta",
        tf.train.AdadeltaOptimizer,
        {
            "defaults": {"learning_rate": 0.001, "rho": 0.95, "epsilon": 1e-8},
            "rate1": {"learning_rate": 1.0, "rho": 0.95, "epsilon": 1e-8},
        },
    ),
    (
        "RMSProp",
        tf.train.RMSPropOptimizer,
        {
            "defaults": {
                "learning_rate": 0.01,
                "decay": 0.9,
                "momentum": 0.0,
                "epsilon": 1e-10,
                "centered": False,
            },
            "momentum": {
                "learning_rate": 0.01,
                "decay": 0.9,
                "momentum": 0.9,
                "epsilon": 1e-10,
                "centered": False,
            },
            "centered": {
                "learning_rate": 0.01,
                "decay": 0.9,
                "momentum": 0.5,
                "epsilon": 1e-4,
                "centered": True,
            },
        },
    ),
    (
        "Ftrl",
        tf.train.FtrlOptimizer,
        {
            "defaults": {
                "learning_rate": 0.1,
                "learning_rate_power": -0.5,
                "initial_accumulator_value": 0.1,
                "l1_regularization_strength": 0.0,
                "l2_regularization_strength": 0.0,
            },
            "l1_l2": {
                "learning_rate": 0.1,
                "learning_rate_power": -0.5,
                "initial_accumulator_value": 0.1,
                "l1_regularization_strength": 0.05,
                "l2_regularization_strength": 0.1,
            },
        },
    ),
]

# What the update formulas give after one step from v = 1 with g = 0.1 and learning rate 0.1.
ONE_STEP = {
    "Adam": 0.90000032,
    "RMSProp": 0.98946493,
    "Adagrad": 0.96984887,
    "Adadelta": 0.99995528,
    "Ftrl": 0.01638628,
}


def camel_case(key):
    first, *rest = key.split("_")
    return first + "".join(word.capitalize() for word in rest)


def run_steps(optimizer_class, settings, initial, gradients):
    """Values after each step, and the slots after the last, by TensorFlow's slot names."""
    dtype = initial.dtype
    # A Python float would reach a float64 update as its nearest float32.
    exact = {
        key: np.float64(value) if isinstance(value, float) and dtype == np.float64 else value
        for key, value in settings.items()
    }
    with tf.Graph().as_default(), session() as active:
        variable = tf.get_variable("v", initializer=tf.constant(initial), use_resource=True)
        gradient = tf.placeholder(dtype, initial.shape)
        optimizer = optimizer_class(**exact)
        train_step = optimizer.apply_gradients([(gradient, variable)])
        active.run(tf.global_variables_initializer())
        values = []
        for g in gradients:
            active.run(train_step, {gradient: g})
            values.append(active.run(variable))
        slots = {
            name: active.run(optimizer.get_slot(variable, name))
            for name in optimizer.get_slot_names()
        }
    return np.stack(values), slots


def numpy_steps(optimizer, settings, initial, gradients):
    """GradientDescent and Adam in NumPy; None for the others."""
    rate, v, values = settings["learning_rate"], initial.copy(), []
    m, s = np.zeros_like(v), np.zeros_like(v)
    for t, g in enumerate(gradients, start=1):
        if optimizer == "GradientDescent":
            v = v - rate * g
        elif optimizer == "Adam":
            beta1, beta2 = settings["beta1"], settings["beta2"]
            m = beta1 * m + (1 - beta1) * g
            s = beta2 * s + (1 - beta2) * g * g
            corrected = rate * np.sqrt(1 - beta2**t) / (1 - beta1**t)
            v = v - corrected * m / (np.sqrt(s) + settings["epsilon"])
        else:
            return None
        values.append(v)
    return np.stack(values)


def make_case(optimizer, optimizer_class, variant, settings, dtype):
    draws = Draws("optimizers")
    initial = draws.normal(SHAPE).astype(dtype)
    gradients = draws.normal([STEPS] + SHAPE)
    gradients[4:6] = 0
    gradients = gradients.astype(dtype)
    values, slots = run_steps(optimizer_class, settings, initial, gradients)
    attributes = {"dtype": dtype, "optimizer": optimizer, "steps": STEPS, "source": VERSION}
    attributes.update({camel_case(key): value for key, value in settings.items()})
    if dtype == "float64":
        expected = numpy_steps(optimizer, settings, initial, gradients)
        if expected is not None:
            difference = float(np.abs(expected - values).max())
            assert difference < 1e-12, (optimizer, variant, difference)
            attributes["numpyDifference"] = difference
    arrays = {"initial": initial, "gradients": gradients, "values": values}
    arrays.update({f"slot_{name}": slot for name, slot in sorted(slots.items())})
    return Case(f"{optimizer}_{variant}_{dtype}", attributes, arrays)


def check_one_step():
    for optimizer, optimizer_class, _ in TABLE:
        if optimizer in ONE_STEP:
            settings = {"learning_rate": 0.1}
            values, _ = run_steps(optimizer_class, settings, np.ones([1]), np.full([1, 1], 0.1))
            np.testing.assert_allclose(values[0, 0], ONE_STEP[optimizer], rtol=0, atol=1e-8)


def cases():
    check_one_step()
    for dtype in ("float32", "float64"):
        for optimizer, optimizer_class, variants in TABLE:
            for variant, settings in variants.items():
                yield make_case(optimizer, optimizer_class, variant, settings, dtype)
