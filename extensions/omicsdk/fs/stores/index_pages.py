"""Pages on which web servers list a folder: Apache, nginx, lighttpd, Caddy, Python's http.server and others. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from omicsdk.core.named_tuples import NamedTuple
from omicsdk.fs.uris import name_in_url
from omicsdk.transfer.names import wrong_with
from omicsdk.transfer.network.requests import URL_SAFE

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
            hrefs.append(href)
        base = href if tag == "base" and not base else base
        is_index |= href in _PARENTS or (tag in ("title", "h1") and bool(_TITLE.match(text.strip())))
        asks_for_password |= tag == "input" and fields.get("type", "").lower() == "password"
        if len(hrefs) > MOST_LINKS:
            return Index(fault=f"has more than {MOST_LINKS:,} links")
    base, links, invalid = urljoin(url, base), dict[str, Link](), dict[str, None]()
    # The root ends in a slash wherever it is linked.
    parent, has_slashes = urljoin(url, "../") if folder.path.count("/") > 2 else "", False
    for href in hrefs:
        has_slashes |= href in ("../", "./../") or (href.endswith("/") and urljoin(base, href) == parent)
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


def _elements(page: str) -> Iterator[tuple[str, Mapping[str, str], str]]:
    """Yield the elements that matter: the tag, its attributes, and the text after it. Comments and scripts are left out."""
    shown, *parts = _HIDDEN.split(page)
    for element in _ELEMENT.finditer(shown + "".join("".join(_SHOWN.split(part, 1)[1:]) for part in parts)):
        fields = {
            field[1].lower(): unescape(field[2] or field[3] or field[4] or "")
            for field in reversed([*_ATTRIBUTE.finditer(element[2])])
        }
        yield element[1].lower(), fields, element[3]
