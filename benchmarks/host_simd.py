"""Time of one inference on this machine: the C library with vector kernels beside LiteRT and ONNX Runtime.

python benchmarks/host_simd.py MODEL.tflite … [--toolchain gcc --toolchain zig] [--rounds 200] [--json FILE]

One process, one thread each, calls interleaved: a round times every runtime once (as many calls as fill about a
millisecond), and a ratio is the median over the rounds of the quotient of two times of one round, so that the load of
the machine touches both. Timed are the calls alone, without copies of inputs and outputs. mnist_cnn, with random
weights, is always among the models. The outputs are compared with the reference first.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

ROUND_NS = 1_000_000
SAMPLES = 4


def mnist_cnn() -> Any:
    """models/mnist_cnn as an int8 graph with random weights."""
    from edgeml.ir import GraphBuilder
    from edgeml.ops import OPS
    from edgeml.ops.common import Activation
    from edgeml.ops.conv_2d import Conv2DAttrs
    from edgeml.ops.fully_connected import FullyConnectedAttrs
    from edgeml.ops.pooling import PoolAttrs
    from edgeml.ops.reshape import ReshapeAttrs
    from edgeml.ops.softmax import SoftmaxAttrs
    from edgeml.quantize import quantize

    rng = np.random.default_rng(0)
    b = GraphBuilder("mnist_cnn", OPS)

    def weights(name: str, *shape: int) -> tuple[str, str]:
        w = rng.normal(0, 1.5 / np.sqrt(np.prod(shape[1:])), shape).astype(np.float32)
        return b.constant(f"{name}_w", w), b.constant(f"{name}_b", rng.normal(0, 0.1, shape[0]).astype(np.float32))

    x, channels = b.input("image", (1, 28, 28, 1)), 1
    for i, filters in enumerate((16, 32, 64)):
        attrs = Conv2DAttrs((1, 1), (1, 1, 1, 1), (1, 1), Activation.RELU)
        x = b.add("conv_2d", [x, *weights(f"conv{i}", filters, 3, 3, channels)], attrs)
        x, channels = b.add("max_pool_2d", [x], PoolAttrs((2, 2), (2, 2))), filters
    x = b.add("reshape", [x], ReshapeAttrs((1, 576)))
    x = b.add("fully_connected", [x, *weights("dense", 10, 576)], FullyConnectedAttrs())
    graph = b.build([b.add("softmax", [x], SoftmaxAttrs())])
    return quantize(graph, rng.random((64, 28, 28, 1), np.float32)).graph


def library_call(graph: Any, folder: Path, toolchain: str, x: Any, want: Any) -> Callable[[], object]:
    """One call of the compiled library; exits when its outputs are not those of the reference."""
    from edgeml.backends import c99
    from edgeml.targets.cores import CORES
    from edgeml.targets.host import HostTarget

    c99.emit(graph, folder, machine=CORES["host"].machine)
    target = HostTarget(folder, toolchain)
    if not np.array_equal(target.run(x), want):
        sys.exit(f"{graph.name} with {toolchain}: the outputs differ from the reference")
    return target.caller(x[:1])


def litert_call(model: bytes, x: Any) -> Callable[[], object]:
    """One call of LiteRT's default interpreter, one thread."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    detail = interpreter.get_input_details()[0]
    signed = x[:1] if detail["dtype"] == np.int8 else (x[:1].astype(np.int16) + 128).astype(np.uint8)
    interpreter.set_tensor(detail["index"], signed)
    return interpreter.invoke


def onnx_call(model: bytes, x: Any) -> Callable[[], object]:
    """One call of ONNX Runtime with its inputs and outputs bound, one thread."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    binding.bind_cpu_input(session.get_inputs()[0].name, np.ascontiguousarray(x[:1]))
    for output in session.get_outputs():
        binding.bind_output(output.name)
    return lambda: session.run_with_iobinding(binding)


def interleaved(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, Any]:
    """Microseconds of one call, (rounds,) for each name."""
    clock = time.perf_counter_ns

    def timed(call: Callable[[], object], count: int) -> float:
        start = clock()
        for _ in range(count):
            call()
        return (clock() - start) / count / 1000

    counts = {}
    for name, call in calls.items():
        timed(call, 20)
        counts[name] = max(1, int(ROUND_NS / 1000 / min(timed(call, 5) for _ in range(5))))
    times = {name: np.empty(rounds) for name in calls}
    for i in range(rounds):
        for name, call in calls.items():
            times[name][i] = timed(call, counts[name])
    return times


def measure(name: str, graph: Any, model: bytes | None, toolchains: list[str], rounds: int) -> dict[str, Any]:
    """Medians in microseconds and the ratios to LiteRT."""
    from edgeml.backends import litert, onnx
    from edgeml.errors import EdgeMLError
    from edgeml.interpreter import run_single

    rng = np.random.default_rng(0)
    x = rng.integers(-128, 128, (SAMPLES, *graph.input_tensors[0].shape[1:])).astype(np.int8)
    want = run_single(graph, x)
    with tempfile.TemporaryDirectory() as folder:
        calls = {t: library_call(graph, Path(folder) / t, t, x, want) for t in toolchains}
        calls["litert"] = litert_call(model or litert.emit(graph), x)
        try:
            calls["onnxruntime"] = onnx_call(onnx.emit(graph), x)
        except EdgeMLError as error:
            print(f"{name}: no ONNX Runtime: {error}", file=sys.stderr)
        times = interleaved(calls, rounds)
    medians = {n: round(float(np.median(t)), 2) for n, t in times.items()}
    ratios = {t: round(float(np.median(times[t] / times["litert"])), 3) for t in toolchains}
    return {"model": name, "microseconds": medians, "ratio_to_litert": ratios}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=Path, nargs="*")
    parser.add_argument("--toolchain", action="append", choices=("gcc", "zig"))
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    from edgeml.bench.environment import environment
    from edgeml.frontends import load
    from edgeml.passes import canonicalize

    toolchains = list(dict.fromkeys(args.toolchain or ("gcc", "zig")))
    cases = [(m.stem, canonicalize(load(m)), m.read_bytes()) for m in args.models]
    cases.append(("mnist_cnn", canonicalize(mnist_cnn()), None))
    columns = [*toolchains, "litert", "onnxruntime"]
    print(f"{'microseconds a call':26s}" + "".join(f"{c:>13s}" for c in columns) + "   ratio to LiteRT")
    figures = []
    for case in cases:
        row = measure(*case, toolchains, args.rounds)
        figures.append(row)
        medians = "".join(f"{row['microseconds'].get(c, float('nan')):13.2f}" for c in columns)
        print(f"{row['model']:26s}{medians}   " + ", ".join(f"{n} {r:.2f}" for n, r in row["ratio_to_litert"].items()))
    if args.json:
        args.json.write_text(json.dumps({"environment": asdict(environment()), "figures": figures}, indent=2) + "\n")


if __name__ == "__main__":
    main()
