#!/usr/bin/env python3
"""For each line it reads, multiplies matrices on all processors for a moment and prints the median GFLOP/s."""

import statistics
import sys
import time

import numpy

SIZE = 384
SECONDS = 0.04

a = numpy.full((SIZE, SIZE), 0.5, numpy.float32)
b = numpy.full((SIZE, SIZE), 0.25, numpy.float32)
product = numpy.empty_like(a)
for _ in sys.stdin:
    times = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        start = time.perf_counter()
        numpy.matmul(a, b, out=product)
        times.append(time.perf_counter() - start)
    print(2e-9 * SIZE**3 / statistics.median(times), flush=True)
