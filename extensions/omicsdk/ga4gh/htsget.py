"""htsget: slices of reads and variants as files. A ticket's blocks are joined, checked and put in place.

Blocks are read with `transfer`'s ranges, one after the other: a broken connection is resumed where it broke, and a URL
that is no longer accepted is replaced by that of a new ticket. The transfer engine writes one file for each URL; here
one file consists of many blocks, with their ranges in the ticket.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Unpack
from urllib.parse import quote

from omicsdk_api.htsget import AsyncHtsgetApi, HtsgetApi

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.clock import SYSTEM_CLOCK
from omicsdk.core.credentials import BearerToken, origin_of
from omicsdk.core.errors import (
    APIError,
    ChecksumMismatch,
    ChecksumMissing,
    FolderBusy,
    Interrupted,
    OmicsError,
    SourceChanged,
    TransferError,
    Unauthorized,
)
from omicsdk.core.files import LOCKED_ERRNOS, in_place_of, is_special, is_still, lock_now, make_durable, put_in_place
from omicsdk.core.json_coding import json_object
from omicsdk.core.plain_client import NO_SERVER, OptionalServer, beside, exchange_of, server_steps
from omicsdk.core.platform import AsyncPlatform, Discovery, Platform, Workflow
from omicsdk.core.response import json_of
from omicsdk.core.type_guards import is_array, is_number, is_object
from omicsdk.ga4gh.formats import FileCheck, Format, InvalidFormat
from omicsdk.ga4gh.requests import Run, client_of
from omicsdk.ga4gh.tickets import (
    SliceRequest,
    Ticket,
    chosen_format,
    compression_of,
    parse_address,
    parse_region,
    ticket_of,
)
from omicsdk.transfer import Outcome, TransferOptions, TransferOptionsDict, TransferReport

if TYPE_CHECKING:
    from omicsdk.transfer import Location
    from omicsdk.transfer.network.connection_pool import ConnectionPool
    from omicsdk.transfer.ranges import Ranges

DISCOVERY = Discovery(
    platform="htsget",
    token=BearerToken,
    remedy="Use the URL of the data set, or base_url (--base-url), or set OMICS_HTSGET_URL.",
)
_STRIDE = 1 << 20
# Seconds between two records of the complete blocks.
_RECORD_SECONDS = 1.0


class SavedSlice(TransferReport):
    """The result for a file that htsget's blocks are joined to.

    The outcome's `verified` states what the file was compared with: `format` (all of it: BAM, BCF and compressed VCF), `md5` of
    the ticket where it states one, or `format and md5`; it is empty for a file that is unverified.

    Attributes:
        path: The file.
        format: Its format.
        blocks: The number of blocks.
        blocks_kept: How many of them an earlier run had fetched.
    """

    path: str
    format: Format
    blocks: int
    blocks_kept: int = 0

    def details(self, number: int) -> Mapping[str, object]:
        """The path of the file, its format, and its blocks."""
        del number
        return {"path": self.path, "format": self.format, "blocks": self.blocks, "blocks_kept": self.blocks_kept}


@text_is_one_item
def download(
    client: Htsget,
    what: str,
    path: str | os.PathLike[str],
    *,
    regions: str | Sequence[str] = (),
    format: Format | None = None,
    fields: str | Sequence[str] = (),
    tags: str | Sequence[str] = (),
    exclude_tags: str | Sequence[str] = (),
    header_only: bool = False,
    **options: Unpack[TransferOptionsDict],
) -> SavedSlice:
    """Download a slice of reads or variants, or a complete file.

    The blocks of the server's ticket are joined, and verified to be a complete BAM, BCF or compressed VCF file that
    matches the MD5 of the ticket, if any. Of CRAM and plain VCF only the beginning and the end are checked: without an
    MD5 they are unverified. The file appears when it is complete. Run it again to resume after the last complete block.

    Args:
        what: The data set: its URL (BASE/reads/ID or BASE/variants/ID), or its identifier on the server of the base
            URL.
        path: File to write.
        regions: Regions as samtools writes them, such as chr1:1-1000; by default the complete file. Several require a
            server that accepts POST.
        format: Format to request; by default by the suffix of the file, else the server's (BAM or VCF).
        fields: Fields of SAM to include, such as QNAME and SEQ; by default all. A server may ignore it.
        tags: Tags to include; by default all. A server may ignore it.
        exclude_tags: Tags to leave out.
        header_only: Request the header alone.
        **options: See `omicsdk.transfer.TransferOptions`. Blocks are fetched one after the other; a dry run requests the ticket;
            `renewals`, `cache` and `link` are refused.

    Returns:
        The file and its outcome.

    Raises:
        UsageError: The data set, a region, the format or an option is invalid, or the file has the suffix of another
            format; nothing was requested.
        NotFound: The server has no such data set.
        InvalidFormat: The ticket is of another format.
        TransferFailed: A block cannot be fetched, the file cannot be written, the joined blocks are not a complete file or
            do not have the MD5 of the ticket, a checksum is required and the ticket states none, or the file is named as a
            compressed VCF file and the server sends a plain one, or the other way round.
        Interrupted: It was stopped, or its time is over.

    Example:
        client.download("sample-1", "chr1.bam", regions="chr1:1-1000")
    """
    start, now = SYSTEM_CLOCK.now(), SYSTEM_CLOCK.monotonic()
    chosen = TransferOptions.of(options)
    chosen.refuse("renewals", why="a URL that has ended is replaced by that of a new ticket once")
    chosen.refuse("cache", "link", why="a slice is joined from blocks")
    chosen.control.begin(now)
    address = parse_address(what)
    target = Path(path)
    kind, wanted_format = chosen_format(address.kind, format, target.name)
    places = [parse_region(region) for region in regions]
    requested = SliceRequest(kind, address.id, wanted_format, places, fields, tags, exclude_tags, header_only)
    source = _Source(client_of(_server(client, address.base_url), chosen), requested, chosen)
    report = SavedSlice(title=f"Download of {what}", target=str(target.parent))
    report.path, report.format, report.blocks = str(path), source.ticket.format, len(source.ticket.blocks)
    try:
        outcome, report.blocks_kept = _fetched(source, target, not header_only, chosen)
    except OmicsError as error:
        outcome = Outcome.of_error(target.name, error, source.ticket.size)
        if outcome.state == "stopped":
            report.why_stopped = error.message
    seconds = SYSTEM_CLOCK.monotonic() - now
    report = report.with_outcomes([outcome._replace(seconds=seconds, source=source.url)], seconds=seconds)
    report.began = start
    return chosen.checked(report)


def _fetched(source: _Source, target: Path, complete: bool, options: TransferOptions) -> tuple[Outcome, int]:
    """Fetch what is missing of a file; return its outcome, and how many blocks an earlier run had fetched."""
    from omicsdk.transfer.disk import write_errors
    from omicsdk.transfer.reports.report import verification_of

    ticket, name = source.ticket, target.name
    checksums = {"md5": ticket.md5} if ticket.md5 else {}
    if options.require_checksum and not checksums:
        raise ChecksumMissing(name)
    verification = verification_of(checksums, ticket.size)
    with write_errors(str(target)):
        size = _present(target, ticket.md5)
        if size is not None:
            outcome = Outcome(name, "skipped", size, checksums=checksums, verified="md5", verification="verified")
            return outcome, len(ticket.blocks)
        if options.dry_run:
            return Outcome(name, "planned", ticket.size, checksums=checksums), 0
        part, run = _Part(target, unvalidated=options.resume_unvalidated), Run(ticket.size, options)
        with part.opened() as file:
            try:
                blocks_kept, verified = _join(source, part, file, complete, run)
            except (InvalidFormat, ChecksumMismatch, SourceChanged):
                part.discard()  # invalid data would be resumed
                raise
            size = file.tell()
            # While it is locked: another process that opened it before the rename would write into the complete file.
            if os.name == "nt":  # no open file can be renamed there
                file.close()
            put_in_place(part.path, target)
            part.record.unlink(missing_ok=True)
    result = Outcome(
        name, "done", size, size - run.bytes_kept, run.bytes_kept, checksums, verified, verification=verification
    )
    return result, blocks_kept


def _present(target: Path, expected: str) -> int | None:
    """Return the size of the file if it has the expected MD5 already.

    Raises:
        OSError: It is a folder or a socket.
    """
    if is_special(target) or not expected or not target.is_file():
        return None
    digest = md5(usedforsecurity=False)
    with target.open("rb") as file:
        while data := file.read(_STRIDE):
            digest.update(data)
        return file.tell() if digest.hexdigest() == expected else None


def _join(source: _Source, part: _Part, file: BinaryIO, complete: bool, run: Run) -> tuple[int, str]:
    """Write what is missing of a file, and check all of it; return how many blocks were kept, and the verification."""
    name, expected = part.target.name, source.ticket.md5
    check = FileCheck(source.ticket.format, name, complete=complete, compressed=compression_of(name))
    digest = md5(usedforsecurity=False)
    blocks_kept, end = part.resumed(source)
    left = end
    # What an earlier run wrote is read once more: the checks of the format and the MD5 are over the whole file.
    while left and (data := file.read(min(_STRIDE, left))):
        check.feed(data)
        digest.update(data)
        left -= len(data)
    # Behind the last complete block may be a part of the next one, which is fetched whole.
    file.truncate(end)
    block_ends = part.block_ends[:blocks_kept]
    run.bytes_kept = run.present = end
    noted_at = SYSTEM_CLOCK.monotonic()
    try:
        for number in range(blocks_kept, len(source.ticket.blocks)):
            for data in source.pieces(number):
                if run.is_over(len(data)):
                    problem = f"{run.control.why} after {number} of {len(source.ticket.blocks)} blocks"
                    raise Interrupted(problem, name=name)
                check.feed(data)
                digest.update(data)
                file.write(data)
            # Before the record: one that names bytes that are not in the file would resume behind a gap.
            file.flush()
            block_ends.append(file.tell())
            # Not after each: the record is written as a whole, and a ticket may have thousands of blocks.
            if SYSTEM_CLOCK.monotonic() - noted_at > _RECORD_SECONDS:
                part.note(source, block_ends)
                noted_at = SYSTEM_CLOCK.monotonic()
    finally:
        if len(block_ends) > blocks_kept:
            part.note(source, block_ends)
    check.finish()
    if expected and digest.hexdigest() != expected:
        raise ChecksumMismatch(name, algorithm="md5", expected=expected, actual=digest.hexdigest())
    make_durable(file.fileno())
    run.report(is_done=True)
    verified = [word for word, is_true in (("format", check.verifies), ("md5", expected)) if is_true]
    return blocks_kept, " and ".join(verified)


class _Source:
    """The blocks of a slice; their URLs are replaced by those of a new ticket once they have ended."""

    def __init__(self, server: HtsgetApi, requested: SliceRequest, options: TransferOptions) -> None:
        from omicsdk.transfer.engine.control import Pace

        self._pace = Pace(options.control, options.stop)
        self._server = server
        self._requested = requested
        self._ranges: dict[tuple[str, frozenset[tuple[str, str]]], Ranges] = {}
        self._pool: ConnectionPool | None = None
        self.validators: dict[str, Mapping[str, str]] = {}
        self.ticket = self._ask()
        self.url = f"{server.base_url}/{requested.kind}/{quote(requested.id, safe='')}"

    def _ask(self) -> Ticket:
        server, requested = self._server, self._requested
        if requested.kind == "reads":
            operation: Any = server.post_reads if requested.is_of_several else server.get_reads
        else:
            operation = server.post_variants if requested.is_of_several else server.get_variants
        try:
            response = operation.raw(**requested.arguments())
        except APIError as error:
            if requested.is_of_several and error.status in (404, 405, 501):  # many servers have no POST
                error.remedy = "The server may not accept several regions at once: request each in a separate file."
            raise
        return ticket_of(json_of(response), requested, server.base_url)

    def pieces(self, number: int) -> Iterator[bytes]:
        """Yield the bytes of a block."""
        block = self.ticket.blocks[number]
        if block.data is not None:
            yield block.data
            return
        try:
            yield from self.ranges(number).stream(block.start, block.end)
        except Unauthorized as error:
            # The standard forbids sending the service's token to blocks, so that a login cannot help.
            error.remedy = "Report it to the server's operators: tickets have to state the headers that blocks require."
            raise

    def ranges(self, number: int) -> Ranges:
        """Return the reader of a block: blocks of one source share it, so that all of them are of one version."""
        from omicsdk.transfer.network.connection_pool import ConnectionPool
        from omicsdk.transfer.ranges import Ranges

        block = self.ticket.blocks[number]
        if block.source not in self._ranges:
            self._pool = self._pool or ConnectionPool(client=self._server)
            self._ranges[block.source] = Ranges(
                self._locator(number),
                title=f"block {number + 1} of {self._requested.id}",
                pool=self._pool,
                retry=exchange_of(self._server).transport.retry,
                pace=self._pace,
                validators=self.validators.get(block.key),
                # Servers that generate blocks on request send no ETag; the joined file is checked as a whole.
                unvalidated=True,
                ranges_as_200=True,
            )
        return self._ranges[block.source]

    def _locator(self, number: int) -> Callable[[], Location]:
        from omicsdk.transfer import Location

        block, calls = self.ticket.blocks[number], 0

        def locate() -> Location:
            nonlocal block, calls
            calls += 1
            if calls > 1:  # its URL is not accepted any longer
                again = self._ask()
                # Blocks are joined by their number: those of another layout would not fit the ones that were written.
                if [block.layout for block in again.blocks] != [block.layout for block in self.ticket.blocks]:
                    problem = f"{self._requested.id}: a new ticket has other blocks than the one before"
                    raise SourceChanged(problem, name=self._requested.id)
                block = again.blocks[number]
            try:
                return Location(block.url, block.headers)
            except ValueError as error:
                raise TransferError(f"Block {number + 1} of the ticket cannot be requested: {error}") from error

        return locate


class _Part:
    """A file that is being joined: FILE.part, and beside it the record of the blocks that are complete in it."""

    def __init__(self, target: Path, *, unvalidated: bool) -> None:
        self._unvalidated = unvalidated
        self.target = target
        self.path = target.with_name(f"{target.name}.part")
        self.record = target.with_name(f"{target.name}.part.json")
        self.block_ends: list[int] = []

    @contextmanager
    def opened(self) -> Generator[BinaryIO]:
        """Open it for this process alone; what has no complete block is removed if the block fails."""
        # `r+b` keeps what an earlier run left, and needs an existing file.
        self.path.touch()
        with self.path.open("r+b") as file:
            busy = FolderBusy(str(self.path), remedy="Wait until the other process has downloaded the file.")
            try:
                lock_now(file.fileno())
            except OSError as error:
                # Other errors are those of file systems without locks: the file is written without one.
                if error.errno in LOCKED_ERRNOS:
                    raise busy from error
            # Put in place by the other process since it was opened, it is the complete file.
            if not is_still(self.path, file.fileno()):
                raise busy
            try:
                yield file
            except BaseException:
                # Nothing could be resumed from it.
                if not self.record.exists():
                    self.discard()
                raise

    def discard(self) -> None:
        """Remove it."""
        for path in (self.record, self.path):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def resumed(self, source: _Source) -> tuple[int, int]:
        """Return how many blocks of an earlier run are those of the ticket, and where the last of them ends.

        Raises:
            SourceChanged: The source of one of them has changed.
        """
        from omicsdk.transfer.network.requests import is_strong

        ticket, count = source.ticket, 0
        record = _read(self.record)
        entries: object = record.get("blocks")
        # A ticket for other data, or for the same data in another format.
        if record.get("format") != ticket.format or record.get("md5") != ticket.md5:
            entries = []
        size = self.path.stat().st_size
        for block, entry in zip(ticket.blocks, entries if is_array(entries) else [], strict=False):
            if not is_object(entry) or entry.get("key") != block.key:
                break
            end, validators = entry.get("end"), entry.get("validators")
            if not is_number(end) or not is_object(validators) or not (self.block_ends or [0])[-1] <= end <= size:
                break
            strong = {origin: text for origin, text in validators.items() if isinstance(text, str) and is_strong(text)}
            if block.data is None and not strong and not self._unvalidated:
                break  # nothing would show that the file there is still the same
            source.validators[block.key] = strong
            self.block_ends.append(end)
            count += 1
        # Once each: thousands of blocks may be ranges of one file.
        kept = {block.source: number for number, block in enumerate(ticket.blocks[:count]) if block.data is None}
        for ranges in map(source.ranges, kept.values()):
            ranges.confirm(ranges)
        return count, self.block_ends[-1] if self.block_ends else 0

    def note(self, source: _Source, block_ends: Sequence[int]) -> None:
        """Record the blocks that are complete, without their URLs."""
        entries = [
            {
                "key": block.key,
                "end": end,
                "validators": dict(source.ranges(number).validators) if block.data is None else {},
            }
            for number, (block, end) in enumerate(zip(source.ticket.blocks, block_ends, strict=False))
        ]
        record = {"format": source.ticket.format, "md5": source.ticket.md5, "blocks": entries}
        # At once: a kill or a full disk while it is written must not lose the blocks that it states already.
        with in_place_of(self.record, durable=False) as file:
            file.write(json.dumps(record).encode())


def _read(record: Path) -> Mapping[str, Any]:
    try:
        return json_object(record.read_bytes()) or {}
    except OSError:
        return {}


def _server(client: Htsget, base_url: str) -> HtsgetApi:
    """Return the client of a data set's server: the given one, or another one, with credentials for its own server
    only.
    """
    if not base_url or base_url == client.base_url:
        return client
    credentials = client.credentials if origin_of(base_url) == origin_of(client.base_url or NO_SERVER) else None
    return beside(client, HtsgetApi, base_url, credentials)


# -- the clients


class _Shared(OptionalServer):
    """What both clients share: a base URL that may be missing, and the workflows."""

    _discovery = DISCOVERY
    _steps = server_steps("htsget server", DISCOVERY)

    download = Workflow(download)


class Htsget(_Shared, Platform, HtsgetApi):
    """An htsget server. Thread-safe; close it, or use it in a `with` block.

    The URL of a data set states its server; operations, and bare identifiers, need a base URL.

    The arguments are those of `omicsdk.core.platform.Platform`, but for those below.

    Args:
        base_url: The address before /reads and /variants; by default OMICS_HTSGET_URL. May be missing.
        credentials: Credentials of that server, by default OMICS_HTSGET_TOKEN; they go to no other, and not to blocks.
    """


class AsyncHtsget(_Shared, AsyncPlatform, AsyncHtsgetApi):
    """An htsget server for asyncio and trio; close it with `aclose`, or use it in an `async with` block.

    Base URL, credentials, arguments and errors are those of `Htsget` and `omicsdk.core.platform.AsyncPlatform`.
    """

    _blocking_class = Htsget
