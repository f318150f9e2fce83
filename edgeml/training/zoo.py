"""The zoo: a model's folder to trained weights and a float32 .tflite file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.data import Dataset
from edgeml.data.split import stratified_split
from edgeml.errors import DataError, UsageError
from edgeml.files import read_bytes, write_bytes
from edgeml.frontends.quiet import import_tensorflow
from edgeml.project import find_model
from edgeml.training.checkpoint import load_arrays, save_arrays
from edgeml.training.config import PruneConfig, QuantizeConfig, TrainConfig, ZooModel, read_config
from edgeml.training.learner import Learner, Student
from edgeml.training.loop import History, Plan, Samples, accuracy, fit

__all__ = [
    "PruneConfig",
    "QuantizeConfig",
    "TrainConfig",
    "Trained",
    "ZooModel",
    "fine_tune_pruned",
    "make_learner",
    "read_zoo_model",
    "train",
]

_WEIGHTS, _TFLITE, _CHECKPOINT = "weights.npz", "model_float32.tflite", "checkpoint.npz"
# a change of the loop or of what a checkpoint holds makes older checkpoints useless
_CHECKPOINT_VERSION = 1


@dataclass(frozen=True)
class Trained:
    """What a training leaves. `history` has one entry an epoch; `float_accuracy` is on the whole test set, 0…1.

    `sparsity` gives the share of zeros of each pruned kernel by name, None for a dense model.
    """

    weights_path: Path
    tflite_path: Path
    history: History
    float_accuracy: float
    parameters: int
    sparsity: dict[str, float] | None = field(default=None)


def read_zoo_model(name: str) -> ZooModel:
    """The zoo model `name`; UsageError when it is unknown or its model.toml is wrong."""
    return read_config(find_model(name))


def train(zoo: ZooModel, dataset: Dataset, *, folder: Path, seed: int, quiet: bool) -> Trained:
    """Train `zoo` on `dataset` from scratch; `folder` gets weights.npz and model_float32.tflite.

    Interrupted at any moment, the next call with the same arguments goes on after the last full epoch and ends with
    the same bits. Raises UsageError, DataError or MissingDependencyError.
    """
    check_dataset(zoo, dataset)
    learner = make_learner(zoo, seed)
    plan = Plan(zoo.name, _key(zoo, dataset, seed, "dense"), zoo.train, seed)
    return _run(learner, plan, dataset, folder, quiet)


def fine_tune_pruned(
    zoo: ZooModel, dataset: Dataset, trained: Trained, *, folder: Path, seed: int, quiet: bool
) -> Trained:
    """Prune the `trained` model while it is trained on, as [prune] of model.toml says; else as `train`."""
    if zoo.prune is None:
        raise UsageError(f"model '{zoo.name}': model.toml has no [prune]. Add sparsity and epochs there.")
    check_dataset(zoo, dataset)
    learner = make_learner(zoo, seed)
    learner.load_weights(load_arrays(trained.weights_path))
    if zoo.prune.distill:
        learner.teach(zoo.prune.distill)
    settings = replace(zoo.train, epochs=zoo.prune.epochs, rate=zoo.prune.rate, warmup=0, patience=0)
    start = hashlib.sha256(read_bytes(trained.weights_path, "weights")).hexdigest()
    # another order of samples than the dense training had
    plan = Plan(f"{zoo.name} pruning", _key(zoo, dataset, seed, start), settings, seed + 1_000_003, zoo.prune)
    return _run(learner, plan, dataset, folder, quiet)


def make_learner(zoo: ZooModel, seed: int) -> Student:
    """The model of `zoo`'s model.py, freshly initialised by `seed`."""
    functions = load_code(zoo)
    if zoo.framework == "keras":
        from edgeml.training.keras_learner import KerasLearner

        return KerasLearner(functions["build"], seed)
    from edgeml.training.jax_learner import JaxLearner

    return JaxLearner(functions["init"], functions["apply"], seed, zoo.input_shape)


def load_code(zoo: ZooModel) -> dict[str, Any]:
    """The names that model.py defines; UsageError when it does not run or lacks what its framework needs."""
    path = zoo.folder / "model.py"
    wanted = ("build",) if zoo.framework == "keras" else ("init", "apply")
    source = read_bytes(path, "model code").decode("utf-8")
    names: dict[str, Any] = {"__name__": f"edgeml_zoo_{zoo.name}", "__file__": str(path)}
    if zoo.framework == "keras":
        import_tensorflow()  # before model.py does, and silently
    try:
        # not imported: an import would leave bytecode in the folder whose content identifies the model
        exec(compile(source, str(path), "exec"), names)
    except (ImportError, SyntaxError) as error:
        extra = "keras" if zoo.framework == "keras" else "jax"
        raise UsageError(
            f"'{path}' does not run ({error}). Correct it; the framework installs with pip install "
            f"'edgeml-compiler[{extra}]'."
        ) from error
    missing = [name for name in wanted if not callable(names.get(name))]
    if missing:
        raise UsageError(f"'{path}': must define {' and '.join(missing)}. See models/README.md.")
    return names


def check_dataset(zoo: ZooModel, dataset: Dataset) -> None:
    """Raise DataError when the samples do not have the shape that the model was made for."""
    if dataset.input_shape != zoo.input_shape:
        raise DataError(
            f"model '{zoo.name}' takes samples of {zoo.input_shape}. Data set '{dataset.name}' has "
            f"{dataset.input_shape}. Choose other data, or change input in {zoo.folder / 'model.toml'}."
        )


def _run(learner: Learner, plan: Plan, dataset: Dataset, folder: Path, quiet: bool) -> Trained:
    _check_classes(learner, plan, dataset)
    fitting, validation = _parts(dataset, plan)
    checkpoint = folder / _CHECKPOINT
    history = fit(learner, plan, fitting, validation, checkpoint=checkpoint, quiet=quiet)
    weights = save_arrays(folder / _WEIGHTS, learner.weights())
    tflite = write_bytes(folder / _TFLITE, learner.to_tflite())
    reached = accuracy(learner.predict(dataset.x_test), dataset.y_test)
    sparsity = None
    if plan.prune is not None:
        sparsity = {name: float(np.mean(w == 0)) for name, w in learner.prunable().items()}
    checkpoint.unlink(missing_ok=True)
    return Trained(weights, tflite, history, reached, learner.parameters(), sparsity)


def _check_classes(learner: Learner, plan: Plan, dataset: Dataset) -> None:
    classes = learner.predict(dataset.x_train[:1]).shape[-1]
    if classes != len(dataset.labels):
        raise DataError(
            f"{plan.title}: the model tells {classes} classes apart. Data set '{dataset.name}' has "
            f"{len(dataset.labels)}. Choose other data or change the model's last layer."
        )


def _parts(dataset: Dataset, plan: Plan) -> tuple[Samples, Samples | None]:
    """Training samples, and those that early stopping watches; the test set is never looked at."""
    x, y = dataset.x_train, dataset.y_train
    if not plan.train.validation:
        return (x, y), None
    rest, watched = stratified_split(y, plan.train.validation, plan.seed)
    return (x[rest], y[rest]), (x[watched], y[watched])


def _key(zoo: ZooModel, dataset: Dataset, seed: int, start: str) -> str:
    """Hash of all that a training depends on: a checkpoint of another key is not continued."""
    values = {
        "version": _CHECKPOINT_VERSION,
        "train": asdict(zoo.train),
        "prune": asdict(zoo.prune) if zoo.prune and start != "dense" else None,
        "code": hashlib.sha256(read_bytes(zoo.folder / "model.py", "model code")).hexdigest(),
        "data": dataset.digest,
        "seed": seed,
        "start": start,
    }
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
