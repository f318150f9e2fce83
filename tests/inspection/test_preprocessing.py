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
