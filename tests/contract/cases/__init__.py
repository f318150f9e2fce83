"""Random one-operator graphs, one generator for each operator in OPS; a module for each family."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from edgeml.ir import DType, Graph
from edgeml.ops import OPS, Exactness
from tests.contract.cases import arithmetic, images, movement, pointwise, recurrent, structure, trees, weighted
from tests.contract.cases.draft import Draft, Rng, random_inputs, random_states
from tests.contract.cases.int16 import as_int16, computes_int16, moves_int16

_FAMILIES = (weighted, arithmetic, pointwise, structure, movement, images, recurrent, trees)

# operator -> generator(rng, int8) of a graph whose only node is named "y"
CASES: Mapping[str, Callable[[Rng, bool], Graph]] = {k: v for family in _FAMILIES for k, v in family.CASES.items()}

# operators whose int8 meaning (and whose spelling in a .tflite file) can be tested
INT8_OPS = tuple(n for n, op in OPS.items() if DType.INT8 in op.dtypes)
# those whose int8 meaning under tflm numerics is known
TFLM_OPS = tuple(n for n in INT8_OPS if isinstance(OPS[n].tflm, Exactness))
# those that compute with int16 codes, and those that move them
INT16_OPS = tuple(n for n, op in OPS.items() if computes_int16(op) or moves_int16(op))
# those with a meaning in float32 or in plain integers and bools
FLOAT_OPS = tuple(n for n, op in OPS.items() if set(op.dtypes) - {DType.INT8} and n != "dequantize")

__all__ = [
    "CASES",
    "FLOAT_OPS",
    "INT8_OPS",
    "INT16_OPS",
    "TFLM_OPS",
    "Draft",
    "as_int16",
    "random_inputs",
    "random_states",
]
