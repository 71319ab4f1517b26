"""Files at URLs: `https://host/path`, `http://host/path`."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from math import inf
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.credentials import Basic, Credentials, is_confidential, origin_of
from omicsdk.core.errors import APIError, NotFound, OmicsError, TimedOut, UsageError
from omicsdk.core.logs import logger
from omicsdk.core.media_types import PAGE_NAMES
from omicsdk.core.netrc import Netrc
from omicsdk.core.redaction import mask_url, without_query
from omicsdk.core.sending.connections import WireFailure
from omicsdk.core.sending.time_limits import Timeout, within_budget
from omicsdk.fs.errors import NotListed, PathNotFound, WrongUri
from omicsdk.fs.store import Entry, Store
from omicsdk.transfer import Item, Location
from omicsdk.transfer.network.connection_pool import shared_pool
from omicsdk.transfer.network.representations import Representation, quickest_checksum, representation_of
from omicsdk.transfer.network.requests import (
    LATER,
    Kind,
    RequestedRange,
    followed,
    headers_for,
    judge,
    next_url,
    unavailable,
)

#: The whole file, without a condition.
_ALL = RequestedRange(0, None, ranged=False, size=None, size_is_stated=False, validator="")
PAGES = ("text/html", "application/xhtml+xml")

_log = logger("omicsdk.fs")


class HttpsStore(Store):
    """Files of web servers, read-only. URLs are used as they are written, queries included; a fragment is not sent.

    Servers have no folders: a URL that ends in a slash and is a web page is one that cannot be listed. The name of a
    file is that of the response's Content-Disposition, else the last part of the URL's path.

    A user and password in a URL, or those of its host in the user's netrc file, are sent to its origin only, and over https
    only, except to this machine.

    Args:
        credentials: A login, which names the origins that it is for.
        clock: Measures time, and waits.

    Raises:
        UsageError: The login names no origins.
    """

    scheme: ClassVar[str] = "https"

    def __init__(
        self,
        *,
        credentials: Credentials | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if credentials is not None and not credentials.origins:
            raise UsageError(
                f"credentials of {self.scheme}:// name no origin",
                remedy="State it: BearerToken(token, origins=['https://host']).",
            )
        self._credentials = credentials
        self._netrc = Netrc(os.environ)
        self._clock = clock

    def _stat(self, path: str) -> Entry:
        location, uri = self._location(path), self.uri(path)
        representation = self._described(location, uri)
        url_parts = urlsplit(location.url)
        if (
            url_parts.path[-1:] in ("", "/")
            and not url_parts.query
            and representation.media_type in PAGES
            and not representation.is_named
        ):
            return Entry(path, "folder")
        # Without quotes it is a date.
        etag = representation.validator if '"' in representation.validator else ""
        details = {"etag": etag, "content_type": representation.media_type}
        return Entry(
            path,
            "file",
            representation.size,
            representation.checksums,
            representation.modified,
            representation.validator,
            {name: value for name, value in details.items() if value},
            location,
            representation.name,
        )

    def _entries(self, path: str) -> Iterator[Entry]:
        what = "cannot be listed: web servers do not list files"
        raise NotListed(self.uri(path), what, remedy="Name the URL of a file, or a list of them: omics get LIST.")

    def location(self, entry: Entry) -> Location:
        return self._location(entry.path)

    def item(self, entry: Entry, name: str) -> Item:
        """Return a file as an item: the response with its bytes may state checksums that the one to HEAD does not."""
        if entry.details.get("content_type") in PAGES and not PAGE_NAMES.search(name):
            problem = (
                "%s: the server sends a web page, such as a login page, not a data file. Check the URL and your login"
            )
            _log.warning(problem, self.uri(entry.path))
        return super().item(entry, name).replaced(states=True)

    def head(self, location: Location) -> Representation:
        """Request the headers of a file by HEAD alone.

        Args:
            location: Its URL, with the headers of the request.

        Raises:
            APIError: It does not exist, or the server refuses the request.
        """
        return self._requested(location, mask_url(location.url), "HEAD")

    def uri(self, path: str) -> str:
        """A URL as it is shown: without secrets."""
        return mask_url(super().uri(path))

    def _location(self, path: str) -> Location:
        """Return a URL with the login for its origin."""
        url = f"{self.scheme}://{path}"
        login, (authority, slash, rest) = self._credentials, path.partition("/")
        user, at, host = authority.rpartition("@")
        if at:
            url = f"{self.scheme}://{host}{slash}{rest}"
            name, _, password = user.partition(":")
            login = Basic(unquote(name), unquote(password), origins=[origin_of(url)])
        sends = login is not None and login.goes_to(url)
        if at and not is_confidential(url):
            raise WrongUri(f"{self.uri(path)}: a password is not sent over http", remedy="Use the https URL.")
        headers = login.headers("GET", url) if login is not None and sends else self._netrc.headers(url)
        return Location(url, headers, states=quickest_checksum)

    def _described(self, location: Location, uri: str) -> Representation:
        """Request the headers of a file: by HEAD, or by GET, whose body is cut off, if that is refused.

        URLs that are presigned for GET refuse HEAD; some servers do not implement it, or state no length.
        """
        try:
            representation = self._requested(location, uri, "HEAD")
        except APIError:
            representation = None
        try:
            return (
                self._requested(location, uri, "GET")
                if representation is None or representation.size is None
                else representation
            )
        except NotFound as error:
            raise PathNotFound(uri, "not found") from error

    def _requested(self, start: Location, uri: str, method: str) -> Representation:
        location, failures, hops, start_time = start, 0, 0, self._clock.monotonic()
        while True:
            later: float | None = None
            try:
                with shared_pool().get(location.url, headers_for(location), 0, method=method) as response:
                    verdict = judge(_ALL, response.status, response.headers, self._clock.now())
                    if verdict.kind is Kind.ACCEPT:
                        return representation_of(response.lines, start.url, method)
                    if verdict.kind is not Kind.MOVED:
                        raise unavailable(uri, location.url, verdict, response.headers, response.refusal())
                hops, later = hops + 1, verdict.retry_after
                error: OmicsError = TimedOut(
                    "the service is not ready to provide it", method=method, url=uri, operation=uri
                )
                location = followed(location, next_url(location.url, verdict.location, hops, method))
                # A redirect alone is followed at once; with Retry-After the service asks for a pause.
                if not later:
                    continue
            except APIError as refused:
                if refused.status not in LATER:
                    raise
                error, later, failures = refused, refused.retry_after, failures + 1
            except WireFailure as failure:
                error, failures = failure.error, failures + 1
                failure.error.method, failure.error.url = method, without_query(location.url)
                failure.error.operation = uri
                # As for calls of services, retries of a silent server end within the time of a call.
                silence = Timeout.of(None).body or inf
                is_over = isinstance(error, TimedOut) and self._clock.monotonic() - start_time >= silence
                if failure.lasting or is_over:
                    raise error from failure.__cause__
            pause = within_budget().next_pause(
                failures=max(failures, 1),
                elapsed=self._clock.monotonic() - start_time,
                fraction=random.random(),  # noqa: S311 - jitter
                retry_after=later,
            )
            if pause is None:
                raise error
            self._clock.sleep(pause)


class HttpStore(HttpsStore):
    """As `HttpsStore`, over connections that are not encrypted."""

    scheme: ClassVar[str] = "http"
