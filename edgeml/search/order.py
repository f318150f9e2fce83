"""In which order layers get fewer bits: least error for what it saves first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, get_args

from edgeml.errors import UsageError
from edgeml.ir import Array
from edgeml.quantize import QuantizeResult, Recipe
from edgeml.search.cost import Pricing
from edgeml.search.sensitivity import coarser, rounded_layers, sensitivities

Cheapest = Literal["instructions", "bytes"]
BITS = 4


@dataclass(frozen=True)
class Step:
    """A layer with fewer bits: what it saves (negative: costs more), and the error of the scores that it adds, as a
    part of the signal."""

    layer: str
    instructions: int
    flash: int
    error: float


@dataclass(frozen=True)
class Order:
    """`steps` in the order in which they are taken: the first `wanted` make the model cheaper, the others only smaller
    at a price in instructions, for where flash is short."""

    steps: tuple[Step, ...]
    wanted: int

    def needed(self, surplus: int) -> int:
        """How many steps save `surplus` bytes of flash; one more than there are where none do."""
        saved = 0
        for count, step in enumerate((None, *self.steps)):
            saved += step.flash if step is not None else 0
            if saved >= surplus:
                return count
        return len(self.steps) + 1


def check_cheapest(name: str) -> Cheapest:
    """`name` as an aim of the search; UsageError lists them."""
    for aim in get_args(Cheapest):
        if aim == name:
            return aim  # type: ignore[no-any-return]
    raise UsageError(f"--cheapest '{name}': choose from {', '.join(get_args(Cheapest))}.")


def with_bits(recipe: Recipe, layers: tuple[str, ...]) -> Recipe:
    """The recipe with few bits in these layers."""
    return replace(recipe, weight_bits={**recipe.weight_bits, **dict.fromkeys(layers, BITS)})


def savings(result: QuantizeResult, recipe: Recipe, prices: Pricing) -> tuple[Step, ...]:
    """What each layer of the int8 graph saves with few bits, where it saves anything; errors are not yet known."""
    found = []
    for layer in rounded_layers(result):
        if layer in recipe.weight_bits:
            continue
        few = coarser(result, layer, with_bits(recipe, (layer,)))
        before, after = (
            prices.layer(next(b for b in graph.bound() if b.name == layer)) for graph in (result.graph, few)
        )
        step = Step(layer, before.instructions - after.instructions, before.flash - after.flash, 0.0)
        if step.instructions > 0 or step.flash > 0:
            found.append(step)
    return tuple(found)


def with_errors(
    steps: tuple[Step, ...], result: QuantizeResult, recipe: Recipe, x: Array, done: Callable[[], None]
) -> tuple[Step, ...]:
    """The steps with their errors on samples `x`."""
    recipes = {s.layer: with_bits(recipe, (s.layer,)) for s in steps}
    errors = sensitivities(result, x, recipes, done)
    return tuple(replace(s, error=errors[s.layer]) for s in steps)


def order(steps: tuple[Step, ...], cheapest: Cheapest) -> Order:
    """The steps that save what `cheapest` asks for, by error for each saving, then those that save flash only."""

    def gain(step: Step) -> int:
        return step.instructions if cheapest == "instructions" else step.flash

    def cheaper(step: Step) -> bool:
        # as many instructions and fewer bytes are cheaper too
        return gain(step) > 0 or (gain(step) == 0 and step.flash + step.instructions > 0)

    wanted = sorted((s for s in steps if cheaper(s)), key=lambda s: max(s.error, 0.0) / max(gain(s), 1))
    others = sorted(
        (s for s in steps if not cheaper(s) and s.flash > 0), key=lambda s: max(s.error, 0.0) / max(s.flash, 1)
    )
    return Order((*wanted, *others), len(wanted))
