"""What a recipe may cost and lose, and by how much one misses it, in words."""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.bench.record import Accuracy
from edgeml.errors import UsageError
from edgeml.search.cost import Cost


@dataclass(frozen=True)
class Limits:
    """`max_drop` is the most that may be lost on held-out samples: points of accuracy (of AUC, times 100), percent of
    an RMSE. `max_flash` and `max_ram` are bytes, `max_latency` milliseconds; None is no limit.
    """

    max_drop: float
    max_flash: int | None = None
    max_ram: int | None = None
    max_latency: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.max_drop <= 100:
            raise UsageError(f"max drop: must lie between 0 and 100 points. Got {self.max_drop}.")
        for name in ("max_flash", "max_ram", "max_latency"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise UsageError(f"{name.replace('_', ' ')}: must be positive. Got {value}.")

    def holds(self, accuracy: Accuracy) -> bool:
        """Whether no more than `max_drop` is lost."""
        return lost(accuracy) <= self.max_drop + 1e-9

    def over(self, cost: Cost) -> tuple[str, ...]:
        """What the cost misses, each in a few words; empty when it is within the limits."""
        found = []
        for what, got, most, unit in (
            ("flash", cost.flash, self.max_flash, "bytes"),
            ("RAM", cost.ram, self.max_ram, "bytes"),
        ):
            if most is not None and got > most:
                found.append(f"{what} {got:,} {unit}, {got - most:,} too many")
        if self.max_latency is not None and cost.ms is not None and cost.ms > self.max_latency:
            found.append(f"latency {cost.ms:.3g} ms, {cost.ms - self.max_latency:.2g} ms too long")
        return tuple(found)

    def misses(self, accuracy: Accuracy, cost: Cost) -> tuple[str, ...]:
        """What accuracy and cost miss; empty for a recipe within the budget."""
        loss = () if self.holds(accuracy) else (f"loses {lost(accuracy):.2f}, {self.max_drop:g} allowed",)
        return (*loss, *self.over(cost))


def lost(accuracy: Accuracy) -> float:
    """What is lost against float32, in the unit of `Limits.max_drop`; negative for a gain."""
    assert accuracy.delta is not None and accuracy.float_value is not None
    if accuracy.metric == "rmse":
        return 100.0 * accuracy.delta / max(accuracy.float_value, 1e-30)
    return -100.0 * accuracy.delta
