"""Every method of quantisation, pruning, training, explanation and statistics: one row each."""

from __future__ import annotations

from tests.noop.method import Method
from tests.noop.methods.aware import AWARE
from tests.noop.methods.codes import CODES
from tests.noop.methods.explaining import EXPLAINING
from tests.noop.methods.gates import GATES
from tests.noop.methods.kernels import KERNEL_CHOICE
from tests.noop.methods.pruning import PRUNING
from tests.noop.methods.repairs import REPAIRS
from tests.noop.methods.search import SEARCH
from tests.noop.methods.statistics import STATISTICS
from tests.noop.methods.training import TRAINING

METHODS: tuple[Method, ...] = (
    *REPAIRS,
    *CODES,
    *GATES,
    *SEARCH,
    *AWARE,
    *PRUNING,
    *KERNEL_CHOICE,
    *EXPLAINING,
    *TRAINING,
    *STATISTICS,
)

__all__ = ["METHODS", "Method"]
