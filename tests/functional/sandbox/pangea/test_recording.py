"""The recording of a real Pangea, sent again to the sandbox."""

from dataclasses import replace

from omicsdk.sandbox import Sandbox
from pangea_replay import read_recording, replay_of
from recorded_steps import Step

_FAILURE = "the server fails with 500 on this, as nobody checks it; the sandbox says what is wrong with the request"
_UNKNOWN = "the server fails with 500 for what it doesn't know; here it is a 404"
_ANONYMOUS = "the server fails with 500 as nobody asks; the sandbox wants a token"
_SLASH = "the recorded server was in debug mode; the sandbox redirects, as a deployed one does (lines 970 and 971)"
_DESCRIBED = "the sandbox doesn't describe the fields of what is written: the document does"
_SITE = "the server fails with 500, a page; the sandbox does, too, and says in JSON why"

_UNSIGNED = "the recorded storage checks no signatures; the sandbox's does, of the method too, as AWS"
ARGUED = {
    **dict.fromkeys((20, 969), _ANONYMOUS),
    **dict.fromkeys((35, 742), _SLASH),
    **dict.fromkeys((67, 68, 399, 412, 441, 452, 657, 658, 659, 660, 728, 729, 835, 902, 903, 975), _UNKNOWN),
    **dict.fromkeys(
        (127, 128), "the server fails with 500 where names differ in case only; the sandbox refuses with 400"
    ),
    180: "the sandbox has no pages for browsers",
    **dict.fromkeys((195, 961), _DESCRIBED),
    **dict.fromkeys((212, 714), _SITE),
    **dict.fromkeys((406, 409, 410, 411, 413, 435, 436, 556, 669, 673, 684), _FAILURE),
    **dict.fromkeys((760, 761, 766, 770, 775, 817, 823, 833, 836, 848, 868), _FAILURE),
    446: "the server fails with 500 on its way to the refusal; the sandbox refuses",
    598: "of two equal names at once (line 409) the server keeps one though it fails; the sandbox keeps none",
    635: "the server's rows and columns have the order of its database; here it is that in which things were made",
    666: "the server's check fails on a release of a library that it wasn't made for; the engine gives an example",
    **dict.fromkeys((783, 828, 829, 830), _UNSIGNED),
}
"""Lines that are answered otherwise, and why."""

ARGUED_OF_CLIENT = {
    **dict.fromkeys((133, 231), _FAILURE),
    79: _UNSIGNED,
    489: "the recorded server was in debug mode; the sandbox redirects, as a deployed one does",
}
"""The same of what the published client sent."""


def test_it_responds_as_recorded(sandbox: Sandbox) -> None:
    steps = read_recording()
    assert len(steps) == 981
    found = replay_of(sandbox).differences(steps)
    assert {number: text for number, text in found.items() if number not in ARGUED} == {}
    assert ARGUED.keys() - found.keys() == set()


def test_it_fails_where_the_server_does_when_requested(sandbox: Sandbox) -> None:
    sandbox.settings.turn({"sandbox.strict_errors": "real"})
    found = replay_of(sandbox).differences(read_recording())
    assert {number for number in found if "fails" in ARGUED.get(number, "")} == {598, 666}
    assert found.keys() - ARGUED.keys() == set()


def test_it_responds_to_the_published_client_as_recorded(sandbox: Sandbox) -> None:
    steps = read_recording("pangea.client")
    assert len(steps) == 490
    found = replay_of(sandbox, "pangea.client").differences(steps)
    assert {number: text for number, text in found.items() if number not in ARGUED_OF_CLIENT} == {}
    assert ARGUED_OF_CLIENT.keys() - found.keys() == set()


def test_another_response_would_be_noticed(sandbox: Sandbox) -> None:
    steps = {step.name: step for step in read_recording()}
    users, root, anonymous = (steps[name] for name in ("empty users anonymous", "auth root", "s3_buckets anonymous"))
    wrong: list[Step] = [
        replace(users, response={**users.response, "pages": 1}),
        replace(root, status=201),
        replace(anonymous, response={"detail": "Log in."}),
    ]
    assert replay_of(sandbox).differences(wrong).keys() == {0, 15, 19}
    assert replay_of(sandbox).differences([users, root, anonymous]) == {}
