"""The forward direction computes the codes of the int8 graph; the backward one the gradients of the reals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgeml.errors import UnsupportedError
from edgeml.finetune.fake_quant import Codes, Grid, added, divided, nearest_quotient, quantized
from edgeml.finetune.forward import run_float, run_int8, trainable
from edgeml.finetune.functions import evaluate
from edgeml.finetune.learner import GraphLearner
from edgeml.frontends import load
from edgeml.interpreter import run_samples
from edgeml.ir import Array, Graph, GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.concatenation import ConcatenationAttrs
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.pad import PadAttrs
from edgeml.ops.pooling import PoolAttrs
from edgeml.ops.reshape import ReshapeAttrs
from edgeml.quantize import Recipe, quantize, quantize_input
from tests.graphs import images, small_cnn

pytestmark = pytest.mark.needs_jax

PLAIN = Recipe.plain(exact_scales=False)


def branches(seed: int = 0) -> Graph:
    """Every operator whose integers the training copies, and some that only move."""
    rng = np.random.default_rng(seed)
    b = GraphBuilder("branches", OPS)

    def weights(*shape: int) -> str:
        return b.constant(f"w{len(b._tensors)}", (rng.normal(size=shape) / 3).astype(np.float32))

    same, relu6 = (1, 1, 1, 1), Activation.RELU6
    x = b.input("x", (1, 9, 9, 3))
    first = b.add("conv_2d", [x, weights(8, 3, 3, 3), weights(8)], Conv2DAttrs(padding=same, activation=relu6))
    deep = b.add(
        "depthwise_conv_2d",
        [first, weights(1, 3, 3, 16), weights(16)],
        DepthwiseConv2DAttrs(stride=(2, 2), padding=same),
    )
    thin = b.add("conv_2d", [deep, weights(8, 1, 1, 16), ""], Conv2DAttrs())
    wide = b.add("conv_2d", [first, weights(8, 3, 3, 8), weights(8)], Conv2DAttrs((2, 2), same, (2, 2)))
    wide = b.add("pad", [wide], PadAttrs(((0, 0), (1, 0), (0, 1), (0, 0))))
    y = b.add("add", [thin, wide], BinaryAttrs(Activation.RELU))
    y = b.add("concatenation", [y, b.add("sub", [thin, wide], BinaryAttrs())], ConcatenationAttrs(3))
    y = b.add("average_pool_2d", [y], PoolAttrs((3, 3), (2, 2), (1, 1, 1, 1)))
    y = b.add("max_pool_2d", [y], PoolAttrs((2, 2), (1, 1)))
    shape = b._tensors[y].shape
    y = b.add("reshape", [y], ReshapeAttrs((1, int(np.prod(shape)))))
    y = b.add("fully_connected", [y, weights(5, int(np.prod(shape))), weights(5)], FullyConnectedAttrs())
    return b.build([y])


def codes_of(learner: GraphLearner, x: Array, name: str, graph: Graph) -> Array:
    type_ = graph.tensor(name).type
    infer = learner._jax.jit(
        lambda params, ranges, v: run_int8(
            learner.graph,
            dict(zip(learner._names, params, strict=True)),
            learner._grids(params, ranges),
            v,
            name,
            learner._limits,
        )
    )
    real = np.asarray(infer(learner._params, learner._ranges, x))
    return np.asarray(np.rint(real / type_.scale) + type_.zero_point)


def assert_same_codes(graph: Graph, x: Array, recipe: Recipe = PLAIN) -> None:
    result = quantize(graph, x, recipe)
    activations = {n: t.type.quantization for n, t in result.graph.tensors.items() if not t.is_constant}
    limits = {node.name: recipe.largest_code(node.name) for node in graph.nodes}
    learner = GraphLearner(result.float_graph, activations, limits=limits)
    outputs = [n.outputs[0] for n in result.graph.nodes if n.op != "softmax"]
    (image,) = graph.inputs
    want = run_samples(result.graph, {image: quantize_input(x, result.graph.tensor(image).type)}, outputs)
    for name in outputs:
        got = codes_of(learner, x, name, result.graph)
        assert np.array_equal(got.ravel(), want[name].astype(float).ravel()), name


@pytest.mark.parametrize("seed", range(3))
def test_forward_computes_the_codes_of_the_int8_graph(seed):
    x = np.random.default_rng(seed + 10).normal(size=(24, 9, 9, 3)).astype(np.float32)
    assert_same_codes(branches(seed), x)


def test_forward_of_a_model_with_pooling_and_dense():
    assert_same_codes(small_cnn(), images(40))


def test_forward_with_weights_of_few_bits():
    few = replace(PLAIN, weight_bits={"conv1": 4, "dense": 2})
    assert_same_codes(small_cnn(), images(40), few)


@pytest.mark.needs_shared
def test_forward_of_a_residual_network_is_exact(shared):
    data = np.load(shared / "data/cifar10_train500.npz")["x"][:20].astype(np.float32)
    assert_same_codes(load(shared / "models/mlperf_tiny/pretrainedResnet.tflite"), data)


@pytest.mark.parametrize("seed", range(2))
def test_float_forward_is_the_reference(seed):
    graph = branches(seed)
    x = np.random.default_rng(seed).normal(size=(6, 9, 9, 3)).astype(np.float32)
    (want,) = run_samples(graph, {"x": x}).values()
    got = np.asarray(run_float(graph, trainable(graph), x, graph.outputs[0]))
    assert np.allclose(got, want.reshape(got.shape), atol=1e-4)


@pytest.mark.parametrize("sign", [1, -1])
def test_sums_round_their_halves_as_the_operator_does(sign):
    b = GraphBuilder("sum", OPS)
    op = "add" if sign == 1 else "sub"
    y = b.add(op, [b.input("a", (1, 64)), b.input("b", (1, 64))], BinaryAttrs(), name="y")
    ends = np.float32([[-12.8], [12.7]]) * np.ones((2, 64), np.float32)
    # equal scales, and the sum has twice theirs: half of all sums lie between two codes
    samples = {"a": ends, "b": sign * ends if sign == 1 else ends[::-1]}
    result = quantize(b.build([y]), samples, Recipe(exact_scales=False, rounding="nearest"))
    int8, exact = (next(iter(g.bound())) for g in (result.graph, result.float_graph))
    first, second = (np.random.default_rng(s).integers(-128, 128, (50, 64)).astype(np.int8) for s in (1, 2))
    grids = [Grid(np.float32(t.type.scale), np.float32(t.type.zero_point)) for t in (*int8.inputs, int8.output)]
    codes = [Codes(v.astype(np.float32) - g.zero_point, g) for v, g in zip((first, second), grids, strict=False)]
    (want,) = OPS[op].reference(int8, first, second)
    got = np.asarray(added(exact, *codes, sign, grids[2]).steps) + grids[2].zero_point
    np.testing.assert_array_equal(got, want)
    # rounded to even they would be others
    real = (codes[0].real + sign * codes[1].real) / grids[2].scale + grids[2].zero_point
    assert np.mean(np.clip(np.rint(real), -128, 127) != want) > 0.1


def test_division_by_a_scalar_is_rounded_once():
    import jax

    a = np.random.default_rng(0).random(100_000, np.float32)
    got = np.asarray(jax.jit(lambda v: divided(v, 127))(a))
    assert np.array_equal(got, a / np.float32(127))
    # the plain division is why: it is another number here and there
    assert not np.array_equal(np.asarray(jax.jit(lambda v: v / 127)(a)), a / np.float32(127))


def test_quotients_that_float32_rounds_to_a_half():
    import jax

    rng = np.random.default_rng(0)
    b = rng.random(200_000, np.float32) * np.float32(1e-3)
    whole = rng.integers(-30_000, 30_000, len(b))
    a = ((whole + 0.5) * b.astype(np.float64)).astype(np.float32)
    want = np.rint(a.astype(np.float64) / b.astype(np.float64))
    assert np.array_equal(np.asarray(jax.jit(nearest_quotient)(a, b)), want)
    assert not np.array_equal(np.rint(a / b), want)


def test_gradients_pass_the_rounding_and_stop_at_the_ends():
    import jax
    import jax.numpy as jnp

    x = jnp.asarray([-100.0, -0.26, 0.1, 0.9, 100.0])
    slope = jax.grad(lambda v: quantized(v, Grid(jnp.float32(0.5), 3.0)).real.sum())(x)
    assert slope.tolist() == [0.0, 1.0, 1.0, 1.0, 0.0]
    # learned step size (Esser et al. 2020, equation 3): code - x / scale inside, the end's code outside
    inside = jax.grad(lambda s: quantized(x, Grid(s, 3.0)).real.sum())(jnp.float32(0.5))
    codes, ratio = np.clip(np.rint(x / 0.5), -131, 124), np.asarray(x) / 0.5
    want = np.where(np.abs(np.asarray(x)) > 60, codes, codes - ratio).sum()
    assert float(inside) == pytest.approx(want, abs=1e-4)


def test_an_operator_without_gradient_is_named():
    b = GraphBuilder("g", OPS)
    x = b.input("x", (1, 4))
    graph = b.build([b.add("floor", [x], name="down")])
    (bound,) = graph.bound()
    with pytest.raises(UnsupportedError, match=r"floor 'down'.*gradient"):
        evaluate(bound, np.zeros((1, 4), np.float32))
