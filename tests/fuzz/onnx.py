"""Mutations that know an .onnx file: its messages, fields and topology; and its bytes."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from tests.fuzz.raw import Rng, integer, mutate_bytes, number, pick

NAMES = ("", "../../x", '*/ system("x"); /*', "\x1b[2J", "a\0b", "\u202e", "n" * 5000, "x")
OPERATORS = (
    "Add", "MatMul", "Conv", "Reshape", "Transpose", "If", "Loop", "Scan", "Slice", "Gather", "Concat", "Pad", "Gemm",
    "LSTM", "GRU", "QuantizeLinear", "DequantizeLinear", "QLinearConv", "Resize", "Split", "ConstantOfShape", "Expand",
    "Tile", "Range", "Constant", "Shape", "Squeeze", "ReduceSum", "Softmax", "Where", "Cast", "MaxPool", "Einsum",
)  # fmt: skip


def mutate(data: bytes, rng: Rng, other: bytes) -> bytes:
    """A mutant of the file `data`, sometimes with parts of the file `other`."""
    if rng.random() < 0.25:
        return mutate_bytes(data, rng, other)
    import onnx

    model, donor = onnx.ModelProto(), onnx.ModelProto()
    model.ParseFromString(data)
    donor.ParseFromString(other)
    for _ in range(int(rng.integers(1, 4))):
        # an earlier change may have left nothing to change, and fields refuse values of other widths
        with contextlib.suppress(Exception):
            pick(rng, _CHANGES)(model, rng, donor)
    return bytes(model.SerializeToString())


def _node(model: Any, rng: Rng) -> Any:
    return pick(rng, model.graph.node)


def _attribute(model: Any, rng: Rng, donor: Any) -> None:
    node = pick(rng, [n for n in model.graph.node if n.attribute])
    a = pick(rng, node.attribute)
    way = int(rng.integers(8))
    if way == 0:
        a.type = int(rng.integers(0, 15))
    elif way == 1:
        del node.attribute[int(rng.integers(len(node.attribute)))]
    elif way == 2:
        a.name = pick(rng, NAMES) if rng.random() < 0.3 else pick(rng, node.attribute).name
    elif a.ints and way < 6:
        a.ints[int(rng.integers(len(a.ints)))] = integer(rng, -(2**63), 2**63 - 1)
    elif a.ints:
        values = list(a.ints)
        del a.ints[:]
        a.ints.extend(values[: int(rng.integers(len(values)))] if rng.random() < 0.5 else values * 2)
    elif a.type == 1:
        a.f = number(rng)
    elif a.floats:
        a.floats[int(rng.integers(len(a.floats)))] = number(rng)
    elif a.type == 3:
        a.s = pick(rng, NAMES).encode() if rng.random() < 0.5 else a.s[: int(rng.integers(len(a.s) + 1))]
    elif a.HasField("t"):
        _damage_tensor(a.t, rng)
    else:
        a.i = int(rng.integers(-4, 8)) if rng.random() < 0.5 else integer(rng, -(2**63), 2**63 - 1)


def _new_attribute(model: Any, rng: Rng, donor: Any) -> None:
    source = pick(rng, [n for n in (*donor.graph.node, *model.graph.node) if n.attribute])
    _node(model, rng).attribute.add().CopyFrom(pick(rng, source.attribute))


def _tensor(model: Any, rng: Rng, donor: Any) -> None:
    _damage_tensor(pick(rng, model.graph.initializer), rng)


def _steering(model: Any, rng: Rng, donor: Any) -> None:
    """Small int64 constants: shapes, axes, pads, sizes."""
    small = [t for t in model.graph.initializer if t.data_type == 7 and 0 < len(t.raw_data) <= 128]
    tensor = pick(rng, small)
    values = np.frombuffer(tensor.raw_data, "<i8").copy()
    values[int(rng.integers(len(values)))] = integer(rng, -(2**63), 2**63 - 1)
    tensor.raw_data = values.tobytes()


def _damage_tensor(tensor: Any, rng: Rng) -> None:
    way = int(rng.integers(7))
    if way == 0:
        tensor.data_type = int(rng.integers(0, 28))
    elif way == 1 and tensor.dims:
        tensor.dims[int(rng.integers(len(tensor.dims)))] = integer(rng, -(2**63), 2**63 - 1)
    elif way == 2:
        tensor.dims.append(integer(rng, -(2**63), 2**63 - 1) if rng.random() < 0.5 else 1)
    elif way == 3 and tensor.dims:
        del tensor.dims[int(rng.integers(len(tensor.dims)))]
    elif way == 4:
        tensor.raw_data = mutate_bytes(tensor.raw_data, rng)
    elif way == 5:
        tensor.data_location = 1
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", pick(rng, ("/etc/passwd", "../../x", "x", "\0", ""))
    else:
        tensor.float_data.extend([number(rng)] * int(rng.integers(1, 9)))


def _operands(model: Any, rng: Rng, donor: Any) -> None:
    node = _node(model, rng)
    side = node.input if rng.random() < 0.7 else node.output
    names = [n for x in model.graph.node for n in (*x.input, *x.output)] + [t.name for t in model.graph.initializer]
    way = int(rng.integers(5))
    if way == 0:
        side[int(rng.integers(len(side)))] = pick(rng, names)
    elif way == 1:
        side[int(rng.integers(len(side)))] = ""
    elif way == 2:
        side.append(pick(rng, names))
    elif way == 3:
        del side[int(rng.integers(len(side)))]
    else:
        values = list(side)[::-1]
        del side[:]
        side.extend(values)


def _topology(model: Any, rng: Rng, donor: Any) -> None:
    nodes = model.graph.node
    i, j = (int(rng.integers(len(nodes))) for _ in range(2))
    way = int(rng.integers(5))
    if way == 0:
        first = type(nodes[i])()
        first.CopyFrom(nodes[i])
        nodes[i].CopyFrom(nodes[j])
        nodes[j].CopyFrom(first)
    elif way == 1:
        nodes.add().CopyFrom(nodes[i])
    elif way == 2:
        del nodes[i]
    elif way == 3:
        nodes[i].input[0] = nodes[max(i, j)].output[0]
    else:
        # a node of the other file between two of this one
        new = nodes.add()
        new.CopyFrom(pick(rng, donor.graph.node))
        for name in new.input:
            for tensor in donor.graph.initializer:
                if tensor.name == name:
                    model.graph.initializer.add().CopyFrom(tensor)
        new.input[0] = nodes[i].output[0]
        if rng.random() < 0.7:
            new.output[0] = model.graph.output[0].name
            for node in nodes[: len(nodes) - 1]:
                for k, name in enumerate(node.output):
                    if name == new.output[0]:
                        node.output[k] = f"{name}_before"


def _operator(model: Any, rng: Rng, donor: Any) -> None:
    node = _node(model, rng)
    way = rng.random()
    if way < 0.6:
        node.op_type = pick(rng, OPERATORS)
    elif way < 0.8:
        node.op_type = pick(rng, donor.graph.node).op_type
    else:
        node.domain = pick(rng, ("", "ai.onnx", "ai.onnx.ml", "com.microsoft", "x"))


def _value(model: Any, rng: Rng, donor: Any) -> None:
    value = pick(rng, [*model.graph.input, *model.graph.output])
    dims = value.type.tensor_type.shape.dim
    way = int(rng.integers(6))
    if way == 0:
        value.type.tensor_type.elem_type = int(rng.integers(0, 28))
    elif way == 1:
        pick(rng, dims).dim_value = integer(rng, -(2**63), 2**63 - 1)
    elif way == 2:
        pick(rng, dims).dim_param = pick(rng, ("N", "batch", *NAMES))
    elif way == 3:
        dims.add().dim_value = int(rng.integers(0, 5))
    elif way == 4:
        del dims[int(rng.integers(len(dims)))]
    else:
        value.type.tensor_type.ClearField("shape")


def _ports(model: Any, rng: Rng, donor: Any) -> None:
    side = model.graph.input if rng.random() < 0.5 else model.graph.output
    way = int(rng.integers(4))
    if way == 0:
        del side[int(rng.integers(len(side)))]
    elif way == 1:
        side.add().CopyFrom(pick(rng, side))
    elif way == 2:
        pick(rng, side).name = pick(rng, _node(model, rng).output)
    else:
        pick(rng, side).name = pick(rng, NAMES)


def _opset(model: Any, rng: Rng, donor: Any) -> None:
    way = int(rng.integers(4))
    if way == 0:
        pick(rng, model.opset_import).version = int(rng.integers(0, 30))
    elif way == 1:
        pick(rng, model.opset_import).version = integer(rng, -(2**63), 2**63 - 1)
    elif way == 2:
        model.opset_import.add().domain = pick(rng, ("", "ai.onnx.ml", "x"))
    else:
        model.ir_version = integer(rng, 0, 2**62)


def _names(model: Any, rng: Rng, donor: Any) -> None:
    old, new = pick(rng, _node(model, rng).output), pick(rng, NAMES)
    for node in model.graph.node:
        for side in (node.input, node.output):
            for k, name in enumerate(side):
                if name == old:
                    side[k] = new
    for value in model.graph.output:
        if value.name == old:
            value.name = new


def _nest(model: Any, rng: Rng, donor: Any) -> None:
    """The graph, or another one, as the body of a node; sometimes many times around itself."""
    node = _node(model, rng)
    body = type(model.graph)()
    body.CopyFrom(model.graph if rng.random() < 0.6 else donor.graph)
    node.op_type = pick(rng, ("If", "Loop", "Scan"))
    for name in ("then_branch", "else_branch", "body"):
        attribute = node.attribute.add()
        attribute.name, attribute.type = name, 5
        attribute.g.CopyFrom(body)
    if rng.random() < 0.2 and model.ByteSize() < 20_000:
        inner = node.attribute[-1].g
        for _ in range(int(rng.integers(2, 60))):
            outer = type(model.graph)()
            wrap = outer.node.add()
            wrap.op_type = "If"
            wrap.output.append("y")
            attribute = wrap.attribute.add()
            attribute.name, attribute.type = "then_branch", 5
            attribute.g.CopyFrom(inner)
            inner = outer
        node.attribute[-1].g.CopyFrom(inner)


def _function(model: Any, rng: Rng, donor: Any) -> None:
    """A function, sometimes one that calls itself."""
    node = _node(model, rng)
    function = model.functions.add()
    function.name, function.domain = "f", "local"
    function.input.extend(node.input)
    function.output.extend(node.output)
    inner = function.node.add()
    inner.CopyFrom(node)
    function.opset_import.add().version = 17
    if rng.random() < 0.4:
        inner.op_type, inner.domain = "f", "local"
        function.opset_import.add().domain = "local"
    node.op_type, node.domain = "f", "local"
    model.opset_import.add().domain = "local"


_CHANGES = (
    _attribute, _attribute, _attribute, _new_attribute, _tensor, _tensor, _steering, _operands, _operands, _topology,
    _topology, _operator, _value, _ports, _opset, _names, _nest, _function,
)  # fmt: skip
