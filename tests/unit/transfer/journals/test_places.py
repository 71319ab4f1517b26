"""Where journals without a separate folder are stored, and the messages if they cannot be stored."""

import errno
import os
import time
from pathlib import Path

from nobodys_home import leave_home
from omicsdk.transfer.journal import OLD, journal_for


def test_the_same_transfer_has_the_same_journal(tmp_path, monkeypatch):
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path))
    first = journal_for("copies", "a", "b")
    assert first is not None
    assert first.parent == tmp_path / "copies"
    assert journal_for("copies", "a", "b") == first
    assert first not in (
        journal_for("copies", "a", "c"),
        journal_for("copies", "b", "a"),
        journal_for("others", "a", "b"),
    )
    assert journal_for("copies", "größe \udce9") is not None


def test_what_was_not_resumed_is_removed(tmp_path, monkeypatch):
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path))
    first = journal_for("gen3/uploads", "a")
    assert first is not None
    old, book, young = first, first.with_suffix(".journal-guids"), first.with_name("young.journal")
    for path in (old, book, young):
        path.touch()
    long_ago = time.time() - OLD - 60
    for path in (old, book):
        os.utime(path, (long_ago, long_ago))
    journal_for("gen3/uploads", "b")
    assert [path.exists() for path in (old, book, young)] == [False, False, True]


def test_a_user_without_a_home_continues_without_one(tmp_path, monkeypatch, caplog):
    leave_home(monkeypatch)
    monkeypatch.chdir(tmp_path)
    assert journal_for("copies", "a") is None
    (record,) = caplog.records
    assert record.getMessage().startswith("unfinished transfers are not recorded: no home folder")
    assert record.getMessage().endswith("Or name a folder in OMICS_STATE_DIR.")
    assert list(tmp_path.iterdir()) == []


def test_a_state_folder_that_cannot_be_made_is_named(tmp_path, monkeypatch, caplog):
    (tmp_path / "state").write_text("a file in the way")
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    assert journal_for("copies", "a") is None
    assert journal_for("copies", "b") is None  # a copy has two
    assert len(caplog.messages) == 1
    assert f"{tmp_path / 'state' / 'copies'} cannot be written" in caplog.text
    assert caplog.messages[0].endswith(" Set OMICS_STATE_DIR to another folder")


def test_a_full_state_folder_is_named_unless_it_has_the_journal(tmp_path, monkeypatch, caplog):
    def full(path, content):
        path.touch()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path))
    existing = journal_for("copies", "a")
    assert existing is not None
    existing.write_bytes(b"")
    monkeypatch.setattr(Path, "write_bytes", full)
    assert journal_for("copies", "b") is None
    assert f"cannot be written ({os.strerror(errno.ENOSPC)}): unfinished transfers are not recorded" in caplog.text
    assert journal_for("copies", "a") == existing  # its records are needed: the run fails where it cannot add to them
    assert list((tmp_path / "copies").iterdir()) == [existing]
