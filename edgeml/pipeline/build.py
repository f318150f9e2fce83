"""The whole way of a zoo model: train, prune, quantise, export, build the firmware, measure, report.

Training, pruning, quantising and measuring are cached stages; exports and the report take seconds and are written
every time, so that the output folder is whole even when somebody deleted a file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from edgeml.backends.c99.selection import PORTABLE, Optimize
from edgeml.bench.boards import require_boards
from edgeml.bench.metrics import share
from edgeml.bench.record import Accuracy, BenchFile, read, save
from edgeml.bench.runner import run_bench
from edgeml.bench.sessions import check_target, is_emulated
from edgeml.bench.suite import CPU_TARGETS, BenchInput, Variant
from edgeml.data import Dataset, load_dataset
from edgeml.files import write_bytes, write_json, write_text
from edgeml.frontends.litert import from_litert
from edgeml.inspection.preprocessing import misplaced_rescaling
from edgeml.ir import Array, Graph
from edgeml.passes import canonicalize
from edgeml.passes.readable_names import shorten_names
from edgeml.pipeline.artifacts import make_variant
from edgeml.pipeline.explained import save_explanation, with_explanation
from edgeml.pipeline.export import compile_graph, self_test
from edgeml.pipeline.open_backbone import backbone_file, open_backbone, open_photos
from edgeml.pipeline.stages import Cache, Stage, code_digest, digest_files
from edgeml.pipeline.trained import read_trained, save_trained
from edgeml.pipeline.transfer import train_transfer
from edgeml.project import find_model
from edgeml.quantize import Recipe, quantize
from edgeml.targets.boards import resolve_target
from edgeml.training.config import ZooModel, read_config
from edgeml.training.zoo import check_dataset, fine_tune_pruned, train

_GRAPH_CODE = ("ir", "ops", "interpreter.py", "formats", "frontends", "passes")
_TRAINING_CODE = ("training", "prune", "data", "frontends/keras.py", "frontends/jax.py")
_TRANSFER_CODE = (
    *(f"pipeline/{name}.py" for name in ("transfer", "backbone", "imagenet", "open_backbone", "pixel_range")),
    "finetune",
    *_GRAPH_CODE,
)
SELF_TEST_SAMPLES = 4


@dataclass(frozen=True)
class BuildOptions:
    """What a build may be told; `samples` counts test samples on emulated cores.

    Without `data` the zoo model's own data set is used. The C library's kernels are chosen for the first emulated core
    among `targets` and the aim `optimize`. `tell` takes what the user should know before the end, a sentence at a time.
    """

    targets: tuple[str, ...] = ("cortex-m4",)
    toolchain: str = "zig"
    data: str | None = None
    samples: int = 200
    output: Path = Path("build/model")
    seed: int = 0
    force: bool = False
    quiet: bool = False
    optimize: Optimize = "balanced"
    backbone: Path | None = None
    tell: Callable[[str], None] = lambda _: None


@dataclass(frozen=True)
class TrainedModel:
    """The float32 .tflite of a trained model, its accuracy on the test samples and parameter count."""

    path: Path
    accuracy: Accuracy
    parameters: int


@dataclass(frozen=True)
class BuildResult:
    """Records, the files that were written, and the names of the stages that an earlier run had done."""

    bench: BenchFile
    files: tuple[Path, ...]
    reused: tuple[str, ...]


def train_model(name: str, options: BuildOptions) -> TrainedModel:
    """Train the zoo model `name` (or reuse it) and leave `model_float32.tflite` in the output folder."""
    build = _Build(name, options)
    build.tell_of_preprocessing()
    trained = read_trained(build.trained.folder)
    path = write_bytes(options.output / "model_float32.tflite", trained.tflite_path.read_bytes())
    n = len(build.data.x_test)
    return TrainedModel(path, share(round(trained.float_accuracy * n), n), trained.parameters)


def build_model(name: str, options: BuildOptions) -> BuildResult:
    """Run all stages; an interrupted build goes on where it was when it is run again.

    Raises UsageError or TargetError on wrong names and a missing compiler before anything is trained, and TargetError
    when the model does not fit a board that was named as a target (everything has been written then).
    """
    return _Build(name, options).run()


class _Build:
    def __init__(self, name: str, options: BuildOptions) -> None:
        self.zoo: ZooModel = read_config(find_model(name))
        self.transfer = self.zoo.framework == "transfer"
        self.options = options
        self.cache = Cache(options.output / ".stages", options.force)
        self.reused: list[str] = []

    @cached_property
    def data(self) -> Dataset:
        options = self.options
        if not self.transfer:
            return load_dataset(options.data or self.zoo.dataset, seed=options.seed, quiet=options.quiet)
        return open_photos(self.zoo, self.backbone, options.data, seed=options.seed, quiet=options.quiet)

    @cached_property
    def backbone_path(self) -> Path:
        return backbone_file(self.zoo, self.options.backbone, self.options.quiet)

    @cached_property
    def backbone(self) -> Graph:
        graph = open_backbone(self.zoo, self.options.backbone, self.backbone_path)
        for note in graph.notes:
            self.options.tell(note)
        return graph

    @cached_property
    def trained(self) -> Stage:
        def work(folder: Path) -> None:
            options = self.options
            if self.transfer:
                zoo = replace(self.zoo, input_shape=self.backbone.input_tensors[0].shape[1:])
                check_dataset(zoo, self.data)
                trained = train_transfer(
                    zoo, self.data, self.backbone,
                    folder=folder, seed=options.seed, quiet=options.quiet, tell=options.tell,
                )  # fmt: skip
            else:
                trained = train(self.zoo, self.data, folder=folder, seed=options.seed, quiet=options.quiet)
            save_trained(folder, trained)

        transfer = self.transfer
        inputs = {
            "model": digest_files(self.backbone_path if transfer else self.zoo.folder / "model.py"),
            "train": repr((self.zoo.input_shape, self.zoo.train, self.zoo.transfer) if transfer else self.zoo.train),
            "data": self.data.digest,
            "seed": str(self.options.seed),
            "code": code_digest(*_TRAINING_CODE, *(_TRANSFER_CODE if transfer else ())),
        }
        return self.stage("train", inputs, work)

    @cached_property
    def pruned(self) -> Stage:
        def work(folder: Path) -> None:
            options, dense = self.options, read_trained(self.trained.folder)
            pruned = fine_tune_pruned(self.zoo, self.data, dense, folder=folder, seed=options.seed, quiet=options.quiet)
            save_trained(folder, pruned)

        return self.stage("prune", {"trained": self.trained.key, "prune": repr(self.zoo.prune)}, work)

    def quantized(self, name: str, source: Stage) -> Stage:
        recipe, samples = Recipe(**self.zoo.quantize.recipe), self.zoo.quantize.samples

        def work(folder: Path) -> None:
            from edgeml.backends import litert

            result = quantize(self.float_graph(source), self.calibration(samples), recipe)
            write_bytes(folder / "int8.tflite", litert.emit(result.graph))
            write_json(folder / "sqnr.json", {layer.name: layer.sqnr_db for layer in result.layers})
            save_explanation(result, self.data, folder)

        inputs = {
            "model": source.key,
            "recipe": repr(recipe),
            "samples": str(samples),
            "code": code_digest(*_GRAPH_CODE, "quantize", "explain", "pipeline/explained.py", "backends/litert.py"),
        }
        return self.stage(f"quantize_{name}", inputs, work)

    def measured(self, stages: dict[str, Stage]) -> BenchFile:
        def work(folder: Path) -> None:
            variants = tuple(self.variant(name, stage, folder / name) for name, stage in stages.items())
            save(folder / "records.json", run_bench(self.bench_input(variants)))

        options = self.options
        inputs = {
            **{name: stage.key for name, stage in stages.items()},
            "options": f"{options.targets} {options.toolchain} {options.samples} {options.optimize}",
            "code": code_digest(*_GRAPH_CODE, "backends", "targets", "bench", "pipeline"),
        }
        return read(self.stage("bench", inputs, work).folder / "records.json")

    def run(self) -> BuildResult:
        self.check_options()
        self.tell_of_preprocessing()
        stages = {"float32": self.trained, "int8": self.quantized("dense", self.trained)}
        if self.zoo.prune is not None:
            stages["int8-pruned"] = self.quantized("pruned", self.pruned)
        delivered = self.zoo.deliver
        bench = with_explanation(self.measured(stages), delivered, stages[delivered].folder)
        files = self.exports(stages)
        files.append(save(self.options.output / "records.json", bench))
        files.append(self.report(bench))
        require_boards(bench, self.zoo.deliver)
        return BuildResult(bench, tuple(files), tuple(self.reused))

    def check_options(self) -> None:
        """Wrong names and missing compilers must fail before the training, not after it."""
        from edgeml.targets.toolchain import find_toolchain

        for target in self.options.targets:
            check_target(target)
            if is_emulated(target) or target == "host":
                find_toolchain(self.options.toolchain, "host" if target == "host" else "arm")

    def tell_of_preprocessing(self) -> None:
        """Whether pixels are scaled behind layers with weights; a backbone's own notes say it of transfer models."""
        data = read_trained(self.trained.folder).tflite_path.read_bytes()
        warning = "" if self.transfer else misplaced_rescaling(from_litert(data, "stage train", self.zoo.name))
        if warning:
            self.options.tell(f"warning: {warning}")

    def exports(self, stages: dict[str, Stage]) -> list[Path]:
        out = self.options.output
        delivered = self.int8_graph(stages[self.zoo.deliver])
        x = self.data.x_test[:SELF_TEST_SAMPLES]
        core = next((resolve_target(t)[0] for t in self.options.targets if is_emulated(t)), None)
        machine = core.machine if core is not None else PORTABLE
        test = self_test(delivered, x)
        files = list(compile_graph(delivered, out, selftest=test, machine=machine, optimize=self.options.optimize))
        pruned = self.zoo.deliver == "int8-pruned"
        twin = self.float_graph(self.pruned if pruned else self.trained)
        files += compile_graph(twin, out, ("litert", "onnx"), stem="model_float32")
        if core is not None:
            from edgeml.targets.firmware import build_firmware

            files.append(build_firmware(out / "c", core.name, self.options.toolchain, out / "firmware.elf"))
        return files

    def report(self, bench: BenchFile) -> Path:
        from edgeml.report.html import render

        return write_text(self.options.output / "report.html", render(bench))

    def variant(self, name: str, stage: Stage, folder: Path) -> Variant:
        if name == "float32":
            return make_variant(name, self.float_graph(stage), folder)
        sqnr = {k: float(v) for k, v in json.loads((stage.folder / "sqnr.json").read_text()).items()}
        return make_variant(name, self.int8_graph(stage), folder, sqnr)

    def bench_input(self, variants: tuple[Variant, ...]) -> BenchInput:
        targets = tuple(dict.fromkeys((*CPU_TARGETS, *self.options.targets)))
        return BenchInput(
            model=self.zoo.name,
            variants=variants,
            x=self.data.x_test,
            y=self.data.y_test,
            targets=targets,
            toolchain=self.options.toolchain,
            samples=self.options.samples,
            quiet=self.options.quiet,
            optimize=self.options.optimize,
        )

    def float_graph(self, stage: Stage) -> Graph:
        data = read_trained(stage.folder).tflite_path.read_bytes()
        graph = canonicalize(from_litert(data, f"stage {stage.name}", self.zoo.name))
        return self.with_labels(shorten_names(graph))

    def int8_graph(self, stage: Stage) -> Graph:
        data = (stage.folder / "int8.tflite").read_bytes()
        return self.with_labels(from_litert(data, f"stage {stage.name}", self.zoo.name))

    def with_labels(self, graph: Graph) -> Graph:
        return replace(graph, labels=self.data.labels)

    def calibration(self, samples: int) -> Array:
        x = self.data.x_train
        chosen = np.random.default_rng(self.options.seed).permutation(len(x))[:samples]
        return np.asarray(x[np.sort(chosen)])

    def stage(self, name: str, inputs: dict[str, str], work: Callable[[Path], None]) -> Stage:
        stage = self.cache.run(name, inputs, work)
        if stage.reused:
            self.reused.append(name)
        return stage
