"""int16 arithmetic whose corner cases random layers hardly meet."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.c99.emit import KERNELS
from edgeml.ops.int16 import HIGH, LOW, real_records
from edgeml.ops.lut import round_half_away

_PROGRAM = """
#include <stdio.h>
#include "int16.h"
int main(void) {
  struct { int64_t acc; uint32_t high, low; int32_t shift, unused; } in;
  while (fread(&in, sizeof in, 1, stdin) == 1) {
    const edgeml_real_s16 scale = {in.high, in.low, in.shift};
    printf("%d\\n", (int)edgeml_round_s64(in.acc, scale, -32768, 32767));
  }
  return 0;
}
"""


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_products_next_to_a_half_are_rounded_as_doubles_are(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    acc = np.rint(2.0 ** rng.uniform(0, 43, 40000)).astype(np.int64) * rng.choice([-1, 1], 40000)
    # a scale whose product is a half, or the float64 next to it
    half = rng.integers(0, 33000, acc.size) + 0.5
    scale = half / np.abs(acc)
    scale = np.where(rng.random(acc.size) < 0.5, scale, np.nextafter(scale, rng.choice([0, 1e9], acc.size)))
    keep = (scale < 2.0**19) & (scale > 2.0**-43)
    acc, scale = acc[keep], scale[keep]
    records = real_records(scale)
    stream = np.zeros(len(acc), [("acc", "<i8"), ("high", "<u4"), ("low", "<u4"), ("shift", "<i4"), ("unused", "<i4")])
    stream["acc"], stream["high"], stream["low"], stream["shift"] = acc, *records.T
    (tmp_path / "round.c").write_text(_PROGRAM)
    flags = ["-std=c99", "-fsanitize=undefined", "-fno-sanitize-recover=all", f"-I{KERNELS}"]
    subprocess.run(["gcc", *flags, "round.c", "-o", "round"], cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "round"], input=stream.tobytes(), capture_output=True, check=True)
    got = np.array(done.stdout.split(), np.int64)
    want = np.clip(round_half_away(acc * scale), LOW, HIGH)
    # one exact product rounded once would differ: the double's own rounding decides some of these
    exact = np.array([_exact(int(a), float(s)) for a, s in zip(acc, scale, strict=True)])
    assert (np.clip(exact, LOW, HIGH) != want).any()
    np.testing.assert_array_equal(got, want)


def _exact(acc: int, scale: float) -> int:
    top, bottom = scale.as_integer_ratio()
    size = (2 * abs(acc) * top + bottom) // (2 * bottom)
    return -size if acc < 0 else size
