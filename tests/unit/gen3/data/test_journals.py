"""Where unfinished uploads are recorded: the same place for the same upload, cleaned up when none resumes."""

import os
import time
from pathlib import Path
from typing import Any

import omicsdk.transfer
import pytest
from omicsdk.gen3.downloads import download_url
from omicsdk.transfer import Outcome, TransferOptions, TransferReport
from omicsdk.transfer.journal import OLD, Journal, journal_for


def test_the_same_has_the_same_journal_and_nothing_else_has_it(tmp_path: Path) -> None:
    found = journal_for("gen3/uploads", "a", "b")
    assert found is not None
    assert found == journal_for("gen3/uploads", "a", "b")
    assert found.parent == tmp_path / "state/gen3/uploads"
    assert found not in (journal_for("gen3/uploads", "b", "a"), journal_for("gen3/other", "a", "b"))
    assert journal_for("gen3/uploads", "größe \udce9") is not None


def test_what_was_not_resumed_is_removed() -> None:
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


def test_a_place_that_cannot_be_made_is_reported_and_does_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "file/state"))
    assert journal_for("gen3/uploads", "a") is None
    assert "are not recorded" in caplog.text


def test_a_journal_that_the_same_download_took_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Journal] = []

    def download(*_: Any, journal: Path, **__: Any) -> TransferReport:
        taken.append(Journal(journal, lambda: False))  # of another process, after this one has released the lock
        return TransferReport([Outcome("a", "done", 1)])

    monkeypatch.setattr(omicsdk.transfer, "download", download)
    download_url(lambda: "", "a", tmp_path, what="a", options=TransferOptions())
    assert Path(taken[0].path).exists()
    taken[0].close()
