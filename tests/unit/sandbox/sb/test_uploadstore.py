"""The sizes of parts, where they are stored, and what an incomplete upload lacks."""

from collections.abc import Generator
from pathlib import Path

import pytest
from omicsdk.core.checksums import MIB
from omicsdk.sandbox.sb.uploadstore import SbUploads, Upload, choose_part_size, complaint
from omicsdk.sandbox.state.database import Database
from omicsdk.sandbox.state.objects import ObjectStore, Part


@pytest.mark.parametrize(
    ("size", "requested", "chosen"),
    [
        (5 * 1024**4, None, 525 * MIB),
        (5 * 1024**4, 5 * MIB, 525 * MIB),
        (50_000 * MIB, 5 * MIB, 5 * MIB),
        (10, None, 32 * MIB),
        (10, 6 * 1024 * MIB, 5 * 1024 * MIB),
        (0, 1, 5 * MIB),
    ],
)
def test_there_are_never_too_many_parts(size: int, requested: int | None, chosen: int):
    assert choose_part_size(size, requested) == chosen


@pytest.mark.parametrize(
    ("numbers", "size", "message"),
    [
        ((1, 2), 8, ""),
        ((1, 2), None, ""),
        ((), 0, "no part has been reported"),
        ((2,), 8, "part 1 of 2 hasn't been reported"),
        ((1, 3), None, "part 2 of 3 hasn't been reported"),
        ((1, 2), 9, "the reported parts have 8 bytes together, the file has 9"),
    ],
)
def test_an_incomplete_upload_states_what_it_lacks(numbers: tuple[int, ...], size: int | None, message: str):
    assert complaint([Part("u", number, 4, "e", "f") for number in numbers], size) == message


@pytest.fixture
def uploads(tmp_path: Path) -> Generator[SbUploads]:
    database = Database(tmp_path / "state.sqlite")
    yield SbUploads(database, ObjectStore(tmp_path, database))
    database.close()


def test_parts_that_fit_are_stored_in_their_place(uploads: SbUploads):
    upload = Upload("u", "me", "f", 10, part_size=4, initiated=0, by_folder=False)
    assert [uploads.place(upload, number, 4) for number in (1, 2, 3)] == [("whole", 0), ("whole", 4), ("whole", 8)]
    for length in (None, 5):
        file, offset = uploads.place(upload, 2, length)
        assert (file == "whole", offset) == (False, 0)
