"""The tools: each turns a float .tflite model and calibration samples into a function from samples to logits."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import edgeml
from edgeml.backends import litert, onnx
from edgeml.bench.environment import package_version
from edgeml.frontends.litert import from_litert
from edgeml.ir import Array, DType, Quantization, TensorType
from edgeml.passes import canonicalize
from edgeml.quantize import Recipe, quantize
from edgeml.quantize.codes import dequantize_output, quantize_input
from edgeml.targets.litert_runtime import LiteRTTarget
from edgeml.targets.onnx_runtime import OnnxRuntimeTarget

Predict = Callable[[Array], Array]
_SIGNATURE = "serving_default"


@dataclass(frozen=True)
class Tool:
    """`quantized(model, calibration)` is timed, without imports. `package` names what is measured."""

    title: str
    package: str
    quantized: Callable[[bytes, Array], bytes]
    runtime: Callable[[bytes], Predict]
    prepare: Callable[[], Any]

    @property
    def version(self) -> str:
        return edgeml.__version__ if self.package == "edgeml" else package_version(self.package)


def _on_litert(model: bytes) -> Predict:
    return LiteRTTarget(model).run


def _on_litert_codes(model: bytes) -> Predict:
    """For a model whose input and output are int8."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model)
    details = (*interpreter.get_input_details(), *interpreter.get_output_details())
    first, last = (
        TensorType(tuple(d["shape"]), DType.INT8, Quantization.per_tensor(*d["quantization"])) for d in details
    )
    target = LiteRTTarget(model)
    return lambda x: dequantize_output(target.run(quantize_input(x, first)), last)


def _on_onnxruntime(model: bytes) -> Predict:
    return OnnxRuntimeTarget(model).run


def _edgeml(model: bytes, x: Array) -> bytes:
    return litert.emit(quantize(from_litert(model), x, Recipe()).graph, io="float32")


def _tflite_converter(model: bytes, x: Array) -> bytes:
    """What TFLiteConverter does after its conversion: calibrate the float file, then the quantiser of MLIR."""
    convert, calibrator = _tensorflow()

    def samples() -> Iterator[list[Array]]:
        for i in range(len(x)):
            yield [x[i : i + 1]]

    calibrated = calibrator.Calibrator(model).calibrate(samples)
    data: bytes = convert.mlir_quantize(calibrated)
    return data


def _tensorflow() -> tuple[Any, Any]:
    from tensorflow.lite.python import convert
    from tensorflow.lite.python.optimize import calibrator

    return convert, calibrator


def _litert_quantizer(model: bytes, x: Array) -> bytes:
    package, recipe = _quantizer()
    tool = package.Quantizer(_with_signature(model), recipe.static_wi8_ai8())
    found = tool.calibrate({_SIGNATURE: [{"x": x[i : i + 1]} for i in range(len(x))]}, num_threads=1)
    return bytes(tool.quantize(found).quantized_model)


def _with_signature(model: bytes) -> bytes:
    """The .tflite file with the names that litert-quantizer asks for; nothing else changes."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    table = schema.ModelT.InitFromPackedBuf(model, 0)
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = _SIGNATURE.encode(), 0
    graph = table.subgraphs[0]
    signature.inputs, signature.outputs = (_map(schema, n, i) for n, i in (("x", graph.inputs), ("y", graph.outputs)))
    table.signatureDefs = [signature]
    builder = flatbuffers.Builder(len(model))
    builder.Finish(table.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _map(schema: Any, name: str, tensors: Any) -> list[Any]:
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name.encode(), int(tensors[0])
    return [entry]


def _quantizer() -> tuple[Any, Any]:
    from litert_quantizer import quantizer, recipe

    return quantizer, recipe


def _onnxruntime(method: str) -> Callable[[bytes, Array], bytes]:
    def run(model: bytes, x: Array) -> bytes:
        from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

        graph = canonicalize(from_litert(model))
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
            source.write_bytes(onnx.emit(graph, io="float32"))
            quantize_static(
                source,
                target,
                _Samples(graph.inputs[0], x),
                quant_format=QuantFormat.QDQ,
                activation_type=QuantType.QInt8,
                weight_type=QuantType.QInt8,
                per_channel=True,
                calibrate_method=getattr(CalibrationMethod, method),
            )
            return target.read_bytes()

    return run


class _Samples:
    """ONNX Runtime's reader of calibration data."""

    def __init__(self, name: str, x: Array) -> None:
        self._rest = iter({name: x[i : i + 1]} for i in range(len(x)))

    def get_next(self) -> dict[str, Array] | None:
        return next(self._rest, None)


def _import_onnxruntime() -> Any:
    from onnxruntime import quantization

    return quantization


TOOLS: Mapping[str, Tool] = {
    "edgeml": Tool("edgeml", "edgeml", _edgeml, _on_litert, lambda: None),
    "tflite": Tool("TFLiteConverter", "tensorflow", _tflite_converter, _on_litert, _tensorflow),
    "litert": Tool("litert-quantizer", "litert-quantizer", _litert_quantizer, _on_litert_codes, _quantizer),
    "ort_minmax": Tool("ORT MinMax", "onnxruntime", _onnxruntime("MinMax"), _on_onnxruntime, _import_onnxruntime),
    "ort_percentile": Tool(
        "ORT Percentile", "onnxruntime", _onnxruntime("Percentile"), _on_onnxruntime, _import_onnxruntime
    ),
    "ort_entropy": Tool("ORT Entropy", "onnxruntime", _onnxruntime("Entropy"), _on_onnxruntime, _import_onnxruntime),
}


def timed(tool: Tool, model: bytes, x: Array) -> tuple[bytes, float]:
    """The quantised model and the seconds of processor time that it took."""
    tool.prepare()
    start = time.process_time()
    data = tool.quantized(model, x)
    return data, time.process_time() - start


def logits(predict: Predict, x: Array) -> Array:
    """Float32 (N, classes)."""
    return np.asarray(predict(x), np.float32).reshape(len(x), -1)
