"""The dense model and its pruned variants, each trained once; an interrupted training goes on where it was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from edgeml.backends import litert
from edgeml.data import Dataset
from edgeml.files import write_bytes
from edgeml.frontends.litert import from_litert
from edgeml.ir import Array, Graph
from edgeml.passes import canonicalize
from edgeml.passes.readable_names import shorten_names
from edgeml.pipeline.stages import Cache, Stage, code_digest, digest_files
from edgeml.pipeline.trained import read_trained, save_trained
from edgeml.prune.channels.choice import parse_channel
from edgeml.sparsify.sparsify import SparsifyConfig, parse_structure, sparsify
from edgeml.sparsify.tune import TuneConfig, tune
from edgeml.training.config import PruneConfig, ZooModel
from edgeml.training.zoo import fine_tune_pruned, read_zoo_model, train

_MODEL = "model_float32.tflite"
# what a training depends on besides settings and data
_CODE = ("training", *(f"prune/{name}.py" for name in ("magnitude", "patterns", "schedule")))
_CHANNEL_CODE = ("training", "prune", "sparsify", "finetune", "quantize", "backends/c99/selection")


@dataclass(frozen=True, eq=False)
class Trainings:
    """All trainings of one model on `data` with one `seed`, kept below `folder`."""

    model: str
    data: Dataset
    seed: int
    folder: Path

    def dense(self) -> Stage:
        """The float32 model, trained as its model.toml says."""
        zoo = read_zoo_model(self.model)

        def work(place: Path) -> None:
            save_trained(place, train(zoo, self.data, folder=place, seed=self.seed, quiet=True))

        inputs = {
            "model": digest_files(zoo.folder / "model.py"),
            "train": repr(zoo.train),
            "data": self.data.digest,
            "seed": str(self.seed),
            "code": code_digest(*_CODE),
        }
        return Cache(self.folder).run("dense", inputs, work)

    def pruned(self, name: str, prune: PruneConfig) -> Stage:
        """The dense model pruned and tuned as `prune` says; `name` tells it from others."""
        start, zoo = self.dense(), replace(read_zoo_model(self.model), prune=prune)
        channels = parse_channel(prune.pattern) is not None

        def work(place: Path) -> None:
            (self._without_channels if channels else self._with_zeros)(zoo, prune, start.folder, place)

        inputs = {
            "dense": start.key,
            "prune": repr(prune),
            "code": code_digest(*(_CHANNEL_CODE if channels else _CODE)),
        }
        return Cache(self.folder).run(_safe(name), inputs, work)

    def calibration(self) -> Array:
        """Training samples (N, …) that calibrate, as a build of the zoo model takes them."""
        samples = read_zoo_model(self.model).quantize.samples
        chosen = np.random.default_rng(self.seed).permutation(len(self.data.x_train))[:samples]
        return np.asarray(self.data.x_train[np.sort(chosen)])

    def _with_zeros(self, zoo: ZooModel, prune: PruneConfig, start: Path, place: Path) -> None:
        dense = read_trained(start)
        save_trained(place, fine_tune_pruned(zoo, self.data, dense, folder=place, seed=self.seed, quiet=True))

    def _without_channels(self, zoo: ZooModel, prune: PruneConfig, start: Path, place: Path) -> None:
        structure, scope, graph, seen = parse_structure(prune.pattern), prune.scope, float_graph(start), zoo.train
        config = SparsifyConfig(structure, scope, dense=prune.dense)  # type: ignore[arg-type]
        smaller = sparsify(graph, prune.sparsity, config, self.calibration()).graph
        tuning = TuneConfig(
            prune.epochs, seen.batch, prune.rate, distill=prune.distill, shift=seen.shift, mirror=seen.mirror
        )
        x, y, checkpoint = self.data.x_train, self.data.y_train, place / "checkpoint.npz"
        tuned = tune(smaller, graph, x, y, tuning, checkpoint=checkpoint, seed=self.seed)
        write_bytes(place / _MODEL, litert.emit(tuned.graph))


def float_graph(folder: Path) -> Graph:
    """The float32 graph of a training in `folder`."""
    return shorten_names(canonicalize(from_litert((folder / _MODEL).read_bytes(), folder.name, folder.name)))


def _safe(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name)
