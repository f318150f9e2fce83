"""Quantisation-aware training as a part of `edgeml quantize`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edgeml.finetune import AwareConfig
    from edgeml.ir import Array
    from edgeml.quantize import QuantizeResult, Recipe

Epochs = Annotated[
    int, typer.Option("--qat", min=0, help="Epochs of quantisation-aware training on the whole training set; 0: none.")
]
Rate = Annotated[float, typer.Option("--qat-rate", help="Learning rate of --qat.")]
Distill = Annotated[
    float, typer.Option("--distill", help="--qat: weight of the float model's answers beside the labels, 0 to 1.")
]
Ranges = Annotated[str, typer.Option("--ranges", help="--qat: scales of activations are learned or observed.")]


def train_on(
    result: QuantizeResult,
    samples: tuple[Array, Array],
    recipe: Recipe,
    config: AwareConfig,
    *,
    output: Path,
    seed: int,
    quiet: bool,
) -> QuantizeResult:
    """`result` trained on; the state after each epoch lies beside `output` until the training is done."""
    from edgeml.finetune import train_quantized
    from edgeml.report.format import accuracy_line

    checkpoint = output.with_name(f"{output.stem}.qat.npz")
    found = train_quantized(result, *samples, recipe, config, checkpoint=checkpoint, seed=seed, quiet=quiet)
    verdict = "kept" if found.kept else "undone: it did not help"
    typer.echo(f"quantisation-aware training: loss {found.loss[0]:.4f} -> {found.loss[1]:.4f}; {verdict}")
    for when, reached in zip(("before", "after"), found.accuracy, strict=True):
        typer.echo(accuracy_line(f"{when} it, on held-out training samples", reached))
    return found.result
