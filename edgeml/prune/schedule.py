"""How sparsity grows while a model is trained on."""

from __future__ import annotations


def polynomial_sparsity(step: int, *, start: int, end: int, initial: float, final: float, power: float = 3) -> float:
    """Sparsity at `step`: `initial` until `start`, `final` from `end` on, steep at first in between.

    Zhu and Gupta 2017 (arXiv:1710.01878), equation 1, with exponent `power`.
    """
    if step < start:
        return initial
    if step >= end:
        return final
    remaining = 1 - (step - start) / (end - start)
    return final + (initial - final) * remaining**power
