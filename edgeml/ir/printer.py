"""Text form of a graph: stable, one line a node, used by `inspect` and by golden tests."""

from __future__ import annotations

from dataclasses import fields

from edgeml.ir.graph import Graph, State, Tensor
from edgeml.ir.types import Attributes, Numerics, TensorType


def format_type(type_: TensorType) -> str:
    """`int8[1,28,28,1] q(0.00392157, -128)`; per-channel quantisation shows its axis and count."""
    text = f"{type_.dtype.value}[{','.join(str(d) for d in type_.shape)}]"
    q = type_.quantization
    if q is None:
        return text
    if q.axis is None:
        return f"{text} q({q.scale[0]:.6g}, {q.zero_point[0]})"
    return f"{text} q(axis {q.axis}: {len(q.scale)} scales {min(q.scale):.3g}..{max(q.scale):.3g})"


def format_attrs(attrs: Attributes) -> str:
    """Attributes as `name=value` pairs; enums by their value."""
    return ", ".join(f"{f.name}={_plain(getattr(attrs, f.name))}" for f in fields(attrs))


def format_graph(graph: Graph) -> str:
    """The whole graph as text: inputs, states, constants, nodes, outputs; numerics where they are not the usual."""
    numerics = "" if graph.numerics is Numerics.LITERT else f" numerics={graph.numerics.value}"
    lines = [f"graph {graph.name}{numerics}"]
    lines += [f"  input  {_line(t)}" for t in graph.input_tensors]
    lines += [f"  state  {_line(graph.tensor(s.input))} next %{s.output}{_initial(s)}" for s in graph.states]
    lines += [f"  const  {_line(t)}" for t in sorted(graph.constants, key=lambda t: t.name)]
    for node in graph.nodes:
        attrs = format_attrs(node.attrs)
        args = ", ".join([f"%{n}" if n else "none" for n in node.inputs] + ([attrs] if attrs else []))
        for out in node.outputs:
            lines.append(f"  {_line(graph.tensor(out))} = {node.op}({args})")
    lines += [f"  output %{n}" for n in graph.outputs]
    return "\n".join(lines) + "\n"


def _initial(state: State) -> str:
    return f" initially %{state.initial}" if state.initial else ""


def _line(tensor: Tensor) -> str:
    return f"%{tensor.name}: {format_type(tensor.type)}"


def _plain(value: object) -> str:
    return str(getattr(value, "value", value))
