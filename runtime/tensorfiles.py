"""Files of tensors by name: safetensors, written in one step."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from graph.atomic import keep_beside, replacing
from graph.errors import FileError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["load_tensors", "save_tensors"]


def save_tensors(
    path: Path,
    tensors: Mapping[str, Tensor],
    metadata: dict[str, str],
    before: Path | None = None,
) -> None:
    """Write tensors, with texts beside them, to `path` in one step.

    Parameters
    ----------
    before
        Where the file that was at `path` is kept; None: it is replaced.

    Raises
    ------
    FileError
        If it cannot be written; what was there before is unchanged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    try:
        with replacing(path) as temp:
            save_file(_separate(tensors), temp, metadata=metadata)
            if before is not None and path.exists():
                keep_beside(path, before)
    except SafetensorError as error:  # its own word for a full disk
        raise FileError(f"{path} could not be written: {error}.") from error


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors of a file and the texts beside them.

    Raises
    ------
    FileError
        If it is missing or broken.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except FileNotFoundError as error:
        raise FileError(f"The run {path.parent} has no {path.name}.") from error
    except (SafetensorError, OSError, ValueError) as error:
        raise FileError(f"{path} cannot be read: {error}") from error


def _separate(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors on the CPU, contiguous, no two of them in the same memory."""
    seen: set[int] = set()
    found: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        plain = tensor.detach().cpu().contiguous()
        memory = plain.untyped_storage().data_ptr()
        if (
            memory in seen
            or plain.numel() * plain.element_size() != plain.untyped_storage().nbytes()
        ):
            plain = plain.clone()
        seen.add(plain.untyped_storage().data_ptr())
        found[name] = plain
    return found
