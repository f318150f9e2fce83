import numpy as np

from edgeml.interpreter import run_single
from edgeml.ir import GraphBuilder, verify
from edgeml.ops import OPS
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.passes.readable_names import shorten_names

RNG = np.random.default_rng(0)


def test_merged_names_become_the_layer_with_the_weights():
    b = GraphBuilder("g", OPS)
    x = b.input("image", (1, 6, 6, 2))
    names = [
        "cnn_1/relu1_1/Relu;cnn_1/norm1_1/batchnorm/add_1;cnn_1/conv1_1/convolution",
        "cnn_1/relu2_1/Relu;cnn_1/conv1_1/convolution",
        "cnn_1/act_1/Tanh",
        "Identity",
    ]
    weights = [RNG.standard_normal((2, 1, 1, 2)).astype(np.float32) for _ in range(2)]
    x1 = b.add("conv_2d", [x, b.constant("w1", weights[0])], Conv2DAttrs(), name=names[0])
    x2 = b.add("conv_2d", [x1, b.constant("w2", weights[1])], Conv2DAttrs(), name=names[1])
    graph = b.build([b.add("relu", [b.add("tanh", [x2], name=names[2])], name=names[3])])
    short = verify(shorten_names(graph), OPS)
    assert [n.name for n in short.nodes] == ["conv1", "conv1_2", "act", "Identity"]
    assert (short.inputs, short.outputs) == (("image",), ("Identity",))
    # nodes are called like what they compute: a file keeps tensor names only
    assert all(n.name == n.outputs[0] for n in short.nodes)
    data = RNG.standard_normal((2, 6, 6, 2), dtype=np.float32)
    np.testing.assert_array_equal(run_single(graph, data), run_single(short, data))


def test_layers_called_alike_are_told_apart_by_their_scopes():
    scope = "net/MobilenetV2"
    shared = f"{scope}/block_9/project/Conv2D"  # holds the same constant
    names = [
        f"{scope}/Conv/Relu6;{scope}/Conv/BatchNorm/FusedBatchNormV3;{shared};{scope}/Conv/Conv2D",
        f"{scope}/block_1/expand/Relu6;{scope}/block_7/depthwise/depthwise;{scope}/block_1/expand/Conv2D",
        f"{scope}/block_2/expand/Relu6;{scope}/block_7/depthwise/depthwise;{scope}/block_2/expand/Conv2D",
        f"{scope}/block_1/add",
        f"{scope}/block_2/add",
        f"{scope}/Conv_1/Relu6;{scope}/Conv_1/Conv2D",
    ]
    b = GraphBuilder("g", OPS)
    y = b.input("x", (1, 4))
    for name in names:
        y = b.add("relu", [y], name=name)
    short = shorten_names(b.build([b.add("tanh", [y])]))
    assert [n.name for n in short.nodes[:-1]] == [
        "Conv", "block_1/expand", "block_2/expand", "block_1", "block_2", "Conv_1"
    ]  # fmt: skip


def test_names_that_are_short_stay():
    b = GraphBuilder("g", OPS)
    y = b.input("image", (1, 4))
    for name in ("image/padded", "Logits", "head"):
        y = b.add("relu", [y], name=name)
    short = shorten_names(b.build([b.add("tanh", [y], name="probabilities")]))
    assert [n.name for n in short.nodes] == ["image/padded", "Logits", "head", "probabilities"]
