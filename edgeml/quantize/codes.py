"""Reals to codes and back."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, DType, Tensor, TensorType


def quantize_input(x: Array, type_: TensorType) -> Array:
    """float32 samples as the codes of a per-tensor quantised input, int8 or int16; float inputs stay as they are.

    One float32 multiplication by the reciprocal, rounded half to even: the rule of the `quantize` operator.
    """
    if not type_.has_codes:
        return np.asarray(x, type_.dtype.numpy)
    x = np.asarray(x, np.float32)
    inverse = np.float32(1.0) / np.float32(type_.scale)
    codes = np.clip(np.rint(x * inverse) + type_.zero_point, *type_.code_range)
    return np.asarray(codes.astype(type_.dtype.numpy))


def dequantize_output(codes: Array, type_: TensorType) -> Array:
    """Codes of a per-tensor quantised output as float32 reals; float outputs stay as they are."""
    if not type_.has_codes:
        return codes
    return np.asarray((codes.astype(np.int32) - type_.zero_point).astype(np.float32) * np.float32(type_.scale))


def real_tensor(tensor: Tensor) -> Tensor:
    """The tensor in float32: a quantised constant with the reals that its codes stand for."""
    data, q = tensor.data, tensor.quantization
    if data is not None and q is not None:
        shape = [1] * data.ndim
        if q.axis is not None:
            shape[q.axis] = -1
        zero_point = np.asarray(q.zero_point, np.int32).reshape(shape if q.axis is not None else ())
        data = np.asarray((data.astype(np.int64) - zero_point).astype(np.float32) * q.scales.reshape(shape), np.float32)
    return Tensor(tensor.name, TensorType(tensor.shape, DType.FLOAT32), data)
