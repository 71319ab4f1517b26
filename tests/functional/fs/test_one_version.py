"""Whatever way bytes come: those of one read, one open file, one copy are of one version, and are what is stated of them."""

import io
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from breakable import Request, Response, Server
from omicsdk.core import ChecksumMismatch, SourceChanged
from omicsdk.fs import open_store
from omicsdk.fs.file_bytes import FileBytes
from omicsdk.transfer import TransferOptions
from served_store import ServedFileSystem, ServedStore

BODY = bytes(range(256)) * 40


def store_of(fs: ServedFileSystem) -> ServedStore:
    assert isinstance(fs.store, ServedStore)
    return fs.store


def test_a_file_that_changes_before_the_whole_is_fetched_is_an_error(
    server: Server, served: ServedFileSystem, noise: Callable[..., bytes]
) -> None:
    body = noise(9_000_000)
    store = ServedStore(port=server.port, sizeless=True)
    store.hold("p/large", body)
    server.ranges = False
    file = FileBytes(store, store.stat("p/large"))
    assert file.read(0, 10) == body[:10]

    def change_behind(_server: Server, request: Request, response: Response) -> Response:
        if request.first == 8_500_000:
            store.hold("p/large", body[::-1])
        return response

    store.always("p/large", change_behind)
    with pytest.raises(SourceChanged):
        file.read(8_500_000, 8_500_010)


def test_parts_that_are_read_together_are_of_one_version(served: ServedFileSystem, server: Server) -> None:
    store = store_of(served)
    store.hold("p/a", BODY)
    assert served.cat_file("p/a", 0, 1) == BODY[:1]  # by now it is known which file it is
    changes = iter([True])

    def change(_server: Server, request: Request, response: Response) -> Response:
        if request.first == 5000 and next(changes, False):
            store.hold("p/a", BODY[::-1])
            return Response(503, {"retry-after": "0"})
        return response

    store.always("p/a", change)
    first, last = served.cat_ranges(["p/a"] * 2, [0, 5000], [10, 5010])

    assert (first, last) in [(BODY[:10], BODY[5000:5010]), (BODY[::-1][:10], BODY[::-1][5000:5010])]


@pytest.fixture
def unvalidated(server: Server, served: ServedFileSystem) -> ServedStore:
    """A store whose server states neither ETag nor date, and that states nothing."""
    store = ServedStore(port=server.port, sizeless=True)
    store.hold("p/a", BODY)
    server.etags.clear()
    return store


@pytest.mark.parametrize("allowed", [False, True])
def test_parts_of_an_unvalidated_file_come_in_one_response(
    unvalidated: ServedStore, server: Server, allowed: bool
) -> None:
    file = FileBytes(
        unvalidated, unvalidated.stat("p/a"), TransferOptions(resume_unvalidated=True) if allowed else None
    )
    assert file.read(0, 10) == BODY[:10]
    assert file.read(5000, 5010) == BODY[5000:5010]
    assert file.read(6000, 6010) == BODY[6000:6010]
    whole = [request for request in server.requests if "range" not in request.headers]
    assert len(whole) == (0 if allowed else 1)


def test_one_part_of_an_unvalidated_file_is_read_alone(unvalidated: ServedStore, server: Server) -> None:
    assert FileBytes(unvalidated, unvalidated.stat("p/a")).read(5000, 5010) == BODY[5000:5010]
    assert all("range" in request.headers for request in server.requests)


def test_halves_of_two_versions_are_not_joined(unvalidated: ServedStore, server: Server) -> None:
    def cut(_server: Server, request: Request, response: Response) -> Response:
        if request.last != len(BODY) - 1:
            return response
        unvalidated.hold("p/a", BODY[::-1])
        server.etags.clear()
        server.always.clear()
        return replace(response, cut=5000, length=len(response.body))

    unvalidated.always("p/a", cut)
    assert FileBytes(unvalidated, unvalidated.stat("p/a")).read() == BODY[::-1]


def test_an_unvalidated_file_that_changes_between_two_reads_is_an_error(
    unvalidated: ServedStore, server: Server
) -> None:
    file = FileBytes(unvalidated, unvalidated.stat("p/a"))
    assert file.read(0, 10) == BODY[:10]
    unvalidated.hold("p/a", BODY[::-1])
    server.etags.clear()
    with pytest.raises(SourceChanged, match="bytes that were read before have changed"):
        file.read(10, 20)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
def test_a_file_that_is_open_in_a_fork_stays_the_one_that_was_opened(served: ServedFileSystem) -> None:
    store = store_of(served)
    store.hold("p/a", BODY)
    file = served.open("p/a", cache_type="none")
    assert file.read(10) == BODY[:10]
    store.hold("p/a", BODY[::-1])
    file._process = -1  # as in a process that was forked

    with pytest.raises(SourceChanged):
        file.read(10)


def test_what_is_written_into_an_open_file_is_verified(served: ServedFileSystem, fault: Any) -> None:
    store_of(served).hold("p/a", BODY)
    store_of(served).always("p/a", fault.flip(9))

    with pytest.raises(ChecksumMismatch, match="sha256"):
        served.get_file("p/a", io.BytesIO())


def test_an_open_file_that_takes_less_than_it_is_given_gets_the_rest(served: ServedFileSystem) -> None:
    store_of(served).hold("p/a", BODY)

    class Narrow(io.RawIOBase):
        def __init__(self) -> None:
            self.taken = b""

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.taken += bytes(data[:1000])
            return min(1000, len(data))

    into = Narrow()
    served.get_file("p/a", into)
    assert into.taken == BODY


def test_a_file_of_this_machine_that_is_written_to_under_a_reader_is_an_error(tmp_path: Path) -> None:
    place = tmp_path / "a"
    place.write_bytes(BODY)
    store = open_store("file")
    file = FileBytes(store, store.stat(str(place)))
    assert file.read(0, 10) == BODY[:10]
    with place.open("r+b") as other:
        other.write(BODY[::-1])
    os.utime(place, (2e9, 2e9))
    with pytest.raises(SourceChanged):
        file.read(10, 20)
    again = FileBytes(store, store.stat(str(place)))
    assert again.read() == BODY[::-1]
