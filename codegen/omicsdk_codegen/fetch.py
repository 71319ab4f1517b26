"""Fetching a document's references from the network, where the user allowed it."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from .addresses import Refused, is_allowed, spoken
from .limits import MAX_BYTES

if TYPE_CHECKING:
    import httpx

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
    except (httpx.HTTPError, httpx.InvalidURL) as error:
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
        return {} if self._tag is None else {"If-None-Match": self._tag}

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
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(body)
    # Several generators may share the cache: each file appears whole.
    Path(name).replace(path)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
