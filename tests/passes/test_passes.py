import numpy as np
import pytest

from edgeml.errors import GraphError
from edgeml.interpreter import run_single
from edgeml.ir import GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.concatenation import ConcatenationAttrs
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.pad import PadAttrs
from edgeml.ops.reshape import ReshapeAttrs
from edgeml.ops.strided_slice import StridedSliceAttrs
from edgeml.ops.tile import TileAttrs
from edgeml.ops.transpose import TransposeAttrs
from edgeml.passes import canonicalize, run_passes
from edgeml.passes.activation_fusion import fuse_activations

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 6, 6, 2), dtype=np.float32)


def normal(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def builder() -> tuple[GraphBuilder, str]:
    b = GraphBuilder("g", OPS)
    return b, b.input("x", (1, 6, 6, 2))


def check_same(graph, ops):
    result = canonicalize(graph)
    assert [n.op for n in result.nodes] == ops
    np.testing.assert_allclose(run_single(graph, X), run_single(result, X), rtol=1e-4, atol=1e-5)
    return result


def test_batch_norm_goes_into_the_convolution():
    b, x = builder()
    y = b.add("conv_2d", [x, b.constant("w", normal(4, 3, 3, 2)), b.constant("b", normal(4))], Conv2DAttrs())
    y = b.add("mul", [y, b.constant("gamma", normal(4))], BinaryAttrs())
    y = b.add("add", [y, b.constant("beta", normal(1, 1, 1, 4))], BinaryAttrs(Activation.RELU))
    result = check_same(b.build([y]), ["conv_2d"])
    assert result.nodes[0].attrs.activation is Activation.RELU


def test_batch_norm_of_a_convolution_that_others_read_stays():
    b, x = builder()
    y = b.add("conv_2d", [x, b.constant("w", normal(2, 1, 1, 2))], Conv2DAttrs(), name="c")
    z = b.add("mul", [y, b.constant("gamma", normal(2))], BinaryAttrs())
    check_same(b.build([b.add("add", [y, z], BinaryAttrs())]), ["conv_2d", "mul", "add"])


def test_activations_fuse():
    b, x = builder()
    y = b.add("conv_2d", [x, b.constant("w", normal(4, 3, 3, 2))], Conv2DAttrs())
    y = b.add("relu6", [y])
    result = check_same(b.build([y]), ["conv_2d"])
    assert result.nodes[0].attrs.activation is Activation.RELU6


def test_pads_fuse_into_convolutions():
    b, x = builder()
    y = b.add("pad", [x], PadAttrs(((0, 0), (1, 2), (0, 3), (0, 0))))
    y = b.add("conv_2d", [y, b.constant("w", normal(4, 3, 3, 2))], Conv2DAttrs(padding=(0, 1, 0, 0)))
    result = check_same(b.build([y]), ["conv_2d"])
    assert result.nodes[0].attrs.padding == (1, 3, 0, 3)


def test_a_pad_of_channels_stays():
    b, x = builder()
    y = b.add("pad", [x], PadAttrs(((0, 0), (1, 1), (1, 1), (0, 1))))
    check_same(b.build([b.add("conv_2d", [y, b.constant("w", normal(4, 3, 3, 3))], Conv2DAttrs())]), ["pad", "conv_2d"])


def test_identities_and_dead_code_go():
    b, x = builder()
    b.add("relu", [x], name="unused")
    y = b.add("reshape", [x], ReshapeAttrs((1, 6, 6, 2)))
    check_same(b.build([b.add("tanh", [y])]), ["tanh"])


def test_constants_are_computed_now():
    b, x = builder()
    c = b.add("add", [b.constant("a", normal(2)), b.constant("b", normal(2))], BinaryAttrs())
    check_same(b.build([b.add("mul", [x, c], BinaryAttrs())]), ["mul"])


def test_a_failing_pass_names_itself_and_those_before():
    b, x = builder()
    graph = b.build([b.add("tanh", [x])])

    def harmless(g):
        return g

    def loses_a_node(g):
        return g.with_nodes(())

    with pytest.raises(GraphError, match=r"pass loses_a_node \(after: harmless\): .*never computed"):
        run_passes(graph, (harmless, loses_a_node))


def test_an_illegal_graph_fails_after_a_pass_that_hands_it_on():
    def harmless(g):
        return g

    b, x = builder()
    graph = b.build([b.add("tanh", [x])]).with_nodes(())
    with pytest.raises(GraphError, match=r"pass harmless \(after: none\): .*never computed"):
        run_passes(graph, (harmless, harmless))


def test_a_pad_with_a_value_stays():
    b, x = builder()
    y = b.add("pad", [x], PadAttrs(((0, 0), (1, 1), (1, 1), (0, 0)), -1.0))
    y = b.add("conv_2d", [y, b.constant("w", normal(4, 3, 3, 2))], Conv2DAttrs())
    check_same(b.build([y]), ["pad", "conv_2d"])


def test_transposes_in_a_row_become_one():
    b, x = builder()
    y = b.add("transpose", [x], TransposeAttrs((0, 3, 1, 2)))
    y = b.add("transpose", [y], TransposeAttrs((0, 1, 3, 2)))
    result = check_same(b.build([b.add("relu", [y])]), ["relu", "transpose"])
    assert result.nodes[1].attrs == TransposeAttrs((0, 3, 2, 1))


def test_transposes_that_undo_each_other_vanish():
    b, x = builder()
    y = b.add("transpose", [x], TransposeAttrs((0, 3, 1, 2)))
    z = b.add("transpose", [y], TransposeAttrs((0, 2, 3, 1)))
    check_same(b.build([b.add("relu", [z])]), ["relu"])


def test_transposes_of_dimensions_of_one_are_reshapes():
    b, x = builder()
    y = b.add("reshape", [x], ReshapeAttrs((1, 36, 1, 2)))
    y = b.add("transpose", [y], TransposeAttrs((0, 2, 1, 3)))
    check_same(b.build([b.add("relu", [y])]), ["reshape", "relu", "reshape"])


def test_slices_of_everything_vanish():
    b, x = builder()
    y = b.add("strided_slice", [x], StridedSliceAttrs((0, 0, 0, 0), (1, 6, 6, 2), (1, 1, 1, 1)))
    check_same(b.build([b.add("relu", [y])]), ["relu"])
    b, x = builder()
    y = b.add("strided_slice", [x], StridedSliceAttrs((0, 5, 0, 0), (1, 6, 6, 2), (1, -1, 1, 1)))
    check_same(b.build([b.add("relu", [y])]), ["strided_slice", "relu"])


def test_small_constants_do_not_become_large_ones():
    for size, ops in ((4, ["concatenation"]), (100_000, ["tile", "concatenation"])):
        b, x = builder()
        y = b.add("tile", [b.constant("one", np.ones((1, 6, 6, 1), np.float32))], TileAttrs((1, 1, 1, size)))
        result = canonicalize(b.build([b.add("concatenation", [x, y], ConcatenationAttrs(3))]))
        assert [n.op for n in result.nodes] == ops


@pytest.mark.parametrize("host", ["sub", "div"])
def test_activations_fuse_into_every_operator_that_litert_fuses_them_into(host: str) -> None:
    b = GraphBuilder("g", OPS)
    operands = [b.input("a", (1, 4)), b.input("b", (1, 4))]
    y = b.add("relu_n1_to_1", [b.add(host, operands, BinaryAttrs())])
    graph = fuse_activations(b.build([y]))
    assert [n.op for n in graph.nodes] == [host]
    assert graph.nodes[0].attrs == BinaryAttrs(Activation.RELU_N1_TO_1)
