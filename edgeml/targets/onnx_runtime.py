"""Runs .onnx files in ONNX Runtime: CPU provider, one thread, default graph optimisation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from edgeml.backends.onnx.states import IN, OUT
from edgeml.errors import ModelFormatError, TargetError
from edgeml.extras import require
from edgeml.formats.onnx.reader import parse
from edgeml.ir import Array
from edgeml.targets.base import Latency, Runtime
from edgeml.targets.latency import measure
from edgeml.targets.samples import InputSpec, check_samples

_ELEMENT_TYPES = {
    "tensor(float)": "float32", "tensor(int8)": "int8", "tensor(uint8)": "uint8", "tensor(int16)": "int16",
    "tensor(int32)": "int32", "tensor(int64)": "int64", "tensor(bool)": "bool",
}  # fmt: skip
# errors reach the caller as exceptions, so nothing below "fatal" needs to be printed
_LOG_FATAL = 4


class OnnxRuntimeTarget:
    """A loaded model. Calls have batch 1; arrays are (N, …) in the model's own element types and layout.

    `optimized` names a file for the graph that ONNX Runtime really runs, with its fusions; `settings` takes the place
    of the session settings that the model would get; `bind` holds inputs that are the same in each call. Raises
    ModelFormatError when ONNX Runtime refuses the file.
    """

    def __init__(
        self,
        model_bytes: bytes,
        *,
        optimized: Path | None = None,
        settings: tuple[str, ...] | None = None,
        bind: Mapping[str, Array] | None = None,
    ) -> None:
        ort = require("onnxruntime", "all")
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = _LOG_FATAL
        self.settings = _settings(model_bytes) if settings is None else settings
        for key in self.settings:
            options.add_session_config_entry(f"session.{key}", "1")
        if optimized is not None:
            options.optimized_model_filepath = str(optimized)
        try:
            self._session = ort.InferenceSession(bytes(model_bytes), options, providers=["CPUExecutionProvider"])
        # ONNX Runtime's exceptions have no common base but Exception
        except Exception as error:
            raise ModelFormatError(
                f"ONNX Runtime cannot load the model: {' '.join(str(error).split()).rstrip('.')}. Check the file with "
                "onnx.checker, or export it again."
            ) from None
        specs = tuple(_spec(node) for node in self._session.get_inputs())
        bound = bind or {}
        self.inputs = tuple(s for s in specs if s.name not in bound)
        self._bound = {s.name: _as_spec(bound[s.name], s) for s in specs if s.name in bound}
        self._outputs = [node.name for node in self._session.get_outputs()]
        self._states = _states([n.name for n in self._session.get_overridable_initializers()], self._outputs)
        self._state: dict[str, Array] = {}
        self.runtime = Runtime(
            "ONNX Runtime",
            ort.__version__,
            flags=", ".join(["CPUExecutionProvider, 1 thread", *(f"{s}=1" for s in self.settings)]),
        )

    def run(self, x: Array) -> Array:
        """First output for all samples of a model with one input."""
        return self.run_all([x])[0]

    def run_all(self, arrays: Sequence[Array]) -> tuple[Array, ...]:
        """All outputs, (N, …) each, in the model's order, for one array per model input.

        Every sample starts from the model's initial state; what it leaves (`<state>_out`) is not among the outputs.
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
        self._state = {}

    def run_once(self, arrays: Sequence[Array]) -> tuple[Array, ...]:
        """One call with whole arrays, for models whose first dimension is no batch."""
        return tuple(self._call(arrays, slice(None)))

    def latency(self, x: Array, runs: int = 1000, warmup: int = 100) -> Latency:
        """Time of one call from NumPy array to NumPy array, batch 1, over the samples of `x` in turn."""
        arrays = check_samples(self.inputs, [x])
        return measure(lambda i: self._call(arrays, slice(i, i + 1)), len(x), runs, warmup)

    def _call(self, arrays: Sequence[Array], sample: slice) -> list[Array]:
        feed = {
            spec.name: array[sample] if array.ndim else array for spec, array in zip(self.inputs, arrays, strict=True)
        }
        try:
            values: list[Array] = self._session.run(None, {**feed, **self._bound, **self._state})
        except Exception as error:
            raise TargetError(f"ONNX Runtime failed while running the model: {' '.join(str(error).split())}.") from None
        found = dict(zip(self._outputs, values, strict=True))
        self._state = {old: found.pop(new) for old, new in self._states.items()}
        return list(found.values())


def _states(defaults: Sequence[str], outputs: Sequence[str]) -> dict[str, str]:
    """`<state>_in` -> `<state>_out` for the inputs with a default that the model has an output for."""
    pairs = {name: f"{name.removesuffix(IN)}{OUT}" for name in defaults if name.endswith(IN)}
    return {old: new for old, new in pairs.items() if new in outputs}


def _settings(model_bytes: bytes) -> tuple[str, ...]:
    """Session settings for the same int8 results on every processor.

    x86 processors without VNNI would saturate 16-bit sums of uint8 * int8 (microsoft/onnxruntime#14642):
    x64quantprecision prevents it. On x86 ONNX Runtime turns int8 pairs into uint8 ones, but not where several
    nodes read one quantised tensor (residual networks); the operators between int8 and uint8 would then run in
    float32. Such models keep int8, which costs speed.
    Of two pairs in a row, which are a rescaling, it would drop the first and with it one rounding:
    disable_double_qdq_remover.
    """
    try:
        graph = parse(bytes(model_bytes)).graph
    except ModelFormatError:
        # ONNX Runtime says so
        return ()
    quantized = {n.output[0] for n in graph.node if n.op_type == "QuantizeLinear"}
    if not quantized:
        return ()
    readers = Counter(name for n in graph.node for name in n.input if name in quantized)
    kernels = "qdqisint8allowed" if max(readers.values(), default=0) > 1 else "x64quantprecision"
    return kernels, "disable_double_qdq_remover"


def _as_spec(value: Array, spec: InputSpec) -> Array:
    """A bound value in the input's element type, a single number also in its rank."""
    array = np.asarray(value).astype(spec.dtype)
    return array.reshape((1,) * len(spec.shape)) if array.size == 1 else array


def _spec(node: object) -> InputSpec:
    name, kind = str(getattr(node, "name", "")), str(getattr(node, "type", ""))
    if kind not in _ELEMENT_TYPES:
        raise ModelFormatError(f"input '{name}': edgeml feeds {', '.join(_ELEMENT_TYPES)}. The model wants {kind}.")
    shape = tuple(d if isinstance(d, int) else -1 for d in getattr(node, "shape", ()))
    return InputSpec(name, shape, np.dtype(_ELEMENT_TYPES[kind]))
