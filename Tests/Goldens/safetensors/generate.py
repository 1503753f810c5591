"""Writes reference.safetensors with Python's safetensors (0.8.0 was used):

    pip install safetensors numpy && python Tests/Goldens/safetensors/generate.py
"""

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

TENSORS = {
    "scalar": np.array(1.5, np.float32),
    "rnn/basic_lstm_cell/kernel": np.arange(6, dtype=np.float32).reshape(2, 3) / 4,
    "beta1_power": np.array([0.9, -0.0, np.inf], np.float64),
    "int32": np.array([[-1], [2**31 - 1]], np.int32),
    "int64": np.array([-(2**63), 2**63 - 1], np.int64),
    "uint8": np.array([0, 7, 255], np.uint8),
    "bool": np.array([True, False, True], np.bool_),
    "empty": np.zeros((0, 3), np.float32),
    "empty float64": np.zeros((2, 0), np.float64),
    'quote " backslash \\ newline \n tab \t bell \x07 é 😀': np.array([4], np.uint8),
}

if __name__ == "__main__":
    folder = Path(__file__).parent
    save_file(TENSORS, folder / "reference.safetensors", metadata={"format": 'np "é" \n'})
