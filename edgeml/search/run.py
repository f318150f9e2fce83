"""The search: repairs, then int16 activations, until the accuracy is kept; then fewer bits in as many layers as it
allows, or as flash asks for; verified on held-out samples at each step, and backed off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from edgeml.bench.progress import Progress
from edgeml.errors import QuantizationError
from edgeml.ir import Array, Graph
from edgeml.passes import canonicalize
from edgeml.quantize import QuantizeResult, Recipe
from edgeml.quantize import quantize as quantize_graph
from edgeml.quantize.quantizer import weighted_layers
from edgeml.search.cost import Pricing, measured, pricing
from edgeml.search.judge import Judge
from edgeml.search.limits import Limits, lost
from edgeml.search.memo import Memo, key_of
from edgeml.search.order import BITS, Cheapest, Order, Step, order, savings, with_bits, with_errors
from edgeml.search.result import Budgeted, Trial
from edgeml.search.wider import costliest_layers

# single layers that are tried beyond the first that loses too much
_SKIPS = 3


def quantize_to_budget(
    graph: Graph,
    x: Array,
    held_x: Array,
    held_y: Array | None,
    limits: Limits,
    target: str,
    *,
    recipe: Recipe | None = None,
    prices: Pricing | None = None,
    cheapest: Cheapest = "instructions",
    toolchain: str = "zig",
    memo: Path | None = None,
    quiet: bool = True,
) -> Budgeted:
    """The cheapest int8 form of the float `graph` on `target` (a core or a board) that keeps to `limits`.

    Calibrated on `x` (N, …), judged on `held_x` (M, …) with labels `held_y` (without them the float graph's own
    predictions are the truth), all float32 but the labels; the two must be different samples. `cheapest` says what
    counts first; `memo` is a file that keeps what was measured. Prices without a yardstick are completed by one build,
    measured for code, stack and cycles. Raises UsageError, QuantizationError, UnsupportedError.
    """
    if not len(held_x):
        raise QuantizationError("the search needs held-out samples to judge by. Give a larger data set.")
    graph = canonicalize(graph)
    kept = Memo(memo, key_of(graph, x, held_x, held_y))
    with Progress(quiet) as progress:
        search = _Search(graph, x, Judge.of(graph, held_x, held_y), limits, target, kept, progress)
        return search.run(recipe or Recipe(), prices or pricing(target), cheapest, toolchain)


class _Search:
    def __init__(
        self, graph: Graph, x: Array, judge: Judge, limits: Limits, target: str, memo: Memo, progress: Progress
    ) -> None:
        self._graph, self._x, self._judge, self._limits = graph, x, judge, limits
        self._target, self._memo, self._progress = target, memo, progress
        self._trials: dict[str, Trial] = {}
        self._latest: tuple[Recipe, QuantizeResult] | None = None
        self._prices = Pricing()

    def run(self, base: Recipe, prices: Pricing, cheapest: Cheapest, toolchain: str) -> Budgeted:
        notes = [f"went on from {self._memo.resumed} measurements"] if self._memo.resumed else []
        task = self._progress.task("repairs", 1)
        self._prices = prices
        result = self._quantized(base)
        if prices.yardstick is None:
            yardstick, reason = measured(result.graph, self._target, prices, toolchain)
            self._prices = replace(prices, yardstick=yardstick)
            if reason:
                notes.append(f"code, stack and time are not counted: {reason}")
        start = self._repaired(base)
        self._progress.advance(task, 1)
        result = self._quantized(start.recipe)
        steps = self._steps(result, start.recipe)
        self._fewer_bits(start, order(steps, cheapest))
        self._other_aims()
        chosen = self._choose(cheapest)
        trials = tuple(self._trials.values())
        found = self._quantized(chosen.recipe)
        return Budgeted(
            chosen, found, trials, len(weighted_layers(found.float_graph)), tuple(notes),
            {s.layer: s.error for s in steps},
        )  # fmt: skip

    def _quantized(self, recipe: Recipe) -> QuantizeResult:
        if self._latest is None or self._latest[0] != recipe:
            self._latest = recipe, quantize_graph(self._graph, self._x, recipe)
        return self._latest[1]

    def _try(self, name: str, recipe: Recipe) -> Trial:
        where = f"{self._target} {self._prices.optimize} {self._prices.yardstick}"
        known = self._memo.trial(recipe, where)
        if known is None:
            graph = self._quantized(recipe).graph
            known = self._judge.accuracy(graph), self._prices.cost(graph)
            self._memo.keep_trial(recipe, where, *known)
        trial = Trial(name, recipe, *known, misses=self._limits.misses(*known))
        self._trials.setdefault(name, trial)
        return trial

    def _repaired(self, base: Recipe) -> Trial:
        """int8 with the first repairs that keep the accuracy, then with int16 in some, or else what keeps most."""
        tried = []
        for name, recipe in _repairs(base):
            tried.append(self._try(name, recipe))
            if self._limits.holds(tried[-1].accuracy):
                return tried[-1]
        best = min(tried, key=lambda t: lost(t.accuracy))
        return self._wider(best) or best

    def _wider(self, best: Trial) -> Trial | None:
        """int16 activations in the layers that cost most, in twice as many each time until the accuracy is kept."""
        layers = costliest_layers(self._quantized(best.recipe), self._x)
        counts = sorted({min(2**i, len(layers)) for i in range(len(layers).bit_length() + 1)} - {0})
        for count in counts:
            wide = {**best.recipe.activation_bits, **dict.fromkeys(layers[:count], 16)}
            name = f"int16 activations in {count} layer{'s' if count != 1 else ''}, else {best.name}"
            trial = self._try(name, replace(best.recipe, activation_bits=wide))
            if self._limits.holds(trial.accuracy):
                return trial
        return None

    def _steps(self, result: QuantizeResult, recipe: Recipe) -> tuple[Step, ...]:
        steps = savings(result, recipe, self._prices)
        layers = tuple(s.layer for s in steps)
        known = self._memo.errors(recipe, layers)
        if known is not None or not steps:
            return tuple(replace(s, error=(known or {})[s.layer]) for s in steps)
        task = self._progress.task("layers, one at a time", len(steps))
        steps = with_errors(steps, result, recipe, self._x, lambda: self._progress.advance(task, 1))
        self._memo.keep_errors(recipe, {s.layer: s.error for s in steps})
        return steps

    def _fewer_bits(self, start: Trial, found: Order) -> None:
        """Tries few bits in the first layers of the order: as many as keep the accuracy, as far as it is of use."""
        over = 0 if self._limits.max_flash is None else start.cost.flash - self._limits.max_flash
        most = min(max(found.wanted, found.needed(over)), len(found.steps))
        names = tuple(s.layer for s in found.steps)
        if not most:
            return
        task = self._progress.task("layers together", most.bit_length() + 1)

        def holds(layers: tuple[str, ...]) -> bool:
            trial = self._try(_name(start, len(layers)), with_bits(start.recipe, layers))
            self._progress.advance(task, 1)
            return self._limits.holds(trial.accuracy)

        if holds(names[:most]):
            if most > 1:
                # one point between both ends, so that the table shows what lies there
                holds(names[: most // 2])
            return
        good, bad = 0, most
        while bad - good > 1:
            middle = (good + bad) // 2
            good, bad = (middle, bad) if holds(names[:middle]) else (good, middle)
        kept = names[:good]
        for number, other in enumerate(names[good + 1 : min(good + 1 + _SKIPS, most)]):
            tried = (*kept, other)
            trial = self._try(f"{_name(start, len(tried))}, other choice {number + 1}", with_bits(start.recipe, tried))
            kept = tried if self._limits.holds(trial.accuracy) else kept

    def _other_aims(self) -> None:
        """The same recipes with smaller kernels, where they keep the accuracy and only cost too much."""
        fitting = [t for t in self._trials.values() if self._limits.holds(t.accuracy)]
        if not fitting or any(not t.misses for t in fitting):
            return
        least = min(fitting, key=lambda t: (self._overshoot(t), t.cost.instructions))
        for aim in ("size", "ram", "speed"):
            if aim != self._prices.optimize:
                cost = self._prices.cost(self._quantized(least.recipe).graph, aim)
                name = f"{least.name}, kernels for {aim}"
                self._trials[name] = replace(
                    least, name=name, cost=cost, misses=self._limits.misses(least.accuracy, cost)
                )

    def _choose(self, cheapest: Cheapest) -> Trial:
        trials = list(self._trials.values())
        fitting = [t for t in trials if not t.misses]
        if not fitting:
            return min(trials, key=self._overshoot)

        def price(t: Trial) -> tuple[float, ...]:
            first = (t.cost.instructions, t.cost.flash)
            return (*(first if cheapest == "instructions" else first[::-1]), t.cost.ram, lost(t.accuracy))

        return min(fitting, key=price)

    def _overshoot(self, t: Trial) -> float:
        """How far a trial is beyond the budget: the sum of the parts by which it is."""
        limits, cost = self._limits, t.cost
        parts = [(lost(t.accuracy) - limits.max_drop) / max(limits.max_drop, 0.1)]
        pairs = ((cost.flash, limits.max_flash), (cost.ram, limits.max_ram), (cost.ms, limits.max_latency))
        parts += [got / most - 1 for got, most in pairs if got is not None and most is not None]
        return sum(max(0.0, p) for p in parts)


def _repairs(base: Recipe) -> Iterator[tuple[str, Recipe]]:
    """Recipes that cost nothing on the device, from the most likely one on."""
    others = (
        ("int8, weights rounded together", replace(base, rounding="learned")),
        ("int8, ranges of least squared error", replace(base, observer="mse")),
        ("int8, equalised", replace(base, equalize=True)),
        ("int8, ranges that clip nothing", replace(base, observer="minmax")),
        ("int8, each weight rounded to the nearest", replace(base, rounding="nearest")),
    )
    yield "int8", base
    yield from ((name, recipe) for name, recipe in others if recipe != base)


def _name(start: Trial, layers: int) -> str:
    return f"int{BITS} weights in {layers} layer{'s' if layers != 1 else ''}, else {start.name}"
