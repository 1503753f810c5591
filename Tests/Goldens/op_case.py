"""One golden of one op: the row type of the op tables."""

import dataclasses
import typing

import numpy as np

from golden_format import Case, Draws
from tensorflow_graph import VERSION, is_floating, run_operation

FLOATS = ("float32", "float64")


@dataclasses.dataclass
class OpCase:
    """`function` maps operand tensors to results; float operands take each dtype of `dtypes`.

    `operands` gives the arrays from a `Draws`. `parameters` are lists of integers (axes, sizes)
    that go to the file as int32 arrays; scalars go to `attributes`.
    """

    op: str
    variant: str
    function: typing.Callable
    operands: typing.Callable
    attributes: dict = dataclasses.field(default_factory=dict)
    parameters: dict = dataclasses.field(default_factory=dict)
    dtypes: tuple = FLOATS
    differentiate: bool = True

    def cases(self):
        for dtype in self.dtypes:
            draws = Draws(f"ops/{self.op}/{self.variant}")
            operands = [np.asarray(operand) for operand in self.operands(draws)]
            operands = [array.astype(dtype) if is_floating(array) else array for array in operands]
            with np.errstate(all="ignore"):
                arrays, disconnected = run_operation(
                    self.function, operands, draws, differentiate=self.differentiate
                )
            attributes = {"op": self.op, "variant": self.variant, "dtype": dtype, **self.attributes}
            if disconnected:
                attributes["disconnected"] = " ".join(disconnected)
            attributes["source"] = VERSION
            for key, values in self.parameters.items():
                arrays[key] = np.array(values, "int32")
            yield Case(f"{self.op}_{self.variant}_{dtype}", attributes, arrays)
