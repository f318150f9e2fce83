"""Quantised files of other kinds than int8: uint8 (asymmetric weights), 16x8 (int16 activations), both on records.

uint8: every code is moved down by 128 and its zero point with it, which changes no real value. Weights keep a zero
point that is not 0, which the weighted operators honour. 16x8 is read as it is, or as its real values where an operator
has no int16 meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from edgeml.formats.litert import OperatorRecord, SubgraphRecord, TensorRecord, TfliteModel
from edgeml.ir import Array, DType, Quantization, TensorType

_SHIFT = 128
# int8 operators whose states are int16
_KEEP_INT16 = ("SVDF", "UNIDIRECTIONAL_SEQUENCE_LSTM")
_CODES = (DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.INT64)


def is_uint8(model: SubgraphRecord) -> bool:
    """Whether some operator's weights or activations are quantised to uint8."""
    return any(_is_uint8(t) for t in model.tensors)


def is_quantized(model: SubgraphRecord) -> bool:
    """Whether some tensor holds codes that stand for real values."""
    return any(t.type.quantization is not None and t.type.dtype in _CODES for t in model.tensors)


def is_16x8(model: SubgraphRecord) -> bool:
    """Whether activations are quantised to int16, other than what int8 recurrent operators keep to themselves."""
    seen = {i for op in model.operators if op.builtin not in _KEEP_INT16 for i in (*op.inputs, *op.outputs) if i >= 0}
    found = (t for i, t in enumerate(model.tensors) if i in seen)
    return any(t.type.dtype is DType.INT16 and t.type.quantization and t.data is None for t in found)


def from_uint8(model: TfliteModel) -> TfliteModel:
    """The same model in int8 codes, also at its inputs and outputs: int8 code = uint8 code - 128."""
    return _with_tensors(model, lambda t: _shifted(t, DType.INT8, -_SHIFT) if _is_uint8(t) else t)


def to_uint8(model: TfliteModel) -> TfliteModel:
    """The inverse, for files: LiteRT runs weights with a zero point in uint8 models only."""

    def shift(t: TensorRecord) -> TensorRecord:
        q = t.type.quantization
        quantized = t.type.dtype is DType.INT8 and q is not None and q.axis is None
        return _shifted(t, DType.UINT8, _SHIFT) if quantized else t

    uint8 = _with_tensors(model, shift)
    # the versions of operators that brought int8 are not those for uint8
    operators = tuple(replace(op, version=1) for op in uint8.operators)
    return replace(uint8, operators=operators)


def as_float(model: TfliteModel) -> TfliteModel:
    """The real values of a quantised model: float32 tensors, constants by their scale and zero point."""
    real = _with_tensors(model, _real)
    # what changed codes only moves elements now
    operators = tuple(
        OperatorRecord("RESHAPE", 1, op.inputs[:1], op.outputs) if op.builtin in ("QUANTIZE", "DEQUANTIZE") else op
        for op in real.operators
    )
    return replace(real, operators=operators)


def with_real_constants(model: TfliteModel) -> TfliteModel:
    """DEQUANTIZE of a constant is a float32 constant: how half-precision and weight-only files store weights."""
    tensors = list(model.tensors)
    kept = []
    for op in model.operators:
        source = tensors[op.inputs[0]] if op.builtin == "DEQUANTIZE" and op.inputs and op.inputs[0] >= 0 else None
        real = _constant(source) if source is not None and len(op.outputs) == 1 else None
        if real is None or real.shape != tensors[op.outputs[0]].type.shape:
            kept.append(op)
            continue
        target = tensors[op.outputs[0]]
        tensors[op.outputs[0]] = replace(target, type=TensorType(real.shape, DType.FLOAT32), data=real, element="")
    return replace(model, tensors=tuple(tensors), operators=tuple(kept))


def _constant(tensor: TensorRecord) -> Array | None:
    """float32 values of a half-precision or quantised constant."""
    if tensor.data is None:
        return None
    if tensor.type.dtype is DType.FLOAT32:
        return tensor.data
    return _real(tensor).data if _real(tensor).type.dtype is DType.FLOAT32 else None


def dequantized(data: Array, q: Quantization) -> Array:
    """float32 values of codes; per channel along the quantised dimension."""
    shape = [1] * data.ndim
    if q.axis is not None:
        shape[q.axis] = -1
    # in float64: int32 biases have more bits than a float32
    real = (data.astype(np.float64) - q.zero_points.reshape(shape)) * q.scales.astype(np.float64).reshape(shape)
    return np.asarray(real, np.float32)


def _is_uint8(tensor: TensorRecord) -> bool:
    q = tensor.type.quantization
    return tensor.type.dtype is DType.UINT8 and q is not None and q.axis is None


def _shifted(tensor: TensorRecord, dtype: DType, by: int) -> TensorRecord:
    q = tensor.type.quantization
    assert q is not None
    moved = replace(q, zero_point=tuple(z + by for z in q.zero_point))
    data = None if tensor.data is None else _frozen((tensor.data.astype(np.int16) + by).astype(dtype.numpy))
    return replace(tensor, type=TensorType(tensor.type.shape, dtype, moved), data=data)


def _real(tensor: TensorRecord) -> TensorRecord:
    q = tensor.type.quantization
    if q is None or tensor.type.dtype not in _CODES:
        return tensor
    if tensor.data is not None and q.axis is not None and not 0 <= q.axis < tensor.data.ndim:
        return tensor
    # a broken scale is found when the graph is verified, not here
    with np.errstate(all="ignore"):
        data = None if tensor.data is None else _frozen(dequantized(tensor.data, q))
    return replace(tensor, type=TensorType(tensor.type.shape, DType.FLOAT32), data=data)


def _frozen(data: Array) -> Array:
    data.flags.writeable = False
    return data


def _with_tensors(model: TfliteModel, change: Callable[[TensorRecord], TensorRecord]) -> TfliteModel:
    def changed(graph: SubgraphRecord) -> tuple[TensorRecord, ...]:
        return tuple(change(t) for t in graph.tensors)

    others = tuple(replace(g, tensors=changed(g)) for g in model.others)
    return replace(model, tensors=changed(model), others=others)
