"""Nodes a row at a time: which rows of its inputs each call needs, and the node that such a call computes alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from edgeml.ir import BoundNode, Tensor
from edgeml.ops.base import is_int8
from edgeml.ops.convolution import ConvolutionAttrs
from edgeml.ops.pooling import PoolAttrs

_WEIGHTED = ("conv_2d", "depthwise_conv_2d")
_POOLS = ("max_pool_2d", "average_pool_2d")
# element i of the output from element i of every operand
_ELEMENTWISE = (
    *("relu", "relu6", "relu_n1_to_1", "hard_swish", "elu", "leaky_relu", "logistic", "tanh", "quantize"),
    *("add", "sub", "mul", "maximum", "minimum"),
)
# kernels take their operands and results at addresses that are multiples of this
_WORD = 4
# different positions of a window against the upper and lower border, of each of which a library holds parameters
_MOST_PARTS = 24


@dataclass(frozen=True)
class Part:
    """A window of `rows` rows of the image, with `top` and `bottom` rows of padding around them.

    Of a node that gathers its rows: `top` and `bottom` are 1 for the first and the last row, else 0.
    """

    rows: int
    top: int
    bottom: int


@dataclass(frozen=True)
class Reach:
    """Windows along the height of an image of `height` rows; elementwise operators have windows of one row."""

    height: int
    window: int = 1
    stride: int = 1
    pad: int = 0

    def rows(self, row: int) -> tuple[int, int]:
        """First row and row behind the last that output row `row` reads."""
        start = row * self.stride - self.pad
        return max(start, 0), min(start + self.window, self.height)

    def part(self, row: int) -> Part:
        """The position of that window against the borders."""
        start = row * self.stride - self.pad
        low, high = self.rows(row)
        return Part(high - low, low - start, start + self.window - high)


@dataclass(frozen=True, eq=False)
class RowNode:
    """A node that can be computed by a call for each row of its output (1, H, W, C); `reads` are its inputs that are
    images. One that `gathers` has a call for each row of its input instead, and its output after the last of them.
    """

    bound: BoundNode
    reads: tuple[int, ...]
    reach: Reach
    gathers: bool = False

    @property
    def calls(self) -> int:
        """How many calls compute the node."""
        return self.reach.height if self.gathers else self.bound.output.shape[1]

    def made(self, calls: int) -> int:
        """Rows of the output that are there after so many calls."""
        return calls // self.reach.height if self.gathers else calls

    def part(self, call: int) -> Part:
        """The position of a call's window against the borders."""
        if self.gathers:
            return Part(1, int(call == 0), int(call == self.calls - 1))
        return self.reach.part(call)

    @cached_property
    def parts(self) -> Mapping[Part, int]:
        """The positions of the windows, in the order in which they come, and how many calls have them."""
        return Counter(self.part(call) for call in range(self.calls))

    def one_row(self, part: Part) -> BoundNode:
        """The node that computes a row with such a window: from (1, part.rows, W, C) to (1, 1, W, C)."""
        bound, node = self.bound, self.bound.node
        attrs = node.attrs
        if isinstance(attrs, ConvolutionAttrs | PoolAttrs) and not self.gathers:
            attrs = replace(attrs, padding=(part.top, part.bottom, *attrs.padding[2:]))
        inputs = tuple(
            _with_rows(t, part.rows) if i in self.reads and t is not None else t for i, t in enumerate(bound.inputs)
        )
        return replace(bound, node=replace(node, attrs=attrs), inputs=inputs, outputs=(_with_rows(bound.output, 1),))


def row_node(bound: BoundNode) -> RowNode | None:
    """The node by rows, or None where it is none of the operators that work along rows."""
    reach = _reach(bound)
    if reach is None or not _is_image(bound.output) or len(bound.outputs) != 1:
        return None
    reads = tuple(i for i, t in enumerate(bound.inputs) if t is not None and not t.is_constant)
    # the windows of convolutions begin anywhere in a row; all else begins at words
    aligned = [bound.output] if bound.node.op in _WEIGHTED else [bound.output, *(bound.input(i) for i in reads)]
    if not reads or not all(_is_image(bound.input(i)) for i in reads) or any(row_bytes(t) % _WORD for t in aligned):
        return None
    found = RowNode(bound, reads, reach, _averages_all(bound))
    inside = all(low < high for low, high in map(reach.rows, range(found.calls)))
    return found if inside and len(found.parts) <= _MOST_PARTS else None


def row_bytes(tensor: Tensor) -> int:
    """Bytes of one row of an image."""
    return tensor.type.nbytes // tensor.shape[1]


def _reach(bound: BoundNode) -> Reach | None:
    op, attrs, y = bound.node.op, bound.node.attrs, bound.output
    x = bound.optional(0)
    if x is None or len(x.shape) != 4:
        return None
    if op in _WEIGHTED and isinstance(attrs, ConvolutionAttrs):
        window = (bound.input(1).shape[1] - 1) * attrs.dilation[0] + 1
        return Reach(x.shape[1], window, attrs.stride[0], attrs.padding[0])
    if _averages_all(bound):
        return Reach(x.shape[1])
    if op in _POOLS and isinstance(attrs, PoolAttrs):
        return Reach(x.shape[1], attrs.kernel[0], attrs.stride[0], attrs.padding[0])
    if op in _ELEMENTWISE and all(t is None or _fits(t, y) for t in bound.inputs):
        return Reach(y.shape[1])
    return None


def _averages_all(bound: BoundNode) -> bool:
    """Whether the output is the mean of the whole image."""
    attrs, x = bound.node.attrs, bound.input(0)
    return (
        bound.node.op == "average_pool_2d"
        and isinstance(attrs, PoolAttrs)
        and is_int8(bound)
        and attrs.kernel == x.shape[1:3]
        and not any(attrs.padding)
    )


def _fits(operand: Tensor, y: Tensor) -> bool:
    """Whether an operand is as large as the output, or the same for every row."""
    if operand.is_constant:
        return len(operand.shape) <= len(y.shape) and (len(operand.shape) < 3 or operand.shape[-3] == 1)
    return operand.shape == y.shape


def _is_image(tensor: Tensor) -> bool:
    return len(tensor.shape) == 4 and tensor.shape[0] == 1


def _with_rows(tensor: Tensor, rows: int) -> Tensor:
    batch, _, width, channels = tensor.shape
    return replace(tensor, type=replace(tensor.type, shape=(batch, rows, width, channels)))
