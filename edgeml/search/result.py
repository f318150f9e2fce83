"""What a search finds: trials of recipes, the chosen one, and which of them no other beats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from edgeml.bench.record import Accuracy
from edgeml.quantize import QuantizeResult, Recipe
from edgeml.search.cost import Cost
from edgeml.search.limits import lost


@dataclass(frozen=True)
class Trial:
    """A recipe, tried: `name` in a few words, accuracy on held-out samples and
    cost; `misses` says what is beyond the budget."""

    name: str
    recipe: Recipe
    accuracy: Accuracy
    cost: Cost
    misses: tuple[str, ...] = ()

    @property
    def bits(self) -> Mapping[str, int]:
        """Bits of the weights, and of activations, by layer, where they are not 8."""
        wide = {f"{n} (activations)": b for n, b in self.recipe.activation_bits.items() if b != 8}
        return {**self.recipe.weight_bits, **wide}


@dataclass(frozen=True, eq=False)
class Budgeted:
    """`chosen` is the cheapest trial within the budget and `result` its graph; where none is, `chosen` is the nearest
    miss. `trials` are in the order in which they were made; `layers` is how many have weights; `notes` say what could
    not be counted."""

    chosen: Trial
    result: QuantizeResult
    trials: tuple[Trial, ...]
    layers: int
    notes: tuple[str, ...] = ()
    sensitivity: Mapping[str, float] = field(default_factory=dict)

    @property
    def fits(self) -> bool:
        """Whether the chosen recipe is within the budget."""
        return not self.chosen.misses


def pareto(trials: Sequence[Trial]) -> tuple[Trial, ...]:
    """The trials that no other equals or beats in all of accuracy, instructions, flash and RAM."""
    return tuple(t for t in trials if not any(_beats(other, t) for other in trials))


def _beats(a: Trial, b: Trial) -> bool:
    first, second = (_figures(t) for t in (a, b))
    return first != second and all(x <= y for x, y in zip(first, second, strict=True))


def _figures(t: Trial) -> tuple[float, ...]:
    return lost(t.accuracy), t.cost.instructions, t.cost.flash, t.cost.ram
