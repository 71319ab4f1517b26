"""Which shards a run restarts, and when it gives up: with an executor whose calls end as each test says."""

import re
import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from omicsdk.core import Interrupted, NotWritable, TransferError, UsageError
from omicsdk.transfer import Item, Location, Plan, Progress, Shard, ShardResult, ShardsOpen, ShardsProgress, run_shards
from omicsdk.transfer.scale.runs import DaskChannel, Message, Run, shards_report_of

End = Callable[[int], ShardResult | BaseException]


def done(index: int) -> ShardResult:
    return ShardResult(index, 2, counts={"done": 1}, bytes_fetched=100)


class Calls(Executor):
    """Ends each call at once, by a function of the shard's number."""

    def __init__(self, end: End, *, began: bool = False) -> None:
        self.indexes: list[int] = []
        self.owned: set[bool] = set()
        self.closed: list[dict[str, Any]] = []
        self._end = end
        self._began = began

    def submit(self, fn: Any, task: Any, channel: Any, /, *, ours: bool) -> Future[Any]:
        if self._began:
            channel.connect()(Message(task.index, f"{len(self.indexes)}", "host:1", Progress(bytes_fetched=7)))
        self.indexes.append(task.index)
        self.owned.add(ours)
        future = Future[Any]()
        end = self._end(task.index)
        if isinstance(end, CancelledError):
            future.cancel()
            future.set_running_or_notify_cancel()
        elif isinstance(end, BaseException):
            future.set_exception(end)
        else:
            future.set_result(end)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.closed.append({"wait": wait, "cancel_futures": cancel_futures})


@pytest.fixture
def shards(tmp_path: Path) -> list[Shard]:
    return Plan([Item(name, Location(f"http://127.0.0.1:9/{name}"), 100) for name in "ab"], tmp_path).shards(2)


@pytest.mark.parametrize(("retries", "calls", "count"), [(0, 1, ""), (1, 2, ", 2 times"), (2, 3, ", 3 times")])
@pytest.mark.parametrize(
    ("end", "reason"), [(OSError("gone"), "it ended with OSError"), (CancelledError(), "it ended with CancelledError")]
)
def test_an_unexpected_end_restarts_a_shard_alone(
    shards: list[Shard], retries: int, calls: int, count: str, end: BaseException, reason: str
):
    executor = Calls(lambda index: end if index == 0 else done(index))
    report = run_shards(shards, executor, retries=retries)
    assert executor.indexes == [0, 1, *[0] * (calls - 1)]
    error = report.results[0].error
    assert isinstance(error, TransferError)
    assert error.message.startswith(f"Shard 0 of 2 did not finish: {reason}")
    assert error.message.endswith(count or ")")
    assert type(error.__cause__) is type(end)
    assert (report.ok, report.open, report.results[1].ok) == (False, (0,), True)
    assert executor.closed == []  # the caller's own
    assert executor.owned == {False}


def test_a_shard_that_is_restarted_may_succeed(shards: list[Shard], caplog: pytest.LogCaptureFixture):
    ends = deque([OSError("https://h/a?X-Amz-Signature=canary"), done(0)])
    seen: list[ShardsProgress] = []
    executor = Calls(lambda index: ends.popleft() if index == 0 else done(index), began=True)
    report = run_shards(shards, executor, progress=seen.append)
    assert report.ok
    assert executor.indexes == [0, 1, 0]
    (message,) = (record.getMessage() for record in caplog.records)
    assert re.fullmatch(r"shard 0 of 2 is restarted: OSError\('https://h/a\?[^']*'\)", message)
    assert "canary" not in message
    last = seen[-1]
    assert (last.final, last.phase, last.shards, last.shards_done, last.workers) == (True, "over", 2, 2, {})
    assert (last.files, last.files_done, last.bytes, last.bytes_done) == (2, 2, 200, 200)


@pytest.mark.parametrize("error", [NotWritable("/data", "read-only"), Interrupted("Stopped")])
def test_an_error_of_ours_is_the_result(shards: list[Shard], error: Exception):
    executor = Calls(lambda index: error if index else done(index))
    report = run_shards(shards, executor)
    assert report.results[1].error is error
    assert report.results[1].of == 2
    assert executor.indexes == [0, 1]


def test_an_interrupted_worker_interrupts_the_run(shards: list[Shard]):
    executor = Calls(lambda index: KeyboardInterrupt() if index else done(index))
    with pytest.raises(KeyboardInterrupt, match="run the same shards again to resume") as raised:
        run_shards(shards, executor)
    report = shards_report_of(raised.value)
    assert report is not None
    assert (report.open, report.results[1].counts, report.results[1].of) == ((1,), {"stopped": 1}, 2)
    assert shards_report_of(KeyboardInterrupt()) is None


# -- pools that break


class Pools:
    """Makes pools, one after the other."""

    def __init__(self, *pools: Calls) -> None:
        self.made: list[Calls] = []
        self._pools = deque(pools)

    def __call__(self) -> Executor:
        self.made.append(self._pools.popleft())
        return self.made[-1]


def broken(_: int) -> BaseException:
    return BrokenExecutor("a process died")


def test_a_pool_of_ours_is_replaced_for_all_shards_that_it_lost(shards: list[Shard], caplog: pytest.LogCaptureFixture):
    pools = Pools(Calls(broken), Calls(done))
    assert run_shards(shards, pools).ok
    assert [pool.indexes for pool in pools.made] == [[0, 1], [0, 1]]
    assert [pool.owned for pool in pools.made] == [{True}, {True}]
    assert [pool.closed for pool in pools.made] == [
        [{"wait": False, "cancel_futures": True}],
        [{"wait": True, "cancel_futures": True}],
    ]
    assert "shards 0, 1 continue in a new one" in caplog.text


def test_a_pool_that_breaks_before_any_shard_begins_is_not_replaced_forever(shards: list[Shard]):
    pools = Pools(*(Calls(broken) for _ in range(5)))
    report = run_shards(shards, pools)
    # The last one is made before it is known that no shard is left for it.
    assert [pool.indexes for pool in pools.made] == [[0, 1], [0, 1], [0, 1], []]
    for result in report.results:
        assert result.error is not None
        assert result.error.message.endswith("its worker was lost, 3 times")


def test_shards_that_no_worker_had_begun_use_up_no_retry(shards: list[Shard]):
    class First(Calls):
        def submit(self, fn: Any, task: Any, channel: Any, /, *, ours: bool) -> Future[Any]:
            self._began = task.index == 0
            return super().submit(fn, task, channel, ours=ours)

    pools = Pools(First(broken), Calls(done))
    report = run_shards(shards, pools, retries=0)
    assert report.open == (0,)
    assert pools.made[1].indexes == [1]


def test_an_executor_of_the_callers_that_breaks_leaves_its_shards_open(shards: list[Shard]):
    executor = Calls(lambda index: broken(index) if index else done(index))
    with pytest.raises(ShardsOpen, match=r"^1 of 2 shards are open: their executor broke \(.*a process died") as raised:
        run_shards(shards, executor)
    assert raised.value.report.results[0].ok
    assert isinstance(raised.value.__cause__, BrokenExecutor)


@pytest.mark.parametrize("error", [RuntimeError("cannot schedule after shutdown"), BrokenExecutor("broken")])
def test_an_executor_that_takes_no_more_is_broken(shards: list[Shard], error: Exception):
    def refuse(_: int) -> Any:
        raise error

    with pytest.raises(ShardsOpen, match="0, 1 of 2 shards are open"):
        run_shards(shards, Calls(refuse))


def test_another_error_of_submit_is_raised(shards: list[Shard]):
    def refuse(_: int) -> Any:
        raise LookupError("no cluster")

    with pytest.raises(LookupError, match="no cluster"):
        run_shards(shards, Calls(refuse))


# -- arguments


def test_arguments_are_checked_before_anything_starts(shards: list[Shard]):
    executor = Calls(done)
    word: Any = "processes"
    with pytest.raises(ValueError, match="retries"):
        run_shards(shards, executor, retries=-1)
    with pytest.raises(ValueError, match="listed twice"):
        run_shards([shards[0], shards[0]], executor)
    with pytest.raises(TypeError, match="executor must be"):
        run_shards(shards, word)
    assert run_shards([], executor).results == ()
    assert executor.indexes == []


LISTED = [Item("a", Location("http://127.0.0.1:9/a"), 1)]


@pytest.mark.parametrize(
    ("items", "options", "culprit"),
    [
        ([*LISTED, Item("b", lambda: Location("http://127.0.0.1:9/b"), 1)], {}, "b: its locate"),
        (lambda: iter(LISTED), {}, "the plan's source"),
        (LISTED, {"route": lambda _: None}, "an option"),
    ],
)
def test_what_cannot_be_sent_to_other_processes_is_named(
    tmp_path: Path, items: Any, options: dict[str, Any], culprit: str
):
    executor = Calls(done)
    with pytest.raises(UsageError, match=f"^{culprit} cannot be sent to other processes"):
        run_shards(Plan(items, tmp_path, **options).shards(1), executor)
    assert executor.indexes == []


# -- Dask


class DaskClient:
    """The methods of a client of Dask that a channel calls."""

    def __init__(self) -> None:
        self.status = "running"
        self.ran: list[tuple[Any, ...]] = []

    def run(self, function: Callable[[str], None], topic: str, *, on_error: str) -> None:
        self.ran.append((topic, on_error))
        function(topic)


def test_a_dask_scheduler_forwards_messages_and_the_stop_once():
    client = DaskClient()
    channel = DaskChannel("run-7", client)
    message = Message(3, "first", "host:1", Progress(bytes_done=5))
    channel.hear(
        (0.0, {"message": {"index": 3, "attempt": "first", "worker": "host:1", "progress": asdict(message.progress)}})
    )
    assert list(channel.messages()) == [message]
    assert list(channel.messages()) == []
    client.status = "connecting"
    channel.stop()
    assert (list(channel.messages()), client.ran, channel.reachable(), channel.failure()) == ([], [], False, "")
    client.status = "running"
    assert not channel.stopped()
    assert (list(channel.messages()), list(channel.messages())) == ([], [])
    assert client.ran == [("run-7", "ignore")]
    assert channel.stopped()
    assert not DaskChannel("run-8").stopped()
    client.status = "closed"
    assert channel.failure()


def test_a_message_of_a_worker_of_dask_reaches_the_run(monkeypatch: pytest.MonkeyPatch):
    channel = DaskChannel("run-7", DaskClient())
    worker = SimpleNamespace(log_event=lambda topic, event: channel.hear((0.0, {**event, "worker": topic})))
    monkeypatch.setitem(sys.modules, "distributed", SimpleNamespace(get_worker=lambda: worker))
    message = Message(3, "first", "host:1", Progress(bytes_done=5))
    channel.connect()(message)
    assert list(channel.messages()) == [message]


def test_workers_of_dask_stop_if_the_run_fails(shards: list[Shard]):
    pending = [Future[ShardResult](), Future[ShardResult]()]

    class Client(DaskClient):
        def run(self, function: Callable[[str], None], topic: str, *, on_error: str) -> None:
            super().run(function, topic, on_error=on_error)
            for future, shard in zip(pending, shards, strict=True):
                future.set_result(shard.unbegun())

    class Pending(Calls):
        def submit(self, fn: Any, task: Any, channel: Any, /, *, ours: bool) -> Future[Any]:
            return pending[task.index]

    def fail(_: ShardsProgress) -> None:
        raise LookupError("a fault of the caller's function")

    client = Client()
    with pytest.raises(LookupError):
        Run(shards, Pending(done), DaskChannel("run-9", client), progress=fail).result()
    assert client.ran == [("run-9", "ignore")]
