"""Files as numpy.save, numpy.savez and numpy.savez_compressed write them, and what they hold.

Attribute `file` is the file in base64. Attribute `members` says what it holds: for each array its
name (none for .npy), element type, shape (2x3) and little-endian bytes in row-major order in
base64, joined by colons, the arrays by spaces; nothing where Jacquard has no such elements.
"""

import base64
import io
import warnings

import numpy as np
from golden_format import Case, Draws

SOURCE = f"NumPy {np.__version__}"
SHAPES = [(), (1,), (3,), (2, 3), (2, 1, 4), (0,), (0, 3)]


def base64_text(data):
    return base64.b64encode(data).decode()


def member(name, array):
    shape = "x".join(map(str, array.shape))
    plain = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"))
    return f"{name}:{array.dtype.name}:{shape}:{base64_text(plain.tobytes())}"


def npy(name, array, version=None, is_known=True):
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.lib.format.write_array(file, array, version=version)
    attributes = {
        "source": SOURCE,
        "file": base64_text(file.getvalue()),
        "members": member("", array) if is_known else "",
    }
    return Case("npy_" + name, attributes, {})


def npz(name, save, arrays):
    file = io.BytesIO()
    save(file, **arrays)
    attributes = {
        "source": SOURCE,
        "file": base64_text(file.getvalue()),
        "members": " ".join(member(key, array) for key, array in arrays.items()),
    }
    return Case("npz_" + name, attributes, {})


def operand(dtype, shape):
    """Elements of all signs, and of bytes that differ, so that each order shows."""
    draws = Draws(f"numpy_files/{dtype}/{shape}")
    if dtype == "bool":
        return draws.integers(shape, 0, 2, "bool")
    if dtype == "uint8":
        return draws.integers(shape, 0, 256, "uint8")
    if dtype.startswith("int"):
        return draws.integers(shape, -(2**31), 2**31, "int64").astype(dtype)
    return np.asarray(draws.normal(shape)).astype(dtype)


def cases():
    for dtype in ["float32", "float64", "int32", "int64", "uint8", "bool"]:
        for shape in SHAPES:
            yield npy(f"{dtype}_{'x'.join(map(str, shape)) or 'scalar'}", operand(dtype, shape))
        array = operand(dtype, (2, 3, 2))
        yield npy(f"{dtype}_fortran", np.asfortranarray(array))
        if array.dtype.itemsize > 1:
            swapped = array.astype(array.dtype.newbyteorder(">"))
            yield npy(f"{dtype}_big_endian", swapped)
            yield npy(f"{dtype}_big_endian_fortran", np.asfortranarray(swapped))
    special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-310, 5e-324])
    yield npy("special_float64", special)
    yield npy("special_float32", special.astype("float32"))
    yield npy("extremes_int64", np.array([-(2**63), 2**63 - 1, 0, -1]))
    for version in [(1, 0), (2, 0), (3, 0)]:
        yield npy(f"version_{version[0]}", operand("float32", (2, 3)), version)
    yield npy("fortran_empty", np.asfortranarray(np.zeros((3, 0, 2))))

    for dtype in ["float16", "complex64", "uint16", "int8", "datetime64[s]", "S3", "U2"]:
        yield npy(f"refused_{dtype.split('[')[0]}", np.zeros(2, dtype), is_known=False)
    yield npy("refused_records", np.zeros(2, [("a", "<f4"), ("b", "<i4", (2,))]), is_known=False)
    yield npy("refused_named_records", np.zeros(2, [("ä", "<f4")]), is_known=False)
    yield npy("refused_objects", np.array([None, 1], dtype=object), is_known=False)

    arrays = {
        "kernel": operand("float32", (4, 3)),
        "step": operand("int64", ()),
        "größe/mask": operand("bool", (5,)),
        "transposed": operand("float64", (2, 3)).T,
        "empty": np.zeros((0, 2), "uint8"),
    }
    yield npz("stored", np.savez, arrays)
    yield npz("deflated", np.savez_compressed, arrays)
    yield npz("deflated_zeros", np.savez_compressed, {"zeros": np.zeros((40, 100), "float32")})
    yield npz("empty", np.savez, {})
