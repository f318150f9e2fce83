"""Graph inputs with fixed sizes: a dynamic batch is 1, other symbols take the sizes that the caller gives."""

from __future__ import annotations

from collections.abc import Mapping

from edgeml.errors import UnsupportedError, UsageError
from edgeml.formats.onnx import ValueRecord
from edgeml.ir import Shape

MAX_SIZE = 2**31 - 1


def fixed_shapes(inputs: tuple[ValueRecord, ...], sizes: Mapping[str, int], source: str) -> dict[str, Shape]:
    """The shape of each input. A nameless dimension is called `input:axis`.

    Raises UnsupportedError naming the symbols that need a size, UsageError for sizes that fit nothing.
    """
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= MAX_SIZE:
            raise UsageError(f"size '{name}' must be a positive integer. Got {size!r}.")
    known, missing, shapes = set(), [], {}
    for record in inputs:
        if record.shape is None:
            raise UnsupportedError(f"'{source}': input '{record.name}' has no shape. Export with fixed sizes.")
        shape = []
        for axis, dimension in enumerate(record.shape):
            if isinstance(dimension, int):
                shape.append(dimension)
                continue
            alias = f"{record.name}:{axis}"
            # some exporters write "?" for every dimension that they do not know
            dimension = "" if dimension == "?" else dimension
            known.update({alias, dimension} - {""})
            symbol = alias if alias in sizes or not dimension else dimension
            if symbol not in sizes and axis > 0 and not _is_batch(dimension, inputs):
                missing.append(symbol)
            shape.append(sizes.get(symbol, 1))
        shapes[record.name] = tuple(shape)
    if missing:
        names = list(dict.fromkeys(missing))
        flags = " ".join(f"--size {n}=…" for n in names)
        raise UnsupportedError(f"'{source}': sizes {', '.join(names)} are not fixed. Give them: {flags}")
    strange = sorted(set(sizes) - known)
    if strange:
        raise UsageError(
            f"size '{strange[0]}' is no symbol of '{source}'. Its symbols: {', '.join(sorted(known)) or 'none'}."
        )
    return shapes


def _is_batch(symbol: str, inputs: tuple[ValueRecord, ...]) -> bool:
    """Whether a symbol is also some input's first dimension, which is a batch of 1."""
    return bool(symbol) and any(r.shape and r.shape[0] == symbol for r in inputs)
