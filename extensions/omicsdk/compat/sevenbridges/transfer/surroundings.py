"""Which Api a transfer belongs to, and where it is remembered while it isn't finished."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from omicsdk.compat.sevenbridges.errors import SettingsError
from omicsdk.transfer.journals.places import journal_for as journals_place

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.api import Api


def api_of(api: Api | None, what: str) -> Api:
    """Gives the Api of a transfer.

    Args:
        api: The one that was given.
        what: What needs it, in words.

    Raises:
        SettingsError: None was given.
    """
    if api is None:
        raise SettingsError(f"{what} needs an Api", remedy="Give api=.")
    return api


def journal_for(kind: str, *facts: str) -> Path | None:
    """Gives the journal of a transfer: the same one for whoever starts the same again.

    Args:
        kind: What is transferred; the folder's name.
        *facts: What tells the transfer from all others.

    Returns:
        Its path; None where there can't be one, with a warning.
    """
    return journals_place(f"sb/{kind}", *facts)
