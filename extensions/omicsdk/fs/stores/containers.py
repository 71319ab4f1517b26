"""Containers of Azure's blob store at URLs: those of a SAS, and public ones. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, quote, unquote, urlsplit

from omicsdk.core.checksums import from_base64
from omicsdk.core.errors import DecodeError
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.retry import seconds_of_date
from omicsdk.core.type_guards import number_in
from omicsdk.fs.store import Entry
from omicsdk.fs.uris import name_in_url

# Azure's own hosts, in all its clouds; a container of another host is known by its SAS.
_HOST = re.compile(r"[a-z0-9-]+\.(?:z[0-9]+\.)?blob\.(?:core|storage)\.", re.IGNORECASE)
# Emulators have the account in the path, as their hosts are addresses.
_ACCOUNT_IN_PATH = re.compile(r"(?:[0-9.]+|\[[0-9a-fA-F:]+\]|localhost)(?::[0-9]+)?\Z")
_CONTAINER = re.compile(r"\$(?:root|web|logs)|[a-z0-9](?:-?[a-z0-9]){2,62}")
#: Most bytes of a page, which has at most 5,000 blobs.
LARGEST_PAGE = 64 * 1024 * 1024


class Folder(NamedTuple):
    """A container, or what its keys begin with.

    Attributes:
        container: The container's URL without its scheme and query.
        prefix: What the keys begin with: empty for all, else with a slash at its end.
        query: The SAS, without a question mark; empty for a public container.
        is_stated: Whether the URL names a folder, not what may be a blob.
    """

    container: str
    prefix: str
    query: str
    is_stated: bool

    @property
    def path(self) -> str:
        """Its URL without scheme, query and the slash at its end."""
        return f"{self.container}/{quote(self.prefix)}".rstrip("/")

    def list_url(self, scheme: str, delimiter: str, marker: str, most: int | None = None) -> str:
        """Return the URL of a page of its list.

        Args:
            scheme: The URL's scheme.
            delimiter: What ends the name of a folder in it; empty to list all that is below.
            marker: The marker that the page before states; empty for the first page.
            most: Most entries; None for as many as the service has on a page.
        """
        fields = {"prefix": self.prefix, "delimiter": delimiter, "marker": marker, "maxresults": str(most or "")}
        query = "".join(f"&{name}={quote(value, safe='')}" for name, value in fields.items() if value)
        return f"{scheme}://{self.container}?restype=container&comp=list{query}{self.query and f'&{self.query}'}"


def folder_in(path: str, signatures: Mapping[str, str]) -> Folder | None:
    """Return what a URL names in a container; None if it is of no container that may be listed.

    Args:
        path: The URL without its scheme.
        signatures: The SAS of containers whose URLs had one, by those without it.
    """
    parts = urlsplit(f"//{path}")
    query = parse_qs(parts.query)
    is_signed = "sig" in query and ("c" in query.get("srt", [""])[0] or query.get("sr", [""])[0] in ("c", "d"))
    depth = 2 if _ACCOUNT_IN_PATH.match(parts.netloc) else 1
    names = parts.path.strip("/").split("/")
    container = "/".join([parts.netloc, *names[:depth]])
    is_known = is_signed or container in signatures or (not parts.query and _HOST.match(parts.netloc) is not None)
    if not is_known or len(names) < depth or not _CONTAINER.fullmatch(names[depth - 1]):
        return None
    key = unquote(parts.path[1:].split("/", depth)[-1]) if len(names) > depth else ""
    prefix = f"{key.rstrip('/')}/" if key else ""
    signature = parts.query if is_signed else signatures.get(container, "")
    return Folder(container, prefix, signature, not key or parts.path.endswith("/"))


class Page(NamedTuple):
    """A page of a list.

    Attributes:
        entries: Blobs and folders, by their keys.
        marker: That of the next page; empty on the last one.
    """

    entries: Mapping[str, Entry]
    marker: str


def page_of(body: bytes, folder: Folder, operation: str) -> Page:
    """Return the entries of a page.

    Args:
        body: The page.
        folder: What it lists.
        operation: The request, for errors.

    Raises:
        DecodeError: It is no list of blobs.
    """
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - expat bounds what entities expand to
    except (ElementTree.ParseError, LookupError, ValueError) as error:  # the last two of an encoding that it lacks
        raise DecodeError(operation, "", body[:100].decode("utf-8", "replace"), expected="a list of blobs") from error
    if root.tag != "EnumerationResults":
        raise DecodeError(operation, "", root.tag, expected="a list of blobs")
    entries = dict[str, Entry]()
    for element in root.iterfind("Blobs/*"):
        name = element.find("Name")
        key = "" if name is None else name.text or ""
        if name is not None and name.get("Encoded") == "true":
            key = unquote(key)
        if not key or not key.startswith(folder.prefix):
            raise DecodeError(operation, "Name", key, expected=f"a key that begins with {folder.prefix!r}")
        path = f"{folder.container}/{quote(key)}"
        facts = {member.tag: member.text or "" for member in element.iterfind("Properties/*")}
        # As in buckets: a blob whose key ends in a slash marks its folder, unless it has data.
        is_marker = key.endswith("/") and not number_in(facts.get("Content-Length"))
        if element.tag == "BlobPrefix":
            path = path.removesuffix("/")  # of d//, the folder without a name in d
            entries[key] = Entry(path, "folder", file_name=name_in_url(path.rpartition("/")[2]))
        elif element.tag == "Blob" and not is_marker and facts.get("ResourceType") != "directory":
            entries[key] = _blob(path, facts)
    return Page(entries, (root.findtext("NextMarker") or "").strip())


def _blob(path: str, facts: Mapping[str, str]) -> Entry:
    md5 = from_base64("md5", facts.get("Content-MD5", ""))
    etag = f'"{facts["Etag"]}"' if facts.get("Etag") else ""  # with its quotes, as in headers
    details = {"etag": etag, "content_type": facts.get("Content-Type", "")}
    return Entry(
        path,
        "file",
        number_in(facts.get("Content-Length")),
        {"md5": md5} if md5 else {},
        seconds_of_date(facts.get("Last-Modified", "")),
        etag,
        {name: value for name, value in details.items() if value},
        file_name=name_in_url(path.rpartition("/")[2]),
    )
