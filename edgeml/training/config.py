"""model.toml: what a zoo model is and how it is trained, pruned and quantised."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import UnionType
from typing import Any, get_type_hints

from edgeml.errors import UsageError
from edgeml.project import MODEL_FILE
from edgeml.prune.patterns import parse_pattern

FRAMEWORKS = ("keras", "jax", "transfer")
# pixels in 0..1 become these numbers before the backbone; "auto" chooses by the accuracy on validation samples
RANGES = {"0..1": (0.0, 1.0), "-1..1": (-1.0, 1.0), "0..255": (0.0, 255.0)}
DELIVERED = ("int8", "int8-pruned")


@dataclass(frozen=True)
class TrainConfig:
    """`shift` in pixels; `validation` is the share of training samples that early stopping watches.

    With `patience` > 0 training stops after so many epochs without a lower validation loss, and the best weights
    are kept; without a validation part the training loss is watched.
    """

    epochs: int
    batch: int = 128
    rate: float = 1e-3
    warmup: int = 0
    shift: int = 0
    mirror: bool = False
    validation: float = 0.0
    patience: int = 0


@dataclass(frozen=True)
class PruneConfig:
    """Fine-tuning under pruning: sparsity grows over the first `ramp` of all steps, every `every` steps.

    `pattern` is element, N:M or block:OxI (see edgeml.prune.patterns). Kernels whose names start with an entry of
    `dense` stay whole; the others give so much more that `sparsity` is the share of zeros of all kernels together, as
    far as the pattern allows. The dense model teaches beside the labels with the weight `distill`.
    """

    sparsity: float
    epochs: int
    scope: str = "layer"
    rate: float = 1e-3
    ramp: float = 0.5
    every: int = 50
    dense: tuple[str, ...] = ()
    pattern: str = "element"
    distill: float = 0.0


@dataclass(frozen=True)
class TransferConfig:
    """A new head on a frozen `backbone`, then fine-tuning of its last `tune` layers with weights.

    `backbone` is a model file, or "imagenet" for MobileNetV2 of this `width` (the command's --backbone comes first);
    `sha256` is that of ImageNet's weights file. `range` is what the backbone expects of pixels, a key of `RANGES` or
    "auto". The head takes at most `steps` of Adam at `rate`, fewer where the validation loss has not fallen for
    `patience`, with one of the weight decays `decay`. `views` pictures of each sample are seen: as it is, mirrored, and
    moved at random as [train] says. `class_weights` lets every class count the same; `smooth` is label smoothing.
    [train] is the fine-tuning, an epoch of which sees one view of each sample; `average` is the decay, a step, of the
    running mean of the weights that is kept of it, 0 keeps the last ones.
    """

    backbone: str = ""
    width: float = 0.35
    sha256: str = ""
    range: str = "auto"
    steps: int = 300
    rate: float = 0.02
    patience: int = 30
    decay: tuple[float, ...] = (0.01, 0.03, 0.1, 0.3)
    tune: int = 0
    views: int = 2
    class_weights: bool = True
    smooth: float = 0.0
    average: float = 0.99


@dataclass(frozen=True)
class QuantizeConfig:
    """`samples` training samples calibrate; `recipe` holds fields of `edgeml.quantize.Recipe`."""

    samples: int = 500
    recipe: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ZooModel:
    """A model of models/: its folder and what model.toml says. `deliver` names the variant that is exported."""

    name: str
    folder: Path
    title: str
    framework: str
    dataset: str
    input_shape: tuple[int, ...]
    train: TrainConfig
    prune: PruneConfig | None
    quantize: QuantizeConfig
    deliver: str = "int8"
    transfer: TransferConfig = field(default_factory=TransferConfig)


def read_config(folder: Path) -> ZooModel:
    """The ZooModel in `folder`; UsageError names the file, the key and the rule that a value breaks."""
    path = folder / MODEL_FILE
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"'{path}' is not valid TOML: {error}. Correct the file.") from None
    except OSError as error:
        raise UsageError(f"'{path}' cannot be read: {error.strerror or error}. Check the path.") from None
    framework = table.get("framework")
    if framework not in FRAMEWORKS:
        raise UsageError(f"'{path}': framework must be one of {', '.join(FRAMEWORKS)}. Got {framework!r}.")
    shape = table.get("input", ())
    if not isinstance(shape, list) or not shape or not all(isinstance(n, int) and n > 0 for n in shape):
        raise UsageError(f"'{path}': input must be the shape of one sample, such as [28, 28, 1]. Got {shape!r}.")
    config = ZooModel(
        name=folder.name,
        folder=folder,
        title=_text(path, table, "title", folder.name),
        framework=framework,
        dataset=_text(path, table, "dataset", None),
        input_shape=tuple(shape),
        train=_section(path, table, "train", TrainConfig),
        prune=_section(path, table, "prune", PruneConfig) if "prune" in table else None,
        quantize=_section(path, table, "quantize", QuantizeConfig),
        deliver=_text(path, table, "deliver", "int8-pruned" if "prune" in table else "int8"),
        transfer=_section(path, table, "transfer", TransferConfig),
    )
    _check(path, config)
    return config


def _section(path: Path, table: Mapping[str, Any], name: str, kind: type[Any]) -> Any:
    values = table.get(name, {})
    if not isinstance(values, dict):
        raise UsageError(f"'{path}': {name} must be a table. Write it as [{name}].")
    known = {f.name for f in fields(kind)}
    for key in values:
        if key not in known:
            raise UsageError(f"'{path}': [{name}] has no key '{key}'. Known keys: {', '.join(sorted(known))}.")
    hints = get_type_hints(kind)
    for key, value in values.items():
        values[key] = _typed(path, f"{name}.{key}", value, hints[key])
    try:
        return kind(**values)
    except TypeError:
        missing = [f.name for f in fields(kind) if f.name not in values and f.name in ("epochs", "sparsity")]
        raise UsageError(f"'{path}': [{name}] lacks {', '.join(missing)}. Add it.") from None


def _typed(path: Path, key: str, value: Any, kind: Any) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(kind, type | UnionType) and isinstance(value, kind) and (kind is not int or value is not True):
        return value
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value) and key == "prune.dense":
        return tuple(value)
    if key == "transfer.decay" and isinstance(value, list) and all(isinstance(v, int | float) for v in value) and value:
        return tuple(float(v) for v in value)
    raise UsageError(f"'{path}': {key} must be of type {getattr(kind, '__name__', kind)}. Got {value!r}.")


def _text(path: Path, table: Mapping[str, Any], key: str, default: str | None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or not value:
        raise UsageError(f"'{path}': {key} must be a text. Got {value!r}.")
    return value


def _is_pattern(text: str) -> bool:
    try:
        parse_pattern(text)
    except UsageError:
        return False
    return True


def _check(path: Path, config: ZooModel) -> None:
    train, prune = config.train, config.prune
    rules: list[tuple[str, object, bool, str]] = [
        ("train.epochs", train.epochs, train.epochs >= 1, "at least 1"),
        ("train.batch", train.batch, train.batch >= 1, "at least 1"),
        ("train.rate", train.rate, train.rate > 0, "above 0"),
        ("train.shift", train.shift, train.shift >= 0, "at least 0"),
        ("train.validation", train.validation, 0 <= train.validation < 1, "in 0 … 1"),
        ("train.patience", train.patience, train.patience >= 0, "at least 0"),
        ("deliver", config.deliver, config.deliver in DELIVERED, " or ".join(DELIVERED)),
        ("deliver", config.deliver, config.deliver == "int8" or prune is not None, "int8 where there is no [prune]"),
        ("quantize.samples", config.quantize.samples, config.quantize.samples >= 1, "at least 1"),
    ]
    if config.framework == "transfer":
        rules += _transfer_rules(config)
    if prune is not None:
        rules += [
            ("prune.sparsity", prune.sparsity, 0 < prune.sparsity < 1, "between 0 and 1"),
            ("prune.epochs", prune.epochs, prune.epochs >= 1, "at least 1"),
            ("prune.scope", prune.scope, prune.scope in ("layer", "global"), "layer or global"),
            ("prune.ramp", prune.ramp, 0 < prune.ramp <= 1, "above 0, at most 1"),
            ("prune.pattern", prune.pattern, _is_pattern(prune.pattern), "element, N:M or block:OxI"),
            ("prune.distill", prune.distill, 0 <= prune.distill <= 1, "in 0 … 1"),
            ("prune.every", prune.every, prune.every >= 1, "at least 1"),
        ]
    for key, value, holds, rule in rules:
        if not holds:
            raise UsageError(f"'{path}': {key} must be {rule}. Got {value!r}.")


def _transfer_rules(config: ZooModel) -> list[tuple[str, object, bool, str]]:
    transfer = config.transfer
    ranges, shape = ("auto", *RANGES), config.input_shape
    sized = len(shape) == 3 and min(shape[:2]) >= 64 and max(shape[:2]) <= 224
    return [
        ("transfer.range", transfer.range, transfer.range in ranges, " or ".join(ranges)),
        ("transfer.width", transfer.width, 0.35 <= transfer.width <= 1.4, "in 0.35 … 1.4"),
        ("transfer.steps", transfer.steps, transfer.steps >= 1, "at least 1"),
        ("transfer.rate", transfer.rate, transfer.rate > 0, "above 0"),
        ("transfer.patience", transfer.patience, transfer.patience >= 0, "at least 0"),
        ("transfer.decay", transfer.decay, min(transfer.decay) >= 0, "0 or more"),
        ("transfer.tune", transfer.tune, transfer.tune >= 0, "at least 0"),
        ("transfer.views", transfer.views, transfer.views >= 1, "at least 1"),
        ("transfer.average", transfer.average, 0 <= transfer.average < 1, "in 0 … 1"),
        ("transfer.smooth", transfer.smooth, 0 <= transfer.smooth < 1, "in 0 … 1"),
        ("train.validation", config.train.validation, config.train.validation > 0, "above 0 for framework transfer"),
        ("input", shape, sized and shape[2] in (1, 3), "[height, width, 1 or 3] with 64 to 224 pixels for transfer"),
        ("prune", config.prune, config.prune is None, "left out for framework transfer"),
    ]
