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
    from edgeml.bench.statistics import wilson_interval
    from edgeml.finetune import train_quantized

    checkpoint = output.with_name(f"{output.stem}.qat.npz")
    found = train_quantized(result, *samples, recipe, config, checkpoint=checkpoint, seed=seed, quiet=quiet)
    verdict = "kept" if found.kept else "undone: it did not help"
    before, after = found.accuracy
    low, high = wilson_interval(round(after * found.samples), found.samples)
    typer.echo(
        f"quantisation-aware training: loss {found.loss[0]:.4f} -> {found.loss[1]:.4f}, accuracy {before:.2%} -> "
        f"{after:.2%} (95 % interval {low:.2%} – {high:.2%}, n = {found.samples} held-out training samples); {verdict}"
    )
    return found.result
