"""Files at URLs, `https://host/path` and `http://host/path`, and the pages on which web servers list a folder: Apache, nginx, lighttpd,
Caddy, Python's http.server and others.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from html import unescape
from itertools import islice
from math import inf
from typing import ClassVar, TypeVar
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.consistency import InconsistentListing, ListingCheck, despite_contradictions
from omicsdk.core.credentials import Basic, Credentials, is_confidential, origin_of
from omicsdk.core.curl_files import Netrc
from omicsdk.core.errors import APIError, DecodeError, NotFound, OmicsError, TimedOut, UsageError
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.logs import logger
from omicsdk.core.media_types import PAGE_NAMES
from omicsdk.core.redaction import mask_url, without_query
from omicsdk.core.sending.connections import WireFailure
from omicsdk.core.sending.time_limits import Timeout, within_budget
from omicsdk.core.threads import side_by_side
from omicsdk.fs.errors import NotListed, PathError, PathNotFound, WrongUri
from omicsdk.fs.store import Entry, Store
from omicsdk.fs.stores.containers import LARGEST_PAGE, Folder, folder_in, page_of
from omicsdk.fs.uris import Uri, name_in_url
from omicsdk.transfer import Item, Location
from omicsdk.transfer.names import wrong_with
from omicsdk.transfer.network.connection_pool import StreamedResponse, shared_pool
from omicsdk.transfer.network.representations import Representation, quickest_checksum, representation_of
from omicsdk.transfer.network.requests import (
    LATER,
    URL_SAFE,
    Kind,
    RequestedRange,
    followed,
    headers_for,
    judge,
    next_url,
    unavailable,
)

#: Maximum number of links that are read of a page.
MOST_LINKS = 1_000_000
#: Media types of pages.
PAGES = ("text/html", "application/xhtml+xml")

# html.parser takes quadratic time for tags and comments that are not closed, up to Python 3.13.5.
_HIDDEN = re.compile(r"<!--|<script\b", re.IGNORECASE)
_SHOWN = re.compile(r"-->|</script\b", re.IGNORECASE)
_ELEMENT = re.compile(
    r"""<(a|base|input|title|h1)\b((?:"[^"]{0,8192}"|'[^']{0,8192}'|[^<>"'])*)>([^<]*)""", re.IGNORECASE
)
_ATTRIBUTE = re.compile(r"""(?<![^\s"'/])([^\s=<>"'/]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""")
_TITLE = re.compile(r"index of|directory listing|listing directory", re.IGNORECASE)
_PARENTS = ("..", "../", "./..", "./../")


class Link(NamedTuple):
    """A file or folder on a page. Sizes and dates on pages are not read: most are rounded, and without a time zone.

    Attributes:
        segment: Its name as it is in its URL, percent-encoded.
        name: Its name.
        is_folder: Whether its URL ends in a slash.
    """

    segment: str
    name: str
    is_folder: bool


class Index(NamedTuple):
    """What a page lists.

    Attributes:
        links: The files and folders, each once, in the order of the page.
        fault: Why the page is no list of a folder, or not a whole one, as the end of a sentence that begins with its URL; else empty.
        invalid: Names on it that no file can have.
        has_slashes: Whether a link to a folder, one of them or the parent, ends in a slash. Some servers' links never do.
        is_titled: Whether its title, or a link to the folder above, is that of a list.
    """

    links: Sequence[Link] = ()
    fault: str = ""
    invalid: Sequence[str] = ()
    has_slashes: bool = False
    is_titled: bool = False


def index_of(url: str, media_type: str, body: bytes) -> Index:
    """Return what a page lists: links to what is directly in its folder, whatever else it links to.

    Args:
        url: Its URL, after redirects.
        media_type: Its media type, in lower case.
        body: Its bytes.
    """
    folder = urlsplit(url)
    if media_type not in PAGES:
        return Index(fault=f"is not a web page but {media_type or 'of an unknown type'}")
    if not folder.path.endswith("/"):
        return Index(fault="redirects to a web page that is no folder, such as a login page")
    base, hrefs, is_index, asks_for_password = "", list[str](), False, False
    for tag, fields, text in _elements(body.decode("utf-8", "surrogateescape")):
        href = fields.get("href", "").strip()
        if tag == "a" and href:
            hrefs.append(_encoded(href, unescape(text)) if is_index else href)
        base = href if tag == "base" and not base else base
        is_index |= href in _PARENTS or (tag in ("title", "h1") and bool(_TITLE.match(text.strip())))
        asks_for_password |= tag == "input" and fields.get("type", "").lower() == "password"
        if len(hrefs) > MOST_LINKS:
            return Index(fault=f"has more than {MOST_LINKS:,} links")
    base, links, invalid = _joined(url, base), dict[str, Link](), dict[str, None]()
    # The root ends in a slash wherever it is linked.
    parent, has_slashes = urljoin(url, "../") if folder.path.count("/") > 2 else "", False
    for href in hrefs:
        has_slashes |= href in ("../", "./../") or (href.endswith("/") and _joined(base, href) == parent)
        segment, slash, deeper = _below(folder, base, href).partition("/")
        name = name_in_url(segment)
        if not segment or deeper:
            continue
        if wrong_with(name) or "/" in name or "\\" in name:
            invalid[segment] = None
        else:
            links.setdefault(name, Link(segment, name, bool(slash)))
    if links or invalid or is_index:
        has_slashes |= any(link.is_folder for link in links.values())
        return Index(list(links.values()), "", list(invalid), has_slashes, is_index)
    what = "a login page" if asks_for_password else "a web page"
    return Index(fault=f"is {what}, not a list of files")


def _joined(base: str, href: str) -> str:
    """Return the URL of a link; the base itself for brackets that are no address."""
    try:
        return urljoin(base, href)
    except ValueError:
        return base


def _encoded(href: str, text: str) -> str:
    """Encode what some servers leave in the name that a link's text repeats: a colon, which ends a scheme, a '?' or a '#'."""
    before, slash, name = href.removesuffix("/").rpartition("/")
    if name[:1] in ("", "?", "#") or "//" in href or unquote(name) != text.strip().removesuffix("/"):
        return href
    name = name.replace("?", "%3F").replace("#", "%23")
    return f"{before}{slash or './'}{name}{'/' * href.endswith('/')}"


def _below(folder: SplitResult, base: str, href: str) -> str:
    """Return a link's path below a folder, percent-encoded; empty if it is elsewhere, or sorts the page by its query."""
    try:
        # Bytes that are not UTF-8 are percent-encoded as they were.
        target = urlsplit(quote(_joined(base, href), safe=URL_SAFE, errors="surrogateescape"))
    except ValueError:  # brackets that are no address
        return ""
    is_other = (target.scheme, target.netloc.lower()) != (folder.scheme, folder.netloc.lower())
    above, path = (re.sub("//+", "/", parts.path) for parts in (folder, target))
    parts = path.split("/", above.count("/"))
    # One folder may be escaped in two ways.
    is_other |= unquote("/".join([*parts[:-1], ""])) != unquote(above)
    return "" if is_other or target.query or target.fragment else parts[-1]


def _elements(page: str) -> Iterator[tuple[str, Mapping[str, str], str]]:
    """Yield the elements that matter: the tag, its attributes, and the text after it. Comments and scripts are left out."""
    shown, *parts = _HIDDEN.split(page)
    for element in _ELEMENT.finditer(shown + "".join("".join(_SHOWN.split(part, 1)[1:]) for part in parts)):
        fields = {
            field[1].lower(): unescape(field[2] or field[3] or field[4] or "")
            for field in reversed([*_ATTRIBUTE.finditer(element[2])])
        }
        yield element[1].lower(), fields, element[3]


#: The whole file, without a condition.
_ALL = RequestedRange(0, None, ranged=False, size=None, size_is_stated=False, validator="")
#: Bytes of a page that lists a folder, at most; levels of folders; how often a folder may list the same as those above it.
_LARGEST_PAGE, _DEEPEST, _REPEATED = 64 * 1024 * 1024, 100, 2
#: Files that are looked up together.
_AT_ONCE = 64

T = TypeVar("T")

_log = logger("omicsdk.fs")


class HttpsStore(Store):
    """Files of web servers, read-only. URLs are used as they are written, queries included; a fragment is not sent.

    A folder is a URL that ends in a slash and is a web page, which is read as the server's list of it; so is one that
    redirects to itself with a slash, or whose page with a slash is titled as a list. The name of a file is that of the response's Content-Disposition, else the last
    part of the URL's path; of a file in a listed folder always the latter.

    So is a container of Azure's blob store, and what its keys begin with up to a slash, if the URL has a SAS of the container or
    the container is public. The SAS is sent with the requests for its blobs.

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
        self._signatures = dict[str, str]()  # of containers, by their URLs without them

    def entry(self, uri: Uri, *, recursive: bool = False) -> Entry:
        del recursive  # no file and folder of one path
        return self._stat(uri.path)  # the URL of a file may end in a slash, too

    def _stat(self, path: str) -> Entry:
        folder = self._folder(path)
        if folder is None:
            return self._file(path)
        if not folder.is_stated:
            try:
                return self._file(path)
            except PathNotFound:
                if next(self._blobs(folder, "/", 1), None) is None:
                    raise
        elif next(self._blobs(folder, "/", 1), None) is None and folder.prefix:
            raise PathNotFound(self.uri(path), "not found")
        return Entry(folder.path, "folder", file_name=Uri(self.scheme, folder.path).name)

    def _folder(self, path: str) -> Folder | None:
        """What a path may name in a container of Azure."""
        folder = folder_in(path, self._signatures)
        if folder is not None and folder.query:
            self._signatures[folder.container] = folder.query
        return folder

    def _blobs(self, folder: Folder, delimiter: str, most: int | None = None) -> Iterator[Entry]:
        """List a container, or what its keys begin with, up to a delimiter."""
        uri = self.uri(f"{folder.path}/")
        operation, marker, markers = f"list of {uri}", "", set[str]()
        listing = ListingCheck(operation, ascends=True)
        while True:
            location = Location(folder.list_url(self.scheme, delimiter, marker, most))
            try:
                page = page_of(self._requested(location, uri, "GET", _body, LARGEST_PAGE), folder, operation)
            except NotFound as error:
                raise PathNotFound(uri, "not found, or not to be listed without a SAS") from error
            yield from [entry for key, entry in page.entries.items() if listing.entry(key)]
            marker = page.marker
            if not marker:
                listing.finish()
                return
            if marker in markers:  # it would list the same pages without end
                raise DecodeError(operation, "NextMarker", marker, expected="the marker of the next page")
            markers.add(marker)

    def _file(self, path: str) -> Entry:
        location, uri = self._location(path), self.uri(path)
        representation, final_url = self._described(location, uri)
        start, end = urlsplit(location.url), urlsplit(final_url).path
        # Servers redirect the URL of a folder to the one with a slash.
        is_folder = start.path[-1:] in ("", "/") or end == f"{start.path}/"
        may_be_folder = not start.query and representation.media_type in PAGES and not representation.is_named
        if may_be_folder and (is_folder or self._is_listed(path)):
            return Entry(path.rstrip("/"), "folder", file_name=Uri(self.scheme, path).name)
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

    def _is_listed(self, path: str) -> bool:
        """Whether a page is a folder's list, on a server that does not redirect to the URL with a slash."""
        if PAGE_NAMES.search(path):
            return False
        try:
            # With the slash: the links of the page are relative to that URL, whatever it was requested by.
            return self._requested(self._location(f"{path}/"), self.uri(path), "GET", _index, _LARGEST_PAGE).is_titled
        except APIError:
            return False

    def entries(self, path: str) -> Iterator[Entry]:
        if folder := self._folder(path):
            return self._compared(folder.path, self._blobs(folder, "/"))
        return super().entries(path.rstrip("/"))  # as its URL is written

    def _entries(self, path: str) -> Iterator[Entry]:
        return self._linked(path, self._page(path))

    def _page(self, path: str) -> Index:
        uri = self.uri(f"{path}/")
        try:
            index = self._requested(self._location(f"{path}/"), uri, "GET", _index, _LARGEST_PAGE)
        except NotFound as error:
            # Some servers redirect the URL without the slash to a mirror's folder, and do not know the one with it.
            index = Index(fault="is missing")
            with suppress(APIError):
                index = self._requested(self._location(path), uri, "GET", _index, _LARGEST_PAGE)
            if index.fault:
                raise PathNotFound(uri, "not found") from error
        if index.fault:
            remedy = "Name the URL of a folder that its server lists, of a file, or a list of URLs: omics get LIST."
            raise NotListed(uri, f"cannot be listed: it {index.fault}", remedy=remedy)
        return index

    def _linked(self, path: str, index: Index) -> Iterator[Entry]:
        for segment, name, is_folder in index.links:
            yield Entry(f"{path}/{segment}", "folder" if is_folder else "file", file_name=name)
        if index.invalid:
            raise InconsistentListing(
                f"list of {self.uri(path)}/", f"{index.invalid[0]!r} cannot be the name of a file"
            )

    def below(self, path: str, needed: Callable[[str], bool] | None = None) -> Iterator[Entry]:
        if folder := self._folder(path):
            return self._compared(folder.path, self._blobs(folder, ""))
        top = path.rstrip("/")
        return self._compared(top, self._walked(top, needed))

    def names_below(self, path: str, needed: Callable[[str], bool] | None = None) -> Iterator[Entry]:
        del needed
        return self.below(path, lambda _: False)

    def completed(self, entry: Entry) -> Entry:
        if entry.size is not None:  # a blob
            return entry
        try:
            return self._stat(entry.path)._replace(file_name=entry.file_name)
        except (APIError, PathNotFound):  # it is listed, and its download fails with the reason
            return entry

    def described(self, entries: Iterable[Entry], needed: Callable[[str], bool] | None = None) -> Iterator[Entry]:
        def look_up(entry: Entry) -> Entry:
            return entry if entry.is_folder or (needed and not needed(entry.path)) else self.completed(entry)

        left = iter(entries)
        while block := list(islice(left, _AT_ONCE)):
            for entry in side_by_side(look_up, block):
                if isinstance(entry, OmicsError):
                    raise entry
                yield entry

    def _walked(self, path: str, needed: Callable[[str], bool] | None) -> Iterator[Entry]:
        """List all files below a folder, as `below`.

        Raises:
            InconsistentListing: After the last file: a folder below cannot be listed, or is listed within itself.
        """
        doubts: list[InconsistentListing] = []
        yield from self._level(path, needed, [], doubts)
        if doubts:
            raise doubts[0]

    def _level(
        self,
        path: str,
        needed: Callable[[str], bool] | None,
        above: Sequence[object],
        doubts: list[InconsistentListing],
        *,
        has_slashes: bool = False,
    ) -> Iterator[Entry]:
        index = self._page(path)
        listed = list(despite_contradictions(self._linked(path, index), doubts))
        names = [(entry.file_name, entry.kind) for entry in listed]
        # A link to a folder above is a folder on the page: the lists of all levels repeat below it.
        if above.count(names) >= _REPEATED or len(above) >= _DEEPEST:
            raise InconsistentListing(f"list of {self.uri(path)}/", "the folder is listed within itself")
        has_slashes |= index.has_slashes
        # Without slashes only its response shows whether a link is to a folder, which the wanted files may be below.
        for entry in self.described(listed, needed if has_slashes else None):
            if not entry.is_folder:
                yield entry
                continue
            try:
                yield from self._level(entry.path, needed, [*above, names], doubts, has_slashes=has_slashes)
            except InconsistentListing as error:
                doubts.append(error)
            except (APIError, PathError) as error:
                doubts.append(InconsistentListing(f"list of {self.uri(path)}/", error.message))

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
        return self._requested(location, mask_url(location.url), "HEAD", _representation("HEAD", location))[0]

    def uri(self, path: str) -> str:
        """A URL as it is shown: without secrets."""
        return mask_url(super().uri(path))

    def _location(self, path: str) -> Location:
        """Return a URL with the login for its origin."""
        folder = folder_in(path, self._signatures) if self._signatures and "?" not in path else None
        url = f"{self.scheme}://{path}{f'?{folder.query}' if folder is not None else ''}"
        login, (authority, slash, rest) = self._credentials, path.partition("/")
        user, at, host = authority.rpartition("@")
        headers: Mapping[str, str] = {}
        if at:
            url = f"{self.scheme}://{host}{slash}{rest}"
            name, has_password, password = user.partition(":")
            login = Basic(unquote(name), unquote(password), origins=[origin_of(url)])
            headers = {} if has_password else self._netrc.headers(url, unquote(name))
        sends = login is not None and login.goes_to(url)
        if at and not is_confidential(url):
            raise WrongUri(f"{self.uri(path)}: a password is not sent over http", remedy="Use the https URL.")
        headers = headers or (login.headers("GET", url) if login is not None and sends else self._netrc.headers(url))
        return Location(url, headers, states=quickest_checksum)

    def _described(self, location: Location, uri: str) -> tuple[Representation, str]:
        """Request the headers of a file, and its URL after redirects: by HEAD, or by GET, whose body is cut off, if that is refused.

        URLs that are presigned for GET refuse HEAD; some servers do not implement it, or state no length.
        """
        try:
            described = self._requested(location, uri, "HEAD", _representation("HEAD", location))
        except APIError as error:
            # A server that is down or overloaded refuses GET likewise; 500 may be a program's that cannot handle HEAD.
            if error.status in LATER - {500}:
                raise
            described = None
        try:
            return (
                self._requested(location, uri, "GET", _representation("GET", location))
                if described is None or (described[0].size is None and described[0].media_type not in PAGES)
                else described
            )
        except NotFound as error:
            raise PathNotFound(uri, "not found") from error

    def _requested(
        self, start: Location, uri: str, method: str, read: Callable[[StreamedResponse, str], T], most: int = 0
    ) -> T:
        location, failures, hops, start_time = start, 0, 0, self._clock.monotonic()
        while True:
            later: float | None = None
            try:
                with shared_pool().get(location.url, headers_for(location), most, method=method) as response:
                    verdict = judge(_ALL, response.status, response.headers, self._clock.now())
                    if verdict.kind is Kind.ACCEPT:
                        return read(response, location.url)
                    if verdict.kind is not Kind.MOVED:
                        raise unavailable(uri, location.url, verdict, response.headers, response.refusal())
                hops, later = hops + 1, verdict.retry_after
                error: OmicsError = TimedOut(
                    "the service is not ready to provide it", method=method, url=uri, operation=uri
                )
                location = followed(location, next_url(location.url, verdict.location, hops, method), verdict.cookies)
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


def _index(response: StreamedResponse, url: str) -> Index:
    media_type, body = representation_of(response.lines, url, "GET").media_type, bytearray()
    for piece in response.pieces() if media_type in PAGES else ():
        body += piece
        if len(body) > _LARGEST_PAGE:
            return Index(fault=f"has more than {_LARGEST_PAGE:,} bytes")
    return index_of(url, media_type, bytes(body))


def _body(response: StreamedResponse, url: str) -> bytes:
    body = bytearray()
    for piece in response.pieces():
        body += piece
        if len(body) > LARGEST_PAGE:
            raise DecodeError("list of blobs", "", without_query(url), expected=f"at most {LARGEST_PAGE:,} bytes")
    return bytes(body)


def _representation(method: str, location: Location) -> Callable[[StreamedResponse, str], tuple[Representation, str]]:
    return lambda response, final_url: (representation_of(response.lines, location.url, method), final_url)


class HttpStore(HttpsStore):
    """As `HttpsStore`, over connections that are not encrypted."""

    scheme: ClassVar[str] = "http"
