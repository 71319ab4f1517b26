"""The demo's data: real, the same every time, and findable by its metadata."""

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[4]


def test_the_example_script_writes_both_samples(tmp_path: Path):
    told = subprocess.run(
        [sys.executable, CHECKOUT / "examples/reads.py", tmp_path / "out"], capture_output=True, text=True, check=True
    )
    assert told.stdout.count(".fastq.gz") == 4
    assert len(list((tmp_path / "out").iterdir())) == 2
