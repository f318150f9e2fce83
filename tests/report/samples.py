"""Records as a real run leaves them: a small CNN in three forms on four targets."""

from edgeml.bench.record import (
    Accuracy,
    Agreement,
    BenchFile,
    BoardFit,
    Environment,
    FileSize,
    LatencyInfo,
    Layer,
    MapEntry,
    MemoryInfo,
    Record,
    RuntimeInfo,
)  # fmt: skip

LAYERS = (
    ("sequential/conv/Conv2D", "conv_2d", 112_896, (1, 28, 28, 16), 640, 38.2),
    ("sequential/pool", "max_pool_2d", 0, (1, 14, 14, 16), 0, 37.9),
    ("sequential/conv_1/Conv2D", "conv_2d", 903_168, (1, 14, 14, 32), 4736, 34.1),
    ("sequential/pool_1", "max_pool_2d", 0, (1, 7, 7, 32), 0, 33.8),
    ("sequential/conv_2/Conv2D", "conv_2d", 903_168, (1, 7, 7, 64), 18688, 31.0),
    ("sequential/mean", "mean", 0, (1, 64), 0, 35.4),
    ("sequential/dense/MatMul", "fully_connected", 640, (1, 10), 680, 33.3),
)
MAP = (
    MapEntry("input", 12544, 784, 0, 0), MapEntry("sequential/conv/Relu", 0, 12544, 0, 1),
    MapEntry("sequential/pool", 12544, 3136, 1, 2), MapEntry("sequential/conv_1/Relu", 0, 6272, 2, 3),
    MapEntry("sequential/pool_1", 6272, 1568, 3, 4), MapEntry("sequential/conv_2/Relu", 0, 3136, 4, 5),
    MapEntry("sequential/mean", 3136, 64, 5, 6), MapEntry("output", 0, 10, 6, 6),
)  # fmt: skip
CONFUSION = tuple(
    tuple(
        {(i, i): 985 - 3 * i, (4, 9): 6, (9, 4): 4, (7, 2): 5, (5, 3): 3, (8, 1): 1}.get((i, j), 0) for j in range(10)
    )
    for i in range(10)
)


def sample() -> BenchFile:
    """The same records every time."""
    records = []
    for variant, value, files in (("float32", 0.9936, 4), ("int8", 0.9935, 1), ("int8-pruned", 0.9921, 1)):
        for target, n in (("litert", 10000), ("onnxruntime", 10000), ("host", 10000), ("cortex-m4", 200)):
            records.append(_record(variant, target, value, n, files))
    packages = {"numpy": "2.3.4", "ai-edge-litert": "2.1.0", "onnxruntime": "1.24.0", "ziglang": "0.16.0"}
    environment = Environment("0.1.0", "3.11.9", "Linux-6.1", "Example CPU @ 2.0 GHz", "2026-01-02T03:04:05Z", packages)
    return BenchFile(environment, tuple(records))


def _record(variant: str, target: str, value: float, n: int, factor: int) -> Record:
    emulated = target == "cortex-m4"
    is_float = variant == "float32"
    flips = 31 if "pruned" in variant else 4
    paired = {"float_value": 0.9936, "delta": value - 0.9936, "flips": flips, "mcnemar_p": 0.0625}
    if is_float:
        paired = {}
    scale = 6 if is_float else 1
    layers = tuple(
        Layer(
            name, op, macs,
            (macs * 3 + 5000) * scale if emulated else None, (macs * 4 + 8000) * scale if emulated else None,
            shape, size * factor, (0.8 if "pruned" in variant else 0.0) if macs else None, None if is_float else db,
        )
        for name, op, macs, shape, size, db in LAYERS
    )  # fmt: skip
    cycles = sum(x.cycles or 0 for x in layers) or None
    micros = {"litert": 61.0, "onnxruntime": 48.0, "host": 390.0}.get(target, 0.0) * (1.4 if is_float else 1.0)
    others = [t for t in ("litert", "onnxruntime", "host", "cortex-m4") if t != target]
    found = tuple(
        Agreement(t, 200 if emulated or t == "cortex-m4" else n, 41000 if is_float else 0, 3.1e-6 if is_float else 0.0)
        for t in others
    )
    memory = MemoryInfo(weights=24744 * factor, arena=15680 * factor) if target == "host" else None
    if emulated:
        memory = MemoryInfo(31232 * factor, 6100, 25132 * factor, 17000 * factor, 15680 * factor, 1240, 80)
    return Record(
        "mnist_cnn", variant, target,
        RuntimeInfo(target, "1.2.3", "zig cc 0.16.0" if memory else "", "-O2 -ffp-contract=off"),
        accuracy=Accuracy("top1", value, n, (value - 0.0018, value + 0.0014), **paired),
        latency=None if emulated else LatencyInfo("us", micros, micros * 1.3, 500),
        instructions=sum(x.instructions or 0 for x in layers) or None,
        cycles=cycles, cycles_model="Cortex-M4 TRM, no wait states" if emulated else None,
        memory=memory,
        agreement=next((a for a in found if a.reference == "host"), None),
        layers=layers, agreements=found, confusion=CONFUSION, labels=tuple("0123456789"),
        memory_map=MAP if target in ("host", "cortex-m4") else (),
        parameters=25_034, sparsity=0.79 if "pruned" in variant else 0.0,
        files=(FileSize("model.tflite", 29_800 * factor, 26_100 * factor if "pruned" not in variant else 9_400),
               FileSize("model.onnx", 31_400 * factor, 27_000 * factor)),
        boards=() if not emulated or cycles is None else (
            BoardFit("nucleo-l4r5zi", 31232 * factor / 2**21, 17000 * factor / 655360, cycles / 120e3),
            BoardFit("arduino-nano-33-ble", 31232 * factor / 2**20, 17000 * factor / 262144, cycles / 64e3),
            BoardFit("tiny-board", 31232 * factor / 65536, 17000 * factor / 16384, cycles / 48e3),
        ),
    )  # fmt: skip
