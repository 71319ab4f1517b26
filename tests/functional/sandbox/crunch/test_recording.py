"""Recordings of a real site, sent again to the sandbox."""

from dataclasses import replace

from crunch_replay import Replay, read_recording
from omicsdk.sandbox import Sandbox
from recorded_steps import Step

_FAILURE = "the site fails with 500 on this, as nobody checks it; the sandbox says what is wrong with the request"
_SLASH = "the recorded site was in debug mode; the sandbox redirects, as a deployed site does (lines 698 to 700)"
_BROWSER = "the sandbox has no pages for browsers"
_INFINITE = "the site stored an infinite number though it failed; the sandbox refused it, so nothing is broken"

ARGUED = {
    **dict.fromkeys(
        (18, 402, 701, 702), "the site fails with 500 for a project that it doesn't know; here it is a 404"
    ),
    **dict.fromkeys((204, 205, 215, 243, 244, 263, 287, 295, 297, 358, 395, 559, 705, 706), _FAILURE),
    **dict.fromkeys((46, 152, 242, 389, 565), _SLASH),
    **dict.fromkeys((50, 53, 167, 427), _BROWSER),
    **dict.fromkeys((396, 397), "the site fails with 500, and stores the infinite number; the sandbox refuses it"),
    **dict.fromkeys((399, 400), _INFINITE),
    **dict.fromkeys((158, 574), "the sandbox doesn't describe the fields of what is written: the document does"),
    696: "the site fails with 500, a page; the sandbox does, too, and says in JSON why",
    707: "the sandbox answers whatever it is called",
}
"""Lines that are answered otherwise, and why."""

ARGUED_OF_CLIENT = {14: _FAILURE, 38: _SLASH, 167: ARGUED[18]}
"""The same for what the published client sent."""

_RENUMBERED = {"/api/attributes/lat-long/60/": "/api/attributes/lat-long/58/"}
"""Two attributes with infinite numbers come before it on the site, and don't here."""


def _replay(sandbox: Sandbox) -> Replay:
    sandbox.crunch.empty()
    tokens = {name: sandbox.crunch.token_of(name) for name in ("admin", "reader")}
    return Replay(sandbox.crunch_url, tokens, sandbox.password, _RENUMBERED)


def test_it_responds_as_recorded(sandbox: Sandbox) -> None:
    steps = read_recording()
    assert len(steps) == 710
    found = _replay(sandbox).differences(steps)
    assert {number: text for number, text in found.items() if number not in ARGUED} == {}
    assert ARGUED.keys() - found.keys() == set()


def test_it_fails_where_the_site_does_when_requested(sandbox: Sandbox) -> None:
    sandbox.settings.turn({"sandbox.strict_errors": "real"})
    found = _replay(sandbox).differences(read_recording())
    assert {number for number in found if "500" in ARGUED.get(number, "")} == set()
    assert found.keys() - ARGUED.keys() == set()


def test_it_responds_to_the_published_client_as_recorded(sandbox: Sandbox) -> None:
    steps = read_recording("crunch.client")
    assert len(steps) == 190
    found = _replay(sandbox).differences(steps)
    assert {number: text for number, text in found.items() if number not in ARGUED_OF_CLIENT} == {}
    assert ARGUED_OF_CLIENT.keys() - found.keys() == set()


def test_another_response_would_be_noticed(sandbox: Sandbox) -> None:
    steps = {step.name: step for step in read_recording()}
    root, empty, unknown = (steps[name] for name in ("api root", "projects empty", "no credentials"))
    wrong: list[Step] = [
        replace(root, response={**root.response, "colours": ""}),
        replace(empty, status=201),
        replace(unknown, headers={"allow": "GET"}),
    ]
    assert _replay(sandbox).differences(wrong).keys() == {1, 4, 19}
    assert _replay(sandbox).differences([root, empty, unknown]) == {}
