"""How sparsity grows while a model is fine-tuned."""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.errors import UsageError


@dataclass(frozen=True)
class PolynomialSchedule:
    """Gradual pruning: `s(t) = final + (initial - final) * (1 - t)^power`, t from 0 to 1 between `begin` and `end`.

    Steps count optimiser updates. Zhu and Gupta, "To prune, or not to prune" (2017), equation 1, with power 3.
    """

    final: float
    begin: int
    end: int
    initial: float = 0.0
    power: float = 3.0

    def __post_init__(self) -> None:
        for name, value in (("initial", self.initial), ("final", self.final)):
            if not 0.0 <= value < 1.0:
                raise UsageError(f"{name} sparsity must be at least 0 and below 1. Got {value}.")
        if self.end <= self.begin:
            raise UsageError(f"the schedule must end after it begins. Got begin {self.begin}, end {self.end}.")

    def sparsity(self, step: int) -> float:
        """Share of weights that are zero at `step`."""
        t = min(max((step - self.begin) / (self.end - self.begin), 0.0), 1.0)
        return float(self.final + (self.initial - self.final) * (1.0 - t) ** self.power)
