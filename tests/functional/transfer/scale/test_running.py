"""Shards in threads and processes: lost workers cost nothing, and a second run finds what the first one did."""

import json
import logging
import os
import pickle
import re
import signal
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import partial
from multiprocessing import active_children, get_context
from pathlib import Path

import pytest
from omicsdk.core import Interrupted, NotFound, NotWritable, ServerError, SomeFailed, TransferError, UsageError
from omicsdk.transfer import (
    Control,
    FsspecTarget,
    Item,
    Location,
    Outcome,
    Plan,
    ShardResult,
    ShardsOpen,
    ShardsReport,
    TransferReport,
    run_shards,
)
from omicsdk.transfer.journal import Journal
from omicsdk.transfer.scale.runs import Parcel

MIB = 1024 * 1024
SPAWN = get_context("spawn")


def test_threads_fetch_everything(plan, right, target):
    updates = []
    with ThreadPoolExecutor(3) as pool:
        report = run_shards(plan.shards(4), pool, progress=updates.append)
    report.raise_if_failed()
    assert report.ok
    assert right()
    assert report.counts["done"] == 6
    assert updates[-1].final
    assert updates[-1].shards_done == 4
    assert updates[-1].files_done == updates[-1].files == 6
    assert updates[-1].bytes_done == updates[-1].bytes == report.bytes_fetched
    assert sorted(path.name for path in (target / ".omics-transfer").iterdir()) == [
        f"transfer-{index:04d}-of-0004.journal" for index in range(4)
    ]


def test_the_same_shards_again_fetch_nothing(plan, right, server):
    with ThreadPoolExecutor(2) as pool:
        run_shards(plan.shards(3), pool)
        before = len(server.requests)
        report = run_shards(plan.shards(3), pool)
    assert report.counts["skipped"] == 6
    assert len(server.requests) == before
    assert right()


def test_cut_otherwise_what_exists_is_verified_not_fetched(plan, right, server, target):
    with ThreadPoolExecutor(2) as pool:
        run_shards(plan.shards(3), pool)
        (target / "small").write_bytes(b"x" * 70_000)
        before = len(server.requests)
        report = run_shards(plan.shards(5), pool)
    assert right()
    assert report.ok
    assert [request.path for request in server.requests[before:]] == ["small"]
    assert plan.earlier_shards() == 5


def test_cut_otherwise_what_was_begun_is_swept_away_in_the_end(items, target, right, halfway):
    stop = threading.Event()
    plan = Plan(items, target, connections=2)
    with ThreadPoolExecutor(3) as pool:
        run_shards(plan.shards(3), pool, progress=lambda word: halfway.at(word) and stop.set(), stop=stop)
        assert len(list(target.rglob("*.part"))) == 1
        halfway.lift()
        report = run_shards(plan.shards(1), pool)
    assert report.ok
    assert right()
    assert [path.name for path in (target / ".omics-transfer").iterdir()] == ["transfer-0000-of-0001.journal"]


def test_a_journal_that_is_in_use_is_left_alone(items, target, right):
    plan = Plan(items, target)
    (other,) = plan.shards(1)
    journal = Journal(target / ".omics-transfer" / f"{other.name}.journal", lambda: False)
    try:
        with ThreadPoolExecutor(2) as pool:
            assert run_shards(plan.shards(2), pool).ok
        assert journal.path.exists()
    finally:
        journal.close()
    assert right()


def test_each_shard_writes_a_report_when_asked(items, target, tmp_path, server):
    del server.files["small"]
    with ThreadPoolExecutor(2) as pool:
        report = run_shards(Plan(items, target, reports=tmp_path / "reports").shards(2), pool)
    names = []
    for result in report.results:
        lines = [json.loads(line) for line in Path(result.report).read_text().splitlines()]
        assert lines[0]["counts"] == result.counts
        names += [line["name"] for line in lines[1:]]
    assert sorted(names) == sorted(item.name for item in items)


def test_a_streamed_plan(items, target, right):
    with ThreadPoolExecutor(2) as pool:
        report = run_shards(Plan(lambda: iter(items), target).shards(3), pool)
    assert report.ok
    assert right()


def test_a_source_that_gives_a_worker_less_than_was_planned_is_reported(items, target):
    listed = list(items)
    shards = Plan(lambda: iter(listed), target, reports=target.parent / "reports").shards(2)
    left_out = listed.pop()
    with ThreadPoolExecutor(2) as pool:
        report = run_shards(shards, pool)
    assert not (target / left_out.name).exists()
    assert not report.ok
    with pytest.raises(TransferError, match=r"Shard \d of 2: .* one file fewer than"):
        report.raise_if_failed()


def test_more_shards_than_items(items, target, right):
    with ThreadPoolExecutor(2) as pool:
        report = run_shards(Plan(items, target).shards(20), pool)
    assert report.ok
    assert right()
    assert len(report.results) == 20
    assert len(list((target / ".omics-transfer").iterdir())) == 6  # who has nothing to do leaves nothing


def test_journals_elsewhere(items, target, tmp_path, right):
    with ThreadPoolExecutor(2) as pool:
        report = run_shards(Plan(items, target, journals=tmp_path / "journals", run="x").shards(2), pool)
    assert report.ok
    assert right()
    assert not (target / ".omics-transfer").exists()
    assert sorted(path.name for path in (tmp_path / "journals").iterdir()) == [
        "x-0000-of-0002.journal",
        "x-0001-of-0002.journal",
    ]


def test_into_a_store(items, tmp_path, bodies):
    from fsspec.implementations.memory import MemoryFileSystem

    fs = MemoryFileSystem()
    target = FsspecTarget(fs, "/test_into_a_store/prefix")
    with pytest.raises(UsageError, match="journals= is missing"):
        Plan(items, target)
    plan = Plan(items, target, journals=tmp_path / "journals")
    with ThreadPoolExecutor(2) as pool:
        assert run_shards(plan.shards(3), pool).ok
        again = run_shards(plan.shards(2), pool)
    assert again.counts["skipped"] == len(bodies)
    assert {name: fs.cat(f"/test_into_a_store/prefix/{name}") for name in bodies} == bodies
    assert sorted(path.name for path in (tmp_path / "journals").glob("*.journal")) == [
        "transfer-0000-of-0002.journal",
        "transfer-0001-of-0002.journal",
    ]
    assert not [path for path in (tmp_path / "journals").rglob("*") if path.suffix == ".part"]


def test_files_for_their_owner_only(items, target):
    with ThreadPoolExecutor(2) as pool:
        assert run_shards(Plan(items, target, mode=0o600).shards(2), pool).ok
    assert {path.stat().st_mode & 0o777 for path in target.rglob("*") if path.is_file()} == {0o600}


def test_a_file_that_fails_is_reported_and_ends_no_other(items, target, server, bodies):
    del server.files["small"]
    with ThreadPoolExecutor(2) as pool:
        report = run_shards(Plan(items, target).shards(3), pool)
    assert not report.ok
    assert report.open == ()
    assert report.counts["done"] == len(bodies) - 1
    (failure,) = report.failures
    assert failure.name == "small"
    with pytest.raises(NotFound):
        report.raise_if_failed()
    assert report.to_dict()["counts"] == report.counts
    with ThreadPoolExecutor(2) as pool:
        report = run_shards(Plan(items, target, kept=0).shards(3), pool)
    with pytest.raises(SomeFailed, match=r"^1 error in 3 shards\."):
        report.raise_if_failed()


def test_an_unforeseen_error_is_tried_again(items, target, right):
    failures = [OSError(5, "away"), OSError(5, "away")]
    (shard,) = Plan(lambda: iter(items), target).shards(1)

    def flaky():
        if failures:
            raise failures.pop()
        return iter(items)

    with ThreadPoolExecutor(1) as pool:
        report = run_shards([replace(shard, source=flaky)], pool, retries=2)
    assert report.ok
    assert report.lost == 2
    assert right()


def test_an_unforeseen_error_that_stays_is_reported(items, target):
    def broken():
        raise OSError(5, "away")

    (shard,) = Plan(items, target).shards(1)
    with ThreadPoolExecutor(1) as pool:
        report = run_shards([replace(shard, source=broken)], pool, retries=1)
    assert report.open == (0,)
    with pytest.raises(TransferError, match=r"Shard 0 of 1 did not finish.*away.*2 times"):
        report.raise_if_failed()


def test_an_error_of_ours_is_not_tried_again(items, tmp_path):
    (tmp_path / "file").write_text("in the way")
    (shard,) = Plan(items, tmp_path / "file", journals=tmp_path / "journals").shards(1)
    with ThreadPoolExecutor(1) as pool:
        report = run_shards([shard], pool)
    assert report.lost == 0
    with pytest.raises(TransferError, match="a file of that name exists"):
        report.raise_if_failed()


def test_stopped_and_gone_on_with(plan, right, halfway, bodies):
    stop = threading.Event()
    shards = plan.shards(3)
    with ThreadPoolExecutor(3) as pool:
        report = run_shards(shards, pool, progress=lambda word: halfway.at(word) and stop.set(), stop=stop)
        assert report.counts["stopped"] == len(report.open) == 1
        assert not report.ok
        halfway.lift()
        report = run_shards(shards, pool)
    assert report.ok
    assert report.bytes_fetched <= len(bodies["large"]) - 4 * MIB
    assert right()


def test_stopped_while_another_process_has_the_journal(plan, target):
    (shard,) = plan.shards(1)
    journal = Journal(target / ".omics-transfer" / f"{shard.name}.journal", lambda: False)
    stop = threading.Event()
    try:
        with ThreadPoolExecutor(1) as pool:
            report = run_shards([shard], pool, stop=stop, progress=lambda word: word.workers and stop.set())
    finally:
        journal.close()
    assert report.counts["stopped"] == 6
    assert report.lost == 0


def test_a_time_budget(plan, right, halfway):
    control = Control(budget=1000.0)

    class Clock:
        late = 0.0

        def monotonic(self):
            return self.late

    clock = Clock()

    def word(progress):
        if halfway.at(progress):
            clock.late = 1000.0

    with ThreadPoolExecutor(3) as pool:
        report = run_shards(plan.shards(3), pool, control=control, clock=clock, progress=word)
        assert report.why_stopped == "the time budget of 1000 s is over"
        with pytest.raises(Interrupted, match=r"the time budget of 1000 s is over; shards \d of 3 are open"):
            report.raise_if_failed()
        halfway.lift()
        assert run_shards(plan.shards(3), pool).ok
    assert right()


def test_where_nothing_can_be_written(items, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with ThreadPoolExecutor(1) as pool, pytest.raises(NotWritable, match="file"):
        run_shards(Plan(items, tmp_path / "file" / "target").shards(1), pool)


def test_what_was_not_begun_is_stopped_too(plan, right, halfway):
    stop = threading.Event()
    stop.set()
    shards = plan.shards(3)
    with ThreadPoolExecutor(1) as pool:
        report = run_shards(shards, pool, stop=stop)
        assert report.counts["stopped"] == 6
        assert report.open == (0, 1, 2)
        halfway.lift()
        assert run_shards(shards, pool).ok
    assert right()


def test_ctrl_c_ends_in_order(plan, right, halfway, bodies):
    def word(progress):
        if halfway.at(progress):
            raise KeyboardInterrupt  # what the handler of SIGINT does in the main thread

    with ThreadPoolExecutor(3) as pool:
        with pytest.raises(KeyboardInterrupt):
            run_shards(plan.shards(3), pool, progress=word)
        halfway.lift()
        report = run_shards(plan.shards(3), pool)
    assert report.ok
    assert report.bytes_fetched <= len(bodies["large"]) - 4 * MIB
    assert right()


def test_a_living_lock_is_waited_for(plan, right, target):
    (shard,) = plan.shards(1)
    journal = Journal(target / ".omics-transfer" / f"{shard.name}.journal", lambda: False)
    waited = threading.Event()

    class Clock:
        def now(self):
            return 0.0

        def monotonic(self):
            return 0.0

        def sleep(self, seconds):
            if not waited.is_set():
                waited.set()
                journal.close()

    (shard,) = Plan(plan.source, target, clock=Clock()).shards(1)
    assert shard.run().ok
    assert waited.is_set()
    assert right()


def kill(worker):
    """Ends a worker as a machine that fails does."""
    os.kill(int(worker.rpartition(":")[2]), signal.SIGKILL)


def killed_halfway(plan, halfway):
    """Three shards, the number of that of "large", and a function of their progress that kills its worker halfway."""
    shards = plan.shards(3)
    (owner,) = (shard.index for shard in shards if any(item.name == "large" for item in shard.items()))

    def kill_once(progress):
        if halfway.at(progress):
            kill(progress.workers[owner])
            halfway.lift()

    return shards, owner, kill_once


def test_processes_continue_after_one_was_killed(plan, right, halfway, bodies, server):
    shards, owner, kill_once = killed_halfway(plan, halfway)
    report = run_shards(shards, partial(ProcessPoolExecutor, 3, SPAWN), progress=kill_once)
    report.raise_if_failed()
    assert halfway.reached
    assert report.ok
    assert right()
    assert report.lost == 1
    assert report.results[owner].bytes_fetched <= len(bodies["large"]) - 4 * MIB
    assert all(server.sent(name) == len(body) for name, body in bodies.items() if name != "large")
    assert os.getpid() not in {int(result.worker.rpartition(":")[2]) for result in report.results}


def test_processes_of_a_pool_of_our_own_have_ended_with_it(items, target, right):
    before = set(active_children())
    run_shards(Plan(items, target).shards(2), partial(ProcessPoolExecutor, 2, SPAWN)).raise_if_failed()
    assert set(active_children()) <= before
    assert right()


@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP"])
def test_an_interrupt_of_the_terminal_ends_no_process_that_starts(items, target, right, capfd, name):
    interrupted = partial(signal.raise_signal, getattr(signal, name))  # before the first shard, as a terminal may
    pool = partial(ProcessPoolExecutor, 2, SPAWN, initializer=interrupted)
    assert run_shards(Plan(items, target).shards(2), pool, retries=0).ok
    assert right()
    assert "Traceback" not in capfd.readouterr().err


def test_without_a_new_pool_the_open_shards_are_named(plan, right, halfway):
    shards, owner, kill_once = killed_halfway(plan, halfway)
    with ProcessPoolExecutor(3, SPAWN) as pool, pytest.raises(ShardsOpen) as caught:
        run_shards(shards, pool, progress=kill_once)
    # A pool breaks as a whole: shards whose last word has not come by then are open besides.
    named = ", ".join(map(str, caught.value.open))
    assert re.match(rf"{named} of 3 shards are open: .*Run the same shards again", str(caught.value))
    assert owner in caught.value.open
    assert isinstance(caught.value.__cause__, BrokenProcessPool)
    assert caught.value.report.counts["done"] < len(plan.source)
    with ThreadPoolExecutor(1) as pool:
        assert run_shards(shards, pool).ok
    assert right()


def test_a_shard_that_kills_its_workers_is_abandoned(items, target):
    (shard,) = Plan(items, target).shards(1)
    report = run_shards(
        [replace(shard, source=partial(os._exit, 9))], partial(ProcessPoolExecutor, 1, SPAWN), retries=1
    )
    with pytest.raises(TransferError, match="Shard 0 of 1 did not finish: its worker was lost, 2 times"):
        report.raise_if_failed()


def test_what_can_not_be_sent_is_named(items, target, server):
    local = Item("local", lambda: Location(server.url("x")), 1)
    with ProcessPoolExecutor(1, SPAWN) as pool:
        with pytest.raises(UsageError, match=r"local: its locate cannot be sent.*functools.partial"):
            run_shards(Plan([*items, local], target).shards(2), pool)
        with pytest.raises(UsageError, match="the plan's source cannot be sent"):
            run_shards(Plan(lambda: iter(items), target).shards(2), pool)
        with pytest.raises(UsageError, match="an option cannot be sent"):
            run_shards(Plan(items, target, route=lambda url: None).shards(2), pool)
    assert not any(target.rglob("*.part"))


def test_no_signature_is_reported(items, target, caplog):
    signed = "https://bucket.example.org/key?X-Amz-Signature=canary0123456789"

    def broken():
        raise OSError(5, f"{signed} is away")

    class Shows(ThreadPoolExecutor):
        """Logs its tasks, as clusters do."""

        def submit(self, fn, /, *arguments, **how):
            logging.getLogger("cluster").warning("%r %r", arguments, how)
            return super().submit(fn, *arguments, **how)

    (shard,) = Plan([Item("a", Location(signed), retries=0, min_delay=0)], target).shards(1)
    parcel = Parcel(shard.index, pickle.dumps(shard))
    assert "canary" not in repr(parcel)
    assert "canary" in str(parcel.pickled)
    with caplog.at_level(logging.DEBUG), Shows(1) as pool:
        report = run_shards([replace(shard, source=broken)], pool, retries=1)
    with pytest.raises(TransferError) as caught:
        report.raise_if_failed()
    output = f"{caught.value} {caplog.text} {report.to_dict()} {report!r} {shard!r}"
    assert "is away" in output
    assert "canary" not in output
    for path in target.rglob("*"):
        assert path.is_dir() or b"canary" not in path.read_bytes()


def test_results_are_small_and_travel(items, target):
    bad = [Item(f"{number}", Location("http://127.0.0.1:9/"), 5, retries=0) for number in range(50)]
    (shard,) = Plan(bad, target).shards(1)
    result = shard.run()
    assert result.counts["failed"] == 50
    assert len(result.failures) == 20
    again = pickle.loads(pickle.dumps(result))
    assert str(again.failures[0].error) == str(result.failures[0].error)
    assert again.worker == result.worker


def test_several_errors_are_one_and_name_the_first():
    results = tuple(ShardResult(index, 2, error=TransferError(f"no {index}")) for index in range(2))
    with pytest.raises(SomeFailed, match=r"2 errors in 2 shards: no 0; no 1"):
        ShardsReport(results).raise_if_failed()
    assert ShardsReport(results).open == (0, 1)


def test_an_error_of_a_shard_is_reported_without_the_query_of_any_url():
    error = TransferError("the list at https://h.example.org/list?X-Amz-Signature=canary is gone", remedy="Ask.")
    entry = ShardsReport((ShardResult(0, 1, error=error),)).to_dict()["shards"][0]["error"]
    assert entry["message"].startswith("the list at https://h.example.org/list is gone")
    assert (entry["type"], entry["remedy"]) == ("TransferError", "Ask.")


def test_nothing_to_run():
    assert run_shards([], ThreadPoolExecutor(1)).ok


def test_each_shard_has_the_limit(items, target, monkeypatch):
    limits = []

    def downloaded(*arguments, limit_rate, **how):
        limits.append(limit_rate)
        return TransferReport(Outcome(item.name, "done") for item in arguments[0])

    monkeypatch.setattr("omicsdk.transfer.scale.plan.download", downloaded)
    for shard in Plan(items, target, rate_limit=600_000).shards(2):
        shard.run()
    assert limits == [600_000, 600_000]


def test_arguments_that_make_no_sense(plan):
    with pytest.raises(ValueError, match="above 0"):
        Plan([], "nowhere", rate_limit=0)
    with pytest.raises(ValueError, match="part of a file's name"):
        Plan([], "nowhere", run="a/b")
    (shard,) = plan.shards(1)
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(ValueError, match="negative"):
            run_shards([shard], pool, retries=-1)
        with pytest.raises(ValueError, match="twice"):
            run_shards([shard, shard], pool)


def test_what_an_error_was_raised_from_does_not_leave_its_worker(target: Path):
    # Has causes pickled, of all exceptions.
    pytest.importorskip("distributed", reason="needs the extra dask")

    def locate():
        try:
            raise OSError("https://data.example.org/x?X-Amz-Signature=canary")
        except OSError as error:
            raise ServerError("x is out of reach") from error

    plan = Plan([Item("x", locate, retries=0)], target)
    (shard,) = plan.shards(1)
    result = shard.run()
    assert [outcome.error and outcome.error.message for outcome in result.failures] == ["x is out of reach"]
    assert b"canary" not in pickle.dumps(result)
