"""The graph in the making while an ONNX file is read."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from edgeml.errors import GraphError, UnsupportedError
from edgeml.ir import Array, DType, Node, Quantization, Tensor, TensorType
from edgeml.ops import OPS
from edgeml.text import clean_name

# element types that are computed as another one: 16-bit and 64-bit floats in float32
_NORMAL = {"float16": "float32", "float64": "float32", "bfloat16": "float32"}


@dataclass(frozen=True, eq=False)
class Codes:
    """The integers behind a dequantised constant: `data` with `quantization`, of the constant's own shape."""

    data: Array
    quantization: Quantization


@dataclass(frozen=True, eq=False)
class Value:
    """What an ONNX name stands for: a constant (`data`), else the tensor `tensor` of the draft."""

    tensor: str = ""
    data: Array | None = None
    codes: Codes | None = None


class Draft:
    """Tensors by unique name and nodes in order; importers append to both."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self.nodes: list[Node] = []
        self.inputs: list[str] = []
        # float constant -> the integers it was made of
        self.codes: dict[str, Codes] = {}
        # names of classes, which strings in the file become
        self.labels: tuple[str, ...] = ()
        self._constants: dict[int, tuple[Array, str]] = {}
        self._counts: dict[str, int] = {}
        # number of nodes that must not be exceeded for now
        self.limit = sys.maxsize

    def input(self, name: str, type_: TensorType) -> str:
        name = self.fresh(name)
        self.inputs.append(name)
        return self._add(Tensor(name, type_))

    def constant(self, hint: str, data: Array, codes: Codes | None = None) -> str:
        """A constant tensor; the same array twice gives the same tensor. Raises UnsupportedError for its type."""
        known = self._constants.get(id(data))
        if known is not None:
            return known[1]
        array = np.ascontiguousarray(data, normal_type(hint, data.dtype.name).numpy).reshape(data.shape)
        if 0 in array.shape:
            raise UnsupportedError(f"constant '{hint}': tensors without elements are not supported. Got {array.shape}.")
        if array.flags.writeable:
            array = array.copy() if array is data else array
            array.flags.writeable = False
        name = self._add(Tensor(self.fresh(hint), TensorType(array.shape, DType(array.dtype.name)), array))
        # the array is kept alive, so that its id stays its own
        self._constants[id(data)] = (data, name)
        if codes is not None:
            self.codes[name] = codes
        return name

    def emit(self, op: str, inputs: Sequence[str], hint: str, count: int = 1, **attributes: Any) -> tuple[str, ...]:
        """Append a node of `count` outputs; shapes and types are inferred. Returns the outputs' names."""
        operator = OPS.get(op)
        if operator is None:
            raise UnsupportedError(f"'{hint}': needs the operator {op}, which edgeml does not have. See `edgeml ops`.")
        attrs = operator.attrs_type(**attributes)
        inferred = operator.infer(attrs, [self.tensors[i].type if i else None for i in inputs])
        if len(inferred) < count:
            raise GraphError(f"{op} '{hint}': has {len(inferred)} outputs, {count} are used.")
        outputs = []
        source = self.tensors[inputs[0]].quantization if inputs and operator.same_quantization else None
        for type_ in inferred:
            if type_.dtype is DType.INT8 and source is not None:
                type_ = replace(type_, quantization=source)
            outputs.append(self._add(Tensor(self.fresh(hint), type_)))
        if len(self.nodes) >= self.limit:
            raise UnsupportedError(f"{op} '{hint}': one operator becomes too many nodes. Use smaller windows or sizes.")
        self.nodes.append(Node(op, outputs[0], tuple(inputs), tuple(outputs), attrs))
        return tuple(outputs)

    def retype(self, name: str, type_: TensorType) -> None:
        """Give a tensor another type, such as the quantisation that a later node tells."""
        self.tensors[name] = replace(self.tensors[name], type=type_)

    def rename(self, old: str, new: str, first: int = 0) -> str:
        """Rename a computed tensor that the nodes from `first` on know; `new` is made unique."""
        new = clean_name(new)
        if old == new:
            return old
        new = self.fresh(new)
        self.tensors[new] = replace(self.tensors.pop(old), name=new)
        if old in self.codes:
            self.codes[new] = self.codes.pop(old)

        def mapped(names: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(new if n == old else n for n in names)

        for i in range(first, len(self.nodes)):
            node = self.nodes[i]
            if old in node.inputs or old in node.outputs:
                name = new if node.name == old else node.name
                self.nodes[i] = replace(node, name=name, inputs=mapped(node.inputs), outputs=mapped(node.outputs))
        return new

    def fresh(self, hint: str) -> str:
        """`hint` made printable, or `hint_1`, `hint_2`, … when it is taken."""
        hint = clean_name(hint) or "unnamed"
        name, count = hint, self._counts.get(hint, 0)
        while name in self.tensors:
            count += 1
            name = f"{hint}_{count}"
        # many equal hints take linear time
        self._counts[hint] = count
        return name

    def _add(self, tensor: Tensor) -> str:
        self.tensors[tensor.name] = tensor
        return tensor.name


def normal_type(name: str, dtype: str) -> DType:
    """The element type that edgeml computes `dtype` in. Raises UnsupportedError."""
    try:
        return DType(_NORMAL.get(dtype, dtype))
    except ValueError:
        raise UnsupportedError(
            f"tensor '{name}': element type {dtype or 'unknown'} is not supported. Use float32 or int8."
        ) from None
