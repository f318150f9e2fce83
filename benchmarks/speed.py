"""How fast the tool itself is, and what the compiled model costs on a Cortex-M4.

python benchmarks/speed.py build/mnist_cnn [--json benchmarks/results/speed.json]
    [--compile MODEL.tflite] [--quantize FLOAT_MODEL.tflite]

--compile adds the time to read another model (such as MLPerf Tiny's int8 VWW) and write all exports, --quantize that to
quantise a float one (such as a MobileNetV2 of 14 MB) with 100 random images.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

IMPORT_LIMIT, COMPILE_LIMIT, EMULATED_LIMIT, INSTRUCTIONS_PER_MAC_LIMIT = 0.3, 2.0, 15.0, 4.0
MODEL_COMPILE_LIMIT, QUANTIZE_LIMIT = 3.0, 15.0
EMULATED_IMAGES = 100
CALIBRATION_IMAGES = 100
FRAMEWORKS = ("tensorflow", "keras", "jax", "torch")


def seconds(command: list[str], runs: int = 5) -> float:
    """Least wall time of `runs` runs of a process."""
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - start)
    return best


def compile_seconds(model: Path) -> float:
    """Seconds of `edgeml compile`, all exports."""
    with tempfile.TemporaryDirectory() as folder:
        return seconds([sys.executable, "-m", "edgeml", "compile", str(model), "-o", folder], 3)


def quantize_seconds(model: Path) -> float:
    """Seconds of `edgeml quantize` with random images; exits when a framework was imported on the way."""
    import numpy as np

    from edgeml.frontends import load

    shape = load(model).input_tensors[0].shape[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        x = np.random.default_rng(0).random((CALIBRATION_IMAGES, *shape), np.float32)
        y = np.arange(CALIBRATION_IMAGES) % 2
        np.savez(folder / "data.npz", x_train=x, y_train=y, x_test=x[:2], y_test=y[:2])
        options = ["--data", str(folder / "data.npz"), "--samples", str(CALIBRATION_IMAGES), "-q"]
        code = (
            "import sys; from edgeml.cli.main import main\n"
            "try: main()\n"
            f"finally: assert not set({FRAMEWORKS}) & set(sys.modules)"
        )
        out = str(folder / "int8.tflite")
        return seconds([sys.executable, "-c", code, "quantize", str(model), *options, "-o", out], 2)


def emulated(library: Path, toolchain: str) -> tuple[float, float]:
    """Seconds for 100 random images on the emulated cortex-m4, and instructions a MAC."""
    import numpy as np

    from edgeml.targets.emulator import EmulatedTarget

    manifest = json.loads((library / "manifest.json").read_text())
    shape = (EMULATED_IMAGES, *manifest["inputs"][0]["shape"][1:])
    x = np.random.default_rng(0).integers(-128, 128, shape).astype(np.int8)
    start = time.perf_counter()
    target = EmulatedTarget(library, "cortex-m4", toolchain)
    target.run(x)
    elapsed = time.perf_counter() - start
    macs = sum(layer["macs"] for layer in manifest["layers"])
    return elapsed, target.profile(x[:1]).instructions / macs


def main() -> None:
    """Print the table; exit code 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=Path, help="folder of a finished build of mnist_cnn")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--compile", type=Path, action="append", default=[])
    parser.add_argument("--quantize", type=Path, action="append", default=[])
    args = parser.parse_args()
    rows: list[tuple[str, float, float]] = [
        ("import edgeml, s", seconds([sys.executable, "-c", "import edgeml"]), IMPORT_LIMIT)
    ]
    rows.append(("edgeml compile, all exports, s", compile_seconds(args.build / "model.tflite"), COMPILE_LIMIT))
    for model in args.compile:
        rows.append((f"compile {model.stem}, all exports, s", compile_seconds(model), MODEL_COMPILE_LIMIT))
    for model in args.quantize:
        rows.append((f"quantize {model.stem}, 100 images, s", quantize_seconds(model), QUANTIZE_LIMIT))
    for toolchain in ("zig", "gcc"):
        elapsed, per_mac = emulated(args.build / "c", toolchain)
        rows.append((f"100 images on cortex-m4 ({toolchain}), s", elapsed, EMULATED_LIMIT))
        rows.append((f"instructions a MAC, cortex-m4 ({toolchain})", per_mac, INSTRUCTIONS_PER_MAC_LIMIT))
    for name, value, limit in rows:
        print(f"{name:45s} {value:8.3f}   (limit {limit})")
    if args.json:
        from edgeml.bench.environment import environment

        figures = [{"name": n, "value": round(v, 4), "limit": limit} for n, v, limit in rows]
        args.json.write_text(json.dumps({"environment": asdict(environment()), "figures": figures}, indent=2) + "\n")
    sys.exit(any(value > limit for _, value, limit in rows))


if __name__ == "__main__":
    main()
