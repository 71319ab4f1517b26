"""The metadata service's recording, sent again to the sandbox."""

from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR
from recorded_commons import Replay, read_recording

ARGUED = {
    **dict.fromkeys(
        ("024", "053", "056", "095", "106", "123", "124"),
        "the real service fails with 500 on this; the sandbox says what is wrong with the request",
    ),
    **dict.fromkeys(
        ("126", "130", "131", "168"),
        "the real service says that aliases were deleted and keeps them, a defect; the sandbox deletes them",
    ),
    "163": "the recording had no Fence; the engine answers it with an example",
}
"""Steps that are answered otherwise, and why."""


def test_it_responds_as_recorded(sandbox: Sandbox) -> None:
    token = sandbox.gen3.access.issue(ADMINISTRATOR, sandbox.gen3_url)
    found = Replay(sandbox.gen3_url, token).differences(read_recording("mds"))
    assert {number: text for number, text in found.items() if number not in ARGUED} == {}
    assert ARGUED.keys() - found.keys() == set()


def test_it_fails_where_the_service_does_when_requested(sandbox: Sandbox) -> None:
    sandbox.settings.turn({"sandbox.strict_errors": "real"})
    token = sandbox.gen3.access.issue(ADMINISTRATOR, sandbox.gen3_url)
    found = Replay(sandbox.gen3_url, token).differences(read_recording("mds"))
    assert {number for number in found if "500" in ARGUED.get(number, "")} == set()
    assert found.keys() - ARGUED.keys() == set()
