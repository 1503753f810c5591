"""Runs small TensorFlow 1.x graphs: operands in, results and gradients out."""

import warnings

import numpy as np
import tensorflow as tensorflow_2

tf = tensorflow_2.compat.v1
tf.disable_v2_behavior()
tf.logging.set_verbosity(tf.logging.ERROR)
warnings.filterwarnings("ignore")

VERSION = f"tensorflow-{tensorflow_2.__version__}"


def session():
    """A single-threaded session whose graph optimiser leaves the graph as it was written."""
    config = tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    return tf.Session(config=config)


def placeholders(arrays):
    return {
        key: tf.placeholder(array.dtype, array.shape, name=key) for key, array in arrays.items()
    }


def is_floating(array):
    return np.issubdtype(np.asarray(array).dtype, np.floating)


def run_operation(function, operands, draws, differentiate=True):
    """The results of `function(x0, x1, ...)` and the gradients of their weighted sum.

    Returns the arrays of a case (x0.., y0.., dy0.., dx0..) and the keys of the floating operands
    that TensorFlow calls disconnected.
    """
    with tf.Graph().as_default(), session() as active:
        arrays = {f"x{i}": np.asarray(operand) for i, operand in enumerate(operands)}
        inputs = placeholders(arrays)
        feeds = {inputs[key]: arrays[key] for key in arrays}
        results = function(*inputs.values())
        results = list(results) if isinstance(results, (list, tuple)) else [results]
        values = active.run(results, feeds)
        arrays.update({f"y{i}": value for i, value in enumerate(values)})

        smooth = [i for i, value in enumerate(values) if is_floating(value)]
        wanted = [key for key in inputs if is_floating(arrays[key])]
        if not (differentiate and smooth and wanted):
            return arrays, []
        weights = []
        for i in smooth:
            weight = draws.normal(values[i].shape).astype(values[i].dtype)
            arrays[f"dy{i}"] = weight
            weights.append(tf.constant(weight))
        gradients = tf.gradients(
            [results[i] for i in smooth], [inputs[key] for key in wanted], grad_ys=weights
        )
        present = {
            key: tf.convert_to_tensor(gradient)
            for key, gradient in zip(wanted, gradients)
            if gradient is not None
        }
        for key, gradient in active.run(present, feeds).items():
            arrays[f"d{key}"] = gradient
        return arrays, [key for key in wanted if key not in present]
