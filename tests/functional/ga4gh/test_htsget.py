"""Slices of reads and variants: joined, checked, resumed, refused."""

import errno
import gzip
import json
import os
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from failed_transfers import failed
from htsget_tickets import Tickets, inline
from loopback import Head, LoopbackServer
from omicsdk import (
    NO_RETRY,
    AsyncHtsget,
    BearerToken,
    ChecksumMismatch,
    ChecksumMissing,
    ConfigError,
    DiskFull,
    FolderBusy,
    Htsget,
    Interrupted,
    NotFound,
    SourceChanged,
    TransferError,
    Unauthorized,
    UsageError,
)
from omicsdk.core.clock import SYSTEM_CLOCK
from omicsdk.core.files import in_place_of, lock_now, put_in_place
from omicsdk.ga4gh import InvalidFormat
from omicsdk.sandbox import Rule, Sandbox
from omicsdk.sandbox.ga4gh.htsget import BGZF_END, bgzf
from omicsdk.transfer import Control, Progress


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# -- from the sandbox


@pytest.fixture
def sandboxed(omics_sandbox: Sandbox) -> Any:
    with Htsget(omics_sandbox.htsget_url, environ={}) as client:
        yield client


def test_a_complete_file_is_what_the_server_has(
    sandboxed: Htsget, omics_sandbox: Sandbox, a_bam: bytes, tmp_path: Path
) -> None:
    omics_sandbox.ga4gh.htsget.add("big/reads", "BAM", a_bam)
    omics_sandbox.settings.turn({"htsget.block_bytes": 1000})
    saved = sandboxed.download("big/reads", tmp_path / "a.bam")
    assert gzip.decompress((tmp_path / "a.bam").read_bytes()) == gzip.decompress(a_bam)
    assert saved.blocks > 4
    assert (saved.format, saved.files[0].size, saved.counts["done"]) == ("BAM", (tmp_path / "a.bam").stat().st_size, 1)
    assert saved.files[0].verified == "format and md5"
    assert names(tmp_path) == ["a.bam"]


def test_a_slice_has_the_records_of_its_regions(sandboxed: Htsget, tmp_path: Path) -> None:
    sandboxed.download("sample-1", tmp_path / "a.vcf.gz", regions=["chr1:100-300", "chr2:1-100"])
    lines = gzip.decompress((tmp_path / "a.vcf.gz").read_bytes()).decode().splitlines()
    positions = [line.split("\t")[:2] for line in lines if not line.startswith("#")]
    assert positions == [["chr1", "100"], ["chr1", "200"], ["chr1", "300"], ["chr2", "100"]]


def test_a_region_of_reads_is_smaller_than_all_of_them(sandboxed: Htsget, tmp_path: Path) -> None:
    sizes = [
        sandboxed.download("sample-1", tmp_path / f"{number}.bam", regions=regions).files[0].size
        for number, regions in enumerate(([], ["chr1"], ["chr1:1-1000"], ["chr1:1-1000", "chr2"]))
    ]
    assert sizes[0] > sizes[1] > sizes[2] < sizes[3]


def test_fields_and_tags_are_of_all_records(sandboxed: Htsget, tmp_path: Path) -> None:
    for name, options in {"part": {"fields": ["QNAME"]}, "whole": {}}.items():
        sandboxed.download("sample-1", tmp_path / f"{name}.bam", **options)
    assert (tmp_path / "part.bam").read_bytes() == (tmp_path / "whole.bam").read_bytes()


def test_blocks_as_those_of_the_reference_server_are_joined_to_the_same_files(
    sandboxed: Htsget, omics_sandbox: Sandbox, a_bam: bytes, tmp_path: Path
) -> None:
    omics_sandbox.ga4gh.htsget.add("reads", "BAM", a_bam)
    slices: dict[str, dict[str, Any]] = {
        "whole.bam": {},
        "fields.bam": {"fields": ["QNAME"]},
        "region.bam": {"regions": ["chr1:1-1000"]},
        "header.file": {"header_only": True},
    }

    def saved(folder: str) -> dict[str, tuple[int, str, bytes]]:
        (tmp_path / folder).mkdir()
        results: dict[str, tuple[int, str, bytes]] = {}
        for name, options in slices.items():
            report = sandboxed.download("reads", tmp_path / folder / name, **options)
            results[name] = (
                report.blocks,
                report.files[0].verified,
                gzip.decompress((tmp_path / folder / name).read_bytes()),
            )
        return results

    ordinary = saved("ordinary")
    omics_sandbox.settings.turn({"htsget.as_refserver": True})
    shared = saved("shared")
    assert {name: content for name, (_, _, content) in shared.items()} == {
        name: content for name, (_, _, content) in ordinary.items()
    }
    assert {name: (blocks, verified) for name, (blocks, verified, _) in shared.items()} == {
        "whole.bam": (1, "format"),
        "fields.bam": (2, "format"),
        "region.bam": (2, "format"),
        "header.file": (1, "format"),
    }
    sandboxed.download("sample-1", tmp_path / "a.vcf.gz")
    assert gzip.decompress((tmp_path / "a.vcf.gz").read_bytes()).count(b"\nchr") == 120  # without the zeros
    saved_variants = sandboxed.download("sample-1", tmp_path / "a.vcf", regions=["chr1:100-300"])
    assert (saved_variants.files[0].verified, (tmp_path / "a.vcf").read_text().count("\nchr1")) == ("", 3)


def test_the_header_alone_has_no_end(sandboxed: Htsget, tmp_path: Path) -> None:
    sandboxed.download("sample-1", tmp_path / "a.bam", header_only=True)
    assert not (tmp_path / "a.bam").read_bytes().endswith(BGZF_END)


def test_a_url_names_its_server(omics_sandbox: Sandbox, tmp_path: Path) -> None:
    with Htsget(environ={}) as client:
        assert repr(client) == "<Htsget without a server>"
        assert client.download(f"{omics_sandbox.htsget_url}/variants/sample-1", tmp_path / "a").format == "VCF"
        with pytest.raises(ConfigError, match="No htsget server is named"):
            client.download("sample-1", tmp_path / "b")
    assert names(tmp_path) == ["a"]


def test_a_token_goes_to_its_own_server_only(omics_sandbox: Sandbox, tmp_path: Path) -> None:
    omics_sandbox.ga4gh.htsget.add("secret", "VCF", b"##fileformat=VCFv4.3\n#CHROM\n", restricted=True)
    token = BearerToken(omics_sandbox.token())
    url = f"{omics_sandbox.htsget_url}/variants/secret"
    with Htsget(omics_sandbox.htsget_url, credentials=token, environ={}) as client:
        assert client.download(url, tmp_path / "a").format == "VCF"
    with Htsget("https://other.example.org", credentials=token, environ={}) as client, pytest.raises(Unauthorized):
        client.download(url, tmp_path / "b")
    assert names(tmp_path) == ["a"]


def test_it_is_awaited_by_the_asynchronous_client(omics_sandbox: Sandbox, tmp_path: Path) -> None:
    async def work() -> str:
        async with AsyncHtsget(omics_sandbox.htsget_url, environ={}) as client:
            return (await client.download("sample-1", tmp_path / "a.bam")).format

    assert anyio.run(work) == "BAM"


def test_the_services_own_words_are_in_its_errors(sandboxed: Htsget, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"There are no reads of the identifier nope \(404 NotFound"):
        sandboxed.download("nope", tmp_path / "a.bam")
    with pytest.raises(NotFound, match="no reference sequence chr9"):
        sandboxed.download("sample-1", tmp_path / "a.bam", regions=["chr9"])
    with pytest.raises(UsageError, match="is not a region"):
        sandboxed.download("sample-1", tmp_path / "a.bam", regions=["chr1:x"])
    assert names(tmp_path) == []


def test_a_connection_that_breaks_is_resumed_where_it_broke(
    sandboxed: Htsget, omics_sandbox: Sandbox, a_bam: bytes, tmp_path: Path
) -> None:
    omics_sandbox.ga4gh.htsget.add("reads", "BAM", a_bam)
    omics_sandbox.add_faults(Rule("cut", path="/_objects/*", at=100, times=1))
    saved = sandboxed.download("reads", tmp_path / "a.bam")
    assert gzip.decompress((tmp_path / "a.bam").read_bytes()) == gzip.decompress(a_bam)
    assert saved.files[0].verified == "format and md5"


# -- from tickets of a test


Make = Callable[..., Htsget]


def test_blocks_of_all_kinds_are_joined(htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path) -> None:
    third = len(a_bam) // 3
    tickets.urls = lambda: [
        inline(a_bam[:third]),
        tickets.stored(a_bam, Range=f"bytes={third}-{2 * third - 1}"),
        tickets.stored(a_bam[2 * third : -30]),
        tickets.stored(a_bam, range=f"bytes={len(a_bam) - 30}-"),
    ]
    saved = htsget().download("x", tmp_path / "a.bam")
    assert (tmp_path / "a.bam").read_bytes() == a_bam
    assert (saved.blocks, saved.files[0].verified) == (4, "format")


def test_what_is_requested_is_in_the_request(htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path) -> None:
    tickets.serve(a_bam)
    htsget().download(
        "a/b", tmp_path / "x", regions=["chr1:1-10"], fields=["SEQ", "QUAL"], tags=["NM"], exclude_tags=["OQ"]
    )
    request = tickets.requests[0]
    assert (request.method, request.url.path) == ("GET", "/reads/a/b")
    assert dict(request.url.params) == {
        "referenceName": "chr1", "start": "0", "end": "10", "fields": "SEQ,QUAL", "tags": "NM", "notags": "OQ",
    }  # fmt: skip
    htsget().download("a/b", tmp_path / "y", regions=["chr1:1-10", "chr2"])
    request = tickets.requests[1]
    assert request.method == "POST"
    assert json.loads(request.content)["regions"] == [
        {"referenceName": "chr1", "start": 0, "end": 10},
        {"referenceName": "chr2"},
    ]


def test_a_token_of_the_service_is_not_sent_to_blocks(
    htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path
) -> None:
    heads: list[dict[str, str]] = []

    class Blocks(LoopbackServer):
        def respond(self, connection: Any, reader: Any, head: Head) -> bool:
            heads.append(head.headers)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(a_bam) + a_bam)
            return True

    server = Blocks()
    try:
        tickets.urls = lambda: [{"url": f"http://127.0.0.1:{server.port}/x", "headers": {"X-Own": "1"}}]
        htsget(credentials=BearerToken("s3cret")).download("x", tmp_path / "a.bam")
    finally:
        server.close()
    assert tickets.requests[0].headers["authorization"] == "Bearer s3cret"
    assert [("authorization" in head, head.get("x-own")) for head in heads] == [(False, "1")]


class UnmarkedRanges(LoopbackServer):
    """Answers ranges as htsget-refserver's file-bytes does: with 200, chunked, short ones filled with NUL bytes.

    Args:
        content: The file.
        whole: Whether ranges are ignored.
        states_length: Whether the response states its length.
    """

    def __init__(self, content: bytes, *, whole: bool = False, states_length: bool = False) -> None:
        self.content, self.whole, self.states_length = content, whole, states_length
        super().__init__()

    def respond(self, connection: Any, reader: Any, head: Head) -> bool:
        first, _, last = head.headers["range"].removeprefix("bytes=").partition("-")
        data = self.content if self.whole else self.content[int(first) : int(last) + 1].ljust(8192, b"\0")
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        if self.states_length:
            connection.sendall(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        else:
            connection.sendall(b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(data), data))
        return True

    def blocks(self, *cuts: int) -> list[dict[str, Any]]:
        places = [0, *cuts, len(self.content)]
        url = f"http://127.0.0.1:{self.port}/file-bytes"
        return [{"url": url, "headers": {"Range": f"bytes={a}-{b - 1}"}} for a, b in pairwise(places)]


@pytest.mark.parametrize(("whole", "states_length"), [(False, False), (True, True)])
def test_a_block_that_comes_with_200_is_the_range_unless_it_has_the_length_of_the_file(
    htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path, whole: bool, states_length: bool
) -> None:
    server = UnmarkedRanges(a_bam, whole=whole, states_length=states_length)
    try:
        tickets.urls = lambda: server.blocks(len(a_bam) // 2, len(a_bam) - 100)  # the last of them is a short one
        saved = htsget().download("x", tmp_path / "a.bam")
    finally:
        server.close()
    assert (tmp_path / "a.bam").read_bytes() == a_bam
    assert saved.blocks == 3


def test_a_whole_file_without_a_length_is_not_taken_for_a_range(
    htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path
) -> None:
    server = UnmarkedRanges(a_bam, whole=True)
    try:
        tickets.urls = lambda: server.blocks(len(a_bam) // 2)
        with failed(TransferError, match="sends more than was requested"):
            htsget().download("x", tmp_path / "a.bam")
    finally:
        server.close()
    assert not (tmp_path / "a.bam").exists()


@pytest.mark.parametrize("states_length", [False, True])
def test_a_range_beyond_a_file_that_is_sent_whole_does_not_repeat_it(
    htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path, states_length: bool
) -> None:
    server = UnmarkedRanges(a_bam, whole=True, states_length=states_length)
    try:
        (block,) = server.blocks()
        tickets.urls = lambda: [{**block, "headers": {"Range": f"bytes=0-{2 * len(a_bam) - 1}"}}]
        with failed(TransferError, match="sends less than was requested"):
            htsget().download("x", tmp_path / "a.bam")
    finally:
        server.close()
    assert not (tmp_path / "a.bam").exists()


def test_a_url_that_ended_is_replaced_by_that_of_a_new_ticket(
    htsget: Make, tickets: Tickets, omics_sandbox: Sandbox, a_bam: bytes, tmp_path: Path
) -> None:
    tickets.serve(a_bam, seconds=60)
    first = tickets.urls

    def urls() -> list[dict[str, Any]]:
        made = first()
        if len(tickets.requests) == 1:
            omics_sandbox.clock.advance(3600)
        return made

    tickets.urls = urls
    htsget().download("x", tmp_path / "a.bam")
    assert (tmp_path / "a.bam").read_bytes() == a_bam
    assert len(tickets.requests) > 1


def test_a_new_ticket_with_other_blocks_is_refused(
    htsget: Make, tickets: Tickets, omics_sandbox: Sandbox, a_bam: bytes, tmp_path: Path
) -> None:
    def urls() -> list[dict[str, Any]]:
        middle = len(a_bam) // (1 + len(tickets.requests))
        made = [inline(a_bam[:middle]), tickets.stored(a_bam, seconds=60, Range=f"bytes={middle}-{len(a_bam) - 1}")]
        omics_sandbox.clock.advance(3600)
        return made

    tickets.urls = urls
    with failed(SourceChanged, match="a new ticket has other blocks"):
        htsget().download("x", tmp_path / "a.bam")
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (lambda data: data[:-40], InvalidFormat, "BGZF"),
        (lambda data: data.removesuffix(BGZF_END), InvalidFormat, "end marker"),
        (lambda data: b"<html>Not here</html>", InvalidFormat, "a web page"),
        (lambda data: bgzf(b"BCF\x02\x02") + BGZF_END, InvalidFormat, "it is BCF"),
        (lambda data: data[:500] + data[600:], InvalidFormat, "not the beginning of a BGZF block|truncated"),
    ],
)
def test_what_is_not_the_file_is_not_kept(
    htsget: Make,
    tickets: Tickets,
    a_bam: bytes,
    tmp_path: Path,
    spoil: Callable[[bytes], bytes],
    error: type[Exception],
    message: str,
) -> None:
    tickets.serve(spoil(a_bam))
    with failed(error, match=message):
        htsget().download("x", tmp_path / "a.bam")
    assert names(tmp_path) == []


def test_another_md5_than_the_tickets_is_refused(htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path) -> None:
    tickets.serve(a_bam)
    tickets.state_md5(b"something else")
    (tmp_path / "a.bam").write_bytes(b"from before")
    with failed(ChecksumMismatch, match="md5"):
        htsget().download("x", tmp_path / "a.bam")
    assert names(tmp_path) == ["a.bam"]
    assert (tmp_path / "a.bam").read_bytes() == b"from before"


def test_a_ticket_of_another_format_is_refused_before_anything_is_fetched(
    htsget: Make, tickets: Tickets, omics_sandbox: Sandbox, a_bam: bytes, tmp_path: Path
) -> None:
    tickets.serve(a_bam)
    with pytest.raises(InvalidFormat, match="ticket is of BAM, not of CRAM"):
        htsget().download("x", tmp_path / "a.cram")
    assert omics_sandbox.requests("/_objects") == []


def test_a_block_that_is_gone_is_an_error(
    htsget: Make, tickets: Tickets, omics_sandbox: Sandbox, a_bam: bytes, tmp_path: Path
) -> None:
    tickets.urls = lambda: [inline(a_bam[:100]), {"url": f"{omics_sandbox.url}/_objects/none"}]
    with pytest.raises(Exception, match="block 2 of x"):
        htsget().download("x", tmp_path / "a.bam")
    assert not (tmp_path / "a.bam").exists()


def test_a_block_that_needs_a_token_is_explained(htsget: Make, tickets: Tickets, tmp_path: Path) -> None:
    """As tickets of CanDIG's htsget_app have them, whose blocks take the service's own token."""

    class Blocks(LoopbackServer):
        def respond(self, connection: Any, reader: Any, head: Head) -> bool:
            connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
            return True

    server = Blocks()
    try:
        tickets.urls = lambda: [{"url": f"http://127.0.0.1:{server.port}/x"}]
        report = htsget(credentials=BearerToken("s3cret")).download("x", tmp_path / "a.bam", check=False)
    finally:
        server.close()
    error = report.outcomes[0].error
    assert isinstance(error, Unauthorized)
    assert "tickets have to state the headers" in error.remedy


def test_a_header_that_cannot_be_sent_is_an_error(htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path) -> None:
    tickets.urls = lambda: [tickets.stored(a_bam, X="a\r\nHost: b")]
    with failed(TransferError, match="Block 1 of the ticket cannot be requested"):
        htsget().download("x", tmp_path / "a.bam")


# -- run again


def test_a_file_with_the_md5_of_the_ticket_is_skipped(
    htsget: Make, tickets: Tickets, omics_sandbox: Sandbox, a_bam: bytes, tmp_path: Path
) -> None:
    tickets.serve(a_bam)
    tickets.state_md5(a_bam)
    htsget().download("x", tmp_path / "a.bam")
    before = len(omics_sandbox.requests("/_objects"))
    again = htsget().download("x", tmp_path / "a.bam")
    assert again.counts["skipped"] == 1
    assert len(omics_sandbox.requests("/_objects")) == before


def stopped(htsget: Make, tickets: Tickets, path: Path, after: int) -> None:
    """Download until so many tickets' blocks were begun, then stop."""
    stop = threading.Event()
    made = htsget()
    from omicsdk.ga4gh import htsget as module

    pieces = module._Source.pieces

    def counted(source: Any, number: int) -> Any:
        if number >= after:
            stop.set()
        yield from pieces(source, number)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module._Source, "pieces", counted)
        with pytest.raises(Interrupted, match="stopped after"):
            made.download("x", path, stop=stop)


def test_it_is_resumed_after_the_blocks_that_are_complete(
    htsget: Make, tickets: Tickets, omics_sandbox: Sandbox, a_bam: bytes, tmp_path: Path
) -> None:
    quarter = len(a_bam) // 4
    tickets.serve(a_bam, [quarter, 2 * quarter, 3 * quarter])
    tickets.state_md5(a_bam)
    stopped(htsget, tickets, tmp_path / "a.bam", after=2)
    assert names(tmp_path) == ["a.bam.part", "a.bam.part.json"]
    record = (tmp_path / "a.bam.part.json").read_text()
    assert "Signature" not in record
    assert "/_objects/" not in record
    saved = htsget().download("x", tmp_path / "a.bam")
    assert (saved.blocks, saved.blocks_kept) == (4, 2)
    assert (tmp_path / "a.bam").read_bytes() == a_bam
    assert names(tmp_path) == ["a.bam"]


def test_progress_counts_what_exists_and_what_was_fetched(
    htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path
) -> None:
    tickets.serve(a_bam)
    seen: list[Progress] = []
    htsget().download("a", tmp_path / "a.bam", progress=seen.append)
    assert (seen[0].files, seen[0].bytes, seen[0].final) == (1, len(a_bam), False)
    assert (seen[-1].files_done, seen[-1].bytes_done, seen[-1].final) == (1, len(a_bam), True)
    assert [report.bytes_done for report in seen] == sorted(report.bytes_done for report in seen)


def test_a_control_stops_it(htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path) -> None:
    tickets.serve(a_bam)
    control = Control()
    control.stop()
    with pytest.raises(Interrupted, match="it was stopped after 0 of 3 blocks"):
        htsget().download("a", tmp_path / "a.bam", control=control)
    assert names(tmp_path) == []


def test_the_rate_is_limited(htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path, monkeypatch: Any) -> None:
    waited: list[float] = []
    monkeypatch.setattr(type(SYSTEM_CLOCK), "sleep", lambda _self, seconds: waited.append(seconds))
    tickets.serve(a_bam)
    htsget().download("a", tmp_path / "a.bam", control=Control(rate_limit=len(a_bam)))
    assert waited
    waited.clear()
    htsget().download("a", tmp_path / "b.bam")
    assert not waited


def test_a_dry_run_writes_nothing(htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path) -> None:
    tickets.serve(a_bam)
    client = htsget()
    planned = client.download("a", tmp_path / "a.bam", dry_run=True)
    assert (planned.counts["planned"], planned.files[0].size, planned.blocks) == (1, len(a_bam), 3)
    assert names(tmp_path) == []
    tickets.urls = lambda: [tickets.stored(a_bam)]
    assert client.download("a", tmp_path / "a.bam", dry_run=True).files[0].size is None


def test_a_report_has_the_blocks_and_what_cannot_be_followed_is_refused(
    htsget: Make, tickets: Tickets, omics_sandbox: Sandbox, a_bam: bytes, tmp_path: Path
) -> None:
    tickets.serve(a_bam)
    omics_sandbox.add_faults(Rule("status", path="/_objects/*", status=503, times=2))
    report = htsget().download("a", tmp_path / "a.bam", min_delay=0, stall_timeout="5m", max_wait=9)
    (row,) = report.rows()
    assert (row["format"], row["blocks"], row["state"], row["bytes_fetched"]) == ("BAM", 3, "done", len(a_bam))
    omics_sandbox.add_faults(Rule("status", path="/_objects/*", status=503))
    failure = htsget().download("a", tmp_path / "b.bam", retries=1, min_delay=0, check=False)
    assert (failure.counts["failed"], failure.blocks) == (1, 3)
    with pytest.raises(UsageError, match="renewals cannot be set"):
        htsget().download("a", tmp_path / "c.bam", renewals=4)


def test_a_required_checksum_has_to_be_in_the_ticket(
    htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path
) -> None:
    tickets.serve(a_bam)
    with failed(ChecksumMissing):
        htsget().download("a", tmp_path / "a.bam", require_checksum=True)
    tickets.state_md5(a_bam)
    saved = htsget().download("a", tmp_path / "a.bam", require_checksum=True)
    assert saved.files[0].verified == "format and md5"


def test_the_record_of_complete_blocks_is_replaced_and_never_half_written(
    htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path
) -> None:
    quarter = len(a_bam) // 4
    tickets.serve(a_bam, [quarter, 2 * quarter, 3 * quarter])
    tickets.state_md5(a_bam)
    stopped(htsget, tickets, tmp_path / "a.bam", after=1)
    # A second name of the record: a rename leaves what it has, and writing into the file does not.
    (tmp_path / "before").hardlink_to(tmp_path / "a.bam.part.json")
    before = (tmp_path / "before").read_text()
    stopped(htsget, tickets, tmp_path / "a.bam", after=3)
    assert (tmp_path / "before").read_text() == before
    assert htsget().download("x", tmp_path / "a.bam").blocks_kept == 3


def test_many_blocks_of_one_file_are_recorded_and_confirmed_together(
    htsget: Make, tickets: Tickets, omics_sandbox: Sandbox, a_bam: bytes, tmp_path: Path, monkeypatch: Any
) -> None:
    url, cuts = tickets.stored(a_bam)["url"], [*range(0, len(a_bam), len(a_bam) // 99), len(a_bam)]
    blocks = [{"url": url, "headers": {"Range": f"bytes={start}-{end - 1}"}} for start, end in pairwise(cuts)]
    tickets.urls = lambda: blocks
    records: list[Path] = []

    def counted(path: Path, **how: Any) -> Any:
        records.append(path)
        return in_place_of(path, **how)

    monkeypatch.setattr("omicsdk.ga4gh.htsget.in_place_of", counted)
    stopped(htsget, tickets, tmp_path / "a.bam", after=90)
    assert 0 < len(records) < 45  # one a second, and the last one
    omics_sandbox.request_log.clear()
    assert htsget().download("x", tmp_path / "a.bam").blocks_kept == 90
    assert len(omics_sandbox.requests("/_objects/")) == len(blocks) - 90 + 1


@pytest.mark.skipif(os.name == "nt", reason="Windows renames no open file")
def test_a_file_is_put_in_place_while_it_is_locked(
    htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = list[Path]()

    def between(part: Path, target: Path) -> None:
        with failed(FolderBusy, match="Another process"):
            htsget().download("x", tmp_path / "a.bam")
        put_in_place(part, target)
        placed.append(target)

    tickets.serve(a_bam)
    monkeypatch.setattr("omicsdk.ga4gh.htsget.put_in_place", between)
    htsget().download("x", tmp_path / "a.bam")
    assert placed == [tmp_path / "a.bam"]
    assert (tmp_path / "a.bam").read_bytes() == a_bam


@pytest.mark.skipif(os.name == "nt", reason="Windows renames no open file")
def test_a_file_that_another_process_completed_since_it_was_opened_is_left(
    htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(descriptor: int) -> None:
        monkeypatch.setattr("omicsdk.ga4gh.htsget.lock_now", lock_now)
        htsget().download("x", tmp_path / "a.bam")
        (tmp_path / "a.bam.part").touch()  # of a third process
        lock_now(descriptor)

    tickets.serve(a_bam)
    monkeypatch.setattr("omicsdk.ga4gh.htsget.lock_now", late)
    with failed(FolderBusy, match="Another process"):
        htsget().download("x", tmp_path / "a.bam")
    assert (tmp_path / "a.bam").read_bytes() == a_bam


@pytest.mark.usefixtures("record")
def test_it_is_not_resumed_where_the_ticket_is_another(htsget: Make, tickets: Tickets, tmp_path: Path) -> None:
    other = bgzf(b"BAM\x01other") + BGZF_END
    tickets.serve(other)
    saved = htsget().download("x", tmp_path / "a.bam")
    assert saved.blocks_kept == 0
    assert (tmp_path / "a.bam").read_bytes() == other


def test_it_is_not_resumed_where_nothing_shows_that_blocks_are_the_same(
    htsget: Make, a_bam: bytes, tmp_path: Path, record: Path
) -> None:
    payload = json.loads(record.read_text())
    payload["blocks"][1]["validators"] = {}
    record.write_text(json.dumps(payload))
    for path in (tmp_path / "a.bam.part", record):
        path.with_name(path.name.replace("a.", "b.")).write_bytes(path.read_bytes())
    assert htsget().download("x", tmp_path / "b.bam", resume_unvalidated=True).blocks_kept == 2
    assert htsget().download("x", tmp_path / "a.bam").blocks_kept == 1  # the one that is in the ticket itself
    assert (tmp_path / "a.bam").read_bytes() == a_bam


@pytest.fixture
def record(htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path) -> Path:
    """The record of a download that was stopped after two blocks."""
    tickets.serve(a_bam)
    stopped(htsget, tickets, tmp_path / "a.bam", after=2)
    return tmp_path / "a.bam.part.json"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"blocks": 5}', '{"format": "BAM", "md5": "", "blocks": [5]}'])
def test_a_record_that_is_damaged_is_no_record(
    htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path, text: str
) -> None:
    (tmp_path / "a.bam.part").write_bytes(b"left from something" * 50_000)
    (tmp_path / "a.bam.part.json").write_text(text)
    tickets.serve(a_bam)
    assert htsget().download("x", tmp_path / "a.bam").blocks_kept == 0
    assert (tmp_path / "a.bam").read_bytes() == a_bam


def test_a_source_that_changed_since_is_noticed(htsget: Make, a_bam: bytes, tmp_path: Path, record: Path) -> None:
    payload = json.loads(record.read_text())
    (origin,) = payload["blocks"][1]["validators"]
    payload["blocks"][1]["validators"][origin] = '"another"'
    record.write_text(json.dumps(payload))
    with failed(SourceChanged):
        htsget().download("x", tmp_path / "a.bam")
    assert names(tmp_path) == []  # so that the next one begins at the beginning
    assert htsget().download("x", tmp_path / "a.bam").files[0].size == len(a_bam)


# -- the disk


def test_a_full_disk_is_named(
    htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets.serve(a_bam)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("omicsdk.ga4gh.htsget.os.fsync", full)
    with failed(DiskFull, match=r"a\.bam"):
        htsget().download("x", tmp_path / "a.bam")
    assert not (tmp_path / "a.bam").exists()


def test_two_downloads_of_one_file_do_not_mix(htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path) -> None:
    tickets.serve(a_bam)
    with (tmp_path / "a.bam.part").open("wb") as file:
        lock_now(file.fileno())
        with failed(FolderBusy, match="Another process"):
            htsget().download("x", tmp_path / "a.bam")
    htsget().download("x", tmp_path / "a.bam")


def test_a_folder_that_is_missing_is_named(htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path) -> None:
    tickets.serve(a_bam)
    with failed(TransferError, match="none"):
        htsget().download("x", tmp_path / "none" / "a.bam")


@pytest.mark.parametrize("name", ["folder", "."])
def test_a_folder_in_the_place_of_the_file_is_named_before_anything_is_fetched(
    htsget: Make, tickets: Tickets, a_bam: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    tickets.serve(a_bam)
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    with failed(TransferError, match="Is a directory"):
        htsget().download("x", name)
    assert names(tmp_path) == ["folder"]


@pytest.mark.parametrize("status", [404, 405])
def test_a_server_without_post_is_explained(tmp_path: Path, status: int) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status))
    with (
        Htsget("https://htsget.example.org", transport=transport, retry=NO_RETRY, environ={}) as client,
        pytest.raises(Exception, match="may not accept several regions"),
    ):
        client.download("x", tmp_path / "a.bam", regions=["chr1:1-10", "chr2:1-10"])


def test_a_refusal_has_the_words_of_the_standard() -> None:
    def response(_: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json={"htsget": {"error": "InvalidRange", "message": "The start is behind the end"}})

    with (
        Htsget(
            "https://htsget.example.org", transport=httpx.MockTransport(response), retry=NO_RETRY, environ={}
        ) as client,
        pytest.raises(Exception, match=r"The start is behind the end \(400 InvalidRange"),
    ):
        client.get_reads(id="x")
