"""Where a field's file is at the moment, and what the object store says of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.core.narrowing import is_object
from omicsdk.pangea.contents.stored_data import checksums_of, download_url, kind_of, size_of
from omicsdk.transfer import Item, Location

if TYPE_CHECKING:
    from omicsdk.pangea.knex import Knex

_RANGE = re.compile(r"bytes \d+-\d+/(\d+)\Z")
RETRIES = 10
"""Failures in a row that end a file, where nobody says otherwise."""


def item_of(
    knex: Knex,
    route: str,
    data: object,
    name: str,
    *,
    label: str = "",
    options: Mapping[str, Any] | None = None,
    retries: int = RETRIES,
) -> Item:
    """What to fetch for a field's file; a presigned URL that has ended is asked for again.

    Args:
        knex: The server.
        route: The field's flat route ("sample_ar_fields/UUID"); empty where it isn't on the server.
        data: Its `stored_data`.
        name: The path within the target folder.
        label: What messages call it.
        options: Parameters that go along with requests for the field.
        retries: How many failures in a row end it.

    Raises:
        NoFile: The field refers to no file.
    """
    location = Location(download_url(data))
    renew = locator(knex, route, options) if route and kind_of(data) == "s3" else None
    return Item(name, location, size_of(data), checksums_of(data), label, retries, renew=renew)


def locator(knex: Knex, route: str, options: Mapping[str, Any] | None = None) -> Callable[[], Location]:
    """Gives what asks the server for a field's file anew.

    Args:
        knex: The server.
        route: The field's flat route.
        options: Parameters that go along.
    """

    def locate() -> Location:
        return Location(download_url(_data(knex, route, options)))

    return locate


def object_facts(knex: Knex, route: str, options: Mapping[str, Any] | None = None) -> tuple[int, str] | None:
    """Tells the size and the ETag, without quotes, of the object that a field's file is; its first byte is asked for.

    Args:
        knex: The server.
        route: The field's flat route.
        options: Parameters that go along with the request for the field.

    Returns:
        Both; None when the store doesn't say.

    Raises:
        OmicsError: There is no such object, or it can't be asked for.
    """
    from omicsdk.core.request import Request

    request = Request(
        method="GET",
        url=download_url(_data(knex, route, options)),
        headers=(("range", "bytes=0-0"), ("accept-encoding", "identity")),
        content=None,
        idempotent=True,
        secured=False,
        operation="",
    )
    with knex.client._exchange.streamed(request) as body:  # pyright: ignore[reportPrivateUsage]
        headers = body.headers
        told = _RANGE.match(headers.get("content-range", ""))
        size = told[1] if told is not None else headers.get("content-length", "") if body.status_code == 200 else ""
        etag = headers.get("etag", "").removeprefix("W/").strip('"')
    return (int(size), etag) if size.isdecimal() and etag else None


def _data(knex: Knex, route: str, options: Mapping[str, Any] | None) -> object:
    blob: object = knex.get(route, url_options=dict(options or {}))
    return blob.get("stored_data") if is_object(blob) else None
