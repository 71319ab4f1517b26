"""The addresses that a reference may use: the document's folder, copies of web pages, and those that the user allowed, which are fetched."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from posixpath import normpath
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote_from_bytes, unquote, urljoin, urlsplit

from .limits import MAX_BYTES

if TYPE_CHECKING:
    import httpx


_PORTS = {"http": 80, "https": 443}


class Refused(Exception):
    """An address that must not be opened, or is missing.

    Attributes:
        message: what is wrong with it; follows "it refers to X, ".
        remedy: what to do.
        missing: whether it is only missing.
    """

    def __init__(self, message: str, remedy: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.missing = missing


def is_web(uri: str) -> bool:
    """Whether an address is one of the network."""
    return uri.partition(":")[0].lower() in _PORTS


def spoken(reference: str) -> str:
    """Return a reference for messages: a network address without possible secrets."""
    if not is_web(reference):
        return reference
    scheme, _, rest = reference.partition(":")
    host, slash, path = rest.lstrip("/").partition("/")
    bare, _, fragment = path.partition("#")
    tail = f"#{fragment}" if fragment else ""
    return f"{scheme}://{host.rpartition('@')[2].partition('?')[0]}{slash}{bare.partition('?')[0]}{tail}"


def uri_of(path: Path) -> str:
    """Return the uri of a file, an absolute path."""
    # From Python 3.14 on Path.as_uri imports urllib.request, and so http.client.
    return path.as_uri() if os.name == "nt" else f"file://{quote_from_bytes(os.fsencode(path))}"


def file_of(uri: str, folder: Path) -> Path:
    """Turn a file's uri into its path.

    Args:
        uri: absolute, `file:///...`, percent-encoded or not.
        folder: nothing outside it is opened, links followed.

    Raises:
        Refused: it is outside, on another machine, or not a file's.
    """
    from urllib.request import url2pathname  # imports http.client

    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc:
        raise Refused(
            "which is neither a file in the document's folder nor a web address", "Refer to a file beside the document."
        )
    try:
        path = Path(url2pathname(parts.path)).resolve()
        inside = path.is_relative_to(folder.resolve())
    except RecursionError:  # of a document that nests too deeply, which its reader reports
        raise
    except (OSError, ValueError, RuntimeError) as error:  # a RuntimeError is a loop of links
        raise Refused("which is not a valid path on this system", "Refer to a file beside the document.") from error
    if not inside:
        raise Refused(
            "which is outside the document's folder",
            "Name a folder that contains both with --root, or put the file into the document's folder.",
        )
    return path


def is_file(path: Path) -> bool:
    """Whether a file exists; one whose name is too long for any does not."""
    try:
        return path.is_file()
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return False


def copy_of(url: str, refs: Path | None) -> Path | None:
    """Find the copy DIR/<host>/<path> of a web address.

    Args:
        url: the address; query and fragment are ignored. A host with a port is looked up as `host:port` and as `host_port`.
        refs: the folder of copies; None if there is none.

    Returns:
        The copy, or None if there is none inside the folder.
    """
    parts = _split(url)
    if refs is None or parts is None or parts.hostname is None or "\0" in unquote(parts.path):
        return None
    hosts = (
        [parts.hostname] if parts.port is None else [f"{parts.hostname}:{parts.port}", f"{parts.hostname}_{parts.port}"]
    )
    for host in hosts:
        path = (refs / host / unquote(parts.path).lstrip("/")).resolve()
        if (
            # Compared after links are followed: a copy must be below its own host's folder.
            path.is_relative_to((refs / host).resolve())
            and (refs / host).resolve().parent == refs.resolve()
            and is_file(path)
        ):
            return path
    return None


def is_allowed(url: str, prefixes: Sequence[str]) -> bool:
    """Whether the user allowed an address.

    Args:
        url: the address; one with a name or password in it is never allowed.
        prefixes: scheme, host and port must be the same, and the path the same or below it.
    """
    target = _split(url)
    if target is None or target.username or target.password:
        return False
    path = _path(target)
    for prefix in prefixes:
        allowed = _split(prefix)
        if allowed is None or (allowed.scheme, allowed.hostname, _port(allowed)) != (
            target.scheme,
            target.hostname,
            _port(target),
        ):
            continue
        below = _path(allowed)
        if path == below or path.startswith(below if below.endswith("/") else below + "/"):
            return True
    return False


def host_of(url: str) -> str | None:
    """An address's scheme, host and port, which allow all that is below them; None if it is invalid."""
    parts = _split(url)
    return None if parts is None else f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _port(parts)
    except ValueError:
        return None
    return parts if parts.scheme in _PORTS and parts.hostname else None


def _port(parts: SplitResult) -> int | None:
    return parts.port or _PORTS.get(parts.scheme)


def _path(parts: SplitResult) -> str:
    path = unquote(parts.path) or "/"
    # Unquoted and without `..` before it is compared: `/schemas/%2e%2e/x` is not below /schemas. normpath keeps two
    # leading slashes.
    flat = normpath(path).replace("//", "/")
    return flat + "/" if path.endswith("/") and flat != "/" else flat


# As many redirects as a published schema's short address needs, and a few more.
_MAX_REDIRECTS = 5
_REMEDY = "Keep a copy of it, and name the folder of copies with --refs."


def fetch(url: str, prefixes: Sequence[str], cache: Path | None = None, timeout: float = 30.0) -> bytes:
    """Get one address.

    Args:
        url: an allowed address.
        prefixes: allowed addresses; redirects are followed only to these.
        cache: folder of cached pages by their content, so that a page that is unchanged on the server is not sent again;
            None keeps nothing.
        timeout: seconds for connecting, and for each read.

    Raises:
        Refused: it cannot be reached, responds without a body, redirects elsewhere, or is larger than
            `limits.MAX_BYTES`.
    """
    import httpx

    try:
        # Redirects are followed here, since each address must be one that the user allowed.
        with httpx.Client(timeout=timeout, follow_redirects=False) as client:
            for _ in range(_MAX_REDIRECTS + 1):
                if not is_allowed(url, prefixes):
                    message = f"which leads to {spoken(url)}, where nothing is allowed to be fetched"
                    raise Refused(message, "Allow it with --allow-url.")
                cached = _CachedResponse(cache, url)
                with client.stream("GET", url, headers=cached.conditions()) as response:
                    if response.has_redirect_location:
                        url = urljoin(url, response.headers["location"])
                        continue
                    return (
                        cached.body
                        if cached.body is not None and response.status_code == 304
                        else _body(response, cached)
                    )
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:  # ValueError: of a malformed address or host
        raise Refused(f"which cannot be fetched ({type(error).__name__})", _REMEDY) from error
    raise Refused(f"which redirects more than {_MAX_REDIRECTS} times", _REMEDY)


def _body(response: httpx.Response, cached: _CachedResponse) -> bytes:
    if response.status_code != 200:
        raise Refused(f"which returns status {response.status_code}", _REMEDY)
    body = bytearray()
    for block in response.iter_bytes():
        body += block
        if len(body) > MAX_BYTES:
            raise Refused(f"which has more than {MAX_BYTES >> 20} MiB", _REMEDY)
    cached.keep(bytes(body), response.headers.get("etag"))
    return bytes(body)


class _CachedResponse:
    """A cached address: a small file names the content and its entity tag, another is the content."""

    def __init__(self, cache: Path | None, url: str) -> None:
        self._cache = cache
        self._row = None if cache is None else cache / f"{_digest(url.encode())}.json"
        self._tag: str | None = None
        self.body: bytes | None = None
        if self._row is not None:
            self._find(self._row)

    def _find(self, path: Path) -> None:
        try:
            row: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
            content, tag = row["content"], row["etag"]
            body = (path.parent / content).read_bytes()
        except (OSError, ValueError, KeyError, TypeError):
            return  # not there, or damaged: fetched again
        # Its name is its checksum: what is damaged is fetched again.
        if _digest(body) == content:
            self.body, self._tag = body, tag

    def conditions(self) -> dict[str, str]:
        """Return headers that request the page only if it has changed."""
        # httpx sends ASCII only, and reads other tags as well.
        return {"If-None-Match": self._tag} if self._tag is not None and self._tag.isascii() else {}

    def keep(self, body: bytes, tag: str | None) -> None:
        """Store a page whose server can report whether it has changed."""
        if self._cache is None or self._row is None or tag is None:
            return
        name = _digest(body)
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
            # The content before the row that names it: an interrupted write leaves no row without a content.
            _write(self._cache / name, body)
            _write(self._row, json.dumps({"content": name, "etag": tag}).encode())
        except OSError:
            return  # a cache that cannot be written is none


def _write(path: Path, body: bytes) -> None:
    # Several generators may share the cache: each file appears whole. What a full disk has no room for is removed.
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        part = Path(folder, path.name)
        part.write_bytes(body)
        part.replace(path)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
