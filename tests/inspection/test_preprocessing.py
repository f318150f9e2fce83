"""A Rescaling behind a backbone is found, one before it is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from edgeml.backends import litert
from edgeml.cli.main import make_app
from edgeml.inspection.preprocessing import misplaced_rescaling
from edgeml.ir import Graph, GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.quantize import quantize


def graph(*, op: str = "mul", factor: float = 1 / 255, after: bool = True) -> Graph:
    rng = np.random.default_rng(0)
    b = GraphBuilder("g", OPS)
    y = b.input("image", (1, 8, 8, 3))

    def scaled(y: str) -> str:
        return b.add(op, [y, b.constant("factor", np.float32(factor).reshape(()))], BinaryAttrs(), name="rescaling")

    def conv(y: str, name: str, channels: int) -> str:
        w = b.constant(f"{name}/w", rng.standard_normal((4, 3, 3, channels)).astype(np.float32))
        return b.add("conv_2d", [y, w], Conv2DAttrs(activation=Activation.RELU6), name=name)

    y = conv(y if after else scaled(y), "backbone", 3)
    return b.build([conv(scaled(y) if after else y, "head", 4)])


@pytest.mark.parametrize(("op", "factor"), [("mul", 1 / 255), ("mul", 1 / 127.5), ("div", 255.0)])
def test_a_rescaling_behind_the_backbone_is_named(op: str, factor: float) -> None:
    text = misplaced_rescaling(graph(op=op, factor=factor))
    assert text.startswith(f"{op} 'rescaling'") and "before the first layer" in text


def test_a_rescaling_before_it_and_other_factors_are_fine() -> None:
    assert misplaced_rescaling(graph(after=False)) == ""
    assert misplaced_rescaling(graph(factor=0.5)) == ""


def test_inspect_warns(tmp_path: Path) -> None:
    told = []
    for after in (True, False):
        path = tmp_path / f"{after}.tflite"
        path.write_bytes(litert.emit(graph(after=after)))
        done = CliRunner().invoke(make_app(), ["inspect", str(path)])
        assert done.exit_code == 0
        told.append("Rescaling behind a backbone" in " ".join(done.output.split()))
    assert told == [True, False]


def _doctor(*args: object) -> tuple[int, str]:
    done = CliRunner().invoke(make_app(), ["doctor", *map(str, args)])
    return done.exit_code, done.output


def test_doctor_warns_of_a_rescaling_behind_a_backbone(tmp_path: Path) -> None:
    told = []
    for after in (True, False):
        path = tmp_path / f"{after}.tflite"
        path.write_bytes(litert.emit(graph(after=after)))
        code, text = _doctor(path)
        told.append((code, "warning  preprocessing: mul 'rescaling'" in text, "ok       reading" in text))
    assert told == [(1, True, True), (0, False, True)]


@pytest.mark.needs_tensorflow
def test_doctor_reads_keras_models(tmp_path: Path) -> None:
    import keras

    codes = []
    for after in (True, False):
        image, layers = keras.Input((8, 8, 3)), keras.layers
        scale = layers.Rescaling(1 / 255)
        y = layers.Conv2D(4, 3, activation="relu")(image if after else scale(image))
        y = layers.Dense(3)(layers.GlobalAveragePooling2D()(scale(y) if after else y))
        path = tmp_path / f"{after}.keras"
        keras.Model(image, y).save(path)
        codes.append(_doctor(path)[0])
    assert codes == [1, 0]


def test_doctor_warns_of_samples_of_another_range(tmp_path: Path) -> None:
    x = np.random.default_rng(0).uniform(0, 255, (40, 8, 8, 3)).astype(np.float32)
    path, data = tmp_path / "int8.tflite", tmp_path / "data.npz"
    path.write_bytes(litert.emit(quantize(graph(after=False), x).graph))
    np.savez(data, x=x / 255, y=np.arange(40) % 4)
    code, text = _doctor(path, "--data", data)
    assert code == 1 and "warning  input range" in text and "Give --scale 2" in text
    code, text = _doctor(path, "--data", data, "--scale", 255)
    assert code == 0 and "ok       input range" in text and "quantised: all 2 layers" in text
