"""Windows of convolutions and pools: kernel, stride, dilation and padding as (height, width)."""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.frontends.onnx.call import Call
from edgeml.ops.common import Padding, same_padding


@dataclass(frozen=True)
class Window:
    """One spatial dimension is height 1. `padding` is (top, bottom, left, right)."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    padding: Padding


def window(call: Call, spatial: tuple[int, ...], kernel: tuple[int, ...]) -> Window:
    """The window of a call over `spatial` sizes (one or two), auto_pad resolved."""
    rank = len(spatial)
    stride = _positive(call, "strides", rank)
    dilation = _positive(call, "dilations", rank)
    if len(kernel) != rank or any(k < 1 for k in kernel):
        raise call.damaged(f"kernel {kernel} does not fit {rank} spatial dimensions")
    pads = call.integers("pads", (0,) * 2 * rank)
    assert pads is not None
    mode = call.text("auto_pad", "NOTSET")
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        pairs = [same_padding(*sizes) for sizes in zip(spatial, kernel, stride, dilation, strict=True)]
        # "upper" puts the odd element after
        pairs = [(b, a) if mode == "SAME_UPPER" else (a, b) for b, a in pairs]
    elif mode == "VALID":
        pairs = [(0, 0)] * rank
    elif mode == "NOTSET" and len(pads) == 2 * rank:
        pairs = list(zip(pads[:rank], pads[rank:], strict=True))
    else:
        raise call.damaged(f"auto_pad {mode} or pads {pads} are not valid")
    if any(p < 0 for pair in pairs for p in pair):
        raise call.unsupported(f"negative pads {pads} are not supported.", "Use a Slice.")
    if rank == 1:
        return Window((1, kernel[0]), (1, stride[0]), (1, dilation[0]), (0, 0, *pairs[0]))
    return Window((kernel[0], kernel[1]), (stride[0], stride[1]), (dilation[0], dilation[1]), (*pairs[0], *pairs[1]))


def _positive(call: Call, name: str, rank: int) -> tuple[int, ...]:
    values = call.integers(name, (1,) * rank)
    assert values is not None
    if len(values) != rank or any(v < 1 for v in values):
        raise call.damaged(f"{name} {values} must be {rank} positive numbers")
    return values


def spatial_rank(call: Call) -> int:
    """1 or 2; UnsupportedError for other ranks of input 0."""
    rank = len(call.shape(0)) - 2
    if rank not in (1, 2):
        raise call.unsupported(
            f"has {rank} spatial dimensions; 1 and 2 are supported. Got an input of {call.shape(0)}.", "Use 2-D layers."
        )
    return rank
