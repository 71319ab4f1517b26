"""Reference sequences: by any digest, in parts, compared with what they are named by."""

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from failed_transfers import failed
from omicsdk import (
    NO_RETRY,
    AsyncRefget,
    ChecksumMismatch,
    ChecksumMissing,
    DiskFull,
    Interrupted,
    NotFound,
    Refget,
    TransferError,
    TransportError,
    UsageError,
)
from omicsdk.ga4gh import SavedSequence
from omicsdk.sandbox import Rule, Sandbox
from omicsdk.transfer import Progress
from omicsdk.transfer.engine.options import InvalidOption

LETTERS = "ACGTACGTTTGACCA" * 200


@pytest.fixture
def refget(omics_sandbox: Sandbox) -> Iterator[Refget]:
    with Refget(omics_sandbox.refget_url, retry=NO_RETRY, environ={}) as client:
        yield client


@pytest.fixture
def ids(omics_sandbox: Sandbox) -> dict[str, str]:
    made = omics_sandbox.ga4gh.refget.add("seq", LETTERS)
    return {"md5": made.md5, "trunc512": made.trunc512, "SQ": made.ga4gh, "ga4gh": f"ga4gh:{made.ga4gh}", "name": "seq"}


@pytest.mark.parametrize("kind", ["md5", "trunc512", "SQ", "ga4gh", "name"])
def test_a_sequence_is_read_by_each_identifier(refget: Refget, ids: dict[str, str], tmp_path: Path, kind: str) -> None:
    assert refget.read(ids[kind]) == LETTERS
    saved = refget.download(ids[kind], tmp_path / "a.txt", format="plain")
    assert (tmp_path / "a.txt").read_text() == LETTERS
    assert (saved.length, saved.files[0].verified) == (len(LETTERS), {"SQ": "ga4gh", "name": "ga4gh"}.get(kind, kind))


def test_a_part_counts_from_0_and_is_named_as_samtools_does(
    refget: Refget, ids: dict[str, str], tmp_path: Path
) -> None:
    assert refget.read(ids["md5"], start=5, end=25) == LETTERS[5:25]
    assert refget.read(ids["md5"], start=2990) == LETTERS[2990:]
    assert refget.read(ids["md5"], end=7) == LETTERS[:7]
    assert refget.read(ids["md5"], start=0) == LETTERS
    saved = refget.download("seq", tmp_path / "a.fa", start=5, end=75)
    assert (tmp_path / "a.fa").read_text() == f">seq:6-75\n{LETTERS[5:65]}\n{LETTERS[65:75]}\n"
    assert (saved.length, saved.files[0].verified) == (70, "")


def test_a_part_across_the_origin_is_for_circular_sequences_on_servers_that_have_it(
    refget: Refget, omics_sandbox: Sandbox
) -> None:
    omics_sandbox.ga4gh.refget.add("ring", "AACCGGTT", circular=True)
    assert refget.read("ring", start=6, end=2) == "TTAA"
    with pytest.raises(Exception, match="not circular"):
        refget.read("chr1", start=6, end=2)
    omics_sandbox.settings.turn({"refget.circular_supported": False})
    with pytest.raises(UsageError, match="does not support parts across the origin"):
        refget.read("ring", start=6, end=2)


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (5, 5), (0, 0), (None, 0)])
def test_positions_that_cannot_be_are_refused(
    refget: Refget, omics_sandbox: Sandbox, start: int | None, end: int
) -> None:
    with pytest.raises(UsageError):
        refget.read("chr1", start=start, end=end)
    assert omics_sandbox.requests("/refget") == []


def test_an_identifier_that_is_not_utf_8_is_refused(refget: Refget) -> None:
    with pytest.raises(UsageError, match="is not UTF-8"):
        refget.read("\udcff")


def test_what_the_server_does_not_have_is_not_found(refget: Refget, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no sequence"):
        refget.describe("0" * 32)
    with failed(NotFound, match="There is no sequence"):
        refget.download("0" * 32, tmp_path / "a.fa")
    with pytest.raises(Exception, match="The sequence has 10000 letters"):
        refget.read("chr1", start=10_000, end=10_001)
    assert list(tmp_path.iterdir()) == []


def test_other_letters_than_the_digest_states_are_not_kept(
    refget: Refget, omics_sandbox: Sandbox, ids: dict[str, str], tmp_path: Path
) -> None:
    omics_sandbox.add_faults(Rule("short", path="/refget/sequence/*", at=100))
    (tmp_path / "a.fa").write_text("from before")
    with failed(ChecksumMismatch, match="ga4gh"):
        refget.download(ids["ga4gh"], tmp_path / "a.fa")
    assert (tmp_path / "a.fa").read_text() == "from before"
    with pytest.raises(TransferError, match="200 letters were requested, and 100 received"):
        refget.read(ids["md5"], start=0, end=200)


def test_media_types_of_every_version_are_accepted(omics_sandbox: Sandbox) -> None:
    requests: list[httpx.Request] = []

    def response(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, text="ACGT")

    with Refget("https://refget.example.org", transport=httpx.MockTransport(response), environ={}) as client:
        client.read("68a178f7c740c5c240aa67ba41843b119d3bf9f8b0f0ac36")
    kinds = requests[0].headers["accept"]
    assert "text/plain" in kinds
    assert "text/vnd.ga4gh.refget.v2.0.0+plain" in kinds


def test_a_full_disk_is_named(refget: Refget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("omicsdk.core.files.os.fsync", full)
    with failed(DiskFull):
        refget.download("chr1", tmp_path / "a.fa")
    assert list(tmp_path.iterdir()) == []


def test_the_asynchronous_client_has_the_same(omics_sandbox: Sandbox) -> None:
    async def work() -> Any:
        async with AsyncRefget(omics_sandbox.refget_url, environ={}) as client:
            return (await client.describe("chr1"))["length"], len(await client.read("chr1", end=9))

    assert anyio.run(work) == (10_000, 9)


def test_a_server_like_seqrepo_is_read_as_others_are(
    refget: Refget, omics_sandbox: Sandbox, ids: dict[str, str]
) -> None:
    omics_sandbox.settings.turn({"refget.as_seqrepo": True})
    assert refget.read(ids["SQ"]) == LETTERS
    assert refget.describe(ids["SQ"])["length"] == len(LETTERS)
    with pytest.raises(TransferError, match="whether circular sequences can be cut is unknown"):
        refget.read("plasmid", start=590, end=10)
    with pytest.raises(TransferError, match="the sequence is shorter"):
        refget.read(ids["md5"], start=len(LETTERS))
    statuses = [entry["status"] for entry in omics_sandbox.requests("/refget")]
    assert statuses == [406, 404, 200, 404, 200, 500, 200]


def test_a_whole_sequence_is_not_taken_for_a_part_without_an_end(tmp_path: Path) -> None:
    def response(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/metadata"):
            return httpx.Response(200, json={"metadata": {"length": len(LETTERS)}})
        return httpx.Response(200, text=LETTERS)

    with Refget("https://refget.example.org", transport=httpx.MockTransport(response), environ={}) as refget:
        with failed(TransferError, match="10 letters were requested"):
            refget.download("seq", tmp_path / "a.fa", start=len(LETTERS) - 10)
        assert refget.read("seq", start=0) == LETTERS


def test_what_breaks_is_requested_again(omics_sandbox: Sandbox, ids: dict[str, str], tmp_path: Path) -> None:
    with Refget(omics_sandbox.refget_url, environ={}) as refget:
        omics_sandbox.add_faults(Rule("cut", path="/refget/sequence/*", at=100, times=2))
        report = refget.download(ids["md5"], tmp_path / "a.txt", format="plain", min_delay=0)
        assert [(file.state, file.retries) for file in report.files] == [("done", 2)]
        assert (tmp_path / "a.txt").read_text() == LETTERS
        omics_sandbox.add_faults(Rule("cut", path="/refget/sequence/*", at=100))
        with failed(TransportError):
            refget.download(ids["md5"], tmp_path / "b.txt", retries=1, min_delay=0)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_the_options_of_transfers_are_followed_or_refused(refget: Refget, ids: dict[str, str], tmp_path: Path) -> None:
    to, reports, stop = tmp_path / "a.fa", list[Progress](), threading.Event()
    planned = refget.download(ids["md5"], to, dry_run=True)
    assert (planned.counts["planned"], planned.length, to.exists()) == (1, len(LETTERS), False)
    assert refget.download(ids["md5"], tmp_path / "b.fa").files[0].size == planned.files[0].size
    with failed(ChecksumMissing):
        refget.download(ids["md5"], to, end=10, require_checksum=True)
    for name, value in (("renewals", 3), ("resume_unvalidated", True)):
        with pytest.raises(InvalidOption, match=f"{name} cannot be set"):
            refget.download(ids["md5"], to, **{name: value})
    stop.set()
    with pytest.raises(Interrupted) as caught:
        refget.download(ids["md5"], to, stop=stop)
    report = caught.value.report
    assert isinstance(report, SavedSequence)
    assert (report.counts["stopped"], to.exists()) == (1, False)
    assert refget.download(ids["md5"], to, stop=stop, check=False).counts["stopped"] == 1
    report = refget.download(ids["md5"], to, progress=reports.append, limit_rate="1G", require_checksum=True)
    assert [(row["id"], row["length"], row["state"]) for row in report.rows()] == [(ids["md5"], len(LETTERS), "done")]
    assert (reports[-1].final, reports[-1].files_done) == (True, 1)
