"""A download of DRS objects with a separate client."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from omicsdk.drs import Drs, DrsId, HostCredentials, RequestedObject, ResolutionSettings
from omicsdk.transfer import TransferReport

OFFLINE = ResolutionSettings(order=())
"""Nobody is asked about prefixes."""


def download(
    what: str | DrsId | RequestedObject | Iterable[str | DrsId | RequestedObject],
    folder: Path,
    *,
    base_url: str | None = None,
    credentials: Any = None,
    **options: Any,
) -> TransferReport:
    """Download with credentials by host; other options are those of `Drs.download`."""
    logins = None if credentials is None else HostCredentials(credentials)
    with Drs(base_url, credentials=logins, environ={}) as drs:
        return drs.download(what, folder, **options)
