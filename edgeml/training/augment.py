"""Order and augmentation of training samples, on NumPy arrays; a function of seed and epoch alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Batch = tuple[NDArray[np.float32], NDArray[np.int64]]


def batches(
    x: NDArray[np.float32],
    y: NDArray[np.int64],
    *,
    size: int,
    seed: int,
    epoch: int,
    shift: int = 0,
    mirror: bool = False,
    views: int = 1,
) -> Iterator[Batch]:
    """Batches of `size` samples in random order; a short rest is left out unless it is all there is.

    Images (N, H, W, C) move by up to `shift` pixels in each direction, with zeros coming in, and are mirrored
    left to right half of the time when `mirror` is set. The rest left out differs from epoch to epoch. With `views`
    the samples stand there so many times, all of them in each part, and every one is seen once, in a random view.
    """
    rng = np.random.default_rng([seed, epoch])
    count = len(x) // views
    order = rng.permutation(count)
    if views > 1:
        order += count * rng.integers(0, views, count)
    size = min(size, count)
    for start in range(0, count - size + 1, size):
        chosen = order[start : start + size]
        yield augment(x[chosen], rng, shift=shift, mirror=mirror), y[chosen]


def augment(x: NDArray[np.float32], rng: np.random.Generator, *, shift: int, mirror: bool) -> NDArray[np.float32]:
    """A batch (N, H, W, C) with every image moved and mirrored at random; other ranks come back as they are."""
    if x.ndim != 4:
        return x
    if mirror:
        flip = rng.random(len(x)) < 0.5
        x = np.where(flip[:, None, None, None], x[:, :, ::-1], x)
    if shift:
        count, height, width, _ = x.shape
        padded = np.pad(x, ((0, 0), (shift, shift), (shift, shift), (0, 0)))
        dy, dx = rng.integers(0, 2 * shift + 1, (2, count, 1))
        rows, columns = dy + np.arange(height), dx + np.arange(width)
        x = padded[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
    return np.ascontiguousarray(x)
