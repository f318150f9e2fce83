"""Options that several commands share, and reading what they name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from edgeml.errors import UsageError
from edgeml.ir import Array

if TYPE_CHECKING:
    from edgeml.backends.c99.selection import Optimize as OptimizeName
    from edgeml.bench.record import Accuracy
    from edgeml.data import Dataset
    from edgeml.ir import Graph
    from edgeml.quantize import QuantizeResult

# test samples that tell the accuracy of what was searched for or trained, at most
TESTED = 2000

Model = Annotated[
    Path, typer.Argument(help="Model file (.tflite, .onnx, .keras, .h5) or SavedModel folder.", show_default=False)
]
Bind = Annotated[
    list[str] | None,
    typer.Option(
        "--bind", help="Fix an input of an .onnx model: name=number or name=file.npy; repeatable.", show_default=False
    ),
]
Size = Annotated[
    list[str] | None,
    typer.Option("--size", help="Fix a symbolic size of an .onnx model: name=number; repeatable.", show_default=False),
]
InputLayout = Annotated[
    str, typer.Option("--input-layout", help="onnx: inputs as in the file; nhwc: images of an .onnx model as NHWC.")
]
TrustPickle = Annotated[
    bool,
    typer.Option("--trust-pickle", help="Open a .pkl, .joblib, .pt or .pth file, which runs any code that is in it."),
]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Where to write.", show_default=False)]
Data = Annotated[
    str | None, typer.Option("--data", help="Data set: a name, a folder, or an .npz with x and y.", show_default=False)
]
Backbone = Annotated[
    Path | None,
    typer.Option("--backbone", help="Of a transfer model: a model file, or imagenet.", show_default=False),
]
Samples = Annotated[int, typer.Option("--samples", min=1, help="How many samples to use.")]
Scale = Annotated[
    float, typer.Option("--scale", help="Multiply the samples: 255 for a model that takes pixels of 0 to 255.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of everything random.")]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target", help="A core, a board, host, litert, onnxruntime or tflite_micro; repeatable.", show_default=False
    ),
]
Toolchain = Annotated[str, typer.Option("--toolchain", help="C compiler: zig or gcc.")]
Numerics = Annotated[
    str, typer.Option("--numerics", help="int8 arithmetic: litert (LiteRT, ONNX Runtime) or tflm (TFLM, CMSIS-NN).")
]
Optimize = Annotated[
    str, typer.Option("--optimize", help="What a core's kernels are chosen for: speed, size, ram or balanced.")
]
Json = Annotated[Path | None, typer.Option("--json", help="Write the records to this file.", show_default=False)]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Show tracebacks of errors.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress on stderr.")]


def say(text: str) -> None:
    """A note or a warning, in one line on stderr."""
    typer.echo(text, err=True)


def check_toolchain(name: str) -> str:
    """`name` when it is a known compiler; UsageError else."""
    if name not in ("zig", "gcc"):
        raise UsageError(f"unknown toolchain '{name}'. Choose zig or gcc.")
    return name


def check_optimize(name: str) -> OptimizeName:
    """`name` when it is an aim of the compiler; UsageError else, before any work is done."""
    from edgeml.backends.c99.selection import check_aim

    return check_aim(name)


def check_io(name: str) -> str:
    """`name` when it is a boundary type; UsageError else, before any work is done."""
    if name not in ("int8", "float32"):
        raise UsageError(f"io must be int8 or float32. Got '{name}'.")
    return name


def check_tflite(path: Path) -> Path:
    """`path` when a .tflite may be written there; UsageError for another suffix or a folder."""
    if path.suffix.lower() != ".tflite":
        raise UsageError(f"output '{path}': the result is a .tflite file. Give -o a name that ends in .tflite.")
    if path.is_dir():
        raise UsageError(f"output '{path}' is a folder. Give a file with -o.")
    return path


def scaled(x: Array, scale: float) -> Array:
    """Samples times `scale`; UsageError unless it is positive and finite."""
    if not 0 < scale < float("inf"):
        raise UsageError(f"scale must be a positive number. Got {scale}. Images are read as 0 to 1; 255 undoes that.")
    return x if scale == 1 else x * np.float32(scale)


def calibration_samples(
    source: str, count: int, seed: int, quiet: bool, graph: Graph | None = None
) -> tuple[Array, Array]:
    """`count` training samples of a data set, spread over it by `seed`, float32 (N, …), and their classes (N,).

    A folder of images is read in the size and colours that `graph` takes.
    """
    data = load_data(source, seed, quiet, graph)
    if count >= len(data.x_train):
        return data.x_train, data.y_train
    chosen = np.sort(np.random.default_rng(seed).choice(len(data.x_train), count, replace=False))
    return np.asarray(data.x_train[chosen]), np.asarray(data.y_train[chosen])


def evaluation_samples(
    source: str, count: int, seed: int, quiet: bool, graph: Graph
) -> tuple[Array, Array, tuple[str, ...]]:
    """At most `count` test samples, evenly spread over the data set, their classes (N,) and names of classes."""
    data = load_data(source, seed, quiet, graph)
    total = len(data.x_test)
    chosen = np.arange(min(count, total)) * total // max(1, min(count, total))
    return np.asarray(data.x_test[chosen]), np.asarray(data.y_test[chosen]), data.labels


def test_accuracy(result: QuantizeResult, source: str, scale: float, seed: int, quiet: bool) -> Accuracy:
    """How good the int8 graph of `result` is on test samples of a data set, beside its float graph."""
    from edgeml.search.judge import Judge

    x, y, _ = evaluation_samples(source, TESTED, seed, quiet, result.float_graph)
    return Judge.of(result.float_graph, scaled(x, scale), y).accuracy(result.graph)


def load_data(source: str, seed: int, quiet: bool, graph: Graph | None) -> Dataset:
    """The data set `source`; a folder of images is read in the size and colours that `graph` takes."""
    from edgeml.data import load_for

    shape = graph.input_tensors[0].shape if graph is not None and graph.inputs else ()
    return load_for(shape, source, seed=seed, quiet=quiet)


def load_model(
    path: Path,
    bind: list[str] | None = None,
    size: list[str] | None = None,
    input_layout: str = "onnx",
    trust_pickle: bool = False,
    real: bool = False,
) -> Graph:
    """The graph of a model file, with the values of --bind, --size, --input-layout and --trust-pickle.

    Raises UsageError for these.
    """
    from edgeml.frontends import load

    bound = bound_values(bind)
    sizes = {name: _size_value(name, text) for name, text in _pairs("--size", size)}
    graph = load(path, bind=bound, sizes=sizes, input_layout=input_layout, trust_pickle=trust_pickle, real=real)
    for note in graph.notes:
        typer.echo(f"note: {note}", err=True)
    return graph


def bound_values(bind: list[str] | None) -> dict[str, Array]:
    """The inputs that --bind fixes and their values; raises UsageError."""
    return {name: _bound_value(name, text) for name, text in _pairs("--bind", bind)}


def _pairs(flag: str, values: list[str] | None) -> list[tuple[str, str]]:
    # names of exporters hold ':' and '.', sometimes '='; values never do
    pairs = [(name, text) for name, _, text in (v.rpartition("=") for v in values or ())]
    for name, text in pairs:
        if not name or not text:
            raise UsageError(f"{flag} takes name=value. Got '{name or text}'.")
    return pairs


def _size_value(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"--size {name}: must be a whole number. Got '{text}'.") from None


def _bound_value(name: str, text: str) -> Array:
    if text.lower().endswith(".npy"):
        try:
            return np.asarray(np.load(text, allow_pickle=False))
        except (OSError, ValueError, EOFError) as error:
            raise UsageError(f"--bind {name}: '{text}' is not a readable .npy file ({error}).") from None
    for convert in (int, float):
        try:
            return np.asarray(convert(text))
        except ValueError:
            continue
    raise UsageError(f"--bind {name}: must be a number or an .npy file. Got '{text}'.")
