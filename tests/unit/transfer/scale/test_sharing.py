"""Every item in exactly one shard, the same one each time, and none with much more than its share."""

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import NameClash, UnsafePath
from omicsdk.transfer import Item, Location, Plan
from omicsdk.transfer.scale.plan import FILE_COST, balanced, shard_of

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
    found = [one for shard in shards for one in shard.items()]
    assert sorted(one.name for one in found) == sorted(names)
    assert sum(shard.files for shard in shards) == len(names)
    assert [shard.size for shard in shards] == [sum(one.size or 0 for one in shard.items()) for shard in shards]
    assert plan.shards(n) == shards
    if not streamed:
        assert pickle.loads(pickle.dumps(shards)) == shards


def test_a_streamed_source_is_never_held():
    asked = []

    def source():
        asked.append(1)
        for number in range(1000):
            yield item(f"{number}")

    shards = Plan(source, "nowhere").shards(10)
    before = len(asked)
    first = iter(shards[0].items())
    assert next(first).name
    assert len(asked) == before + 1
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
