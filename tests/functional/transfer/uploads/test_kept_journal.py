"""A journal of uploads that was written by the version of November 2026: what it proves is not sent again.

Its records name a file by its path, time of change and number on the disk, so these are filled in, with each line's CRC32C.
"""

import json
import os
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core.checksums import crc32c_extend

WHOLE, HALF = b"whole\n" * 10, bytes(range(250)) * 10
JOURNAL = """\
["omics-uploads",1]
["begin","{whole}","id1",{of_whole},1000]
["part","{whole}",1,60,"71bdee74a7bd0cacedaf7a63360d726f",{{"crc32c":"c5963ce4"}}]
["done","{whole}",{of_whole},{{"sha256":"2925507b0663a206eaae456cd1dbc1099a894c5fea959c2c00784fb832f2e0f0","crc32c":"c5963ce4"}},"{place}"]
["begin","{half}","id1",{of_half},1000]
["part","{half}",2,1000,"8e180d694724ffd45b63cafd39c95578",{{"crc32c":"e7aa70c4"}}]
"""


def named(*facts: str) -> str:
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
        of[name] = named(str(path), name, f"sink://{name}")
    bodies = JOURNAL.format(place=named("", "", "sink://whole"), **of).encode().splitlines()
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
    ((told, _),) = store.completed
    assert [part.number for part in told] == [1, 2, 3]


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
