"""Peregrine's recording, sent again to the sandbox."""

from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR
from recorded_commons import Replay, read_recording

ARGUED = {
    "044": "it asks for the first digits of an id that the recorded server made",
    "110": "the real service fails with 500 on a list in place of a query; the sandbox refuses it",
    **dict.fromkeys(
        ("114", "128"), "what answered for the authorisation service said yes to whoever came without a token"
    ),
}
"""Steps that are answered otherwise, and why."""


def test_it_responds_as_recorded(sandbox: Sandbox) -> None:
    token = sandbox.gen3.access.issue(ADMINISTRATOR, sandbox.gen3_url)
    found = Replay(sandbox.gen3_url, token).differences(read_recording("peregrine"))
    assert {number: text for number, text in found.items() if number not in ARGUED} == {}
    assert ARGUED.keys() - found.keys() == set()


def test_it_fails_where_the_service_does_when_requested(sandbox: Sandbox) -> None:
    sandbox.settings.turn({"sandbox.strict_errors": "real"})
    token = sandbox.gen3.access.issue(ADMINISTRATOR, sandbox.gen3_url)
    found = Replay(sandbox.gen3_url, token).differences(read_recording("peregrine"))
    assert {number for number in found if "500" in ARGUED.get(number, "")} == set()
    assert found.keys() - ARGUED.keys() == set()
