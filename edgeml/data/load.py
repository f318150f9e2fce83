"""One door for every data set: a shipped name, a folder, or a .npz file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from edgeml.data.arrays import NPY_FILES, load_npy_folder, load_npz
from edgeml.data.dataset import Dataset, make_dataset
from edgeml.data.files import read_data_file
from edgeml.data.idx import parse_idx
from edgeml.data.images import class_folders, load_image_folder
from edgeml.data.manifest import load_manifest
from edgeml.errors import DataError, UsageError
from edgeml.ir import Array
from edgeml.project import DATASET_FILE, find_dataset, list_datasets

_IDX_FILES: Mapping[str, str] = MappingProxyType(
    {
        "x_train": "train-images-idx3-ubyte",
        "y_train": "train-labels-idx1-ubyte",
        "x_test": "t10k-images-idx3-ubyte",
        "y_test": "t10k-labels-idx1-ubyte",
    }
)


def load_for(shape: Sequence[int], source: str, *, seed: int = 0, quiet: bool = False) -> Dataset:
    """The data set `source` for a model whose input has `shape`: photos in its height, width and colours.

    Shapes that are no images (N, H, W, 1 or 3) leave photos as they are; data sets of arrays always stay as they are.
    """
    colours = {1: "grayscale", 3: "rgb"}.get(shape[3]) if len(shape) == 4 else None
    if colours is None:
        return load_dataset(source, seed=seed, quiet=quiet)
    return load_dataset(source, seed=seed, quiet=quiet, image_size=(shape[1], shape[2]), color_mode=colours)


def load_dataset(
    source: str,
    *,
    image_size: tuple[int, int] | None = None,
    color_mode: str | None = None,
    seed: int = 0,
    split: float = 0.2,
    quiet: bool = False,
) -> Dataset:
    """The data set `source`: a name in datasets/, a .npz file, or a folder.

    A folder holds a dataset.toml, or xtrain.npy and its siblings, or MNIST's four idx files, or one sub-folder of
    images a class. `image_size` (height, width) and `color_mode` apply to images; `seed` and `split` (share of
    test samples) to sources that bring no split of their own. Raises DataError or UsageError.
    """
    if not 0 < split < 1:
        raise UsageError(f"split {split}: the share of test samples must lie between 0 and 1, for example 0.2.")
    if image_size is not None and min(image_size) < 1:
        raise UsageError(f"image size {image_size}: height and width must be positive.")
    known = find_dataset(source)
    if known is not None:
        return load_manifest(known, seed=seed, split=split, quiet=quiet)
    path = Path(source)
    name = path.resolve().name if path.is_dir() else path.stem
    if not path.exists():
        raise DataError(
            f"data set '{source}' is neither a known name ({', '.join(list_datasets()) or 'none'}) nor an existing "
            "folder or .npz file. Check the spelling."
        )
    if path.is_file():
        if path.suffix.lower() != ".npz":
            raise DataError(f"data set '{source}': a single file must be a .npz. Got '{path.suffix}'. Convert it.")
        return load_npz(path, name=name, seed=seed, split=split)
    if (path / DATASET_FILE).is_file():
        return load_manifest(path, seed=seed, split=split, quiet=quiet)
    if any((path / file).exists() for file in NPY_FILES):
        return load_npy_folder(path, name=name)
    if _idx_path(path, "x_train") is not None:
        return _load_idx_folder(path, name, quiet)
    if class_folders(path):
        return load_image_folder(
            path, name=name, image_size=image_size, color_mode=color_mode, seed=seed, split=split, quiet=quiet
        )
    raise DataError(
        f"data set '{source}': the folder is empty or of no known kind. It needs one sub-folder of images a class, "
        f"or {', '.join(NPY_FILES)}, or a {DATASET_FILE}."
    )


def _idx_path(folder: Path, part: str) -> Path | None:
    names = (f"{_IDX_FILES[part]}{suffix}" for suffix in ("", ".gz", ".xz"))
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _load_idx_folder(folder: Path, name: str, quiet: bool) -> Dataset:
    def read(part: str) -> Array:
        path = _idx_path(folder, part) or folder / _IDX_FILES[part]
        return parse_idx(read_data_file(path, quiet=quiet), str(path))

    return make_dataset(name, (read("x_train"), read("y_train")), (read("x_test"), read("y_test")))
