"""What an operator is: one object that knows its shape rule, its meaning and its spelling everywhere.

The NumPy references are the specification: every kernel and every export is tested against them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast

import numpy as np

from edgeml.errors import GraphError, UnsupportedError
from edgeml.ir import Array, Attributes, BoundNode, DType, Numerics, Quantization, TensorType
from edgeml.ops.quantized import QUANTIZED as QUANTIZED
from edgeml.ops.quantized import check_codes, check_scales
from edgeml.ops.quantized import same_step as same_step


@dataclass(frozen=True)
class Unsupported:
    """A mapping that does not exist; `reason` is the error text and the cell of the support table."""

    reason: str


@dataclass(frozen=True)
class Exactness:
    """How far an int8 reference may be from the runtime it stands for: |difference| in steps, and its cause."""

    bound: int = 0
    reason: str = ""


EXACT = Exactness()

# those of operators that compute in int16 too
REALS = (DType.FLOAT32, *QUANTIZED)


@dataclass(frozen=True)
class LiteRT:
    """1:1 spelling in a .tflite file.

    `fields` maps attribute names to the option table's camelCase fields; `operands` maps attribute names
    to the index of the constant int32 operand that holds them in the file. `order` lists the node's inputs as they
    stand in the file, when that is another order. `version_int16` is for int16 activations.
    """

    builtin: str
    options: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    operands: Mapping[str, int] = field(default_factory=dict)
    version: int = 1
    version_int8: int = 2
    version_int16: int = 3
    order: tuple[int, ...] = ()


@dataclass(frozen=True)
class Operand:
    """Pointer argument of a kernel: input `index` of the node (NULL when the input is absent)."""

    index: int


@dataclass(frozen=True)
class Result:
    """Pointer argument of a kernel: output `index` of the node."""

    index: int = 0


@dataclass(frozen=True, eq=False)
class Table:
    """Pointer argument of a kernel: a constant array that the compiler derives (scales, lookup tables).

    `c_type` names the element's C type where it is not that of `data`; a record's fields are the last dimension.
    """

    name: str
    data: Array
    c_type: str = ""


@dataclass(frozen=True)
class Scratch:
    """Pointer argument of a kernel: `nbytes` of working memory from the arena, alive during this call only."""

    nbytes: int


KernelArg = Operand | Result | Table | Scratch
ParamValue = int | float | Sequence[int] | Sequence[float]


@dataclass(frozen=True, eq=False)
class KernelCall:
    """One node as one C call: `edgeml_<kernel>(&params, args…)`, from `kernels/<kernel>.c`.

    `params` fills the designated initialiser of `edgeml_<kernel>_params`, declared in `kernels/<kernel>.h`. A kernel
    that knows no batch is called `repeat` times, each time with the next part of every activation. `note` is what a
    report says of the call beside the kernel's name, `weights` what it says of how they are kept.
    """

    kernel: str
    params: Mapping[str, ParamValue]
    args: tuple[KernelArg, ...]
    repeat: int = 1
    note: str = ""
    weights: str = ""


class OnnxEmitter(Protocol):
    """What an operator may ask of the ONNX writer while it spells itself.

    Rank-4 activations live in NCHW inside the ONNX graph; all others keep their layout. Names handed out
    and taken are float values: the writer adds DequantizeLinear and QuantizeLinear around int8 tensors.
    """

    def input(self, bound: BoundNode, index: int) -> str:
        """Float value of an activation or constant input, in the ONNX layout (rank 4: NCHW)."""
        ...

    def weight(self, bound: BoundNode, index: int, perm: Sequence[int]) -> str:
        """Float value of a constant input with its dimensions permuted (per-channel axis follows)."""
        ...

    def codes(self, bound: BoundNode, index: int) -> str:
        """Value of an activation or constant input in its own element type, in the ONNX layout."""
        ...

    def constant(self, bound: BoundNode, index: int, perm: Sequence[int]) -> Array:
        """The stored values of a constant input with its dimensions permuted, for `initializer`."""
        ...

    def initializer(self, hint: str, data: Array) -> str:
        """A plain constant (shapes, axes, pads)."""
        ...

    def node(self, op_type: str, inputs: Sequence[str], **attrs: Any) -> str:
        """Append a node with one output; returns the output's name."""
        ...

    def nodes(self, op_type: str, inputs: Sequence[str], outputs: int, **attrs: Any) -> tuple[str, ...]:
        """The same for a node with several outputs; an absent input is the empty string."""
        ...

    def quantized(self, bound: BoundNode, value: str, index: int = 0) -> str:
        """A float value rounded to the grid of the node's int8 output: QuantizeLinear and DequantizeLinear."""
        ...

    def output(self, bound: BoundNode, value: str, index: int = 0) -> None:
        """Bind the node's output to a float value in the ONNX layout (quantised by the writer when int8)."""
        ...

    def output_codes(self, bound: BoundNode, value: str) -> None:
        """Bind the node's output to a value of its own element type in the ONNX layout."""
        ...

    def axis(self, rank: int, axis: int) -> int:
        """An NHWC axis of a tensor of `rank` as an axis of the ONNX layout."""
        ...


Constraint = Callable[[BoundNode], bool]
A = TypeVar("A", bound=Attributes)


class Operator(Generic[A]):
    """Base of all operators. Subclasses override what they support.

    References take arrays of shape (N, …) for activations: N may differ from the graph's batch of 1, so that
    calibration runs many samples at once; `batchable` says whether that is meaningful for a node.
    """

    name: ClassVar[str]
    attrs_type: ClassVar[type[Attributes]] = Attributes
    litert: ClassVar[LiteRT | Unsupported] = Unsupported("has no LiteRT builtin")
    onnx: ClassVar[str | Unsupported] = Unsupported("has no ONNX spelling")
    kernels: ClassVar[tuple[str, ...]] = ()
    dtypes: ClassVar[tuple[DType, ...]] = (DType.FLOAT32, DType.INT8)
    # Element types of the outputs, where they are others than those of the first input.
    output_dtypes: ClassVar[tuple[DType, ...]] = ()
    # True when every int8 input and output must carry the same scale and zero point.
    same_quantization: ClassVar[bool] = False
    # True for operators that override `reference` and still compute with the scales of int8 inputs.
    reads_scales: ClassVar[bool] = False
    # Fixed int8 output quantisation (scale, zero point), as LiteRT demands for softmax, logistic, tanh.
    fixed_output: ClassVar[tuple[float, int] | None] = None
    # The same for int16.
    fixed_output_s16: ClassVar[float | None] = None
    # Axis of the output channel in the weights (input 1); None for operators without weights.
    weight_axis: ClassVar[int | None] = None
    # Outputs that the kernel may write over an input (output index -> input index): states in their old place.
    in_place: ClassVar[Mapping[int, int]] = MappingProxyType({})
    # Constant inputs that a dynamic-range file may hold in int8 while the operator computes in float32.
    hybrid_inputs: ClassVar[tuple[int, ...]] = (1,)
    # Why int8 has no ONNX spelling where float32 has one.
    onnx_s8: ClassVar[Unsupported | None] = None
    # Predicates over a BoundNode; the docstring of a predicate is the error and the table's line.
    constraints: ClassVar[tuple[Constraint, ...]] = ()
    # Exactness of the int8 reference against LiteRT's default interpreter: allowed |difference| and cause.
    litert_bound: ClassVar[int] = 0
    litert_bound_reason: ClassVar[str] = ""
    # The same for the QDQ export in ONNX Runtime.
    onnx_bound: ClassVar[int] = 0
    onnx_bound_reason: ClassVar[str] = ""
    # Both for int16 activations, and that for their QDQ export, which ONNX Runtime computes in float32.
    litert_bound_s16: ClassVar[int] = 0
    onnx_bound_s16: ClassVar[int] = 0
    onnx_bound_qdq_s16: ClassVar[int] = 1
    # Exactness under the second numerics against TensorFlow Lite Micro; set only where tests/contract compares it.
    tflm: ClassVar[Exactness | Unsupported] = Unsupported("has not been compared with TensorFlow Lite Micro")

    def attrs(self, bound: BoundNode) -> A:
        """The node's attributes, as this operator's own type (`check` has made sure of it)."""
        return cast(A, bound.node.attrs)

    def infer(self, attrs: Any, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        """Shapes and element types of the outputs, without quantisation. Raises GraphError."""
        raise NotImplementedError

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        """Float meaning; arrays are float32 in NHWC."""
        raise NotImplementedError

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        """int8 meaning, bit for bit what every backend computes."""
        raise NotImplementedError

    def reference_s16(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        """int16 meaning (weights stay int8), bit for bit what every backend computes."""
        raise NotImplementedError

    def reference(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        """The node's meaning for its own element types: int8 when an input or output is, else int16, else float32.

        Operators that only move elements override this one and have no other.
        """
        kinds = [t.dtype for t in (*bound.inputs[:1], *bound.outputs) if t is not None]
        if DType.INT8 in kinds:
            return self.reference_s8(bound, *inputs)
        return (self.reference_s16 if DType.INT16 in kinds else self.reference_f32)(bound, *inputs)

    def fixed(self, dtype: DType) -> Quantization | None:
        """The quantisation that LiteRT demands of an output of this element type."""
        if dtype is DType.INT16:
            return None if self.fixed_output_s16 is None else Quantization.per_tensor(self.fixed_output_s16, 0)
        return None if self.fixed_output is None else Quantization.per_tensor(*self.fixed_output)

    def macs(self, bound: BoundNode) -> int:
        """Multiply-accumulates of one run (0 where the operator has none)."""
        return 0

    def batchable(self, bound: BoundNode) -> bool:
        """Whether dimension 0 of all activations is an independent batch."""
        return all(t is None or t.is_constant or t.shape[:1] == (1,) for t in (*bound.inputs, *bound.outputs))

    def litert_spelling(self, bound: BoundNode) -> LiteRT | Unsupported:
        """The builtin of this node, where attributes decide between several; `litert` for most."""
        return self.litert

    def litert_version(self, bound: BoundNode) -> int:
        """Version of the builtin that the node needs."""
        spelling = self.litert_spelling(bound)
        assert isinstance(spelling, LiteRT)
        tensors = [t for t in (*bound.inputs[:1], *bound.outputs) if t is not None]
        if any(t.dtype is DType.INT8 for t in tensors):
            return spelling.version_int8
        int16 = any(t.dtype is DType.INT16 and t.quantization is not None for t in tensors)
        return spelling.version_int16 if int16 else spelling.version

    def litert_operand(self, bound: BoundNode, attr: str) -> tuple[Array, Quantization | None]:
        """The constant operand that holds attribute `attr` in a file: int32 for most."""
        return np.asarray(getattr(bound.node.attrs, attr), np.int32), None

    def litert_intermediates(self, bound: BoundNode) -> tuple[TensorType, ...]:
        """Tensors of a file that only carry the quantisation of inner values."""
        return ()

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        """Values of the option table's fields, for the writer."""
        assert isinstance(self.litert, LiteRT)
        return {f: getattr(bound.node.attrs, a) for a, f in self.litert.fields.items()}

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> Attributes:
        """Attributes from option fields (enums as plain ints) and constant operands, for the reader."""
        assert isinstance(self.litert, LiteRT)
        values: dict[str, Any] = {a: options[f] for a, f in self.litert.fields.items()}
        values.update({a: operands[a] for a in self.litert.operands})
        return self.attrs_type(**values)

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        """Emit the float operator; quantisation is the writer's work."""
        raise UnsupportedError(f"{self.name} '{bound.name}': has no ONNX spelling.")

    def to_onnx_s16(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        """Emit the int16 operator in integers; by default the float one, where that gives the same codes."""
        self.to_onnx(bound, onnx)

    def kernel(self, bound: BoundNode) -> KernelCall:
        """The C call for this node, int8 or float32 by the output's type."""
        raise UnsupportedError(f"{self.name} '{bound.name}': has no C kernel.")

    def check(self, bound: BoundNode) -> None:
        """Raise when an element type or a constraint does not hold; names the node, rule and value."""
        if not isinstance(bound.node.attrs, self.attrs_type):
            raise GraphError(f"{self.name} '{bound.name}': attributes must be {self.attrs_type.__name__}.")
        if not all(_fits_int32(getattr(bound.node.attrs, f.name)) for f in fields(bound.node.attrs)):
            raise GraphError(f"{self.name} '{bound.name}': every integer must fit in 32 bits. Got {bound.node.attrs}.")
        # a state may have a type of its own, which the operator's constraints check
        results = [t for i, t in enumerate(bound.outputs) if i not in self.in_place]
        allowed = [(t, self.dtypes) for t in bound.inputs[:1] if t is not None]
        allowed += [(t, self.output_dtypes or self.dtypes) for t in results]
        for tensor, dtypes in allowed:
            if tensor.dtype not in dtypes:
                names = ", ".join(d.value for d in dtypes)
                raise UnsupportedError(
                    f"{self.name} '{bound.name}': element types are {names}. Tensor '{tensor.name}' is "
                    f"{tensor.dtype.value}. Convert the model to float32 or int8."
                )
        if (
            bound.numerics is Numerics.TFLM
            and isinstance(self.tflm, Unsupported)
            and DType.INT8 in {t.dtype for t, _ in allowed}
        ):
            raise UnsupportedError(
                f"{self.name} '{bound.name}': no int8 under tflm numerics, it {self.tflm.reason}. Use litert numerics."
            )
        if (
            bound.numerics is Numerics.TFLM
            and is_int16(bound)
            and type(self).reference_s16 is not Operator.reference_s16
        ):
            raise UnsupportedError(
                f"{self.name} '{bound.name}': no int16 under tflm numerics, it has not been compared with TensorFlow "
                "Lite Micro. Use litert numerics."
            )
        own = type(self)
        moves = own.reference is not Operator.reference and own.reference_s8 is Operator.reference_s8
        if not moves or self.reads_scales:
            # states, and tables of an operator that computes in another type, may hold plain int16
            plain = self.in_place or DType.INT16 not in {t.dtype for t, _ in allowed}
            check_codes(bound, self.weight_axis is not None, (DType.INT8,) if plain else QUANTIZED)
        check_scales(bound, self.fixed(bound.output.dtype), self.same_quantization)
        for rule in self.constraints:
            if not rule(bound):
                got = ", ".join(str(t.shape) for t in bound.inputs if t is not None)
                text = " ".join((rule.__doc__ or rule.__name__).split()).rstrip(".")
                raise UnsupportedError(f"{self.name} '{bound.name}': {text}. Got inputs {got}, {bound.node.attrs}.")


def is_int8(bound: BoundNode) -> bool:
    """Whether the node computes int8."""
    return bound.output.dtype is DType.INT8


def is_int16(bound: BoundNode) -> bool:
    """Whether the node computes int16."""
    return bound.output.dtype is DType.INT16


def involves_int16(bound: BoundNode) -> bool:
    """Whether the node reads or makes int16: states and tables beside its first input and output do not count."""
    return DType.INT16 in (bound.input(0).dtype, bound.output.dtype)


def _fits_int32(value: object) -> bool:
    """Whether the integers of an attribute, also inside tuples, are what C and files can hold."""
    if isinstance(value, tuple):
        return all(_fits_int32(v) for v in value)
    return not isinstance(value, (int, np.integer)) or -(1 << 31) <= int(value) < 1 << 31
