"""The runtimes on the other side of the contract: LiteRT's default interpreter, TensorFlow Lite Micro."""

from __future__ import annotations

from collections.abc import Mapping

from ai_edge_litert.interpreter import Interpreter

from edgeml.backends.litert import emit
from edgeml.interpreter import initial_state
from edgeml.ir import Array, Graph
from edgeml.ops import OPS


def run_reference(graph: Graph, inputs: Mapping[str, Array]) -> tuple[Array, ...]:
    """The graph's outputs by its only node's own reference, from the initial state."""
    bound = graph.bind(graph.nodes[0])
    given = {**inputs, **initial_state(graph)}
    values = tuple(None if t is None else given.get(t.name, t.data) for t in bound.inputs)
    found = dict(zip(bound.node.outputs, OPS[bound.node.op].reference(bound, *values), strict=True))
    return tuple(found[name] for name in graph.outputs)


def run_litert(graph: Graph, inputs: Mapping[str, Array], **options: object) -> tuple[Array, ...]:
    """The outputs of `graph` as the interpreter computes it from its .tflite export."""
    interpreter = Interpreter(model_content=emit(graph), num_threads=1, **options)
    interpreter.allocate_tensors()
    for name, detail in zip(graph.inputs, interpreter.get_input_details(), strict=True):
        interpreter.set_tensor(detail["index"], inputs[name])
    interpreter.invoke()
    return tuple(interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details())


def run_tflm(graph: Graph, inputs: Mapping[str, Array]) -> tuple[Array, ...] | None:
    """The outputs as TensorFlow Lite Micro's reference kernels compute them from the same export.

    None when it refuses the model: it has limits of its own, such as 10 inputs of a concatenation.
    """
    from tflite_micro import runtime

    try:
        interpreter = runtime.Interpreter.from_bytes(emit(graph), arena_size=1 << 20)
        for i, name in enumerate(graph.inputs):
            interpreter.set_input(inputs[name], i)
        interpreter.invoke()
    except RuntimeError:
        return None
    return tuple(interpreter.get_output(i) for i in range(len(graph.outputs)))
