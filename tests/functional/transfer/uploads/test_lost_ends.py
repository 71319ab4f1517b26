"""Uploads whose last response was lost: the result must be that of an ordinary end."""

import os
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import ChecksumMismatch, SourceChanged
from omicsdk.core.checksums import digest


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def without_last_record(journal: Path) -> None:
    """As if the process had been killed before it."""
    whole = journal.read_bytes()
    journal.write_bytes(whole[: whole.rstrip(b"\n").rindex(b"\n") + 1])


def test_a_file_whose_end_was_not_recorded_has_the_checksums_that_were_requested(
    store: Any, file: Path, send: Any, journal: Path, monkeypatch: pytest.MonkeyPatch
):
    send(file, store, journal=journal).raise_if_failed()
    without_last_record(journal)
    store.gone.add("id1")
    monkeypatch.setattr(store, "finished", lambda parts: {"etag": "x"})
    outcome = send(file, store, checksums=["sha256"], journal=journal).outcomes[0]
    assert (store.begun, outcome.bytes_fetched) == (1, 0)
    assert outcome.checksums["sha256"] == digest(file.read_bytes(), "sha256")
    recorded = send(file, store, checksums=["sha256"], journal=journal).outcomes[0]
    assert (recorded.state, recorded.checksums["sha256"]) == ("skipped", digest(file.read_bytes(), "sha256"))


def test_a_file_whose_end_was_not_recorded_is_held_against_what_the_platform_has(
    store: Any, file: Path, send: Any, journal: Path, monkeypatch: pytest.MonkeyPatch
):
    send(file, store, journal=journal).raise_if_failed()
    without_last_record(journal)
    store.gone.add("id1")
    monkeypatch.setattr(store, "finished", lambda parts: {"sha256": "0" * 64})
    report = send(file, store, checksums=["sha256"], journal=journal)
    assert isinstance(report.failed[0].error, ChecksumMismatch)


def test_what_a_platform_made_otherwise_is_not_treated_as_right_by_the_next_run(
    store: Any, file: Path, send: Any, journal: Path, monkeypatch: pytest.MonkeyPatch
):
    plain = store.complete

    def complete(upload_id: str, *what: Any) -> Any:
        plain(upload_id, *what)
        store.gone.add(upload_id)
        raise ChecksumMismatch("object", algorithm="crc32c", expected="a", actual="b")

    monkeypatch.setattr(store, "complete", complete)
    monkeypatch.setattr(store, "finished", lambda parts: {"etag": "x"})
    assert isinstance(send(file, store, journal=journal).failed[0].error, ChecksumMismatch)
    monkeypatch.setattr(store, "complete", plain)
    send(file, store, journal=journal).raise_if_failed()
    assert (store.begun, len(store.completed)) == (2, 2)


def test_a_file_that_changed_when_its_lost_end_was_found_is_reported(
    store: Any, file: Path, send: Any, journal: Path, monkeypatch: pytest.MonkeyPatch
):
    send(file, store, journal=journal).raise_if_failed()
    without_last_record(journal)
    store.gone.add("id1")

    def finished(_: Any) -> Any:
        file.write_bytes(file.read_bytes()[::-1])
        os.utime(file, ns=(1, 1))
        return {"etag": "x"}

    monkeypatch.setattr(store, "finished", finished)
    report = send(file, store, checksums=["sha256"], journal=journal)
    assert isinstance(report.failed[0].error, SourceChanged)
    assert store.aborted == []  # it is complete: giving it up could take away what is there
    send(file, store, journal=journal).raise_if_failed()
    assert store.begun == 2


def test_a_lost_end_that_only_name_and_size_show_is_not_called_verified(
    store: Any, file: Path, send: Any, journal: Path, monkeypatch: pytest.MonkeyPatch
):
    send(file, store, journal=journal).raise_if_failed()
    without_last_record(journal)
    store.gone.add("id1")
    monkeypatch.setattr(store, "finished", lambda parts: {"size": "10500", "doubtful": "by name and size"})
    outcome = send(file, store, journal=journal).outcomes[0]
    assert (store.begun, outcome.state, outcome.verification) == (1, "done", "size only")
