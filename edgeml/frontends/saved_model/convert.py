"""Rebuilds a checked signature as a function with constant weights and converts it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.frontends.keras import convert, frozen
from edgeml.frontends.quiet import import_tensorflow, silenced
from edgeml.frontends.saved_model.lists import fix_batch
from edgeml.frontends.saved_model.read import Signature, read_signature
from edgeml.frontends.saved_model.variables import read_variables
from edgeml.ir import Array


def saved_model_to_tflite(folder: Path) -> bytes:
    """Bytes of a float32 .tflite file of the folder's serving signature, its batch fixed to 1.

    Raises ModelFormatError or UnsupportedError. The loader of TensorFlow, which would run initialisers and restore
    functions of the file, is not used.
    """
    tensorflow = import_tensorflow()
    signature = read_signature(folder)
    fix_batch(tensorflow, signature.graph)
    values = read_variables(folder, signature)
    names = sorted(signature.inputs)
    specs = [_spec(tensorflow, folder, name, signature.inputs[name]) for name in names]
    with silenced():
        try:
            concrete = _function(tensorflow, signature, values, names, specs)
        except (ValueError, TypeError, tensorflow.errors.OpError) as error:
            reason = " ".join(str(error).split())[:300]
            raise ModelFormatError(f"'{folder}': the graph is inconsistent ({reason}). Export it again.") from None
        return convert(tensorflow, concrete, f"SavedModel '{folder}'")


def _function(
    tensorflow: Any, signature: Signature, values: Mapping[str, Array], names: list[str], specs: list[Any]
) -> Any:
    variables = {name: tensorflow.Variable(value) for name, value in values.items()}
    wanted = [signature.outputs[name].name for name in sorted(signature.outputs)]

    def inference(*arguments: Any) -> Any:
        graph = tensorflow.compat.v1.get_default_graph()
        replaced = {signature.inputs[n].name: tensor for n, tensor in zip(names, arguments, strict=True)}
        for n, v in variables.items():
            # a variable that nobody reads would not be noted as one of the function's own
            v.read_value()
            replaced[f"{n}:0"] = graph.capture(v.handle)
        body = type(signature.graph)()
        body.CopyFrom(signature.graph)
        del body.node[:]
        body.node.extend(n for n in signature.graph.node if n.name not in variables)
        return tensorflow.graph_util.import_graph_def(body, input_map=replaced, return_elements=wanted, name="")

    return frozen(tensorflow.function(inference, input_signature=specs, autograph=False).get_concrete_function())


def _spec(tensorflow: Any, folder: Path, name: str, info: Any) -> Any:
    shape = [d.size for d in info.tensor_shape.dim]
    if info.tensor_shape.unknown_rank or not shape or any(size < 1 for size in shape[1:]):
        raise UnsupportedError(
            f"'{folder}': input '{name}' must have a fixed shape. Got {tuple(shape)}. Export the model with "
            "all sizes but the batch."
        )
    return tensorflow.TensorSpec((1, *shape[1:]), tensorflow.dtypes.as_dtype(info.dtype), name=name)
