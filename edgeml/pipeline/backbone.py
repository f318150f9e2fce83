"""Backbones of transfer models: a model file, or ImageNet weights, as a float graph from pixels in 0..1 to features."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from edgeml.errors import UsageError
from edgeml.frontends import load
from edgeml.inspection.preprocessing import misplaced_rescaling
from edgeml.ir import DType, Graph, Node, Tensor, TensorType
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.mean import MeanAttrs
from edgeml.ops.softmax import SoftmaxAttrs
from edgeml.passes import canonicalize
from edgeml.passes.preprocessing_folding import fold_preprocessing
from edgeml.passes.rewrite import sole_consumer
from edgeml.training.config import ZooModel
from edgeml.training.head import Head

# the backbone whose weights come from the network
IMAGENET = "imagenet"


def backbone_source(zoo: ZooModel, given: Path | None) -> Path:
    """The backbone's file, or `IMAGENET` as a path; UsageError when none is named or the file does not exist."""
    path = given if given is not None else Path(zoo.transfer.backbone) if zoo.transfer.backbone else None
    if path is None:
        raise UsageError(
            f"model '{zoo.name}' needs a backbone: a model file that gives features, or '{IMAGENET}'. Give --backbone, "
            f"or backbone in [transfer] of {zoo.folder / 'model.toml'}."
        )
    if str(path) == IMAGENET:
        return path
    if given is None:
        path = zoo.folder / path
    if not path.exists():
        raise UsageError(
            f"backbone '{path}' does not exist. Give a .tflite, .keras or .onnx file, or '{IMAGENET}' for MobileNetV2 "
            "with ImageNet's weights."
        )
    return path


def read_backbone(path: Path, channels: int) -> Graph:
    """The file as a float graph that turns one image (1, H, W, `channels`) into features (1, F).

    A grey image goes into a backbone of colour images as three equal channels, which is a sum of weights.
    """
    loaded = load(path, real=path.suffix.lower() == ".tflite")
    # seen here only: the passes fold a scaling into the layer before it
    warning = misplaced_rescaling(loaded)
    what = f"backbone '{path}'"
    told = (*(f"note: {what}: {note}" for note in loaded.notes), *([f"warning: {what}: {warning}"] if warning else ()))
    return with_features(replace(canonicalize(loaded), notes=told), what, channels)


def with_features(graph: Graph, what: str, channels: int) -> Graph:
    """A canonical float graph of an image with one vector of features as its output; UsageError where it has none.

    A classifier's last layer, the one before a softmax, is left out, which a note of the graph says.
    """
    shapes = [t.shape for t in graph.input_tensors]
    if len(shapes) != 1 or graph.states or len(shapes[0]) != 4 or shapes[0][3] not in (1, 3):
        raise UsageError(
            f"{what}: must take one image (1, height, width, 1 or 3). Got {', '.join(map(str, shapes))}. Give another "
            "file."
        )
    graph = _without_classifier(graph, what)
    out = graph.output_tensors[0]
    if len(out.shape) == 4:
        pooled = Tensor(f"{out.name}/pooled", TensorType((1, out.shape[3]), DType.FLOAT32))
        node = Node("mean", "pooled", (out.name,), (pooled.name,), MeanAttrs((1, 2)))
        graph = replace(graph, outputs=(pooled.name,)).with_nodes((*graph.nodes, node), {pooled.name: pooled})
    elif len(out.shape) != 2:
        raise UsageError(f"{what}: must give features (1, F) or (1, H, W, F). Got {out.shape}. Give another file.")
    graph = canonicalize(replace(graph, outputs=graph.outputs[:1]))
    return graph if shapes[0][3] == channels else _in_grey(fold_preprocessing(graph), what, channels)


def _without_classifier(graph: Graph, what: str) -> Graph:
    """The graph up to the layer that makes the logits of its softmax; the graph itself where it does not end so."""
    softmax = graph.producer(graph.outputs[0])
    if softmax is None or softmax.op != "softmax":
        return graph
    last = graph.producer(softmax.inputs[0])
    while last is not None and last.op == "reshape":
        last = graph.producer(last.inputs[0])
    if last is None or last.op not in ("fully_connected", "conv_2d"):
        return graph
    classes = graph.output_tensors[0].shape[-1]
    note = f"note: {what} ends with a classifier of {classes} classes: its last layer, '{last.name}', is left out."
    return replace(graph, outputs=(last.inputs[0],), notes=(*graph.notes, note))


def _in_grey(graph: Graph, what: str, channels: int) -> Graph:
    image = graph.input_tensors[0]
    path, user = [image], sole_consumer(graph, image.name)
    if user is not None and user.op == "pad":
        path.append(graph.bind(user).output)
        user = sole_consumer(graph, path[-1].name)
    weights = graph.bind(user).input(1) if user is not None and user.op == "conv_2d" else None
    if channels != 1 or weights is None or weights.data is None:
        raise UsageError(
            f"{what}: takes images of {image.shape[3]} channels, the model {channels}. Only a backbone of colour "
            "images that starts with a convolution takes grey ones. Change input in model.toml."
        )
    grey = weights.data.sum(axis=3, keepdims=True)
    changed = [replace(t, type=replace(t.type, shape=(*t.shape[:3], 1))) for t in path]
    changed.append(Tensor(weights.name, TensorType(grey.shape, DType.FLOAT32), grey))
    return canonicalize(graph.with_tensors({t.name: t for t in changed}))


def with_range(graph: Graph, low: float, high: float) -> Graph:
    """The graph for pixels in 0..1, which stand for `low`..`high`: preprocessing is a part of the model.

    It goes into the first convolution where there is one, together with what the backbone has of its own.
    """
    image = graph.input_tensors[0]
    tensors, nodes, last = {}, [], "image"
    tensors["image"] = Tensor("image", image.type)
    for op, value, none in (("mul", high - low, 1.0), ("add", low, 0.0)):
        if value == none:
            continue
        name = f"preprocess/{op}"
        tensors[f"{name}/by"] = Tensor(f"{name}/by", TensorType((1,), DType.FLOAT32), np.array([value], np.float32))
        tensors[name] = Tensor(name, image.type)
        nodes.append(Node(op, name, (last, f"{name}/by"), (name,), BinaryAttrs()))
        last = name
    rest = tuple(replace(n, inputs=tuple(last if i == image.name else i for i in n.inputs)) for n in graph.nodes)
    graph = canonicalize(replace(graph, inputs=("image",)).with_nodes((*nodes, *rest), tensors))
    return canonicalize(fold_preprocessing(graph))


def with_head(graph: Graph, head: Head, labels: tuple[str, ...]) -> Graph:
    """Features to probabilities."""
    shape = (1, len(labels))
    new = {
        "head/weights": Tensor("head/weights", TensorType(head.weights.shape, DType.FLOAT32), head.weights),
        "head/bias": Tensor("head/bias", TensorType(head.bias.shape, DType.FLOAT32), head.bias),
        "head": Tensor("head", TensorType(shape, DType.FLOAT32)),
        "probabilities": Tensor("probabilities", TensorType(shape, DType.FLOAT32)),
    }
    inputs = (graph.outputs[0], "head/weights", "head/bias")
    nodes = (
        *graph.nodes,
        Node("fully_connected", "head", inputs, ("head",), FullyConnectedAttrs()),
        Node("softmax", "probabilities", ("head",), ("probabilities",), SoftmaxAttrs(1.0)),
    )
    return canonicalize(replace(graph, outputs=("probabilities",), labels=labels).with_nodes(nodes, new))
