"""Gradients of loops: TensorFlow's own test programs, and matrix recurrences they do not cover.

Every program runs under control flow v1; where v1 cannot (gradients of gradients), under v2.
Where both can, they must agree. Every published number is asserted.
"""

import dataclasses
import typing

import numpy as np

from golden_format import Case, Draws
from tensorflow_graph import VERSION, placeholders, session, tf


@dataclasses.dataclass
class Program:
    """`body` maps operand tensors to results; `loop` says the same in words.

    `published` holds numbers that TensorFlow's tests state, by array key. With `second_order`, the
    case also has ddx<i>, the gradient of sum_k(dx<k> * v<k>).
    """

    name: str
    loop: str
    operands: typing.Callable
    body: typing.Callable
    published: dict = dataclasses.field(default_factory=dict)
    published_in: str = ""
    weighted: bool = False
    second_order: bool = False
    second_order_direction_ones: bool = False


def run(program, dtype, version):
    """The arrays of the case under control flow `version`, and the disconnected operands."""
    draws = Draws("while_gradients/" + program.name)
    arrays = {f"x{i}": np.asarray(x, dtype) for i, x in enumerate(program.operands(draws))}
    (tf.enable_control_flow_v2 if version == 2 else tf.disable_control_flow_v2)()
    try:
        with tf.Graph().as_default(), session() as active:
            inputs = placeholders(arrays)
            feeds = {inputs[key]: arrays[key] for key in arrays}
            sources = list(inputs.values())
            results = program.body(*sources)
            results = list(results) if isinstance(results, (list, tuple)) else [results]
            fetches = {f"y{i}": result for i, result in enumerate(results)}
            weights = None
            if program.weighted:
                for i, result in enumerate(results):
                    arrays[f"dy{i}"] = draws.normal(result.shape.as_list()).astype(dtype)
                weights = [tf.constant(arrays[f"dy{i}"]) for i in range(len(results))]
            first = dict(zip(inputs, tf.gradients(results, sources, grad_ys=weights)))
            disconnected = [key for key, gradient in first.items() if gradient is None]
            first = {key: tf.convert_to_tensor(g) for key, g in first.items() if g is not None}
            fetches.update({f"d{key}": gradient for key, gradient in first.items()})
            if program.second_order:
                projected = []
                for i, (key, gradient) in enumerate(first.items()):
                    shape = arrays[key].shape
                    ones = program.second_order_direction_ones
                    arrays[f"v{i}"] = (np.ones(shape) if ones else draws.normal(shape)).astype(
                        dtype
                    )
                    projected.append(tf.reduce_sum(gradient * tf.constant(arrays[f"v{i}"])))
                second = tf.gradients(tf.add_n(projected), sources)
                fetches.update({f"dd{key}": gradient for key, gradient in zip(inputs, second)})
            arrays.update(active.run(fetches, feeds))
            return arrays, disconnected
    finally:
        tf.disable_control_flow_v2()


def make_case(program, dtype):
    """The case from control flow v1 if that can run the program, checked against v2."""
    runs = {}
    for version in (1, 2):
        if version == 1 and program.second_order:
            continue  # "Second-order gradient for while loops not supported."
        runs[version] = run(program, dtype, version)
    version, (arrays, disconnected) = next(iter(runs.items()))
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    other, other_disconnected = runs[2]
    for key in arrays.keys() | other.keys():
        # Where one version calls an operand disconnected, the other must have a zero gradient.
        pair = [found.get(key, np.zeros(())) for found in (other, arrays)]
        np.testing.assert_allclose(*pair, rtol=tolerance, atol=tolerance, err_msg=program.name)
    for key, value in program.published.items():
        np.testing.assert_allclose(arrays[key], value, rtol=1e-6, err_msg=program.name)
    attributes = {"dtype": dtype, "loop": program.loop}
    if disconnected:
        attributes["disconnected"] = " ".join(disconnected)
    if other_disconnected != disconnected:
        attributes["disconnectedInV2"] = " ".join(other_disconnected)
    if program.published_in:
        attributes["publishedIn"] = program.published_in
    attributes["source"] = f"{VERSION} control flow v{version}"
    return Case(f"{program.name}_{dtype}", attributes, arrays)


def doubling(x, condition_limit=4):
    """x * 2 ** condition_limit by a counted loop."""
    return tf.while_loop(
        lambda i, _: i < condition_limit, lambda i, v: [i + 1, v * 2.0], [tf.constant(0), x]
    )[1]


def scalar_programs():
    def scalars(*values):
        return lambda d: values

    yield Program(
        "square",
        "while v < 100: v = v * v",
        scalars(2.0),
        lambda v: tf.while_loop(lambda v: v < 100.0, tf.square, [v], parallel_iterations=1),
        {"y0": 256, "dx0": 1024},
        "testWhileGrad_Square",
    )
    for parallel_iterations in (1, 10):
        yield Program(
            f"mul_parallel{parallel_iterations}",
            "x0 = v, x1 = a; while v < 100: v = v * a",
            scalars(2.0, 3.0),
            lambda v, a, p=parallel_iterations: tf.while_loop(
                lambda v: v < 100.0, lambda v: v * a, [v], parallel_iterations=p
            ),
            {"y0": 162, "dx0": 81, "dx1": 216},
            "testWhileGrad_Mul",
        )

    def two_state(x, y):
        def body(x, y):
            y1 = x + y
            return x * y1, y1

        return tf.while_loop(lambda x, y: x < 100.0, body, [x, y], parallel_iterations=1)

    words = "x0 = x, x1 = y; while x < 100: y = x + y; x = x * y (the new y)"
    yield Program(
        "two_state_both",
        words,
        scalars(3.0, 2.0),
        two_state,
        {"dx0": 304, "dx1": 124},
        "testWhileGrad_ys_xs",
    )
    yield Program(
        "two_state_first",
        words + "; y0 = final x",
        scalars(3.0, 2.0),
        lambda x, y: two_state(x, y)[0],
        {"dx0": 295, "dx1": 120},
        "testWhileGrad_ys_xs",
    )

    def squares(x, y):
        def body(x, y):
            y1 = tf.square(y)
            return tf.square(x) + y1, y1

        return tf.while_loop(lambda x, y: x < 100.0, body, [x, y])

    words = "x0 = x, x1 = y; while x < 100: y = y * y; x = x * x + y (the new y)"
    stop, name = tf.stop_gradient, "testWhileGrad_StopGrad"
    for variant, result, function, published in [
        ("x", "rx", lambda rx, ry: rx, {"y0": 185, "dx1": 136}),
        ("y", "ry", lambda rx, ry: ry, {"y0": 16, "dx1": 32}),
        ("stopped_x", "stopGradient(rx)", lambda rx, ry: stop(rx), {}),
        ("stopped_y", "stopGradient(ry)", lambda rx, ry: stop(ry), {}),
        ("sum", "rx + ry", lambda rx, ry: rx + ry, {"dx1": 168}),
        ("sum_stopped_x", "stopGradient(rx) + ry", lambda rx, ry: stop(rx) + ry, {"dx1": 32}),
        ("sum_stopped_y", "rx + stopGradient(ry)", lambda rx, ry: rx + stop(ry), {"dx1": 136}),
    ]:
        yield Program(
            f"stop_gradient_{variant}",
            f"{words}; y0 = {result}, rx and ry final",
            scalars(3.0, 2.0),
            lambda x, y, f=function: f(*squares(x, y)),
            published,
            name,
        )

    def stopped_inner_gradient(x, y):
        rx = tf.while_loop(lambda v: v < 100.0, lambda v: v * y, [x])
        return tf.square(y) + rx + stop(tf.gradients(rx, y)[0])

    yield Program(
        "stop_gradient_of_gradient",
        "x0 = x, x1 = y; v = x; while v < 100: v = v * y; y0 = y * y + v + stopGradient(dv/dy)",
        scalars(2.0, 2.0),
        stopped_inner_gradient,
        {"dx1": 388},
        "testStopGradOnWhileGrad",
    )
    yield Program(
        "zero_iterations",
        "x0 = v, x1 = a; while v < 1: v = v * a (never entered)",
        scalars(3.0, 2.0),
        lambda v, a: tf.while_loop(lambda v: v < 1.0, lambda v: v * a, [v]),
        {"y0": 3, "dx0": 1, "dx1": 0},
    )
    yield Program(
        "conditional",
        "x0 = v, x1 = a; while v < 100: v = cond(v < 10, v * v, v * a)",
        scalars(2.0, 3.0),
        lambda v, a: tf.while_loop(
            lambda v: v < 100.0, lambda v: tf.cond(v < 10.0, lambda: v * v, lambda: v * a), [v]
        ),
    )
    yield Program(
        "conditional_true",
        "while v < 100: v = cond(true, v * v, v - 1)",
        scalars(2.0),
        lambda v: tf.while_loop(
            lambda v: v < 100.0,
            lambda v: tf.cond(tf.constant(True), lambda: tf.square(v), lambda: v - 1.0),
            [v],
        ),
        {"dx0": 1024},
        "testWhileCondGrad_Simple",
    )


def nested_programs():
    def scalar(value):
        return lambda d: [value]

    yield Program(
        "nested_simple",
        "while v < 2: v = 2 * (inner: while w < 4: w = 2 * w, from v)",
        scalar(1.0),
        lambda v: tf.while_loop(
            lambda v: v < 2.0,
            lambda v: tf.while_loop(lambda w: w < 4.0, lambda w: w * 2.0, [v]) * 2.0,
            [v],
        ),
        {"y0": 8, "dx0": 8},
        "testNestedWhileGrad_Simple",
    )
    yield Program(
        "nested_serial",
        "while v < 128: v = inner(inner(v)); inner doubles its operand four times",
        scalar(1.0),
        lambda v: tf.while_loop(lambda v: v < 128.0, lambda v: doubling(doubling(v)), [v]),
        {"y0": 256, "dx0": 256},
        "testNestedWhileGrad_SerialInner",
    )
    yield Program(
        "nested_parallel",
        "while v < 128: v = inner(v) * inner(v); inner doubles its operand four times",
        scalar(1.0),
        lambda v: tf.while_loop(lambda v: v < 128.0, lambda v: doubling(v) * doubling(v), [v]),
        {"y0": 256, "dx0": 512},
        "testNestedWhileGrad_ParallelInner",
    )

    def map_in_loop(param, elements):
        def body(i, y):
            return [i + 1, tf.map_fn(lambda x: x * param, y)]

        return tf.while_loop(
            lambda i, _: i < 10, body, [tf.constant(0), elements], parallel_iterations=1
        )[1]

    yield Program(
        "map_in_loop",
        "x0 = param, x1 = y; ten times: y = map(element * param) over the elements of y",
        lambda d: [2.0, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]],
        map_in_loop,
        {"dx0": 107520},
        "testWhileAndTensorArray",
    )

    def nested_invariant(variable):
        def inner(total):
            return tf.while_loop(
                lambda j, _: j < 2, lambda j, r: [j + 1, r + variable], [tf.constant(0), total]
            )[1]

        zero = tf.zeros([], variable.dtype)
        return tf.while_loop(
            lambda i, _: i < 2, lambda i, r: [i + 1, inner(r)], [tf.constant(0), zero]
        )[1]

    yield Program(
        "nested_invariant",
        "r = 0; twice: twice: r = r + variable (read in the inner loop)",
        scalar(3.0),
        nested_invariant,
        {"y0": 12, "dx0": 4},
        "testNestedResourceAccess (same shape of program)",
    )


def matrix_recurrence(x, h, w, u):
    """h = tanh(x[t] @ w + h @ u) over the leading axis of x: Jacobians that do not commute."""

    def body(t, h):
        return [t + 1, tf.tanh(tf.matmul(x[t], w) + tf.matmul(h, u))]

    return tf.while_loop(lambda t, _: t < tf.shape(x)[0], body, [tf.constant(0), h])[1]


def array_recurrence(x, h, w, u):
    """The same through TensorArrays: also every h, stacked."""
    steps = x.shape[0]
    rows = tf.TensorArray(x.dtype, steps, element_shape=x.shape[1:]).unstack(x)
    states = tf.TensorArray(x.dtype, steps, element_shape=h.shape)

    def body(t, h, states):
        h = tf.tanh(tf.matmul(rows.read(t), w) + tf.matmul(h, u))
        return [t + 1, h, states.write(t, h)]

    _, last, states = tf.while_loop(lambda t, *_: t < steps, body, [tf.constant(0), h, states])
    return states.stack(), last


def matrix_programs():
    def operands(draws):
        return [
            draws.normal([5, 2, 3]),
            draws.normal([2, 4]),
            draws.normal([3, 4], 0.6),
            draws.normal([4, 4], 0.6),
        ]

    words = "x0 = x, x1 = h, x2 = w, x3 = u; for t in 0..<5: h = tanh(x[t] w + h u)"
    yield Program("matrix_recurrence", words, operands, matrix_recurrence, weighted=True)
    yield Program(
        "array_recurrence",
        words + "; y0 = every h stacked, y1 = last h",
        operands,
        array_recurrence,
        weighted=True,
    )
    yield Program(
        "matrix_powers",
        "x0 = h, x1 = u; three times: h = h u",
        lambda d: [d.normal([2, 3]), d.normal([3, 3])],
        lambda h, u: tf.while_loop(
            lambda i, _: i < 3, lambda i, h: [i + 1, tf.matmul(h, u)], [tf.constant(0), h]
        )[1],
        weighted=True,
    )
    yield Program(
        "cumulative_product",
        "y0[t] = x[0] * ... * x[t] by a scan",
        lambda d: [[1.5, -2.0, 0.5, 3.0]],
        lambda x: tf.scan(lambda a, b: a * b, x),
        weighted=True,
    )


def second_order_programs():
    yield Program(
        "second_order_power4",
        "while v < 8: v = v * v, from x = 2: x ** 4",
        lambda d: [2.0],
        lambda x: tf.while_loop(lambda v: v < 8.0, tf.square, [x]),
        {"y0": 16, "dx0": 32, "ddx0": 48},
        "testDoubleDerivative",
        second_order=True,
        second_order_direction_ones=True,
    )
    yield Program(
        "second_order_matrix_recurrence",
        "x0 = x, x1 = h, x2 = w, x3 = u; for t in 0..<3: h = tanh(x[t] w + h u)",
        lambda d: [
            d.normal([3, 2, 2]),
            d.normal([2, 3]),
            d.normal([2, 3], 0.6),
            d.normal([3, 3], 0.6),
        ],
        matrix_recurrence,
        weighted=True,
        second_order=True,
    )


def cases():
    programs = [
        *scalar_programs(),
        *nested_programs(),
        *matrix_programs(),
        *second_order_programs(),
    ]
    for dtype in ("float32", "float64"):
        for program in programs:
            yield make_case(program, dtype)
