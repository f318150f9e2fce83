"""Channels of layers that compete go by their loss and by what they save."""

import numpy as np
import pytest

from edgeml.ir import Graph
from edgeml.prune.channels.cheapest import cheapest_channels, multiplications, saving_channels
from edgeml.prune.channels.choice import weakest_channels
from edgeml.prune.channels.dependencies import channel_dependencies
from edgeml.prune.channels.groups import channel_count, channel_groups
from edgeml.prune.channels.surgery import narrowed, remove_channels
from tests.graphs import small_cnn
from tests.prune.test_channels import branched, scores


def widths(graph: Graph) -> dict[str, int]:
    return {b.name: b.output.shape[-1] for b in graph.bound() if b.node.op in ("conv_2d", "fully_connected")}


def alike(graph: Graph) -> dict[str, np.ndarray]:
    """Scores by which all channels of a layer are worth the same."""
    return {name: np.ones_like(score) for name, score in scores(graph).items()}


def left(graph: Graph, share: float, multiple: int = 1, price=multiplications) -> dict[str, int]:
    return widths(remove_channels(graph, cheapest_channels(graph, alike(graph), share, multiple, price)))


@pytest.mark.parametrize("make", [branched, small_cnn])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9])
def test_at_least_the_share_goes_and_no_step_more(make, share):
    graph = make()
    total = channel_count(graph, scores(graph))
    gone = cheapest_channels(graph, scores(graph), share, 1)
    groups = channel_groups(graph, channel_dependencies(graph), scores(graph))
    # each group keeps one
    assert len(gone) == min(int(np.ceil(share * total - 1e-9)), total - len(groups))


@pytest.mark.parametrize("multiple", [2, 4])
def test_layers_keep_multiples_and_their_last(multiple):
    graph = small_cnn(channels=16)
    for share in (0.1, 0.3, 0.6, 0.99):
        found = left(graph, share, multiple)
        assert all(width % multiple == 0 and width for name, width in found.items() if name != "dense")
    assert left(graph, 0.99, multiple)["conv0"] == multiple


def test_a_layer_with_another_number_gives_up_what_is_over_first():
    graph = small_cnn(channels=10)
    assert left(graph, 0.01, 4)["conv0"] in (8, 10) and 8 in left(graph, 0.01, 4).values()


def test_a_layer_that_costs_more_loses_more():
    graph = small_cnn(channels=16)
    cheap, dear = (
        left(graph, 0.4, 1, lambda b, factor=factor: multiplications(b) * (factor if b.name == "conv0" else 1))
        for factor in (1, 1000)
    )
    assert dear["conv0"] < cheap["conv0"] and dear["conv1"] > cheap["conv1"]


def test_the_least_important_channels_of_a_layer_go_and_an_important_layer_keeps_its():
    graph = small_cnn(channels=16)
    worth = alike(graph)
    ids = channel_dependencies(graph).of
    # half of the last convolution is worth next to nothing
    worth["w1"] = worth["w1"].copy()
    worth["w1"][::2] *= 1e-3
    gone = cheapest_channels(graph, worth, 4 / 24, 1)
    assert gone == set(ids["conv1"][::2].tolist())


def test_a_layer_is_never_used_up_for_its_price():
    graph = small_cnn(channels=16)
    found = left(graph, 0.5, 1, lambda b: 1000.0 * multiplications(b) if b.name == "conv0" else multiplications(b))
    assert found["conv0"] > 1


def test_a_price_that_falls_in_steps_is_looked_ahead_of():
    graph = small_cnn(channels=16)

    def price(bound):
        return float(-(-bound.output.shape[-1] // 8)) if bound.node.op == "conv_2d" else 0.0

    gone = saving_channels(graph, alike(graph), 1.0, 4, price)
    assert widths(remove_channels(graph, gone)) == {"conv0": 8, "conv1": 8, "dense": 4}


@pytest.mark.parametrize("make", [branched, small_cnn])
@pytest.mark.parametrize("part", [0.1, 0.4, 0.7])
def test_channels_go_until_enough_is_saved(make, part):
    graph = make()

    def spent(other):
        return sum(multiplications(b) for b in other.bound())

    saving = part * spent(graph)
    gone = saving_channels(graph, scores(graph), saving, 1, multiplications)
    assert spent(graph) - spent(remove_channels(graph, gone)) >= saving
    # no more than one step too many
    assert len(gone) < channel_count(graph, scores(graph)) * min(1, part + 0.3)


def test_a_narrowed_node_is_that_of_the_smaller_graph():
    graph = branched()
    gone = weakest_channels(graph, scores(graph), 0.4, "global")
    smaller = remove_channels(graph, gone)
    channels, removed = channel_dependencies(graph), np.array(sorted(gone))
    for bound, want in zip(graph.bound(), smaller.bound(), strict=True):
        found = narrowed(bound, channels, removed)
        assert found.node == want.node
        for mine, theirs in zip((*found.inputs, *found.outputs), (*want.inputs, *want.outputs), strict=True):
            assert mine.type == theirs.type
            assert mine.data is None or np.array_equal(mine.data, theirs.data)
