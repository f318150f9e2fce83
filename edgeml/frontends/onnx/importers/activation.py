"""Activation functions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.importers.elementwise import binary, simple
from edgeml.ir import DType

_LOWEST, _HIGHEST = -3.4028234663852886e38, 3.4028234663852886e38


def clip(call: Call) -> None:
    """Bounds are inputs since opset 11, attributes before; common ones are activations of the IR."""
    low = _bound(call, 1, "min", _LOWEST)
    high = _bound(call, 2, "max", _HIGHEST)
    x = call.x(0)
    if isinstance(low, float) and isinstance(high, float) and call.dtype(0) == "float32":
        if (low, high) == (0.0, 6.0):
            call.result(call.emit("relu6", [x]))
            return
        if low == 0.0 and high >= _HIGHEST:
            call.result(call.emit("relu", [x]))
            return
    dtype = np.dtype(call.dtype(0))
    if not (isinstance(low, float) and low <= _LOWEST):
        x = binary(call, "maximum", x, _operand(call, low, "min", dtype))
    if not (isinstance(high, float) and high >= _HIGHEST):
        x = binary(call, "minimum", x, _operand(call, high, "max", dtype))
    call.result(x)


def _bound(call: Call, index: int, name: str, default: float) -> float | str:
    """A constant bound, or the tensor that holds it at run time."""
    if not call.has(index):
        return call.number(name, default)
    if call.is_constant(index):
        return float(call.constant(index).reshape(-1)[0])
    return call.x(index)


def _operand(call: Call, bound: float | str, hint: str, dtype: np.dtype[np.generic]) -> str:
    return bound if isinstance(bound, str) else call.new_constant(hint, np.asarray(bound).astype(dtype))


def softmax(op: str) -> Callable[[Call], None]:
    """Over one axis; before opset 13 over all dimensions from the axis on."""

    def read(call: Call) -> None:
        shape, x = call.shape(0), call.x(0)
        if not shape:
            raise call.damaged("takes no scalars")
        axis = call.axis(call.integer("axis", -1 if call.opset >= 13 else 1), len(shape))
        if call.opset < 13:
            rows = int(np.prod(shape[:axis], dtype=np.int64))
            call.result(call.reshape(call.emit(op, [call.reshape(x, (rows, -(-int(np.prod(shape)) // rows)))]), shape))
            return
        last = len(shape) - 1
        perm = list(range(len(shape)))
        perm[axis], perm[last] = last, axis
        call.result(call.transpose(call.emit(op, [call.transpose(x, perm)]), perm))

    return read


def hardmax(call: Call) -> None:
    """One at the first maximum."""
    shape = call.shape(0)
    axis = call.axis(call.integer("axis", -1 if call.opset >= 13 else 1), len(shape))
    x = call.x(0)
    best = call.emit("arg_max", [x], axis=axis, dtype=DType.INT32)
    kept = (*shape[:axis], 1, *shape[axis + 1 :])
    steps = np.arange(shape[axis], dtype=np.int32).reshape([-1 if i == axis else 1 for i in range(len(shape))])
    hot = binary(call, "equal", call.reshape(best, kept), call.new_constant("positions", steps))
    call.result(call.emit("cast", [hot], dtype=DType.FLOAT32))


def _constant(call: Call, hint: str, value: float) -> str:
    return call.new_constant(hint, np.asarray(value, np.float32))


def leaky_relu(call: Call) -> None:
    """x above 0, alpha * x below."""
    call.result(call.emit("leaky_relu", [call.x(0)], alpha=call.number("alpha", 0.01)))


def elu(call: Call) -> None:
    """alpha * (exp(x) - 1) below 0: the IR's elu has alpha 1."""
    alpha = call.number("alpha", 1.0)
    x = call.x(0)
    if alpha == 1.0:
        call.result(call.emit("elu", [x]))
        return
    below = call.emit("elu", [binary(call, "minimum", x, _constant(call, "zero", 0))])
    below = binary(call, "mul", below, _constant(call, "alpha", alpha))
    call.result(binary(call, "add", call.emit("relu", [x]), below))


def selu(call: Call) -> None:
    """gamma * (max(0, x) + min(0, alpha * (exp(x) - 1)))."""
    alpha = call.number("alpha", 1.67326319217681884765625)
    gamma = call.number("gamma", 1.05070102214813232421875)
    x = call.x(0)
    below = call.emit("elu", [binary(call, "minimum", x, _constant(call, "zero", 0))])
    below = binary(call, "mul", below, _constant(call, "alpha", alpha * gamma))
    above = binary(call, "mul", call.emit("relu", [x]), _constant(call, "gamma", gamma))
    call.result(binary(call, "add", above, below))


def celu(call: Call) -> None:
    """max(0, x) + min(0, alpha * (exp(x / alpha) - 1))."""
    alpha = call.number("alpha", 1.0)
    x = call.x(0)
    scaled = binary(call, "mul", x, _constant(call, "inverse", 1.0 / alpha))
    below = call.emit("elu", [binary(call, "minimum", scaled, _constant(call, "zero", 0))])
    below = binary(call, "mul", below, _constant(call, "alpha", alpha))
    call.result(binary(call, "add", call.emit("relu", [x]), below))


def hard_sigmoid(call: Call) -> None:
    """max(0, min(1, alpha * x + beta))."""
    y = binary(call, "mul", call.x(0), _constant(call, "alpha", call.number("alpha", 0.2)))
    y = binary(call, "add", y, _constant(call, "beta", call.number("beta", 0.5)))
    y = binary(call, "minimum", y, _constant(call, "one", 1))
    call.result(binary(call, "maximum", y, _constant(call, "zero", 0)))


def softsign(call: Call) -> None:
    """x / (1 + |x|)."""
    x = call.x(0)
    bottom = binary(call, "add", call.emit("abs", [x]), _constant(call, "one", 1))
    call.result(binary(call, "div", x, bottom))


def gelu(call: Call) -> None:
    """By erf, or by tanh."""
    call.result(call.emit("gelu", [call.x(0)], approximate=call.text("approximate", "none") == "tanh"))


def thresholded_relu(call: Call) -> None:
    """x above alpha, else 0."""
    x = call.x(0)
    above = binary(call, "greater", x, _constant(call, "alpha", call.number("alpha", 1.0)))
    call.result(binary(call, "select_v2", above, x, _constant(call, "zero", 0)))


def swish(call: Call) -> None:
    """x * sigmoid(alpha * x)."""
    x = call.x(0)
    alpha = call.number("alpha", 1.702 if call.node.op_type == "QuickGelu" else 1.0)
    inner = x if alpha == 1.0 else binary(call, "mul", x, _constant(call, "alpha", alpha))
    call.result(binary(call, "mul", x, call.emit("logistic", [inner])))


def mish(call: Call) -> None:
    """x * tanh(softplus(x))."""
    x = call.x(0)
    call.result(binary(call, "mul", x, call.emit("tanh", [call.emit("softplus", [x])])))


IMPORTERS: dict[tuple[str, str], Callable[[Call], None]] = {
    ("", "Relu"): simple("relu"),
    ("", "Sigmoid"): simple("logistic"),
    ("", "Tanh"): simple("tanh"),
    ("", "HardSwish"): simple("hard_swish"),
    ("", "Softplus"): simple("softplus"),
    ("", "Softmax"): softmax("softmax"),
    ("", "LogSoftmax"): softmax("log_softmax"),
    ("", "Hardmax"): hardmax,
    ("", "Clip"): clip,
    ("", "LeakyRelu"): leaky_relu,
    ("", "Elu"): elu,
    ("", "Selu"): selu,
    ("", "Celu"): celu,
    ("", "HardSigmoid"): hard_sigmoid,
    ("", "Softsign"): softsign,
    ("", "Gelu"): gelu,
    ("com.microsoft", "Gelu"): gelu,
    ("com.microsoft", "QuickGelu"): swish,
    ("", "ThresholdedRelu"): thresholded_relu,
    ("", "Swish"): swish,
    ("", "Mish"): mish,
}
