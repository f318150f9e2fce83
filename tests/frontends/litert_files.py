"""One-operator .tflite files of any builtin, and what the default interpreter and the reader make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from edgeml.formats.litert import OperatorRecord, TensorRecord, TfliteModel, write
from edgeml.frontends.litert import from_litert
from edgeml.interpreter import run
from edgeml.ir import Array, DType, Quantization, TensorType

Q = Quantization.per_tensor(0.05, 3)


class File:
    """A .tflite file in the making."""

    def __init__(self) -> None:
        self.tensors: list[TensorRecord] = []
        self.inputs: list[int] = []
        self.values: list[Array] = []

    def input(self, value: Array, quantization: Quantization | None = None) -> int:
        """A graph input with the value it will have."""
        quantization = quantization or (Q if value.dtype == np.int8 else None)
        self.tensors.append(TensorRecord(f"x{len(self.tensors)}", _type(value, quantization)))
        self.inputs.append(len(self.tensors) - 1)
        self.values.append(value)
        return self.inputs[-1]

    def constant(self, value: Any, dtype: Any = np.int32, quantization: Quantization | None = None) -> int:
        data = np.asarray(value, dtype)
        self.tensors.append(TensorRecord(f"c{len(self.tensors)}", _type(data, quantization), data))
        return len(self.tensors) - 1

    def write(
        self,
        builtin: str,
        inputs: Sequence[int],
        outputs: Sequence[TensorType],
        options: tuple[str, Mapping[str, Any]] = ("", {}),
        version: int = 1,
    ) -> bytes:
        first = len(self.tensors)
        tensors = [*self.tensors, *(TensorRecord(f"y{i}", t) for i, t in enumerate(outputs))]
        ids = tuple(range(first, first + len(outputs)))
        operator = OperatorRecord(builtin, version, tuple(inputs), ids, *options)
        return write(TfliteModel("file", tuple(tensors), (operator,), tuple(self.inputs), ids))

    def litert(self, data: bytes) -> list[Array]:
        interpreter = Interpreter(model_content=data, num_threads=1)
        interpreter.allocate_tensors()
        for detail, value in zip(interpreter.get_input_details(), self.values, strict=True):
            interpreter.set_tensor(detail["index"], value)
        interpreter.invoke()
        return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]

    def edgeml(self, data: bytes) -> list[Array]:
        graph = from_litert(data)
        found = run(graph, {f"x{i}": v for i, v in zip(self.inputs, self.values, strict=True)})
        return [found[name] for name in graph.outputs]

    def check(self, *args: Any, **kwargs: Any) -> bytes:
        """Write the file; the reader's graph must compute what the interpreter does."""
        data = self.write(*args, **kwargs)
        for got, want in zip(self.edgeml(data), self.litert(data), strict=True):
            assert (got.shape, got.dtype) == (want.shape, want.dtype)
            np.testing.assert_array_equal(got, want)
        return data


def _type(value: Array, quantization: Quantization | None) -> TensorType:
    return TensorType(value.shape, DType(value.dtype.name), quantization)


def like(value: Array, shape: Sequence[int]) -> TensorType:
    """The type of `value` with another shape, as `File.input` would make it."""
    return TensorType(tuple(shape), DType(value.dtype.name), Q if value.dtype == np.int8 else None)
