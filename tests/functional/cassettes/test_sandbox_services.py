"""Every operation of the clients whose services the sandbox has, sync and async, on its recorded responses without a server.

The cassettes are `record.py`'s. Requests are matched whole, so a client that sends something else fails; answers are read
by strict clients and held against the recorded bytes.
"""

import os
import subprocess
import sys

import pytest
from omicsdk.sandbox import Sandbox
from playable_services import COUNTS, NOT_PLAYED, not_played
from replaying import CASSETTES


@pytest.mark.sandbox
@pytest.mark.parametrize("service", NOT_PLAYED)
def test_what_is_not_recorded_has_no_handler(service, omics_sandbox: Sandbox):
    handled = {each.operation for each in omics_sandbox.explain()[service] if each.kind == "handler"}
    assert not handled & {*not_played(service)}


@pytest.mark.long
@pytest.mark.timeout(600)
def test_recording_again_gives_the_same_bytes(tmp_path):
    support = str(CASSETTES.parent / "support")
    command = [sys.executable, CASSETTES / "record.py", "--into", tmp_path]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": support})
    for service in COUNTS:
        before, after = (
            {path.name: path.read_bytes() for path in (folder / service).iterdir()} for folder in (CASSETTES, tmp_path)
        )
        assert after == before
