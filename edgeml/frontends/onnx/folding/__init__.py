"""What is constant is computed while the file is read: shapes are static, so their arithmetic folds away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from edgeml.errors import UnsupportedError
from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.folding import arithmetic, create, move, reduce

Fold = Callable[[Call], Any]

_TABLE: Mapping[str, Fold] = MappingProxyType({**arithmetic.FOLDS, **create.FOLDS, **move.FOLDS, **reduce.FOLDS})
FOLDABLE = frozenset(("", op) for op in _TABLE)
# bytes of all folded values of one model: shape arithmetic is small, an attack is not
BUDGET = 2**28


class Folder:
    """Folds the calls of one model, within a budget of memory."""

    def __init__(self) -> None:
        self._spent = 0

    def fold(self, call: Call) -> bool:
        """Bind the call's outputs to constants when all its inputs are constant and its operator is in the table."""
        fold = _TABLE.get(call.node.op_type) if call.node.domain == "" else None
        if fold is None or not all(v is None or v.data is not None for v in call.inputs):
            return False
        if call.node.op_type in move.CODES and call.codes(0) is not None:
            return move.fold_codes(call)
        self._spend(call, create.announced(call))
        with np.errstate(all="ignore"):
            found = fold(call)
        results = found if isinstance(found, tuple) else (found,)
        for index, data in enumerate(results):
            array = np.asarray(data)
            self._spend(call, array.nbytes)
            if array.flags.writeable:
                array.flags.writeable = False
            call.result_constant(array, index)
        return True

    def _spend(self, call: Call, nbytes: int) -> None:
        self._spent += nbytes
        if self._spent > BUDGET:
            raise UnsupportedError(
                f"{call.where}: constants computed from the file exceed {BUDGET >> 20} MiB. Simplify it first."
            )
