"""Clients of archives, with the options of archives."""

from __future__ import annotations

from typing import Any, TypeVar

from omicsdk.core.client import Client
from omicsdk.core.plain_client import stopping_by
from omicsdk.portals.names.archive import ArchiveOptions

C = TypeVar("C", bound=Client)


def client_of(kind: type[C], service: str, options: ArchiveOptions, url: str | None = None, **more: Any) -> C:
    """A client of an archive, whose requests and waits end when its options say so.

    Args:
        kind: Its class.
        service: The archive in `OMICS_<SERVICE>_URL`, which replaces its URL; "" for a platform, whose class finds its own.
        options: How it works.
        url: Its URL; by default that of its document.
        **more: Further arguments of the class.
    """
    base_url = (options.environ.get(f"OMICS_{service}_URL", "").strip() if service else "") or url
    client = kind(base_url, transport=options.transport, environ=options.environ, clock=options.clock, **more)
    return stopping_by(client, options.stopped)
