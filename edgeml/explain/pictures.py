"""A sample as a small PNG in a data URI, for samples that look like images."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

from edgeml.bench.codec import NO_PICTURE, Picture
from edgeml.ir import Array

_SMALLEST, _LARGEST = 8, 256
# PNG colour types by channels
_COLOURS = {1: 0, 3: 2}


def picture(x: Array) -> Picture:
    """Data URI of one sample (H, W, C) with 1 or 3 channels; empty where it is no image.

    Values in 0..1 are taken as they are, others are stretched to black and white.
    """
    if x.ndim != 3 or x.shape[2] not in _COLOURS or not all(_SMALLEST <= n <= _LARGEST for n in x.shape[:2]):
        return NO_PICTURE
    low, high = min(float(x.min()), 0.0), max(float(x.max()), 1.0)
    pixels = np.rint((x - low) * (255.0 / (high - low))).astype(np.uint8)
    return Picture("data:image/png;base64," + base64.b64encode(_png(pixels)).decode("ascii"))


def _png(pixels: Array) -> bytes:
    height, width, channels = pixels.shape
    # every row starts with its filter, none
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOURS[channels], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
