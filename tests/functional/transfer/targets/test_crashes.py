"""A process that dies in the middle of putting a file: no name in the store ever holds other bytes, nothing is lost."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem
from omicsdk.core.checksums import digest
from omicsdk.transfer import FsspecTarget, download

PROGRAM = """
import json, os, sys
from fsspec.implementations.local import LocalFileSystem
from omicsdk.transfer import FsspecTarget, Item, Location, download
from omicsdk.transfer.journal import Journal

folder, journal, whole, moment, rows = sys.argv[1:]
rows = json.loads(rows)

class Dies(LocalFileSystem):
    cachable = False

    def put_file(self, source, path, **how):
        if moment == "half-way":
            with open(source, "rb") as file, open(path, "wb") as half:
                half.write(file.read(1000))
            os._exit(9)
        super().put_file(source, path, **how)
        if moment == "after putting":
            os._exit(9)

    def mv(self, source, path, **how):
        super().mv(source, path, **how)
        if moment == "after moving":
            os._exit(9)

finish = Journal.finish
def dies(self, files):
    finish(self, files)
    if moment == "after recording":
        os._exit(9)
Journal.finish = dies

items = [Item(name, Location(url), size, checksums) for name, url, size, checksums in rows]
download(items, FsspecTarget(Dies(), folder, whole=whole == "whole", puts=1), journal=journal)
"""


@pytest.mark.parametrize(
    ("whole", "moment"),
    [
        ("aside", "half-way"),
        ("aside", "after putting"),
        ("aside", "after moving"),
        ("aside", "after recording"),
        ("whole", "after putting"),
        ("whole", "after recording"),
    ],
)
def test_nothing_wrong_and_nothing_lost(server: Any, noise: Any, tmp_path: Path, whole: str, moment: str) -> None:
    bodies = {f"sub/{number}": noise(200_000, number) for number in range(4)}
    items = [server.item(name, body, "sha256") for name, body in bodies.items()]
    rows = json.dumps([(item.name, item.locate.url, item.size, dict(item.checksums)) for item in items])
    program, store, journal = tmp_path / "program.py", tmp_path / "store", tmp_path / "journal"
    program.write_text(PROGRAM)
    (store / "sub").mkdir(parents=True)  # object stores have no folders to make
    done = subprocess.run(
        [sys.executable, str(program), str(store), str(journal), whole, moment, rows], capture_output=True, text=True
    )
    assert done.returncode == 9, done.stderr
    for name, body in bodies.items():
        if (store / name).exists():
            assert digest((store / name).read_bytes(), "sha256") == digest(body, "sha256")
    target = FsspecTarget(LocalFileSystem(), str(store), whole=whole == "whole")
    report = download(items, target, journal=journal)
    report.raise_if_failed()
    assert report.ok
    assert {name: (store / name).read_bytes() for name in bodies} == bodies
    assert not [path for path in Path(f"{journal}.spool").rglob("*") if path.is_file()]
    assert download(items, target, journal=journal).counts["skipped"] == len(bodies)
