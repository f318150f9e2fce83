"""ImageNet's weights: which file, the checksum that is kept, and what is said without a network."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from edgeml.errors import UsageError
from edgeml.interpreter import run_single
from edgeml.pipeline.backbone import with_features
from edgeml.pipeline.imagenet import fetch_weights, imagenet_backbone, weights_name


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "edgeml" / "datasets" / "imagenet_mobilenet_v2"


@pytest.fixture
def server(tmp_path: Path) -> str:
    (tmp_path / "w.h5").write_bytes(b"weights")
    return tmp_path.as_uri() + "/"


def test_the_file_fits_width_and_size() -> None:
    assert weights_name((96, 96), 0.35).endswith("kernels_0.35_96_no_top.h5")
    assert weights_name((64, 80), 1.0).endswith("kernels_1.0_224_no_top.h5")
    with pytest.raises(UsageError, match=r"width 0.4: Keras has weights for 0.35, 0.5"):
        weights_name((96, 96), 0.4)


def test_the_first_file_is_kept_and_must_stay_the_same(server: str, cache: Path) -> None:
    path = fetch_weights("w.h5", "", quiet=True, url=server)
    assert path.read_bytes() == b"weights" and path.parent == cache
    assert fetch_weights("w.h5", "", quiet=True, url="https://nowhere.invalid/") == path
    path.write_bytes(b"other")
    with pytest.raises(UsageError, match="Delete the file"):
        fetch_weights("w.h5", "", quiet=True, url=server)


def test_a_checksum_that_is_given_must_hold(server: str, cache: Path) -> None:
    with pytest.raises(UsageError, match="SHA-256"):
        fetch_weights("w.h5", "0" * 64, quiet=True, url=server)
    assert not (cache / "w.h5").exists()
    fetch_weights("w.h5", hashlib.sha256(b"weights").hexdigest(), quiet=True, url=server)


def test_without_a_network_the_way_out_is_named() -> None:
    sentence = (
        r"^the file of ImageNet's weights is not .*cannot be fetched.*put the file at .*w\.h5', or give .*--backbone"
    )
    with pytest.raises(UsageError, match=sentence):
        fetch_weights("w.h5", "", quiet=True, url="http://127.0.0.1:9/")


@pytest.mark.slow
@pytest.mark.needs_tensorflow
@pytest.mark.parametrize("content", [b"no file of weights", b""])
def test_weights_of_something_else_are_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "w.h5").write_bytes(content)
    with pytest.raises(UsageError, match=r"w\.h5' are none of MobileNetV2 of width 0.35 .*Delete the file"):
        imagenet_backbone((64, 64), 0.35, tmp_path / "w.h5")


@pytest.mark.slow
@pytest.mark.needs_tensorflow
def test_published_weights_are_the_network_s(tmp_path: Path) -> None:
    """A file in the layout of the published ones gives back the network that it was written from."""
    h5py, keras = pytest.importorskip("h5py"), pytest.importorskip("keras")
    from keras.src.legacy.saving import legacy_h5_format

    model = keras.applications.MobileNetV2(input_shape=(64, 64, 3), alpha=0.35, include_top=False, weights=None)
    with h5py.File(tmp_path / "w.h5", "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)
    x = np.random.default_rng(0).random((2, 64, 64, 3), dtype=np.float32)
    got = run_single(imagenet_backbone((64, 64), 0.35, tmp_path / "w.h5"), x)
    np.testing.assert_allclose(got, model.predict(x, verbose=0).mean(axis=(1, 2)), rtol=1e-3, atol=1e-5)
    with pytest.raises(UsageError, match=r"none of MobileNetV2 of width 0.5"):
        imagenet_backbone((64, 64), 0.5, tmp_path / "w.h5")


@pytest.mark.slow
@pytest.mark.needs_tensorflow
def test_the_network_is_mobilenet_in_grey_too() -> None:
    colour = imagenet_backbone((64, 64), 0.35, None)
    assert colour.input_tensors[0].shape == (1, 64, 64, 3) and colour.output_tensors[0].shape == (1, 1280)
    grey = with_features(colour, "MobileNetV2", 1)
    x = np.random.default_rng(0).random((2, 64, 64, 1), dtype=np.float32)
    np.testing.assert_allclose(run_single(grey, x), run_single(colour, np.repeat(x, 3, axis=3)), rtol=1e-3, atol=1e-5)
