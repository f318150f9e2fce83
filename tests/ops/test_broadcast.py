"""Merging of dimensions for the kernels."""

from __future__ import annotations

import numpy as np

from edgeml.ops.broadcast import merged


def test_operands_without_broadcasting_have_one_dimension() -> None:
    assert merged((2, 3, 4, 5, 6), [(2, 3, 4, 5, 6)] * 2) == ((1, 1, 1, 720), ((0, 0, 0, 1), (0, 0, 0, 1)))


def test_a_channel_vector_has_two() -> None:
    assert merged((1, 8, 9, 5), [(1, 8, 9, 5), (5,)]) == ((1, 1, 72, 5), ((0, 0, 5, 1), (0, 0, 0, 1)))


def test_strides_reach_the_elements_that_numpy_pairs() -> None:
    rng = np.random.default_rng(5)
    for _ in range(200):
        shape = tuple(int(n) for n in rng.integers(1, 4, int(rng.integers(1, 7))))
        operands = [tuple(1 if rng.random() < 0.4 else n for n in shape)[int(rng.integers(0, 2)) :] for _ in range(3)]
        common = tuple(np.broadcast_shapes(*operands))
        sizes, strides = merged(common, operands)
        for operand, stride in zip(operands, strides, strict=True):
            data = np.arange(np.prod(operand, dtype=int))
            index = sum(
                (np.arange(n) * s).reshape([-1 if i == k else 1 for i in range(len(sizes))])
                for k, (n, s) in enumerate(zip(sizes, stride, strict=True))
            )
            found = data[np.broadcast_to(index, sizes).ravel()]
            np.testing.assert_array_equal(found, np.broadcast_to(data.reshape(operand), common).ravel())
