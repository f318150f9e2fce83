"""Transfer models: backbones from files, preprocessing inside, a new head, fine-tuning; and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml.backends import litert
from edgeml.data import Dataset
from edgeml.data.dataset import make_dataset
from edgeml.errors import DataError, UsageError
from edgeml.files import write_bytes
from edgeml.finetune.top import TopLearner
from edgeml.frontends import load
from edgeml.interpreter import run_single
from edgeml.ir import Array, Graph, GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.mean import MeanAttrs
from edgeml.ops.reshape import ReshapeAttrs
from edgeml.ops.softmax import SoftmaxAttrs
from edgeml.passes import canonicalize
from edgeml.pipeline import transfer as transfer_module
from edgeml.pipeline.backbone import IMAGENET, backbone_source, read_backbone, with_range
from edgeml.pipeline.pixel_range import choose_range
from edgeml.pipeline.transfer import _seen, train_transfer
from edgeml.training.config import TrainConfig, TransferConfig, ZooModel, read_config
from edgeml.training.head import HeadPlan, fit_head
from edgeml.training.loop import accuracy

SIZE = 64
RNG = np.random.default_rng(0)


def backbone(channels: int = 3, *, scaled: bool = True, pooled: bool = True) -> Graph:
    """A random convolutional network: [-1, 1] inside, two strided convolutions with padding."""
    rng = np.random.default_rng(1)
    b = GraphBuilder("backbone", OPS)
    y = b.input("pixels", (1, SIZE, SIZE, channels))
    if scaled:
        y = b.add("mul", [y, b.constant("two", np.float32(2).reshape(()))], BinaryAttrs())
        y = b.add("sub", [y, b.constant("one", np.float32(1).reshape(()))], BinaryAttrs())
    for i, (before, after, stride) in enumerate(((channels, 4, 8), (4, 12, 4))):
        w = rng.standard_normal((after, 3, 3, before)).astype(np.float32) / 4
        inputs = [y, b.constant(f"w{i}", w), b.constant(f"b{i}", rng.standard_normal(after).astype(np.float32) / 9)]
        y = b.add("conv_2d", inputs, Conv2DAttrs((stride, stride), (0, 1, 0, 1), (1, 1), Activation.RELU6))
    return b.build([b.add("mean", [y], MeanAttrs((1, 2))) if pooled else y])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_bytes(tmp_path / "backbone.tflite", litert.emit(backbone()))


def photos() -> Dataset:
    """Noise that is reddish, greenish, or, in a fifth as many, bluish."""
    rng, y = np.random.default_rng(0), np.repeat([0, 1, 2], [100, 100, 20])
    x = rng.random((len(y), SIZE, SIZE, 3)).astype(np.float32) * 0.6
    x[np.arange(len(y)), :, :, y] += 0.3
    order = rng.permutation(len(y))
    x, y = x[order], y[order]
    return make_dataset("photos", (x[:160], y[:160]), (x[160:], y[160:]), ("red", "green", "blue"))


def zoo(**transfer: object) -> ZooModel:
    settings = TransferConfig(range="0..1", steps=200, patience=0, decay=(0.01,), views=2, **transfer)  # type: ignore[arg-type]
    train = TrainConfig(epochs=4, batch=16, rate=3e-3, shift=2, validation=0.2, patience=4)
    return ZooModel("tiny", Path("tiny"), "t", "transfer", "d", (SIZE, SIZE, 3), train, None, None, transfer=settings)  # type: ignore[arg-type]


@pytest.mark.needs_jax
def test_a_model_is_fine_tuned_and_saved_with_its_preprocessing(tmp_path: Path) -> None:
    data, model = photos(), zoo(tune=1)
    trained = train_transfer(model, data, backbone(), folder=tmp_path, seed=0, quiet=True)
    graph = canonicalize(load(trained.tflite_path))
    assert [n.op for n in graph.nodes] == ["pad", "conv_2d", "conv_2d", "mean", "fully_connected", "softmax"]
    assert accuracy(run_single(graph, data.x_test), data.y_test) == trained.float_accuracy > 0.7
    assert len(trained.history) == 1 + model.train.epochs
    assert not (tmp_path / "checkpoint.npz").exists()
    # the first convolution stayed as it was, the second one moved
    frozen = train_transfer(replace(model, transfer=replace(model.transfer, tune=0)), data, backbone(),
                            folder=tmp_path / "frozen", seed=0, quiet=True)  # fmt: skip
    kept = canonicalize(load(frozen.tflite_path))
    same = [np.array_equal(graph.bind(a).input(1).data, kept.bind(b).input(1).data)
            for a, b in zip(graph.nodes[1:3], kept.nodes[1:3], strict=True)]  # fmt: skip
    assert same == [True, False]
    assert len(frozen.history) == 1


@pytest.mark.needs_jax
def test_an_interrupted_fine_tuning_goes_on_after_its_last_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, model, steps = photos(), zoo(tune=1), list[float]()
    whole = train_transfer(model, data, backbone(), folder=tmp_path / "whole", seed=0, quiet=True)
    step, an_epoch = TopLearner.train_batch, 128 // model.train.batch

    def train_batch(learner: TopLearner, *batch: Any) -> float:
        steps.append(step(learner, *batch))
        if len(steps) == 2 * an_epoch + 3:
            raise KeyboardInterrupt
        return steps[-1]

    monkeypatch.setattr(TopLearner, "train_batch", train_batch)
    with pytest.raises(KeyboardInterrupt):
        train_transfer(model, data, backbone(), folder=tmp_path / "parts", seed=0, quiet=True)
    assert (tmp_path / "parts" / "checkpoint.npz").exists()
    steps.clear()
    # two of the four epochs are left, the third from its beginning
    monkeypatch.setattr(TopLearner, "train_batch", lambda *given: steps.append(step(*given)) or steps[-1])
    parts = train_transfer(model, data, backbone(), folder=tmp_path / "parts", seed=0, quiet=True)
    assert len(steps) == 2 * an_epoch
    assert parts.history == whole.history
    assert parts.tflite_path.read_bytes() == whole.tflite_path.read_bytes()


@pytest.mark.needs_jax
def test_fine_tuning_that_validation_samples_do_not_gain_by_is_undone(tmp_path: Path) -> None:
    data, model = photos(), zoo(tune=1)
    # so fast that it forgets everything
    model = replace(model, train=replace(model.train, epochs=1, rate=30.0))
    graphs = []
    for tune in (1, 0):
        named = replace(model, transfer=replace(model.transfer, tune=tune))
        trained = train_transfer(named, data, backbone(), folder=tmp_path / str(tune), seed=0, quiet=True)
        graphs.append(load(trained.tflite_path))
        assert len(trained.history) == 1 + tune
    for tuned, frozen in zip(graphs[0].constants, graphs[1].constants, strict=True):
        np.testing.assert_array_equal(tuned.data, frozen.data)


@pytest.mark.needs_jax
@pytest.mark.parametrize("balanced", [True, False])
def test_a_rare_class_counts_as_much_as_the_settings_say(
    balanced: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, plans, importances = photos(), list[HeadPlan](), list[Array]()

    def noting(plan: HeadPlan, *args: Any) -> Any:
        plans.append(plan)
        return fit_head(plan, *args)

    def learner(graph: Graph, importance: Array, *args: Any) -> TopLearner:
        importances.append(importance)
        return TopLearner(graph, importance, *args)

    monkeypatch.setattr(transfer_module, "fit_head", noting)
    monkeypatch.setattr(transfer_module, "TopLearner", learner)
    model = zoo(tune=1, class_weights=balanced)
    model = replace(model, train=replace(model.train, epochs=1))
    train_transfer(model, data, backbone(), folder=tmp_path, seed=0, quiet=True)
    assert [p.class_weights for p in plans] == [balanced]
    (importance,) = importances
    # blue photos are a fifth of the others
    assert importance[2] > 3 * importance[:2].max() if balanced else (importance == 1).all()


@pytest.mark.needs_jax
def test_samples_are_seen_as_they_are_mirrored_and_moved() -> None:
    data = photos()
    model = replace(zoo(tune=9), train=TrainConfig(epochs=1, shift=2, mirror=True, validation=0.2))
    model = replace(model, transfer=replace(model.transfer, views=3))
    rest, watched = np.array([5, 3, 8]), np.array([1, 2])
    # all layers are tuned: what is kept of each view is the image
    seen = _seen(model, canonicalize(backbone()), data, rest, watched, 0, True)
    assert not seen.bottom.nodes
    plain, mirrored, moved = np.split(seen.fitting[0], 3)
    np.testing.assert_array_equal(plain, data.x_train[rest])
    np.testing.assert_array_equal(mirrored, plain[:, :, ::-1])
    np.testing.assert_array_equal(seen.fitting[1], np.tile(data.y_train[rest], 3))
    np.testing.assert_array_equal(seen.watched[0], data.x_train[watched])
    padded = np.pad(plain, ((0, 0), (2, 2), (2, 2), (0, 0)))
    for image, wide in zip(moved, padded, strict=True):
        places = [wide[i : i + SIZE, j : j + SIZE] for i in range(5) for j in range(5)]
        assert any(np.array_equal(image, p) or np.array_equal(image, p[:, ::-1]) for p in places)
    assert not np.array_equal(moved, plain) and not np.array_equal(moved, mirrored)


@pytest.mark.needs_jax
def test_the_range_of_pixels_is_found(tmp_path: Path) -> None:
    # saturates at once when it is given 0..255
    model = zoo(tune=0)
    model = replace(model, transfer=replace(model.transfer, range="auto"))
    trained = train_transfer(model, photos(), backbone(scaled=False), folder=tmp_path, seed=0, quiet=True)
    assert trained.float_accuracy > 0.7


def dim() -> Graph:
    """A backbone that is dead for pixels of 0..1 and of -1..1."""
    graph = backbone(scaled=False)
    weights = np.abs(graph.tensor("w0").data) * np.float32(0.015)
    changed = {"w0": weights, "b0": np.full(4, -1, np.float32)}
    return canonicalize(graph.with_tensors({n: replace(graph.tensor(n), data=v) for n, v in changed.items()}))


@pytest.mark.parametrize(
    ("named", "chosen", "warned"), [("auto", "0..255", False), ("0..255", "0..255", False), ("0..1", "0..1", True)]
)
def test_the_range_that_tells_classes_apart_is_chosen(named: str, chosen: str, warned: bool) -> None:
    model, told = zoo(), list[str]()
    model = replace(model, transfer=replace(model.transfer, range=named))
    rest, watched = np.arange(0, 120), np.arange(120, 160)
    assert choose_range(model, dim(), photos(), rest, watched, told.append) == chosen
    assert [t[:48] for t in told] == ["warning: pixels as range = '0..1' do not fit the"] * warned
    assert not warned or "with '0..255' on" in told[0]


def test_photos_of_one_class_and_too_few_are_refused(tmp_path: Path) -> None:
    data, common = photos(), {"folder": tmp_path, "seed": 0, "quiet": True}
    one = replace(data, y_train=data.y_train * 0, y_test=data.y_test * 0, labels=("red",))
    with pytest.raises(DataError, match=r"'photos': a classifier tells classes apart. Got one class, 'red'"):
        train_transfer(zoo(), one, backbone(), **common)  # type: ignore[arg-type]
    first = [int(np.flatnonzero(data.y_train == c)[0]) for c in range(3)]
    few = replace(data, x_train=data.x_train[first], y_train=data.y_train[first])
    with pytest.raises(DataError, match=r"'photos': no training samples are left to validate with. Got 3, one a class"):
        train_transfer(zoo(), few, backbone(), **common)  # type: ignore[arg-type]


def classifier(*, flat: bool, scaled_after: bool = False) -> Graph:
    """The backbone with ten classes of its own: a layer on features, or a convolution of maps of one pixel."""
    inner, rng = backbone(pooled=False), np.random.default_rng(2)
    b = GraphBuilder("classifier", OPS)
    y = b.input("pixels", (1, SIZE, SIZE, 3))
    for node in inner.nodes:
        inputs = [y, *(b.constant(n, inner.tensor(n).data) for n in node.inputs[1:])]
        y = b.add(node.op, inputs, node.attrs, name=node.name)
        if scaled_after and node.op == "conv_2d":
            y = b.add("mul", [y, b.constant(f"{node.name}/by", np.float32(1 / 255).reshape(()))], BinaryAttrs())
    y = b.add("mean", [y], MeanAttrs((1, 2), keep_dims=not flat))
    bias = b.constant("bias", np.zeros(10, np.float32))
    shape = (10, 12) if flat else (10, 1, 1, 12)
    w = b.constant("w", rng.standard_normal(shape).astype(np.float32))
    if flat:
        y = b.add("fully_connected", [y, w, bias], FullyConnectedAttrs(), name="logits")
    else:
        y = b.add("conv_2d", [y, w, bias], Conv2DAttrs(), name="logits")
        y = b.add("reshape", [y], ReshapeAttrs((1, 10)))
    return b.build([b.add("softmax", [y], SoftmaxAttrs(1.0))])


@pytest.mark.parametrize("flat", [True, False])
def test_a_classifier_gives_the_features_before_its_last_layer(flat: bool, tmp_path: Path) -> None:
    path = write_bytes(tmp_path / "whole.tflite", litert.emit(classifier(flat=flat)))
    graph, x = read_backbone(path, 3), RNG.random((2, SIZE, SIZE, 3), dtype=np.float32)
    np.testing.assert_allclose(run_single(graph, x), run_single(backbone(), x), rtol=1e-4, atol=1e-5)
    (note,) = graph.notes
    assert "whole.tflite' ends with a classifier of 10 classes: its last layer, 'logits', is left out." in note


def test_a_scaling_behind_the_first_layers_of_a_backbone_is_told(tmp_path: Path) -> None:
    path = write_bytes(tmp_path / "late.tflite", litert.emit(classifier(flat=True, scaled_after=True)))
    notes = read_backbone(path, 3).notes
    assert [n.split(":")[0] for n in notes] == ["warning", "note"]
    assert "stands after layers with weights" in notes[0]
    assert read_backbone(write_bytes(tmp_path / "b.tflite", litert.emit(backbone())), 3).notes == ()


def test_a_range_is_the_same_function(path: Path) -> None:
    x = RNG.random((3, SIZE, SIZE, 3), dtype=np.float32)
    plain = read_backbone(path, 3)
    for low, high in ((-1.0, 1.0), (0.0, 255.0), (0.0, 1.0)):
        got = run_single(with_range(plain, low, high), x)
        np.testing.assert_allclose(got, run_single(plain, x * (high - low) + low), rtol=1e-3, atol=1e-4)


def test_a_backbone_of_colour_images_takes_grey_ones(path: Path) -> None:
    grey = RNG.random((3, SIZE, SIZE, 1), dtype=np.float32)
    got = run_single(with_range(read_backbone(path, 1), 0.0, 1.0), grey)
    np.testing.assert_allclose(
        got, run_single(read_backbone(path, 3), np.repeat(grey, 3, axis=3)), rtol=1e-4, atol=1e-5
    )


def test_features_that_are_maps_are_averaged(tmp_path: Path) -> None:
    maps = write_bytes(tmp_path / "maps.tflite", litert.emit(backbone(pooled=False)))
    x = RNG.random((2, SIZE, SIZE, 3), dtype=np.float32)
    np.testing.assert_allclose(run_single(read_backbone(maps, 3), x), run_single(backbone(), x), rtol=1e-4, atol=1e-5)


def test_a_backbone_that_is_none_is_refused(tmp_path: Path) -> None:
    grey = write_bytes(tmp_path / "grey.tflite", litert.emit(backbone(1)))
    with pytest.raises(UsageError, match="takes images of 1 channels, the model 3"):
        read_backbone(grey, 3)
    b = GraphBuilder("rows", OPS)
    rows = write_bytes(tmp_path / "rows.tflite", litert.emit(b.build([b.add("relu", [b.input("x", (1, 8))])])))
    with pytest.raises(UsageError, match=r"must take one image .* Got \(1, 8\)"):
        read_backbone(rows, 3)


def test_a_missing_backbone_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'tiny' needs a backbone.*--backbone"):
        backbone_source(zoo(), None)
    with pytest.raises(UsageError, match=r"none.tflite' does not exist"):
        backbone_source(zoo(), tmp_path / "none.tflite")
    assert str(backbone_source(zoo(backbone=IMAGENET), None)) == IMAGENET


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("input = [48, 48, 3]", "64 to 224 pixels"),
        ("input = [96, 96, 2]", "height, width, 1 or 3"),
        ("[transfer]\nrange = '0..2'", "transfer.range must be auto or 0..1 or -1..1 or 0..255"),
        ("[transfer]\nwidth = 0.1", "transfer.width must be in 0.35"),
        ("[transfer]\nviews = 0", "transfer.views must be at least 1"),
        ("[train]\nepochs = 1", "train.validation must be above 0"),
    ],
)
def test_wrong_settings_are_named(text: str, message: str, tmp_path: Path) -> None:
    base = {"input": "input = [96, 96, 3]", "[train]": "[train]\nepochs = 1\nvalidation = 0.1", "[transfer]": ""}
    base[text.split("\n")[0].split(" ")[0]] = text
    lines = ["framework = 'transfer'", "dataset = 'photos'", *base.values()]
    (tmp_path / "model.toml").write_text("\n".join(lines))
    with pytest.raises(UsageError, match=message.replace("[", r"\[")):
        read_config(tmp_path)
