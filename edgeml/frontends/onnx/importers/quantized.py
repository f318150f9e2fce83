"""QuantizeLinear and DequantizeLinear as they stand; `fuse_quantization` makes integer operators of what is between.

uint8 activations become int8: 128 less, and so is their zero point.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.draft import Codes
from edgeml.frontends.onnx.folding.create import numpy_type
from edgeml.ir import Array, DType, Quantization, TensorType

# operators that pass integers on as they are
_MOVES = ("reshape", "transpose", "strided_slice", "concatenation", "gather", "tile", "broadcast_to", "depth_to_space",
          "space_to_depth")  # fmt: skip


def quantize(call: Call) -> None:
    """rint(x / scale) + zero_point, saturated."""
    scale = call.constant(1, "scale")
    kind = _code_type(call, 2)
    zero = call.constant(2, "zero point") if call.has(2) else np.zeros(scale.shape, kind)
    if call.is_constant(0):
        scales, zeros = (_along(call, v, call.constant(0)) for v in (scale, zero))
        info = np.iinfo(kind)
        steps = np.rint(call.constant(0).astype(np.float32) / scales.astype(np.float32)) + zeros.astype(np.float32)
        call.result_constant(np.clip(steps, info.min, info.max).astype(kind))
        return
    if scale.size != 1:
        raise call.unsupported("activations have one scale for the whole tensor.", "Quantise them per tensor.")
    quantization = _quantization(call, scale, zero, None)
    tensor = call.emit("quantize", [call.x(0)])
    shape = call.type_of(tensor)[0]
    call.draft.retype(tensor, TensorType(shape, DType.INT8, quantization))
    call.result(tensor)


def dequantize(call: Call) -> None:
    """(x - zero_point) * scale. Constants keep their integers beside the float values."""
    scale = call.constant(1, "scale")
    kind = np.dtype(call.dtype(0))
    zero = call.constant(2, "zero point") if call.has(2) else np.zeros(scale.shape, kind)
    if call.is_constant(0):
        data = call.constant(0)
        scales, zeros = (_along(call, v, data) for v in (scale, zero))
        real = (data.astype(np.int64) - zeros.astype(np.int64)).astype(np.float32) * scales.astype(np.float32)
        call.result_constant(real, 0, _codes(call, data, scale, zero))
        return
    if scale.size != 1:
        raise call.unsupported("activations have one scale for the whole tensor.", "Quantise them per tensor.")
    if kind.name not in ("int8", "uint8"):
        raise call.unsupported(f"activations of type {kind.name} are not supported.", "Quantise to int8.")
    tensor = call.x(0)
    if call.type_of(tensor)[1] is DType.UINT8:
        _as_int8(call, tensor)
    found = call.draft.tensors[tensor].type
    wanted = _quantization(call, scale, zero, None)
    if found.quantization is None:
        call.draft.retype(tensor, TensorType(found.shape, DType.INT8, wanted))
    elif found.quantization != wanted:
        raise call.unsupported(
            f"reads '{tensor}' with scale and zero point {wanted.scale[0]:.8g}, {wanted.zero_point[0]}; it was made "
            f"with {found.quantization.scale[0]:.8g}, {found.quantization.zero_point[0]}.",
            "Quantise the model again.",
        )
    call.result(call.emit("dequantize", [tensor]))


def _code_type(call: Call, index: int) -> np.dtype[Any]:
    """The element type of the codes: the zero point's, else `output_dtype`, else uint8."""
    if call.has(index):
        kind = np.dtype(call.dtype(index))
    else:
        wanted = call.integer("output_dtype")
        kind = numpy_type(call, wanted) if wanted else np.dtype(np.uint8)
    if kind.name not in ("int8", "uint8") and not call.is_constant(0):
        raise call.unsupported(f"activations of type {kind.name} are not supported.", "Quantise to int8.")
    return kind


def _quantization(call: Call, scale: Array, zero: Array, axis: int | None) -> Quantization:
    """As int8: an unsigned zero point moves by 128."""
    shift = 128 if zero.dtype == np.uint8 else 0
    scales = tuple(float(np.float32(s)) for s in scale.reshape(-1))
    zeros = tuple(int(z) - shift for z in np.broadcast_to(zero.reshape(-1), (len(scales),)))
    if not all(0 < s < float("inf") for s in scales):
        raise call.damaged(f"every scale must be positive and finite. Got {min(scales)}")
    return Quantization(scales, zeros, axis)


def _codes(call: Call, data: Array, scale: Array, zero: Array) -> Codes | None:
    """The integers of a constant as int8 (or int32, a bias), when one scale a tensor or channel holds for them."""
    per_channel = scale.size > 1
    if (per_channel and scale.ndim != 1) or data.dtype.name not in ("int8", "uint8", "int32"):
        return None
    axis = call.axis(call.integer("axis", 1), data.ndim) if per_channel else None
    codes = (data.astype(np.int16) - 128).astype(np.int8) if data.dtype == np.uint8 else data
    return Codes(codes, _quantization(call, scale, zero, axis))


def _along(call: Call, values: Array, data: Array) -> Array:
    """Scales or zero points, shaped to broadcast against `data`: one, one a channel, or one a block."""
    if values.size == 1:
        return np.asarray(values.reshape(-1)[0])
    axis = call.axis(call.integer("axis", 1), data.ndim)
    block = call.integer("block_size")
    if block > 0 and values.ndim == data.ndim:
        return np.repeat(values, block, axis).take(range(data.shape[axis]), axis)
    if values.ndim != 1 or values.size != data.shape[axis]:
        raise call.damaged(f"scales {values.shape} do not fit axis {axis} of {data.shape}")
    return values.reshape([-1 if i == axis else 1 for i in range(data.ndim)])


def _as_int8(call: Call, tensor: str) -> None:
    """Retype a uint8 graph input, and what moves its elements before this call, to int8."""
    draft = call.draft
    found = draft.tensors[tensor]
    if found.dtype is DType.INT8:
        return
    producer = next((n for n in draft.nodes if tensor in n.outputs), None)
    if producer is not None:
        if producer.op not in _MOVES:
            raise call.unsupported(f"dequantises '{tensor}', which {producer.op} computes as uint8.")
        for name in producer.inputs:
            if draft.tensors[name].dtype is DType.UINT8:
                _as_int8(call, name)
    draft.retype(tensor, TensorType(found.shape, DType.INT8))


IMPORTERS: dict[tuple[str, str], Callable[[Call], None]] = {
    ("", "QuantizeLinear"): quantize,
    ("", "DequantizeLinear"): dequantize,
    ("com.microsoft", "QuantizeLinear"): quantize,
    ("com.microsoft", "DequantizeLinear"): dequantize,
}
