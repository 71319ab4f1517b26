"""Indexd's recording, sent again to the sandbox."""

import base64
import json
from dataclasses import replace

from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR
from omicsdk.sandbox.gen3.indexd.index import NEIGHBOURS, PASSPORTS, SERVICE_NAME
from recorded_commons import Replay, read_recording

ARGUED = {
    **dict.fromkeys(
        ("044", "094", "125", "136", "141", "226", "227", "279", "338"),
        "the real service fails with 500 on this; the sandbox says what is wrong with the request, or answers it",
    ),
    "275": "the recording had no Fence; a commons sends this path there, and it asks for a token",
    "280": "the real service takes the letters of the URL for URLs, and finds nothing",
}
"""Steps that are answered otherwise, and why."""

LEFT_TO_CHANCE = {"311"}
"""The first of two records is asked for here, and their GUIDs are random: either can be it."""


def differences(sandbox: Sandbox) -> dict[str, str]:
    neighbour = {"name": "Other Commons", "host": "https://other.example.org/index/", "hints": ["^dg.OTHER.*"]}
    sandbox.settings.turn(
        {
            NEIGHBOURS: json.dumps([{**neighbour, "type": "indexd"}]),
            PASSPORTS: json.dumps({"/programs/passport": ["https://ras.example.org"]}),
        }
    )
    token = sandbox.gen3.access.issue(ADMINISTRATOR, sandbox.gen3_url)
    authorization = {
        "015": _basic(SERVICE_NAME, "another"),
        "016": _basic("another", sandbox.password),
        "341": _basic(SERVICE_NAME, sandbox.password),
    }
    steps = [step for step in read_recording("indexd") if step.number not in LEFT_TO_CHANCE]
    return Replay(sandbox.gen3_url, token, authorization).differences(steps)


def test_it_responds_as_recorded(sandbox: Sandbox) -> None:
    found = differences(sandbox)
    assert {number: text for number, text in found.items() if number not in ARGUED} == {}
    assert ARGUED.keys() - found.keys() == set()


def test_it_fails_where_the_service_does_when_requested(sandbox: Sandbox) -> None:
    sandbox.settings.turn({"sandbox.strict_errors": "real"})
    found = differences(sandbox)
    assert {number for number in found if "500" in ARGUED.get(number, "")} == set()
    assert found.keys() - ARGUED.keys() == set()


def test_another_response_would_be_noticed(sandbox: Sandbox) -> None:
    status, prefix = (step for step in read_recording("indexd") if step.number in ("001", "005"))
    wrong = [replace(status, status=404), replace(prefix, response={"another": "key"})]
    assert Replay(sandbox.gen3_url, "").differences(wrong).keys() == {"001", "005"}
    assert Replay(sandbox.gen3_url, "").differences([status, prefix]) == {}


def _basic(name: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"
