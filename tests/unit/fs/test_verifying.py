"""Copies, and a platform's own bytes, are held against what is stated of them."""

from hashlib import md5

import pytest
from omicsdk.fs import Entry, Store, parse_uri
from omicsdk.fs.copying.comparison import judge, verify_bytes, verify_copies
from omicsdk.fs.copying.planning import Selected, select
from omicsdk.fs.options import CopyOptions
from omicsdk.fs.registry import Stores
from omicsdk.locks.cache import Cache
from omicsdk.transfer import Outcome, TransferReport

MIB = 1024**2


def files(stores, uri):
    parsed = parse_uri(uri)
    return {found.name: found for found in select(stores.of(parsed), parsed)}


def test_copies_on_this_machine_are_read(shelf, tmp_path):
    shelf.files.update({"p/a": b"1", "p/b": b"2", "p/c": b"3", "p/d": b"4"})
    for name, data in {"a": b"1", "b": b"x", "c": b"33"}.items():
        (tmp_path / name).write_bytes(data)
    with Stores() as stores:
        found = {
            each.name: each
            for each in verify_copies(files(stores, "shelf://p"), files(stores, str(tmp_path)), stores.of)
        }
    assert {name: each.state for name, each in found.items()} == {
        "a": "verified",
        "b": "wrong",
        "c": "wrong",
        "d": "missing",
    }
    assert found["a"].is_good
    assert "its sha256 is" in found["b"].why
    assert found["c"].why == "2 bytes, not 1"


def test_files_of_this_machine_are_held_against_each_other(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_bytes(b"same")
        (tmp_path / name / "b").write_bytes(name[:3].encode())
    with Stores() as stores:
        one, other = (files(stores, str(tmp_path / name)) for name in ("one", "other"))
        assert [each.state for each in verify_copies(one, other, stores.of)] == ["verified", "wrong"]


def test_what_a_listing_leaves_out_is_requested(shelf, monkeypatch):
    shelf.files.update({"p/a": b"1", "q/a": b"1", "p/b": b"2", "q/b": b"x"})
    monkeypatch.setattr(shelf, "walk", lambda self, path: (e._replace(checksums={}) for e in Store.walk(self, path)))
    with Stores() as stores:
        found = verify_copies(files(stores, "shelf://p"), files(stores, "shelf://q"), stores.of)
        assert [each.state for each in found] == ["verified", "wrong"]


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
    shelf.stated["p/b"] = "0" * 64
    shelf.broken.add("p/c")
    with Stores() as stores:
        found = list(
            verify_bytes(list(files(stores, "shelf://p").values()), stores.of("shelf://"), CopyOptions(), room=10)
        )
    assert [each.state for each in found] == ["verified", "wrong", "failed"]


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
