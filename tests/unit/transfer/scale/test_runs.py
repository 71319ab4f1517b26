"""Runs of shards: progress of many workers adds up, folders and messages of a command are gone with it."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.transfer import Item, Location, Plan, Progress, ShardResult
from omicsdk.transfer.scale import runs
from omicsdk.transfer.scale.runs import FileChannel, Message, Tracker, held_folder

SHARDS = Plan([Item(f"{number}", Location("http://127.0.0.1/"), 100) for number in range(6)], "nowhere").shards(3)

# Of each attempt at a shard, what came until its worker was lost, or the shard was done.
ATTEMPTS = st.lists(st.lists(st.integers(0, 100), min_size=1, max_size=4).map(sorted), min_size=1, max_size=4)


@given(st.tuples(ATTEMPTS, ATTEMPTS, ATTEMPTS), st.randoms())
def test_bytes_that_came_are_never_forgotten(shards, random):
    queues = {
        index: [
            Message(index, f"{number}", "host:1", Progress(bytes_fetched=count, rate=1.0))
            for number, counts in enumerate(attempts)
            for count in counts
        ]
        for index, attempts in enumerate(shards)
    }
    tracker = Tracker(SHARDS)
    last = tracker.progress(0.0)
    assert (last.files, last.bytes, last.shards) == (6, 600, 3)
    while any(queues.values()):
        index = random.choice([index for index, queue in queues.items() if queue])
        message = queues[index].pop(0)
        tracker.heard(message)
        if not queues[index]:
            tracker.ended(ShardResult(index, 3, counts={"done": 2}, bytes_fetched=message.progress.bytes_fetched))
        elif queues[index][0].attempt != message.attempt and random.random() < 0.5:
            tracker.is_lost(index)
            tracker.heard(message)  # it is read again until another worker tells
            assert index not in tracker.progress(1.0).workers
        now = tracker.progress(1.0)
        assert now.bytes_fetched >= last.bytes_fetched
        assert now.rate <= 3
        last = now
    assert last.bytes_fetched == sum(counts[-1] for attempts in shards for counts in attempts)
    assert last.shards_lost == sum(len(attempts) - 1 for attempts in shards)
    assert last.shards_done == 3
    assert last.files_done == 6
    assert last.bytes_done == 600
    assert last.workers == {}


def test_the_time_that_remains():
    tracker = Tracker(SHARDS)
    assert tracker.progress(1.0).remaining is None
    tracker.heard(Message(0, "a", "host:1", Progress(bytes_done=100, rate=50.0)))
    assert tracker.progress(1.0).remaining == 10.0


def test_the_rate_over_time_has_each_byte_once():
    tracker = Tracker(SHARDS)
    for fetched in (100, 100, 250):
        tracker.heard(Message(0, "a", "host:1", Progress(bytes_fetched=fetched)))
        tracker.progress(1.0)
    assert tracker.throughput.total == 250


def test_messages_of_others_and_of_the_dead_change_nothing():
    tracker = Tracker(SHARDS)
    tracker.heard(Message(7, "a", progress=Progress(bytes_fetched=5)))
    tracker.ended(ShardResult(0, 3, counts={"done": 2}, bytes_fetched=200))
    tracker.heard(Message(0, "a", progress=Progress(bytes_fetched=5)))
    assert tracker.progress(1.0).bytes_fetched == 200


# -- folders of one command in the journals' folder


def left_by_a_kill(folder: Path) -> Path:
    """What a killed command left, with what its worker was writing."""
    folder.mkdir()
    (folder / ".held").touch()
    (folder / ".0.0123456789ab.part").write_text("{")
    return folder


@pytest.mark.parametrize("name", ["transfer.0123456789ab.reports", "transfer.0123456789ab", "a plan.0123456789ab"])
def test_what_a_killed_command_left_is_removed_and_what_a_live_one_has_is_not(tmp_path: Path, name: str):
    killed = left_by_a_kill(tmp_path / name)
    others = tmp_path / "mine.reports"
    others.mkdir()
    (others / ".held").touch()
    with held_folder(str(tmp_path), "transfer", ".reports") as live:
        assert not killed.exists()
        Path(live.path, "transfer-0000-of-0002.jsonl").write_text("{}")
        with held_folder(str(tmp_path), "transfer", ".reports") as second, held_folder(str(tmp_path), "transfer"):
            assert second.path != live.path
        assert Path(live.path, "transfer-0000-of-0002.jsonl").exists()
    assert list(tmp_path.iterdir()) == [others]


def test_the_message_that_a_worker_was_writing_when_it_was_killed_is_removed(tmp_path: Path):
    left_by_a_kill(tmp_path / "transfer.0123456789ab")
    with held_folder(str(tmp_path), "transfer"):
        pass
    assert not list(tmp_path.iterdir())


def test_the_message_to_stop_stays_for_shards_that_have_not_heard_it(tmp_path: Path):
    with held_folder(str(tmp_path), "transfer") as held:
        channel = FileChannel(held)
        channel.stop()
        channel.leave()
    with held_folder(str(tmp_path), "transfer"):
        assert channel.stopped()
    assert channel.stopped()


def test_a_command_that_begins_at_the_same_time_leaves_the_folder_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    lock_now = runs.lock_now

    def begin_another(descriptor: int) -> None:
        monkeypatch.setattr(runs, "lock_now", lock_now)
        with held_folder(str(tmp_path), "run"):
            lock_now(descriptor)

    monkeypatch.setattr(runs, "lock_now", begin_another)
    with held_folder(str(tmp_path), "run") as folder:
        assert list(tmp_path.iterdir()) == [Path(folder.path)]
    assert list(tmp_path.iterdir()) == []


# -- messages in these folders


def test_half_a_message_reports_nothing(tmp_path: Path) -> None:
    with held_folder(str(tmp_path), "plan") as held:
        channel = FileChannel(held)
        channel.connect()(Message(0, "first", progress=Progress(files_done=3)))
        assert list(channel.messages()) == [Message(0, "first", progress=Progress(files_done=3))]
        Path(held.path, "0").write_text('{"index": 0, "att')
        assert list(channel.messages()) == []


def test_a_stop_is_heard_though_another_process_removed_the_folder(tmp_path: Path) -> None:
    with held_folder(str(tmp_path), "plan") as held:
        channel = FileChannel(held)
        shutil.rmtree(held.path)
        assert not channel.stopped()
        channel.stop()
        assert channel.stopped()
    assert list(tmp_path.iterdir()) == []
