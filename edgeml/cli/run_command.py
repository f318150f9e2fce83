"""`edgeml run`: predictions of a model for samples."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from edgeml.cli.common import (
    Bind,
    InputLayout,
    Model,
    Numerics,
    Quiet,
    Samples,
    Scale,
    Size,
    Toolchain,
    TrustPickle,
    Verbose,
    check_toolchain,
    load_data,
    load_model,
    scaled,
)

if TYPE_CHECKING:
    from edgeml.data.samples import SampleSet
    from edgeml.data.stored import Stored
    from edgeml.ir import Array, Graph

_IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")


def run(
    model: Model,
    data: Annotated[
        str | None,
        typer.Option("--data", help="An image, an .npy or .npz with x, or a data set's name.", show_default=False),
    ] = None,
    target: Annotated[
        list[str] | None, typer.Option("--target", help="Where to run; repeatable; the reference when absent.")
    ] = None,
    toolchain: Toolchain = "zig",
    samples: Samples = 10,
    scale: Scale = 1,
    numerics: Numerics = "litert",
    json: Annotated[bool, typer.Option("--json", help="Print all outputs as JSON.")] = False,
    bind: Bind = None,
    size: Size = None,
    input_layout: InputLayout = "onnx",
    trust_pickle: TrustPickle = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Print the model's prediction for each sample, one line a sample and target; with labels also its accuracy.

    Without --target the operators' own reference in Python runs, which every target equals.

    Example: edgeml run model.tflite --data digit.png --target cortex-m4
    """
    from edgeml.bench.sessions import check_target
    from edgeml.bench.suite import model_input
    from edgeml.cli.run_printing import Shown
    from edgeml.data import as_reals
    from edgeml.errors import UsageError
    from edgeml.passes import canonicalize, with_numerics
    from edgeml.quantize import dequantize_output

    check_toolchain(toolchain)
    for name in target or ():
        check_target(name)
    graph = with_numerics(canonicalize(load_model(model, bind, size, input_layout, trust_pickle)), numerics)
    if len(graph.inputs) != 1:
        raise UsageError(f"model '{model}': run takes models with one input. It has {len(graph.inputs)}.")
    if data is None:
        raise UsageError("run needs samples. Give --data with an image, an .npy or .npz file, or a data set's name.")
    found = _samples(data, graph, quiet)
    type_ = graph.input_tensors[0].type
    reals = as_reals(found.x[:samples], found.stored, type_) if scale == 1 else scaled(found.x[:samples], scale)
    x = model_input(reals, type_)
    shown = Shown(graph, reals, None if found.y is None else found.y[:samples])
    for name in target or ("reference",):
        outputs = _outputs(graph, x, name, toolchain)
        for line in shown.lines(name, dequantize_output(outputs, graph.output_tensors[0].type), as_json=json):
            typer.echo(line)


def _outputs(graph: Graph, x: Array, target: str, toolchain: str) -> Array:
    if target == "reference":
        from edgeml.interpreter import run_single

        return run_single(graph, x)
    from edgeml.bench.sessions import is_emulated, open_session
    from edgeml.pipeline.artifacts import make_variant

    with tempfile.TemporaryDirectory(prefix="edgeml-") as folder:
        session = open_session(make_variant(graph.name, graph, Path(folder)), target, toolchain)
        if is_emulated(target):
            _require_board(session, target)
        return session.run(x)


def _require_board(session: Any, target: str) -> None:
    """TargetError when `target` is a board that the firmware does not fit: it could not run there."""
    from edgeml.targets.boards import require_fit, resolve_target

    board = resolve_target(target)[1]
    if board is not None:
        require_fit(session.memory, board)


def _samples(source: str, graph: Graph, quiet: bool) -> SampleSet:
    """Float samples (N, …) of an image, an array file, or the test set of a data set, with labels where it has some."""
    from edgeml.data.samples import SampleSet

    path = Path(source)
    if path.suffix.lower() in _IMAGES:
        return SampleSet(path.stem, _image(path, graph.input_tensors[0].shape), None, "pixels")
    if path.suffix.lower() in (".npy", ".npz") and not _has_labels(path):
        x, stored = _array(path)
        return SampleSet(path.stem, x, None, stored)
    found = load_data(source, 0, quiet, graph)
    return SampleSet(found.name, found.x_test, found.y_test, found.stored)


def _has_labels(path: Path) -> bool:
    """Whether `path` is an .npz of a data set: samples and labels."""
    from edgeml.data.arrays import read_npz

    return path.suffix.lower() == ".npz" and path.is_file() and len(read_npz(path)) > 1


def _array(path: Path) -> tuple[Array, Stored]:
    from edgeml.data.arrays import read_npy, read_npz
    from edgeml.errors import DataError
    from edgeml.files import read_bytes

    read_bytes(path, "samples")
    if path.suffix.lower() == ".npy":
        x = read_npy(path)
    else:
        arrays = list(read_npz(path).values())
        if not arrays:
            raise DataError(f"samples '{path}' hold no array. Save them with numpy.savez(path, x=...).")
        x = arrays[0]
    if x.ndim == 0 or len(x) == 0 or x.dtype.kind not in "fiub":
        raise DataError(f"samples '{path}' must be a numeric array (N, …) with at least one sample. Got {x.shape}.")
    # integers are pixels, as in data sets
    stored: Stored = "pixels" if x.dtype == np.uint8 else "codes" if x.dtype == np.int8 else "reals"
    return np.asarray(x, np.float32) / np.float32(255 if stored == "pixels" else 1), stored


def _image(path: Path, shape: tuple[int, ...]) -> Array:
    """One image as float32 (1, H, W, C) in [0, 1], resized to the model's input."""
    from edgeml.errors import DataError
    from edgeml.extras import require
    from edgeml.files import read_bytes

    if len(shape) != 4 or shape[3] not in (1, 3):
        raise DataError(f"the model takes {shape[1:]}, not an image. Give an .npy or .npz with --data.")
    read_bytes(path, "image")
    pillow = require("PIL.Image", "images")
    try:
        with pillow.open(path) as image:
            pixels = image.convert("L" if shape[3] == 1 else "RGB").resize((shape[2], shape[1]))
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(f"image '{path}' cannot be read ({error}). Convert it to PNG.") from None
    return np.asarray(pixels, np.float32).reshape(1, *shape[1:]) / np.float32(255)
