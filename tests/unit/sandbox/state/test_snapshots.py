"""Snapshots: the whole state as one file, taken while requests run, and a folder made of one."""

import io
import json
import tarfile
from pathlib import Path

import pytest
from omicsdk.sandbox import load_snapshot
from omicsdk.sandbox.state.database import SCHEMA_VERSION


def _about_of(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "about.tar"
    entry = tarfile.TarInfo("snapshot.json")
    entry.size = len(content)
    with tarfile.open(path, "w") as archive:
        archive.addfile(entry, io.BytesIO(content.encode()))
    return path


def _about(tmp_path: Path, **changes: object) -> Path:
    stated = {"format": 1, "schema": SCHEMA_VERSION, "version": "9", "made": 0.0, "contents": 0, "bytes": 0}
    return _about_of(tmp_path, json.dumps(stated | changes))


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "[" * 60_000])
def test_one_that_reveals_nothing_of_itself_is_refused(tmp_path: Path, content):
    with pytest.raises(ValueError, match=r"is not a snapshot of a sandbox: snapshot\.json cannot be read"):
        load_snapshot(_about_of(tmp_path, content), tmp_path / "second")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 2}, f"omicsdk 9 with layout 2.{SCHEMA_VERSION}"),
        ({"schema": SCHEMA_VERSION + 1}, f"reads 1.{SCHEMA_VERSION}"),
        ({}, "no state.sqlite"),
    ],
)
def test_one_of_another_release_is_refused(tmp_path: Path, changes, words):
    with pytest.raises(ValueError, match=words):
        load_snapshot(_about(tmp_path, **changes), tmp_path / "second")
