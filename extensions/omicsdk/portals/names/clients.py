"""Generated clients of archives, with the options of archives."""

from __future__ import annotations

from typing import TypeVar

from omicsdk.core.client import Client
from omicsdk.core.plain_client import stopping_by
from omicsdk.portals.names.archive import ArchiveOptions

C = TypeVar("C", bound=Client)


def client_of(kind: type[C], service: str, options: ArchiveOptions) -> C:
    """A generated client of an archive, without credentials.

    Args:
        kind: Its class.
        service: The archive in `OMICS_<SERVICE>_URL`, which replaces the URL of its document.
        options: How it works.
    """
    url = options.environ.get(f"OMICS_{service}_URL", "").strip() or None
    return stopping_by(
        kind(url, transport=options.transport, environ=options.environ, clock=options.clock), options.stopped
    )
