"""XML of S3, read by expat: lists of objects, of both versions, and the small documents of other responses. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from omicsdk.core.consistency import ListingCheck, ResponseMismatch, declared_number
from omicsdk.core.errors import DecodeError, shortened
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.items import page_break
from omicsdk.core.sigv4 import unescaped
from omicsdk.core.type_guards import number_in


class Object(NamedTuple):
    """An object as a list states it.

    Attributes:
        key: Its key.
        size: Its size in bytes.
        modified: When it was stored, in seconds since 1970; None if that is not stated.
        etag: Its ETag without quotes; a checksum or none, by how the object is encrypted.
        storage_class: Its class of storage; empty if none is stated.
    """

    key: str
    size: int
    modified: float | None = None
    etag: str = ""
    storage_class: str = ""


class Page(NamedTuple):
    """A page of a list.

    Attributes:
        objects: The objects, in the order of the list.
        folders: The prefixes that stand for several keys, up to the delimiter.
        facts: The texts of its other elements, by name.
    """

    objects: list[Object]
    folders: list[str]
    facts: dict[str, str]


#: What the parts of an entry are called in a list.
_KEY, _SIZE, _MODIFIED, _ETAG, _CLASS = "Key", "Size", "LastModified", "ETag", "StorageClass"


# What a page has many of, as stores write it where keys are escaped as in URLs: nothing in it needs an XML parser.
_BEGIN, _BETWEEN = "<Contents>", "</Contents><Contents>"
_USUAL = (
    r"(?a)<Key>([!-%'-;=?-~]*)</Key><LastModified>(\d{4}-\d\d-\d\dT[0-9:.]+Z)</LastModified>"
    r'<ETag>(?:&quot;|&#34;|")?([0-9A-Za-z-]*)(?:&quot;|&#34;|")?</ETag>'
    r"(?:<Checksum(?:Algorithm>[A-Z0-9]*</ChecksumAlgorithm|Type>[A-Z_]*</ChecksumType)>)*<Size>(\d{1,18})</Size>"
    r"(?:<Owner>(?:<ID>\w*</ID>)?(?:<DisplayName>\w*</DisplayName>)?</Owner>)?<StorageClass>([A-Z_]*)</StorageClass>"
    r"(?:<Type>\w*</Type>)?"
)


def _usual_objects(body: bytes) -> tuple[list[Object], bytes] | None:
    """Read the objects of a page in which each is written as most stores write it, in a third of a parser's time.

    Returns:
        All objects but the last, and the page without them, which tells whether it is well-formed, and where in it the
        objects are; None if one is written otherwise.
    """
    try:
        parts = body.decode("ascii").split(_BETWEEN)
    except UnicodeDecodeError:
        return None
    head, begin, parts[0] = parts[0].partition(_BEGIN)
    last = parts.pop()
    if not parts or "<!" in head or "<!" in last:  # a comment may have anything in it
        return None
    objects = list[Object]()
    for match in map(re.compile(_USUAL).fullmatch, parts):
        if match is None:
            return None
        key, modified, etag, size, storage_class = match.groups()
        objects.append(Object(key, int(size), seconds_of(modified), etag, storage_class))
    return objects, f"{head}{begin}{last}".encode()


class _Refused(Exception):
    """A document that declares a type, whose entities could grow without end."""


def _parser() -> Any:
    from xml.parsers import expat  # an object's bytes need neither this nor datetime: 1 of 50 ms of `omics cat`

    # No namespace is resolved: servers state several, and some none. The elements' names have no prefix in any.
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise _Refused

    parser.StartDoctypeDeclHandler = refuse
    return parser


def read_page(body: bytes, operation: str) -> Page:
    """Read a page of a list of objects.

    Args:
        body: The response's body.
        operation: What was requested, for errors.

    Raises:
        DecodeError: It is no such page.
    """
    try:
        return _read_page(body, operation, str)
    except DecodeError:
        # Even stores that escape keys, such as Ceph, may write tokens, prefixes and markers as they are.
        marked = _NOT_IN_XML.sub(_marked, body)
        if marked == body or _MARK in body:
            raise
    return _read_page(marked, operation, _restored)


def _read_page(body: bytes, operation: str, restored: Callable[[str], str]) -> Page:
    objects, folders, facts = list[Object](), list[str](), dict[str, str]()
    entry, text, above = dict[str, str](), list[str](), list[str]()
    append = text.append

    def start(name: str, _: object) -> None:
        above.append(name)
        text.clear()

    def end(name: str) -> None:
        above.pop()
        depth = len(above)
        if depth == 2:
            if above[1] == "Contents":
                entry[name] = restored("".join(text))
            elif name == "Prefix" and above[1] == "CommonPrefixes":
                folders.append(restored("".join(text)))
        elif depth == 1:
            if name == "Contents":
                key, size = entry.get(_KEY), number_in(entry.get(_SIZE))
                if key is None or size is None:
                    raise DecodeError(operation, "Contents", dict(entry), expected="a Key and a Size")
                modified_text = entry.get(_MODIFIED)
                etag = entry.get(_ETAG, "").strip('"')
                modified = None if modified_text is None else seconds_of(modified_text)
                objects.append(Object(key, size, modified, etag, entry.get(_CLASS, "")))
                entry.clear()
            elif name != "CommonPrefixes":
                facts[name] = restored("".join(text))
        text.clear()

    usual = _usual_objects(body)
    parse(body if usual is None else usual[1], operation, start, end, append)
    if usual is not None and objects:  # otherwise they are not where objects belong
        objects = [*usual[0], *objects]
    if facts.get("EncodingType") == "url":
        objects = [
            object_ if _is_plain(object_.key) else object_._replace(key=_unescaped(object_.key)) for object_ in objects
        ]
        folders = [_unescaped(folder) for folder in folders]
        for name in ("NextMarker", "Marker"):  # tokens are not encoded
            facts[name] = _unescaped(facts.get(name, ""))
    return Page(objects, folders, facts)


def _unescaped(text: str) -> str:
    return unescaped(text.replace("+", " "))


def _is_plain(key: str) -> bool:
    return "%" not in key and "+" not in key


def parse(
    body: bytes,
    operation: str,
    start: Callable[[str, Any], object],
    end: Callable[[str], object],
    text: Callable[[str], object],
) -> None:
    """Read a document.

    Args:
        body: The document.
        operation: What was requested, for errors.
        start: Called with the name of each element that begins, and its attributes.
        end: Called with the name of each element that ends.
        text: Called with the texts between.

    Raises:
        DecodeError: It is not well-formed XML, or declares a type.
    """
    from xml.parsers.expat import ExpatError

    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    try:
        # MinIO kept a connection alive by blanks before the declaration, which has to be the first of a document.
        parser.Parse(body.lstrip(), True)
    except (ExpatError, LookupError, ValueError, _Refused):  # of an encoding that the parser lacks, as well
        from omicsdk.core.api_errors import PAGE_LIMIT
        from omicsdk.core.redaction import masked_excerpt

        refuse_page(body, operation)
        excerpt = masked_excerpt(body[:PAGE_LIMIT].decode("utf-8", "replace"), 200)
        raise DecodeError(operation, "", excerpt, expected="a response of S3") from None


def refuse_page(body: bytes, operation: str) -> None:
    """Refuse a web page, such as a captive portal's, in place of a response.

    Args:
        body: The response's body.
        operation: What was requested, for errors.

    Raises:
        DecodeError: It is a web page.
    """
    from omicsdk.core.api_errors import PAGE_LIMIT, page_title

    if (title := page_title(body[:PAGE_LIMIT].decode("utf-8", "replace"))) is not None:
        description = f"a web page{f' titled {shortened(title, 80)!r}' if title else ''}"
        raise DecodeError(operation, "", description, expected="a response of S3") from None


# Characters that keys can have and XML cannot, as they are or escaped: responses repeat the key.
_NOT_IN_XML = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]|&#(x0*([0-8bcef]|1[\da-f]|fff[ef])|0*([0-8]|1[124-9]|2\d|3[01]));",
    re.IGNORECASE,
)
# Where they are kept, they are read as characters for private use, all of which begin so in UTF-8.
_PRIVATE, _MARK = 0xF0000, b"\xf3"
_RESTORED = {_PRIVATE + code: code for code in (*range(32), 0xFFFE, 0xFFFF)}


def _marked(match: re.Match[bytes]) -> bytes:
    text, hexadecimal, decimal = (group and group.decode() for group in match.group(0, 2, 3))
    code = int(hexadecimal, 16) if hexadecimal else int(decimal) if decimal else ord(text)
    return chr(_PRIVATE + code).encode()


def _restored(text: str) -> str:
    return text.translate(_RESTORED)


def elements(body: bytes, operation: str, root: str, also: str = "") -> dict[str, list[str]]:
    """Read a small document.

    Args:
        body: The response's body.
        operation: What was requested, for errors.
        root: The name that its root must have.
        also: Another one, which some servers give it.

    Returns:
        The texts of its innermost elements by their path below the root, such as `Part/ETag`, in order; "" where a group
        before another one lacks the element.

    Raises:
        DecodeError: It is another document, or none.
    """
    collected, text, above = dict[str, list[str]](), list[str](), list[str]()

    def start(name: str, _: object) -> None:
        above.append(name)
        text.clear()

    def end(_: str) -> None:
        path = "/".join(above[1:])
        column = collected.setdefault(path, [])
        # One that earlier groups lacked has an empty text for each of these, so that columns of a group stay side by side.
        column.extend([""] * (len(collected.get(path.rpartition("/")[0], ())) - len(column)))
        column.append("".join(text))
        above.pop()
        text.clear()
        if not above:
            roots.append(_)

    roots = list[str]()
    parse(_NOT_IN_XML.sub(b"?", body), operation, start, end, text.append)
    if roots not in ([root], [also]):
        raise DecodeError(operation, "", ", ".join(roots), expected=f"a document {root}")
    return collected


@lru_cache(maxsize=256)
def _day(text: str) -> int:
    from datetime import UTC, datetime

    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def seconds_of(text: str) -> float | None:
    """Return a time in seconds since 1970; None if it is none.

    Args:
        text: As lists state it: 2026-01-31T12:00:00.000Z.
    """
    # A list of 100,000 objects has as many: datetime takes three times as long.
    try:
        if text[10] == "T" and text[-1] == "Z":
            return _day(text[:10]) + int(text[11:13]) * 3600 + int(text[14:16]) * 60 + float(text[17:-1])
    except (ValueError, IndexError):
        pass
    from omicsdk.core.dates import DateTime

    moment = DateTime.read(text)
    return None if moment is None else moment.timestamp()


def pages_of(ask: Callable[[dict[str, str]], Page], operation: str, prefix: str, delimiter: str = "") -> Iterator[Page]:
    """Yield the pages of a list, compared with the request and with what they state of themselves.

    A store that does not have the second version of lists answers in the first one, whose pages end with a marker. A
    repeated object is left out. `KeyCount` is a lower bound, since not every server counts common prefixes in it, and
    an empty page may be followed by others.

    Args:
        ask: Requests a page by further parameters of the query.
        operation: What is requested, for errors.
        prefix: Prefix of the keys.
        delimiter: The delimiter; empty for all keys below the prefix.

    Raises:
        DecodeError: A response is not a list of objects, or continues without stating where, or where it was before.
        ResponseMismatch: An object or a common prefix is not below the prefix.
        InconsistentListing: After the last page: an object was listed twice, or fewer than a page stated.
    """
    listing, seen, more = ListingCheck(operation, ascends=True), set[str](), dict[str, str]()
    last = ""  # objects in the order of their keys, as S3 lists them, need no memory of all of them
    while True:
        page = ask(more)
        facts = page.facts
        for member in page.objects:
            if not member.key.startswith(prefix):
                raise ResponseMismatch(operation, "prefix", prefix, member.key)
        for member in page.folders:
            if len(member) <= len(prefix) or not (member.startswith(prefix) and member.endswith(delimiter)):
                raise ResponseMismatch(operation, "folders below the prefix", prefix, member)
        # A page without objects has no `Contents`, and neither has a response that is not a list, such as a
        # proxy's page; `IsTruncated`, which S3 always states, distinguishes them.
        truncated = facts.get("IsTruncated")
        if truncated not in ("true", "false"):
            expected = "true or false: this is not a list of objects"
            raise DecodeError(operation, "IsTruncated", truncated, expected=expected)
        listing.page(
            len(page.objects) + len(page.folders),
            declared_number(facts.get("KeyCount"), "KeyCount", operation, text=True),
        )
        yield page._replace(objects=[object_ for object_ in page.objects if listing.entry(object_.key)])
        if truncated == "false":
            listing.finish()
            return
        # A server that knows only the first version of lists continues after a key.
        if "KeyCount" not in facts and "NextContinuationToken" not in facts and "Marker" in facts:
            last = max([last, *(object_.key for object_ in page.objects), *page.folders])
            parameter, token = "marker", facts.get("NextMarker") or last
        else:
            parameter, token = "continuation-token", facts.get("NextContinuationToken", "")
        # A token that comes again would list the same pages without end.
        if not token or token in seen:
            raise DecodeError(operation, "NextContinuationToken", token or None, expected="the token of the next page")
        seen.add(token)
        more = {parameter: token}
        page_break()
