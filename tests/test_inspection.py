import numpy as np

from edgeml.bench.layers import graph_layers
from edgeml.bench.suite import Variant
from edgeml.inspection import summarize
from edgeml.quantize import quantize
from tests.graphs import images, small_cnn
from tests.int4_networks import with_few_bits


def test_figures_of_a_float_network() -> None:
    summary = summarize(small_cnn(size=10, channels=6, classes=4))
    assert [n.op for n in summary.nodes] == [
        "conv_2d", "max_pool_2d", "conv_2d", "reshape", "fully_connected", "softmax",
    ]  # fmt: skip
    # 10x10x6 outputs of 3x3x1 taps; then 2x2x8 outputs of 3x3x6 taps (stride 2 on 5x5)
    assert [n.macs for n in summary.nodes] == [100 * 6 * 9, 0, 2 * 2 * 8 * 54, 0, 4 * 32, 0]
    assert [n.parameters for n in summary.nodes] == [6 * 9 + 6, 0, 8 * 54 + 8, 0, 4 * 32 + 4, 0]
    assert summary.macs == sum(n.macs for n in summary.nodes)
    assert summary.parameter_bytes == 4 * summary.parameters
    assert summary.largest_activation_bytes == 10 * 10 * 6 * 4
    assert summary.inputs[0].shape == (1, 10, 10, 1)
    assert summary.labels == ("class 0", "class 1", "class 2", "class 3")


def test_int8_networks_show_their_quantisation() -> None:
    graph = quantize(small_cnn(), images(20)).graph
    summary = summarize(graph)
    assert summary.outputs[0].quantization == "0.00390625, -128"
    assert summary.nodes[0].constants[0].quantization.startswith("6 scales ")
    weights = sum(t.type.elements for t in graph.constants if t.dtype.value == "int8")
    biases = sum(t.type.elements for t in graph.constants if t.dtype.value == "int32")
    assert summary.parameter_bytes == weights + 4 * biases


def test_a_constant_of_two_nodes_counts_once_in_the_total() -> None:
    from edgeml.ir import GraphBuilder
    from edgeml.ops import OPS
    from edgeml.ops.fully_connected import FullyConnectedAttrs

    b = GraphBuilder("twice", OPS)
    w = b.constant("w", np.eye(3, dtype=np.float32))
    y = b.add("fully_connected", [b.input("x", (1, 3)), w, ""], FullyConnectedAttrs())
    y = b.add("fully_connected", [y, w, ""], FullyConnectedAttrs())
    summary = summarize(b.build([y]))
    assert summary.parameters == 9
    assert [n.parameters for n in summary.nodes] == [9, 9]


def test_weights_of_four_bits_count_half_a_byte() -> None:
    plain = quantize(small_cnn(), images(20)).graph
    few = with_few_bits(plain)
    nodes = [n for n in summarize(few).nodes if n.weight_bits]
    assert [n.weight_bits for n in nodes] == [8, 4, 8]
    (node,) = (n for n in nodes if n.weight_bits == 4)
    weights = node.constants[0].nbytes
    assert node.nbytes == weights // 2 + node.constants[1].nbytes
    assert summarize(plain).parameter_bytes - summarize(few).parameter_bytes == weights // 2
    assert [layer.bytes for layer in graph_layers(Variant("int8", few))] == [n.nbytes for n in summarize(few).nodes]
