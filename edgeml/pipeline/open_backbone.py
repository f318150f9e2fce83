"""What a transfer model is made of: a backbone, from a file or ImageNet's weights, and photos in the size it takes."""

from __future__ import annotations

from pathlib import Path

from edgeml.data import Dataset, load_for
from edgeml.errors import UsageError
from edgeml.ir import Graph
from edgeml.pipeline.backbone import IMAGENET, backbone_source, read_backbone, with_features
from edgeml.pipeline.imagenet import fetch_weights, imagenet_backbone, weights_name
from edgeml.project import find_dataset
from edgeml.training.config import ZooModel


def backbone_file(zoo: ZooModel, given: Path | None, quiet: bool) -> Path:
    """The file that the backbone's weights come from; ImageNet's are fetched."""
    source = backbone_source(zoo, given)
    if str(source) != IMAGENET:
        return source
    return fetch_weights(weights_name(_size(zoo), zoo.transfer.width), zoo.transfer.sha256, quiet=quiet)


def open_backbone(zoo: ZooModel, given: Path | None, path: Path) -> Graph:
    """Images to features, from `path` as `backbone_file` gave it; `notes` say what to know about it."""
    channels = zoo.input_shape[2]
    if str(backbone_source(zoo, given)) != IMAGENET:
        return read_backbone(path, channels)
    return with_features(imagenet_backbone(_size(zoo), zoo.transfer.width, path), "MobileNetV2", channels)


def open_photos(zoo: ZooModel, backbone: Graph, source: str | None, *, seed: int, quiet: bool) -> Dataset:
    """`source` (else the model's own data set) in the size and colours that the backbone takes."""
    name = source or zoo.dataset
    if source is None and find_dataset(name) is None and not Path(name).exists():
        raise UsageError(
            f"model '{zoo.name}' needs photos: a folder with one sub-folder of images a class. Give --data, or dataset "
            f"in {zoo.folder / 'model.toml'}."
        )
    # photos come in any size; the backbone decides
    return load_for(backbone.input_tensors[0].shape, name, seed=seed, quiet=quiet)


def _size(zoo: ZooModel) -> tuple[int, int]:
    return zoo.input_shape[0], zoo.input_shape[1]
