"""What operators share that choose elements by an index for each dimension."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeml.ir import Array, DType, Shape
from edgeml.ops.base import KernelCall, Operand, ParamValue, Result, Table
from edgeml.ops.movement import dense_strides

INDEXED_RANK = 4


def indexed_copy(shape: Shape, indices: Sequence[Array], dtype: DType) -> KernelCall:
    """The C call for `y[i, j, …] = x[indices[0][i], indices[1][j], …]`; x has `shape`, of rank 4 at most."""
    strides = dense_strides(shape)
    run, rank = 1, len(shape)
    # dimensions at the end that stay as they are make up one run
    while rank and np.array_equal(indices[rank - 1], np.arange(shape[rank - 1])):
        rank -= 1
        run *= shape[rank]
    offsets = [np.asarray(indices[i] * strides[i], np.int32) for i in range(rank)]
    offsets = [np.zeros(1, np.int32)] * (INDEXED_RANK - rank) + offsets
    params: dict[str, ParamValue] = {
        "element_size": dtype.size,
        "shape": tuple(len(o) for o in offsets),
        "run": run,
    }
    return KernelCall("indexed_copy_any", params, (Operand(0), Table("offsets", np.concatenate(offsets)), Result()))
