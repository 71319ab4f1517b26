"""Differences between two trees, as far as the stated facts show them; copies, and a platform's own bytes, compared with what is stated."""

import os
import tracemalloc
from hashlib import md5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.fs import Entry, Store, parse_uri
from omicsdk.fs.copying.comparison import (
    differences,
    joined,
    judge,
    merged,
    modify_window,
    verify_bytes,
    verify_copies,
    why_different,
)
from omicsdk.fs.copying.jobs import planned_sync
from omicsdk.fs.copying.planning import OutOfOrder, Selected, fitting_in_order, select
from omicsdk.fs.options import CopyOptions
from omicsdk.fs.stores.local import LocalStore
from omicsdk.fs.uris import Stores, Uri
from omicsdk.locks.cache import Cache
from omicsdk.transfer import Outcome, TransferReport


def entry(size=1, modified=None, **checksums):
    return Entry("x", "file", size, checksums, modified=modified)


@pytest.mark.parametrize(
    ("source", "target", "by", "why"),
    [
        (entry(1), entry(2), "auto", "1 bytes, not 2"),
        (entry(md5="a"), entry(md5="a"), "auto", ""),
        (entry(md5="a"), entry(md5="b"), "auto", "another md5"),
        (entry(md5="a", modified=2), entry(md5="a", modified=1), "auto", ""),
        (entry(md5="a", sha256="x"), entry(md5="a", sha256="y"), "auto", "another sha256"),
        (entry(modified=2), entry(modified=1), "auto", "changed since"),
        (entry(modified=1), entry(modified=2), "auto", ""),
        (entry(md5="a"), entry(md5="b"), "size", ""),
        (entry(None), entry(1), "size", "its size is not stated"),
        (entry(None), entry(1), "auto", "its size is not stated"),
        (entry(s3_etag="a"), entry(md5="a"), "checksum", ""),
        (entry(s3_etag="a-2"), entry(md5="a"), "checksum", "no common checksum is known"),
        (entry(), entry(md5="b"), "checksum", "no common checksum is known"),
    ],
)
def test_two_files(source, target, by, why):
    assert why_different(source, target, by) == why


TREES = st.dictionaries(st.text("abc/", min_size=1, max_size=4), st.integers(0, 3), max_size=6)


def selected(tree):
    return {name: Selected(Uri("s3", name), entry(size), name) for name, size in tree.items()}


@given(TREES, TREES)
def test_what_is_copied_and_removed_makes_both_equal(source, target):
    pairs = list(joined(selected(source), selected(target)))
    plan = differences(pairs, settle=list)
    made = {name: size for name, size in target.items() if name not in {file.name for file in plan.remove}}
    made |= {file.name: source[file.name] for file in plan.copy}
    assert made == source
    assert plan.same + len(plan.copy) == plan.source_count == len(source)
    assert plan.target_count == len(target)
    assert plan.reasons.keys() == {file.name for file in plan.copy}
    ascending = [[tree[name] for name in sorted(tree)] for tree in (selected(source), selected(target))]
    assert sorted(merged(*ascending), key=repr) == sorted(pairs, key=repr)


def test_what_is_doubtful_is_settled_in_parts_and_stays_in_its_place():
    one, other = (
        {f"{number:04}": Selected(Uri("file", ""), entry(1, time), f"{number:04}") for number in range(2500)}
        for time in (1_600_000_100.0, 1_600_000_000.0)
    )
    batch_sizes: list[int] = []

    def settle(pairs):
        batch_sizes.append(len(pairs))
        for file, _ in pairs:
            yield entry(md5="a"), entry(md5="b" if file.name == "0003" else "a")

    other["0004"] = other["0004"]._replace(entry=entry(2))
    plan = differences(merged(one.values(), other.values()), settle=settle)
    assert [(file.name, plan.reasons[file.name]) for file in plan.copy] == [
        ("0003", "another md5"),
        ("0004", "1 bytes, not 2"),
    ]
    assert (batch_sizes, plan.same) == ([1000, 1000, 499], 2498)


@pytest.mark.parametrize("names", [["P", "P!", "P/x"], ["b", "a"], ["a", "a"], [""]])
def test_files_without_an_order_are_compared_together(names):
    files = [Selected(Uri("s3", f"b/{name}"), entry(), name) for name in names]
    with pytest.raises(OutOfOrder):
        list(fitting_in_order(files, Uri("s3", "c"), []))


def test_a_local_tree_is_listed_in_the_order_of_its_paths(tmp_path):
    names = ["a!/x", "a-b", "a.txt", "a/b/c", "a/b.c", "a/z", "a0", "a~/y", "b"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    walked = [entry.path.removeprefix(f"{tmp_path}/") for entry in LocalStore().below(str(tmp_path))]
    assert walked == sorted(names)


def test_a_synchronisation_keeps_no_equal_files(tmp_path):
    for number in range(1000):
        for tree in ("one", "other"):
            file = tmp_path / tree / f"{number % 10}" / f"{number}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
            os.utime(file, (1, 1))
    with Stores() as stores:
        tracemalloc.start()
        try:
            plan = planned_sync(stores, parse_uri(str(tmp_path / "one")), parse_uri(str(tmp_path / "other")))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (plan.same, plan.source_count, plan.target_count, plan.copy.files) == (1000, 1000, 1000, [])
    assert peak < 150_000  # all entries of both take 0.5 MB


@pytest.mark.parametrize(
    ("times", "window"),
    [
        ((1_600_000_000.0, 1_600_000_000.123456), 1),
        ((1_600_000_000.25, 1_600_000_000.123), 1e-3),
        ((1_600_000_000.123456, 1_600_000_000.654321), 1e-6),
    ],
)
def test_times_are_as_precise_as_the_coarser_one(times, window):
    assert modify_window(*times) == window


@pytest.mark.parametrize(
    ("source", "target", "why"),
    [
        (1_600_000_000.9, 1_600_000_000.0, ""),  # the target's platform keeps seconds
        (1_600_000_001.0, 1_600_000_000.0, "changed since"),
        (1_600_000_001.1, 1_600_000_000.0, "changed since"),
        (1_600_000_000.1234, 1_600_000_000.123, ""),
        (1_600_000_000.125001, 1_600_000_000.124001, "changed since"),
        (1_600_000_000.000003, 1_600_000_000.000001, "changed since"),
    ],
)
def test_a_difference_below_the_precision_of_times_is_none(source, target, why):
    assert why_different(entry(modified=source), entry(modified=target)) == why


@pytest.mark.parametrize("later", [-0.001, 0.001])
def test_where_copies_keep_times_any_other_time_is_another_file(later):
    source, target = entry(modified=1e9), entry(modified=1e9 + later)
    assert why_different(source, target, keeps_times=True) == "changed since"
    assert why_different(source, source, keeps_times=True) == ""


DIRECTIONS = [("file", "file"), ("file", "shelf"), ("shelf", "file"), ("shelf", "shelf")]
ALL = "auto checksum size update"
#: What is at both ends (bytes and time), and which comparisons copy the file: where no checksum is stated, where one end states
#: one and the other is this machine, and where both state one or are this machine.
CASES = {
    "the same": ((b"1", 1e9), (b"1", 1e9), "checksum", "", ""),
    "another size": ((b"22", 1e9), (b"1", 1e9), ALL, ALL, ALL),
    "another size, and older": ((b"22", 1e9), (b"1", 1e9 + 9), *["auto checksum size"] * 3),
    "other bytes, and newer": ((b"2", 1e9 + 9), (b"1", 1e9), *["auto checksum update"] * 3),
    "other bytes, and older": ((b"2", 1e9), (b"1", 1e9 + 9), "checksum", "checksum", "auto checksum"),
    "the same bytes, and newer": ((b"1", 1e9 + 9), (b"1", 1e9), "auto checksum update", "", ""),
    "the same bytes, newer by less than a second": ((b"1", 1e9 + 0.5), (b"1", 1e9), "checksum", "", ""),
}


@pytest.mark.parametrize("states_checksums", [False, True])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
def test_a_sync_in_every_direction(shelf, tmp_path, source, target, case, states_checksums):
    one, other, *expected = CASES[case]
    uris = []
    for end, scheme, (data, time) in (("in", source, one), ("out", target, other)):
        if scheme == "file":
            (tmp_path / end).mkdir()
            (tmp_path / end / "a").write_bytes(data)
            os.utime(tmp_path / end / "a", (time, time))
        else:
            shelf.files[f"{end}/a"], shelf.times[f"{end}/a"] = data, time
            shelf.bare |= set() if states_checksums else {f"{end}/a"}
        uris.append(parse_uri(str(tmp_path / end) if scheme == "file" else f"{scheme}://{end}"))
    copied = set()
    for how in ("auto", "checksum", "size", "update"):
        with Stores() as stores:
            plan = planned_sync(stores, *uris, compare="auto" if how == "update" else how, update=how == "update")
        copied |= {how} if plan.copy.files else set()
    column = 2 if source == target and (states_checksums or source == "file") else int(states_checksums)
    assert copied == set(expected[column].split())


MIB = 1024**2


def files(stores, uri):
    parsed = parse_uri(uri)
    return {file.name: file for file in select(stores.of(parsed), parsed)}


def test_copies_on_this_machine_are_read(shelf, tmp_path):
    shelf.files.update({"p/a": b"1", "p/b": b"2", "p/c": b"3", "p/d": b"4"})
    for name, data in {"a": b"1", "b": b"x", "c": b"33"}.items():
        (tmp_path / name).write_bytes(data)
    with Stores() as stores:
        verdicts = {
            verdict.name: verdict
            for verdict in verify_copies(files(stores, "shelf://p"), files(stores, str(tmp_path)), stores.of)
        }
    assert {name: verdict.state for name, verdict in verdicts.items()} == {
        "a": "verified",
        "b": "wrong",
        "c": "wrong",
        "d": "missing",
    }
    assert verdicts["a"].is_good
    assert "its sha256 is" in verdicts["b"].why
    assert verdicts["c"].why == "2 bytes, not 1"


def test_files_of_this_machine_are_held_against_each_other(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_bytes(b"same")
        (tmp_path / name / "b").write_bytes(name[:3].encode())
    with Stores() as stores:
        one, other = (files(stores, str(tmp_path / name)) for name in ("one", "other"))
        assert [verdict.state for verdict in verify_copies(one, other, stores.of)] == ["verified", "wrong"]


def test_what_a_listing_leaves_out_is_requested(shelf, monkeypatch):
    shelf.files.update({"p/a": b"1", "q/a": b"1", "p/b": b"2", "q/b": b"x"})
    monkeypatch.setattr(shelf, "walk", lambda self, path: (e._replace(checksums={}) for e in Store.walk(self, path)))
    with Stores() as stores:
        verdicts = verify_copies(files(stores, "shelf://p"), files(stores, "shelf://q"), stores.of)
        assert [verdict.state for verdict in verdicts] == ["verified", "wrong"]


@pytest.mark.parametrize(("part", "state"), [(5, "verified"), (8, "verified"), (9, "size only")])
def test_an_etag_of_parts_of_unknown_size(shelf, tmp_path, monkeypatch, part, state):
    data = bytes(11 * MIB)
    parts = [data[start : start + part * MIB] for start in range(0, len(data), part * MIB)]
    etag = f"{md5(b''.join(md5(part).digest() for part in parts)).hexdigest()}-{len(parts)}"
    entry = Entry("p/a", "file", len(data), version=etag)
    monkeypatch.setattr(shelf, "stat", lambda *_: entry)
    (tmp_path / "a").write_bytes(data)
    with Stores() as stores:
        source, copies = {"a": Selected(parse_uri("shelf://p/a"), entry, "a")}, files(stores, str(tmp_path))
        for pair in ((source, copies), (copies, source)):
            assert [verdict.state for verdict in verify_copies(*pair, stores.of)] == [state]


def test_a_platform_s_own_bytes(shelf):
    shelf.files.update({"p/a": b"1", "p/b": b"2", "p/c": b"3"})
    shelf.reported_sha256["p/b"] = "0" * 64
    shelf.broken.add("p/c")
    with Stores() as stores:
        verdicts = list(
            verify_bytes(list(files(stores, "shelf://p").values()), stores.of("shelf://"), CopyOptions(), room=10)
        )
    assert [verdict.state for verdict in verdicts] == ["verified", "wrong", "failed"]


def test_bytes_of_a_cache_are_not_a_platform_s_own(shelf, monkeypatch, tmp_path):
    def download(_, named_entries, folder, options):
        return TransferReport([Outcome(named_entries[0][1], "done" if options.cache is None else "skipped", 1)])

    shelf.files["p/a"] = b"1"
    monkeypatch.setattr(shelf, "open", lambda *_: None)
    monkeypatch.setattr(shelf, "download", download)
    with Stores() as stores:
        platform_files = list(files(stores, "shelf://p").values())
        options = CopyOptions(cache=Cache(tmp_path))
        (verdict,) = verify_bytes(platform_files, stores.of("shelf://"), options, room=10)
    assert verdict.state == "unverified"


@pytest.mark.parametrize("parts", ["4", "9"])
def test_an_etag_that_differs_is_never_passed_over(parts):
    source = Entry("b/a", "file", 200 * MIB, {"s3_etag": f"{'0' * 32}-4"})
    copy = Entry("a", "file", 200 * MIB, {"s3_etag": f"{'1' * 32}-{parts}"})
    verdict = judge("a", source, copy)
    assert (verdict.state, verdict.is_good) == ("unverified", False)
    assert "s3_etag" in verdict.why
    assert judge("a", source, copy._replace(checksums=source.checksums)).state == "verified"
