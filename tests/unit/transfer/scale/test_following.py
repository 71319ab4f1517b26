"""Progress of many workers adds up, even if some of them are lost."""

from hypothesis import given
from hypothesis import strategies as st
from omicsdk.transfer import Item, Location, Plan, Progress, ShardResult
from omicsdk.transfer.scale.runs import Message, Tracker

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
