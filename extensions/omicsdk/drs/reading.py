"""Reading an object without storing it: its description, its location, its bytes."""

from __future__ import annotations

import io
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.errors import APIError, OmicsError, UsageError
from omicsdk.core.logs import logger
from omicsdk.drs.identifiers import parse_drs_id
from omicsdk.drs.objects import NoAccess, in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omicsdk.drs.identifiers import DrsId
    from omicsdk.drs.resolution import ResolutionSettings
    from omicsdk.drs.servers import HasServers

_log = logger("omicsdk.drs")

BUFFER = 1 << 18
"""Bytes that are read ahead of a reader's own requests."""


@contextmanager
@text_is_one_item
def open_object(
    client: HasServers,
    what: str | DrsId,
    *,
    prefer: str | Sequence[str] = (),
    settings: ResolutionSettings | None = None,
    resume_unvalidated: bool = False,
) -> Generator[BinaryIO]:
    """Open an object for reading; it can be sought, and nothing is stored.

    A broken connection is resumed where it broke. Checksums are not verified: they are of the whole object.

    Args:
        what: The object: `drs://HOST/ID`, a compact identifier, or an identifier alone (of Gen3 a GUID), which the base
            URL's server has.
        prefer: Types, clouds or regions of storage that are tried first, such as `gs`.
        settings: How prefixes of compact identifiers are resolved; by default from the environment.
        resume_unvalidated: Join the bytes of several responses even if the storage sends no ETag, so that nothing shows
            that they are of one version of the file.

    Raises:
        NotADrsId: It is not an identifier.
        NotFound: Its server has no such object.
        UsageError: It is a bundle.
        TransferError: While reading: the object changed, or its storage does not serve ranges, or gives no ETag to join
            them by.
    """
    from omicsdk.transfer.network.connection_pool import ConnectionPool
    from omicsdk.transfer.ranges import RangeFile, Ranges

    identifier = parse_drs_id(what) if isinstance(what, str) else what
    with client.servers(settings) as servers:
        server = servers.of(identifier)
        object_ = server.describe(identifier)
        if object_.is_bundle:
            raise UsageError(f"{identifier} is a bundle", remedy="List it, and open one of its files.")
        locator = server.locator(object_, prefer)
        ranges = Ranges(
            locator,
            object_.size,
            title=object_.name,
            pool=ConnectionPool(client=servers.client),
            skip=locator.skip,
            unvalidated=resume_unvalidated,
        )
        with io.BufferedReader(RangeFile(ranges), BUFFER) as file:
            yield file


def describe(
    client: HasServers, what: str | DrsId, *, expand: bool = False, settings: ResolutionSettings | None = None
) -> dict[str, Any]:
    """Show an object as its server describes it; no file is written.

    Args:
        what: The object: `drs://HOST/ID`, a compact identifier, or an identifier of the base URL's server.
        expand: Also request the contents of bundles in a bundle.
        settings: How prefixes of compact identifiers are resolved; by default from the environment.

    Returns:
        The server's description, as JSON.

    Raises:
        NotADrsId: It is not an identifier.
        NotFound: Its server has no such object.
    """
    identifier = parse_drs_id(what) if isinstance(what, str) else what
    with client.servers(settings) as servers:
        return servers.of(identifier).document(identifier, expand=expand)


@text_is_one_item
def locate(
    client: HasServers,
    what: str | DrsId,
    *,
    prefer: str | Sequence[str] = (),
    settings: ResolutionSettings | None = None,
) -> dict[str, Any]:
    """Show the location of an object: its server, and the URLs of its bytes.

    A URL may be signed; everyone who has it can read the object until it expires.

    Args:
        what: The object: `drs://HOST/ID`, a compact identifier, or an identifier of the base URL's server.
        prefer: Types, clouds or regions of storage that come first, such as `gs`.
        settings: How prefixes of compact identifiers are resolved; by default from the environment.

    Returns:
        The `host`, the `object_id` there, and of each access method its `type`, `region` and `url`; none of a bundle.
        Those that the server refuses are left out with a warning.

    Raises:
        NotADrsId: It is not an identifier.
        NotFound: Its server has no such object.
        APIError: The server refuses all access methods.
    """
    identifier = parse_drs_id(what) if isinstance(what, str) else what
    with client.servers(settings) as servers:
        server = servers.of(identifier)
        object_ = server.describe(identifier)
        access: list[dict[str, str | None]] = []
        errors: list[OmicsError] = []
        for method in in_order(object_.methods, prefer):
            try:
                url = server.locate(object_, method).url
            except (APIError, NoAccess) as error:  # of one storage; another one may have the bytes, too
                errors.append(error)
                continue
            access.append({"type": method.kind, "region": method.region or None, "url": url})
    if errors and not access:
        raise errors[0]
    for error in errors:
        _log.warning("%s: %s", identifier, error)
    return {"host": server.host, "object_id": object_.id, "is_bundle": object_.is_bundle, "access": access}
