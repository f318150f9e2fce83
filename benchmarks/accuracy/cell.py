"""One cell of the table in a process of its own: python cell.py ROW.npz TOOL RESULT.npz

ROW.npz holds model, calibration and x; RESULT.npz gets logits, seconds, bytes and the tool's version. `float` as TOOL
runs the float model. A failure of a peer is a result too: its last line goes to RESULT.npz as error.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
from tools import TOOLS, logits, timed

from edgeml.files import write_bytes
from edgeml.targets.litert_runtime import LiteRTTarget

FLOAT = "float"


def main() -> int:
    """Measure; the exit code is 0 where there is a result, also if it is an error of a peer."""
    source, tool, target = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    with np.load(source, allow_pickle=False) as row:
        model, calibration, x = row["model"].tobytes(), row["calibration"], row["x"]
    if tool == FLOAT:
        _save(target, logits=logits(LiteRTTarget(model).run, x))
        return 0
    chosen = TOOLS[tool]
    try:
        data, seconds = timed(chosen, model, calibration)
        values = logits(chosen.runtime(data), x)
    except Exception as error:  # whatever a peer raises is what it does with this model
        if tool == "edgeml":
            raise
        text = str(error).strip() or type(error).__name__
        _save(target, error=np.array(text.splitlines()[-1]), version=np.array(chosen.version))
        return 0
    _save(target, logits=values, seconds=np.array(seconds), bytes=np.array(len(data)), version=np.array(chosen.version))
    return 0


def _save(path: Path, **arrays: np.ndarray) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_bytes(path, buffer.getvalue())


if __name__ == "__main__":
    sys.exit(main())
