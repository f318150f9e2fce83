"""LSTM and GRU: each direction is one operator over the sequence, in reverse between two reversed copies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.ops.unidirectional_sequence_lstm import CELL

Importer = Callable[[Call], None]

_X, _W, _R, _B, _LENGTHS = range(5)
DIRECTIONS: Mapping[str, tuple[bool, ...]] = MappingProxyType(
    {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}
)
# gates of the operator (i, f, g, o) by their position in ONNX (i, o, f, g)
_LSTM_GATES = (0, 2, 3, 1)


@dataclass(frozen=True)
class Sizes:
    """Sizes of one call; x is (T, B, I), or (B, T, I) with `batch_major`."""

    batch: int
    steps: int
    units: int
    batch_major: bool
    directions: tuple[bool, ...]


def sequence(call: Call, gates: int) -> Sizes:
    """The checked sizes. Raises UnsupportedError for what edgeml computes in no recurrent operator."""
    x, w, r = (call.shape(i) for i in (_X, _W, _R))
    layout = call.integer("layout")
    directions = DIRECTIONS.get(call.text("direction", "forward"))
    if directions is None or layout not in (0, 1) or len(x) != 3 or len(w) != 3 or len(r) != 3:
        raise call.damaged("direction, layout, X, W or R do not fit")
    first, second, size = x
    steps, batch = (second, first) if layout else (first, second)
    units = r[2]
    count = len(directions)
    if w != (count, gates * units, size) or r != (count, gates * units, units):
        raise call.damaged(f"W and R must be {(count, gates * units, size)} and {(count, gates * units, units)}")
    if call.number("clip") > 0:
        raise call.unsupported("clips its gates' sums.", "Export it without clip.")
    if call.has(_LENGTHS) and not _all_steps(call, steps):
        raise call.unsupported("has sequences shorter than the input.", "Export it for sequences of one length.")
    return Sizes(batch, steps, units, layout == 1, directions)


def _all_steps(call: Call, steps: int) -> bool:
    return call.is_constant(_LENGTHS) and set(call.constant_ints(_LENGTHS)) == {steps}


def check_activations(call: Call, wanted: Sequence[str], directions: int) -> None:
    """The functions of the gates must be the default ones."""
    given = call.attribute("activations")
    if given is not None and tuple(str(a).lower() for a in given) != tuple(wanted) * directions:  # type: ignore[union-attr]
        raise call.unsupported(f"has the activations {given}.", f"edgeml computes {', '.join(wanted)}.")


def _lstm(call: Call) -> None:
    """X, W, R, B, sequence_lens, initial_h, initial_c, P -> Y, Y_h, Y_c."""
    sizes = sequence(call, 4)
    check_activations(call, ("sigmoid", "tanh", "tanh"), len(sizes.directions))
    if call.has(7):
        raise call.unsupported("has peephole connections (P).", "Train the model with a plain cell.")
    if call.integer("input_forget"):
        raise call.unsupported("couples its input and forget gates.", "Train the model with a plain cell.")
    outputs = []
    for direction, backward in enumerate(sizes.directions):
        inputs = [""] * (CELL + 1)
        inputs[0] = _x(call, sizes, backward)
        for gate, source in enumerate(_LSTM_GATES):
            inputs[1 + gate] = _rows(call, _W, direction, source, 1, sizes.units)
            inputs[5 + gate] = _rows(call, _R, direction, source, 1, sizes.units)
            inputs[12 + gate] = _sum(call, direction, source, 4 + source, sizes.units)
        inputs[CELL - 1] = _initial(call, 5, direction, sizes)
        inputs[CELL] = _initial(call, 6, direction, sizes)
        made = _emit(call, "unidirectional_sequence_lstm", inputs, 3, sizes)
        outputs.append((_y(call, made[0], sizes, backward), *made[1:]))
    _results(call, outputs, sizes)


def _gru(call: Call) -> None:
    """X, W, R, B, sequence_lens, initial_h -> Y, Y_h."""
    sizes = sequence(call, 3)
    check_activations(call, ("sigmoid", "tanh"), len(sizes.directions))
    outputs = []
    for direction, backward in enumerate(sizes.directions):
        inputs = [
            _x(call, sizes, backward),
            _rows(call, _W, direction, 0, 3, sizes.units),
            _rows(call, _R, direction, 0, 3, sizes.units),
            _rows(call, _B, direction, 0, 3, sizes.units),
            _rows(call, _B, direction, 3, 3, sizes.units),
            _initial(call, 5, direction, sizes),
        ]
        linear = bool(call.integer("linear_before_reset"))
        made = _emit(call, "gru", inputs, 2, sizes, linear_before_reset=linear)
        outputs.append((_y(call, made[0], sizes, backward), made[1]))
    _results(call, outputs, sizes)


def _emit(call: Call, op: str, inputs: Sequence[str], count: int, sizes: Sizes, **attrs: object) -> tuple[str, ...]:
    time_major = not sizes.batch_major
    return call.draft.emit(op, inputs, f"{call.hint}/{op}", count, time_major=time_major, **attrs)


def _rows(call: Call, index: int, direction: int, first: int, count: int, units: int) -> str:
    """Rows of gates `first` to `first + count` of W, R or B (directions, gates * units, …); zeros where B is absent."""
    if not call.has(index):
        return call.new_constant("bias", np.zeros(count * units, np.float32))
    start = first * units
    if call.is_constant(index):
        data = call.constant(index)
        return call.new_constant("gates", data[direction, start : start + count * units].copy())
    shape = call.shape(index)
    begin, size = [direction, start, 0], [1, count * units, *shape[2:]]
    return call.reshape(_slice(call, call.x(index), begin[: len(shape)], size), size[1:])


def _sum(call: Call, direction: int, first: int, second: int, units: int) -> str:
    """The biases of the input and of the recurrent weights added up."""
    if call.has(_B) and call.is_constant(_B):
        data = call.constant(_B)[direction].reshape(-1, units)
        return call.new_constant("bias", data[first] + data[second])
    parts = [_rows(call, _B, direction, gate, 1, units) for gate in (first, second)]
    return call.emit("add", parts) if call.has(_B) else parts[0]


def _initial(call: Call, index: int, direction: int, sizes: Sizes) -> str:
    """State (B, U) of a direction from (directions, B, U), or from (B, directions, U); zeros where absent."""
    if not call.has(index):
        return call.new_constant("zero", np.zeros((sizes.batch, sizes.units), np.float32))
    x, shape = call.x(index), call.shape(index)
    count = len(sizes.directions)
    if shape != ((sizes.batch, count, sizes.units) if sizes.batch_major else (count, sizes.batch, sizes.units)):
        raise call.damaged(f"input {index} has shape {shape}")
    if count > 1:
        begin = [0, direction, 0] if sizes.batch_major else [direction, 0, 0]
        x = _slice(
            call, x, begin, [sizes.batch, 1, sizes.units] if sizes.batch_major else [1, sizes.batch, sizes.units]
        )
    return call.reshape(x, (sizes.batch, sizes.units))


def _slice(call: Call, x: str, begin: Sequence[int], size: Sequence[int]) -> str:
    return call.emit("strided_slice", [x], begin=tuple(begin), size=tuple(size), stride=(1,) * len(size))


def _x(call: Call, sizes: Sizes, backward: bool) -> str:
    return _reversed(call, call.x(_X), sizes) if backward else call.x(_X)


def _reversed(call: Call, x: str, sizes: Sizes) -> str:
    """The sequence from its last step to its first."""
    shape = call.type_of(x)[0]
    axis = 1 if sizes.batch_major else 0
    begin = [sizes.steps - 1 if i == axis else 0 for i in range(3)]
    stride = [-1 if i == axis else 1 for i in range(3)]
    return call.emit("strided_slice", [x], begin=tuple(begin), size=shape, stride=tuple(stride))


def _y(call: Call, y: str, sizes: Sizes, backward: bool) -> str:
    """All hidden states with a dimension for the direction: (T, 1, B, U), or (B, T, 1, U)."""
    y = _reversed(call, y, sizes) if backward else y
    batch, steps, units = sizes.batch, sizes.steps, sizes.units
    return call.reshape(y, (batch, steps, 1, units) if sizes.batch_major else (steps, 1, batch, units))


def _results(call: Call, outputs: Sequence[tuple[str, ...]], sizes: Sizes) -> None:
    """Y, and the last states (1, B, U) or (B, 1, U); directions are joined."""
    for index, parts in enumerate(zip(*outputs, strict=True)):
        if index >= len(call.node.outputs) or not call.node.outputs[index]:
            continue
        axis = 2 if sizes.batch_major else 1
        shaped = list(parts)
        if index > 0:
            axis -= 1
            shape = (sizes.batch, 1, sizes.units) if sizes.batch_major else (1, sizes.batch, sizes.units)
            shaped = [call.reshape(p, shape) for p in parts]
        joined = call.emit("concatenation", shaped, axis=axis) if len(shaped) > 1 else shaped[0]
        call.result(joined, index)


IMPORTERS: Mapping[tuple[str, str], Importer] = MappingProxyType({("", "LSTM"): _lstm, ("", "GRU"): _gru})
