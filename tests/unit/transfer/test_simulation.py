"""Thousands of interleavings of responses, failures, pauses and kills: the right bytes under the final name, or nothing."""

import functools
import os
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omicsdk import Cache, Lock
from omicsdk.core.checksums import digest
from omicsdk.locks import add
from omicsdk.transfer import Upload
from omicsdk.transfer.engine.machine import FINAL, State
from omicsdk.transfer.engine.options import Link
from simulated import BATCH, CELL, Platform, Source, World, fetched, pulled, sent

SEEDS = st.integers(0, 2**32)
SIZES = st.lists(st.integers(0, 30 * CELL), min_size=1, max_size=5)
CHECKSUMS = ("crc32c", "sha256", "md5")
# In memory where there is such a folder: the worlds end by the process's death, never by that of the machine.
_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
TemporaryDirectory = functools.partial(tempfile.TemporaryDirectory, dir=_MEMORY)


def files(seed: int, sizes: list[int], **how: bool) -> dict[str, Source]:
    chance = random.Random(seed)
    contents = [chance.randbytes(size) for size in sizes]
    return {f"f{number}": Source(content, content, **how) for number, content in enumerate(contents)}


def checked(world: World, seed: int) -> list[dict[str, str]]:
    chance = random.Random(seed)
    names = [chance.choice(CHECKSUMS) for _ in world.sources]
    return [
        {name: digest(source.declared_content, name)}
        for name, source in zip(names, world.sources.values(), strict=True)
    ]


@pytest.mark.parametrize("disk", [0.0, 0.02])
@pytest.mark.parametrize("ranged", [True, False])
@settings(max_examples=15 * settings().max_examples // 8, deadline=None)
@given(
    seed=SEEDS, sizes=SIZES, strong=st.booleans(), kills=st.integers(0, 3), trouble=st.sampled_from([0.0, 0.02, 0.1])
)
def test_a_file_is_whole_and_right_or_not_there(
    seed: int, sizes: list[int], ranged: bool, strong: bool, kills: int, trouble: float, disk: float
):
    world = World(seed, files(seed, sizes, ranged=ranged, strong=strong), trouble=trouble, kills=kills, disk=disk)
    items = [world.item(name, sums) for name, sums in zip(world.sources, checked(world, seed), strict=True)]
    with TemporaryDirectory() as folder:

        def nothing_wrong() -> None:
            # Lives before this one were examined up to their deaths, of which this one began as a copy.
            for name in world.sources.keys() & {entry.name for entry in os.scandir(world.here)}:
                assert (world.here / name).read_bytes() == world.sources[name].declared_content

        world.watch = nothing_wrong
        report, here = fetched(world, items, Path(folder))
        assert len(report.outcomes) == len(items)
        for item, outcome in zip(items, report.outcomes, strict=True):
            assert outcome.name == item.name
            if outcome.is_present:
                assert (here / item.name).read_bytes() == world.sources[item.name].declared_content
            else:
                assert outcome.state == "failed"
                assert outcome.error is not None
                # A disk that refuses to sync a file may refuse to take its name away, too; its bytes are right.
                assert disk or not (here / item.name).exists()
        assert trouble or disk or report.ok
        assert world.most_flying <= 4


@settings(max_examples=settings().max_examples, deadline=None)
@given(SEEDS, SIZES, st.integers(0, 3), st.sampled_from([0.0, 0.02]), st.sampled_from(["copy", "symlink", "hardlink"]))
def test_a_second_folder_has_the_right_bytes_from_a_cache(
    seed: int, sizes: list[int], kills: int, trouble: float, link: Link
):
    """Both processes die and are stopped at any moment, while they store files and take them, too."""
    with TemporaryDirectory() as shared:
        cache = Cache(shared)
        for _ in range(2):
            world = World(seed, files(seed, sizes), trouble=trouble, kills=kills)
            items = [world.item(name, sums) for name, sums in zip(world.sources, checked(world, seed), strict=True)]
            with TemporaryDirectory() as folder:
                report, here = fetched(world, items, Path(folder), cache=cache, link=link)
                for item, outcome in zip(items, report.outcomes, strict=True):
                    if outcome.is_present:
                        assert (here / item.name).read_bytes() == world.sources[item.name].declared_content
                assert trouble or report.ok
        identified = [item for item in items if item.checksums.keys() & {"md5", "sha256"}]
        assert trouble or kills or report.from_cache == len(identified)
        assert [*cache.verify()] == []


@pytest.mark.parametrize("disk", [0.0, 0.02])
@settings(max_examples=settings().max_examples, deadline=None)
@given(seed=SEEDS, sizes=SIZES, kills=st.integers(0, 3), trouble=st.sampled_from([0.0, 0.02]))
def test_a_pull_has_the_old_file_until_it_has_the_new_one(
    seed: int, sizes: list[int], kills: int, trouble: float, disk: float
):
    """The sources of a lock change after a pull; the process is killed while it pulls the new lock."""
    old = files(seed, sizes)
    new = {
        name: Source(source.declared_content[::2] + b"new", source.declared_content[::2] + b"new")
        for name, source in old.items()
    }
    with TemporaryDirectory() as folder:
        here = Path(folder, "0")
        here.mkdir()
        (here / "list.tsv").touch()
        add("list.tsv", folder=here)
        for sources in (old, new):
            rows = (
                f"http://127.0.0.1:9/{name}?url=0\t{name}\t{len(source.declared_content)}\t{digest(source.declared_content, 'md5')}\n"
                for name, source in sources.items()
            )
            (here / "list.tsv").write_text("url\tname\tsize\tmd5\n" + "".join(rows))
            is_new = sources is new
            world = World(seed, sources, trouble=trouble * is_new, kills=kills * is_new, disk=disk * is_new)
            world.corrupts = False

            def nothing_lost(world: World = world, is_new: bool = is_new) -> None:
                for name in old if is_new else ():
                    file = world.here / "data" / name
                    assert (disk and not file.exists()) or file.read_bytes() in (
                        old[name].declared_content,
                        new[name].declared_content,
                    )

            world.watch = nothing_lost
            report, here = pulled(world, Path(folder))
            nothing_lost()
            assert trouble or disk or report.ok
            for outcome in report.outcomes:
                if outcome.is_present:
                    name = outcome.name.removeprefix("data/")
                    assert (here / outcome.name).read_bytes() == sources[name].declared_content
        assert next(iter(Lock(here).files())).size == len(new["f0"].declared_content)
        states = {state.path: state.state for state in Lock(here).status()}
        assert states.keys() == {outcome.name for outcome in report.outcomes if not outcome.is_present}


@settings(max_examples=5 * settings().max_examples // 2, deadline=None)
@given(SEEDS, SIZES, st.booleans())
def test_without_trouble_every_byte_is_requested_once(seed: int, sizes: list[int], ranged: bool):
    world = World(seed, files(seed, sizes, ranged=ranged))
    items = [world.item(name, sums) for name, sums in zip(world.sources, checked(world, seed), strict=True)]
    with TemporaryDirectory() as folder:
        report, here = fetched(world, items, Path(folder))
        report.raise_if_failed()
        assert report.outcomes.bytes_fetched == sum(sizes) if ranged else True
        request_count = world.requests
        again, _ = fetched(world, items, here.parent)
        assert again.counts["skipped"] == len(items)
        assert world.requests == request_count


@settings(max_examples=5 * settings().max_examples // 2, deadline=None)
@given(SEEDS, SIZES, st.integers(1, 6))
def test_nothing_that_arrived_before_a_stop_is_fetched_twice(seed: int, sizes: list[int], stops: int):
    world = World(seed, files(seed, sizes), kills=stops, stops=1.0)
    items = [world.item(name, sums) for name, sums in zip(world.sources, checked(world, seed), strict=True)]
    with TemporaryDirectory() as folder:
        report, _ = fetched(world, items, Path(folder))
        report.raise_if_failed()
        assert world.served == sum(sizes)


@settings(max_examples=5 * settings().max_examples // 2, deadline=None)
@given(SEEDS, SIZES, st.integers(1, 6))
def test_a_death_costs_each_connection_what_is_not_recorded_yet(seed: int, sizes: list[int], deaths: int):
    world = World(seed, files(seed, sizes), kills=deaths, stops=0.0)
    items = [world.item(name, sums) for name, sums in zip(world.sources, checked(world, seed), strict=True)]
    with TemporaryDirectory() as folder:
        report, _ = fetched(world, items, Path(folder))
        report.raise_if_failed()
        # Files that are too small for a record may also be complete, and wait for their verification.
        assert world.served <= sum(sizes) + world.deaths * (4 + len(sizes)) * BATCH


@settings(max_examples=15 * settings().max_examples // 4, deadline=None)
@given(SEEDS, SIZES, st.integers(0, 3), st.sampled_from([0.0, 0.05]), st.booleans())
def test_bytes_of_two_versions_are_never_joined(seed: int, sizes: list[int], kills: int, trouble: float, strong: bool):
    """No checksum is stated, and the file changes on the server while it is fetched."""
    world = World(seed, files(seed, sizes, strong=strong), trouble=trouble, kills=kills)
    versions = {name: [source.content] for name, source in world.sources.items()}

    def change() -> None:
        if world.chance.random() < 0.02:
            name = world.chance.choice(list(world.sources))
            source = world.sources[name]
            source.content = world.chance.randbytes(len(source.content))
            source.version += 1
            versions[name].append(source.content)

    world.watch = change
    items = [world.item(name, {}) for name in world.sources]
    world.corrupts = False  # nothing could tell
    with TemporaryDirectory() as folder:
        report, here = fetched(world, items, Path(folder))
        for outcome in report.outcomes:
            if outcome.is_present:
                assert (here / outcome.name).read_bytes() in versions[outcome.name]


UPLOADED = st.lists(st.integers(0, 12 * CELL), min_size=1, max_size=4)


def objects(world: World, seed: int, sizes: list[int], folder: Path, *, reports: bool, lists: bool) -> list[Upload]:
    chance = random.Random(seed)
    uploads: list[Upload] = []
    for number, size in enumerate(sizes):
        path = folder / f"f{number}"
        path.write_bytes(chance.randbytes(size))
        store = Platform(world, path.name, reports=reports, lists=lists)
        uploads.append(Upload(path, store, retries=1000, min_delay=0.01))
    return uploads


@pytest.mark.parametrize("reports", [True, False])
@pytest.mark.parametrize("lists", [True, False])
@settings(max_examples=15 * settings().max_examples // 8, deadline=None)
@given(seed=SEEDS, sizes=UPLOADED, kills=st.integers(0, 3), trouble=st.sampled_from([0.0, 0.02, 0.1]))
def test_an_object_is_the_file_or_is_not_called_sent(
    seed: int, sizes: list[int], kills: int, trouble: float, reports: bool, lists: bool
):
    world = World(seed, {}, trouble=trouble, kills=kills)
    with TemporaryDirectory() as sources, TemporaryDirectory() as folder:
        uploads = objects(world, seed, sizes, Path(sources), reports=reports, lists=lists)
        contents = {upload.name: Path(upload.path).read_bytes() for upload in uploads}

        def nothing_wrong() -> None:
            for name, platform in world.platforms.items():
                assert platform.completed == 0 or platform.content == contents[name]

        world.watch = nothing_wrong
        report, _ = sent(world, uploads, Path(folder))
        assert [outcome.name for outcome in report.outcomes] == [upload.name for upload in uploads]
        for outcome in report.outcomes:
            if outcome.is_present:
                assert world.platforms[outcome.name].content == contents[outcome.name]
            else:
                assert outcome.state == "failed"
                assert outcome.error is not None
        assert trouble or report.ok
        assert world.most_flying <= 4


@settings(max_examples=5 * settings().max_examples // 2, deadline=None)
@given(SEEDS, UPLOADED, st.integers(0, 2), st.booleans(), st.booleans())
def test_without_trouble_a_part_is_sent_once_and_what_is_done_not_again(
    seed: int, sizes: list[int], kills: int, reports: bool, lists: bool
):
    world = World(seed, {}, kills=kills)
    begun = kills
    with TemporaryDirectory() as sources, TemporaryDirectory() as folder:
        uploads = objects(world, seed, sizes, Path(sources), reports=reports, lists=lists)
        report, _ = sent(world, uploads, Path(folder))
        report.raise_if_failed()
        died = begun - world.kills
        # A run that ends loses what was in flight, on four connections, and what was stored but not yet recorded.
        assert sum(sizes) <= world.served <= sum(sizes) + died * 8 * CELL
        request_count, world.kills = world.requests, 0
        again, _ = sent(world, uploads, Path(folder))
        assert again.counts["skipped"] == len(uploads)
        assert world.requests == request_count


def test_final_states_are_those_that_outcomes_have():
    assert {state.value for state in FINAL} == {"done", "skipped", "failed", "stopped"}
    assert State.PLANNED not in FINAL
