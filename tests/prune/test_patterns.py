import numpy as np
import pytest

from edgeml.errors import UsageError
from edgeml.prune.graph import masked, prunable_data, prune_graph
from edgeml.prune.magnitude import magnitude_masks
from edgeml.prune.patterns import Block, KeepOf, parse_pattern, pattern_masks
from tests.graphs import small_cnn

RNG = np.random.default_rng(0)


def test_patterns_have_names():
    assert parse_pattern("element") == Block(1, 1)
    assert parse_pattern("2:4") == KeepOf(2, 4)
    assert parse_pattern("block:2x4") == Block(2, 4)


@pytest.mark.parametrize("text", ["", "4:4", "0:4", "block:0x4", "block:4", "2:4:8", "rows"])
def test_other_names_are_refused(text):
    with pytest.raises(UsageError, match=r"pattern must be element.*Got"):
        parse_pattern(text)


@pytest.mark.parametrize(("rows", "columns"), [(1, 4), (2, 2), (2, 4), (4, 1)])
def test_a_block_stays_or_goes_as_one_and_the_weakest_go(rows, columns):
    scores = RNG.random((8, 3, 3, 8))
    mask = pattern_masks({"w": scores}, 0.5, Block(rows, columns))["w"]
    assert (~mask).sum() == mask.size // 2
    blocks = mask.reshape(8 // rows, rows, 72 // columns, columns).transpose(0, 2, 1, 3).reshape(-1, rows * columns)
    assert (blocks.all(1) | ~blocks.any(1)).all()
    sums = scores.reshape(8 // rows, rows, 72 // columns, columns).sum(axis=(1, 3)).ravel()
    assert sums[blocks.any(1)].min() >= sums[~blocks.any(1)].max()


def test_blocks_at_the_edge_are_smaller():
    scores = np.ones((3, 6))
    scores[2, 4:] = 0.1
    mask = pattern_masks({"w": scores}, 2 / 18, Block(2, 4))["w"]
    assert (~mask).sum() == 2 and not mask[2, 4:].any()


def test_of_every_four_weights_the_best_two_stay():
    scores = RNG.random((6, 2, 2, 8))
    mask = pattern_masks({"w": scores}, 0.5, KeepOf(2, 4))["w"]
    groups, values = mask.reshape(-1, 4), scores.reshape(-1, 4)
    assert (groups.sum(1) == 2).all()
    assert (np.where(groups, values, 2).min(1) > np.where(groups, -1, values).max(1)).all()


def test_a_short_group_keeps_its_share_rounded_up():
    mask = pattern_masks({"w": RNG.random((5, 7))}, 0.5, KeepOf(2, 4))["w"]
    assert (mask[:, :4].sum(1) == 2).all() and (mask[:, 4:].sum(1) == 2).all()


def test_n_of_m_grows_to_its_share_and_never_takes_the_best():
    scores = RNG.random((16, 16))
    final = pattern_masks({"w": scores}, 0.5, KeepOf(2, 4))["w"]
    half = pattern_masks({"w": scores}, 0.25, KeepOf(2, 4))["w"]
    assert (~half).sum() == 64 and not (~half & final).any()
    with pytest.raises(UsageError, match=r"2:4 zeroes at most 50\.0%.*Got sparsity 0\.6"):
        pattern_masks({"w": scores}, 0.6, KeepOf(2, 4))


def test_global_allocation_takes_from_the_layer_with_the_weaker_blocks():
    scores = {"strong": RNG.random((4, 8)) + 1, "weak": RNG.random((4, 8))}
    whole = pattern_masks(scores, 0.5, Block(1, 4), "global")
    assert whole["strong"].all() and not whole["weak"].any()
    each = pattern_masks(scores, 0.5, Block(1, 4), "layer")
    assert [m.mean() for m in each.values()] == [0.5, 0.5]


def test_magnitudes_prune_a_graph_in_blocks():
    graph = prune_graph(small_cnn(channels=8), 0.5, "layer", Block(1, 4))
    weights = graph.tensor("w1").data.reshape(-1, 4)
    gone = (weights == 0).all(1)
    assert gone.mean() == 0.5 and not (weights[~gone] == 0).any()
    assert magnitude_masks({"w": weights}, 0.0)["w"].all()


def test_layers_may_stay_whole():
    graph = small_cnn()
    assert list(prunable_data(graph, ["conv0"])) == ["w1", "w2"]
    with pytest.raises(UsageError, match=r"named 'conv9'.*conv0, conv1, dense"):
        prunable_data(graph, ["conv9"])


def test_masked_weights_are_zero_and_the_rest_as_before():
    graph = small_cnn()
    mask = RNG.random(graph.tensor("w1").shape) < 0.5
    other = masked(graph, {"w1": mask})
    assert np.array_equal(other.tensor("w1").data, np.where(mask, graph.tensor("w1").data, 0))
    assert other.tensor("w0") is graph.tensor("w0")
