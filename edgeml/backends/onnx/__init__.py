"""Writes a Graph as an .onnx file; int8 graphs become QDQ models, int16 operators integer arithmetic."""

from __future__ import annotations

from dataclasses import replace

from edgeml.backends.boundary import IO, with_io
from edgeml.backends.onnx.forms import Int16Form, check_int16_form
from edgeml.errors import UsageError
from edgeml.ir import Graph, Numerics


def emit(graph: Graph, *, io: IO = "int8", int16: Int16Form = "integer") -> bytes:
    """Bytes of the .onnx file; the same graph gives the same bytes, whatever its numerics: a runtime brings its own.

    The model's inputs and outputs keep their names and their NHWC layout; inside, rank-4 activations are NCHW.
    Each state of the graph is an input `<state>_in`, whose default is the initial value, and an output `<state>_out`
    to feed back into it. `io` is the element type at the boundary of an int8 graph. Operators with int16 activations
    are written in integer arithmetic, the same bits everywhere, or as "qdq": float operators between DequantizeLinear
    and QuantizeLinear, for tools that read those. Raises UnsupportedError for operators without an ONNX spelling.
    """
    form = check_int16_form(int16)
    for name in set(graph.inputs) & set(graph.outputs):
        raise UsageError(f"input '{name}' is an output too, which ONNX does not allow. Remove it from the outputs.")
    # `import onnx` costs 0.2 s, which other exports need not pay
    from edgeml.backends.onnx.writer import write_graph

    return write_graph(with_io(replace(graph, numerics=Numerics.LITERT), io), form)
