"""Integer operators of ONNX and of ONNX Runtime, written as float operators between DequantizeLinear and
QuantizeLinear: the same function bodies that the standard gives for others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from edgeml.formats.onnx import AttributeValue, FunctionRecord, NodeRecord
from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.importers.rnn import unrolled_rnn

MICROSOFT = "com.microsoft"
_OPSET = 21


class _Body:
    """Collects the nodes of a function whose parameters are named i0, i1, … and whose result is y."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.nodes: list[NodeRecord] = []

    def add(self, op: str, inputs: list[str], output: str, **attributes: AttributeValue) -> str:
        self.nodes.append(NodeRecord(op, "", output, tuple(inputs), (output,), attributes))
        return output

    def real(self, value: int, output: str, axis: int | None = None) -> str:
        """Inputs (value, scale, zero point) from `value` on, dequantised."""
        given = [self.input(value + i) for i in range(3)]
        extra: dict[str, AttributeValue] = {} if axis is None else {"axis": axis}
        return self.add("DequantizeLinear", [n for n in given if n], output, **extra)

    def codes(self, value: str, scale: int) -> None:
        """The result: `value` quantised with inputs (scale, zero point) from `scale` on."""
        given = [self.input(scale + i) for i in range(2)]
        self.add("QuantizeLinear", [value, *(n for n in given if n)], "y")

    def input(self, index: int) -> str:
        return f"i{index}" if self.call.has(index) else ""

    def function(self) -> FunctionRecord:
        names = tuple(f"i{i}" for i in range(len(self.call.inputs)))
        return FunctionRecord("", "", names, ("y",), (), {}, tuple(self.nodes), {"": _OPSET})


def _attributes(call: Call, *names: str) -> dict[str, AttributeValue]:
    return {n: v for n in names if (v := call.attribute(n)) is not None}


_CONV = ("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides")


def _qlinear_conv(call: Call) -> FunctionRecord:
    body = _Body(call)
    inputs = [body.real(0, "x"), body.real(3, "w", 0)]
    if call.has(8):
        scale = body.add("Mul", ["i1", "i4"], "bias_scale")
        inputs.append(body.add("DequantizeLinear", ["i8", scale], "bias", axis=0))
    body.codes(body.add("Conv", inputs, "real", **_attributes(call, *_CONV)), 6)
    return body.function()


def _qlinear_matmul(call: Call) -> FunctionRecord:
    body = _Body(call)
    rank = len(call.shape(3))
    inputs = [body.real(0, "a"), body.real(3, "b", max(0, rank - 1))]
    body.codes(body.add("MatMul", inputs, "real"), 6)
    return body.function()


def _qgemm(call: Call) -> FunctionRecord:
    """alpha * A * B + C; the int32 C has the scale alpha * A's * B's."""
    body = _Body(call)
    inputs = [body.real(0, "a"), body.real(3, "b", 0 if call.integer("transB") else 1)]
    if call.has(6):
        scale = body.add("Mul", ["i1", "i4"], "product_scale")
        inputs.append(body.add("DequantizeLinear", ["i6", scale], "c", axis=0))
    y = body.add("Gemm", inputs, "real", **_attributes(call, "transA", "transB", "alpha"))
    if not call.has(7):
        raise call.unsupported("without an output scale is not supported.", "Quantise the output.")
    body.codes(y, 7)
    return body.function()


def _binary(op: str) -> Callable[[Call], FunctionRecord]:
    def expand(call: Call) -> FunctionRecord:
        body = _Body(call)
        body.codes(body.add(op, [body.real(0, "a"), body.real(3, "b")], "real"), 6)
        return body.function()

    return expand


def _unary(op: str, *names: str) -> Callable[[Call], FunctionRecord]:
    def expand(call: Call) -> FunctionRecord:
        if call.integer("channels_last"):
            raise call.unsupported("channels_last is not supported.")
        body = _Body(call)
        body.codes(body.add(op, [body.real(0, "x")], "real", **_attributes(call, *names)), 3)
        return body.function()

    return expand


def _concat(call: Call) -> FunctionRecord:
    body = _Body(call)
    parts = [body.real(i, f"x{i}") for i in range(2, len(call.inputs), 3)]
    body.codes(body.add("Concat", parts, "real", axis=call.integer("axis")), 0)
    return body.function()


def _integer(op: str, *names: str) -> Callable[[Call], FunctionRecord]:
    """Sums of products of integers, computed in float32: exact below 2 ** 24."""

    def expand(call: Call) -> FunctionRecord:
        body = _Body(call)
        body.nodes.append(NodeRecord("Constant", "", "one", (), ("one",), {"value": np.asarray(1, np.float32)}))
        real = []
        for index, name in ((0, "a"), (1, "b")):
            zero = body.input(index + 2)
            if call.dtype(index) == "float32":
                real.append(f"i{index}")
                continue
            inputs = [f"i{index}", "one", *([zero] if zero else [])]
            many = call.has(index + 2) and int(np.prod(call.shape(index + 2))) > 1
            if many:
                # a zero point for each row of A, column of B, or filter
                axis = 0 if op == "Conv" or index == 0 else max(0, len(call.shape(1)) - 1)
                inputs[1] = body.add("Expand", ["one", body.add("Shape", [zero], f"{name}_size")], f"{name}_scale")
                real.append(body.add("DequantizeLinear", inputs, name, axis=axis))
            else:
                real.append(body.add("DequantizeLinear", inputs, name))
        y = body.add(op, real, "real", **_attributes(call, *names))
        body.add("Cast", [y], "y", to=6)
        return body.function()

    return expand


EXPANSIONS: Mapping[tuple[str, str], Callable[[Call], FunctionRecord]] = MappingProxyType(
    {
        ("", "RNN"): unrolled_rnn,
        ("", "QLinearConv"): _qlinear_conv,
        (MICROSOFT, "QLinearConv"): _qlinear_conv,
        ("", "QLinearMatMul"): _qlinear_matmul,
        (MICROSOFT, "QGemm"): _qgemm,
        (MICROSOFT, "QLinearAdd"): _binary("Add"),
        (MICROSOFT, "QLinearMul"): _binary("Mul"),
        (MICROSOFT, "QLinearSigmoid"): _unary("Sigmoid"),
        (MICROSOFT, "QLinearLeakyRelu"): _unary("LeakyRelu", "alpha"),
        (MICROSOFT, "QLinearSoftmax"): _unary("Softmax", "axis"),
        (MICROSOFT, "QLinearGlobalAveragePool"): _unary("GlobalAveragePool"),
        (MICROSOFT, "QLinearAveragePool"): _unary(
            "AveragePool", "auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides"
        ),
        (MICROSOFT, "QLinearConcat"): _concat,
        ("", "MatMulInteger"): _integer("MatMul"),
        ("", "ConvInteger"): _integer("Conv", *_CONV),
    }
)
