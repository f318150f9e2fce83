"""The list of a loop's results, which a converter writes as head, new item and tail joined again in every turn.

Head and tail have sizes that change with the turn, down to none. They are followed by name here, and the list is joined
once, after the loop.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.errors import UnsupportedError
from edgeml.formats.litert import OperatorRecord
from edgeml.frontends.litert.draft import Draft
from edgeml.ir import TensorType
from edgeml.ops.concatenation import ConcatenationAttrs
from edgeml.ops.strided_slice import StridedSliceAttrs

# a concatenation takes a few inputs at a time
_JOINED = 8


@dataclass(frozen=True)
class _Piece:
    """Rows `begin` to `end` of a list."""

    source: str
    begin: int
    end: int


class TensorLists:
    """Lists and their pieces by the tensor that stands for them; none of these tensors is computed in the loop."""

    def __init__(self) -> None:
        self._pieces: dict[str, _Piece] = {}
        # list -> for each row the tensor that holds it, "" where it is still that of the origin
        self._rows: dict[str, list[str]] = {}
        self._origin: dict[str, str] = {}

    def take(self, record: OperatorRecord, draft: Draft) -> bool:
        """Whether the operator works on a list; it is then remembered and not to be read as usual."""
        if record.builtin == "SLICE" and len(record.inputs) == 3 and len(record.outputs) == 1:
            return self._slice(record, draft)
        names = [draft.names[i] if i >= 0 else "" for i in record.inputs]
        if record.builtin == "CONCATENATION" and any(n in self._pieces for n in names):
            self._write(names, draft.names[record.outputs[0]], draft)
            return True
        for name in names:
            if name in self._pieces or name in self._rows:
                raise _refused(draft, name)
        return False

    def _slice(self, record: OperatorRecord, draft: Draft) -> bool:
        source, begin, size = (draft.names[i] for i in record.inputs)
        out = draft.names[record.outputs[0]]
        starts, sizes = draft.tensors[begin].data, draft.tensors[size].data
        shape = draft.tensors[source].shape
        if starts is None or sizes is None or out not in draft.free or not shape or starts.shape != (len(shape),):
            return False
        first, count = int(starts[0]), int(sizes[0])
        end = shape[0] if count < 0 else first + count
        whole = not starts[1:].any() and all(n in (-1, d) for n, d in zip(sizes[1:], shape[1:], strict=True))
        if not whole or not 0 <= first <= end <= shape[0]:
            raise _refused(draft, out)
        self._pieces[out] = _Piece(source, first, end)
        return True

    def _write(self, names: list[str], out: str, draft: Draft) -> None:
        """Head, one item, tail: the list with one row replaced."""
        head, tail = (self._pieces.get(names[0]), self._pieces.get(names[-1])) if len(names) == 3 else (None, None)
        if head is None or tail is None or head.source != tail.source or head.begin != 0:
            raise _refused(draft, out)
        source, shape = head.source, draft.tensors[head.source].shape
        item = draft.tensors[names[1]]
        fits = head.end + 1 == tail.begin and tail.end == shape[0] and item.shape == (1, *shape[1:])
        if not fits or draft.tensors[out].shape != shape:
            raise _refused(draft, out)
        rows = list(self._rows.get(source) or [""] * shape[0])
        rows[head.end] = item.name
        self._rows[out] = rows
        self._origin[out] = self._origin.get(source, source)

    def joined(self, name: str, draft: Draft) -> str:
        """The tensor of a list, computed after the loop; any other tensor as it is."""
        if name not in self._rows:
            return name
        tensor, origin = draft.tensors[name], self._origin[name]
        parts = [row or self._row(origin, i, draft) for i, row in enumerate(self._rows[name])]
        while len(parts) > _JOINED:
            parts = [self._join(parts[i : i + _JOINED], draft) for i in range(0, len(parts), _JOINED)]
        if len(parts) == 1:
            return parts[0]
        draft.node("concatenation", parts, (name,), ConcatenationAttrs(0))
        return tensor.name

    def _row(self, origin: str, index: int, draft: Draft) -> str:
        shape = draft.tensors[origin].shape
        begin, size = (index, *(0 for _ in shape[1:])), (1, *shape[1:])
        out = draft.activation(f"{origin}/row", TensorType(size, draft.tensors[origin].dtype))
        draft.node("strided_slice", [origin], (out,), StridedSliceAttrs(begin, size, (1,) * len(shape)))
        return out

    def _join(self, parts: list[str], draft: Draft) -> str:
        if len(parts) == 1:
            return parts[0]
        first = draft.tensors[parts[0]]
        rows = sum(draft.tensors[p].shape[0] for p in parts)
        out = draft.activation(
            f"{first.name}/rows", TensorType((rows, *first.shape[1:]), first.dtype, first.quantization)
        )
        draft.node("concatenation", parts, (out,), ConcatenationAttrs(0))
        return out


def _refused(draft: Draft, name: str) -> UnsupportedError:
    return UnsupportedError(
        f"tensor '{draft.tensors[name].name}': its size changes with the turn of a loop, and it is no list of the "
        "loop's results; edgeml compiles fixed sizes. Export the layer with unroll=True."
    )
