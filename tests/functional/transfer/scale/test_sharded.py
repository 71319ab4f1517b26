"""Downloads by several workers: in the words of one, after Ctrl-C or when the terminal is closed, and when workers die again and again."""

import json
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from fork_server import forked
from omicsdk.core import NotWritable, SomeFailed, TransferError, UsageError
from omicsdk.transfer import Item, Location, Plan, Shard, ShardResult, ShardsOpen, ShardsReport, run_shards
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
        shards_report = ShardsReport(tuple(shard.run(progress=None) for shard in shards))
        del listed[0]
        return shards_report

    monkeypatch.setattr(WorkerPool, "run", run)
    report = download_by(WorkerPool(2), lambda: iter(listed), target)
    assert [outcome.name for outcome in report.failed] == ["gone"]
    assert sorted(outcome.name for outcome in report.outcomes) == sorted(names)


@pytest.mark.parametrize("left", ["all but the last line", "nothing"])
def test_a_shards_report_that_is_not_whole_hides_no_file(items: list[Item], target: Path, monkeypatch: Any, left: str):
    def run(workers: WorkerPool, shards: Sequence[Shard], **_: Any) -> ShardsReport:
        shards_report = ShardsReport(tuple(shard.run(progress=None) for shard in shards))
        assert shards_report.results[1].report is not None
        report = Path(shards_report.results[1].report)
        lines = report.read_text().splitlines(keepends=True)
        report.unlink()
        if left != "nothing":
            report.write_text("".join(lines[:-1]))
        return shards_report

    monkeypatch.setattr(WorkerPool, "run", run)
    with pytest.raises(TransferError, match="Cannot read the results of shard 1 of 2") as caught:
        download_by(WorkerPool(2), items, target)
    assert "finished files are skipped" in caught.value.remedy


def test_a_scheduler_that_is_lost_is_stated_in_a_line(items: list[Item], target: Path, monkeypatch: Any):
    def run(workers: WorkerPool, shards: Sequence[Shard], **_: Any) -> ShardsReport:
        lost = TransferError("it ended")
        shards_report = ShardsReport((ShardResult(0, 2, error=lost), ShardResult(1, 2, error=lost)))
        raise ShardsOpen(shards_report, "the connection to the Dask scheduler is lost")

    monkeypatch.setattr(WorkerPool, "run", run)
    with pytest.raises(TransferError, match="scheduler is lost; 2 of 2 shards did not finish") as caught:
        download_by(WorkerPool(2), items, target)
    assert not isinstance(caught.value, SomeFailed)
    assert "Repeat the call" in caught.value.remedy


MIB = 1024 * 1024
PROGRAM = """
import json, os, sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from omicsdk.transfer import Item, Location, Plan, run_shards
from omicsdk.transfer.engine.control import termination
from omicsdk.transfer.scale.workers import WorkerPool

def main():
    target, least, rows = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
    items = [Item(name, Location(url), size, checksums) for name, url, size, checksums in rows]
    told = set()
    def word(progress):
        if progress.bytes_done >= least and not told:
            told.add(1)
            print(*(worker.rpartition(":")[2] for worker in progress.workers.values()), flush=True)
    pool = partial(ProcessPoolExecutor, 3, get_context("spawn"))
    shards = Plan(items, target, connections=2).shards(3)
    try:
        with termination():
            WorkerPool(3).run(shards, progress=word) if sys.argv[4] else run_shards(shards, pool, progress=word)
    except KeyboardInterrupt as error:
        sys.exit(getattr(error, "exit_code", 130))

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("whole_group", [True, False], ids=["all processes", "the first one only"])
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGHUP", 129)])
def test_a_signal(items, target, right, halfway, bodies, server, tmp_path, whole_group, name, code):
    number = getattr(signal, name)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    rows = [(item.name, item.locate.url, item.size, dict(item.checksums)) for item in items]
    command = [
        sys.executable,
        str(program),
        str(target),
        str(halfway.before),
        json.dumps(rows),
        "" if code == 130 else "ours",
    ]
    with forked.start(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            workers = process.stdout.readline().split()
            assert workers, process.stderr.read()
            if whole_group:
                os.killpg(process.pid, number)  # what a terminal does
            else:
                process.send_signal(number)
            _, stderr = process.communicate(timeout=60)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == code, stderr
    assert "Traceback" not in stderr
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    halfway.lift()
    with ThreadPoolExecutor(3) as pool:
        report = run_shards(Plan(items, target, connections=2).shards(3), pool)
    assert report.ok
    assert right()
    assert report.bytes_fetched <= len(bodies["large"]) - 4 * MIB
    assert sorted(path.suffix for path in (target / ".omics-transfer").iterdir()) == [".journal"] * 3


KILLS = 5
CONNECTIONS = 2


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_workers_die_at_random_moments(server: Any, target: Any, noise: Any, seed: int) -> None:
    chance = random.Random(seed)
    bodies = {f"f{number:02d}": noise(chance.randrange(13 * MIB), number) for number in range(24)}
    total = sum(map(len, bodies.values()))
    moments = sorted(chance.randrange(total) for _ in range(KILLS))
    for name in bodies:  # slow enough for the moments to be met
        server.always[name] = lambda _server, _request, response: setattr(response, "pace", 40 * MIB)
    items = [server.item(name, body, "crc32c") for name, body in bodies.items()]
    killed = []

    def word(progress: Any) -> None:
        if moments and progress.bytes_done >= moments[0] and progress.workers:
            moments.pop(0)
            victim = chance.choice(sorted(set(progress.workers.values())))
            killed.append(victim)
            try:
                os.kill(int(victim.rpartition(":")[2]), signal.SIGKILL)
            except ProcessLookupError:
                killed.pop()  # its pool broke just now

    pools = partial(ProcessPoolExecutor, 2, get_context("spawn"))
    plan = Plan(items, target, connections=CONNECTIONS)
    report = run_shards(plan.shards(4), pools, retries=3 * KILLS, progress=word)
    report.raise_if_failed()
    assert killed
    assert {name: (target / name).read_bytes() for name in bodies} == bodies
    assert not list(target.rglob("*.part"))
    # two workers end with each pool; what was on its way to them, in sockets too, may have to come again
    twice = sum(server.sent(name) for name in bodies) - total
    assert twice <= len(killed) * 2 * CONNECTIONS * 8 * MIB
