"""One function a kind of operator: it takes activations of a draft and appends a node, or gives up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.random_graphs.draft import Draft
from tests.random_graphs.growers import images, pointwise, structure, weighted

Grower = Callable[[Draft], str | None]
_FAMILIES: tuple[Mapping[str, Grower], ...] = (weighted.GROWERS, pointwise.GROWERS, structure.GROWERS, images.GROWERS)
# operator -> grower
GROWERS: Mapping[str, Grower] = {op: grower for family in _FAMILIES for op, grower in family.items()}

__all__ = ["GROWERS"]
