"""Collects nodes, initialisers and names, and gives the serialised model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from edgeml import __version__
from edgeml.ir import Array, DType, Tensor

# The newest opset in which ReduceMean's axes are an attribute; every operator used is in it, and every runtime
# since 2022 runs it. The IR version is the one that came with it.
OPSET = 17
IR_VERSION = 8
# the operators of classical machine learning, in the version of the same time
_OPSETS = {"": OPSET, "ai.onnx.ml": 3}
# the first opset that knows weights of four bits and codes of sixteen, and its IR version
OPSET_BITS = 21
IR_VERSION_BITS = 10
_NEW_TYPES = (onnx.TensorProto.INT4, onnx.TensorProto.INT16)
# reductions whose axes became an input in between
_REDUCTIONS = ("ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd")
INT8 = onnx.TensorProto.INT8

_ELEMENT_TYPES = {
    DType.FLOAT32: onnx.TensorProto.FLOAT, DType.INT8: onnx.TensorProto.INT8, DType.UINT8: onnx.TensorProto.UINT8,
    DType.INT16: onnx.TensorProto.INT16, DType.INT32: onnx.TensorProto.INT32, DType.INT64: onnx.TensorProto.INT64,
    DType.BOOL: onnx.TensorProto.BOOL,
}  # fmt: skip


class ModelProtos:
    """The ONNX model in the making. Names are unique, and the same calls give the same bytes."""

    def __init__(self, reserved: Sequence[str]) -> None:
        self._names = set(reserved)
        self._nodes: list[onnx.NodeProto] = []
        self._renamed: dict[str, str] = {}
        self._initializers: list[onnx.TensorProto] = []
        self._shared: dict[tuple[str, str, tuple[int, ...], bytes], str] = {}

    def fresh(self, hint: str) -> str:
        """`hint`, or `hint_1`, `hint_2`, … when it is taken."""
        name, count = hint, 0
        while name in self._names:
            count += 1
            name = f"{hint}_{count}"
        self._names.add(name)
        return name

    def node(self, op_type: str, inputs: Sequence[str], hint: str, attrs: Mapping[str, Any]) -> str:
        """Append a node with one output; its name is the output's."""
        output = self.fresh(hint)
        self._nodes.append(helper.make_node(op_type, list(inputs), [output], name=output, **attrs))
        return output

    def nodes(
        self, op_type: str, inputs: Sequence[str], hint: str, count: int, attrs: Mapping[str, Any]
    ) -> tuple[str, ...]:
        """Append a node with `count` outputs."""
        outputs = tuple(self.fresh(hint) for _ in range(count))
        self._nodes.append(helper.make_node(op_type, list(inputs), list(outputs), name=outputs[0], **attrs))
        return outputs

    def initializer(self, hint: str, data: Array) -> str:
        """A constant; equal constants of one hint are stored once."""
        data = np.ascontiguousarray(data) if data.ndim else data
        key = (hint, data.dtype.str, data.shape, data.tobytes())
        if key not in self._shared:
            name = self.fresh(hint)
            self._initializers.append(numpy_helper.from_array(data, name))
            self._shared[key] = name
        return self._shared[key]

    def nibbles(self, hint: str, data: Array) -> str:
        """A constant of codes within -8..7, int4: two to a byte, the first in the low half."""
        flat = np.append(data.ravel(), np.zeros(data.size % 2, np.int8)).view(np.uint8) & 15
        name = self.fresh(f"{hint}/int4")
        packed = (flat[0::2] | (flat[1::2] << 4)).tobytes()
        self._initializers.append(helper.make_tensor(name, onnx.TensorProto.INT4, data.shape, packed, raw=True))
        return name

    def default(self, name: str, data: Array) -> None:
        """The value of input `name` where the caller gives none."""
        self._initializers.append(numpy_helper.from_array(np.ascontiguousarray(data), name))

    def copy_output(self, value: str, name: str) -> None:
        """An output `name` of what `value` holds, whatever other names it has."""
        self._nodes.append(helper.make_node("Identity", [value], [name], name=self.fresh(f"{name}/identity")))

    def name_output(self, value: str, name: str) -> None:
        """Make the node that computes `value` compute `name`; an Identity where no node can be renamed: inputs,
        constants, and values that are an output by another name already."""
        value, renamed = self._renamed.get(value, value), value in self._renamed
        maker = None if renamed else next((n for n in self._nodes if value in n.output), None)
        if maker is None:
            self._nodes.append(helper.make_node("Identity", [value], [name], name=self.fresh(f"{name}/identity")))
            return
        self._renamed[value] = name
        maker.output[list(maker.output).index(value)] = name
        for node in self._nodes:
            for i, read in enumerate(node.input):
                if read == value:
                    node.input[i] = name

    def serialize(self, name: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor], labels: Sequence[str]) -> bytes:
        graph = helper.make_graph(
            self._nodes, name, [_info(t) for t in inputs], [_info(t) for t in outputs], self._initializers
        )
        opsets, ir_version = _OPSETS, IR_VERSION
        if any(t.data_type in _NEW_TYPES for t in self._initializers):
            opsets, ir_version = {**_OPSETS, "": OPSET_BITS}, IR_VERSION_BITS
            graph = self._with_axes_as_inputs(graph)
        domains = sorted({"", *(node.domain for node in self._nodes)})
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid(domain, opsets[domain]) for domain in domains],
            ir_version=ir_version,
            producer_name="edgeml",
            producer_version=__version__,
        )
        if labels:
            helper.set_model_props(model, {"labels": "\n".join(labels)})
        return bytes(model.SerializeToString(deterministic=True))

    def _with_axes_as_inputs(self, graph: onnx.GraphProto) -> onnx.GraphProto:
        """The graph with the axes of reductions as constants, as operator sets from 18 on want them."""
        for node in graph.node:
            axes = next((a for a in node.attribute if a.name == "axes"), None)
            if node.op_type in _REDUCTIONS and axes is not None:
                name = self.fresh(f"{node.name}/axes")
                graph.initializer.append(numpy_helper.from_array(np.asarray(axes.ints, np.int64), name))
                node.input.append(name)
                node.attribute.remove(axes)
        return graph


def _info(tensor: Tensor) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(tensor.name, _ELEMENT_TYPES[tensor.dtype], list(tensor.shape))
