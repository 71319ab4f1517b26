"""htsget: tickets for files of reads and variants, whose blocks are inline, at presigned URLs with ranges, or computed: slices of
BAM and VCF by region, and the headers of all formats.

CRAM and BCF are served whole whatever the region, which the standard allows: a response may have more than was requested.
"""

import base64
import gzip
import hashlib
import re
import struct
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from omicsdk.sandbox.problems import Problem, not_found, or_raise
from omicsdk.sandbox.service import Call, Reply, SandboxContext, Service, for_each, handlers_in
from omicsdk.sandbox.state.database import Table

BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
# Bytes of contents in a block: what zlib cannot shorten has to fit into 64 KiB with the block's header.
_BLOCK = 65_280
_GZIP = b"\x1f\x8b"
# CIGAR operations that move along the reference: M, D, N, =, X (SAM specification, 4.2).
_ON_REFERENCE = frozenset((0, 2, 3, 7, 8))
# Bytes of a record without a name and bases, with those that state its length.
_LEAST_RECORD = 36


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a reference sequence.

    Attributes:
        reference: Its name.
        start: The first position, from 0.
        end: The position after the last one.
    """

    reference: str
    start: int = 0
    end: int = 1 << 62


def bgzf(data: bytes) -> bytes:
    """Compress bytes to blocks, without the empty one at the end."""
    blocks: list[bytes] = []
    for at in range(0, len(data), _BLOCK):
        piece = data[at : at + _BLOCK]
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = packer.compress(piece) + packer.flush()
        size = len(packed) + 25  # all 26 bytes around them, less one
        head = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, size)
        blocks.append(head + packed + struct.pack("<II", zlib.crc32(piece), len(piece)))
    return b"".join(blocks)


def sliced(kind: str, content: bytes, regions: Sequence[Region]) -> tuple[bytes, bytes]:
    """The header and the records of a file, each as its bytes in the file that is served.

    Args:
        kind: The format: BAM, CRAM, VCF or BCF.
        content: The complete file.
        regions: The regions; all records without any.

    Raises:
        Problem: 404; the file has no reference sequence of a region's name.
    """
    if kind == "BAM":
        return _bam(gzip.decompress(content), regions)
    if kind == "VCF":
        return _vcf(gzip.decompress(content) if content.startswith(_GZIP) else content, regions)
    return b"", content


# -- BAM (SAM specification, 4.2)


def _bam(plain: bytes, regions: Sequence[Region]) -> tuple[bytes, bytes]:
    at, names = _references(plain)
    selected = [(-1 if region.reference == "*" else _index(names, region.reference), region) for region in regions]
    selected_records = [
        record
        for reference, start, end, record in _records(plain, at)
        if not selected
        or any(reference == index and start < region.end and end > region.start for index, region in selected)
    ]
    return bgzf(plain[:at]), bgzf(b"".join(selected_records)) + BGZF_END


def _references(plain: bytes) -> tuple[int, list[str]]:
    """The offset of the records, and the names of the reference sequences."""
    if not plain.startswith(b"BAM\1"):
        raise ValueError("it begins otherwise")
    at = 8 + _number(plain, 4)
    count, names = _number(plain, at), list[str]()
    at += 4
    for _ in range(count):
        length = _number(plain, at)
        names.append(plain[at + 4 : at + 3 + length].decode())
        at += length + 8
    return at, names


def _index(names: Sequence[str], name: str) -> int:
    if name not in names:
        raise Problem(404, "NotFound", f"The data set has no reference sequence {name}")
    return names.index(name)


def _records(plain: bytes, at: int) -> Iterator[tuple[int, int, int, bytes]]:
    """Each read: the index of its reference, where it begins and ends there, and its bytes."""
    while at < len(plain):
        size = _number(plain, at) + 4
        if not _LEAST_RECORD <= size <= len(plain) - at:
            raise ValueError(f"a record states that it has {size - 4} bytes")
        reference, start = struct.unpack_from("<ii", plain, at + 4)
        name_length, operations = plain[at + 12], struct.unpack_from("<H", plain, at + 16)[0]
        cigar = struct.unpack_from(f"<{operations}I", plain, at + 36 + name_length)
        span = sum(operation >> 4 for operation in cigar if operation & 15 in _ON_REFERENCE)
        # Unmapped reads have no position: -1 is before all regions, and "*" has no end.
        yield reference, max(start, 0), max(start, 0) + max(span, 1), plain[at : at + size]
        at += size


def _number(plain: bytes, at: int) -> int:
    return struct.unpack_from("<i", plain, at)[0]


# -- VCF


def _vcf(plain: bytes, regions: Sequence[Region]) -> tuple[bytes, bytes]:
    lines = [line for line in plain.splitlines(keepends=True) if line.strip()]
    head = [line for line in lines if line.startswith(b"#")]
    records = [line for line in lines if not line.startswith(b"#")]
    references = {_columns(line)[0] for line in records}
    contigs = {match[1].decode() for match in re.finditer(rb"(?m)^##contig=<ID=([^,>]+)", b"".join(head))}
    for region in regions:
        if region.reference not in references | contigs:
            raise Problem(404, "NotFound", f"The data set has no reference sequence {region.reference}")
    selected = [line for line in records if not regions or any(_overlaps(line, region) for region in regions)]
    return bgzf(b"".join(head)), bgzf(b"".join(selected)) + BGZF_END


def _columns(line: bytes) -> tuple[str, int, int]:
    """The reference of a variant, and where it begins and ends there."""
    reference, position, _, letters = line.decode().split("\t")[:4]
    return reference, int(position) - 1, int(position) - 1 + len(letters)


def _overlaps(line: bytes, region: Region) -> bool:
    reference, start, end = _columns(line)
    return reference == region.reference and start < region.end and end > region.start


PREFIX = "/htsget"
FORMATS = {"reads": ("BAM", "CRAM"), "variants": ("VCF", "BCF")}
SUFFIXES = {".bam": "BAM", ".cram": "CRAM", ".vcf": "VCF", ".vcf.gz": "VCF", ".bcf": "BCF"}
URL_SECONDS, BLOCK_BYTES, STATE_MD5 = "htsget.url_seconds", "htsget.block_bytes", "htsget.md5"
AS_REFSERVER = "htsget.as_refserver"
# Bytes that htsget-refserver sends of a file at least; those behind its end are zeros.
_LEAST = 8_192
# A region in the URL of a computed block.
_REGION = re.compile(r"(.+):([0-9]{1,19})-([0-9]{1,19})")


@dataclass(frozen=True, slots=True)
class DataSet:
    """A file that can be sliced.

    Attributes:
        kind: reads or variants.
        id: Its identifier.
        format: Its format.
        blob: Its contents in the object store.
        restricted: Whether its tickets need a token.
    """

    kind: str
    id: str
    format: str
    blob: str
    restricted: bool


class Htsget:
    """The data sets.

    Args:
        context: State and settings that all services share.
    """

    def __init__(self, context: SandboxContext) -> None:
        self.context = context
        self.sets = Table(context.database, "htsget_sets", DataSet, key="kind id format")

    def add(self, id: str, format: str, content: bytes, *, restricted: bool = False) -> None:
        """Add a data set, in place of one of its identifier and format.

        Args:
            id: Its identifier, which may have slashes.
            format: BAM, CRAM, VCF or BCF.
            content: The complete file.
            restricted: Whether its tickets need a token.
        """
        kind = "reads" if format in FORMATS["reads"] else "variants"
        self.sets.put(DataSet(kind, id, format, self.context.objects.put_bytes(content).sha256, restricted))

    def add_file(self, path: Path, name: str) -> bool:
        """Add a file under its name without the suffix; False where the suffix is none of a format.

        Raises:
            ValueError: It is not in the format of its suffix.
        """
        longest_first = sorted(SUFFIXES, key=len, reverse=True)
        suffix = next((ending for ending in longest_first if name.lower().endswith(ending)), None)
        if suffix is None:
            return False
        format, content = SUFFIXES[suffix], path.read_bytes()
        try:
            sliced(format, content, ())
        except (EOFError, IndexError, OSError, ValueError, struct.error, zlib.error) as error:
            raise ValueError(f"{path} is not a {format} file: {error}") from error
        self.add(name[: -len(suffix)], format, content)
        return True


def htsget_service(state: Htsget, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        state: The data sets.
        document: Its OpenAPI 3.1 document.
    """
    return Service(
        name="htsget",
        prefix=PREFIX,
        document=document,
        handlers=handlers_in(document, state, sys.modules[__name__]),
        format_codes={f"{method}_{kind}.format": "UnsupportedFormat" for method in ("get", "post") for kind in FORMATS},
        error_body=_error,
        error_type="application/json",
        pages=[Route("/blocks/{kind}/{format}/{id:path}", partial(_computed_block, state))],
    )


_ERROR_NAMES = {400: "InvalidInput", 401: "InvalidAuthentication", 403: "PermissionDenied", 404: "NotFound"}


def _error(problem: Problem) -> dict[str, object]:
    code = problem.code if problem.code[:1].isupper() and problem.status == 400 else ""
    return {"htsget": {"error": code or _ERROR_NAMES.get(problem.status, "InternalError"), "message": problem.title}}


def _get(state: Htsget, call: Call, kind: str) -> Reply:
    """GET /reads/{id} and /variants/{id}."""
    fields = call.arguments
    name = fields.get("referenceName")
    if name in (None, "*") and (fields.get("start") is not None or fields.get("end") is not None):
        raise Problem(400, "InvalidInput", "start and end need the referenceName of a sequence")
    return _ticket(state, call, kind, fields, [] if name is None else [_region(fields)])


def _post(state: Htsget, call: Call, kind: str) -> Reply:
    """POST /reads/{id} and /variants/{id}."""
    fields: Mapping[str, Any] = call.body or {}
    return _ticket(state, call, kind, fields, [_region(region) for region in fields.get("regions") or ()])


def _info(_state: Htsget, _call: Call, kind: str) -> Reply:
    """GET /reads/service-info and /variants/service-info."""
    able = {
        "datatype": kind,
        "formats": list(FORMATS[kind]),
        "fieldsParameterEffective": False,
        "tagsParametersEffective": False,
    }
    return Reply({**service_info("htsget", "1.3.0"), "htsget": able})


HANDLERS = for_each({kind: kind for kind in FORMATS}, {"get_{}": _get, "post_{}": _post, "get_{}_service_info": _info})


def service_info(artifact: str, version: str) -> dict[str, Any]:
    """The description of a GA4GH service of the sandbox (service-info 1.0.0).

    Args:
        artifact: The name of its interface.
        version: The version of its interface.
    """
    return {
        "id": f"org.example.sandbox.{artifact}",
        "name": f"Sandbox {artifact}",
        "type": {"group": "org.ga4gh", "artifact": artifact, "version": version},
        "organization": {"name": "Sandbox", "url": "https://example.org"},
        "version": "1",
        "environment": "test",
    }


def _region(parameters: Mapping[str, Any]) -> Region:
    start, end = parameters.get("start") or 0, parameters.get("end")
    if end is not None and end <= start:
        raise Problem(400, "InvalidRange", f"The region ends at {end}, which is not after its start at {start}")
    return Region(parameters["referenceName"], start, *([] if end is None else [end]))


def _ticket(state: Htsget, call: Call, kind: str, parameters: Mapping[str, Any], regions: Sequence[Region]) -> Reply:
    id, format = call.arguments["id"], parameters.get("format") or FORMATS[kind][0]
    sets = {stored.format: stored for stored in state.sets.all(kind=kind, id=id)}
    if not sets:
        raise not_found(f"There are no {kind} of the identifier {id}")
    if parameters.get("class") == "header" and (others := sorted(parameters.keys() - {"id", "format", "class"})):
        raise Problem(400, "InvalidInput", f"A request for the header cannot have {', '.join(others)}")
    if both := set(parameters.get("tags") or ()) & set(parameters.get("notags") or ()):
        raise Problem(400, "InvalidInput", f"tags and notags both have {', '.join(sorted(both))}")
    data_set = or_raise(sets.get(format), Problem(400, "UnsupportedFormat", f"{id} exists only as {', '.join(sets)}"))
    if data_set.restricted:
        state.context.tokens.caller(call.headers.get("authorization"))
    header, records = sliced(data_set.format, state.context.objects.read(data_set.blob), regions)
    if state.context.settings.flag(AS_REFSERVER) and not data_set.restricted:
        return Reply({"htsget": _as_refserver(call, data_set, len(header + records), parameters, regions)})
    if parameters.get("class") == "header":
        records = b"" if header else records
    return Reply({"htsget": _blocks(state, call, data_set.format, header, records)})


def _blocks(state: Htsget, call: Call, format: str, header: bytes, records: bytes) -> dict[str, Any]:
    context = state.context
    urls: list[dict[str, Any]] = []
    if header:
        urls.append({**_inline(header), "class": "header"})
    end = BGZF_END if records.endswith(BGZF_END) else b""
    body = records.removesuffix(end)
    stored = context.objects.put_bytes(header + body).sha256 if body else ""
    step = max(1, int(context.settings.number(BLOCK_BYTES)))
    for at in range(0, len(body), step):
        first, last = len(header) + at, len(header) + min(at + step, len(body)) - 1
        url = context.signer.url(call.origin, stored, seconds=context.settings.number(URL_SECONDS))
        kind = {"class": "body"} if header else {}
        urls.append({"url": url, "headers": {"Range": f"bytes={first}-{last}"}, **kind})
    if end:
        urls.append({**_inline(end), "class": "body"})
    ticket: dict[str, Any] = {"format": format, "urls": urls}
    if context.settings.flag(STATE_MD5):
        ticket["md5"] = hashlib.md5(header + records, usedforsecurity=False).hexdigest()
    return ticket


def _as_refserver(
    call: Call, data_set: DataSet, size: int, parameters: Mapping[str, Any], regions: Sequence[Region]
) -> dict[str, Any]:
    """A ticket as htsget-refserver makes them: the whole file as a range, or header and records at one URL."""
    path = f"{PREFIX}/blocks/{data_set.kind}/{data_set.format}/{quote(data_set.id)}"
    query = urlencode([("region", f"{region.reference}:{region.start}-{region.end}") for region in regions])
    url = f"{call.origin}{path}" + (f"?{query}" if query else "")
    if not regions and not any(parameters.get(name) for name in ("class", "fields", "tags", "notags")):
        return {"format": data_set.format, "urls": [{"url": url, "headers": {"Range": f"bytes=0-{size - 1}"}}]}
    parts = ("header",) if parameters.get("class") == "header" else ("header", "body")
    urls: list[dict[str, Any]] = []
    for number, part in enumerate(parts):
        headers = {"HtsgetCurrentBlock": str(number), "HtsgetTotalBlocks": str(len(parts))}
        urls.append({"url": url, "headers": headers, "class": part})
    urls[0]["headers"]["HtsgetBlockClass"] = "header"
    return {"format": data_set.format, "urls": urls}


def _computed_block(state: Htsget, request: Request) -> Response:
    """The file, its header or its records; parts of variants are plain text, as those of htsget-refserver are."""
    data_set = state.sets.get(*(request.path_params[name] for name in ("kind", "id", "format")))
    if data_set is None or data_set.restricted:
        return Response(status_code=404)
    regions: list[Region] = []
    for text in request.query_params.getlist("region"):
        match = or_raise(_REGION.fullmatch(text), Problem(400, "InvalidInput", "A region is NAME:START-END"))
        regions.append(Region(match[1], int(match[2]), int(match[3])))
    header, records = sliced(data_set.format, state.context.objects.read(data_set.blob), regions)
    if "range" in request.headers:
        return Response((header + records).ljust(_LEAST, b"\0"))
    data = header if request.headers.get("htsgetblockclass") == "header" else records
    return Response(gzip.decompress(data) if data_set.format == "VCF" else data)


def _inline(data: bytes) -> dict[str, Any]:
    return {"url": f"data:application/octet-stream;base64,{base64.b64encode(data).decode()}"}
