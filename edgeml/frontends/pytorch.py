"""A PyTorch module as an .onnx file, exported in memory."""

from __future__ import annotations

import inspect
import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from edgeml.errors import UnsupportedError, UsageError
from edgeml.extras import require
from edgeml.frontends.quiet import silenced

# the newest that PyTorch's older exporter writes
_SCRIPT_OPSET = 17


def torch_to_onnx(module: Any, example: Any) -> bytes:
    """Bytes of an .onnx file of `module` in evaluation mode; inputs have the names of forward's parameters.

    `example` is a shape with its batch of 1 (float32), an array or tensor, or a list of these for several inputs. The
    exporter over torch.export is tried first, the older one that traces after it. Raises UnsupportedError with both
    reasons.
    """
    torch = require("torch", "torch")
    what = f"PyTorch module {type(module).__name__}"
    arguments = _arguments(torch, example, what)
    reasons = []
    for export in (_dynamo, _script):
        try:
            with _evaluating(module), silenced(), _quiet():
                return export(torch, module, arguments, _names(module, len(arguments)))
        except Exception as error:  # whatever the module's own code raises while it is traced
            lines = (str(error).strip() or type(error).__name__).splitlines()
            reasons.append(" ".join(lines[0].split())[:300])
    raise UnsupportedError(
        f"{what} cannot be exported to ONNX ({reasons[0]}; by tracing: {reasons[1]}). Make forward a function of "
        "tensors of fixed shapes."
    )


def _dynamo(torch: Any, module: Any, arguments: tuple[Any, ...], names: list[str]) -> bytes:
    program = torch.onnx.export(module, arguments, dynamo=True, input_names=names, verbose=False)
    return bytes(program.model_proto.SerializeToString())


def _script(torch: Any, module: Any, arguments: tuple[Any, ...], names: list[str]) -> bytes:
    stream = io.BytesIO()
    torch.onnx.export(module, arguments, stream, dynamo=False, input_names=names, opset_version=_SCRIPT_OPSET)
    return stream.getvalue()


def _arguments(torch: Any, example: Any, what: str) -> tuple[Any, ...]:
    if example is None:
        raise UsageError(f"{what}: give an example of its input, for instance example=(1, 3, 96, 96).")
    several = isinstance(example, list) or (
        isinstance(example, tuple) and not all(isinstance(n, int | np.integer) for n in example)
    )
    return tuple(_argument(torch, e, what) for e in (example if several else [example]))


def _argument(torch: Any, example: Any, what: str) -> Any:
    if isinstance(example, torch.Tensor):
        return example
    if isinstance(example, tuple):
        if not example or min(example) < 1:
            raise UsageError(f"{what}: an example's shape must hold positive sizes, the batch first. Got {example}.")
        return torch.zeros(example)
    if isinstance(example, np.ndarray):
        return torch.from_numpy(np.ascontiguousarray(example))
    raise UsageError(f"{what}: an example must be a shape, an array or a tensor. Got {type(example).__name__}.")


def _names(module: Any, count: int) -> list[str]:
    """Names of forward's first parameters, or x0, x1, … where it has none of its own."""
    try:
        parameters: Sequence[inspect.Parameter] = tuple(inspect.signature(module.forward).parameters.values())
    except (TypeError, ValueError):
        parameters = ()
    names = [p.name for p in parameters if p.kind is not p.VAR_POSITIONAL and p.kind is not p.VAR_KEYWORD][:count]
    return [*names, *(f"x{i}" for i in range(len(names), count))]


@contextmanager
def _evaluating(module: Any) -> Iterator[None]:
    """Evaluation mode while the body runs; every part keeps its own mode afterwards."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training


@contextmanager
def _quiet() -> Iterator[None]:
    """No warnings and no log lines of the exporters."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
