"""Numbers of bytes in options, and the bounds on what compressed files inflate to."""

import io
from pathlib import Path

import pytest
from omicsdk.core import UsageError
from omicsdk.core.archives import InflationLimit, UnpacksTooLarge, bytes_of


@pytest.mark.parametrize(
    ("text", "size"),
    [("500", 500), ("10K", 10240), (" 1.5 MiB ", 3 << 19), ("2g", 2 << 30), ("1TB", 1 << 40), ("3PiB", 3 << 50)],
)
def test_sizes_are_in_powers_of_1024(text: str, size: int):
    assert bytes_of("--part-size", text) == size


@pytest.mark.parametrize("text", ["", "K", "-1", "1 X", "1KK", "1,000"])
def test_other_texts_are_errors_of_the_option(text: str):
    with pytest.raises(UsageError, match=r"--part-size .*not a number of bytes"):
        bytes_of("--part-size", text)


@pytest.mark.parametrize(("size", "most"), [(1, 1 << 30), (20 << 20, 2000 << 20)])
def test_a_file_inflates_to_1_gib_or_to_a_hundred_times_its_size(size: int, most: int, tmp_path: Path):
    with (tmp_path / "a").open("wb") as file:
        file.truncate(size)
    InflationLimit(tmp_path / "a").spend(most)
    with pytest.raises(UnpacksTooLarge, match=f"a unpacks to more than {most:,} bytes"):
        InflationLimit(tmp_path / "a").spend(most + 1)


def test_a_reader_counts_what_it_reads_and_closes_its_source(tmp_path: Path):
    source = io.BytesIO(b"line\n" * 2)
    with InflationLimit(tmp_path, 10).reader(source) as lines:
        assert list(lines) == [b"line\n"] * 2
    assert lines.closed
    assert source.closed
    with pytest.raises(UnpacksTooLarge):
        InflationLimit(tmp_path, 9).reader(io.BytesIO(b"line\n" * 2)).read()
