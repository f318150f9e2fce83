"""What edgeml supports, read from the operators and readers themselves: the rows of the support tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edgeml.ir import DType
from edgeml.ops import OPS, LiteRT, Operator, Unsupported

# cell of an operator that does not compute in the column's type
_NO_INT8 = "–"


@dataclass(frozen=True)
class SupportRow:
    """One operator; a format's cell is its spelling there, or "no: reason".

    The last texts say how far the int8 reference may be from a runtime: "exact" is 0, "±1: reason" is one step, and
    "no: reason" where the numerics do not have the operator. `litert_bound` and `onnx_bound` hold under litert numerics
    against LiteRT's default interpreter and ONNX Runtime, `tflm_bound` under tflm numerics against TensorFlow Lite
    Micro. `int16_bounds` holds the first two for int16 activations.
    """

    op: str
    dtypes: tuple[str, ...]
    litert: str
    onnx: str
    c: tuple[str, ...]
    litert_bound: str
    onnx_bound: str
    tflm_bound: str
    int16_bounds: str
    constraints: tuple[str, ...]


@dataclass(frozen=True)
class ReadRow:
    """An operator of a format that is read without an operator of its own here; `how` says as what."""

    name: str
    how: str


@dataclass(frozen=True)
class Support:
    """Everything: the operators, and what the readers take besides (LiteRT builtins) or at all (ONNX op types)."""

    operators: tuple[SupportRow, ...]
    litert_rewrites: tuple[ReadRow, ...]
    onnx_read: tuple[str, ...]


def support() -> Support:
    """The tables of this version."""
    return Support(support_rows(), litert_rewrites(), onnx_read())


def support_rows() -> tuple[SupportRow, ...]:
    """All operators in the order of OPS."""
    return tuple(_row(operator) for operator in OPS.values())


def litert_rewrites() -> tuple[ReadRow, ...]:
    """LiteRT builtins that the reader writes in other operators, with the first line of what does it."""
    from edgeml.frontends.litert.rewrites import REWRITES

    return tuple(ReadRow(name, _first_line(rewrite.__doc__)) for name, rewrite in sorted(REWRITES.items()))


def onnx_read() -> tuple[str, ...]:
    """ONNX op types that the reader takes; those of another domain than ONNX's own with it in front."""
    from edgeml.frontends.onnx.expansions import EXPANSIONS
    from edgeml.frontends.onnx.importers import IMPORTERS

    return tuple(sorted({f"{domain}.{name}" if domain else name for domain, name in (*IMPORTERS, *EXPANSIONS)}))


def markdown() -> str:
    """The tables for documentation: operators, their notes, and what else is read."""
    rows = support_rows()
    lines = [
        "| operator | types | LiteRT | ONNX | int8 = LiteRT | int8 = ONNX Runtime | int8 = TFLM (`--numerics tflm`) | "
        "int16 = LiteRT, ONNX Runtime |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        spelling = (row.litert, row.onnx, row.litert_bound, row.onnx_bound, row.tflm_bound, row.int16_bounds)
        types = "any" if len(row.dtypes) == len(DType) else ", ".join(row.dtypes)
        cells = (f"`{row.op}`", types, *(_short(text) for text in spelling))
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "| operator | rules, and reasons for what is not exact |", "|---|---|"]
    lines += [f"| `{row.op}` | {'; '.join(notes)} |" for row in rows if (notes := _notes(row))]
    lines += ["", "| LiteRT builtin without an operator of its own | read as |", "|---|---|"]
    lines += [f"| {row.name} | {row.how} |" for row in litert_rewrites()]
    lines += ["", f"ONNX op types that are read ({len(onnx_read())}): {', '.join(onnx_read())}."]
    return "\n".join(lines) + "\n"


def _notes(row: SupportRow) -> list[str]:
    """Constraints, and the texts behind the short cells."""
    named = (
        ("LiteRT", row.litert),
        ("ONNX", row.onnx),
        ("against LiteRT", row.litert_bound),
        ("in ONNX Runtime", row.onnx_bound),
        ("under tflm", row.tflm_bound),
    )
    return [*row.constraints, *(f"{name} {text}" for name, text in named if ": " in text)]


def _row(operator: Operator[Any]) -> SupportRow:
    litert, onnx, tflm = operator.litert, operator.onnx, operator.tflm
    int8 = DType.INT8 in operator.dtypes
    return SupportRow(
        operator.name,
        tuple(d.value for d in operator.dtypes),
        litert.builtin if isinstance(litert, LiteRT) else _no(litert),
        (f"{onnx} (float32)" if operator.onnx_s8 else onnx) if isinstance(onnx, str) else _no(onnx),
        operator.kernels,
        _bound(operator.litert_bound, operator.litert_bound_reason) if int8 else _NO_INT8,
        _NO_INT8 if not int8 else _no(operator.onnx_s8) if operator.onnx_s8 else _onnx_bound(operator),
        _NO_INT8 if not int8 else _no(tflm) if isinstance(tflm, Unsupported) else _bound(tflm.bound, tflm.reason),
        _int16_bounds(operator),
        tuple(_first_line(rule.__doc__) for rule in operator.constraints),
    )


def _int16_bounds(operator: Operator[Any]) -> str:
    """Against LiteRT, and in ONNX Runtime: what only moves elements is exact."""
    if DType.INT16 not in operator.dtypes:
        return _NO_INT8
    if type(operator).reference_s16 is Operator.reference_s16:
        return "exact, exact" if operator.same_quantization else _NO_INT8
    bounds = (operator.litert_bound_s16, operator.onnx_bound_s16)
    return ", ".join(f"±{bound}" if bound else "exact" for bound in bounds)


def _onnx_bound(operator: Operator[Any]) -> str:
    return _bound(operator.onnx_bound, operator.onnx_bound_reason)


def _no(mapping: Unsupported) -> str:
    return f"no: {mapping.reason}"


def _bound(bound: int, reason: str) -> str:
    return f"±{bound}: {reason}" if bound else "exact"


def _short(text: str) -> str:
    """A cell without its reason."""
    return text.partition(": ")[0]


def _first_line(doc: str | None) -> str:
    """The first paragraph of a docstring as one sentence without its full stop."""
    return " ".join((doc or "").strip().split("\n\n")[0].split()).rstrip(".")
