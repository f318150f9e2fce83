"""The search finds the cheapest recipe that keeps the accuracy and the limits, and says what it missed."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.c99.selection import Optimize
from edgeml.backends.c99.selection.kernel import Cost as LayerCost
from edgeml.bench.record import Accuracy
from edgeml.errors import QuantizationError, UnsupportedError, UsageError
from edgeml.interpreter import run_single
from edgeml.ir import Array, BoundNode, Graph, GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.quantize import Recipe, quantize
from edgeml.search import Limits, Trial, quantize_to_budget
from edgeml.search import run as search_run
from edgeml.search.cost import Cost, Pricing, Yardstick, measured, pricing
from edgeml.search.judge import Judge
from edgeml.search.limits import lost
from edgeml.search.order import Step, order, with_bits
from edgeml.search.result import pareto
from edgeml.search.sensitivity import coarser, rounded_layers, sensitivities
from edgeml.search.wider import costliest_layers
from tests.quantize.networks import near_constant
from tests.stateful import delay_line, frames


@dataclass(frozen=True)
class Packed(Pricing):
    """One instruction a multiplication, half a byte for weights within ±7, at `toll` instructions a layer: costs that
    do not depend on the kernels there are."""

    toll: int = 0

    def cost(self, graph: Graph, optimize: Optimize | None = None) -> Cost:
        layers = [self.layer(b) for b in graph.bound() if OPS[b.node.op].weight_axis is not None]
        smaller = 1000 if optimize == "size" else 0
        flash, instructions = sum(c.flash for c in layers) - smaller, sum(c.instructions for c in layers) + smaller
        return Cost(instructions, flash, 1000, None, optimize or self.optimize)

    def layer(self, bound: BoundNode) -> LayerCost:
        weights = bound.input(1)
        assert weights.data is not None
        few = bool(np.abs(weights.data).max() <= 7)
        macs, size = OPS[bound.node.op].macs(bound), weights.type.elements
        return LayerCost(macs + self.toll * few, size // 2 if few else size, 0)


def _prices(toll: int = 0) -> Packed:
    return Packed(yardstick=Yardstick(), toll=toll)


@pytest.fixture(scope="module")
def net() -> tuple[Graph, Array, Array, Array]:
    """A classifier that is right on the classes it gives itself; the first layer is small and feels few bits most."""
    rng = np.random.default_rng(0)
    b = GraphBuilder("net", OPS)

    def weights(name: str, *shape: int) -> str:
        return b.constant(name, rng.normal(size=shape).astype(np.float32))

    def conv(x: str, w: str, name: str) -> str:
        attrs = Conv2DAttrs(padding=(1, 1, 1, 1), activation=Activation.RELU)
        return b.add("conv_2d", [x, w, ""], attrs, name=name)

    first = rng.normal(size=(6, 3, 3, 2)).astype(np.float32)
    # one large weight makes four bits coarse for all others, and the input has little of it
    first[:, 1, 1, 0] = 6.0
    y = conv(b.input("x", (1, 6, 6, 2)), b.constant("w0", first), "first")
    y = conv(y, weights("w1", 12, 3, 3, 6), "second")
    y = conv(y, weights("w2", 12, 3, 3, 12), "third")
    y = b.add("fully_connected", [y, weights("w3", 4, 6 * 6 * 12), ""], FullyConnectedAttrs(), name="dense")
    graph = b.build([y])
    x = rng.normal(size=(500, 6, 6, 2)).astype(np.float32) + np.float32(0.5)
    x[..., 0] *= np.float32(0.02)
    scores = run_single(graph, x)
    return graph, x[:128], x[128:], scores[128:].argmax(axis=1)


def test_layers_get_few_bits_as_long_as_the_accuracy_holds(net: tuple[Graph, Array, Array, Array]) -> None:
    graph, x, held, y = net
    found = quantize_to_budget(graph, x, held, y, Limits(3.0), "cortex-m4", prices=_prices())
    assert found.fits and lost(found.chosen.accuracy) <= 3.0
    base = found.trials[0]
    assert base.name == "int8" and not base.bits
    assert 0 < len(found.chosen.bits) < 4 and found.chosen.cost.flash < base.cost.flash
    # all four were too many
    assert any(len(t.bits) == 4 and t.misses for t in found.trials)
    assert "first" not in found.chosen.bits and max(found.sensitivity, key=found.sensitivity.__getitem__) == "first"
    assert sorted(found.sensitivity.values())[0] > 0
    codes = {b.name: b.input(1).data for b in found.result.graph.bound()}
    assert all(bool(np.abs(codes[name]).max() <= 7) is (name in found.chosen.bits) for name in codes)


def test_beyond_a_layer_that_loses_too_much_others_are_tried(net: tuple[Graph, Array, Array, Array]) -> None:
    graph, x, held, y = net
    found = quantize_to_budget(graph, x, held, y, Limits(4.25), "cortex-m4", prices=_prices())
    prefixes = [t for t in found.trials if "other choice" not in t.name and not t.misses]
    assert found.fits and "other choice" in found.chosen.name
    assert found.chosen.cost.flash < min(t.cost.flash for t in prefixes)


def test_the_choice_is_verified_not_estimated(net: tuple[Graph, Array, Array, Array]) -> None:
    graph, x, held, y = net
    found = quantize_to_budget(graph, x, held, y, Limits(4.0), "cortex-m4", prices=_prices())
    again = Judge.of(graph, held, y).accuracy(quantize(graph, x, found.chosen.recipe).graph)
    assert again == found.chosen.accuracy


def test_few_bits_that_cost_instructions_are_for_flash_that_is_short(net: tuple[Graph, Array, Array, Array]) -> None:
    graph, x, held, y = net
    plenty = quantize_to_budget(graph, x, held, y, Limits(4.0), "cortex-m4", prices=_prices(toll=100))
    assert plenty.chosen.name == "int8" and len(plenty.trials) == 1
    small = quantize_to_budget(graph, x, held, y, Limits(4.0), "cortex-m4", prices=_prices(100), cheapest="bytes")
    assert small.chosen.bits
    limit = plenty.chosen.cost.flash - 500
    short = quantize_to_budget(graph, x, held, y, Limits(4.0, max_flash=limit), "cortex-m4", prices=_prices(toll=100))
    assert short.fits and short.chosen.cost.flash <= limit
    # no more layers than flash asks for
    assert len(short.chosen.bits) < len(small.chosen.bits)


def test_where_nothing_fits_the_nearest_miss_is_told(net: tuple[Graph, Array, Array, Array]) -> None:
    graph, x, held, y = net
    found = quantize_to_budget(graph, x, held, y, Limits(4.0, max_flash=1000), "cortex-m4", prices=_prices())
    assert not found.fits and all(t.misses for t in found.trials)
    assert "flash" in " ".join(found.chosen.misses) and "too many" in " ".join(found.chosen.misses)
    sizes = [t.cost.flash for t in found.trials if "loses" not in " ".join(t.misses)]
    assert found.chosen.cost.flash <= min(sizes)


def test_smaller_kernels_are_tried_before_a_board_is_too_small(net: tuple[Graph, Array, Array, Array]) -> None:
    graph, x, held, y = net
    # less than the int8 model, which loses nothing to speak of, and more than it takes with kernels for size
    limits = Limits(1.5, max_flash=_prices().cost(quantize(graph, x).graph).flash - 900)
    found = quantize_to_budget(graph, x, held, y, limits, "cortex-m4", prices=_prices(toll=10))
    assert found.fits and found.chosen.cost.optimize == "size" and "kernels for size" in found.chosen.name
    assert found.chosen.cost.flash <= limits.max_flash


def test_repairs_are_tried_when_int8_loses_too_much(net: tuple[Graph, Array, Array, Array]) -> None:
    graph, x, held, y = net
    poor = Recipe.plain(observer="percentile", percentile=60.0)
    found = quantize_to_budget(graph, x, held, y, Limits(2.0), "cortex-m4", prices=_prices(10**6), recipe=poor)
    names = [t.name for t in found.trials]
    assert names[0] == "int8" and found.trials[0].misses and "int8, weights rounded together" in names
    assert lost(found.chosen.accuracy) < lost(found.trials[0].accuracy) and "ranges" in found.chosen.name


def test_int16_activations_are_for_the_layers_that_cost_most(
    net: tuple[Graph, Array, Array, Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, x, held, y = net
    # here a repair is enough: leave them out
    monkeypatch.setattr(search_run, "_repairs", lambda base: [("int8", base)])
    found = quantize_to_budget(graph, x, held, y, Limits(0.25), "cortex-m4", prices=_prices(toll=10**6))
    assert found.trials[0].name == "int8" and found.trials[0].misses
    assert found.fits and "int16 activations in" in found.chosen.name and lost(found.chosen.accuracy) <= 0.25
    wide = found.chosen.recipe.activation_bits
    assert 0 < len(wide) < 4 and set(wide.values()) == {16}
    first = costliest_layers(quantize(graph, x, found.trials[0].recipe), x)
    assert len(first) == 4 and set(wide) <= set(first)
    types = {b.name: b.output.dtype.value for b in found.result.graph.bound()}
    assert all(types[name] == "int16" for name in wide)


def test_the_layer_that_loses_most_is_the_first_to_be_int16() -> None:
    graph, x = near_constant()
    layers = costliest_layers(quantize(graph, x, Recipe.plain()), x)
    assert layers[0] == "depthwise" and set(layers) == {"first", "depthwise", "last", "dense"}


def test_a_search_goes_on_where_it_was_stopped(
    net: tuple[Graph, Array, Array, Array], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, x, held, y = net
    memo = tmp_path / "m.search.json"
    arguments = (graph, x, held, y, Limits(4.0), "cortex-m4")
    whole = quantize_to_budget(*arguments, prices=_prices())
    calls = 0

    def stopped(*args: object, **kwargs: object):
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return quantize(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(search_run, "quantize_graph", stopped)
    with pytest.raises(KeyboardInterrupt):
        quantize_to_budget(*arguments, prices=_prices(), memo=memo)
    assert memo.is_file()
    kept = len(json.loads(memo.read_text())["found"])
    assert kept >= 2
    monkeypatch.undo()
    judged = []
    monkeypatch.setattr(Judge, "accuracy", lambda self, g, real=Judge.accuracy: judged.append(1) or real(self, g))
    resumed = quantize_to_budget(*arguments, prices=_prices(), memo=memo)
    assert resumed.chosen == whole.chosen and resumed.trials == whole.trials
    assert len(judged) < len(whole.trials) and f"went on from {kept} measurements" in resumed.notes
    # of another model nothing is taken over
    other = quantize_to_budget(graph, x[:100], *arguments[2:], prices=_prices(), memo=memo)
    assert not other.notes


def test_a_layer_alone_is_as_costly_as_the_whole_quantiser_finds_it(net: tuple[Graph, Array, Array, Array]) -> None:
    graph, x, _, _ = net
    result = quantize(graph, x)
    layers = tuple(rounded_layers(result))
    assert layers == ("first", "second", "third", "dense")
    errors = sensitivities(result, x, {name: with_bits(Recipe(), (name,)) for name in layers})
    exact = run_single(result.float_graph, x)
    judge = Judge.of(graph, x)

    def whole(name: str) -> float:
        other = quantize(graph, x, with_bits(Recipe(), (name,))).graph
        return lost(judge.accuracy(other))

    assert exact.shape == (len(x), 4)
    assert errors["first"] > 2 * max(errors[n] for n in layers[1:]) and all(e > 0 for e in errors.values())
    assert whole("first") > max(whole(n) for n in layers[1:])
    # eight bits again change nothing but rounding
    same = sensitivities(result, x, {"second": Recipe(rounding="nearest")})
    assert abs(same["second"]) < min(errors.values()) / 10


def test_a_coarser_layer_keeps_its_bias(net: tuple[Graph, Array, Array, Array]) -> None:
    graph, x, _, _ = net
    result = quantize(graph, x)
    few = coarser(result, "second", with_bits(Recipe(), ("second",)))
    before, after = (next(b for b in g.bound() if b.name == "second") for g in (result.graph, few))
    reals = []
    for bound in (before, after):
        bias = bound.optional(2)
        assert bias is not None and bias.data is not None and bias.quantization is not None
        reals.append(bias.data * bias.quantization.scales.astype(np.float64))
    steps = after.input(1).quantization
    assert steps is not None
    np.testing.assert_allclose(*reals, atol=float(steps.scales.max()) * float(after.input(0).type.scale))


def test_the_order_takes_the_least_error_for_what_it_saves() -> None:
    steps = (Step("a", 0, 100, 1.0), Step("b", 0, 10, 0.01), Step("c", -50, 1000, 0.5), Step("d", 20, 0, 0.3))
    by_bytes = order(steps, "bytes")
    assert [s.layer for s in by_bytes.steps] == ["c", "b", "a", "d"] and by_bytes.wanted == 4
    fast = order(steps, "instructions")
    assert [s.layer for s in fast.steps] == ["b", "d", "a", "c"] and fast.wanted == 3
    assert [fast.needed(n) for n in (-5, 10, 11, 1111)] == [0, 1, 3, 5]


def test_a_point_between_both_ends_is_tried_too(net: tuple[Graph, Array, Array, Array]) -> None:
    graph, x, held, y = net
    found = quantize_to_budget(graph, x, held, y, Limits(50.0), "cortex-m4", prices=_prices())
    assert sorted(len(t.bits) for t in found.trials) == [0, 2, 4] and len(found.chosen.bits) == 4


def test_the_front_is_what_no_other_beats() -> None:
    def trial(name: str, delta: float, instructions: int, flash: int) -> Trial:
        accuracy = Accuracy("top1", 0.9 + delta, 100, (0.0, 1.0), 0.9, delta)
        return Trial(name, Recipe(), accuracy, Cost(instructions, flash, 10))

    trials = [trial("a", 0.0, 10, 100), trial("b", -0.01, 10, 50), trial("c", -0.02, 11, 60), trial("d", 0.0, 10, 100)]
    assert [t.name for t in pareto(trials)] == ["a", "b", "d"]


def test_what_is_lost_of_values_is_percent_of_their_error() -> None:
    worse = Accuracy("rmse", 1.1, 10, (0.0, 2.0), 1.0, 0.1)
    assert lost(worse) == pytest.approx(10.0) and not Limits(5.0).holds(worse) and Limits(10.0).holds(worse)
    assert lost(Accuracy("auc", 0.8, 10, (0.0, 1.0), 0.9, -0.1)) == pytest.approx(10.0)


def test_limits_and_models_that_make_no_sense_are_refused(net: tuple[Graph, Array, Array, Array]) -> None:
    graph, x, held, y = net
    with pytest.raises(UsageError, match="max drop"):
        Limits(-1.0)
    with pytest.raises(UsageError, match="max flash: must be positive"):
        Limits(1.0, max_flash=0)
    with pytest.raises(QuantizationError, match="held-out samples"):
        quantize_to_budget(graph, x, held[:0], y[:0], Limits(1.0), "cortex-m4", prices=_prices())
    stream = delay_line()
    with pytest.raises(UnsupportedError, match="only models with one input"):
        sensitivities(quantize(stream, frames(stream)), frames(stream)[stream.inputs[0]], {})


def test_a_build_gives_code_stack_and_cycles(net: tuple[Graph, Array, Array, Array]) -> None:
    pytest.importorskip("unicorn")
    graph, x, _, _ = net
    int8 = quantize(graph, x).graph
    prices = pricing("nucleo-l4r5zi")
    yardstick, reason = measured(int8, "nucleo-l4r5zi", prices, "zig")
    assert not reason and 1000 < yardstick.code < 30_000 and 0 < yardstick.ram < 4096
    assert yardstick.cycles is not None and 0.5 < yardstick.cycles < 3
    cost = replace(prices, yardstick=yardstick).cost(int8)
    assert cost.flash - prices.cost(int8).flash == yardstick.code and cost.ms is not None and cost.ms > 0
    assert measured(int8, "cortex-m4", prices, "no such compiler")[1]
