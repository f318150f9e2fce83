"""The one place that opens pickles, which can run any code: only for files that the user says they trust."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgeml.errors import ModelFormatError, UsageError
from edgeml.extras import require
from edgeml.files import read_bytes

# what scikit-learn models are stored in; joblib reads plain pickles too
SKLEARN = (".pkl", ".pickle", ".joblib")
# PyTorch's formats are pickles inside
TORCH = (".pt", ".pth", ".ckpt", ".pt2")
PICKLES = (*SKLEARN, *TORCH)


def load_trusted(path: Path, trust_pickle: bool) -> Any:
    """The object in a pickle, which runs whatever the file says. Raises UsageError unless `trust_pickle`."""
    read_bytes(path, "model")
    if not trust_pickle:
        raise UsageError(
            f"model '{path}' is a pickle, which can run any code when it is opened. Give --trust-pickle (in Python "
            "trust_pickle=True) only if you trust whoever made it."
        )
    try:
        if path.suffix.lower() in SKLEARN:
            return require("joblib", "sklearn").load(path)
        torch = require("torch", "torch")
        if path.suffix.lower() == ".pt2":
            return torch.export.load(path).module()
        # a module pickled whole, or TorchScript
        return torch.load(path, map_location="cpu", weights_only=False)
    except MemoryError:
        raise ModelFormatError(f"model '{path}' does not fit into memory.") from None
    except UsageError:
        raise
    except Exception as error:  # whatever the code in the pickle raises
        reason = " ".join((str(error).strip() or type(error).__name__).split())[:300]
        raise ModelFormatError(
            f"model '{path}' cannot be opened ({reason}). Save it with the versions in use here."
        ) from error
