"""Nodes as C: constant arrays, one function a layer, and the calls that chain them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edgeml.backends.c99.literals import C_TYPES, array_lines, initializer, int_literal, record_lines
from edgeml.backends.c99.memory import MemoryPlan, is_staged, plan_memory, scratch_name, staging_name
from edgeml.backends.c99.names import Names, comment_text
from edgeml.backends.c99.selection import Choice
from edgeml.backends.c99.streaming.lowering import RowLayer, StreamCode, places, stream_code
from edgeml.backends.c99.streaming.schedule import Stream
from edgeml.errors import UnsupportedError
from edgeml.ir import Array, BoundNode, DType, Graph, State, Tensor
from edgeml.ops import OPS
from edgeml.ops.base import KernelArg, KernelCall, Operand, Result, Scratch, Table


@dataclass(frozen=True)
class ConstantArray:
    """A `static const` array of the library."""

    name: str
    c_type: str
    count: int
    lines: tuple[str, ...]
    comment: str
    nbytes: int


@dataclass(frozen=True)
class Layer:
    """One C function: its text parts, and the call that stands in the run function."""

    bound: BoundNode
    choice: Choice
    kernel: str
    symbol: str
    comment: str
    parameters: tuple[str, ...]
    params: tuple[tuple[str, str], ...]
    gathered: str  # the array of inputs of a concatenation, or empty
    args: tuple[str, ...]
    call: tuple[str, ...]
    repeat: int
    steps: tuple[tuple[str, int], ...]  # pointers to activations, and the elements of each repetition
    # of a layer that is computed row by row: the parameters for each position of its window
    parts: tuple[tuple[tuple[str, str], ...], ...] = ()


@dataclass(frozen=True)
class Copy:
    """`nbytes` bytes from one address to another, after the last layer, in order."""

    target: str
    source: str
    nbytes: int


@dataclass(frozen=True)
class Reset:
    """First value of a state: `count` elements at `place`, from the array `source` or all `value`."""

    place: str
    c_type: str
    count: int
    value: str
    source: str
    comment: str


@dataclass(frozen=True)
class Program:
    """All that the templates print of a graph."""

    arrays: tuple[ConstantArray, ...]
    layers: tuple[Layer, ...]
    plan: MemoryPlan
    positions: Mapping[int, int]  # node index -> layer index, for nodes that became a layer
    copies: tuple[Copy, ...]
    resets: tuple[Reset, ...]
    streams: tuple[StreamCode, ...] = ()
    # the calls of the run function in order: function and arguments
    calls: tuple[tuple[str, tuple[str, ...]], ...] = ()


def build_program(
    graph: Graph, prefix: str, kept: Mapping[str, str], choices: Sequence[Choice], streams: Sequence[Stream] = ()
) -> Program:
    """Lower the nodes, with a kernel for each; those of `streams` row by row.

    `kept` names the run function's parameter of each graph input that stays in the caller's memory: all or none.
    """
    _check_outputs(graph)
    plan = plan_calls(graph, choices, bool(kept), streams)
    writer = _Writer(graph, prefix, kept, plan)
    positions: dict[int, int] = {}
    starting = {s.first: s for s in streams}
    streamed = {i for s in streams for i in range(s.first, s.last + 1)}
    codes: list[StreamCode] = []
    calls: list[tuple[str, tuple[str, ...]]] = []
    for i, (bound, choice) in enumerate(zip(graph.bound(), choices, strict=True)):
        if i in starting:
            first = len(writer.layers)
            positions.update({n: first + n - i for n in range(i, starting[i].last + 1)})
            codes.append(writer.stream(starting[i], f"{prefix}_rows_{len(codes)}"))
            calls.append((codes[-1].symbol, ("arena", *codes[-1].inputs)))
        elif i not in plan.skipped and i not in streamed:
            positions[i] = len(writer.layers)
            writer.layer(bound, choice)
            calls.append((writer.layers[-1].symbol, writer.layers[-1].call))
    copies, resets = writer.copies(), tuple(writer.reset(s) for s in graph.states)
    return Program(
        tuple(writer.arrays), tuple(writer.layers), plan, positions, copies, resets, tuple(codes), tuple(calls)
    )


def plan_calls(
    graph: Graph, choices: Sequence[Choice], keep_inputs: bool = False, streams: Sequence[Stream] = ()
) -> MemoryPlan:
    """The arena for these kernels: their scratch, and what they let overlap."""
    scratch = {i: choice.cost.scratch for i, choice in enumerate(choices) if choice.cost.scratch}
    overlaps = {i: choice.overlaps for i, choice in enumerate(choices)}
    return plan_memory(graph, scratch, overlaps, keep_inputs, streams)


class _Writer:
    def __init__(self, graph: Graph, prefix: str, kept: Mapping[str, str], plan: MemoryPlan) -> None:
        self.prefix, self.plan, self._graph = prefix, plan, graph
        self.arrays: list[ConstantArray] = []
        self.layers: list[Layer] = []
        self._names = Names()
        self._constants: dict[str, str] = {}
        self._images: Mapping[str, str] = {}
        self._tables: dict[tuple[str, str, tuple[int, ...], bytes], str] = {}
        self._kept = kept
        self._places = dict(kept)
        at = plan.states.offsets
        self._places.update({name: f"EDGEML_STATE({offset})" for name, offset in at.items()})
        self._places.update({name: f"EDGEML_STATE({at[state]})" for name, state in plan.states.direct.items()})

    def stream(self, stream: Stream, symbol: str) -> StreamCode:
        """Append the functions of nodes that are computed row by row; the function that calls them."""
        first, layers = len(self.layers), []
        for kernel in stream.kernels:
            rows = kernel.rows
            self.layer(rows.bound, kernel.choice, places(rows, self.plan, self._kept), list(kernel.calls.values()))
            layers.append(RowLayer(self.layers[-1].symbol, ("call->part", *self.layers[-1].call)))
        return stream_code(stream, self.plan, self._kept, symbol, first, layers)

    def layer(
        self,
        bound: BoundNode,
        choice: Choice,
        images: Mapping[str, str] | None = None,
        parts: Sequence[KernelCall] = (),
    ) -> None:
        """Append the function of one node. `images` are the places of its tensors, `parts` the calls for each position
        of its window, where it is computed row by row."""
        call = choice.call
        self._images = images or {}
        parameters: list[str] = []
        args: list[str] = []
        values: list[str] = []
        for arg in call.args:
            args.append(self._argument(bound, arg, parameters, values))
        gathered = ""
        if call.kernel.startswith("concatenation_"):
            operands = [a for a, k in zip(args, call.args, strict=True) if isinstance(k, Operand)]
            gathered = f"const void *const inputs[] = {{{', '.join(operands)}}};"
            args = ["inputs", *(a for a, k in zip(args, call.args, strict=True) if not isinstance(k, Operand))]
        params = _initializers(call)
        if parts:
            parameters.insert(0, "int32_t part")
        symbol = f"{self.prefix}_layer_{len(self.layers)}"
        comment = _describe(bound)
        self.layers.append(
            Layer(
                bound,
                choice,
                call.kernel,
                symbol,
                comment,
                tuple(parameters),
                params,
                gathered,
                tuple(args),
                tuple(values),
                call.repeat,
                _steps(bound, call, args),
                tuple(map(_initializers, parts)),
            )
        )

    def copies(self) -> tuple[Copy, ...]:
        """What brings new values into the state buffer; those that lie in it already leave it first."""
        self._images = {}
        staged, final = [], []
        for state in (self._graph.states[i] for i in self.plan.states.copied):
            tensor = self._graph.tensor(state.output)
            source = self._constant(tensor) if tensor.is_constant else self._place(tensor)
            if is_staged(self._graph, self.plan.storage, state):
                between = self._address(staging_name(state))
                staged.append(Copy(between, source, tensor.type.nbytes))
                source = between
            final.append(Copy(self._places[state.input], source, tensor.type.nbytes))
        return (*staged, *final)

    def reset(self, state: State) -> Reset:
        """How the state gets its first value."""
        tensor = self._graph.tensor(state.input)
        source = self._constant(self._graph.tensor(state.initial)) if state.initial else ""
        zero = tensor.type.zero_point if tensor.quantization is not None else 0
        value = "0.0f" if tensor.dtype is DType.FLOAT32 else int_literal(zero)
        comment = comment_text(f"{tensor.name}: {tensor.dtype.value} {tensor.shape}")
        return Reset(self._places[state.input], _c_type(tensor), tensor.type.elements, value, source, comment)

    def _argument(self, bound: BoundNode, arg: KernelArg, parameters: list[str], values: list[str]) -> str:
        """The kernel's argument inside the layer function; activations become parameters of that function."""
        if isinstance(arg, Table):
            return self._array("t", f"{bound.name}_{arg.name}", arg.data, f"{bound.name}: {arg.name}", arg.c_type)
        if isinstance(arg, Scratch):
            parameters.append("void *scratch")
            values.append(self._address(scratch_name(bound.node)))
            return "scratch"
        if isinstance(arg, Result):
            tensor = bound.outputs[arg.index]
            name = "y" if arg.index == 0 else f"y{arg.index}"
            parameters.append(f"{_c_type(tensor)} *{name}")
            values.append(self._place(tensor))
            return name
        operand = bound.optional(arg.index)
        if operand is None:
            return "NULL"
        if operand.data is not None:
            return self._constant(operand)
        parameter = f"const {_c_type(operand)} *x{arg.index}"
        # a kernel of two operands may take one input twice
        if parameter not in parameters:
            parameters.append(parameter)
            values.append(self._place(operand))
        return f"x{arg.index}"

    def _place(self, tensor: Tensor) -> str:
        if tensor.name in self._images:
            return self._images[tensor.name]
        owner, shift = self.plan.storage[tensor.name], self.plan.shift.get(tensor.name, 0)
        if owner not in self._places:
            return self._address(owner, shift)
        place = self._places[owner]
        return f"(const void *)((const uint8_t *){place} + {shift})" if shift else place

    def _address(self, owner: str, shift: int = 0) -> str:
        return f"EDGEML_AT({self.plan.block(owner).offset + shift})"

    def _constant(self, tensor: Tensor) -> str:
        if tensor.name not in self._constants:
            assert tensor.data is not None
            self._constants[tensor.name] = self._array("w", tensor.name, tensor.data, f"{tensor.name} {tensor.shape}")
        return self._constants[tensor.name]

    def _array(self, prefix: str, name: str, data: Array, comment: str, c_type: str = "") -> str:
        """A constant array; `c_type` other than that of the data may be a record of its last dimension."""
        # the parts of a layer that is computed in parts read the same arrays
        content = (c_type, data.dtype.str, data.shape, data.tobytes())
        if prefix == "t" and content in self._tables:
            return self._tables[content]
        identifier = self._names.take(prefix, name)
        self._tables[content] = identifier
        records = bool(c_type) and data.ndim > 1
        lines = tuple(record_lines(data) if records else array_lines(data))
        count = len(data) if records else data.size
        c_type = c_type or C_TYPES[data.dtype.name]
        self.arrays.append(ConstantArray(identifier, c_type, count, lines, comment_text(comment), data.nbytes))
        return identifier


def _initializers(call: KernelCall) -> tuple[tuple[str, str], ...]:
    return tuple((key, initializer(value)) for key, value in call.params.items())


def _steps(bound: BoundNode, call: KernelCall, args: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """How far each activation's pointer goes from one repetition of the call to the next."""
    if call.repeat == 1:
        return ()
    steps = []
    for name, arg in zip(args, call.args, strict=True):
        tensor = bound.optional(arg.index) if isinstance(arg, Operand) else None
        if isinstance(arg, Result):
            tensor = bound.outputs[arg.index]
        if tensor is not None and not tensor.is_constant:
            steps.append((name, tensor.type.elements // call.repeat))
    return tuple(steps)


def _c_type(tensor: Tensor) -> str:
    return C_TYPES[tensor.dtype.value]


def _describe(bound: BoundNode) -> str:
    inputs = [str(t.shape) for t in bound.inputs if t is not None and not t.is_constant]
    macs = OPS[bound.node.op].macs(bound)
    text = f"{bound.name}: {bound.node.op} {' '.join(inputs)} -> {bound.output.shape}"
    return comment_text(text + (f", {macs} MACs" if macs else ""))


def _check_outputs(graph: Graph) -> None:
    computed = {name for node in graph.nodes for name in node.outputs}
    for name in graph.outputs:
        if name not in computed or graph.outputs.count(name) > 1:
            raise UnsupportedError(
                f"graph '{graph.name}': a C library computes each output once, by an operator. Output '{name}' is "
                "an input, a constant, or listed twice. Remove it from the outputs."
            )
