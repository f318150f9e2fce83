import numpy as np
import pytest

from edgeml.errors import UnsupportedError
from edgeml.ir import Quantization
from edgeml.ops import OPS
from edgeml.ops.softmax import SoftmaxAttrs
from tests.ops.support import Q, bind, compute, f32, s8

OUT = Quantization.per_tensor(1 / 256, -128)


def test_rows_sum_to_one() -> None:
    x = np.random.default_rng(0).normal(size=(3, 2, 10)).astype(np.float32) * 50
    y = compute(bind("softmax", [f32(1, 2, 10)], SoftmaxAttrs(2.0)), x)
    np.testing.assert_allclose(y.sum(axis=-1), 1, rtol=1e-5)


def test_output_quantisation_is_fixed() -> None:
    with pytest.raises(UnsupportedError, match="LiteRT's fixed one"):
        bind("softmax", [s8(1, 4)], SoftmaxAttrs(), Q)


def test_halves_round_up() -> None:
    """512 equal values are half a step each."""
    bound = bind("softmax", [s8(1, 512)], SoftmaxAttrs(), OUT)
    assert set(compute(bound, np.zeros((1, 512), np.int8)).ravel()) == {-127}


def test_a_vector_is_no_batch() -> None:
    assert not OPS["softmax"].batchable(bind("softmax", [f32(1)], SoftmaxAttrs()))
