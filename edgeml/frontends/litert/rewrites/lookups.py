"""Builtins that look up or add up whole tensors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.frontends.litert.draft import Call
from edgeml.ir import DType
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.gather import GatherAttrs
from edgeml.ops.reshape import ReshapeAttrs


def embedding_lookup(call: Call) -> None:
    """EMBEDDING_LOOKUP(ids, table): rows of the table; an int8 table with one scale gives float32 rows."""
    table, y = call.input(1), call.output()
    ids = call.inputs[0]
    if table.dtype is y.dtype:
        call.draft.node("gather", [table.name, ids], [y.name], GatherAttrs())
        return
    if table.dtype is not DType.INT8 or table.quantization is None or table.quantization.axis is not None:
        raise UnsupportedError(
            f"{call.where}: a table of {table.dtype.value} for an output of {y.dtype.value}. Export the table in "
            "float32, or in int8 with one scale."
        )
    rows = call.draft.activation(f"{y.name}/rows", replace(table.type, shape=y.shape))
    call.draft.node("gather", [table.name, ids], [rows], GatherAttrs())
    call.draft.node("dequantize", [rows], [y.name])


def add_n(call: Call) -> None:
    """ADD_N: the sum of tensors of one type, from left to right."""
    total, last = call.inputs[0], len(call.inputs) - 1
    if last == 0:
        raise UnsupportedError(f"{call.where}: adds a single tensor. Remove it.")
    for i in range(1, last + 1):
        name = call.outputs[0] if i == last else call.draft.activation(f"{call.outputs[0]}/sum", call.output().type)
        call.draft.node("add", [total, call.inputs[i]], [name], BinaryAttrs())
        total = name


def gather_nd(call: Call) -> None:
    """GATHER_ND(x, indices) with constant indices: a gather on the indexed dimensions as one."""
    x, y, draft = call.input(0), call.output(), call.draft
    indices = call.constant(1)
    depth = indices.shape[-1]
    sizes, rest = x.shape[:depth], x.shape[depth:]
    if not 0 < depth <= len(x.shape) or (indices < 0).any() or (indices >= np.asarray(sizes)).any():
        raise ModelFormatError(f"{call.where}: an index lies outside of {x.shape}. The file is damaged.")
    flat = draft.activation(f"{y.name}/flat", replace(x.type, shape=(int(np.prod(sizes, dtype=np.int64)), *rest)))
    draft.node("reshape", [x.name], [flat], ReshapeAttrs(draft.tensors[flat].shape))
    places = np.asarray(np.ravel_multi_index(tuple(np.moveaxis(indices, -1, 0)), sizes), np.int32)
    draft.node("gather", [flat, draft.constant(f"{y.name}/indices", places)], [y.name], GatherAttrs())


def one_hot(call: Call) -> None:
    """ONE_HOT(indices, depth, on, off): on where the position along a new axis is the index, off elsewhere."""
    indices, y, draft = call.input(0), call.output(), call.draft
    on, off = call.input(2), call.input(3)
    axis = call.options.get("axis", -1)
    assert isinstance(axis, int)
    axis, depth = axis % len(y.shape), int(call.constant(1).ravel()[0])
    if indices.dtype is not DType.INT32 or depth != y.shape[axis]:
        raise UnsupportedError(
            f"{call.where}: needs int32 indices and a depth of {y.shape[axis]}. Got {indices.dtype.value}, {depth}."
        )
    shape = (*indices.shape[:axis], 1, *indices.shape[axis:])
    wide = draft.activation(f"{y.name}/indices", replace(indices.type, shape=shape))
    draft.node("reshape", [indices.name], [wide], ReshapeAttrs(shape))
    steps = np.arange(depth, dtype=np.int32).reshape([depth if i == axis else 1 for i in range(len(y.shape))])
    hot = draft.activation(f"{y.name}/hot", replace(indices.type, shape=y.shape, dtype=DType.BOOL))
    draft.node("equal", [wide, draft.constant(f"{y.name}/positions", steps)], [hot])
    values = []
    for value in (on, off):
        data = call.constant(2 if value is on else 3).reshape((1,) * len(y.shape))
        values.append(draft.constant(f"{y.name}/value", data, value.quantization))
    draft.node("select_v2", [hot, *values], [y.name])
