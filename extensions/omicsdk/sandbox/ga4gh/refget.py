"""refget: reference sequences by MD5, TRUNC512, GA4GH identifier and name."""

import base64
import hashlib
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from omicsdk.sandbox.ga4gh.htsget import service_info
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found, or_raise
from omicsdk.sandbox.service import Call, Reply, SandboxContext, Service, handlers_in
from omicsdk.sandbox.state.database import Table

PREFIX = "/refget"
CIRCULAR = "refget.circular_supported"
AS_SEQREPO = "refget.as_seqrepo"
_ACCEPTED = (
    "*/*",
    "application/json",
    "text/plain",
    "application/vnd.ga4gh.refget.v1.0.0+json",
    "text/vnd.ga4gh.refget.v1.0.0+plain",
)
_PLAIN, _JSON = "text/vnd.ga4gh.refget.v2.0.0+plain", "application/vnd.ga4gh.refget.v2.0.0+json"
# What Accept may have for each of these: the standard's text lets versions and media types degrade.
_TYPES = {
    _PLAIN: {_PLAIN, "text/vnd.ga4gh.refget.v1.0.0+plain", "text/plain", "text/*", "*/*"},
    _JSON: {_JSON, "application/vnd.ga4gh.refget.v1.0.0+json", "application/json", "application/*", "*/*"},
}
# Python reads no number of more than 4,300 digits.
_RANGE = re.compile(r"bytes=([0-9]{1,4000})-([0-9]{1,4000})\Z")


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence.

    Attributes:
        md5: Its MD5.
        trunc512: The beginning of its SHA-512 in hexadecimal digits.
        ga4gh: The same in Base64, after `SQ.`.
        name: Its name.
        length: The number of its letters.
        blob: Its letters in the object store.
        circular: Whether it is circular.
    """

    md5: str
    trunc512: str
    ga4gh: str
    name: str
    length: int
    blob: str
    circular: bool


class Refget:
    """The sequences.

    Args:
        context: State and settings that all services share.
    """

    def __init__(self, context: SandboxContext) -> None:
        self.context = context
        self.sequences = Table(context.database, "refget_sequences", Sequence)

    def add(self, name: str, letters: str, *, circular: bool = False) -> Sequence:
        """Add a sequence.

        Args:
            name: Its name.
            letters: Its letters; they are kept in upper case.
            circular: Whether it is circular.
        """
        data = letters.upper().encode("ascii")
        # TRUNC512 and GA4GH's identifier are the same 24 bytes.
        digest = hashlib.sha512(data).digest()[:24]
        blob = self.context.objects.put_bytes(data).sha256
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        identifier = f"SQ.{base64.urlsafe_b64encode(digest).decode()}"
        sequence = Sequence(md5, digest.hex(), identifier, name, len(data), blob, circular)
        self.sequences.put(sequence)
        return sequence

    def add_fasta(self, text: str, *, circular: bool = False) -> list[str]:
        """Add the sequences of a FASTA file; return their names."""
        return [self.add(name, letters, circular=circular).name for name, letters in _of_fasta(text)]

    @property
    def is_seqrepo(self) -> bool:
        """Whether it answers as seqrepo-rest-service."""
        return self.context.settings.flag(AS_SEQREPO)

    def check_accept(self, call: Call, media_type: str) -> None:
        """Refuse an Accept header without the media type of the response.

        Args:
            call: The request.
            media_type: The media type.

        Raises:
            Problem: 406; it has others, or, as seqrepo-rest-service refuses it, is a list or has parameters.
        """
        header = call.headers.get("accept") or "*/*"
        ranges = {part.partition(";")[0].strip().lower() for part in header.split(",")}
        is_refused = header not in _ACCEPTED if self.is_seqrepo else ranges.isdisjoint(_TYPES[media_type])
        if is_refused:
            raise Problem(406, "Not Acceptable", "Invalid Accept header")

    def find(self, id: str) -> Sequence:
        """The sequence of an identifier.

        Raises:
            Problem: 404; there is none.
        """
        if id.startswith("SQ.") and self.is_seqrepo:
            raise not_found(f"There is no sequence {id}")
        bare = id.removeprefix("ga4gh:")
        where = "md5 = ? OR trunc512 = ? OR ga4gh = ? OR name = ?"
        sequence = self.sequences.first(where, bare.lower(), bare.lower(), bare, id)
        if sequence is None:
            raise not_found(f"There is no sequence {id}")
        return sequence


def _of_fasta(text: str) -> Iterator[tuple[str, str]]:
    # Descriptions may have the character, too: "A>G".
    for entry in re.split(r"(?m)^>", text)[1:]:
        head, _, lines = entry.partition("\n")
        yield (head.split() or [""])[0], "".join(lines.split())


def refget_service(state: Refget, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        state: The sequences.
        document: Its OpenAPI 3.1 document.
    """
    return Service(
        name="refget",
        prefix=PREFIX,
        document=document,
        handlers=handlers_in(document, state, sys.modules[__name__]),
    )


def get_service_info(state: Refget, call: Call) -> Reply:
    """GET /sequence/service-info."""
    if state.is_seqrepo:
        raise Problem(500, "Internal Server Error", "The server encountered an internal error")
    state.check_accept(call, _JSON)
    settings = state.context.settings
    able = {
        "circular_supported": settings.flag(CIRCULAR),
        "subsequence_limit": None,
        "algorithms": ["md5", "trunc512", "ga4gh"],
        "identifier_types": ["sandbox"],
    }
    return Reply({**service_info("refget", "2.0.0"), "refget": able}, headers={"Content-Type": _JSON})


def get_metadata(state: Refget, call: Call) -> Reply:
    """GET /sequence/{id}/metadata."""
    state.check_accept(call, _JSON)
    sequence = state.find(call.arguments["id"])
    metadata = {
        "id": sequence.md5,
        "md5": sequence.md5,
        "trunc512": sequence.trunc512,
        "ga4gh": sequence.ga4gh,
        "length": sequence.length,
        "aliases": [{"alias": sequence.name, "naming_authority": "sandbox"}],
    }
    return Reply({"metadata": metadata}, headers={"Content-Type": _JSON})


def get_sequence(state: Refget, call: Call) -> Reply:
    """GET /sequence/{id}."""
    state.check_accept(call, _PLAIN)
    sequence = state.find(call.arguments["id"])
    letters = state.context.objects.read(sequence.blob)
    start, end, ranged = call.arguments.get("start"), call.arguments.get("end"), call.headers.get("range")
    headers = {"Content-Type": _PLAIN}
    if ranged is not None:
        if start is not None or end is not None:
            raise bad_arguments("A range and start or end were given")
        match = or_raise(_RANGE.match(ranged), bad_arguments(f"{ranged} is not a range"))
        start, end = int(match[1]), min(int(match[2]) + 1, sequence.length)
        if start >= end:  # a range is no circular part, and seqrepo-rest-service refuses one behind the end, too
            raise Problem(416, "range", f"The sequence has {sequence.length} letters")
    elif start is None and end is None:
        return Reply(content=letters, headers=headers)
    part = _part(state, sequence, letters, start or 0, sequence.length if end is None else end)
    return Reply(content=part, status=206 if ranged else 200, headers=headers)


def _part(state: Refget, sequence: Sequence, letters: bytes, start: int, end: int) -> bytes:
    if start >= sequence.length == end and state.is_seqrepo:
        return b""
    if start >= sequence.length or end > sequence.length:
        raise Problem(416, "range", f"The sequence has {sequence.length} letters")
    if start > end:
        if not state.context.settings.flag(CIRCULAR):
            raise Problem(501, "circular", "Parts across the origin are not supported")
        if not sequence.circular:
            raise Problem(416, "range", "The sequence is not circular")
    return letters[start:end] if start <= end else letters[start:] + letters[:end]
