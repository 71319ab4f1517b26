"""An object as its DRS server describes it, as plain data: a file with its size, checksums and access methods, or a bundle."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Any
from urllib.parse import unquote

from omicsdk.core.checksums import hexadecimal
from omicsdk.core.consistency import declared_number
from omicsdk.core.dates import seconds_of
from omicsdk.core.errors import DecodeError, TransferError, UnsafePath
from omicsdk.core.redaction import url_parts
from omicsdk.core.type_guards import is_array, is_object, only_objects


class NoAccess(TransferError):
    """No access method for an object's bytes works: its server lists none, or none that is supported.

    Args:
        message: What was tried, and how it failed.
        name: The object's name or identifier.
    """

    default_remedy = "Ask the server's operators for the location of its bytes; the object may not be uploaded yet."


class BundleTooDeep(TransferError):
    """A bundle that holds itself, or more levels than any folder has."""

    default_remedy = "Download its members one by one."


class IsABundle(TransferError):
    """A stated file is a bundle of files."""

    default_remedy = "Omit its size and checksums to download its members."


#: Names of algorithms as servers write them (GA4GH's registry, IANA's, and Gen3's), and ours.
_ALGORITHMS = {
    "md5": "md5",
    "md-5": "md5",
    "sha1": "sha1",
    "sha-1": "sha1",
    "sha256": "sha256",
    "sha-256": "sha256",
    "sha512": "sha512",
    "sha-512": "sha512",
    "crc32c": "crc32c",
    "etag": "s3_etag",
}


STORED = ("gs://", "s3://")
"""Beginnings of URLs of storage, which is read with the user's own credentials."""


@dataclass(frozen=True, slots=True)
class AccessMethod:
    """One access method of an object's bytes.

    Attributes:
        kind: The protocol, such as s3, gs, https.
        access_id: Requests a URL from the server; empty if the URL is stated.
        url: The stated URL; empty if there is none.
        headers: Headers for requests to the stated URL; secrets.
        cloud: The storage's provider, such as aws; empty if not stated.
        region: The storage's region; empty if not stated.
        available: Whether the bytes can be read immediately; False if they have to be restored from an archive first.
    """

    kind: str
    access_id: str = ""
    url: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    cloud: str = ""
    region: str = ""
    available: bool = True

    @property
    def is_direct(self) -> bool:
        """Whether the stated URL can be downloaded directly."""
        return self.url.startswith(("https://", "http://"))

    @property
    def is_stored(self) -> bool:
        """Whether the URL names an object of Google's storage or S3, and the server offers no other one."""
        return not self.access_id and self.url.startswith(STORED)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a bundle.

    Attributes:
        name: Its name in the bundle.
        id: Its identifier on the bundle's server; empty if only `uri` is stated.
        uri: Its DRS URI; empty if not stated.
        members: Its members, if the server lists them too; None if it is a file, or was not listed.
    """

    name: str
    id: str
    uri: str
    members: tuple[Member, ...] | None = None


@dataclass(frozen=True, slots=True)
class DrsObject:
    """An object.

    Attributes:
        id: Its identifier on its server.
        name: Its name as a file, which may contain slashes and anything else; never empty.
        size: Its size in bytes; None if not stated.
        checksums: Checksums that can be verified, from algorithm to lower-case value.
        methods: Access methods, as the server lists them.
        members: The members of a bundle; None for a file.
        modified: When its contents changed last, or were created, in seconds since 1970; None if not stated.
    """

    id: str
    name: str
    size: int | None
    checksums: Mapping[str, str]
    methods: tuple[AccessMethod, ...]
    members: tuple[Member, ...] | None = None
    modified: float | None = None

    @property
    def is_bundle(self) -> bool:
        """Whether it is a bundle."""
        return self.members is not None


# When contents changed. Most records of Gen3 state only when they were changed themselves, which is not before their contents.
_TIMES = ("updated_time", "created_time", "index_updated_time", "index_created_time")


def object_of(payload: Mapping[str, Any], requested_id: str = "") -> DrsObject:
    """Parse a server's response for an object.

    Args:
        payload: The decoded response.
        requested_id: The requested identifier, for a response without one.

    Raises:
        UnsafePath: Its name, or that of a member, is not text.
        DecodeError: Its size is no whole number; or it is a bundle without a list of members, or the list contains something else.
    """
    id = payload.get("id") or requested_id
    methods = tuple(map(_method, only_objects(payload.get("access_methods"))))
    contents, form = payload.get("contents"), payload.get("form")
    # Gen3's index listed no contents of files too until 2022; one that is not uploaded yet has no methods either.
    is_bundle = (contents is not None and (bool(contents) or not (methods or form == "object"))) or form == "bundle"
    return DrsObject(
        id=str(id),
        name=_name(payload, f"object {id}") or _name_from(str(id), methods),
        size=declared_number(payload.get("size"), "size", "get_object", text=True),  # a text in DRS 0.x
        checksums=checksums_of(payload.get("checksums")),
        methods=methods,
        members=_members(contents) if is_bundle else None,
        modified=next((moment for name in _TIMES if (moment := seconds_of(payload.get(name))) is not None), None),
    )


def bundle_problem(bundle: DrsObject, members: Sequence[DrsObject]) -> str:
    """Return in what a bundle does not fit its members; empty if it fits them, or states nothing to compare.

    A bundle's size is the sum of its members' sizes, its checksum that of their checksums, sorted and joined (GA4GH DRS
    1.5, DrsObject). Members may have changed since, so this is a reason for doubt alone.

    Args:
        bundle: The bundle.
        members: Its direct members, as their servers describe them.
    """
    if not members:
        return "its server lists no members"
    sizes = [member.size for member in members]
    total = sum(size or 0 for size in sizes)
    if bundle.size is not None and None not in sizes and total != bundle.size:
        return f"its size is stated as {bundle.size} bytes, but its members have {total}"
    for algorithm in ("md5", "sha1", "sha256"):
        values = [member.checksums.get(algorithm, "") for member in members]
        if not all(values) or algorithm not in bundle.checksums:
            continue
        joined = "".join(sorted(values)).encode()
        if hashlib.new(algorithm, joined, usedforsecurity=False).hexdigest() != bundle.checksums[algorithm]:
            return f"its {algorithm} is not that of its members' checksums"
    return ""


def checksums_of(checksums: object) -> dict[str, str]:
    """Return the checksums that can be verified, from algorithm to value in lower-case hex digits.

    Args:
        checksums: A list of objects with `type` and `checksum`, or, as Gen3's index has it, an object by type. Values in
            base64, as some storages state them, are read too. What cannot be a checksum of its type is left out.
    """
    pairs: list[tuple[object, object]]
    if is_object(checksums):
        pairs = list(checksums.items())
    else:
        pairs = [(checksum.get("type"), checksum.get("checksum")) for checksum in only_objects(checksums)]
    by_algorithm: dict[str, str] = {}
    for kind, value in pairs:
        algorithm = _ALGORITHMS.get(str(kind).lower())
        if algorithm is not None and isinstance(value, str) and (text := hexadecimal(algorithm, value.strip())):
            by_algorithm.setdefault(algorithm, text)
    return by_algorithm


def verifiable(checksums: Mapping[str, str]) -> dict[str, str]:
    """Return the checksums whose algorithm can be verified, under our names; the values in hex digits.

    Args:
        checksums: Checksums by algorithm. A value that cannot be one of its algorithm is kept as it is: verification
            refuses it.
    """
    ours = ((_ALGORITHMS.get(kind.lower()), value.strip()) for kind, value in checksums.items() if value)
    return {algorithm: hexadecimal(algorithm, value) or value for algorithm, value in ours if algorithm is not None}


def _method(method: Mapping[str, Any]) -> AccessMethod:
    access = method.get("access_url")
    url: object = access.get("url") if is_object(access) else access
    headers: object = access.get("headers") if is_object(access) else None
    return AccessMethod(
        kind=intern(_text(method.get("type")).lower()),  # the same few words in a hundred thousand objects
        access_id=intern(_text(method.get("access_id"))),
        url=_text(url),
        headers=headers_of(headers),
        cloud=intern(_text(method.get("cloud")).lower()),
        region=intern(_text(method.get("region"))),
        available=method.get("available") is not False,
    )


def headers_of(headers: object) -> tuple[tuple[str, str], ...]:
    """Return the headers for requests to a URL from `Name: value` texts; an object of them is accepted too.

    Args:
        headers: What the server states.
    """
    if is_object(headers):
        return tuple((name, _text(value)) for name, value in headers.items())
    split = [header.partition(":") for header in headers if isinstance(header, str)] if is_array(headers) else []
    return tuple((name.strip(), value.strip()) for name, mark, value in split if mark and name.strip())


def _members(contents: object, where: str = "contents") -> tuple[Member, ...]:
    if not is_array(contents):  # an empty bundle is one that the server states: copies and deletions rest on it
        raise DecodeError("get_object", where, contents, expected="a list of what is in the bundle")
    return tuple(_member(member, f"{where}[{at}]") for at, member in enumerate(contents))


def _member(member: object, where: str) -> Member:
    if not is_object(member):
        raise DecodeError("get_object", where, member, expected="an object")
    uri, inner = member.get("drs_uri"), member.get("contents")
    uris: list[object] = uri if is_array(uri) else [uri]
    id, uri = _text(member.get("id")), next((uri for uri in uris if isinstance(uri, str) and uri), "")
    # An empty list is also what servers state of a member that they do not expand; without an identifier it is an empty folder.
    is_folder = inner is not None and (inner != [] or not (id or uri))
    return Member(
        name=_name(member, f"{where}, {id}") or id.rpartition("/")[2],
        id=id,
        uri=uri,
        members=_members(inner, f"{where}.contents") if is_folder else None,
    )


def _name_from(id: str, methods: tuple[AccessMethod, ...]) -> str:
    """Return a name for an object without one: its storage's, or else the end of its identifier."""
    for method in methods:
        # Keys in gs:// and s3:// are fetched as they are written, and clients of the clouds name files so.
        _, _, key = method.url.partition("://")[2].partition("/")
        path = key if method.url.startswith(STORED) else unquote(url_parts(method.url).path)
        if last := path.rstrip("/").rpartition("/")[2]:
            return last
    return id.rstrip("/").rpartition("/")[2] or "object"


def _name(payload: Mapping[str, Any], what: str) -> str:
    """The name that a server states; empty if it states none, as it may of what has no file name."""
    name = payload.get("name")
    if name is None:
        return ""
    if not isinstance(name, str):
        raise UnsafePath(name, f"of {what} is not text")
    return name if name.strip() else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


#: Schemes of a server's URLs that can be downloaded, the likeliest first. Others (ftp, gsiftp, globus, htsget) are not
#: supported.
FETCHED = ("https", "http", "s3", "gs", "az", "azure")


def in_order(methods: Iterable[AccessMethod], prefer: Sequence[str] = ()) -> list[AccessMethod]:
    """Return the usable access methods, in the order in which they are tried.

    Those that are online precede those in an archive, preferred ones precede others, stated https URLs precede those
    that have to be requested, and these precede objects of storage that require the user's own credentials; otherwise
    the server's order is kept.

    Args:
        methods: The server's access methods.
        prefer: Kinds, clouds or regions to prefer, in this order, such as `gs` or `us-east-1`.
    """
    preferred = [word.lower() for word in prefer]

    def rank(method: AccessMethod) -> tuple[bool, int, bool, bool, int]:
        words_of_method = (method.kind, method.cloud, method.region.lower())
        liking = next((at for at, word in enumerate(preferred) if word in words_of_method), len(preferred))
        kind = FETCHED.index(method.kind) if method.kind in FETCHED else len(FETCHED)
        return not method.available, liking, not method.is_direct, method.is_stored, kind

    usable = [
        method
        for method in methods
        if method.is_direct or method.is_stored or (method.access_id and method.kind in FETCHED)
    ]
    seen: set[tuple[str, str]] = set()
    ordered: list[AccessMethod] = []
    for candidate in sorted(usable, key=rank):
        # A server may list one way for candidate copy and state the same for all: Gen3's access_id is the protocol.
        key = ("", candidate.access_id) if candidate.access_id and not candidate.is_direct else (candidate.url, "")
        if key not in seen:
            seen.add(key)
            ordered.append(candidate)
    return ordered


def unusable(methods: Iterable[AccessMethod]) -> str:
    """Return why no access method can be used, for an error."""
    kinds = sorted({method.kind or "without a type" for method in methods})
    return f"its server lists only {', '.join(kinds)}" if kinds else "its server lists no access method"
