"""The node cases of the ONNX backend tests, read by edgeml and run in the reference."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx

from edgeml.errors import EdgeMLError, UnsupportedError
from edgeml.frontends.onnx import from_onnx
from edgeml.interpreter import run
from edgeml.ir import Array, Graph
from edgeml.passes import canonicalize


@dataclass(frozen=True, eq=False)
class Case:
    """One case: a model, its inputs and the outputs that must come out, by name."""

    name: str
    model: onnx.ModelProto
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    rtol: float
    atol: float


@dataclass(frozen=True, eq=False)
class Read:
    """A case as a graph, with the arrays that its free inputs take; `folded` when no input is free."""

    case: Case
    graph: Graph
    inputs: dict[str, Array]

    @property
    def folded(self) -> bool:
        return not self.graph.inputs


def node_cases() -> list[Case]:
    """All node cases that the onnx package generates."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        found = collect_testcases(None)
    return [_case(c) for c in found]


def _case(case: Any) -> Case:
    inputs, outputs = case.data_sets[0]
    graph = case.model.graph
    return Case(
        case.name,
        case.model,
        {v.name: _array(a) for v, a in zip(graph.input, inputs, strict=False)},
        {v.name: _array(a) for v, a in zip(graph.output, outputs, strict=False)},
        case.rtol,
        case.atol,
    )


def _array(value: Any) -> Any:
    """Arrays as they are; what NumPy has no type for comes as a TensorProto."""
    return onnx.numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else value


def read_case(case: Case) -> Read:
    """The case with as few inputs bound as it takes. Raises the last EdgeMLError when no binding helps."""
    error: EdgeMLError | None = None
    for names in _bindings(case):
        bind = {n: np.asarray(case.inputs[n]) for n in names}
        try:
            graph = canonicalize(from_onnx(case.model.SerializeToString(), case.name, "case", bind=bind))
            return Read(case, graph, {n: _as_input(case.inputs[n], graph, n) for n in graph.inputs})
        except UnsupportedError as failure:
            error = error or failure
        except EdgeMLError as failure:
            # what binding does not cure: the first reason is the telling one
            error = error or failure
    assert error is not None
    raise error


def _bindings(case: Case) -> Iterator[list[str]]:
    """None; integers that steer; weights and parameters; shape arithmetic, which has nothing else."""
    names = [n for n, a in case.inputs.items() if isinstance(a, np.ndarray) and a.dtype.kind in "fiub"]
    kinds = {n: np.asarray(case.inputs[n]).dtype.kind for n in names}
    first = names[:1]
    yield []
    steering = [n for n in names if kinds[n] in "iub" and n not in first]
    if steering:
        yield steering
    if names[1:]:
        yield names[1:]
    if names and all(kinds[n] in "iub" for n in names):
        yield names


def _as_input(array: Any, graph: Graph, name: str) -> Array:
    """The case's input in the graph's type: uint8 codes as int8, 16-bit and 64-bit floats as float32."""
    tensor = graph.tensor(name)
    array = np.asarray(array)
    if array.dtype == np.uint8 and tensor.dtype.value == "int8":
        return (array.astype(np.int16) - 128).astype(np.int8)
    return np.asarray(array, tensor.dtype.numpy)


def run_reference(read: Read) -> dict[str, Array]:
    """The graph's outputs by the operators' own references."""
    with np.errstate(all="ignore"):
        return run(read.graph, read.inputs)


def difference(read: Read, got: dict[str, Array]) -> str:
    """What is wrong with the outputs, or nothing: types, shapes, and values at the case's own tolerances."""
    for name, want in read.case.outputs.items():
        if name not in read.graph.outputs:
            return f"output '{name}' is missing"
        want = np.asarray(want)
        value = got[name]
        if want.dtype == np.uint8 and value.dtype == np.int8:
            value = (value.astype(np.int16) + 128).astype(np.uint8)
        floats = want.dtype.kind == "f" and value.dtype == np.float32
        if value.dtype != want.dtype and not floats and want.dtype.name != "bfloat16":
            return f"output '{name}' is {value.dtype}, not {want.dtype}"
        if value.shape != want.shape:
            return f"output '{name}' has shape {value.shape}, not {want.shape}"
        try:
            np.testing.assert_allclose(value, want.astype(value.dtype), read.case.rtol, read.case.atol)
        except AssertionError as error:
            return f"output '{name}': {' '.join(str(error).split())[:200]}"
    return ""
