"""A journal that was written by the version of November 2026: whatever changes since, what it proves is not fetched again."""

import functools
import os
from pathlib import Path
from typing import Any

from omicsdk.transfer import download

MIB = 1024 * 1024

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
