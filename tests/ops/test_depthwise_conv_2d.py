import numpy as np
import pytest

from edgeml.errors import GraphError
from edgeml.ops import OPS
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs
from tests.ops.support import bind, compute, f32, infer


def test_shape_has_the_weights_channels() -> None:
    assert infer("depthwise_conv_2d", DepthwiseConv2DAttrs(), (1, 8, 8, 3), (1, 3, 3, 6)) == (1, 6, 6, 6)


def test_weights_channels_must_be_a_multiple() -> None:
    with pytest.raises(GraphError, match=r"weights must be \(1, KH, KW, C \* multiplier\)"):
        infer("depthwise_conv_2d", DepthwiseConv2DAttrs(), (1, 8, 8, 3), (1, 3, 3, 4))


def test_output_channel_reads_its_own_input_channel() -> None:
    w = np.zeros((1, 1, 1, 4), np.float32)
    w[..., :] = [1, 10, 100, 1000]
    bound = bind("depthwise_conv_2d", [f32(1, 1, 1, 2), w], DepthwiseConv2DAttrs())
    y = compute(bound, np.array([2.0, 3.0], np.float32).reshape(1, 1, 1, 2))
    np.testing.assert_array_equal(y.ravel(), [2, 20, 300, 3000])
    assert OPS["depthwise_conv_2d"].macs(bound) == 4


def test_kernel_carries_the_multiplier() -> None:
    bound = bind("depthwise_conv_2d", [f32(1, 4, 4, 2), np.ones((1, 3, 3, 6), np.float32)], DepthwiseConv2DAttrs())
    assert OPS["depthwise_conv_2d"].kernel(bound).params["multiplier"] == 3
