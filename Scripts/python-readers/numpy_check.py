"""Checks .npy and .npz files that the tests wrote: numpy_check.py DIRECTORY

The elements of <dtype>-<shape>.npy are 0, 1, 2, … in that type.
"""

import pathlib
import sys
import zipfile

import numpy as np

directory = pathlib.Path(sys.argv[1])

arrays = sorted(directory.glob("*.npy"))
for path in arrays:
    dtype, lengths = path.stem.split("-")
    shape = tuple(int(length) for length in lengths.split("x") if length)
    expected = np.arange(int(np.prod(shape))).astype(dtype).reshape(shape)
    read = np.load(path)
    assert read.dtype == dtype, (path, read.dtype)
    assert read.shape == shape, (path, read.shape)
    np.testing.assert_array_equal(read, expected, err_msg=str(path))
    if read.size:
        np.testing.assert_array_equal(np.load(path, mmap_mode="r"), expected, err_msg=str(path))

archives = sorted(directory.glob("*.npz"))
for path in archives:
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None, path
    with np.load(path) as archive:
        assert archive.files == ["kernel", "step", "größe/mask", "empty"], archive.files
        expected = {
            "kernel": np.arange(12, dtype="float32").reshape(3, 4),
            "step": np.array(7, dtype="int64"),
            "größe/mask": np.array([True, False]),
            "empty": np.zeros((0, 3), dtype="uint8"),
        }
        for name, array in expected.items():
            assert archive[name].dtype == array.dtype, (path, name, archive[name].dtype)
            assert archive[name].shape == array.shape, (path, name, archive[name].shape)
            np.testing.assert_array_equal(archive[name], array, err_msg=f"{path} {name}")

print(f"{len(arrays)} arrays and {len(archives)} archives are as they should be")
