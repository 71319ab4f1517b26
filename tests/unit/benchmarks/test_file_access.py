"""The tools of the comparison of file systems."""

import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmark asks Linux for what it measures")


def test_both_sides_read_the_same_places(tmp_path):
    from file_access.worker import read, seek

    path = tmp_path / "one"
    path.write_bytes(bytes(3_000_000))
    read(str(path), {}, 3_000_000)()
    seek(str(path), {}, 3_000_000, 20, 64)()
    with pytest.raises(RuntimeError, match="3000000 of 3000001 bytes came"):
        read(str(path), {}, 3_000_001)()


def test_a_table_is_the_same_whatever_reads_it(tmp_path):
    from file_access.bench import QUICK, Bundle
    from file_access.worker import csv, parquet

    bundle = Bundle(tmp_path, QUICK, "http://nowhere")
    for file, task in ((bundle.text, csv), (bundle.table, parquet)):
        assert file.size == (tmp_path / file.name).stat().st_size
        task(str(tmp_path / file.name), {}, **({"columns": ["c0"]} if task is parquet else {}))()
