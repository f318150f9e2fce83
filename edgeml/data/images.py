"""A folder with one sub-folder of images a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgeml.data.arrays import split_dataset
from edgeml.data.dataset import Dataset, make_dataset
from edgeml.data.progress import progress
from edgeml.errors import DataError, UsageError
from edgeml.extras import require
from edgeml.ir import Array

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
# the part that is not for training, the first that is there
_TEST_PARTS = ("test", "val", "validation")
_MODES = {"grayscale": "L", "rgb": "RGB"}
# Pillow itself warns only; a picture this large in a training folder is a mistake or an attack
_MAX_PIXELS = 100_000_000


def class_folders(folder: Path) -> list[Path]:
    """Sub-folders, sorted by name, that are no hidden folders."""
    return sorted(f for f in folder.iterdir() if f.is_dir() and not f.name.startswith("."))


def load_image_folder(
    folder: Path,
    *,
    name: str,
    image_size: tuple[int, int] | None,
    color_mode: str | None,
    seed: int,
    split: float,
    quiet: bool,
) -> Dataset:
    """Dataset of the images in `folder`/<class>/; classes are named by their folders, sorted.

    Where the folder holds `train` and one of `test`, `val` and `validation`, each with sub-folders of the same names,
    these are the parts and their sub-folders the classes; else a share `split` becomes the test part by `seed`.
    `image_size` (height, width) scales bilinearly, without it all images must have one size. `color_mode` is
    "rgb" or "grayscale", by default what the first image is.
    """
    if color_mode is not None and color_mode not in _MODES:
        raise UsageError(f"colour mode '{color_mode}' is unknown. Use {' or '.join(_MODES)}.")
    parts = _parts(folder, name)
    if not parts:
        x, y, labels = _read(folder, name, image_size, color_mode, quiet)
        return split_dataset(name, x, y, seed=seed, split=split, labels=labels)
    train, test = (_read(part, f"{name}/{part.name}", image_size, color_mode, quiet) for part in parts)
    return make_dataset(name, train[:2], test[:2], train[2])


def _parts(folder: Path, name: str) -> tuple[Path, ...]:
    """The folders of the training and the test part, or nothing where the sub-folders are classes."""
    folders = {f.name.lower(): f for f in class_folders(folder)}
    tests = [n for n in _TEST_PARTS if n in folders]
    if "train" not in folders or not tests or not set(folders) <= {"train", *_TEST_PARTS}:
        return ()
    train, test = folders["train"], folders[tests[0]]
    names = [{c.name for c in class_folders(part)} for part in (train, test)]
    if not all(names):
        return ()
    if names[0] != names[1]:
        raise DataError(
            f"data set '{name}': '{train.name}' and '{test.name}' must hold the same classes. Only in one of them: "
            f"{', '.join(sorted(names[0] ^ names[1]))}."
        )
    return train, test


def _read(
    folder: Path, name: str, image_size: tuple[int, int] | None, color_mode: str | None, quiet: bool
) -> tuple[Array, Array, tuple[str, ...]]:
    """Images uint8 (N, H, W, C), classes (N,) and their names."""
    classes = class_folders(folder)
    paths = [[p for p in sorted(c.rglob("*")) if p.suffix.lower() in SUFFIXES and p.is_file()] for c in classes]
    for class_folder, found in zip(classes, paths, strict=True):
        if not found:
            raise DataError(
                f"data set '{name}': class folder '{class_folder.name}' holds no images (.png, .jpg, …). "
                "Add images or remove the folder."
            )
    y = np.repeat(np.arange(len(classes)), [len(p) for p in paths])
    images: list[Array] = []
    with progress(f"Reading {name}", len(y), quiet=quiet) as done:
        for path in (p for found in paths for p in found):
            image, color_mode = _image(path, image_size, color_mode)
            images.append(image)
            done(1)
            if image.shape != images[0].shape:
                raise DataError(
                    f"'{path}': all images must have the same size. Got {image.shape[:2]} after {images[0].shape[:2]}. "
                    "Give an image size to scale to."
                )
    return np.stack(images), y, tuple(c.name for c in classes)


def _image(path: Path, size: tuple[int, int] | None, color_mode: str | None) -> tuple[Array, str]:
    """uint8 (H, W, 1 or 3) and the colour mode in use."""
    pillow = require("PIL.Image", "images")
    try:
        with pillow.open(path) as picture:
            if picture.width * picture.height > _MAX_PIXELS:
                raise DataError(f"'{path}': {picture.width}x{picture.height} pixels are too many. Make it smaller.")
            if color_mode is None:
                color_mode = "grayscale" if picture.mode in ("1", "L", "LA", "I", "I;16", "F") else "rgb"
            converted = picture.convert(_MODES[color_mode])
            if size is not None and converted.size != (size[1], size[0]):
                converted = converted.resize((size[1], size[0]), pillow.Resampling.BILINEAR)
            pixels = np.asarray(converted, np.uint8)
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(f"'{path}' is no readable image ({error}). Remove or replace it.") from None
    return (pixels[..., np.newaxis] if pixels.ndim == 2 else pixels), color_mode
