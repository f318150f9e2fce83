"""What edgeml supports, read from the operators themselves: the rows of the support table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edgeml.ops import OPS, LiteRT, Operator, Unsupported


@dataclass(frozen=True)
class SupportRow:
    """One operator; a format's cell is its spelling there, or "no: reason".

    `bound` texts say how far the int8 reference may be from a runtime; "exact" is 0.
    """

    op: str
    dtypes: tuple[str, ...]
    litert: str
    onnx: str
    c: tuple[str, ...]
    litert_bound: str
    onnx_bound: str
    constraints: tuple[str, ...]


def support_rows() -> tuple[SupportRow, ...]:
    """All operators in the order of OPS."""
    return tuple(_row(operator) for operator in OPS.values())


def markdown() -> str:
    """The table for documentation."""
    lines = [
        "| operator | types | LiteRT | ONNX | C kernels | int8 against LiteRT | int8 in ONNX Runtime | constraints |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in support_rows():
        kernels = ", ".join(f"`{k}`" for k in row.c) or "none"
        cells = [f"`{row.op}`", ", ".join(row.dtypes), row.litert, row.onnx, kernels, row.litert_bound, row.onnx_bound]
        lines.append(f"| {' | '.join([*cells, '; '.join(row.constraints)])} |")
    return "\n".join(lines) + "\n"


def _row(operator: Operator[Any]) -> SupportRow:
    litert, onnx = operator.litert, operator.onnx
    return SupportRow(
        operator.name,
        tuple(d.value for d in operator.dtypes),
        litert.builtin if isinstance(litert, LiteRT) else _no(litert),
        (f"{onnx} (float32)" if operator.onnx_s8 else onnx) if isinstance(onnx, str) else _no(onnx),
        operator.kernels,
        _bound(operator.litert_bound, operator.litert_bound_reason),
        _no(operator.onnx_s8) if operator.onnx_s8 else _bound(operator.onnx_bound, operator.onnx_bound_reason),
        tuple(" ".join((rule.__doc__ or rule.__name__).split()).rstrip(".") for rule in operator.constraints),
    )


def _no(mapping: Unsupported) -> str:
    return f"no: {mapping.reason}"


def _bound(bound: int, reason: str) -> str:
    return f"±{bound}: {reason}" if bound else "exact"
