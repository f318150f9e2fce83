"""Every error that edgeml raises on purpose.

The message always reads: what was being handled, the rule, the value, what to do. The command line
prints it as one line and exits with `exit_code`.
"""

from __future__ import annotations

from edgeml.text import clean_message


class EdgeMLError(Exception):
    """Base of all errors a user can meet; exit code 2 means wrong use or unreadable input."""

    exit_code = 2

    def __str__(self) -> str:
        # messages quote names from files, which may hold escape sequences
        return clean_message(super().__str__())


class ModelFormatError(EdgeMLError):
    """A file is missing, truncated, of another kind than its suffix says, or inconsistent inside."""


class UnsupportedError(EdgeMLError):
    """A valid model uses an operator, type or option that edgeml does not implement."""


class GraphError(EdgeMLError):
    """A graph breaks a rule of the IR: unknown tensor, wrong order, wrong shape or type."""


class DataError(EdgeMLError):
    """A data set is missing, empty, of the wrong shape or type, or holds impossible values."""


class QuantizationError(EdgeMLError):
    """A graph cannot be quantised as asked, or calibration data cannot be used."""


class TargetError(EdgeMLError):
    """A core, board, runtime or compiler is unknown or not available here."""


class ToolchainError(TargetError):
    """A compiler or emulator is missing, or failed on generated code."""


class OutputError(EdgeMLError):
    """A result cannot be written: no permission, full disk, or a folder in the way."""


class UsageError(EdgeMLError):
    """An argument has a value outside its range, or arguments contradict each other."""


class MissingDependencyError(EdgeMLError):
    """An optional package is needed for what was asked; the message names the extra to install."""


class BudgetError(EdgeMLError):
    """A measured value misses a budget, or a check did not hold."""

    exit_code = 1
