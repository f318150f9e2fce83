"""What `edgeml quantize` prints beside its table of layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeml.quantize import Repair


def repair_lines(repairs: Sequence[Repair]) -> list[str]:
    """A sentence for each kind of repair: in how many layers it was kept, and where it was undone."""
    lines = []
    for method in dict.fromkeys(r.method for r in repairs):
        tried = [r for r in repairs if r.method == method]
        undone = [r.layer for r in tried if not r.kept]
        text = f"{method}: kept in {len(tried) - len(undone)} of {len(tried)} layers"
        if undone:
            text += f"; undone, because held-out samples did not gain by it, in {', '.join(undone)}"
        lines.append(text)
    return lines
