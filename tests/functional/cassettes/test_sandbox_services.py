"""The stored recordings of the sandbox are what `record.py` records now."""

import os
import re
import subprocess
import sys

import pytest
from omicsdk.sandbox import Sandbox
from playable_services import COUNTS, NOT_PLAYED, not_played
from replaying import CASSETTES


@pytest.mark.sandbox
@pytest.mark.parametrize("service", NOT_PLAYED)
def test_what_is_not_recorded_has_no_handler(service, omics_sandbox: Sandbox):
    handled = {
        explanation.operation for explanation in omics_sandbox.explain()[service] if explanation.kind == "handler"
    }
    assert not handled & {*not_played(service)}


def by_any_python(recording: bytes) -> bytes:
    """A recording without what the interpreter states: its version, and a phrase that Python 3.13 shortened."""
    return re.sub(rb"\(Python 3\.\d+;", b"(Python;", recording).replace(b": Requested Range Not", b": Range Not")


def test_recording_again_gives_the_same_bytes(tmp_path):
    # Python draws the hash seed of each process anew; the stored recordings were made in other time zones too.
    environment = {**os.environ, "PYTHONPATH": str(CASSETTES.parent / "support"), "TZ": "Asia/Kathmandu"}
    subprocess.run([sys.executable, CASSETTES / "record.py", "--into", tmp_path], check=True, env=environment)
    for service in COUNTS:
        before, after = (
            {path.name: by_any_python(path.read_bytes()) for path in (folder / service).iterdir() if path.is_file()}
            for folder in (CASSETTES, tmp_path)
        )
        changed = sorted(name for name in before.keys() | after if before.get(name) != after.get(name))
        assert not changed, f"{service}'s recordings are others: run `make cassettes` and read the difference"
