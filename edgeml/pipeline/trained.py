"""Keeps what a training left in a stage's folder."""

from __future__ import annotations

import json
from pathlib import Path

from edgeml.files import write_json
from edgeml.training.zoo import Trained

_FILE = "trained.json"


def save_trained(folder: Path, trained: Trained) -> Path:
    """Write `trained` to `folder`, which holds its weights and .tflite file."""
    values = {
        "weights": trained.weights_path.name,
        "tflite": trained.tflite_path.name,
        "float_accuracy": trained.float_accuracy,
        "parameters": trained.parameters,
        "sparsity": trained.sparsity,
        "history": trained.history,
    }
    return write_json(folder / _FILE, values)


def read_trained(folder: Path) -> Trained:
    """What `save_trained` wrote."""
    values = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    return Trained(
        folder / values["weights"],
        folder / values["tflite"],
        values["history"],
        values["float_accuracy"],
        values["parameters"],
        values["sparsity"],
    )
