"""Golden cases: random operands that never change, and the JSON they are written as."""

import dataclasses
import json
import math
import zlib

import numpy as np


@dataclasses.dataclass
class Case:
    """One golden: `attributes` are numbers and strings, `arrays` are NumPy arrays by key."""

    name: str
    attributes: dict
    arrays: dict


class Draws:
    """Random operands keyed by a case name: adding a case changes no other case's numbers.

    Values have three decimals, so that float32 and float64 cases start from the same short numbers.
    """

    def __init__(self, name):
        self.stream = np.random.RandomState(zlib.crc32(name.encode()))

    def normal(self, shape, scale=1.0):
        return np.round(self.stream.standard_normal(shape) * scale, 3)

    def uniform(self, shape, low, high):
        return np.round(self.stream.uniform(low, high, shape), 3)

    def integers(self, shape, low, high, dtype="int32"):
        """Integers in low..<high."""
        return self.stream.randint(low, high, shape).astype(dtype)


def number(value):
    """`value` as a JSON number or string that reads back as exactly the same float32 or float64."""
    if isinstance(value, (bool, np.bool_)):
        return "1" if value else "0"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if math.isnan(value):
        return '"nan"'
    if math.isinf(value):
        return '"inf"' if value > 0 else '"-inf"'
    text = repr(float(value))
    if isinstance(value, np.float32):
        text = np.format_float_scientific(value, unique=True, trim="-")
        plain = np.format_float_positional(value, unique=True, trim="-")
        text = plain if len(plain) <= len(text) else text
        # A reader may go through float64: that must not round twice.
        assert np.float32(float(text)) == value, text
    if value == 0:
        return "-0.0" if np.signbit(value) else "0"
    return text.removesuffix(".0")


def encoded_array(array):
    array = np.asarray(array)
    assert array.dtype.name in ("float32", "float64", "int32", "int64", "bool"), array.dtype
    if np.issubdtype(array.dtype, np.integer):
        assert array.size == 0 or np.abs(array.astype("int64")).max() < 2**53
    shape = ",".join(map(str, array.shape))
    data = ",".join(number(value) for value in array.reshape(-1))
    return f'{{"dtype":"{array.dtype.name}","shape":[{shape}],"data":[{data}]}}'


def encoded_attribute(value):
    if isinstance(value, str):
        return json.dumps(value)
    return number(value)


def encoded_case(case):
    attributes = ",".join(
        f"{json.dumps(key)}:{encoded_attribute(value)}" for key, value in case.attributes.items()
    )
    arrays = ",\n  ".join(
        f"{json.dumps(key)}:{encoded_array(array)}" for key, array in case.arrays.items()
    )
    name = json.dumps(case.name)
    return f'{{"name":{name},"attributes":{{{attributes}}},"arrays":{{\n  {arrays}}}}}'


def write(path, cases):
    """Writes `cases` to `path`, one line per array, and reads the file back as a check."""
    names = [case.name for case in cases]
    assert len(names) == len(set(names)), [name for name in names if names.count(name) > 1]
    text = '{"cases":[\n' + ",\n".join(map(encoded_case, cases)) + "\n]}\n"
    path.write_text(text)
    for case, read in zip(cases, json.loads(text)["cases"]):
        for key, array in case.arrays.items():
            back = np.array([float(v) for v in read["arrays"][key]["data"]])
            back = back.astype(np.asarray(array).dtype).reshape(read["arrays"][key]["shape"])
            np.testing.assert_array_equal(back, array, err_msg=f"{case.name} {key}")
