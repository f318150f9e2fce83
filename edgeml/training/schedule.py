"""Learning rates over the steps of a training."""

from __future__ import annotations

import math


def cosine_rate(peak: float, step: int, total: int, warmup: int = 0) -> float:
    """Linear rise over `warmup` steps, then half a cosine from `peak` to zero at `total`.

    Loshchilov and Hutter 2017 (arXiv:1608.03983), one cycle without restarts.
    """
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = (step - warmup) / max(total - warmup, 1)
    return peak * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
