"""Runs .tflite files in the LiteRT interpreter as phones and Python users do: default resolver, one thread."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Literal

import numpy as np

from edgeml.errors import ModelFormatError, TargetError
from edgeml.extras import require
from edgeml.ir import Array
from edgeml.targets.base import Latency, Runtime
from edgeml.targets.latency import measure
from edgeml.targets.quiet import captured, last_line
from edgeml.targets.samples import InputSpec, check_samples

# the delegate of LiteRT's default, or TensorFlow's reference kernels
Resolver = Literal["default", "ref"]
RESOLVERS = {"default": "default resolver (XNNPACK)", "ref": "reference kernels (BUILTIN_REF)"}


class LiteRTTarget:
    """A loaded model. Calls have batch 1; arrays are (N, …) in the model's own element types and layout.

    Raises ModelFormatError when LiteRT refuses the file.
    """

    def __init__(self, model_bytes: bytes, *, resolver: Resolver = "default") -> None:
        self._model, self._resolver = bytes(model_bytes), resolver
        with captured() as said:
            try:
                self._interpreter = self._load()
            except (ValueError, RuntimeError) as error:
                reason = " ".join(str(error).split()) or last_line(said)
                raise ModelFormatError(
                    f"LiteRT cannot load the model: {reason.rstrip('.')}. Export it again, or check that it is a "
                    ".tflite file."
                ) from None
        details = self._interpreter.get_input_details()
        self.inputs = tuple(
            InputSpec(d["name"], tuple(int(s) for s in d["shape"]), np.dtype(d["dtype"])) for d in details
        )
        self._in = [d["index"] for d in details]
        self._out = [d["index"] for d in self._interpreter.get_output_details()]
        operators = {d["op_name"] for d in self._interpreter._get_ops_details()}
        self._has_resources = "VAR_HANDLE" in operators
        self.runtime = Runtime("LiteRT", version("ai-edge-litert"), flags=f"{RESOLVERS[resolver]}, 1 thread")

    def run(self, x: Array) -> Array:
        """First output for all samples of a model with one input."""
        return self.run_all([x])[0]

    def run_all(self, arrays: Sequence[Array]) -> tuple[Array, ...]:
        """All outputs, (N, …) each, in the model's order, for one array per model input.

        Every sample starts from the model's initial state.
        """
        arrays = check_samples(self.inputs, arrays)
        rows = []
        for i in range(len(arrays[0])):
            self.reset()
            rows.append(self._call(arrays, slice(i, i + 1)))
        return tuple(np.concatenate(column) for column in zip(*rows, strict=True))

    def run_stream(self, arrays: Sequence[Array]) -> tuple[Array, ...]:
        """The same for samples in the order of time: each starts from the state that the one before it left."""
        arrays = check_samples(self.inputs, arrays)
        self.reset()
        rows = [self._call(arrays, slice(i, i + 1)) for i in range(len(arrays[0]))]
        return tuple(np.concatenate(column) for column in zip(*rows, strict=True))

    def reset(self) -> None:
        """Forget what earlier runs left."""
        if self._has_resources:
            # LiteRT has no other way back to the initial value of a resource variable
            self._interpreter = self._load()
        else:
            self._interpreter.reset_all_variables()

    def _load(self) -> Any:
        package = require("ai_edge_litert.interpreter", "all")
        kinds = package.OpResolverType
        interpreter = package.Interpreter(
            model_content=self._model,
            num_threads=1,
            experimental_op_resolver_type={"default": kinds.AUTO, "ref": kinds.BUILTIN_REF}[self._resolver],
        )
        interpreter.allocate_tensors()
        return interpreter

    def run_once(self, arrays: Sequence[Array]) -> tuple[Array, ...]:
        """One call with whole arrays, for models whose first dimension is no batch."""
        return tuple(self._call(arrays, slice(None)))

    def latency(self, x: Array, runs: int = 1000, warmup: int = 100) -> Latency:
        """Time of one call from NumPy array to NumPy array, batch 1, over the samples of `x` in turn."""
        arrays = check_samples(self.inputs, [x])
        return measure(lambda i: self._call(arrays, slice(i, i + 1)), len(x), runs, warmup)

    def _call(self, arrays: Sequence[Array], sample: slice) -> list[Array]:
        for index, array in zip(self._in, arrays, strict=True):
            self._interpreter.set_tensor(index, array[sample])
        try:
            self._interpreter.invoke()
        except RuntimeError as error:
            raise TargetError(f"LiteRT failed while running the model: {' '.join(str(error).split())}.") from None
        return [self._interpreter.get_tensor(index) for index in self._out]
