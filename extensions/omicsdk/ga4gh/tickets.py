"""A request to htsget, and the ticket in its response: regions, addresses of data sets, blocks. Pure."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl, unquote, unquote_to_bytes

from omicsdk.core.checksums import is_checksum
from omicsdk.core.credentials import is_loopback
from omicsdk.core.errors import DecodeError, TransferError, UsageError, shortened
from omicsdk.core.page_items import found_at
from omicsdk.core.redaction import MASK, is_secret_name, mask_query, url_parts, without_query
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.ga4gh.formats import READS, VARIANTS, Format, InvalidFormat

Kind = Literal["reads", "variants"]
"""What a data set is of; a word of the address of each."""
KINDS: tuple[Kind, ...] = ("reads", "variants")
FORMATS: Mapping[Kind, tuple[Format, ...]] = {"reads": READS, "variants": VARIANTS}
"""The formats of each, the default first."""

_REGION = re.compile(r"(?:\{(?P<braced>[^{}]+)\}|(?P<plain>[^{}:]+))(?::(?P<range>.*))?\Z", re.DOTALL)
_RANGE = re.compile(r"(?P<start>[0-9][0-9,]{0,23})?(?:-(?P<end>[0-9][0-9,]{0,23})?)?\Z")
_BYTES = re.compile(r"bytes=([0-9]{1,18})-([0-9]{1,18})?\Z")
_SUFFIXES: Mapping[str, Format] = {
    ".bam": "BAM", ".cram": "CRAM", ".vcf": "VCF", ".vcf.gz": "VCF", ".vcf.bgz": "VCF", ".bcf": "BCF",
}  # fmt: skip


# -- requests


class Region(NamedTuple):
    """A reference sequence, or a part of it, as it is sent.

    Attributes:
        reference: The name of the reference sequence; `*` for reads that are on none.
        start: The first position, from 0; None for the beginning.
        end: The position after the last one, from 0; None for the end.
    """

    reference: str
    start: int | None = None
    end: int | None = None


def parse_region(text: str) -> Region:
    """Parse a region as samtools writes it: positions count from 1, and the end is included.

    Args:
        text: REFERENCE, REFERENCE:START, REFERENCE:START-END or REFERENCE:-END; numbers may have commas. A name that contains a
            colon is put in braces: {HLA-A*01:01}:1-100.

    Raises:
        UsageError: It is not a region.
    """
    match = _REGION.match(text.strip())
    if match is None:
        raise _no_region(text, "it does not name a reference sequence, or braces that do not match")
    name, written = (match["braced"] or match["plain"]).strip(), match["range"]
    if not name:
        raise _no_region(text, "it does not name a reference sequence")
    if written is None:
        return Region(name)
    numbers = _RANGE.match(written.strip())
    if numbers is None or not (numbers["start"] or numbers["end"]):
        raise _no_region(text, f"{written!r} is not a range of positions")
    first, last = (int(number.replace(",", "")) if number else None for number in (numbers["start"], numbers["end"]))
    if first == 0 or last == 0:
        raise _no_region(text, "positions count from 1")
    if first is not None and last is not None and last < first:
        raise _no_region(text, "it ends before its beginning")
    return Region(name, None if first is None else first - 1, last)


def _no_region(text: str, why: str) -> UsageError:
    remedy = "Write REFERENCE, REFERENCE:START or REFERENCE:START-END, such as chr1:1-1000; put a name with a colon in braces."
    return UsageError(f"{text!r} is not a region: {why}", remedy=remedy)


class Address(NamedTuple):
    """Where a data set is.

    Attributes:
        base_url: The server; empty for an identifier alone.
        kind: Whether its address is one of reads or of variants; None for an identifier alone.
        id: Its identifier there.
    """

    base_url: str
    kind: Kind | None
    id: str


def parse_address(text: str) -> Address:
    """Parse an identifier, or the URL of a data set: BASE/reads/ID or BASE/variants/ID.

    Args:
        text: The identifier or URL.

    Raises:
        UsageError: It is neither.
    """
    stripped = text.strip()
    if not stripped:
        raise UsageError("The identifier of the data set is empty")
    if not stripped.lower().startswith(("http://", "https://")):
        return Address("", None, stripped)
    parts = url_parts(stripped)
    if parts.query or parts.fragment:
        raise UsageError(
            f"{without_query(stripped)}: the URL has a query", remedy="Use regions and formats as options."
        )
    # The first one: identifiers are often paths of files, in which either word may occur again.
    match = re.match(r"(.*?)/(reads|variants)/(.+)\Z", parts.path)
    if match is None or not parts.hostname:
        remedy = "Use BASE/reads/ID or BASE/variants/ID, or --base-url BASE and the ID."
        raise UsageError(f"{without_query(stripped)} is not the URL of a data set", remedy=remedy)
    kind: Kind = "reads" if match[2] == "reads" else "variants"
    return Address(f"{parts.scheme}://{parts.netloc}{match[1]}", kind, unquote(match[3]))


def chosen_format(kind: Kind | None, format: Format | None, path: str) -> tuple[Kind, Format | None]:
    """Choose reads or variants, and the format; None leaves the format to the server.

    Args:
        kind: The kind in the address, if it states one.
        format: The requested format.
        path: The file to write, whose suffix decides if neither does.

    Raises:
        UsageError: The format is not one of that kind, or the file has the suffix of another one.
    """
    suffix: Format | None = next((format_ for end, format_ in _SUFFIXES.items() if path.lower().endswith(end)), None)
    chosen = format or suffix
    kind = kind or ("variants" if chosen in VARIANTS else "reads")
    if format is not None and format not in FORMATS[kind]:
        raise UsageError(f"Unknown format {format} for {kind}", remedy=f"Use {' or '.join(FORMATS[kind])}.")
    if suffix is not None and (suffix != chosen or suffix not in FORMATS[kind]):
        what = f"{format} is requested" if format is not None else f"the data set is of {kind}"
        raise UsageError(f"{path} has the suffix of a {suffix} file, and {what}", remedy="Use another name.")
    return kind, chosen


def compression_of(path: str) -> bool | None:
    """Return whether a name states that a VCF file is compressed; None if it states neither.

    Args:
        path: The file.
    """
    if path.lower().endswith(".vcf"):
        return False
    return True if path.lower().endswith((".vcf.gz", ".vcf.bgz")) else None


@dataclass(frozen=True, slots=True)
class SliceRequest:
    """A request for a slice.

    Attributes:
        kind: Reads or variants.
        id: The identifier of the data set.
        format: The format; None for what the server has.
        regions: The regions; none for the complete file.
        fields: The fields of SAM; none for all.
        tags: The tags; none for all.
        exclude_tags: Tags that are not wanted.
        header_only: Whether the header alone is wanted.
    """

    kind: Kind
    id: str
    format: Format | None = None
    regions: Sequence[Region] = ()
    fields: Sequence[str] = ()
    tags: Sequence[str] = ()
    exclude_tags: Sequence[str] = ()
    header_only: bool = False

    def arguments(self) -> dict[str, Any]:
        """The arguments of the operation that asks for it; several regions take the one with a body."""
        arguments: dict[str, Any] = {
            "format": self.format,
            "class_": "header" if self.header_only else None,
            "fields": [field.upper() for field in self.fields],
            "tags": list(self.tags),
            "notags": list(self.exclude_tags),
        }
        if self.is_of_several:
            names = ("referenceName", "start", "end")
            arguments["regions"] = [
                {name: value for name, value in zip(names, region, strict=True) if value is not None}
                for region in self.regions
            ]
        elif self.regions:
            arguments |= dict(zip(("reference_name", "start", "end"), self.regions[0], strict=True))
        return {
            "id": self.id,
            **{name: value for name, value in arguments.items() if value is not None and value != []},
        }

    @property
    def is_of_several(self) -> bool:
        """Whether there are several regions, which only a body can state."""
        return len(self.regions) > 1


# -- responses


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a file.

    Attributes:
        url: The URL of its bytes; empty if they are in the ticket.
        headers: What the request for them needs, without the range; secrets.
        start: The first byte of what is at the URL.
        end: The byte after the last one; None for all.
        data: The bytes themselves, where they are in the ticket.
    """

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    start: int = 0
    end: int | None = None
    data: bytes | None = field(default=None, repr=False)

    @property
    def source(self) -> tuple[str, frozenset[tuple[str, str]]]:
        """What its bytes are a range of: servers tell blocks of one URL apart by their headers."""
        return self.url, frozenset((name.lower(), value) for name, value in self.headers.items())

    @property
    def key(self) -> str:
        """What identifies the block in another ticket for the same slice, without its secrets."""
        if self.data is not None:
            return sha256(self.data).hexdigest()
        url, headers = self.source
        query = url_parts(url).query
        # The query of a presigned URL is another one in each ticket, and ends of validity are.
        pairs = [] if mask_query(query) == MASK else parse_qsl(query, keep_blank_values=True)
        lasting = [
            [pair for pair in of if not is_secret_name(pair[0]) and "expires" not in pair[0].lower()]
            for of in (pairs, sorted(headers))
        ]
        return sha256(f"{without_query(url)} {self.start} {self.end} {lasting}".encode()).hexdigest()

    @property
    def size(self) -> int | None:
        """Its size in bytes; None if its end is not stated."""
        return len(self.data) if self.data is not None else None if self.end is None else self.end - self.start

    @property
    def layout(self) -> tuple[int, int | None, bytes | None]:
        """What must not change when the URL is replaced."""
        return self.start, self.end, self.data


@dataclass(frozen=True, slots=True)
class Ticket:
    """A response of htsget: a file as a list of blocks.

    Attributes:
        format: The format of the file.
        blocks: The blocks, in the order in which they are joined.
        md5: The checksum of the joined blocks; empty if the server does not state it.
    """

    format: Format
    blocks: tuple[Block, ...]
    md5: str = ""

    @property
    def size(self) -> int | None:
        """The size of the file in bytes; None if a block states no end."""
        sizes = [block.size for block in self.blocks]
        return None if None in sizes else sum(size for size in sizes if size is not None)


def ticket_of(response: object, requested: SliceRequest, base_url: str) -> Ticket:
    """Parse a ticket.

    Args:
        response: The decoded response.
        requested: What was requested.
        base_url: The server, whose blocks may be reached over plain http where it is.

    Raises:
        DecodeError: It is not a ticket.
        InvalidFormat: It is one of another format than was requested.
        TransferError: A block cannot be fetched as it is stated.
    """
    operation = f"get_{requested.kind}"
    ticket = found_at(response, "htsget")
    if not is_object(ticket):
        raise DecodeError(operation, "htsget", ticket, expected="a ticket")
    formats = FORMATS[requested.kind]
    format = shortened(str(ticket.get("format") or formats[0]), 40)  # the default of the standard
    kind: Format | None = next((format_ for format_ in formats if format.upper() == str(format_)), None)
    if kind is None or (requested.format is not None and kind != requested.format):
        problem = (
            f"{requested.id}: the server's ticket is of {format}, not of {requested.format or ' or '.join(formats)}"
        )
        raise InvalidFormat(problem, name=requested.id, remedy=f"Omit --format, or request {format}.")
    urls = ticket.get("urls")
    if not is_array(urls):
        raise DecodeError(operation, "htsget.urls", urls, expected="a list of blocks")
    md5 = ticket.get("md5") or ""
    if not isinstance(md5, str) or (md5 and not is_checksum("md5", md5.lower())):
        raise DecodeError(operation, "htsget.md5", md5, expected="an MD5 in hexadecimal digits")
    blocks = tuple(_block(block, f"htsget.urls[{at}]", operation, base_url) for at, block in enumerate(urls))
    return Ticket(kind, blocks, md5.lower())


def _block(payload: object, where: str, operation: str, base_url: str) -> Block:
    url = payload.get("url") if is_object(payload) else None
    if not is_object(payload) or not isinstance(url, str) or not url:
        raise DecodeError(operation, f"{where}.url", url, expected="a URL")
    if url[:5].lower() == "data:":
        return Block("", data=_inline(url, where))
    fields: object = payload.get("headers") or {}
    if not is_object(fields) or not all(isinstance(value, str) for value in fields.values()):
        raise DecodeError(operation, f"{where}.headers", "***", expected="an object of texts")
    scheme, host = url_parts(url).scheme.lower(), url_parts(url).hostname or ""
    is_as_safe = scheme == "https" or (scheme == "http" and (base_url.startswith("http://") or is_loopback(host)))
    if not host or not is_as_safe:
        problem = f"{where} of the ticket is at {shortened(without_query(url), 99)}, which is not a valid https URL"
        raise TransferError(problem, remedy="Report it to the server's operators.")
    headers = {name: str(value) for name, value in fields.items()}
    ranged = next((headers.pop(name) for name in list(headers) if name.lower() == "range"), None)
    if ranged is None:
        return Block(url, headers)
    match = _BYTES.match(ranged.strip())
    if match is None or (match[2] and int(match[2]) < int(match[1])):
        raise TransferError(f"{where} of the ticket has the range {ranged[:60]!r}, which is not one of bytes")
    return Block(url, headers, int(match[1]), int(match[2]) + 1 if match[2] else None)


def _inline(url: str, where: str) -> bytes:
    """The bytes in a `data:` URL (RFC 2397)."""
    head, comma, payload = url.partition(",")
    try:
        if not comma:
            raise ValueError("no comma")
        data = unquote_to_bytes(payload)
        return b64decode(data, validate=True) if head.lower().endswith(";base64") else data
    except ValueError as error:
        raise TransferError(f"{where} of the ticket is not a valid data: URL ({error})") from error
