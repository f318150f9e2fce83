"""The number of processor cores does not show in an int8 model."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

_CODE = """
import hashlib
import numpy as np
from edgeml.backends.litert import emit
from edgeml.ir import GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.quantize import quantize
rng = np.random.default_rng(0)
b = GraphBuilder("wide", OPS)
y, channels = b.input("x", (1, 56, 56, 27)), 27
for i, outputs in enumerate((32, 96, 24, 96, 24, 96, 24)):
    w = b.constant(f"w{i}", (rng.normal(size=(outputs, 1, 1, channels)) / 8).astype(np.float32))
    y, channels = b.add("conv_2d", [y, w, ""], Conv2DAttrs(), name=f"conv{i}"), outputs
x = rng.normal(size=(8, 56, 56, 27)).astype(np.float32)
print(hashlib.sha256(emit(quantize(b.build([y]), x).graph)).hexdigest())
"""


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two processor cores")
def test_one_and_two_threads_give_the_same_bytes() -> None:
    found = set()
    for threads in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", _CODE],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        found.add(done.stdout)
    assert len(found) == 1
