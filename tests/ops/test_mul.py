import numpy as np
import pytest

from edgeml.errors import UnsupportedError
from edgeml.ir import GraphBuilder, Quantization
from edgeml.ir.types import DType
from edgeml.ops import OPS
from edgeml.ops.elementwise import BinaryAttrs
from tests.ops.support import bind, compute, s8


def test_product_of_centred_values() -> None:
    one = Quantization.per_tensor(1.0, 0)
    bound = bind("mul", [s8(1, 2), s8(1, 2, q=one)], BinaryAttrs(), one)
    y = compute(bound, np.array([[13, 5]], np.int8), np.array([[4, -7]], np.int8))
    np.testing.assert_array_equal(y, [[20, -7]])


def test_product_must_not_overflow_the_output_scale() -> None:
    with pytest.raises(UnsupportedError, match="must be below 256 times the output scale"):
        bind("mul", [s8(1, 2), s8(1, 2)], BinaryAttrs(), Quantization.per_tensor(1e-4, 0))


def test_square_is_a_table() -> None:
    builder = GraphBuilder("test", OPS)
    x = builder.input("x", (1, 4), DType.INT8, Quantization.per_tensor(0.5, 1))
    y = builder.add("mul", [x, x], BinaryAttrs(), quantization=Quantization.per_tensor(0.5, 1))
    graph = builder.build([y])
    bound = graph.bind(graph.nodes[0])
    values = np.array([[2, 3, 4, 1]], np.int8)
    # 0.5 and 4.5 steps: half to even once the zero point is added
    np.testing.assert_array_equal(OPS["mul"].reference_s8(bound, values, values)[0], [[2, 3, 6, 1]])
    assert OPS["mul"].kernel(bound).kernel == "lut_s8"
