"""Optional packages: imported where they are used, with a clear error when they are missing."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from edgeml.errors import MissingDependencyError


def require(module: str, extra: str) -> Any:
    """Import `module`; MissingDependencyError names the extra of this distribution that brings it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        raise MissingDependencyError(
            f"the package '{error.name}' is not installed. Install it with: pip install 'edgeml-compiler[{extra}]'"
        ) from None


def available(module: str) -> bool:
    """Whether `module` could be imported, without importing it."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
