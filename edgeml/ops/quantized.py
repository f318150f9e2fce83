"""What quantised tensors of an operator must have: scales, one of them, the right ones."""

from __future__ import annotations

from edgeml.errors import UnsupportedError
from edgeml.ir import BoundNode, DType, Quantization

# element types whose codes stand for reals by a scale: int16 always with zero point 0
QUANTIZED = (DType.INT8, DType.INT16)


def check_codes(bound: BoundNode, weighted: bool, kinds: tuple[DType, ...]) -> None:
    """Every activation of the element types `kinds` of an operator that computes has one scale; moving needs none.

    `weighted` operators have weights of their own rules as input 1. The int16 states of int8 operators are their own
    affair. Raises UnsupportedError.
    """
    where = f"{bound.node.op} '{bound.name}'"
    for i, tensor in enumerate((*bound.inputs, *bound.outputs)):
        if tensor is None or tensor.dtype not in kinds or (i == 1 and weighted):
            continue
        # constants may have a scale for each index: they are weights in the making
        if tensor.quantization is None or (tensor.quantization.axis is not None and not tensor.is_constant):
            raise UnsupportedError(
                f"{where}: {tensor.dtype.value} tensor '{tensor.name}' needs one scale and zero point. "
                f"{'It has none' if tensor.quantization is None else 'It has several'}. Export the model again."
            )
        if tensor.dtype is DType.INT16 and any(tensor.quantization.zero_point):
            raise UnsupportedError(
                f"{where}: int16 tensor '{tensor.name}' must have zero point 0. Got "
                f"{tensor.quantization.zero_point[0]}. Export the model again."
            )


def check_scales(bound: BoundNode, fixed: Quantization | None, shared: bool) -> None:
    """Quantised outputs against the `fixed` quantisation, or all tensors against the first input's where `shared`.

    Raises UnsupportedError.
    """
    want, source = fixed, "LiteRT's fixed one"
    if want is None and shared:
        # the first quantised input: the condition of a selection has no quantisation
        first = next((t for t in bound.inputs if t is not None and t.type.has_codes), None)
        if first is not None:
            want, source = first.quantization, f"that of '{first.name}'"
    if want is None:
        return
    for tensor in (*(bound.inputs if shared else ()), *bound.outputs):
        if tensor is None or not tensor.type.has_codes:
            continue
        got = tensor.quantization
        assert got is not None
        if not same_step(got, want):
            raise UnsupportedError(
                f"{bound.node.op} '{bound.name}': '{tensor.name}' must have {source}: scale {want.scale[0]:.8g}, zero "
                f"point {want.zero_point[0]}. Got {got.scale[0]:.8g}, {got.zero_point[0]}. Quantise the float "
                "model again, or put a quantize operator in between."
            )


def same_step(a: Quantization, b: Quantization) -> bool:
    """Equal for every runtime's purposes: files carry scales that differ in the last bits."""
    return a.zero_point == b.zero_point and abs(a.scale[0] - b.scale[0]) <= 1e-6 * b.scale[0]
