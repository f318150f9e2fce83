"""Builtins that look up or add up whole tensors."""

from __future__ import annotations

from dataclasses import replace

from edgeml.errors import UnsupportedError
from edgeml.frontends.litert.draft import Call
from edgeml.ir import DType
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.gather import GatherAttrs


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
