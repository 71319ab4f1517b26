"""Shards: every item is in exactly one, the same each time; the progress of many workers adds up, folders and messages of a command are
gone with it."""

import pickle
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import NameClash, UnsafePath
from omicsdk.transfer import Item, Location, Plan, Progress, ShardResult
from omicsdk.transfer.scale import runs
from omicsdk.transfer.scale.plan import FILE_COST, balanced, shard_of
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
    with held_folder(str(tmp_path), "transfer") as run_folder:
        channel = FileChannel(run_folder)
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
    with held_folder(str(tmp_path), "plan") as run_folder:
        channel = FileChannel(run_folder)
        channel.connect()(Message(0, "first", progress=Progress(files_done=3)))
        assert list(channel.messages()) == [Message(0, "first", progress=Progress(files_done=3))]
        Path(run_folder.path, "0").write_text('{"index": 0, "att')
        assert list(channel.messages()) == []


def test_a_stop_is_heard_though_another_process_removed_the_folder(tmp_path: Path) -> None:
    with held_folder(str(tmp_path), "plan") as run_folder:
        channel = FileChannel(run_folder)
        shutil.rmtree(run_folder.path)
        assert not channel.stopped()
        channel.stop()
        assert channel.stopped()
    assert list(tmp_path.iterdir()) == []


SIZES = st.none() | st.integers(0, 1 << 40)
FILES = st.dictionaries(st.text("abcdé/", min_size=1, max_size=8), SIZES, max_size=40).map(
    lambda files: list(files.items())
)


def item(name: str, size: int | None = 10) -> Item:
    return Item(name, Location("http://127.0.0.1:9/" + name), size)


@given(FILES, st.integers(1, 50), st.randoms())
def test_shares_do_not_depend_on_the_order(files, shards, random):
    shares = dict(zip(files, balanced(files, shards), strict=True))
    random.shuffle(files)
    assert dict(zip(files, balanced(files, shards), strict=True)) == shares
    assert all(0 <= share < shards for share in shares.values())


@given(st.lists(st.integers(0, 1 << 40), max_size=60), st.integers(1, 12))
def test_no_shard_has_much_more_than_its_share(sizes, shards):
    files = [(f"{number:03d}", size) for number, size in enumerate(sizes)]
    loads = [0] * shards
    for (_, size), share in zip(files, balanced(files, shards), strict=True):
        loads[share] += size + FILE_COST
    largest = max(sizes, default=0) + FILE_COST
    assert max(loads) * shards <= sum(loads) + largest * (shards - 1)  # the bound of largest-first, in whole numbers


def test_files_of_unknown_size_are_spread():
    files = [(f"{number}", None) for number in range(8)]
    assert sorted(balanced(files, 4)) == [0, 0, 1, 1, 2, 2, 3, 3]


@given(st.text(max_size=20), st.integers(1, 10_000))
def test_a_name_has_one_shard(name, shards):
    assert shard_of(name, shards) == shard_of(name, shards)
    assert 0 <= shard_of(name, shards) < shards


def test_the_digest_never_changes():
    # what a lost worker began must be found by a later version of this package too
    assert [shard_of(name, 1000) for name in ("a", "reads.fastq.gz", "\udcff")] == [343, 941, 362]


@given(st.sets(st.text("abc", min_size=1, max_size=4), max_size=30), st.integers(1, 40), st.booleans())
def test_every_item_is_in_exactly_one_shard(names, n, streamed):
    items = [item(name, len(name)) for name in sorted(names)]
    plan = Plan((lambda: iter(items)) if streamed else items, "nowhere")
    shards = plan.shards(n)
    assert [shard.index for shard in shards] == list(range(n))
    shard_items = [one for shard in shards for one in shard.items()]
    assert sorted(one.name for one in shard_items) == sorted(names)
    assert sum(shard.files for shard in shards) == len(names)
    assert [shard.size for shard in shards] == [sum(one.size or 0 for one in shard.items()) for shard in shards]
    assert plan.shards(n) == shards
    if not streamed:
        assert pickle.loads(pickle.dumps(shards)) == shards


def test_a_streamed_source_is_never_held():
    calls = []

    def source():
        calls.append(1)
        for number in range(1000):
            yield item(f"{number}")

    shards = Plan(source, "nowhere").shards(10)
    before = len(calls)
    first = iter(shards[0].items())
    assert next(first).name
    assert len(calls) == before + 1
    assert all(shard.source is source for shard in shards)


@pytest.mark.parametrize("streamed", [True, False])
def test_names_clash_between_shards(tmp_path, streamed):
    items = [item("a"), item("b"), item("a/b"), item("c")]
    with pytest.raises(NameClash):
        Plan((lambda: iter(items)) if streamed else items, tmp_path / "target").shards(4)
    assert not (tmp_path / "target").exists()


def test_unsafe_names_are_refused_before_any_shard_is_there():
    with pytest.raises(UnsafePath):
        Plan([item("../a")], "nowhere").shards(1)


def test_names_that_differ_in_case_are_fine_where_the_disk_knows_them_apart(tmp_path):
    if (Path(tmp_path, "x").write_text("") == 0) and Path(tmp_path, "X").exists():
        pytest.skip("this file system folds case")
    assert len(Plan([item("A"), item("a")], tmp_path).shards(2)) == 2


def test_no_plan_is_cut_into_nothing():
    with pytest.raises(ValueError, match="at least 1"):
        Plan([], "nowhere").shards(0)
