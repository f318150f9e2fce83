"""LiteRT's default interpreter as the other side of the contract."""

from __future__ import annotations

from collections.abc import Mapping

from ai_edge_litert.interpreter import Interpreter

from edgeml.backends.litert import emit
from edgeml.ir import Array, Graph


def run_litert(graph: Graph, inputs: Mapping[str, Array], **options: object) -> tuple[Array, ...]:
    """The outputs of `graph` as the interpreter computes it from its .tflite export."""
    interpreter = Interpreter(model_content=emit(graph), num_threads=1, **options)
    interpreter.allocate_tensors()
    for name, detail in zip(graph.inputs, interpreter.get_input_details(), strict=True):
        interpreter.set_tensor(detail["index"], inputs[name])
    interpreter.invoke()
    return tuple(interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details())
