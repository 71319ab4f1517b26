"""The addresses that a reference may use: the document's folder, copies of web pages, and those that the user allowed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from posixpath import normpath
from urllib.parse import SplitResult, quote_from_bytes, unquote, urlsplit

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
    """Say whether an address is one of the network."""
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
    except (
        RecursionError
    ):  # the document nests too deeply, which its reader reports; a loop of links is a RuntimeError, too
        raise
    except (OSError, ValueError, RuntimeError) as error:
        raise Refused("which is not a valid path on this system", "Refer to a file beside the document.") from error
    if not inside:
        raise Refused(
            "which is outside the document's folder",
            "Name a folder that contains both with --root, or put the file into the document's folder.",
        )
    return path


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
            and path.is_file()
        ):
            return path
    return None


def is_allowed(url: str, prefixes: Sequence[str]) -> bool:
    """Say whether the user allowed an address.

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
