"""Manifests of a million rows: what they take of memory."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROWS = 1_000_000
pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform != "linux", reason="a process's own peak of memory is told by Linux"),
]

MEASURED = """
from pathlib import Path
from omicsdk.gen3.manifests import {function}
result = {call}
(peak,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(int(peak.split()[1]) // 1024, *result)
"""


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], Path]:
    folder = tmp_path_factory.mktemp("manifests")

    def written(name: str, seed: int) -> Path:
        path = folder / name
        if path.exists():
            return path
        chance = random.Random(seed)
        order = list(range(ROWS))
        chance.shuffle(order)
        with path.open("w") as file:
            file.write("guid\tmd5\tsize\tauthz\tacl\turl\tfile_name\n")
            for number in order:
                sum_ = f"{number * 0x9E3779B97F4A7C15 % 2**128:032x}"
                guid = f"dg.1234/{sum_[:8]}-{sum_[8:12]}-{sum_[12:16]}-{sum_[16:20]}-{sum_[20:]}"
                size = number + (seed if number % 1000 == 0 else 0)
                url = f"s3://bucket-{seed}/a/{number}.bam"
                file.write(f"{guid}\t{sum_}\t{size}\t/programs/a/projects/b\t\t{url}\t{number}.bam\n")
        return path

    return written


def measured(function: str, call: str) -> tuple[int, list[int]]:
    """The peak of memory in MiB of a process that calls a function, and what that gave."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED.format(function=function, call=call)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    peak, *result = (int(word) for word in done.stdout.split())
    return peak, result


def test_checking_the_format(manifest):
    peak, result = measured("check_format", f"check_format({str(manifest('a.tsv', 1))!r})")
    assert (result, peak < 100) == ([ROWS, 0, 0], True), peak


def test_reading_rows(manifest):
    peak, result = measured("rows_of", f"rows_of({str(manifest('a.tsv', 1))!r}); result = [sum(1 for _ in result)]")
    assert (result, peak < 100) == ([ROWS], True), peak


def test_comparing(manifest, tmp_path: Path):
    first, second = manifest("a.tsv", 1), manifest("b.tsv", 2)
    call = f"compare_manifests({str(first)!r}, {str(second)!r}, {str(tmp_path / 'out.tsv')!r})"
    peak, result = measured("compare_manifests", call)
    assert (result, peak < 100) == ([ROWS, 0, ROWS], True), peak


def test_merging(manifest, tmp_path: Path):
    first = manifest("a.tsv", 1)
    call = f"merge_manifests([{str(first)!r}, {str(first)!r}], {str(tmp_path / 'out.tsv')!r})"
    peak, result = measured("merge_manifests", call)
    assert (result, peak < 100) == ([2 * ROWS, ROWS, 0], True), peak
