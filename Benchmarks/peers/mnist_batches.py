"""MNIST batches for the peer scripts: an IDX reader, the articles' split, and shuffled batches."""

import gzip
import pathlib
import struct

import numpy as np


def read_idx(directory, stem):
    """The unsigned bytes of `stem` (gzipped or not) in `directory`, in the file's shape."""
    for suffix, opener in (("", open), (".gz", gzip.open)):
        path = pathlib.Path(directory) / (stem + suffix)
        if path.exists():
            with opener(path, "rb") as file:
                content = file.read()
            zero, kind, rank = struct.unpack(">HBB", content[:4])
            if zero != 0 or kind != 8:
                raise ValueError(f"{path}: not an IDX file of unsigned bytes")
            shape = struct.unpack(f">{rank}I", content[4 : 4 + 4 * rank])
            return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)
    raise FileNotFoundError(f"{directory}/{stem}[.gz]")


def load(directory, part):
    """Images [n, 28, 28] in 0...1 and one-hot labels [n, 10], both float32; part: train or t10k."""
    images = read_idx(directory, f"{part}-images-idx3-ubyte").astype(np.float32) / 255
    labels = np.eye(10, dtype=np.float32)[read_idx(directory, f"{part}-labels-idx1-ubyte")]
    return images, labels


def random_digits(count, seed):
    """Random images and labels of the same shapes, for timing without data."""
    stream = np.random.RandomState(seed)
    labels = np.eye(10, dtype=np.float32)[stream.randint(0, 10, count)]
    return stream.random_sample([count, 28, 28]).astype(np.float32), labels


def batches(images, labels, size, seed):
    """Endless contiguous batches, shuffled anew each epoch."""
    stream = np.random.RandomState(seed)
    while True:
        order = stream.permutation(len(images))
        for start in range(0, len(order) - size + 1, size):
            rows = order[start : start + size]
            yield images[rows], labels[rows]
