"""The inputs of a validation: a user's data as the model's own codes, or random values over its input ranges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgeml.bench.suite import model_input
from edgeml.data import as_reals, load_samples
from edgeml.data.arrays import read_npz
from edgeml.data.stored import Stored, takes_pixels
from edgeml.errors import DataError
from edgeml.ir import Array, DType, Graph, Tensor
from edgeml.quantize import quantize_input

# enough for a look; proofs want more
RANDOM_SAMPLES = 100
# integer inputs that index nothing have no range to draw from
_SMALL_INTEGERS = 10


@dataclass(frozen=True, eq=False)
class Samples:
    """One array (N, …) for each graph input, in its own element type; `labels` (N,); `origin` for the reader."""

    arrays: tuple[Array, ...]
    labels: Array | None
    origin: str


def random_samples(graph: Graph, count: int, seed: int) -> Samples:
    """`count` samples, uniform over each input's range; the same seed gives the same samples."""
    rng = np.random.default_rng(seed)
    drawn = [_draw(graph, t, count, rng) for t in graph.input_tensors]
    ranges = "; ".join(f"{t.name}: {text}" for t, (_, text) in zip(graph.input_tensors, drawn, strict=True))
    text = f"{count} random samples, seed {seed} ({ranges})"
    return Samples(tuple(x for x, _ in drawn), None, text)


def data_samples(
    source: str, graph: Graph, count: int | None, *, scale: float = 1, seed: int = 0, quiet: bool = True
) -> Samples:
    """The first `count` samples of a data set, a folder, an .npy or an .npz.

    An .npz that names all inputs of the graph gives each its array; every other source suits models with one input.
    `scale` multiplies the samples first.
    """
    path = Path(source)
    if path.suffix.lower() == ".npz" and path.is_file():
        arrays = read_npz(path)
        if set(graph.inputs) <= set(arrays) and set(graph.inputs) != {"x"}:
            return _named(path, arrays, graph, count)
    if len(graph.inputs) != 1:
        raise DataError(
            f"data '{source}': the model has {len(graph.inputs)} inputs. Give an .npz with the arrays "
            f"{', '.join(graph.inputs)}."
        )
    found = load_samples(source, graph.input_tensors[0].shape, seed=seed, quiet=quiet)
    type_ = graph.input_tensors[0].type
    x, y = found.x[:count], None if found.y is None else found.y[:count]
    x = as_reals(x, found.stored, type_) if scale == 1 else x * np.float32(scale)
    labelled = "" if y is None else ", labelled"
    text = f"{len(x)} samples of {found.name}{labelled}{_meaning(found.stored, graph.input_tensors[0], scale)}"
    return Samples((model_input(x, type_),), y, text)


def array_samples(graph: Graph, x: Array, y: Array | None) -> Samples:
    """Arrays of a program for a model with one input: its own codes, or float32 reals."""
    if len(graph.inputs) != 1:
        raise DataError(f"graph '{graph.name}' has {len(graph.inputs)} inputs; one array is not enough.")
    tensor = graph.input_tensors[0]
    if y is not None and len(y) != len(x):
        raise DataError(f"{len(x)} samples need as many labels. Got {len(y)}.")
    codes = model_input(x, tensor.type) if x.dtype.kind == "f" else _as_type(x, tensor)
    return Samples((codes,), y, f"{len(x)} samples")


def _named(path: Path, arrays: Mapping[str, Array], graph: Graph, count: int | None) -> Samples:
    given = tuple(_as_type(arrays[t.name][:count], t) for t in graph.input_tensors)
    y = arrays.get("y")
    return Samples(given, None if y is None else y[:count], f"{len(given[0])} samples of {path.stem}, by input name")


def _as_type(x: Array, tensor: Tensor) -> Array:
    if x.dtype == tensor.dtype.numpy:
        return x
    if x.dtype.kind == "f" and (tensor.dtype is DType.FLOAT32 or tensor.type.has_codes):
        return quantize_input(x, tensor.type)
    if x.dtype.kind in "iu" and tensor.dtype in (DType.INT32, DType.INT64):
        return x.astype(tensor.dtype.numpy)
    raise DataError(f"input '{tensor.name}': must be {tensor.dtype.value}. Got {x.dtype}. Cast the array.")


def _meaning(stored: Stored, tensor: Tensor, scale: float) -> str:
    if scale != 1:
        return f", times {scale:g}"
    if tensor.dtype is not DType.INT8:
        return ""
    if stored == "codes":
        return ", taken as int8 codes"
    return ", pixels of 0 to 255" if stored == "pixels" and takes_pixels(tensor.type) else ""


def _draw(graph: Graph, tensor: Tensor, count: int, rng: np.random.Generator) -> tuple[Array, str]:
    """Values for one input and what they are."""
    shape = (count, *tensor.shape[1:])
    kind = tensor.dtype
    if kind is DType.FLOAT32:
        low, high = _float_range(graph, tensor.name)
        return rng.uniform(low, high, shape).astype(np.float32), f"{low:g} to {high:g}"
    if kind is DType.BOOL:
        return rng.integers(0, 2, shape).astype(np.bool_), "false and true"
    if kind in (DType.INT32, DType.INT64):
        size = _indexed(graph, tensor.name)
        return rng.integers(0, size, shape).astype(kind.numpy), f"0 to {size - 1}"
    limits = np.iinfo(kind.numpy)
    return rng.integers(limits.min, limits.max + 1, shape).astype(kind.numpy), f"all codes of {kind.value}"


def _float_range(graph: Graph, name: str) -> tuple[float, float]:
    """What a quantize operator behind the input covers; else -1 to 1."""
    for node in graph.consumers(name):
        type_ = graph.tensor(node.outputs[0]).type
        if node.op == "quantize" and type_.quantization is not None:
            limits = np.iinfo(type_.dtype.numpy)
            low, high = ((code - type_.zero_point) * type_.scale for code in (limits.min, limits.max))
            return float(low), float(high)
    return -1.0, 1.0


def _indexed(graph: Graph, name: str) -> int:
    """How many entries a gather on this input can choose from."""
    for node in graph.consumers(name):
        if node.op == "gather" and node.inputs[1:2] == (name,):
            axis: int = getattr(node.attrs, "axis", 0)
            return graph.tensor(node.inputs[0]).shape[axis]
    return _SMALL_INTEGERS
