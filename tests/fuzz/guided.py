"""Coverage-guided fuzzing where atheris is installed: `python -m tests.fuzz.guided tflite CORPUS_FOLDER -runs=100000`.

Its mutations are of bytes, so it goes where the readers branch; the structure-aware mutants go deeper.
"""

from __future__ import annotations

import sys


def main() -> None:
    """The first argument is the format, the others are libFuzzer's."""
    import atheris

    kind = sys.argv.pop(1) if len(sys.argv) > 1 else ""
    if kind not in ("tflite", "onnx"):
        sys.exit("usage: python -m tests.fuzz.guided tflite|onnx [libFuzzer's arguments]")
    with atheris.instrument_imports(include=["edgeml"]):
        from tests.fuzz.check import outcome

    atheris.Setup(sys.argv, lambda data: outcome(kind, data) and None)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
