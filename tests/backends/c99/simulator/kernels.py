"""Calls C kernels through ctypes, on addresses of the caller's choice."""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall, Operand, Result, Scratch, Table
from tests.ops.kernel_driver import kernel_names, pack_params
from tests.ops.kernel_objects import LIBRARY, kernel_objects

# bytes behind a constant
_GUARD = 64


@cache
def compiled_kernels() -> ctypes.CDLL:
    """All kernels, in a library that lives as long as the process."""
    with tempfile.TemporaryDirectory(prefix="edgeml-kernels-") as folder:
        library = Path(folder) / "kernels.so"
        objects = kernel_objects(kernel_names(), LIBRARY)
        subprocess.run(["gcc", "-shared", *map(str, objects), "-o", str(library)], check=True, timeout=300)
        return ctypes.CDLL(str(library))


def memory(nbytes: int, fill: int = 0x5A) -> Array:
    """Fresh bytes aligned to 16."""
    raw = np.full(nbytes + _GUARD, fill, np.uint8)
    first = -raw.ctypes.data % 16
    return raw[first : first + nbytes]


def copied(data: Array) -> Array:
    """The bytes of an array, in fresh memory."""
    view = memory(data.nbytes)
    view[:] = np.ascontiguousarray(data).reshape(-1).view(np.uint8)
    return view


def call_kernel(
    bound: BoundNode, call: KernelCall, operands: Mapping[int, int], results: Mapping[int, int], scratch: int
) -> None:
    """Run `call` with its activations and results at these addresses, by index; constants are copied."""
    library = compiled_kernels()
    keep = [copied(a.data) if isinstance(a, Table) else None for a in call.args]
    constants = {}
    for arg in call.args:
        tensor = bound.optional(arg.index) if isinstance(arg, Operand) else None
        if isinstance(arg, Operand) and tensor is not None and tensor.data is not None:
            constants[arg.index] = copied(tensor.data)
    params = pack_params(call, bound.numerics)
    for part in range(call.repeat):
        pointers: list[int] = []
        for arg, table in zip(call.args, keep, strict=True):
            if isinstance(arg, Table):
                assert table is not None
                pointers.append(table.ctypes.data)
            elif isinstance(arg, Scratch):
                pointers.append(scratch)
            elif isinstance(arg, Result):
                step = bound.outputs[arg.index].type.nbytes // call.repeat
                pointers.append(results[arg.index] + part * step)
            elif arg.index in constants:
                pointers.append(constants[arg.index].ctypes.data)
            elif (tensor := bound.optional(arg.index)) is not None:
                pointers.append(operands[arg.index] + part * (tensor.type.nbytes // call.repeat))
            else:
                pointers.append(0)
        _invoke(library, call, params, pointers)


def _invoke(library: ctypes.CDLL, call: KernelCall, params: bytes, pointers: list[int]) -> None:
    function = library[f"edgeml_{call.kernel}"]
    args = [ctypes.c_void_p(p or None) for p in pointers]
    if call.kernel.startswith("concatenation_"):
        operands = [a for a, k in zip(args, call.args, strict=True) if isinstance(k, Operand)]
        gathered = (ctypes.c_void_p * len(operands))(*operands)
        function(params, gathered, *(a for a, k in zip(args, call.args, strict=True) if not isinstance(k, Operand)))
    else:
        function(params, *args)
