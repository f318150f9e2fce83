"""The training loop on a learner of four numbers: order, schedules, early stopping, resuming."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeml.errors import DataError, UsageError
from edgeml.ir import Array
from edgeml.training.augment import augment, batches
from edgeml.training.checkpoint import load_arrays, load_if_fresh, save_arrays
from edgeml.training.config import PruneConfig, TrainConfig
from edgeml.training.loop import Plan, fit, prune_masks
from edgeml.training.schedule import cosine_rate

X = np.random.default_rng(0).random((64, 4), np.float32)
Y = (X[:, 0] > X[:, 1]).astype(np.int64)
PLAN = Plan("tiny", "key", TrainConfig(epochs=4, batch=8, rate=0.1), seed=3)


class Linear:
    """Logistic regression by plain gradient descent; raises KeyboardInterrupt at step `stop`."""

    def __init__(self, stop: int = -1) -> None:
        self.w, self.mask, self.steps, self.stop = np.zeros(4), np.ones(4), 0, stop

    def state(self) -> dict[str, Array]:
        return {"w": self.w.copy(), "mask": self.mask.copy()}

    def restore(self, state: Mapping[str, Array]) -> None:
        self.w, self.mask = state["w"].copy(), state["mask"].copy()

    def weights(self) -> dict[str, Array]:
        return {"w": self.w.copy()}

    def load_weights(self, weights: Mapping[str, Array]) -> None:
        self.w = weights["w"].copy()

    def prunable(self) -> dict[str, Array]:
        return self.weights()

    def set_masks(self, masks: Mapping[str, Array]) -> None:
        self.mask = np.asarray(masks["w"], np.float64)
        self.w = self.w * self.mask

    def train_batch(self, x: Array, y: Array, rate: float) -> float:
        if self.steps == self.stop:
            raise KeyboardInterrupt
        self.steps += 1
        p = self.predict(x)[:, 1]
        self.w = (self.w - rate * x.T @ (p - y)) * self.mask
        return float(-np.log(np.where(y == 1, p, 1 - p) + 1e-9).mean())

    def predict(self, x: Array) -> Array:
        p = 1 / (1 + np.exp(-(x @ self.w)))
        return np.stack([1 - p, p], axis=1)

    def parameters(self) -> int:
        return 4

    def to_tflite(self) -> bytes:
        return b""


@pytest.mark.parametrize("stop", [0, 3, 8, 21, 31])
@pytest.mark.parametrize("prune", [None, PruneConfig(0.5, epochs=4, every=2)])
def test_an_interrupted_training_ends_with_the_same_bits(tmp_path: Path, stop: int, prune: PruneConfig | None) -> None:
    plan = replace(PLAN, prune=prune, train=replace(PLAN.train, patience=3))
    whole = Linear()
    history = fit(whole, plan, (X, Y), (X, Y), checkpoint=tmp_path / "a.npz", quiet=True)
    with pytest.raises(KeyboardInterrupt):
        fit(Linear(stop), plan, (X, Y), (X, Y), checkpoint=tmp_path / "b.npz", quiet=True)
    resumed = Linear()
    assert fit(resumed, plan, (X, Y), (X, Y), checkpoint=tmp_path / "b.npz", quiet=True) == history
    assert resumed.steps == 32 - stop // 8 * 8
    assert resumed.w.tobytes() == whole.w.tobytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.npz", "b.npz"]


def test_a_checkpoint_of_other_settings_is_not_continued(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    fit(Linear(), PLAN, (X, Y), None, checkpoint=path, quiet=True)
    other = Linear()
    fit(other, replace(PLAN, key="other"), (X, Y), None, checkpoint=path, quiet=True)
    assert other.steps == 32


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"junk" * 100])
def test_a_damaged_checkpoint_means_starting_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.npz"
    path.write_bytes(content)
    assert load_if_fresh(path, "key") is None


def test_early_stopping_keeps_the_best_weights(tmp_path: Path) -> None:
    plan = replace(PLAN, train=replace(PLAN.train, epochs=50, patience=2))
    learner = Linear()
    # the watched part contradicts the training part: every epoch makes it worse
    history = fit(learner, plan, (X, Y), (X, 1 - Y), checkpoint=tmp_path / "c.npz", quiet=True)
    losses = [entry["validation_loss"] for entry in history]
    assert len(losses) == 3 and losses == sorted(losses)
    kept = learner.predict(X)[np.arange(64), 1 - Y]
    assert -np.log(kept).mean() == pytest.approx(losses[0])


def test_a_loss_that_is_no_number_stops_with_advice(tmp_path: Path) -> None:
    learner = Linear()
    learner.w[:] = np.nan
    with pytest.raises(DataError, match=r"became NaN in epoch 1\. Lower the learning rate"):
        fit(learner, PLAN, (X, Y), None, checkpoint=tmp_path / "c.npz", quiet=True)


def test_pruning_reaches_its_sparsity_and_holds_it(tmp_path: Path) -> None:
    learner = Linear()
    plan = replace(PLAN, prune=PruneConfig(0.75, epochs=4, ramp=0.5, every=5))
    fit(learner, plan, (X, Y), None, checkpoint=tmp_path / "c.npz", quiet=True)
    assert np.count_nonzero(learner.w == 0) == 3


class Noting(Linear):
    """Notes how many weights each mask zeroes, and the samples of each step."""

    def __init__(self) -> None:
        super().__init__()
        self.zeros: list[int] = []
        self.seen: list[Array] = []

    def set_masks(self, masks: Mapping[str, Array]) -> None:
        super().set_masks(masks)
        self.zeros.append(int(np.count_nonzero(masks["w"] == 0)))

    def train_batch(self, x: Array, y: Array, rate: float) -> float:
        self.seen.append(x)
        return super().train_batch(x.reshape(len(x), -1), y, rate)


def test_zeros_grow_while_the_model_is_trained(tmp_path: Path) -> None:
    learner = Noting()
    plan = replace(PLAN, prune=PruneConfig(0.75, epochs=4, ramp=0.5, every=1))
    fit(learner, plan, (X, Y), None, checkpoint=tmp_path / "c.npz", quiet=True)
    # 0.75 of four weights after half of 32 steps, by a cubic that is steep at first
    assert (
        len(learner.zeros) == 17
        and learner.zeros[0] == 0
        and learner.zeros[16] == 3
        and learner.zeros == sorted(learner.zeros)
    )
    assert learner.zeros.count(0) >= 1 and learner.zeros.count(1) >= 1 and learner.zeros.count(2) >= 2


@pytest.mark.parametrize(("shift", "mirror"), [(1, False), (0, True)])
def test_a_model_sees_augmented_samples(tmp_path: Path, shift: int, mirror: bool) -> None:
    learner, x = Noting(), X.reshape(64, 2, 2, 1)
    plan = replace(PLAN, train=replace(PLAN.train, epochs=1, shift=shift, mirror=mirror))
    fit(learner, plan, (x, Y), None, checkpoint=tmp_path / "c.npz", quiet=True)
    plain = {image.tobytes() for image in x}
    new = [image for batch in learner.seen for image in batch if image.tobytes() not in plain]
    assert 64 / 4 < len(new) < 64
    if mirror:
        assert {image[:, ::-1].tobytes() for image in new} <= plain


def test_kernels_that_stay_dense_are_made_up_for_by_the_others() -> None:
    kernels = {"conv1/kernel": np.arange(1.0, 21), "conv2/kernel": np.arange(1.0, 81)}
    masks = prune_masks(kernels, PruneConfig(0.6, epochs=1, dense=("conv1",)), 0.6)
    assert list(masks) == ["conv2/kernel"] and np.count_nonzero(masks["conv2/kernel"] == 0) == 60
    with pytest.raises(UsageError, match="too few for so many zeros"):
        prune_masks(kernels, PruneConfig(0.9, epochs=1, dense=("conv1",)), 0.9)


def test_equal_arrays_make_equal_files(tmp_path: Path) -> None:
    arrays = {"a/b": np.arange(3.0), "text": np.array("ü")}
    one, two = (save_arrays(tmp_path / n, arrays).read_bytes() for n in ("one.npz", "two.npz"))
    assert one == two
    assert str(load_arrays(tmp_path / "one.npz")["text"]) == "ü"


def test_every_sample_comes_once_an_epoch_in_an_order_of_seed_and_epoch() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        values = np.arange(20, dtype=np.float32)[:, None]
        found = batches(values, np.arange(20), size=5, seed=seed, epoch=epoch)
        return [int(v) for x, _ in found for v in x[:, 0]]

    assert sorted(order(0, 0)) == list(range(20))
    assert order(0, 0) == order(0, 0) != order(0, 1)
    assert order(0, 0) != order(1, 0)


def test_shifted_images_are_the_image_moved_with_zeros() -> None:
    image = np.arange(1, 26, dtype=np.float32).reshape(1, 5, 5, 1)
    padded = np.pad(image, ((0, 0), (2, 2), (2, 2), (0, 0)))
    windows = {padded[:, i : i + 5, j : j + 5].tobytes() for i in range(5) for j in range(5)}
    rng = np.random.default_rng(0)
    got = {augment(image, rng, shift=2, mirror=False).tobytes() for _ in range(400)}
    assert got == windows


def test_mirrored_images_are_left_right_flipped_half_of_the_time() -> None:
    image = np.random.default_rng(1).random((400, 3, 4, 2), np.float32)
    got = augment(image, np.random.default_rng(0), shift=0, mirror=True)
    flipped = np.array([np.array_equal(a, b[:, ::-1]) for a, b in zip(got, image, strict=True)])
    assert 150 < flipped.sum() < 250
    np.testing.assert_array_equal(got[~flipped], image[~flipped])


def test_the_cosine_starts_at_its_peak_and_ends_at_zero() -> None:
    assert cosine_rate(2.0, 0, 100) == 2.0
    assert cosine_rate(2.0, 50, 100) == pytest.approx(1.0)
    assert cosine_rate(2.0, 100, 100) == pytest.approx(0.0)
    assert cosine_rate(2.0, 0, 100, warmup=4) == 0.5


def test_a_pattern_follows_the_packed_inputs_of_frameworks_kernels() -> None:
    # (KH, KW, I, O), as Keras has them
    kernels = {"conv": np.random.default_rng(0).standard_normal((3, 3, 8, 6))}
    mask = prune_masks(kernels, PruneConfig(0.5, epochs=1, pattern="block:1x4"), 0.5)["conv"]
    blocks = np.moveaxis(mask, -1, 0).reshape(-1, 4)
    assert mask.shape == (3, 3, 8, 6) and (blocks.all(1) | ~blocks.any(1)).all() and blocks.any(1).mean() == 0.5
    assert (
        np.moveaxis(prune_masks(kernels, PruneConfig(0.5, 1, pattern="2:4"), 0.5)["conv"], -1, 0).reshape(-1, 4).sum(1)
        == 2
    ).all()


def test_an_epoch_sees_one_view_of_each_sample() -> None:
    x = np.arange(40, dtype=np.float32).reshape(40, 1)  # ten samples, four views
    y = np.tile(np.arange(10), 4)
    seen = [np.concatenate([b[0][:, 0] for b in batches(x, y, size=5, seed=0, epoch=e, views=4)]) for e in range(3)]
    for values in seen:
        assert sorted(values % 10) == list(range(10))
    assert len({tuple(sorted(v)) for v in seen}) == 3 and len(set(seen[0] // 10)) > 1
    assert all((a % 10 == b).all() for a, b in batches(x, y, size=5, seed=0, epoch=0, views=4) for a in [a[:, 0]])
