"""Walks a stored Keras configuration before Keras sees it: nothing but allowed classes passes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.frontends.keras_files.allowed import (
    CLASSES,
    FUNCTION_MODULES,
    FUNCTIONS,
    LEGACY_CLASSES,
    TF_FUNCTIONS,
    TF_LAMBDA_MODULES,
    TF_LAMBDAS,
    VALUE_DTYPES,
    VALUES,
)

MAX_CONFIG_BYTES = 32 << 20
MAX_DEPTH = 100
# how training went on is of no interest here, and it may name anything
_DROPPED = ("compile_config",)


def parse_config(data: bytes | str, source: str) -> dict[str, Any]:
    """The checked configuration of a model from its JSON; see `check_config`."""
    if len(data) > MAX_CONFIG_BYTES:
        raise ModelFormatError(
            f"'{source}': the configuration is {len(data):,} bytes; {MAX_CONFIG_BYTES:,} are allowed. Save it again."
        )
    try:
        config = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ModelFormatError(
            f"'{source}': the configuration is not JSON ({type(error).__name__}). Save it again."
        ) from None
    if not isinstance(config, dict):
        raise ModelFormatError(f"'{source}': the configuration must be a JSON object. Save the model again.")
    _check_depth(config, source)
    clean = _without(config)
    check_config(clean, source)
    assert isinstance(clean, dict)
    return clean


def check_config(config: Any, source: str) -> None:
    """Raise UnsupportedError at the first class, function or value that is not on the allow-list.

    The walk visits every object of the configuration, whether Keras would build it or not.
    """
    for where, entry in _entries(config, "config"):
        if "class_name" in entry:
            _check_entry(entry, where, source)


def _check_entry(entry: dict[str, Any], where: str, source: str) -> None:
    name, inner = entry["class_name"], entry.get("config")
    if not isinstance(name, str) or not isinstance(entry.get("module"), str | None):
        raise ModelFormatError(f"'{source}': {where}: class_name and module must be strings. Save the model again.")
    if name.startswith("__"):
        _check_value(name, inner, where, source)
    elif name == "function":
        names = (inner, entry.get("registered_name") or "function")
        if entry.get("module") not in FUNCTION_MODULES or not _is_activation(*names):
            raise _refused(f"function {entry.get('module')}.{inner}", where, source)
    elif name in TF_LAMBDAS:
        function = inner.get("function") if isinstance(inner, dict) else None
        known = isinstance(function, str) and function in TF_FUNCTIONS
        registered = entry.get("registered_name")
        if not known or entry.get("module") not in TF_LAMBDA_MODULES or registered not in (None, name):
            raise _refused(f"TensorFlow function {function}", where, source)
    else:
        _check_class(name, entry, where, source)


def _check_class(name: str, entry: dict[str, Any], where: str, source: str) -> None:
    module, registered = entry.get("module"), entry.get("registered_name")
    allowed = LEGACY_CLASSES if module is None else CLASSES.get(module, frozenset())
    if name not in allowed or registered not in (None, name):
        title = f"{module}.{name}" if module else name
        raise _refused(title if registered in (None, name) else f"{title}, registered as {registered},", where, source)


def _check_value(name: str, inner: Any, where: str, source: str) -> None:
    allowed = VALUES.get(name)
    if allowed is None or (isinstance(inner, dict) and not set(inner) <= allowed):
        raise _refused(f"value {name}", where, source)
    dtype = inner.get("dtype") if isinstance(inner, dict) else None
    if dtype is not None and (not isinstance(dtype, str) or dtype not in VALUE_DTYPES):
        raise _refused(f"value {name} of type {dtype}", where, source)


def _is_activation(name: Any, registered: Any) -> bool:
    return isinstance(name, str) and name in FUNCTIONS and registered in ("function", name)


def _refused(what: str, where: str, source: str) -> UnsupportedError:
    return UnsupportedError(
        f"'{source}': {what} at {where} is not on the list of Keras objects that are read from files, because it may "
        "carry code or open other files. Build the model in Python and give the object to edgeml.load."
    )


def _entries(value: Any, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every JSON object inside `value` with the path to it; the depth has been checked."""
    if isinstance(value, dict):
        yield where, value
        for key, item in value.items():
            yield from _entries(item, f"{where}.{key}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _entries(item, f"{where}[{i}]")


def _without(value: Any) -> Any:
    """A copy without the keys of `_DROPPED`."""
    if isinstance(value, dict):
        return {k: _without(v) for k, v in value.items() if k not in _DROPPED}
    return [_without(v) for v in value] if isinstance(value, list) else value


def _check_depth(config: Any, source: str) -> None:
    level = [config]
    for _ in range(MAX_DEPTH):
        level = [v for x in level for v in (x.values() if isinstance(x, dict) else x) if isinstance(v, dict | list)]
        if not level:
            return
    raise ModelFormatError(
        f"'{source}': the configuration is nested deeper than {MAX_DEPTH} levels. Flatten the model's sub-models."
    )
