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
def test_the_network_is_mobilenet_in_grey_too() -> None:
    colour = imagenet_backbone((64, 64), 0.35, None)
    assert colour.input_tensors[0].shape == (1, 64, 64, 3) and colour.output_tensors[0].shape == (1, 1280)
    grey = with_features(colour, "MobileNetV2", 1)
    x = np.random.default_rng(0).random((2, 64, 64, 1), dtype=np.float32)
    np.testing.assert_allclose(run_single(grey, x), run_single(colour, np.repeat(x, 3, axis=3)), rtol=1e-3, atol=1e-5)
