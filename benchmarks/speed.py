"""How fast the tool itself is, and what the compiled model costs on a Cortex-M4.

python benchmarks/speed.py build/mnist_cnn [--json benchmarks/results/speed.json]
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
EMULATED_IMAGES = 100


def seconds(command: list[str], runs: int = 5) -> float:
    """Least wall time of `runs` runs of a process."""
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - start)
    return best


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
    args = parser.parse_args()
    rows: list[tuple[str, float, float]] = [
        ("import edgeml, s", seconds([sys.executable, "-c", "import edgeml"]), IMPORT_LIMIT)
    ]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "edgeml", "compile", str(args.build / "model.tflite"), "-o", folder]
        rows.append(("edgeml compile, all exports, s", seconds(command, 3), COMPILE_LIMIT))
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
