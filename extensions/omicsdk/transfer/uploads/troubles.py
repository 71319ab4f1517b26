"""Makes errors that users can read of whatever goes wrong around a file."""

from __future__ import annotations

from omicsdk.core.errors import OmicsError, TransferError
from omicsdk.transfer.foreign import foreign_words


def unreadable(name: str, path: str, error: OSError) -> TransferError:
    """The error for a file that can't be read.

    Args:
        name: What messages call it.
        path: Where it is.
        error: What the system said.
    """
    reason = error.strerror or str(error)
    return TransferError(
        f"{name}: {path} cannot be read: {reason}", name=name, remedy="Check its path and permissions."
    )


def readable(name: str, path: str, error: Exception) -> OmicsError:
    """The error for whatever was raised in a thread.

    Args:
        name: What messages call the file.
        path: Where it is.
        error: What was raised; ours stay as they are.
    """
    if isinstance(error, OmicsError):
        return error
    if isinstance(error, OSError):
        return unreadable(name, path, error)
    return TransferError(f"{name}: requesting its destination failed: {foreign_words(name, error)}", name=name)
