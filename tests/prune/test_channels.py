import numpy as np
import pytest

from edgeml.errors import GraphError, UnsupportedError, UsageError
from edgeml.interpreter import run
from edgeml.ir import Graph, GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.concatenation import ConcatenationAttrs
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.mean import MeanAttrs
from edgeml.prune.channels.cheapest import cheapest_channels, multiplications
from edgeml.prune.channels.choice import channel_masks, parse_channel, weakest_channels
from edgeml.prune.channels.dependencies import channel_dependencies
from edgeml.prune.channels.surgery import remove_channels
from edgeml.prune.graph import masked, prunable_data
from edgeml.prune.magnitude import magnitude_scores
from tests.graphs import small_cnn

SAME = (1, 1, 1, 1)


def branched(seed: int = 0) -> Graph:
    """stem -> (conv -> depthwise) + stem (residual), beside another conv (concatenated) -> mean -> dense."""
    rng = np.random.default_rng(seed)
    b = GraphBuilder("branched", OPS)

    def constants(name: str, *shape: int, outputs: int) -> list[str]:
        w = (rng.standard_normal(shape) / 3).astype(np.float32)
        return [b.constant(f"{name}_w", w), b.constant(f"{name}_b", rng.standard_normal(outputs).astype(np.float32))]

    x = b.input("image", (1, 6, 6, 2))
    relu = Conv2DAttrs(padding=SAME, activation=Activation.RELU)
    stem = b.add("conv_2d", [x, *constants("stem", 8, 3, 3, 2, outputs=8)], relu, name="stem")
    y = b.add("conv_2d", [stem, *constants("inner", 8, 3, 3, 8, outputs=8)], relu, name="inner")
    y = b.add(
        "depthwise_conv_2d",
        [y, *constants("deep", 1, 3, 3, 8, outputs=8)],
        DepthwiseConv2DAttrs(padding=SAME),
        name="deep",
    )
    y = b.add("add", [stem, y], BinaryAttrs(activation=Activation.RELU), name="sum")
    scale = b.constant("scale", rng.random((1, 1, 1, 8)).astype(np.float32))
    y = b.add("mul", [y, scale], BinaryAttrs(), name="scaled")
    side = b.add("conv_2d", [stem, *constants("side", 4, 1, 1, 8, outputs=4)], Conv2DAttrs(), name="side")
    y = b.add("concatenation", [y, side], ConcatenationAttrs(axis=3), name="both")
    y = b.add("mean", [y], MeanAttrs(axes=(1, 2)), name="mean")
    y = b.add("fully_connected", [y, *constants("dense", 3, 12, outputs=3)], FullyConnectedAttrs(), name="dense")
    return b.build([y])


def scores(graph: Graph) -> dict[str, np.ndarray]:
    return {name: magnitude_scores(w) for name, w in prunable_data(graph).items()}


@pytest.mark.parametrize("make", [branched, small_cnn])
@pytest.mark.parametrize("scope", ["layer", "global"])
def test_the_smaller_graph_computes_what_the_masked_one_does(make, scope):
    graph = make()
    gone = weakest_channels(graph, scores(graph), 0.4, scope)
    smaller = remove_channels(graph, gone)
    zeroed = masked(graph, channel_masks(graph, gone))
    x = {t.name: np.random.default_rng(1).random((5, *t.shape[1:]), np.float32) for t in graph.input_tensors}
    np.testing.assert_allclose(*(next(iter(run(g, x).values())) for g in (smaller, zeroed)), atol=1e-5)
    assert gone and sum(t.data.size for t in smaller.constants) < 0.8 * sum(t.data.size for t in graph.constants)


def test_a_residual_add_and_a_depthwise_convolution_join_channels():
    channels = channel_dependencies(branched())
    of = channels.of
    assert all(np.array_equal(of["stem"], of[name]) for name in ("inner", "deep", "sum", "scaled"))
    assert np.array_equal(of["both"], np.concatenate([of["stem"], of["side"]]))
    assert np.array_equal(channels.columns["dense"], of["both"])
    assert set(of["image"]) | set(of["dense"]) == channels.fixed


def test_all_layers_of_a_joined_group_lose_the_same_channels():
    graph = branched()
    smaller = remove_channels(graph, frozenset(channel_dependencies(graph).of["stem"][[1, 6]].tolist()))
    left = [0, 2, 3, 4, 5, 7]
    for name in ("stem", "inner"):
        want = graph.tensor(f"{name}_w").data[left]
        assert np.array_equal(smaller.tensor(f"{name}_w").data, want if name == "stem" else want[..., left])
        assert np.array_equal(smaller.tensor(f"{name}_b").data, graph.tensor(f"{name}_b").data[left])
    assert np.array_equal(smaller.tensor("deep_w").data, graph.tensor("deep_w").data[..., left])
    assert np.array_equal(smaller.tensor("scale").data, graph.tensor("scale").data[..., left])
    assert smaller.tensor("dense_w").shape == (3, 10) and smaller.tensor("both").shape == (1, 6, 6, 10)


def test_flattening_takes_a_channel_at_every_position():
    graph = small_cnn()
    number = int(channel_dependencies(graph).of["conv1"][2])
    smaller = remove_channels(graph, frozenset({number}))
    width = graph.tensor("w2").shape[1]
    assert np.array_equal(smaller.tensor("w2").data, np.delete(graph.tensor("w2").data, range(2, width, 8), axis=1))


def test_the_weakest_channels_go():
    graph = small_cnn(channels=8)
    w0 = graph.tensor("w0").data
    small = np.argsort(np.abs(w0).sum(axis=(1, 2, 3)))[:2]
    gone = weakest_channels(graph, {"w0": magnitude_scores(w0)}, 0.25)
    assert gone == set(channel_dependencies(graph).of["conv0"][small].tolist())


def test_all_layers_together_give_the_cheapest_channels():
    graph = small_cnn(channels=8)
    gone = weakest_channels(graph, scores(graph), 0.4, "global")
    assert gone == cheapest_channels(graph, scores(graph), 0.4, 1, multiplications)
    assert gone != weakest_channels(graph, scores(graph), 0.4, "layer")


@pytest.mark.parametrize(("multiple", "left"), [(1, 5), (4, 4)])
def test_layers_keep_a_multiple_of_channels(multiple, left):
    graph = small_cnn(channels=8)
    smaller = remove_channels(graph, weakest_channels(graph, scores(graph), 0.4, "layer", multiple))
    assert smaller.tensor("w0").shape[0] == left and smaller.tensor("w2").shape[0] == 4


def test_channels_that_must_stay_are_refused():
    graph = small_cnn()
    channels = channel_dependencies(graph)
    with pytest.raises(GraphError, match="must stay"):
        remove_channels(graph, frozenset({int(channels.of["dense"][0])}))
    with pytest.raises(GraphError, match="last channel"):
        remove_channels(graph, frozenset(channels.of["conv0"].tolist()))
    with pytest.raises(UnsupportedError, match="no channel can go"):
        weakest_channels(graph, {"w2": np.ones((4, 32))}, 0.5)
    with pytest.raises(UsageError, match=r"share of channels.*Got 1"):
        weakest_channels(graph, scores(graph), 1)
    assert parse_channel("channel:2").multiple == 2 and parse_channel("channel").multiple == 4
    assert parse_channel("channels") is None
