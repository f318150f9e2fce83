"""Figures of a record that the terminal and the page both show."""

from __future__ import annotations

from edgeml.bench.record import Agreement, BoardFit, FileSize, Record
from edgeml.report import format as f

FLOAT_VARIANT = "float32"


def models(records: tuple[Record, ...]) -> tuple[str, ...]:
    """Names of the models, in the order of the records."""
    return tuple(dict.fromkeys(r.model for r in records))


def variants(records: tuple[Record, ...]) -> tuple[str, ...]:
    """Names of the variants, in the order of the records."""
    return tuple(dict.fromkeys(r.variant for r in records))


def of_variant(records: tuple[Record, ...], variant: str) -> tuple[Record, ...]:
    """The records of one variant, on all targets."""
    return tuple(r for r in records if r.variant == variant)


def leading(records: tuple[Record, ...]) -> Record:
    """The record with the accuracy on the most samples, else the first."""
    return max(records, key=lambda r: r.accuracy.n if r.accuracy else -1)


def agreement_text(record: Record) -> str:
    """How the outputs compare with the reference: identical, or how many differ and by how much."""
    if record.agreement is None:
        return "reference" if record.agreements else f.DASH
    return agreement_phrase(record.agreement)


def agreement_phrase(found: Agreement) -> str:
    """One comparison in words."""
    if found.mismatched_outputs == 0:
        return f"identical ({found.samples:,})"
    if not float(found.max_abs_diff).is_integer():
        # float outputs: summation order alone changes the last bits of most of them
        return f"max diff {found.max_abs_diff:.1e}"
    return f"{found.mismatched_outputs:,} differ, ≤ {found.max_abs_diff:,.0f}"


def is_identical(record: Record) -> bool:
    """Whether every output equals the reference's."""
    return record.agreement is not None and record.agreement.mismatched_outputs == 0


def fastest_board(record: Record) -> BoardFit | None:
    """The board with the shortest time that the model fits; None when no cycles were modelled."""
    timed = [b for b in record.boards if b.ms is not None and b.fits]
    return min(timed, key=lambda b: (b.ms or 0.0, b.name), default=None)


def file_size(record: Record, name: str = "model.tflite") -> FileSize | None:
    """The exported file called `name`, else the first there is."""
    return next((s for s in record.files if s.name == name), record.files[0] if record.files else None)


def macs(record: Record) -> int:
    """Multiply-accumulates of one inference."""
    return sum(layer.macs for layer in record.layers)


def per_mac(instructions: int | None, macs_: int) -> float | None:
    """Instructions for each multiply-accumulate; None without either."""
    return None if instructions is None or macs_ == 0 else instructions / macs_
