"""Journals of November 2026, and what the page of their format reads: what they prove is neither fetched nor sent again."""

import functools
import hashlib
import json
import os
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from manual import CHECKOUT, blocks
from omicsdk.core.checksums import crc32c_extend
from omicsdk.transfer import Control, download

MIB = 1024 * 1024
PAGE = CHECKOUT / "docs/design/journal.md"


def reader() -> dict[str, Any]:
    """The names that the page's program defines; it imports the standard library alone."""
    (program,) = [block.text for block in blocks(PAGE) if block.title == "read_journal.py"]
    names: dict[str, Any] = {}
    exec(compile(program, PAGE, "exec"), names)
    return names


def test_the_page_reads_what_a_stopped_download_left(server: Any, fault: Any, target: Path, noise: Any) -> None:
    small, large, control = noise(1000), noise(14 * MIB, 2), Control()
    first = server.item("small", small, "sha256")
    download([first], target).raise_if_failed()
    server.fault("large", fault.cut(9 * MIB + 300_000, stall=True))

    def stop_in_third_cell(progress: Any) -> None:
        if progress.bytes_fetched >= 9 * MIB + 300_000:
            control.stop()

    item = replace(server.item("large", large, "sha256"), name="größe")
    report = download([item], target, connections=1, control=control, progress=stop_in_third_cell)
    assert report.counts["stopped"] == 1, report.outcomes[0]

    names = reader()
    journal = target / ".omics-transfer/transfer.journal"
    done, parts = names["read_journal"](journal)
    mtime = (target / "small").stat().st_mtime_ns
    facts = {"sha256": hashlib.sha256(small).hexdigest(), "source": first.source_digest}
    assert done == {"small": [1000, mtime, facts]}
    (part,) = parts.values()
    (file,) = target.glob("größe.*.part")
    data, size = file.read_bytes(), part["cell_size"]
    assert list(parts) == ["größe"]
    assert part["size"] == len(large)
    assert part["cells"] == {index: crc32c_extend()(0, data[index * size : (index + 1) * size]) for index in (0, 1)}
    ((position, crc),) = part["begun"].values()
    assert 2 * size < position <= 9 * MIB + 300_000
    assert data[:position] == large[:position]
    assert crc == crc32c_extend()(0, data[2 * size : position])
    assert names["crc32c"](b"123456789") == 0xE3069283

    whole = journal.read_bytes()
    for tail in (b"\0" * 100, whole.splitlines(keepends=True)[-1][:-1], b'00000000 ["undone","small"]\n'):
        journal.write_bytes(whole + tail)
        assert names["read_journal"](journal) == (done, parts)
    os.truncate(journal, len(whole) - 1)
    assert names["read_journal"](journal)[0] == done


JOURNAL = """\
bdfefb9a ["omics-transfer",1,4194304]
6e4f4a8b ["done","small.txt",60,1795434716118974613,{"sha256":"ea293b95bddbf3e4ba2a8d6516aa172838fe37b5f13e7ad95f9cfb6a1b8cb8cd"}]
aa9a8698 ["part",1,"large.txt",23068672,"\\"a704bca3aa63f91fec92f68cf51a6867\\"",{"sha256":"e9fc0abe1c2e927e5a7f80be17dbf3401a746e5f148eba343c5d5bea20930675"}]
616890f6 ["cell",1,0,1120666706]
0a37ca40 ["cell",1,1,3843762675]
fa377561 ["cell",1,2,1596658366]
"""
SMALL = b"small\n" * 10


@functools.cache
def large_text() -> bytes:
    """22 MiB of numbers."""
    return b"".join(b"%07d\n" % number for number in range(22 * MIB // 8))


def left_by_it(target: Path) -> None:
    """Lay out what that version left when a disk was full: one file, 12 MiB of another, and its journal."""
    work = target / ".omics-transfer"
    work.mkdir(parents=True)
    (work / "transfer.journal").write_text(JOURNAL)
    (target / "small.txt").write_bytes(SMALL)
    os.utime(target / "small.txt", ns=(1795434716118974613, 1795434716118974613))
    (target / "large.txt.e87b4ca2.part").write_bytes(large_text()[: 13 * MIB])


def test_what_it_proves_is_kept(server: Any, target: Path) -> None:
    left_by_it(target)
    items = [server.item("small.txt", SMALL, "sha256"), server.item("large.txt", large_text(), "sha256")]
    small, large = download(items, target).outcomes
    assert (small.state, small.bytes_fetched, small.verification) == ("skipped", 0, "verified")
    assert (large.state, large.bytes_kept, large.bytes_fetched) == ("done", 12 * MIB, 10 * MIB)
    assert (target / "large.txt").read_bytes() == large_text()
    assert not list(target.rglob("*.part"))


def test_what_was_damaged_since_is_fetched_again(server: Any, target: Path) -> None:
    left_by_it(target)
    with (target / "large.txt.e87b4ca2.part").open("r+b") as part:
        part.seek(5 * MIB)
        part.write(b"damaged")
    outcome = download([server.item("large.txt", large_text(), "sha256")], target).outcomes[0]
    assert (outcome.state, outcome.bytes_kept, outcome.bytes_fetched) == ("done", 8 * MIB, 14 * MIB)
    assert (target / "large.txt").read_bytes() == large_text()


WHOLE, HALF = b"whole\n" * 10, bytes(range(250)) * 10
UPLOAD_JOURNAL = """\
["omics-uploads",1]
["begin","{whole}","id1",{of_whole},1000]
["part","{whole}",1,60,"71bdee74a7bd0cacedaf7a63360d726f",{{"crc32c":"c5963ce4"}}]
["done","{whole}",{of_whole},{{"sha256":"2925507b0663a206eaae456cd1dbc1099a894c5fea959c2c00784fb832f2e0f0","crc32c":"c5963ce4"}},"{place}"]
["begin","{half}","id1",{of_half},1000]
["part","{half}",2,1000,"8e180d694724ffd45b63cafd39c95578",{{"crc32c":"e7aa70c4"}}]
"""


def name_of(*facts: str) -> str:
    return blake2b("\0".join(facts).encode(), digest_size=12).hexdigest()


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """What that version left when it was stopped: one file that was sent, one part of three of another, and its journal."""
    of = dict[str, str]()
    for name, content in {"whole": WHOLE, "half": HALF}.items():
        path = tmp_path / name
        path.write_bytes(content)
        os.utime(path, ns=(1795443430674942540, 1795443430674942540))
        of[f"of_{name}"] = json.dumps([len(content), 1795443430674942540, path.stat().st_ino], separators=(",", ":"))
        of[name] = name_of(str(path), name, f"sink://{name}")
    bodies = UPLOAD_JOURNAL.format(place=name_of("", "", "sink://whole"), **of).encode().splitlines()
    journal = tmp_path / "uploads.journal"
    journal.write_bytes(b"".join(b"%08x %b\n" % (crc32c_extend()(0, body), body) for body in bodies))
    return journal


def test_what_it_proves_is_not_sent_again(sink: Any, parts: Any, send: Any, left: Path) -> None:
    store = parts(sink, "whole")
    report = send(left.parent / "whole", store, journal=left, checksums=["sha256"])
    assert report.outcomes[0].state == "skipped"
    assert (store.begun, sink.requests) == (0, [])


def test_an_unfinished_upload_continues_with_its_parts(sink: Any, parts: Any, send: Any, left: Path) -> None:
    store = parts(sink, "half")
    report = send(left.parent / "half", store, journal=left, checksums=["sha256"])
    report.raise_if_failed()
    assert (store.begun, sorted(store.signed)) == (0, [1, 3])
    assert (report.outcomes[0].bytes_kept, report.outcomes[0].bytes_fetched) == (1000, 1500)
    ((sent_parts, _),) = store.completed
    assert [part.number for part in sent_parts] == [1, 2, 3]


def test_a_file_that_has_changed_since_is_sent_again(sink: Any, parts: Any, send: Any, left: Path) -> None:
    (left.parent / "whole").write_bytes(b"other\n" * 10)
    store = parts(sink, "whole")
    report = send(left.parent / "whole", store, journal=left, checksums=["sha256"])
    assert (report.outcomes[0].state, store.begun) == ("done", 1)
    assert store.body == b"other\n" * 10


def test_a_torn_line_hides_nothing_before_it(sink: Any, parts: Any, send: Any, left: Path) -> None:
    left.write_bytes(left.read_bytes()[:-5])
    report = send(left.parent / "half", parts(sink, "half"), journal=left)
    report.raise_if_failed()
    assert report.outcomes[0].bytes_kept == 0
    assert send(left.parent / "whole", parts(sink, "whole"), journal=left).outcomes[0].state == "skipped"
