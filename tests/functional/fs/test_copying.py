"""Copies between any two places: what arrives is whole and right, what fails is reported, nothing is half-written."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from breakable import Response
from omicsdk.fs import parse_uri
from omicsdk.fs.copying.copies import copy_files
from omicsdk.fs.copying.planning import CopyPlan, select
from omicsdk.fs.uris import Stores


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_what_comes_by_url_goes_into_a_fifo_whole(served, tmp_path):
    served.store.hold("p/a", b"whole")
    (folder := tmp_path / "out").mkdir()
    os.mkfifo(folder / "fifo")
    with (
        Stores({"served": {"port": served.store.server.port}}) as stores,
        ThreadPoolExecutor(1) as pool,
    ):
        came = pool.submit((folder / "fifo").read_bytes)
        file = next(iter(select(stores.of("served://"), parse_uri("served://p/a"))))._replace(name="fifo")
        report = copy_files(CopyPlan(parse_uri(f"{folder}/"), [file]), stores)
        assert ([outcome.name for outcome in report.outcomes], report.ok) == (["fifo"], True)
        assert came.result(60) == b"whole"
    assert [path.name for path in folder.iterdir()] == ["fifo"]
    assert (folder / "fifo").is_fifo()


def test_what_is_known_to_differ_is_fetched_though_an_unfinished_copy_had_brought_it(served, tmp_path):
    def run(*, differing, modified=None):
        with Stores({"served": {"port": served.store.server.port, "sizeless": "true"}}) as stores:
            selection = select(stores.of("served://"), parse_uri("served://p"))
            files = [file._replace(entry=file.entry._replace(modified=modified)) for file in selection]
            target = parse_uri(f"{tmp_path / 'out'}/")
            copy_files(CopyPlan(target, files, ["served://p"], differing=differing), stores)
        return (tmp_path / "out/a").read_bytes()

    served.store.hold("p/a", b"1")
    served.store.hold("p/b", b"2")
    served.store.always("p/b", lambda *_: Response(404))
    assert run(differing=True) == b"1"
    served.store.hold("p/a", b"9")
    assert run(differing=False) == b"1"  # as a copy that continues does: what it brought it has
    assert run(differing=True) == b"9"

    served.store.hold("p/a", b"5")
    assert run(differing=False, modified=(tmp_path / "out/a").stat().st_mtime + 1) == b"5"


@pytest.mark.parametrize("count", [1, 2])
def test_a_file_that_vanishes_before_it_is_compared_fails_alone(tmp_path, count):
    (folder := tmp_path / "in").mkdir()
    for number in range(count):
        (folder / f"{number}").write_bytes(b"1")
    with Stores() as stores:
        plan = CopyPlan(parse_uri(f"{tmp_path / 'out'}/"), [*select(stores.of("file"), parse_uri(f"{folder}/"))])
        assert copy_files(plan, stores).ok
        (folder / "0").unlink()
        report = copy_files(plan, stores)
    assert [outcome.state for outcome in report.outcomes] == ["failed", *["skipped"] * (count - 1)]
