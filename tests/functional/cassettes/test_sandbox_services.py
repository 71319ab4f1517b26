"""Every operation of the clients whose services the sandbox has, sync and async, on its recorded responses without a server.

The cassettes are `record.py`'s. Requests are matched whole, so a client that sends something else fails; answers are read
by strict clients and held against the recorded bytes.
"""

import os
import re
import subprocess
import sys

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.examples import ANSWERED, HEADER
from playable_services import COUNTS, NOT_PLAYED, SERVICES, not_played
from replaying import CASSETTES, RECORDING, operations


@pytest.mark.sandbox
@pytest.mark.parametrize("service", NOT_PLAYED)
def test_what_is_not_recorded_is_not_played(service, omics_sandbox: Sandbox):
    stated = {each["name"]: each for each in operations(service)}
    place = SERVICES[service].base_url.replace(RECORDING.HOST, omics_sandbox.url)
    with httpx.Client(trust_env=False) as web:
        for name in not_played(service):
            path = re.sub(r"\{.*?\}", "x", stated[name]["path"])
            response = web.request(stated[name]["method"], place + path, headers={"Authorization": "Bearer x"})
            is_example = HEADER in response.headers and name in ANSWERED.get(service, ())
            assert is_example or response.status_code == 501, name


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
