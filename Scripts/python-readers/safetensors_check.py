"""Reads a file that Jacquard wrote with Python's safetensors, compares it, and writes one for Jacquard to read.

    safetensors_check.py WRITTEN_BY_JACQUARD TO_WRITE

The arrays are those of Tests/Goldens/safetensors/generate.py.
"""

import sys
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

sys.path.insert(0, str(Path(__file__).parents[2] / "Tests/Goldens/safetensors"))
from generate import TENSORS

written, to_write = sys.argv[1:]
with safe_open(written, framework="numpy") as file:
    metadata = dict(file.metadata())
    crc = metadata.pop("jacquard.crc32")
    assert len(crc) == 8, crc
    assert metadata == {"format": 'np "é" \n'}, metadata
    assert set(file.keys()) == set(TENSORS), file.keys()
    for name, expected in TENSORS.items():
        found = file.get_tensor(name)
        assert found.dtype == expected.dtype, (name, found.dtype)
        assert found.shape == expected.shape, (name, found.shape)
        np.testing.assert_array_equal(found, expected, err_msg=name)

save_file(TENSORS, to_write, metadata={"format": 'np "é" \n'})
