"""Checksums of whole files: in stretches, and short ones wait for no long one."""

import random
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import TransferError
from omicsdk.core.checksums import digest
from omicsdk.transfer import Location, Outcome, PutTo, Source, Upload, upload
from omicsdk.transfer.uploads.engine import QUICK
from omicsdk.transfer.uploads.job import STRIDE, Chains, Link, SourceFile
from omicsdk.transfer.uploads.store import WholeStore


@given(st.integers(1000, 3 * STRIDE), st.lists(st.integers(1, 3 * STRIDE), max_size=3), st.integers(0, 99))
def test_chains_hash_each_byte_once_in_whatever_order_links_end(
    tmp_path_factory: pytest.TempPathFactory, longest: int, limits: list[int], seed: int
):
    data = bytes(n % 251 for n in range(2 * STRIDE + 7))
    path = tmp_path_factory.mktemp("chains") / "file"
    path.write_bytes(data)
    source, chance = SourceFile(str(path), "file"), random.Random(seed)
    chains = Chains(("sha256", "crc32c", "sha256"), len(data))
    running = list[Link]()
    for limit in (*sorted(limits), len(data)):
        while (links := chains.links(limit, longest)) or running:
            running += links
            link = running.pop(chance.randrange(len(running)))
            assert link.end <= limit
            assert link.end - link.start <= longest
            source.follow(link.digests, link.start, link.end, lambda: False)
            chains.hashed(link)
        assert chains.position == min(limit, len(data))
    source.close()
    assert chains.done
    assert chains.values() == {name: digest(data, name) for name in ("sha256", "crc32c")}


def test_no_checksums_are_done_at_once():
    assert Chains((), 100).done
    assert Chains(("sha256",), 0).done


def test_a_small_file_is_hashed_at_once():
    (link,) = Chains(("sha256", "md5"), STRIDE).links(STRIDE, STRIDE)
    assert link.digests.names == ("sha256", "md5")


def test_checksums_of_short_files_wait_for_no_long_one(
    sink: Any, tmp_path: Path, noise: Any, monkeypatch: pytest.MonkeyPatch
):
    """All threads that hash long files are at work as long as the short one has not arrived."""
    arrived = threading.Event()
    follow = SourceFile.follow

    def slow(self: SourceFile, *arguments: Any) -> None:
        if self.size > 1000:
            assert arrived.wait(30)
        follow(self, *arguments)

    def finished(_: int, outcome: Outcome) -> None:
        if outcome.name == "short":
            arrived.set()

    monkeypatch.setattr("omicsdk.transfer.uploads.engine.LINK", 1000)
    monkeypatch.setattr("omicsdk.transfer.uploads.engine.QUICK", 0)
    monkeypatch.setattr(SourceFile, "follow", slow)
    uploads: list[Upload] = []
    for name, size in {"one": 1001, "two": 3000, "three": 2000, "short": 1000}.items():
        (tmp_path / name).write_bytes(noise(size))
        uploads.append(Upload(tmp_path / name, PutTo(lambda source: sink_at(sink, source), needs=("sha256",))))
    report = upload(uploads, finished=finished)
    report.raise_if_failed()
    assert arrived.is_set()
    assert sink.stored["three"] == noise(2000)


def sink_at(sink: Any, source: Source) -> Location:
    assert len(source.checksums["sha256"]) == 64
    return Location(sink.url(source.name))


class Signing(WholeStore):
    """A store that notes the thread that signs, and signs at once or not."""

    def __init__(self, to: PutTo, *, at_once: bool) -> None:
        super().__init__(to)
        self.needs = ("sha256",)
        self.signs_at_once = at_once
        self.threads = list[str]()

    def put(self, source: Source, checksums: Mapping[str, str]) -> Location:
        self.threads.append(threading.current_thread().name)
        return super().put(source, checksums)


@pytest.mark.parametrize(("size", "at_once"), [(QUICK, True), (QUICK, False), (QUICK + 1, True)])
def test_only_small_files_whose_store_signs_at_once_are_signed_by_the_engine(
    sink: Any, tmp_path: Path, noise: Any, size: int, at_once: bool
):
    (tmp_path / "file").write_bytes(noise(size))
    store = Signing(PutTo(Location(sink.url("file"))), at_once=at_once)
    upload([Upload(tmp_path / "file", store)]).raise_if_failed()
    (thread,) = store.threads
    assert thread.startswith("omicsdk-call") is not (at_once and size <= QUICK)
    assert sink.stored["file"] == noise(size)


def test_a_small_file_that_cannot_be_signed_fails_alone(sink: Any, tmp_path: Path):
    class Refusing(Signing):
        def put(self, source: Source, checksums: Mapping[str, str]) -> Location:
            raise TransferError("the keys are wrong")

    (tmp_path / "file").write_bytes(b"data")
    refused = Refusing(PutTo(Location(sink.url("refused"))), at_once=True)
    report = upload([Upload(tmp_path / "file", refused), Upload(tmp_path / "file", PutTo(Location(sink.url("sent"))))])
    first, second = report.outcomes
    assert "the keys are wrong" in str(first.error)
    assert second.is_present
    assert set(sink.stored) == {"sent"}
