"""Work of other threads for the engine: it never leaves the engine waiting, and never reveals a secret."""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest
from omicsdk.core import TransferError
from omicsdk.transfer import Item, Location, download
from omicsdk.transfer.disk import Disk


def test_a_locate_that_ends_the_thread_fails_its_file_alone(server: Any, target: Path) -> None:
    def locate() -> Location:
        sys.exit("no credentials")

    report = download([Item("one", locate), server.item("two", b"2", "md5")], target)
    assert [outcome.state for outcome in report.outcomes] == ["failed", "done"]
    with pytest.raises(TransferError, match=r"one: .*SystemExit\('no credentials'\)"):
        report.raise_if_failed()


def test_a_fault_of_the_committer_is_raised(server: Any, target: Path) -> None:
    class Faulty(Disk):
        def sync_files(self, paths: Sequence[str]) -> NoReturn:
            raise ZeroDivisionError(paths[0])

    with pytest.raises(ZeroDivisionError, match="one"):
        download([server.item("one", b"1", "md5")], target, disk=Faulty())


def test_what_a_locate_raises_is_reported_without_secrets(target: Path, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    canary = "dD4kJ8sQ2vX6zB1m"

    def locate() -> Location:
        raise LookupError(f"no response from https://host/one?X-Amz-Signature={canary}")

    report = download([Item("one", locate)], target)
    (outcome,) = report.outcomes
    assert "no response from https://host/one" in str(outcome.error)
    assert "in locate" in caplog.text
    for text in (str(outcome.error), caplog.text, *(repr(record.__dict__) for record in caplog.records)):
        assert canary not in text
