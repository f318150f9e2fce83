"""LiteRT's fused LSTM: the plain cell, its rounding of the hidden value read from the intermediate tensors."""

from __future__ import annotations

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.frontends.litert.draft import Call
from edgeml.ir import DType
from edgeml.ops.unidirectional_sequence_lstm import CELL, LstmAttrs, UnidirectionalSequenceLstm

_NONE, _TANH = 0, 4
_ABSENT = (
    (range(1, 2), False, "a coupled input and forget gate (CIFG)"),
    (range(9, 12), True, "peephole connections"),
    (range(16, 18), True, "a projection"),
    (range(20, 24), True, "layer normalisation"),
)
_HIDDEN_INTERMEDIATE = 4


def unidirectional_sequence_lstm(call: Call) -> None:
    """The operator with its states; variants of the cell that edgeml lacks are refused by name."""
    given = [p < len(call.inputs) and call.inputs[p] != "" for p in range(24)]
    for positions, present, what in _ABSENT:
        if any(given[p] is present for p in positions):
            raise UnsupportedError(
                f"{call.where}: the cell has {what}; edgeml computes the plain LSTM. Train the model with a plain cell."
            )
    options = call.options
    activation = options.get("fusedActivationFunction", _TANH)
    if activation != _TANH or options.get("diagonalRecurrentTensors"):
        raise UnsupportedError(
            f"{call.where}: the cell's activation must be tanh (4) with full recurrent weights. Got {activation}. "
            "Train the model with the layer's default activation."
        )
    inputs = call.inputs[: CELL + 1]
    scale, zero_point = _hidden(call) if call.input(0).dtype is DType.INT8 else (0.0, 0)
    attrs = LstmAttrs(bool(options.get("timeMajor")), float(str(options.get("cellClip") or 0.0)), scale, zero_point)
    states = call.new_states(UnidirectionalSequenceLstm.in_place, inputs)
    call.draft.node("unidirectional_sequence_lstm", inputs, (*call.outputs[:1], *states), attrs)


def _hidden(call: Call) -> tuple[float, int]:
    """Scale and zero point of o * tanh(c)."""
    inner = call.record.intermediates
    if len(inner) <= _HIDDEN_INTERMEDIATE:
        raise ModelFormatError(
            f"{call.where}: an int8 LSTM needs 5 intermediate tensors. Got {len(inner)}. Convert the model again."
        )
    if len(inner) > _HIDDEN_INTERMEDIATE + 1:
        raise UnsupportedError(
            f"{call.where}: is the 8x8_8 variant of the integer LSTM; edgeml computes the one with an int16 cell. "
            "Convert the model again."
        )
    q = call.draft.tensors[call.draft.names[inner[_HIDDEN_INTERMEDIATE]]].quantization
    if q is None:
        raise ModelFormatError(f"{call.where}: the hidden value has no scale. Convert the model again.")
    return q.scale[0], q.zero_point[0]
