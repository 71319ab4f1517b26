"""A download by several workers states in the words of one what became of it."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import NotWritable, SomeFailed, TransferError, UsageError
from omicsdk.transfer import Item, Location, Shard, ShardResult, ShardsOpen, ShardsReport
from omicsdk.transfer.scale.workers import WorkerPool, download_by


@pytest.fixture(autouse=True)
def two_shards(monkeypatch: Any) -> None:
    """One shard a worker, so that two workers have two."""
    monkeypatch.setattr("omicsdk.transfer.scale.workers.SHARDS_PER_WORKER", 1)


def test_files_come_in_the_order_of_the_list(items: list[Item], target: Path, right: Any):
    report = download_by(WorkerPool(2), items, target)
    assert report.ok
    assert [outcome.name for outcome in report.outcomes] == [item.name for item in items]
    assert right()


def test_a_timetable_is_refused_before_workers_are_reached(items: list[Item], target: Path):
    workers = WorkerPool(cluster="tcp://127.0.0.1:1")
    with pytest.raises(UsageError, match="workers follow no timetable"):
        download_by(workers, items, target, limit_rate="08:00,10M 19:00,off")


def test_a_folder_that_cannot_be_is_stated_once(items: list[Item], target: Path):
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("a file")
    with pytest.raises(NotWritable, match=re.escape(target.name)):
        download_by(WorkerPool(2), items, target)


def test_what_ends_one_shard_fails_its_files_alone(items: list[Item], target: Path, monkeypatch: Any):
    reason = TransferError("Shard 1 of 2 did not finish")

    def run(workers: WorkerPool, shards: Sequence[Shard], **_: Any) -> ShardsReport:
        done = shards[0].run(progress=None)
        return ShardsReport((done, ShardResult(1, 2, error=reason)))

    monkeypatch.setattr(WorkerPool, "run", run)
    report = download_by(WorkerPool(2), [Item(item.name, item.locate, item.size) for item in items], target)
    failed = {outcome.name: outcome.error for outcome in report.failed}
    assert set(failed.values()) == {reason}
    assert len(report.outcomes) == len(items) == len(failed) + report.counts["done"]
    with pytest.raises(SomeFailed, match="Shard 1 of 2"):
        report.raise_if_failed()


def test_a_list_that_changes_meanwhile_hides_nothing_that_failed(
    server: Any, items: list[Item], target: Path, monkeypatch: Any
):
    listed = [Item("gone", Location(server.url("gone")), 1, retries=0), *items]
    names = [item.name for item in listed]

    def run(workers: WorkerPool, shards: Sequence[Shard], **_: Any) -> ShardsReport:
        told = ShardsReport(tuple(shard.run(progress=None) for shard in shards))
        del listed[0]
        return told

    monkeypatch.setattr(WorkerPool, "run", run)
    report = download_by(WorkerPool(2), lambda: iter(listed), target)
    assert [outcome.name for outcome in report.failed] == ["gone"]
    assert sorted(outcome.name for outcome in report.outcomes) == sorted(names)


@pytest.mark.parametrize("left", ["all but the last line", "nothing"])
def test_a_shards_report_that_is_not_whole_hides_no_file(items: list[Item], target: Path, monkeypatch: Any, left: str):
    def run(workers: WorkerPool, shards: Sequence[Shard], **_: Any) -> ShardsReport:
        told = ShardsReport(tuple(shard.run(progress=None) for shard in shards))
        assert told.results[1].report is not None
        report = Path(told.results[1].report)
        lines = report.read_text().splitlines(keepends=True)
        report.unlink()
        if left != "nothing":
            report.write_text("".join(lines[:-1]))
        return told

    monkeypatch.setattr(WorkerPool, "run", run)
    with pytest.raises(TransferError, match="Cannot read the results of shard 1 of 2") as caught:
        download_by(WorkerPool(2), items, target)
    assert "finished files are skipped" in caught.value.remedy


def test_a_scheduler_that_is_lost_is_stated_in_a_line(items: list[Item], target: Path, monkeypatch: Any):
    def run(workers: WorkerPool, shards: Sequence[Shard], **_: Any) -> ShardsReport:
        lost = TransferError("it ended")
        told = ShardsReport((ShardResult(0, 2, error=lost), ShardResult(1, 2, error=lost)))
        raise ShardsOpen(told, "the connection to the Dask scheduler is lost")

    monkeypatch.setattr(WorkerPool, "run", run)
    with pytest.raises(TransferError, match="scheduler is lost; 2 of 2 shards did not finish") as caught:
        download_by(WorkerPool(2), items, target)
    assert not isinstance(caught.value, SomeFailed)
    assert "Repeat the call" in caught.value.remedy
