"""Downloads from a server that behaves."""

import json
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import SomeFailed
from omicsdk.core.checksums import ALGORITHMS
from omicsdk.transfer import Item, Location, download
from omicsdk.transfer import checksums as hashing
from small_cells import IN_PARTS
from waiting import remaining

MIB = 1024 * 1024


@pytest.mark.parametrize("size", [0, 1, 20_000, 128 * 1024, 128 * 1024 + 1, 4 * MIB, 4 * MIB + 1, 20 * MIB + 17])
def test_a_file_arrives_whole_and_verified(server: Any, target: Path, noise: Any, leftovers: Any, size: int) -> None:
    body = noise(size)
    report = download([server.item("some/file.bin", body, *ALGORITHMS)], target)
    report.raise_if_failed()
    assert (target / "some/file.bin").read_bytes() == body
    (outcome,) = report.outcomes
    assert (outcome.state, outcome.size, outcome.bytes_fetched) == ("done", size, size)
    assert set(outcome.checksums) == set(ALGORITHMS)
    assert leftovers() == []
    assert server.sent("some/file.bin") == size


def test_a_large_file_is_fetched_in_ranges_over_several_connections(server: Any, target: Path, noise: Any) -> None:
    body = noise(64 * MIB)
    for number in range(5):  # how many connections are worth it is measured, and a busy machine may say one
        report = download([server.item(f"large{number}", body, "sha256")], target)
        assert report.ok
        assert len(server.of(f"large{number}")) > 4
        assert all(request.first % (4 * MIB) == 0 for request in server.of(f"large{number}"))
        if server.most_open > 1:
            return
    pytest.fail("five files were fetched over one connection each")


def test_what_exists_is_not_fetched_again(server: Any, target: Path, noise: Any) -> None:
    items = [server.item(name, noise(30_000, seed), "sha256") for seed, name in enumerate("abc")]
    assert download(items, target).counts["done"] == 3
    before = len(server.requests)
    report = download(items, target)
    assert report.counts == {"done": 0, "skipped": 3, "failed": 0, "stopped": 0}
    assert len(server.requests) == before


def test_a_file_without_a_record_is_verified_before_it_is_trusted(server: Any, target: Path, noise: Any) -> None:
    right, wrong = noise(50_000, 1), noise(50_000, 2)
    items = [server.item("right", right, "sha1"), server.item("wrong", wrong, "sha1")]
    target.mkdir()
    (target / "right").write_bytes(right)
    (target / "wrong").write_bytes(right)
    report = download(items, target)
    assert [outcome.state for outcome in report.outcomes] == ["skipped", "done"]
    assert (target / "wrong").read_bytes() == wrong
    assert server.of("right") == []


@pytest.mark.parametrize("checksums", [(), ("md5",)])
@pytest.mark.parametrize("size", [10_000, 9_999])
def test_an_edited_file_is_replaced_with_a_warning(
    server: Any, target: Path, noise: Any, caplog: Any, checksums: tuple[str, ...], size: int
) -> None:
    one = server.item("one", noise(10_000), *checksums)
    download([one], target)
    (target / "one").write_bytes(noise(size, 9))
    assert download([one], target).outcomes[0].state == "done"
    assert (target / "one").read_bytes() == noise(10_000)
    assert "one: the file was edited since its download, and is replaced" in caplog.messages
    newer = server.item("one", noise(10_000, 3), "md5")
    caplog.clear()
    assert download([newer], target).outcomes[0].state == "done"
    assert not [record for record in caplog.records if record.levelname == "WARNING"]  # a newer version is no edit


def test_size_and_checksums_may_be_unknown(server: Any, target: Path, noise: Any) -> None:
    body = noise(9 * MIB)
    report = download([Item("one", Location(server.put("one", body)))], target)
    assert (target / "one").read_bytes() == body
    assert report.outcomes[0].size == len(body)
    assert (
        report.outcomes[0].verified
        == "length of the response and ETag only: the platform states neither size nor checksum"
    )


def test_a_failure_does_not_stop_the_others(server: Any, target: Path, noise: Any) -> None:
    items = [
        server.item("one", noise(100), "md5"),
        Item("lost", Location(server.url("lost"))),
        server.item("two", b""),
    ]
    report = download(items, target)
    assert [outcome.state for outcome in report.outcomes] == ["done", "failed", "done"]
    assert not report.ok
    with pytest.raises(Exception, match=r"lost: the server does not provide this file.*404"):
        report.raise_if_failed()
    assert not (target / "lost").exists()


def test_a_thousand_small_files(server: Any, target: Path, noise: Any) -> None:
    bodies = {f"d{n % 7}/f{n}": noise(n * 20, n) for n in range(1000)}
    items = [server.item(name, body, "sha256") for name, body in bodies.items()]
    threads = set(threading.enumerate())
    report = download(items, target)
    assert report.counts["done"] == 1000
    assert all((target / name).read_bytes() == body for name, body in bodies.items())
    assert [outcome.name for outcome in report.outcomes] == list(bodies)
    # The server's threads end when the connections that they serve are closed.
    assert not remaining(lambda: set(threading.enumerate()) - threads)


def test_urls_are_requested_ahead(server: Any, target: Path, noise: Any) -> None:
    together = threading.Barrier(4, timeout=60)
    bodies = {f"f{n}": noise(1000, n) for n in range(8)}

    def locator(name: str) -> Location:
        together.wait()  # opens only when four ask at once
        return Location(server.url(name))

    for name, body in bodies.items():
        server.put(name, body)
    items = [Item(name, lambda name=name: locator(name), len(body)) for name, body in bodies.items()]
    assert download(items, target, locators=4).ok


def test_progress_reaches_the_end(server: Any, target: Path, noise: Any, clock: Any) -> None:
    seen = []
    items = [server.item("one", noise(5 * MIB), "md5"), Item("lost", Location(server.url("lost")), 5)]
    download(items, target, progress=seen.append, clock=clock)
    last = seen[-1]
    assert last.final
    assert (last.files, last.files_done, last.files_failed) == (2, 1, 1)
    assert (last.bytes_done, last.bytes_fetched) == (5 * MIB, 5 * MIB)
    assert last.bytes == 5 * MIB  # without the one that failed


def test_a_wrong_file_that_cannot_be_replaced_is_not_lost(
    server: Any, target: Path, noise: Any, leftovers: Any
) -> None:
    target.mkdir()
    (target / "one").write_bytes(b"mine")
    report = download([Item("one", Location(server.url("lost")), 4, {"md5": "0" * 32})], target)
    assert report.outcomes[0].state == "failed"
    assert not (target / "one").exists()
    (kept,) = leftovers()
    assert (target / kept).read_bytes() == b"mine"


def test_checksums_may_be_written_in_capitals(server: Any, target: Path) -> None:
    one = server.item("one", b"abc")
    assert download([Item("one", one.locate, 3, {"MD5": "900150983CD24FB0D6963F7D28E17F72"})], target).ok


def test_nothing_to_do(target: Path) -> None:
    report = download([], target)
    assert report.ok
    assert report.to_dict()["files"] == []


def test_a_journal_may_lie_elsewhere(server: Any, target: Path, tmp_path: Path) -> None:
    items = [server.item("one", b"1", "md5")]
    for state in ("done", "skipped"):
        assert download(items, target, journal=tmp_path / "journals/x").outcomes[0].state == state
    assert [path.name for path in target.iterdir()] == ["one"]


def test_a_report_is_json(server: Any, target: Path) -> None:
    items = [server.item("one", b"1", "md5"), Item("lost", Location(server.url("lost")))]
    payload = json.loads(json.dumps(download(items, target).to_dict()))
    assert (payload["ok"], payload["counts"]["failed"]) == (False, 1)
    assert payload["files"][0]["checksums"] == {"md5": "c4ca4238a0b923820dcc509a6f75849b"}
    assert payload["files"][1]["error"]["type"] == "NotFound"


def test_several_errors_are_one(server: Any, target: Path) -> None:
    report = download([Item(name, Location(server.url(name))) for name in "abcde"], target)
    with pytest.raises(SomeFailed, match="5 of 5 files failed") as caught:
        report.raise_if_failed()
    assert len(caught.value.errors) == 5


def test_the_package_is_light_until_it_is_used() -> None:
    code = "import sys, omicsdk.transfer as t; t.Item; print([m for m in ('pycurl', 'httpx', 'google_crc32c') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not tell what is open")
@pytest.mark.usefixtures("small_cells")
def test_files_that_wait_for_their_checksum_hold_no_descriptor(
    server: Any, target: Path, noise: Any, monkeypatch: Any
) -> None:
    items = [server.item(f"f{n}", noise(IN_PARTS, n), "sha256") for n in range(40)]
    real, open_counts = hashing.follow, []

    def follow(*arguments: Any) -> int:
        remaining(lambda: len(server.requests) < 80)  # until all the others have been fetched
        open_counts.append(sum(opened(path).endswith(".part") for path in Path("/proc/self/fd").iterdir()))
        return real(*arguments)

    monkeypatch.setattr(hashing, "follow", follow)
    download(items, target, connections=4).raise_if_failed()
    assert max(open_counts) <= 8


def opened(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:  # closed since it was listed
        return ""


def test_progress_moves_within_a_cell_and_never_passes_the_end(
    server: Any, fault: Any, target: Path, noise: Any
) -> None:
    body, seen = noise(3 * MIB), []
    item = server.item("one", body, "md5")
    server.always["one"] = fault.changed(pace=8 * MIB)
    download([item], target, progress=seen.append)
    done = [progress.bytes_done for progress in seen]
    assert any(0 < there < 3 * MIB for there in done)
    assert done == sorted(done)
    assert done[-1] == 3 * MIB


def test_small_files_that_wait_to_be_durable_hold_no_bytes(server: Any, target: Path) -> None:
    items = [server.item(f"f{n}", bytes(120_000)) for n in range(300)]
    tracemalloc.start()
    try:
        download(items, target, connections=4).raise_if_failed()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 * 1024 * 1024


def test_what_is_remembered_of_folders_and_servers_is_bounded_and_may_be_forgotten(
    server: Any, target: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("omicsdk.transfer.downloads.files._RECENT", 1)
    monkeypatch.setattr("omicsdk.transfer.network.wire._REMEMBERED", 1)
    items = list[Item]()
    for number in range(12):
        name = f"folder{number % 5}/f{number}"
        server.put(name, b"%d" % number)
        items.append(
            Item(name, Location(server.url(name, host=("127.0.0.1", "localhost")[number % 2])), min_delay=0.01)
        )
    assert download(items, target).counts["done"] == 12
    assert (target / "folder1/f11").read_bytes() == b"11"
