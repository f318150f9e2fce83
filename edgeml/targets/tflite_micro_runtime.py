"""Runs .tflite files in TensorFlow Lite Micro's interpreter with its reference kernels: the oracle of tflm numerics."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np

from edgeml.errors import ModelFormatError, TargetError
from edgeml.extras import require
from edgeml.formats.litert import read
from edgeml.ir import Array
from edgeml.targets.base import Latency, Runtime
from edgeml.targets.latency import measure
from edgeml.targets.quiet import captured, last_line
from edgeml.targets.samples import InputSpec, check_samples

# the interpreter cannot say how much it needs before it has it
_ARENA, _ARENA_FACTOR = 8 << 20, 4


class TfliteMicroTarget:
    """A loaded model. Calls have batch 1; arrays are (N, …) in the model's own element types and layout.

    Raises ModelFormatError when the interpreter refuses the file, for example for an operator that it lacks.
    """

    def __init__(self, model_bytes: bytes) -> None:
        model = read(bytes(model_bytes))
        runtime = require("tflite_micro", "tflm").runtime
        arena = _ARENA + _ARENA_FACTOR * len(model_bytes)
        with captured() as said:
            try:
                self._interpreter = runtime.Interpreter.from_bytes(bytes(model_bytes), arena_size=arena)
            except (ValueError, RuntimeError) as error:
                reason = last_line(said) or " ".join(str(error).split())
                raise ModelFormatError(
                    f"TensorFlow Lite Micro cannot load the model: {reason.rstrip('.')}. Use --target litert."
                ) from None
        details = [self._interpreter.get_input_details(i) for i in range(len(model.inputs))]
        self.inputs = tuple(
            InputSpec(model.tensors[i].name, tuple(int(s) for s in d["shape"]), np.dtype(d["dtype"]))
            for i, d in zip(model.inputs, details, strict=True)
        )
        self._outputs = len(model.outputs)
        self.runtime = Runtime("TensorFlow Lite Micro", version("tflite-micro"), flags="reference kernels")

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

    def reset(self) -> None:
        """What the model remembers from earlier calls is forgotten."""
        self._interpreter.reset()

    def latency(self, x: Array, runs: int = 1000, warmup: int = 100) -> Latency:
        """Time of one call from NumPy array to NumPy array, batch 1, over the samples of `x` in turn."""
        arrays = check_samples(self.inputs, [x])
        return measure(lambda i: self._call(arrays, slice(i, i + 1)), len(x), runs, warmup)

    def _call(self, arrays: Sequence[Array], sample: slice) -> list[Array]:
        try:
            for i, array in enumerate(arrays):
                self._interpreter.set_input(array[sample], i)
            self._interpreter.invoke()
        except RuntimeError as error:
            reason = " ".join(str(error).split())
            raise TargetError(f"TensorFlow Lite Micro failed while running the model: {reason}.") from None
        return [np.array(self._interpreter.get_output(i)) for i in range(self._outputs)]
