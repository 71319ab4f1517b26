"""Reports of downloads: files without a checksum are never reported as verified; the curve, and progress while sizes are unknown."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import ChecksumMissing, TransferError
from omicsdk.transfer import FsspecTarget, Item, Location, TransferReport, download, read_jsonl
from omicsdk.transfer.reports.page import page_of

MIB = 1024 * 1024
LOGIN = b"<html>Please log in</html>"
OTHER = bytes(range(255, -1, -1))
REQUIRED = {"require_checksum": True}


def page(report: TransferReport) -> str:
    return "".join(page_of(report.summary(), report.outcomes, report.throughput))


def flipped(body: bytes) -> bytes:
    return bytes([body[0] ^ 1]) + body[1:]


def mixed(body: bytes) -> bytes:
    """The first half of one version and the second of another."""
    half = len(body) // 2
    return body[:half] + body[half:].translate(OTHER)


WRONG = {
    "a flipped byte": flipped,
    "two versions": mixed,
    "a login page": lambda _: LOGIN,
    "gzip": lambda body: gzip.compress(body, mtime=0),
}
UNSEEN = [("a flipped byte", True), ("two versions", True), *((kind, False) for kind in WRONG)]


@pytest.mark.parametrize("size", [1000, 9 * MIB], ids=["small", "large"])
@pytest.mark.parametrize(("kind", "is_sized"), UNSEEN)
def test_a_wrong_file_is_never_called_right(
    server: Any, target: Path, noise: Any, kind: str, is_sized: bool, size: int
) -> None:
    right = noise(size)
    wrong = WRONG[kind](right)
    item = Item("one", Location(server.put("one", wrong)), len(right) if is_sized else None)
    report = download([item], target)
    assert (target / "one").read_bytes() == wrong  # nothing states what it should be
    outcome = report.outcomes[0]
    expected = "size only" if is_sized else "unverified"
    assert (outcome.state, outcome.verification) == ("done", expected)
    assert report.to_dict()["files"][0]["verification"] == expected
    counts = {"verified": 0, "size only": 0, "unverified": 0} | {expected: 1}
    assert report.verification == report.summary()["verification"] == report.to_dict()["verification"] == counts
    text = page(report)
    assert "Every file is complete and verified" not in text
    assert f"Every file is complete, not every one is verified: 1 {expected}" in text
    assert f'<span class="state stopped">{expected}</span>' in text
    assert '<span class="state done">verified</span>' not in text
    again = download([item], target)
    assert (again.outcomes[0].state, again.outcomes[0].verification) == ("skipped", expected)
    assert again.verification == counts


@pytest.mark.parametrize("size", [1000, 9 * MIB], ids=["small", "large"])
@pytest.mark.parametrize(("kind", "is_sized"), UNSEEN)
def test_without_a_checksum_nothing_is_fetched_where_one_is_required(
    server: Any, target: Path, noise: Any, leftovers: Any, kind: str, is_sized: bool, size: int
) -> None:
    right = noise(size)
    item = Item("one", Location(server.put("one", WRONG[kind](right))), len(right) if is_sized else None)
    report = download([item, server.item("two", right, "sha256")], target, **REQUIRED)
    refused, fetched = report.outcomes
    assert (refused.state, fetched.state) == ("failed", "done")
    assert isinstance(refused.error, ChecksumMissing)
    assert "one: no checksum is stated for it" in str(refused.error)
    assert "--require-checksum" in refused.error.remedy
    assert server.of("one") == []
    assert not (target / "one").exists()
    assert leftovers() == []
    assert report.verification == {"verified": 1, "size only": 0, "unverified": 0}


def test_three_kinds_are_counted_apart(server: Any, target: Path, noise: Any) -> None:
    body = noise(100)
    items = [
        server.item("verified", body, "md5"),
        server.item("sized", body),
        Item("bare", Location(server.put("bare", body))),
        Item("lost", Location(server.url("lost")), retries=0),
    ]
    report = download(items, target)
    assert report.verification == {"verified": 1, "size only": 1, "unverified": 1}
    assert [row["verification"] for row in report.to_dict()["files"]] == ["verified", "size only", "unverified", None]
    assert "1 verified, 1 size only, 1 unverified" in repr(report)
    assert "1 of 4 files failed" in page(report)
    report = download(items[:3], target)
    assert [outcome.state for outcome in report.outcomes] == ["skipped"] * 3
    assert report.verification == {"verified": 1, "size only": 1, "unverified": 1}
    assert "not every one is verified: 1 verified, 1 size only, 1 unverified" in page(report)
    assert "Every file is complete and verified" in page(download(items[:1], target))


def test_what_exists_stays_as_it_is_where_a_checksum_is_required(server: Any, target: Path, noise: Any) -> None:
    """Another file of the name is not even moved aside for one that will not be fetched."""
    target.mkdir(exist_ok=True)
    (target / "one").write_bytes(b"the user's own")
    report = download([server.item("one", noise(1000))], target, **REQUIRED)
    assert isinstance(report.outcomes[0].error, ChecksumMissing)
    assert (target / "one").read_bytes() == b"the user's own"
    assert [path.name for path in target.iterdir() if path.is_file()] == ["one"]


def test_what_was_verified_before_needs_no_checksum_now(server: Any, target: Path, noise: Any) -> None:
    body = noise(1000)
    item = server.item("one", body, "sha256")
    download([item], target)
    bare = Item("one", item.locate, len(body))
    report = download([bare], target, **REQUIRED)
    assert (report.outcomes[0].state, report.outcomes[0].verification) == ("skipped", "verified")
    (target / "one").write_bytes(flipped(body))  # since then it is another one
    report = download([bare], target, **REQUIRED)
    assert isinstance(report.outcomes[0].error, ChecksumMissing)
    assert (target / "one").read_bytes() == flipped(body)


def test_a_dry_run_states_which_files_would_be_refused(server: Any, target: Path, noise: Any) -> None:
    items = [server.item("one", noise(10)), server.item("two", noise(10), "md5")]
    report = download(items, target, **REQUIRED, dry_run=True)
    assert [outcome.state for outcome in report.outcomes] == ["failed", "planned"]
    assert isinstance(report.outcomes[0].error, ChecksumMissing)


@pytest.mark.parametrize("is_there", [False, True])
def test_a_store_gets_nothing_without_a_checksum_where_one_is_required(
    server: Any, tmp_path: Path, noise: Any, is_there: bool
) -> None:
    fsspec = pytest.importorskip("fsspec")
    to = FsspecTarget(fsspec.filesystem("file"), str(tmp_path / "store"))
    item, journal = server.item("one", noise(1000)), tmp_path / "journal"
    if is_there:
        report = download([item], to, journal=journal)
        assert (report.outcomes[0].state, report.outcomes[0].verification) == ("done", "size only")
        report = download([item], to, journal=journal)
        assert (report.outcomes[0].state, report.outcomes[0].verification) == ("skipped", "size only")
    report = download([item], to, journal=journal, **REQUIRED)
    assert isinstance(report.outcomes[0].error, ChecksumMissing)
    assert (tmp_path / "store" / "one").exists() == is_there


def test_a_download_has_all_that_a_report_states(server, target, tmp_path, noise):
    body = noise(3 * MIB)
    server.put("one", body)
    report = download([server.item("one", body, "sha256"), Item("none", Location(server.url("none")))], target)
    assert report.throughput.total == pytest.approx(3 * MIB)
    assert report.title == f"Download to {target}"
    assert report.target == str(target)
    assert report.began > 1_600_000_000
    report.write_jsonl(tmp_path / "report.jsonl")
    report.write_html(tmp_path / "report.html")
    again = read_jsonl(tmp_path / "report.jsonl")
    assert again.to_dict() == report.to_dict()
    assert again.summary() == report.summary()
    assert "1 of 2 files failed" in (tmp_path / "report.html").read_text()


def test_files_are_called_as_messages_call_them(server, target):
    server.put("one", b"x")
    items = [
        Item(name, Location(server.url(name)), size, label=f"{name} of five")
        for name, size in (("one", 1), ("none", None))
    ]
    assert [outcome.label for outcome in download(items, target).outcomes] == ["one of five", "none of five"]
    assert [outcome.label for outcome in download(items, target).outcomes] == ["one of five", "none of five"]


def test_progress_without_sizes_counts_files(server, target):
    for name in "abc":
        server.put(name, b"x" * 100)
    updates = []
    download([Item(name, Location(server.url(name))) for name in "abc"], target, progress=updates.append)
    assert {progress.files for progress in updates} == {3}
    assert all(progress.unsized or progress.files_done == 3 for progress in updates)
    assert updates[-1].phase == "over"
    assert (updates[-1].bytes, updates[-1].bytes_done, updates[-1].unsized, updates[-1].remaining) == (300, 300, 0, 0.0)


def test_an_error_of_a_users_own_function_contains_no_signature(target):
    def locate():
        raise RuntimeError("403 for https://s3.example.org/b/k?X-Amz-Signature=canary")

    report = download([Item("one", locate, retries=0)], target)
    with pytest.raises(TransferError, match="requesting its URL failed: RuntimeError") as caught:
        report.raise_if_failed()
    assert "canary" not in str(caught.value) + repr(caught.value)
