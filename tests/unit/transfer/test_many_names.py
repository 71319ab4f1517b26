"""Names against each other, a million of them in bounded memory, and against what is in the folder."""

import contextlib
import errno
import os
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import NameClash, UnsafePath
from omicsdk.transfer import names
from omicsdk.transfer.names import (
    LinkGuard,
    NameGuard,
    NameSet,
    check_links,
    check_name,
    check_names,
    first_of_each,
    room_in,
)

Check = Callable[[list[str], bool], None]


class Streamed:
    """Names that can be gone through again, but are nowhere in memory."""

    def __init__(self, count: int, *more: str) -> None:
        self.count, self.more = count, more

    def __iter__(self) -> Iterator[str]:
        for number in range(self.count):
            yield f"bundle-{number // 10}.2018/reads_{number}.fastq.gz"
        yield from self.more


def at_once(entries: list[str], folds: bool) -> None:
    check_names(entries, folds_case=folds)


def one_by_one(entries: list[str], folds: bool) -> None:
    guard = NameGuard(folds_case=folds)
    for entry in entries:
        guard.check(entry)


def from_an_iterator(entries: list[str], folds: bool) -> None:
    check_names(iter(entries), folds_case=folds)


WAYS = [at_once, one_by_one, from_an_iterator]
parts = st.sampled_from(["a", "b", "A", "ß", "SS", "\xe9", "e\u0301"])
paths = st.lists(parts, min_size=1, max_size=4).map("/".join)


def clash(entries: list[str], folds: bool) -> bool:
    """Whether two meet, the slow and plain way."""
    keyed = [names._folded(entry) if folds else entry for entry in entries]
    return any(
        one == other or other.startswith(one + "/") or one.startswith(other + "/")
        for index, one in enumerate(keyed)
        for other in keyed[:index]
    )


@pytest.mark.parametrize("check", WAYS)
@given(st.lists(paths, max_size=12), st.booleans())
def test_two_that_meet_are_found_and_no_others(check: Check, entries: list[str], folds: bool) -> None:
    if clash(entries, folds):
        with pytest.raises(NameClash):
            check(entries, folds)
    else:
        check(entries, folds)


def collide(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Have the digests of all names be the same in the first sets that are made."""
    secrets = list[str]()

    def digest(text: str) -> int:
        key = text[:32]
        if key not in secrets:
            secrets.append(key)
        return hash(key if secrets.index(key) < times else text)

    monkeypatch.setattr(names, "hash", digest, raising=False)


@pytest.mark.parametrize("folds", [False, True])
def test_digests_that_happen_to_be_the_same_are_no_clash(monkeypatch: pytest.MonkeyPatch, folds: bool) -> None:
    collide(monkeypatch, 3)
    entries = [f"{number}/x" for number in range(2500)]
    check_names(entries, folds_case=folds)
    with pytest.raises(NameClash, match=r"'7/x' is listed twice"):
        check_names([*entries, "7/x"], folds_case=folds)


@pytest.mark.parametrize(
    ("entries", "folds", "name", "reason", "at_its_turn"),
    [
        (
            ["a", "c", "a"],
            True,
            "a",
            "is listed twice",
            "is listed twice, or is the same path as an earlier entry on this file system",
        ),
        (
            ["b/Readme", "c", "B/README"],
            True,
            "B/README",
            "is the same path as 'b/Readme' on this file system",
            "is listed twice, or is the same path as an earlier entry on this file system",
        ),
        (
            ["x/y/z/1", "x/y/z/2", "x/y"],
            False,
            "x/y",
            "is also a folder of another entry, 'x/y/z/1'",
            "is also a folder of another entry",
        ),
        (
            ["x/y", "x/y/z/1"],
            False,
            "x/y",
            "is also a folder of another entry, 'x/y/z/1'",
            "needs a folder where another entry is a file",
        ),
    ],
)
def test_an_error_names_both(entries: list[str], folds: bool, name: str, reason: str, at_its_turn: str) -> None:
    with pytest.raises(NameClash) as caught:
        check_names(Streamed(3000, *entries), folds_case=folds)
    assert (caught.value.name, caught.value.reason) == (name, reason)
    with pytest.raises(NameClash) as caught:
        check_names(iter(Streamed(3000, *entries)), folds_case=folds)
    assert (caught.value.name, caught.value.reason) == (entries[-1], at_its_turn)


class Counted(list[str]):
    """Names that know how often they were gone through."""

    times = 0

    def __iter__(self) -> Iterator[str]:
        self.times += 1
        yield from super().__iter__()


def test_names_are_gone_through_once_and_twice_more_where_two_only_seem_to_clash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entries = Counted(str(number) for number in range(5000))
    check_names(entries, folds_case=False)
    assert entries.times == 1
    collide(monkeypatch, 1)
    entries.times = 0
    check_names(entries, folds_case=False)
    assert entries.times == 3
    with pytest.raises(NameClash, match="'7' is listed twice"):
        check_names([*entries, "7"], folds_case=False)


def test_thousands_of_clashes_are_one_error() -> None:
    with pytest.raises(NameClash, match="is listed twice"):
        check_names([*Streamed(5000), *Streamed(5000)], folds_case=False)


def test_after_a_refusal_the_guard_continues() -> None:
    guard = NameGuard(folds_case=True)
    for name in ("a", "b/c"):
        guard.check(name)
    for name in ("A", "a/b/c", "b", "../x", "B/c/d"):
        for _ in range(2):
            with pytest.raises(UnsafePath):
                guard.check(name)
    guard.check("b/d")


@pytest.mark.parametrize(
    "check",
    [
        lambda entries: check_names(entries, folds_case=True),
        lambda entries: check_names(iter(entries), folds_case=True),
    ],
)
def test_memory_is_a_few_bytes_a_name(check: Callable[[Any], None]) -> None:
    check(Streamed(10))
    tracemalloc.start()
    try:
        check(Streamed(20_000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000 * 24 + 1_500_000  # the rest is there for few names too


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(0, 1)), max_size=60))
def test_a_name_is_of_one_kind(entries: list[tuple[str, int]]) -> None:
    kinds = dict[str, int]()
    seen = NameSet()
    for name, kind in entries:
        assert seen.add(name, kind) == kinds.get(name)
        kinds.setdefault(name, kind)


@pytest.mark.parametrize(
    "device", ["CON", "nul.txt", "a/Aux", "com¹", "LPT9.tar.gz", "CONIN$", "conout$", "nul .txt", "prn  ", "COM0"]
)
def test_devices_of_windows(device: str) -> None:
    with pytest.raises(UnsafePath, match="Windows"):
        check_name(device, windows=True)
    check_name(device, windows=False)


@pytest.mark.parametrize("name", ["console", "nullable.txt", "com10", "auxiliary/x", "a.con"])
def test_names_that_only_begin_like_devices(name: str) -> None:
    check_name(name, windows=True)


def longest_in(folder: Path) -> str:
    """The longest name that a folder has room for: folders of 200 bytes, and the rest, 1 to 201 bytes, as the file."""
    room = room_in(str(folder))
    folders = (room - 1) // 201
    return f"{'d' * 200}/" * folders + "x" * (room - 201 * folders)


def test_whole_paths_have_a_length_too(tmp_path: Path) -> None:
    for more in range(201):  # whatever the length of the path of the test's own folder
        folder = tmp_path / ("f" * more)
        room, name = room_in(str(folder)), longest_in(folder)
        check_name(name, room=room)
        for longer in (name + "x", name[:-1] + "ü"):
            with pytest.raises(UnsafePath, match=f"has {room + 1} bytes, more than the {room} that fit"):
                check_name(longer, room=room)


def test_all_names_have_the_room_of_their_folder() -> None:
    guard = NameGuard(folds_case=False, room=3)
    guard.check("a/b")
    for entries in (["a/b"], iter(["a/b"])):
        check_names(entries, folds_case=False, room=3)
    with pytest.raises(UnsafePath, match="fit in this folder"):
        guard.check("a/bc")
    for entries in (["a/bc"], iter(["a/bc"])):
        with pytest.raises(UnsafePath, match="fit in this folder"):
            check_names(entries, folds_case=False, room=3)


def each_alone(entries: list[str], folds: bool) -> None:
    for entry in entries:
        check_name(entry)


@pytest.mark.parametrize("check", [*WAYS, each_alone])
def test_where_no_folder_is_known_a_whole_path_has_the_length_that_linux_allows(check: Check) -> None:
    longest = "d/" * 2040 + "x"  # 4,096 bytes, less the zero and the 14 bytes that an unfinished file's name has more
    check([longest], False)
    for longer in (longest + "x", longest[:-1] + "ü"):
        with pytest.raises(UnsafePath, match="has 4082 bytes, more than the 4081 that fit"):
            check([longer], False)


@pytest.mark.parametrize("check", [*WAYS, each_alone])
def test_the_rules_of_windows_hold_there_by_default(check: Check) -> None:
    with pytest.raises(UnsafePath, match="Windows") if os.name == "nt" else contextlib.nullcontext():
        check(["con", "a.", "ab:c"], False)


@pytest.mark.parametrize("check", WAYS)
@pytest.mark.parametrize("folds", [False, True])
def test_names_that_are_no_text_on_disk_are_distinguished_too(check: Check, folds: bool) -> None:
    entries = [os.fsdecode(name) for name in (b"a\xff", b"a\xfe/x", b"a\xfe/y")]
    check(entries, folds)
    with pytest.raises(NameClash):
        check([*entries, entries[1]], folds)


def test_the_longest_name_can_be_written_and_no_longer_one(tmp_path: Path) -> None:
    name = longest_in(tmp_path)
    place = tmp_path / name
    place.parent.mkdir(parents=True)
    part_file = f"{name.rpartition('/')[2][: 255 - names.SUFFIX]}" + "." + "0" * 8 + ".part"
    (place.parent / part_file).write_bytes(b"")
    (place.parent / part_file).replace(place)  # what the limit promises
    with pytest.raises(OSError, match=os.strerror(errno.ENAMETOOLONG)):
        (place.parent / f"x{part_file}").write_bytes(b"")


def test_a_folder_whose_path_is_too_long_has_room_for_no_name() -> None:
    assert room_in("/" + "d/" * 20_000) == 0
    with pytest.raises(UnsafePath, match="has 1 bytes, more than the 0"):
        check_name("x", room=0)


@pytest.fixture(scope="module")
def maze(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with links that lead in, out, round and nowhere."""
    root = tmp_path_factory.mktemp("maze")
    target = root / "target"
    (target / "a" / "b").mkdir(parents=True)
    (root / "outside" / "b").mkdir(parents=True)
    (root / "target-beside").mkdir()
    (target / "f").write_bytes(b"")
    for link, goal in {
        "in": "a",
        "out": "../outside",
        "up": "..",
        "self": ".",
        "beside": "../target-beside",
        "round": "round",
        "nowhere": "gone",
        "a/out": "../../outside",
        "a/in": "../a/b",
        "a/root": "/",
    }.items():
        (target / link).symlink_to(goal)
    return target


steps = st.sampled_from(
    [
        "a", "b", "in", "out", "up", "self", "beside", "round", "nowhere", "root", "f", "new", "..", ".", "", "~",
        "a\\..", "\0",
    ]
)  # fmt: skip


@given(st.lists(steps, min_size=1, max_size=6).map("/".join) | st.text(max_size=20))
def test_a_name_that_passes_never_leaves_the_folder(maze: Path, name: str) -> None:
    try:
        check_names([name], folds_case=True)
        check_links([name], str(maze))
    except UnsafePath:
        return
    # Of the name's last part a link is no matter: the file is put in its place by renaming.
    parent = os.path.realpath(maze / name.rpartition("/")[0])
    assert parent == str(maze) or parent.startswith(f"{maze}{os.sep}")


@given(st.lists(st.lists(steps, min_size=1, max_size=4).map("/".join), max_size=8))
def test_what_was_examined_before_changes_no_decision(maze: Path, entries: list[str]) -> None:
    guard = LinkGuard(str(maze))
    for name in entries:
        try:
            check_name(name)
        except UnsafePath:
            continue
        alone = together = ""
        try:
            check_links([name], str(maze))
        except UnsafePath as error:
            alone = error.reason
        try:
            guard.check(name)
        except UnsafePath as error:
            together = error.reason
        assert alone == together


def test_a_guard_with_a_folder_searches_for_links_too(maze: Path) -> None:
    guard = NameGuard(folds_case=False, folder=str(maze))
    guard.check("in/x")
    with pytest.raises(UnsafePath, match="points outside the folder"):
        guard.check("a/out/x")


def test_each_folder_is_examined_once(maze: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    real = os.lstat
    monkeypatch.setattr(os, "lstat", lambda path: (looked.append(os.fspath(path)), real(path))[1])
    check_links([f"{folder}/{number}" for number in range(100) for folder in ("a/b", "a")], str(maze))
    assert sorted(path for path in looked if path.startswith(f"{maze}{os.sep}")) == [f"{maze}/a", f"{maze}/a/b"]


@given(st.lists(st.text(max_size=3)))
def test_of_objects_of_one_name_the_first_is_kept(names: list[str]) -> None:
    assert list(first_of_each(enumerate(names), lambda pair: pair[1])) == [
        (place, name) for place, name in enumerate(names) if name not in names[:place]
    ]
