"""Runs .tflite files in the LiteRT interpreter as phones and Python users do: default resolver, one thread."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np

from edgeml.errors import ModelFormatError, TargetError
from edgeml.extras import require
from edgeml.ir import Array
from edgeml.targets.base import Latency, Runtime
from edgeml.targets.latency import measure
from edgeml.targets.quiet import captured, last_line
from edgeml.targets.samples import InputSpec, check_samples


class LiteRTTarget:
    """A loaded model. Calls have batch 1; arrays are (N, …) in the model's own element types and layout.

    Raises ModelFormatError when LiteRT refuses the file.
    """

    def __init__(self, model_bytes: bytes) -> None:
        interpreter = require("ai_edge_litert.interpreter", "all")
        with captured() as said:
            try:
                self._interpreter = interpreter.Interpreter(model_content=bytes(model_bytes), num_threads=1)
                self._interpreter.allocate_tensors()
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
        self.runtime = Runtime("LiteRT", version("ai-edge-litert"), flags="default resolver (XNNPACK), 1 thread")

    def run(self, x: Array) -> Array:
        """First output for all samples of a model with one input."""
        return self.run_all([x])[0]

    def run_all(self, arrays: Sequence[Array]) -> tuple[Array, ...]:
        """All outputs, (N, …) each, in the model's order, for one array per model input."""
        arrays = check_samples(self.inputs, arrays)
        rows = [self._call(arrays, slice(i, i + 1)) for i in range(len(arrays[0]))]
        return tuple(np.concatenate(column) for column in zip(*rows, strict=True))

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
