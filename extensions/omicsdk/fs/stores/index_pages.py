"""Pages on which web servers list a folder: Apache, nginx, lighttpd, Caddy, Python's http.server and others. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from omicsdk.core.named_tuples import NamedTuple
from omicsdk.fs.uris import name_in_url
from omicsdk.transfer.names import wrong_with
from omicsdk.transfer.network.requests import URL_SAFE

#: Maximum number of links that are read of a page.
MOST_LINKS = 1_000_000
#: Media types of pages.
PAGES = ("text/html", "application/xhtml+xml")

_TITLE = re.compile(r"index of|directory listing", re.IGNORECASE)
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
    """

    links: Sequence[Link] = ()
    fault: str = ""
    invalid: Sequence[str] = ()


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
    page = _Page()
    page.feed(body.decode("utf-8", "surrogateescape"))
    page.close()
    if len(page.links) > MOST_LINKS:
        return Index(fault=f"has more than {MOST_LINKS:,} links")
    base, links, invalid = urljoin(url, page.base), dict[str, Link](), dict[str, None]()
    for href in page.links:
        segment, slash, deeper = _below(folder, base, href).partition("/")
        name = name_in_url(segment)
        if not segment or deeper:
            continue
        if wrong_with(name) or "/" in name or "\\" in name:
            invalid[segment] = None
        else:
            links.setdefault(name, Link(segment, name, bool(slash)))
    if links or invalid or page.is_index:
        return Index(list(links.values()), invalid=list(invalid))
    what = "a login page" if page.asks_for_password else "a web page"
    return Index(fault=f"is {what}, not a list of files")


def _below(folder: SplitResult, base: str, href: str) -> str:
    """Return a link's path below a folder, percent-encoded; empty if it is elsewhere, or sorts the page by its query."""
    try:
        # Bytes that are not UTF-8 are percent-encoded as they were.
        target = urlsplit(quote(urljoin(base, href), safe=URL_SAFE, errors="surrogateescape"))
    except ValueError:  # brackets that are no address
        return ""
    is_other = (target.scheme, target.netloc.lower()) != (folder.scheme, folder.netloc.lower())
    above, path = (re.sub("//+", "/", parts.path) for parts in (folder, target))
    parts = path.split("/", above.count("/"))
    # One folder may be escaped in two ways.
    is_other |= unquote("/".join([*parts[:-1], ""])) != unquote(above)
    return "" if is_other or target.query or target.fragment else parts[-1]


class _Page(HTMLParser):
    """The links of a page, and what shows its kind."""

    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.links: list[str] = []
        self.is_index = self.asks_for_password = self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fields = dict(reversed(attrs))  # of a repeated one the first
        href = (fields.get("href") or "").strip()
        if tag == "a" and href and len(self.links) <= MOST_LINKS:
            self.links.append(href)
            self.is_index |= href in _PARENTS
        elif tag == "base":
            self.base = self.base or href
        self.asks_for_password |= tag == "input" and (fields.get("type") or "").lower() == "password"
        self._in_title = tag in ("title", "h1")

    def handle_data(self, data: str) -> None:
        self.is_index |= self._in_title and bool(_TITLE.match(data.strip()))
