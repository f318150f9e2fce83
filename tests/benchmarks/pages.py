"""What a benchmark's kept results print: the README holds the same table."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def readme_table(mark: str) -> str:
    """The table of the README between the comments `mark` and `end of mark`."""
    readme = (ROOT / "README.md").read_text()
    return readme.split(f"<!-- {mark} -->\n")[1].split(f"<!-- end of {mark} -->")[0]


def printed(suite: Path, code: str, results: Path) -> str:
    """What `code` prints in the folder `suite` of a benchmark, with the path of its `results` as argument."""
    found = subprocess.run(
        [sys.executable, "-c", code, results],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{suite}"},
        check=True,
    )
    return found.stdout
