"""Generated clients of archives, with the options of archives."""

from __future__ import annotations

from typing import Any, TypeVar

from omicsdk.core.client import Client
from omicsdk.core.plain_client import stopping_by
from omicsdk.portals.names.archive import ArchiveOptions

C = TypeVar("C", bound=Client)


def client_of(kind: type[C], service: str, options: ArchiveOptions, url: str | None = None, **more: Any) -> C:
    """A generated client of an archive, without credentials.

    Args:
        kind: Its class.
        service: The archive in `OMICS_<SERVICE>_URL`, which replaces its URL.
        options: How it works.
        url: Its URL; by default that of its document.
        **more: Further arguments of the class.
    """
    base_url = options.environ.get(f"OMICS_{service}_URL", "").strip() or url
    client = kind(base_url, transport=options.transport, environ=options.environ, clock=options.clock, **more)
    return stopping_by(client, options.stopped)
