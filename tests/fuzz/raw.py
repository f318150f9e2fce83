"""Mutations of bytes, whatever they mean."""

from __future__ import annotations

import numpy as np

Rng = np.random.Generator

INTERESTING = (
    0, 1, 2, 3, 4, 7, 8, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**24, 2**31 - 1, 2**31, 2**32 - 1, -1, -2,
    -128, -(2**31), 2**63 - 1, -(2**63),
)  # fmt: skip
FLOATS = (0.0, -0.0, 1.0, -1.0, 1e-45, 1e-38, 3e38, float("inf"), float("-inf"), float("nan"), 0.5, 1e9, 127.5)


def pick(rng: Rng, items):
    """One of `items`."""
    return items[int(rng.integers(len(items)))]


def integer(rng: Rng, low: int = -(2**31), high: int = 2**31 - 1) -> int:
    """Often an interesting number, cut to the range."""
    value = pick(rng, INTERESTING) if rng.random() < 0.7 else int(rng.integers(-40, 300))
    return min(max(value, low), high)


def number(rng: Rng) -> float:
    """A float, often at an end of the range."""
    return (
        float(pick(rng, FLOATS))
        if rng.random() < 0.7
        else float(np.float32(rng.normal() * 10.0 ** int(rng.integers(-6, 6))))
    )


def mutate_bytes(data: bytes, rng: Rng, other: bytes = b"") -> bytes:
    """One to four changes: bytes, words, cuts, repeats, and pieces of another file."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        if not out:
            break
        at, kind = int(rng.integers(len(out))), int(rng.integers(8))
        length = int(min(rng.integers(1, 65), len(out) - at))
        if kind <= 1:
            out[at] = int(rng.integers(256))
        elif kind == 2:
            out[at] ^= 1 << int(rng.integers(8))
        elif kind == 3:
            width = pick(rng, (1, 2, 4, 8))
            value = integer(rng, -(2**63), 2**63 - 1) % (1 << (8 * width))
            out[at : at + width] = value.to_bytes(width, "little")
        elif kind == 4:
            del out[at : None if rng.random() < 0.5 else at + length]
        elif kind == 5:
            out[at:at] = out[at : at + length]
        elif kind == 6 and other:
            start = int(rng.integers(len(other)))
            out[at : at + length] = other[start : start + length]
        else:
            out[at:at] = rng.bytes(length)
    return bytes(out)
