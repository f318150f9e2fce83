"""Integer operators out of float ones that stand between dequantize and quantize.

Operators that only move elements move int8 instead. An operator that computes becomes int8 when its inputs are
dequantised, its constants have integers behind them, and its only use is one quantize, perhaps behind moves and ReLUs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from edgeml.errors import EdgeMLError
from edgeml.frontends.onnx.draft import Draft
from edgeml.ir import Array, BoundNode, DType, Node, Quantization, Tensor, TensorType
from edgeml.ops import OPS

# y[i] = x[j]: exact on integers; a maximum picks one of its inputs, and a real zero is the zero point
_MOVES = frozenset(
    ("reshape", "transpose", "strided_slice", "gather", "tile", "broadcast_to", "depth_to_space", "space_to_depth",
     "max_pool_2d", "pad", "mirror_pad", "reduce_max", "reduce_min")
)  # fmt: skip
_CLAMPS = frozenset(("relu", "relu6"))
_NEVER = frozenset(("quantize", "dequantize", "cast"))


def fuse_quantization(draft: Draft, outputs: Sequence[str]) -> None:
    """Rewrite the draft's nodes; float values that nobody reads any more are left to dead-code removal."""
    if any(n.op in ("quantize", "dequantize") for n in draft.nodes):
        _Fusion(draft, outputs).run()


class _Fusion:
    def __init__(self, draft: Draft, outputs: Sequence[str]) -> None:
        self._draft = draft
        self._outputs = set(outputs)
        self._users: dict[str, list[Node]] = {}
        for node in draft.nodes:
            for name in node.inputs:
                self._users.setdefault(name, []).append(node)
        # float tensor -> int8 tensor of the same value
        self._int8: dict[str, str] = {}
        # int8 tensor -> the tensor that holds the same codes
        self._same: dict[str, str] = {}
        self._nodes: list[Node] = []

    def run(self) -> None:
        wanted = self._wanted()
        for old in self._draft.nodes:
            node = replace(old, inputs=tuple(self._same.get(n, n) for n in old.inputs))
            if not self._convert(node, wanted):
                self._nodes.append(node)
        self._draft.nodes[:] = self._nodes

    def _wanted(self) -> dict[str, TensorType]:
        """Float tensors whose only use is one quantize (or several alike), perhaps behind moves and clamps."""
        wanted: dict[str, TensorType] = {}
        for node in reversed(self._draft.nodes):
            for name in node.outputs:
                users = self._users.get(name, [])
                if not users or name in self._outputs or self._draft.tensors[name].dtype is not DType.FLOAT32:
                    continue
                types = [self._use(u, wanted) for u in users]
                if types[0] is not None and all(t == types[0] for t in types):
                    wanted[name] = TensorType(self._draft.tensors[name].shape, DType.INT8, types[0])
        return wanted

    def _use(self, user: Node, wanted: dict[str, TensorType]) -> Quantization | None:
        if user.op == "quantize":
            return self._draft.tensors[user.outputs[0]].quantization
        if _moves(user) or user.op in _CLAMPS:
            found = wanted.get(user.outputs[0])
            return found.quantization if found else None
        return None

    def _convert(self, node: Node, wanted: dict[str, TensorType]) -> bool:
        """Append the int8 form of `node`; False when it has none."""
        if node.op == "dequantize":
            self._int8[node.outputs[0]] = node.inputs[0]
            return False
        if node.op == "quantize":
            return self._requantize(node)
        source = self._int8.get(node.inputs[0]) if node.inputs else None
        if source is not None and _moves(node):
            quantization = self._draft.tensors[source].quantization
            self._append(node, (source, *node.inputs[1:]), quantization)
            return True
        target = wanted.get(node.outputs[0])
        if target is None or len(node.outputs) != 1 or node.op in _NEVER or DType.INT8 not in OPS[node.op].dtypes:
            return False
        count = len(self._nodes)
        try:
            return self._compute(node, target)
        except EdgeMLError:
            # a rule of the int8 operator does not hold: it stays in float
            del self._nodes[count:]
            self._int8.pop(node.outputs[0], None)
            return False

    def _requantize(self, node: Node) -> bool:
        source = self._int8.get(node.inputs[0])
        if source is None:
            return False
        out = node.outputs[0]
        if source == out:
            return True
        if self._draft.tensors[source].quantization != self._draft.tensors[out].quantization or out in self._outputs:
            self._nodes.append(replace(node, inputs=(source,)))
        else:
            self._same[out] = source
        return True

    def _compute(self, node: Node, target: TensorType) -> bool:
        operator = OPS[node.op]
        assert target.quantization is not None
        inputs = self._operands(node, target.quantization)
        if inputs is None:
            return False
        quantization = target.quantization
        if operator.fixed_output is not None:
            quantization = Quantization.per_tensor(*operator.fixed_output)
        elif operator.same_quantization:
            quantization = self._draft.tensors[inputs[0]].quantization or quantization
        out = self._append(node, inputs, quantization)
        self._check(self._nodes[-2])
        if quantization != target.quantization:
            again = self._quantized(node.outputs[0]) or self._new(f"{node.outputs[0]}/int8", target)
            self._nodes.append(Node("quantize", again, (out,), (again,)))
            self._check(self._nodes[-1])
            self._int8[node.outputs[0]] = again
        return True

    def _quantized(self, name: str) -> str:
        """The file's own quantised form of a float tensor: under its name, validation compares it with the file's."""
        users = [u for u in self._users[name] if u.op == "quantize"]
        return users[0].outputs[0] if users else ""

    def _operands(self, node: Node, target: Quantization) -> tuple[str, ...] | None:
        """int8 inputs of a node, or None when one of them has no integers."""
        operator = OPS[node.op]
        inputs: list[str] = []
        for index, name in enumerate(node.inputs):
            if name in self._int8:
                inputs.append(self._int8[name])
                continue
            codes = self._draft.codes.get(name)
            if operator.weight_axis is not None and index == 2:
                bias = self._bias(inputs, name)
                if bias is None:
                    return None
                inputs.append(bias)
                continue
            if codes is None or codes.data.dtype != np.int8:
                return None
            q = codes.quantization
            if operator.weight_axis is not None and (any(q.zero_point) or q.axis not in (None, operator.weight_axis)):
                return None
            inputs.append(self._constant(f"{name}/int8", codes.data, q))
        if operator.same_quantization and len(inputs) > 1:
            inputs = [self._as(name, target) for name in inputs]
        return tuple(inputs)

    def _as(self, name: str, target: Quantization) -> str:
        """An int8 tensor with another scale: what joins must share one."""
        tensor = self._draft.tensors[name]
        if tensor.quantization == target:
            return name
        out = self._new(f"{name}/requantized", TensorType(tensor.shape, DType.INT8, target))
        self._nodes.append(Node("quantize", out, (name,), (out,)))
        self._check(self._nodes[-1])
        return out

    def _bias(self, inputs: list[str], name: str) -> str | None:
        """The int32 bias of a weighted operator: scale = input scale * weight scale."""
        x, w = (self._draft.tensors[n] for n in inputs)
        bias = self._draft.tensors[name]
        if x.quantization is None or w.quantization is None or bias.data is None:
            return None
        scales = np.asarray(np.float32(x.type.scale) * w.quantization.scales, np.float32)
        codes = self._draft.codes.get(name)
        if codes is not None and codes.data.dtype == np.int32:
            given = np.broadcast_to(codes.quantization.scales, scales.shape)
            if np.allclose(given, scales, rtol=1e-6, atol=0) and not any(codes.quantization.zero_point):
                return self._constant(f"{name}/int32", codes.data, _per_channel(scales))
        steps = np.rint(bias.data.astype(np.float64) / scales.astype(np.float64))
        if np.any(np.abs(steps) >= 2**31):
            return None
        return self._constant(f"{name}/int32", steps.astype(np.int32), _per_channel(scales))

    def _append(self, node: Node, inputs: tuple[str, ...], quantization: Quantization | None) -> str:
        """The int8 node, and a dequantize that gives the float value to readers that still want it."""
        old = node.outputs[0]
        shape = self._draft.tensors[old].shape
        out = self._new(f"{old}/int8", TensorType(shape, DType.INT8, quantization))
        self._nodes.append(replace(node, name=out, inputs=inputs, outputs=(out,)))
        self._nodes.append(Node("dequantize", old, (out,), (old,)))
        self._int8[old] = out
        return out

    def _check(self, node: Node) -> None:
        tensors = self._draft.tensors
        inputs = tuple(tensors[n] if n else None for n in node.inputs)
        OPS[node.op].check(BoundNode(node, inputs, tuple(tensors[n] for n in node.outputs)))

    def _new(self, hint: str, type_: TensorType) -> str:
        name = self._draft.fresh(hint)
        self._draft.tensors[name] = Tensor(name, type_)
        return name

    def _constant(self, hint: str, data: Array, q: Quantization) -> str:
        name = self._draft.fresh(hint)
        array = np.ascontiguousarray(data)
        array.flags.writeable = False
        self._draft.tensors[name] = Tensor(name, TensorType(array.shape, DType(array.dtype.name), q), array)
        return name


def _per_channel(scales: Array) -> Quantization:
    return Quantization.per_tensor(float(scales[0]), 0) if scales.size == 1 else Quantization.per_channel(scales, 0)


def _moves(node: Node) -> bool:
    if node.op == "pad":
        return getattr(node.attrs, "value", None) is None
    return node.op in _MOVES
