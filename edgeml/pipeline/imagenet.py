"""MobileNetV2 with the weights that Keras publishes for ImageNet, fetched once and kept under their checksum."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from edgeml.data.download import cache_folder, download
from edgeml.errors import DataError, UsageError
from edgeml.extras import require
from edgeml.files import read_bytes, write_text
from edgeml.frontends import load
from edgeml.frontends.quiet import import_tensorflow, silenced
from edgeml.ir import Graph
from edgeml.passes import canonicalize

# keras.applications.mobilenet_v2: widths and image sizes for which weights are published
WIDTHS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
_SIZES, _OTHER = (96, 128, 160, 192, 224), 224
URL = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/"


def weights_name(size: tuple[int, int], width: float) -> str:
    """The published file for images of `size` (height, width); sizes without one take the file for 224 pixels."""
    if width not in WIDTHS:
        raise UsageError(f"transfer.width {width}: Keras has weights for {', '.join(map(str, WIDTHS))}. Choose one.")
    rows = size[0] if size[0] == size[1] and size[0] in _SIZES else _OTHER
    return f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{width}_{rows}_no_top.h5"


def fetch_weights(name: str, sha256: str, *, quiet: bool, url: str = URL) -> Path:
    """The weights file, from the cache or the network; UsageError when it is not to be had or another than expected.

    Keras publishes no checksums: without `sha256` the first file's is written beside it, and it must stay the same.
    """
    path = cache_folder("imagenet_mobilenet_v2") / name
    pin = path.with_name(f"{name}.sha256")
    wanted = sha256 or (read_bytes(pin, "checksum").decode("ascii").strip() if pin.is_file() else "")
    try:
        download(url + name, path, sha256=wanted, what="the file of ImageNet's weights", quiet=quiet)
    except DataError as error:
        raise UsageError(
            f"{str(error).removesuffix('.')}, or give another backbone: --backbone with a .tflite, .keras or .onnx "
            "file."
        ) from None
    found = hashlib.sha256(read_bytes(path, "weights")).hexdigest()
    if wanted and found != wanted:
        raise UsageError(
            f"ImageNet's weights '{path}' have the SHA-256 {found}; expected {wanted}. Delete the file to fetch it "
            "again."
        )
    if not pin.is_file():
        write_text(pin, f"{found}\n")
    return path


def imagenet_backbone(size: tuple[int, int], width: float, weights: Path | None) -> Graph:
    """MobileNetV2 without its classifier for colour images of `size`, pixels in -1..1, as a canonical float graph.

    `weights` None leaves it untrained. UsageError where the file is none of this network.
    """
    import_tensorflow()
    applications = require("keras.applications", "keras")
    # the first use of a device tells about each accelerator that is missing
    with silenced():
        model = applications.MobileNetV2(
            input_shape=(*size, 3), alpha=width, include_top=False, pooling="avg", weights=None
        )
        if weights is not None:
            _load(model, weights, width)
    return canonicalize(load(model, "mobilenet_v2"))


def _load(model: Any, weights: Path, width: float) -> None:
    try:
        model.load_weights(str(weights))
    except (ValueError, OSError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(
            f"ImageNet's weights '{weights}' are none of MobileNetV2 of width {width} ({reason.rstrip('.')}). Delete "
            "the file to fetch it again."
        ) from None
