"""An explanation as the page shows it: the layers that cost something, and those that hardly do."""

from __future__ import annotations

from edgeml.bench.record_explanation import Explanation, LayerLoss

# layers below this share of the error stand behind a fold, unless there are few or something is known about them
_SMALL, _FEW = 0.01, 16

Layers = tuple[LayerLoss, ...]


def by_cost(explanation: Explanation) -> tuple[Layers, Layers]:
    """The layers with a share of the error of 1 % or more, a reason or a restored score, and the others; each ranked.

    Of a small model all layers are in the first part.
    """
    ranked = explanation.ranked
    if len(ranked) <= _FEW:
        return ranked, ()
    costly = tuple(x for x in ranked if x.share >= _SMALL or x.reasons or x.restored_db is not None)
    return costly, tuple(x for x in ranked if x not in costly)
