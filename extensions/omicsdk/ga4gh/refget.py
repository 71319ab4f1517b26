"""refget: reference sequences by their digests, compared with them when they are read whole."""

from __future__ import annotations

import os
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from functools import cached_property
from hashlib import md5, sha512
from pathlib import Path
from typing import Any, Literal, TypeVar, Unpack
from urllib.parse import quote

from omicsdk_api.refget import AsyncRefgetApi, RefgetApi

from omicsdk.core.clock import SYSTEM_CLOCK, TICK, sleep_unless
from omicsdk.core.errors import (
    APIError,
    ChecksumMismatch,
    ChecksumMissing,
    DecodeError,
    Interrupted,
    NotFound,
    OmicsError,
    TransferError,
    TransportError,
    UsageError,
)
from omicsdk.core.files import in_place_of, is_special
from omicsdk.core.omit import OMIT
from omicsdk.core.page_items import found_at
from omicsdk.core.plain_client import exchange_of
from omicsdk.core.platform import AsyncPlatform, Discovery, Platform, Workflow
from omicsdk.core.response import json_of
from omicsdk.core.retry import NO_RETRY
from omicsdk.core.type_guards import is_object, number_in
from omicsdk.ga4gh.requests import Run, client_of
from omicsdk.transfer import Outcome, TransferOptions, TransferOptionsDict, TransferReport

Layout = Literal["fasta", "plain"]
"""How a sequence is written: FASTA, or its letters alone in one line."""
LINE = 60
"""Letters of a line of FASTA, as samtools faidx and Ensembl write them."""

_MD5 = re.compile(r"[0-9a-fA-F]{32}\Z")
_TRUNC512 = re.compile(r"[0-9a-fA-F]{48}\Z")
_GA4GH = re.compile(r"(?:ga4gh:)?SQ\.([A-Za-z0-9_-]{32})\Z")
_LETTERS = re.compile(rb"[A-Za-z*-]*\Z")
_TRUNCATED = 24  # bytes of SHA-512 that identify a sequence
T = TypeVar("T")


class SavedSequence(TransferReport):
    """The result for a sequence that is written to a file.

    The outcome's `verified` names the digest that it was compared with; it is empty for a part, which has none.

    Attributes:
        path: The file.
        id: The identifier that it was requested by.
        length: The number of its letters.
    """

    path: str
    id: str
    length: int = 0

    def details(self, number: int) -> Mapping[str, object]:
        """The path of the file, the identifier, and the number of letters."""
        del number
        return {"path": self.path, "id": self.id, "length": self.length}


class SequenceDigests:
    """The digests of a sequence, computed while it is read: `md5`, `trunc512` and `ga4gh`."""

    def __init__(self) -> None:
        self._md5, self._sha512 = md5(usedforsecurity=False), sha512(usedforsecurity=False)

    def update(self, letters: bytes) -> None:
        """Add letters, of which the digests are those in upper case."""
        letters = letters.upper()
        self._md5.update(letters)
        self._sha512.update(letters)

    def values(self) -> dict[str, str]:
        """Return the digests of the letters so far, `ga4gh` without a prefix before SQ."""
        truncated = self._sha512.digest()[:_TRUNCATED]
        text = urlsafe_b64encode(truncated).decode()
        return {"md5": self._md5.hexdigest(), "trunc512": truncated.hex(), "ga4gh": f"SQ.{text}"}


def expected_digest(identifier: str, metadata: Mapping[str, Any] | None = None) -> tuple[str, str] | None:
    """Return the digest that a sequence must have, from its identifier, else from its metadata.

    Args:
        identifier: The requested identifier.
        metadata: Its metadata, for an identifier that is not a digest.

    Returns:
        The algorithm and the value; None if neither states one.
    """
    if match := _GA4GH.match(identifier):
        return "ga4gh", f"SQ.{match[1]}"
    if _TRUNC512.match(identifier):
        return "trunc512", identifier.lower()
    if _MD5.match(identifier):
        return "md5", identifier.lower()
    if metadata is None:
        return None
    texts = (metadata.get(name) for name in ("ga4gh", "trunc512", "md5"))
    digests = (expected_digest(text) for text in texts if isinstance(text, str))
    return next(filter(None, digests), None)


def describe(client: RefgetApi, sequence: str) -> dict[str, Any]:
    """Show the length, the digests and the other names of a sequence.

    Args:
        sequence: Digest of the sequence (MD5, TRUNC512, ga4gh:SQ. or SQ.), or another identifier that the server knows.

    Returns:
        Its metadata.

    Raises:
        NotFound: The server has no such sequence.
    """
    metadata = found_at(json_of(_with_prefix(sequence, lambda id: client.get_metadata.raw(id=id))), "metadata")
    if not is_object(metadata):
        raise DecodeError("get_metadata", "metadata", metadata, expected="an object")
    return dict(metadata)


def _with_prefix(sequence: str, request: Callable[[str], T]) -> T:
    """Request an identifier; servers of version 1 know SQ. identifiers only with the prefix ga4gh:."""
    try:
        return request(sequence)
    except NotFound:
        if not sequence.startswith("SQ."):
            raise
        try:
            return request(f"ga4gh:{sequence}")
        except NotFound:
            pass
        raise


def read(client: RefgetApi, sequence: str, *, start: int | None = None, end: int | None = None) -> str:
    """Read a sequence, or a part of one, into memory.

    A complete sequence is compared with its digest.

    Args:
        sequence: Digest of the sequence (MD5, TRUNC512, ga4gh:SQ. or SQ.), or another identifier that the server knows.
        start: First position, from 0; by default the beginning.
        end: Position after the last one, from 0; by default the end.

    Returns:
        The letters.

    Raises:
        UsageError: The positions are invalid, or the part crosses the origin and the server does not support that.
        TransferError: The part crosses the origin, and the server does not state whether it supports that.
        NotFound: The server has no such sequence.
        ChecksumMismatch: The letters do not have the digest.
    """
    return b"".join(_Sequence(client, sequence, start, end).pieces()).decode()


def download(
    client: RefgetApi,
    sequence: str,
    path: str | os.PathLike[str],
    *,
    start: int | None = None,
    end: int | None = None,
    format: Layout = "fasta",
    **options: Unpack[TransferOptionsDict],
) -> SavedSequence:
    """Get a sequence, or a part of one, as a file.

    A complete sequence is compared with its digest before the file appears. A part has no digest; only its length is
    verified.

    Args:
        sequence: Digest of the sequence (MD5, TRUNC512, ga4gh:SQ. or SQ.), or another identifier that the server knows.
        path: File to write; it is replaced.
        start: First position, from 0; by default the beginning. May be after the end, for a part that crosses the
            origin of a circular sequence.
        end: Position after the last one, from 0; by default the end.
        format: FASTA with lines of 60 letters, or the letters alone.
        **options: See `omicsdk.transfer.TransferOptions`. A stopped download keeps nothing; a dry run requests the length; `renewals`,
            `resume_unvalidated`, `cache` and `link` are refused.

    Returns:
        The file and its outcome.

    Raises:
        UsageError: The positions or an option is invalid, or the part crosses the origin and the server does not support that.
        TransferError: The part crosses the origin, and the server does not state whether it supports that.
        TransferFailed: The server has no such sequence, the letters do not have the digest, a checksum is required and there is
            none, or the file cannot be written; nothing was kept.
        Interrupted: It was stopped, or its time is over.

    Example:
        client.download("chr1", "chr1_start.fa", end=120)
    """
    started_at, now = SYSTEM_CLOCK.now(), SYSTEM_CLOCK.monotonic()
    chosen = TransferOptions.of(options)
    chosen.refuse(
        "renewals", "resume_unvalidated", "cache", "link", why="a sequence is requested whole, at its own URL"
    )
    chosen.control.begin(now)
    source = _Sequence(client_of(client, chosen), sequence, start, end)
    target = Path(path)
    report = SavedSequence(title=f"Download of {sequence}", target=str(target.parent))
    report.path, report.id = str(path), sequence
    try:
        outcome = _fetched(source, target, format, chosen)
    except OmicsError as error:
        outcome = Outcome.of_error(target.name, error)
        if outcome.state == "stopped":
            report.why_stopped = chosen.control.why or error.message
    seconds = SYSTEM_CLOCK.monotonic() - now
    report = report.with_outcomes([outcome._replace(seconds=seconds, source=source.url)], seconds=seconds)
    report.began, report.length = started_at, source.length
    return chosen.checked(report)


def _fetched(source: _Sequence, target: Path, format: Layout, options: TransferOptions) -> Outcome:
    """Write a sequence; if its response breaks, it is requested again."""
    from omicsdk.transfer.reports.report import verification_of

    expected = source.expected
    if options.require_checksum and expected is None:
        raise ChecksumMissing(target.name)
    checksums = {} if expected is None else dict([expected])
    if options.dry_run:
        source.length = source.stated_length() or 0
        plan = f"download {source.length:,} letters" if source.length else "download"
        size = source.length
        if size and format == "fasta":  # a line of the title, and the ends of lines
            size += len(f">{source.title}\n".encode()) + -(-size // LINE)
        return Outcome(target.name, "planned", size or None, checksums=checksums, plan=plan)
    transport = exchange_of(source.client).transport
    failures, start = 0, SYSTEM_CLOCK.monotonic()
    while True:
        try:
            size = _write(source, target, format, options)
            break
        except TransportError:
            failures, elapsed = failures + 1, SYSTEM_CLOCK.monotonic() - start
            pause = transport.retry.next_pause(failures=failures, elapsed=elapsed, fraction=1)
            # What a pipe or a device has received cannot be written again.
            if not source.length or pause is None or is_special(target):  # the request itself was retried before
                raise
            sleep_unless(lambda: options.stopped, pause, TICK, transport.clock)
    verification = verification_of(checksums, source.requested_length)
    outcome = Outcome(target.name, "done", size, source.length, checksums=checksums, verified=source.verification)
    return outcome._replace(verification=verification, attempts=failures + 1, retries=failures)


def _write(source: _Sequence, target: Path, format: Layout, options: TransferOptions) -> int:
    """Write a sequence in place of a file; return the number of bytes."""
    from omicsdk.transfer.disk import write_errors

    run, size = Run(None, options), 0

    def pieces() -> Iterator[bytes]:
        for piece in source.pieces():
            if run.is_over(len(piece)):
                raise Interrupted(run.control.why, name=source.title)
            run.pace.passed(len(piece))
            yield piece

    with write_errors(os.fspath(target)), in_place_of(target) as file:
        for data in pieces() if format == "plain" else fasta(source.title, pieces()):
            size += file.write(data)
    run.report(is_done=True)
    return size


def fasta(title: str, pieces: Iterable[bytes], line: int = LINE) -> Iterator[bytes]:
    """Format a sequence as FASTA, as it arrives.

    Args:
        title: The text after the >.
        pieces: Its letters.
        line: Letters of a line, from 1.
    """
    yield f">{title}\n".encode()
    rest = bytearray()  # a line may be longer than all pieces
    for piece in pieces:
        rest += piece
        # A line is written when it is full: pieces end anywhere.
        whole = len(rest) - len(rest) % line
        if whole:
            yield b"".join(rest[at : at + line] + b"\n" for at in range(0, whole, line))
            del rest[:whole]
    if rest:
        yield bytes(rest + b"\n")


class _Sequence:
    """A sequence, or a part of one.

    Attributes:
        client: The client.
        title: What FASTA calls it: a part with its positions from 1, as samtools faidx does.
        url: The URL of the whole sequence.
        length: The letters that came.
        verification: The digest that they were compared with.
    """

    def __init__(self, client: RefgetApi, sequence: str, start: int | None, end: int | None) -> None:
        self.length = 0
        self.verification = ""
        self.client = client
        self._id = sequence.strip()
        if not self._id:
            raise UsageError("The identifier of the sequence is empty")
        self._start, self._end = start, end
        self.title = self._id
        self.url = f"{client.base_url}/sequence/{quote(self._id, safe='', errors='surrogatepass')}"
        self._is_part = bool(start) or end is not None
        if self._is_part:
            self.title += f":{(start or 0) + 1}-{'' if end is None else end}"
            self._check()

    def _check(self) -> None:
        start, end = self._start or 0, self._end
        if start < 0 or (end is not None and end < 1):
            raise UsageError(
                "start must be 0 or more, and end 1 or more", remedy="Use positions from 0; the end is excluded."
            )
        if end == start:
            raise UsageError(
                f"the part from {start} to {end} is empty", remedy="The end is excluded: use a larger one."
            )
        if end is not None and end < start:
            self._check_circular(start, end)

    def _check_circular(self, start: int, end: int) -> None:
        """Check that the server cuts circular sequences; its description is requested once, since some always fail."""
        remedy = "Read the part to the end and the part from the beginning, and join them."
        try:
            service = json_of(self.client.with_options(retry=NO_RETRY).get_service_info.raw())
        except (APIError, DecodeError) as error:
            why = f"whether circular sequences can be cut is unknown: {error.summary}"
            raise TransferError(f"start {start} is after end {end}, and {why}", name=self._id, remedy=remedy) from error
        if not found_at(service, "refget.circular_supported"):
            raise UsageError(
                f"start {start} is after end {end}, and the server does not support parts across the origin of a circular sequence",
                remedy=remedy,
            )

    def pieces(self) -> Iterator[bytes]:
        """Yield the letters as they arrive; the end of them is their check."""
        self.length, expected, digests = 0, self.expected, SequenceDigests()
        start = OMIT if self._start is None or not self._is_part else self._start
        end = OMIT if self._end is None else self._end
        stream = self.client.get_sequence.stream
        with ExitStack() as stack:
            body = _with_prefix(self._id, lambda id: stack.enter_context(stream(id=id, start=start, end=end)))
            for piece in body.iter_bytes():
                if not _LETTERS.match(piece):
                    raise self._wrong("the server did not respond with a sequence")
                digests.update(piece)
                self.length += len(piece)
                yield piece
        if expected is not None:
            algorithm, value = expected
            actual = digests.values()[algorithm]
            if actual != value:
                raise ChecksumMismatch(self._id, algorithm=algorithm, expected=value, actual=actual)
            self.verification = algorithm
        if self._is_part and not self.length:  # some servers cut what begins after the end to nothing
            raise self._wrong("no letters were received: the sequence is shorter")
        length = self.requested_length
        if self._is_part and length is None:  # some servers ignore a start without an end, and send the whole sequence
            with suppress(APIError):
                length = self.stated_length()
        if length is not None and length != self.length:
            raise self._wrong(f"{length} letters were requested, and {self.length} received")

    @cached_property
    def expected(self) -> tuple[str, str] | None:
        """The digest that it must have; None for a part, and if nothing states one."""
        return None if self._is_part else expected_digest(self._id) or expected_digest(self._id, self._metadata)

    @property
    def requested_length(self) -> int | None:
        """The number of letters that were requested; None if that depends on the sequence."""
        length = -1 if self._end is None else self._end - (self._start or 0)
        return None if length < 0 else length

    def stated_length(self) -> int | None:
        """The number of letters that will come; None if the server does not state the sequence's."""
        length = number_in(self._metadata.get("length"))
        if self.requested_length is not None or length is None:
            return self.requested_length
        return (self._end or length) - (self._start or 0) + (length if self._end else 0)

    @cached_property
    def _metadata(self) -> Mapping[str, Any]:
        return describe(self.client, self._id)

    def _wrong(self, why: str) -> OmicsError:
        return TransferError(
            f"{self.title}: {why}", name=self._id, remedy="Check the positions and the URL of the service."
        )


# -- the clients

DISCOVERY = Discovery(platform="refget", remedy="Pass base_url (--base-url), or set OMICS_REFGET_URL.")


class _Shared:
    """What both clients share."""

    _discovery = DISCOVERY
    _default_base_url = ""  # that of the document is an example

    describe = Workflow(describe)
    read = Workflow(read)
    download = Workflow(download)


class Refget(_Shared, Platform, RefgetApi):
    __doc__ = f"A refget server.\n\n    {Platform.__doc__}"


class AsyncRefget(_Shared, AsyncPlatform, AsyncRefgetApi):
    __doc__ = f"A refget server, for asyncio.\n\n    {AsyncPlatform.__doc__}"

    _blocking_class = Refget
