"""Frozen dataclasses to plain JSON values and back, every type checked on the way in."""

from __future__ import annotations

import math
import re
import types
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

from edgeml.errors import ModelFormatError
from edgeml.text import clean_message

T = TypeVar("T")
# a PNG as a data URI, or nothing: neither shown on a terminal nor shortened
Picture = NewType("Picture", str)
NO_PICTURE = Picture("")
_PICTURE = re.compile(r"(data:image/png;base64,[A-Za-z0-9+/]+={0,2})?")


def encode(value: Any) -> Any:
    """Plain JSON value, fields in the order of the class; a number that JSON cannot hold becomes null."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: encode(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(k): encode(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [encode(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def decode(kind: type[T], value: Any, where: str) -> T:
    """An object of the dataclass `kind`; ModelFormatError names `where` in the file something is wrong.

    Unknown keys are ignored, so that a newer edgeml may add fields.
    """
    result: T = _decode(kind, value, where)
    return result


def _decode(kind: Any, value: Any, where: str) -> Any:
    if is_dataclass(kind):
        return _decode_object(kind, value, where)
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        options = [a for a in args if a is not type(None)]
        return None if value is None and len(options) < len(args) else _decode(options[0], value, where)
    if origin is tuple:
        return _decode_tuple(args, value, where)
    if origin is dict:
        return {k: _decode(args[1], v, f"{where}.{k}") for k, v in _expect(dict, value, where).items()}
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return _float(value, where)
    if kind is Picture:
        return _picture(_expect(str, value, where), where)
    if kind is str:
        # names go to terminals; a page escapes them itself
        return clean_message(_expect(kind, value, where))
    if kind is float:
        return _float(_expect(float, value, where), where)
    return _expect(kind, value, where)


def _picture(value: str, where: str) -> Picture:
    if not _PICTURE.fullmatch(value):
        raise ModelFormatError(
            f"records: '{where}' must be a PNG as a data URI, or empty. Got {value[:40]!r}. Run `edgeml bench --json` "
            "again."
        )
    return Picture(value)


def _float(value: float, where: str) -> float:
    """Python's JSON knows integers of any size, infinities and NaN, which records do not hold."""
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ModelFormatError(f"records: '{where}' must be a finite number. Run `edgeml bench --json` again.")
    return number


def _decode_object(kind: Any, value: Any, where: str) -> Any:
    data = _expect(dict, value, where)
    hints = get_type_hints(kind)
    values = {}
    for f in fields(kind):
        if f.name in data:
            values[f.name] = _decode(hints[f.name], data[f.name], f"{where}.{f.name}")
        elif f.default is MISSING and f.default_factory is MISSING:
            raise ModelFormatError(f"records: '{where}' has no '{f.name}'. Run `edgeml bench --json` again.")
    return kind(**values)


def _decode_tuple(args: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    items = _expect(list, value, where)
    kinds = [args[0]] * len(items) if args[-1] is Ellipsis else list(args)
    if len(kinds) != len(items):
        raise ModelFormatError(f"records: '{where}' must have {len(kinds)} entries. Got {len(items)}.")
    return tuple(_decode(k, v, f"{where}[{i}]") for i, (k, v) in enumerate(zip(kinds, items, strict=True)))


def _expect(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        names = {
            dict: "an object",
            list: "a list",
            str: "text",
            int: "an integer",
            float: "a number",
            bool: "a boolean",
        }
        raise ModelFormatError(f"records: '{where}' must be {names[kind]}. Got {str(value)[:40]!r}.")
    return value
