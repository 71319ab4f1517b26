"""What the headers of an HTTP response state of a file: its size, date, name and checksums. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from omicsdk.core.checksums import cheapest, from_base64, hexadecimal
from omicsdk.core.retry import seconds_of_date
from omicsdk.transfer.names import wrong_with
from omicsdk.transfer.network.header_checksums import object_checksums
from omicsdk.transfer.network.requests import last_status, length_in, parse_head, validator_in

#: Name of a file whose server and URL state none, as browsers have it.
UNNAMED = "download"

#: Names of algorithms in Digest (RFC 3230) and Repr-Digest (RFC 9530). Both cover the whole file, also in a response
#: with a part of it; Content-MD5 covers the bytes that were sent.
_DIGESTS = {"sha-256": "sha256", "sha-512": "sha512", "sha": "sha1", "md5": "md5", "crc32c": "crc32c"}
_AMAZON = ("sha256", "sha1", "crc32c", "md5")
_STRUCTURED = re.compile(
    r"(?<![\sA-Za-z0-9*_.-])\s*+([A-Za-z0-9*_.-]++)\s*+=\s*:([A-Za-z0-9+/=]*):\s*(?:;[^,]*)?(?:,|\Z)"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Representation:
    """A file, as a response describes it.

    Attributes:
        name: Its name, one part, safe in any folder.
        size: Its size in bytes; None if it is not stated.
        checksums: Its checksums by algorithm.
        modified: When it changed last, in seconds since 1970; None if it is not stated.
        validator: Its ETag or date, as `validator_in` returns it.
        media_type: Its media type in lower case, without parameters.
        is_named: Whether the server states the name, not only the URL.
    """

    name: str
    size: int | None = None
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])
    modified: float | None = None
    validator: str = ""
    media_type: str = ""
    is_named: bool = False


def representation_of(lines: Sequence[bytes], url: str, method: str) -> Representation:
    """Return what a response of status 200, or 204 for a file without bytes, states of it.

    Args:
        lines: Its head, as received.
        url: The URL that the user named, before redirects.
        method: The request's method: some servers answer HEAD without the length of what GET returns, with 0.
    """
    headers = joined_headers(lines)
    size = length_in(headers)
    size = None if size == 0 and method == "HEAD" else size
    named = disposition_name(headers.get("content-disposition", ""))
    return Representation(
        named or url_name(url),
        0 if last_status(lines)[0][9:12] == b"204" else size,
        stated_checksums(headers),
        seconds_of_date(headers.get("last-modified", "")),
        validator_in(headers),
        headers.get("content-type", "").partition(";")[0].strip().lower(),
        bool(named),
    )


def joined_headers(lines: Sequence[bytes]) -> dict[str, str]:
    """Return the last head of a response with lower-case names; values of a repeated field are joined by commas.

    Args:
        lines: Status and header lines as received.
    """
    status = last_status(lines)[0]
    # Heads of proxies (for CONNECT) and interim ones may come before.
    first = max((number for number, line in enumerate(lines) if line == status), default=0)
    joined: dict[str, str] = {}
    for line in lines[first:]:
        for name, value in parse_head([line])[1].items():
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def stated_checksums(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the checksums of a whole file that a response with all of it, or to HEAD, states.

    Args:
        headers: Its headers with lower-case names, values of repeated fields joined by commas.

    Returns:
        Values by algorithm; where fields differ, none of that algorithm.
    """
    collected: dict[str, set[str]] = {}
    for name, value in _header_checksums(headers):
        if value:
            collected.setdefault(name, set()).add(value)
    # Which of two that differ is right cannot be known, and a wrong one would fail a right file.
    return {name: values.pop() for name, values in collected.items() if len(values) == 1}


def quickest_checksum(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the one checksum of `stated_checksums` that costs least to compute; empty if there is none.

    Args:
        headers: As for `stated_checksums`.
    """
    return cheapest(stated_checksums(headers))


def _header_checksums(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for part in headers.get("digest", "").split(","):
        algorithm, _, value = part.strip().partition("=")
        if ours := _DIGESTS.get(algorithm.strip().lower()):
            yield ours, hexadecimal(ours, value.strip())  # some servers write its digits
    for match in _STRUCTURED.finditer(headers.get("repr-digest", "")):
        if ours := _DIGESTS.get(match[1].lower()):
            yield ours, from_base64(ours, match[2])
    for header in ("content-md5", "x-ms-blob-content-md5"):
        yield "md5", from_base64("md5", headers.get(header, "").strip())
    yield from google_checksums(headers)
    yield from _amazon_checksums(headers)


def google_checksums(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the checksums of x-goog-hash, each with its algorithm.

    Args:
        headers: As for `stated_checksums`.
    """
    # An object that is stored compressed and sent decompressed: the checksum is that of the stored bytes.
    stored = headers.get("x-goog-stored-content-encoding", "identity")
    if stored != headers.get("content-encoding", "identity"):
        return
    for part in headers.get("x-goog-hash", "").split(","):
        name, _, value = part.strip().partition("=")
        if name in ("md5", "crc32c"):
            yield name, from_base64(name, value)


def _amazon_checksums(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    # Elsewhere an ETag of 32 digits need not be an MD5: of S3 Express, of other servers.
    is_digest = headers.get("server") == "AmazonS3" and headers.get("x-amz-storage-class") != "EXPRESS_ONEZONE"
    checksums = object_checksums({**headers, "etag": headers.get("etag", "").lower()}, etags=is_digest)
    yield from ((name, checksums[name]) for name in _AMAZON if name in checksums)


# A quoted value may lack its end; an unquoted one may have spaces.
_PARAMETER = re.compile(r'(?:^|;)\s*([^\s;="]+)\s*=\s*(?:"((?:\\.|[^"\\])*)|([^;]*))')


def disposition_name(header: str) -> str:
    """Return the file name of a Content-Disposition header (RFC 6266), safe in any folder; empty if it states none.

    Args:
        header: Its value, decoded as Latin-1.
    """
    parameters: dict[str, str] = {}
    for parameter, quoted, token in _PARAMETER.findall(_CONTROL.sub("", header)):
        # A backslash before another character separates parts of a path, as of old browsers on Windows.
        parameters.setdefault(parameter.lower(), re.sub(r'\\(["\\])', r"\1", quoted) or token.strip(" "))
    charset, *encoded = parameters.get("filename*", "").split("'", 2)
    if len(encoded) == 2:  # RFC 8187: charset'language'text
        try:
            return _last_part(unquote_to_bytes(encoded[1].encode("latin-1")).decode(charset or "utf-8"))
        except (LookupError, UnicodeError):  # then the other parameter is for readers that do not know the charset
            pass
    name = parameters.get("filename", "")
    try:  # many servers send UTF-8 where the standard has Latin-1 or an encoding
        name = name.encode("latin-1").decode("utf-8")
    except UnicodeError:
        pass
    return _last_part(name)


def url_name(url: str) -> str:
    """Return the file name of a URL, safe in any folder: the last part of its path, or `UNNAMED`.

    Args:
        url: The URL.
    """
    return _last_part(unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])) or UNNAMED


def _last_part(name: str) -> str:
    """Return the last part of a path of any system; empty if it is no name."""
    last = _CONTROL.sub("", re.split(r"[/\\]", name)[-1]).strip()
    return "" if wrong_with(last) else last
