"""Recordings of real services, sent again to the sandbox."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import crunch_replay
import pangea_replay
import pytest
import recorded_commons
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR
from omicsdk.sandbox.gen3.indexd.index import NEIGHBOURS, PASSPORTS, SERVICE_NAME
from recorded_steps import Step

# -- django-crunch

_FAILURE_OF_SITE = (
    "the site fails with 500 on this, as nobody checks it; the sandbox says what is wrong with the request"
)
_SLASH_OF_SITE = (
    "the recorded site was in debug mode; the sandbox redirects, as a deployed site does (lines 698 to 700)"
)
_BROWSER_OF_SITE = "the sandbox has no pages for browsers"
_INFINITE_OF_SITE = "the site stored an infinite number though it failed; the sandbox refused it, so nothing is broken"

OF_CRUNCH = {
    **dict.fromkeys(
        (18, 402, 701, 702), "the site fails with 500 for a project that it doesn't know; here it is a 404"
    ),
    **dict.fromkeys((204, 205, 215, 243, 244, 263, 287, 295, 297, 358, 395, 559, 705, 706), _FAILURE_OF_SITE),
    **dict.fromkeys((46, 152, 242, 389, 565), _SLASH_OF_SITE),
    **dict.fromkeys((50, 53, 167, 427), _BROWSER_OF_SITE),
    **dict.fromkeys((396, 397), "the site fails with 500, and stores the infinite number; the sandbox refuses it"),
    **dict.fromkeys((399, 400), _INFINITE_OF_SITE),
    **dict.fromkeys((158, 574), "the sandbox doesn't describe the fields of what is written: the document does"),
    696: "the site fails with 500, a page; the sandbox does, too, and says in JSON why",
    707: "the sandbox answers whatever it is called",
}
"""Lines that are answered otherwise, and why."""

OF_CRUNCH_CLIENT = {14: _FAILURE_OF_SITE, 38: _SLASH_OF_SITE, 167: OF_CRUNCH[18]}
"""The same for what the published client sent."""

_RENUMBERED = {"/api/attributes/lat-long/60/": "/api/attributes/lat-long/58/"}
"""Two attributes with infinite numbers come before it on the site, and don't here."""


def crunch(sandbox: Sandbox, steps: Sequence[Step]) -> dict[int, str]:
    sandbox.crunch.empty()
    tokens = {name: sandbox.crunch.token_of(name) for name in ("admin", "reader")}
    return crunch_replay.Replay(sandbox.crunch_url, tokens, sandbox.password, _RENUMBERED).differences(steps)


# -- Pangea

_FAILURE = "the server fails with 500 on this, as nobody checks it; the sandbox says what is wrong with the request"
_UNKNOWN = "the server fails with 500 for what it doesn't know; here it is a 404"
_ANONYMOUS = "the server fails with 500 as nobody asks; the sandbox wants a token"
_SLASH = "the recorded server was in debug mode; the sandbox redirects, as a deployed one does (lines 970 and 971)"
_DESCRIBED = "the sandbox doesn't describe the fields of what is written: the document does"
_SITE = "the server fails with 500, a page; the sandbox does, too, and says in JSON why"

_UNSIGNED = "the recorded storage checks no signatures; the sandbox's does, of the method too, as AWS"
OF_PANGEA = {
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

OF_PANGEA_CLIENT = {
    **dict.fromkeys((133, 231), _FAILURE),
    79: _UNSIGNED,
    489: "the recorded server was in debug mode; the sandbox redirects, as a deployed one does",
}
"""The same of what the published client sent."""


def pangea(name: str, sandbox: Sandbox, steps: Sequence[Step]) -> dict[int, str]:
    return pangea_replay.replay_of(sandbox, name).differences(steps)


# -- the services of a commons

NO_FENCE = "the recording had no Fence"
FAILS = "the real service fails with 500 on this; the sandbox"
NO_ARBORIST = (
    "the recorded index had no Arborist, and without one said 403 to a request without credentials; else it says 401"
)
EVERYBODY = "what answered for the authorisation service said yes to whoever came without a token"
FORBIDDEN = "a request that the document does not allow is refused by the sandbox itself, as a JSON document"
OF_GEN3: Mapping[str, Mapping[int, str]] = {
    "indexd": {
        **dict.fromkeys(
            (44, 94, 125, 136, 141, 226, 227, 279, 338),
            f"{FAILS} says what is wrong with the request, or answers it",
        ),
        **dict.fromkeys((14, 151, 200, 239, 284, 318), NO_ARBORIST),
        275: f"{NO_FENCE}; a commons sends this path there, and it asks for a token",
        280: "the real service takes the letters of the URL for URLs, and finds nothing",
    },
    "fence": {
        **dict.fromkeys((4, 122), "Arborist has the resources of its list of users, the sandbox those of its rules"),
        **dict.fromkeys((14, 15, 41, 42, 49, 63, 67), FORBIDDEN),
        **dict.fromkeys((76, 77, 82, 99, 106, 108, 109), FORBIDDEN),
        16: "keys of users are the engine's",
        18: "the sandbox names no buckets",
        59: "the recorded Fence took no passports, the sandbox does by a setting",
        68: "the real service answers an empty list with 503, since the index fails on it",
        124: "the real Arborist answers a broken token with 400 here, as for any other invalid request",
    },
    "mds": {
        **dict.fromkeys((24, 53, 56, 95, 106, 123, 124), f"{FAILS} says what is wrong with the request"),
        **dict.fromkeys(
            (126, 130, 131, 168),
            "the real service says that aliases were deleted and keeps them, a defect; the sandbox deletes them",
        ),
        164: NO_ARBORIST,
        163: f"{NO_FENCE}; the engine answers it with an example",
    },
    "sheepdog": {
        4: EVERYBODY,
        10: "the real service leaves some references among its definitions as they are; ours are resolved",
        **dict.fromkeys((17, 52), "an archive of empty tables, which the engine answers with an example"),
        38: f"{FAILS} refuses a wrong word in an enumeration as it refuses other properties",
        87: "the real service says that it created a record and stores nothing; the sandbox refuses the id that is taken",
        162: f"{FAILS} answers as is documented",
        **dict.fromkeys((163, 164), f"{FAILS} says that it has no such operation"),
        165: "nobody can send several documents, as the service fails on them; the sandbox says so in place of what is wrong",
        **dict.fromkeys((194, 195, 198), f"{FAILS} exports several node types"),
        228: "nothing reads the marks that this operation leaves, so the sandbox says that it hasn't got it",
        241: f"{FAILS} submits the project, which stays in review there",
        # Where the real Sheepdog failed, it did nothing: what follows finds the project as it was.
        **dict.fromkeys((243, 244, 245, 246), f"{FAILS} submitted the project in step 241"),
        **dict.fromkeys(
            (252, 253, 254, 255, 256),
            f"{FAILS} has no storage, and says that files are uploaded through Fence",
        ),
        **dict.fromkeys((258, 259, 260), "XML needs tables that belong to one dictionary; the sandbox says so"),
    },
    "submission": {
        **dict.fromkeys(
            (10, 11), "the real service says that it created records and stores nothing; the sandbox refuses them"
        )
    },
    "peregrine": {
        44: "it asks for the first digits of an id that the recorded server made",
        110: f"{FAILS} refuses a list in place of a query",
        **dict.fromkeys((114, 128), EVERYBODY),
    },
}
"""By service, steps that are answered otherwise, and why."""
_METHODS = ("create", "read", "update", "delete", "read-storage", "write-storage")
UPLOAD = ("/data_file", "fence", "file_upload")
USERS = {
    "ada": [("/services/indexd/admin", "indexd", "*"), UPLOAD, *(("/programs", "*", method) for method in _METHODS)],
    "bob": [UPLOAD],
    "eve": [],
}
"""Those of the recorded Fence, and what they might do."""
NEIGHBOUR = {"name": "Other Commons", "host": "https://other.example.org/index/", "hints": ["^dg.OTHER.*"]}
SETTINGS = {
    NEIGHBOURS: json.dumps([{**NEIGHBOUR, "type": "indexd"}]),
    PASSPORTS: json.dumps({"/programs/passport": ["https://ras.example.org"]}),
}
"""Those of the recorded services."""


def _basic(name: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"


def gen3(service: str, sandbox: Sandbox, steps: Sequence[Step]) -> dict[int, str]:
    sandbox.settings.turn(SETTINGS)
    logins = {
        15: _basic(SERVICE_NAME, "another"),
        16: _basic("another", sandbox.password),
        341: _basic(SERVICE_NAME, sandbox.password),
    }
    tokens: dict[str, str] = {}
    for name, rules in USERS.items():
        user = sandbox.gen3.access.add(f"{name}@example.org", rules).name
        tokens[f"bearer {{token-of-{name}}}"] = f"bearer {sandbox.gen3.access.issue(user, sandbox.gen3_url)}"
    if service != "indexd":
        headers = ((step.number, step.request["headers"].get("authorization", "")) for step in steps)
        logins = {number: tokens[header] for number, header in headers if header in tokens}
    token = sandbox.gen3.access.issue(ADMINISTRATOR, sandbox.gen3_url)
    # Of two records the first one is requested, and their GUIDs are random: either can be it.
    steps = [step for step in steps if (service, step.number) != ("indexd", 311)]
    return recorded_commons.Replay(sandbox.gen3_url, token, logins).differences(steps)


@dataclass(frozen=True)
class Recording:
    """A recording, and how it is sent again.

    Attributes:
        read: Reads its steps.
        count: How many they are.
        argued: Those that are answered otherwise, and why.
        differences: Sends steps.
        fails: What the reasons of those say on which the real server fails.
        never_fails: Steps of these on which the sandbox never fails.
    """

    read: Callable[[], list[Step]]
    count: int
    argued: Mapping[int, str]
    differences: Callable[[Sandbox, Sequence[Step]], dict[int, str]]
    fails: str = ""
    never_fails: frozenset[int] = frozenset()


COUNTS = {"indexd": 341, "fence": 132, "mds": 179, "sheepdog": 293, "submission": 33, "peregrine": 165}
RECORDINGS = {
    "crunch": Recording(crunch_replay.read_recording, 710, OF_CRUNCH, crunch, "500"),
    "crunch.client": Recording(partial(crunch_replay.read_recording, "crunch.client"), 190, OF_CRUNCH_CLIENT, crunch),
    "pangea": Recording(
        pangea_replay.read_recording, 981, OF_PANGEA, partial(pangea, "pangea"), "fails", frozenset({598, 666})
    ),
    "pangea.client": Recording(
        partial(pangea_replay.read_recording, "pangea.client"), 490, OF_PANGEA_CLIENT, partial(pangea, "pangea.client")
    ),
    **{
        service: Recording(
            partial(recorded_commons.read_recording, service), count, OF_GEN3[service], partial(gen3, service), FAILS
        )
        for service, count in COUNTS.items()
    },
}


@pytest.mark.parametrize("name", RECORDINGS)
def test_it_responds_as_recorded(sandbox: Sandbox, name: str) -> None:
    recording = RECORDINGS[name]
    steps = recording.read()
    assert len(steps) == recording.count
    texts = recording.differences(sandbox, steps)
    assert {number: text for number, text in texts.items() if number not in recording.argued} == {}
    assert recording.argued.keys() - texts.keys() == set()


@pytest.mark.parametrize("name", [name for name, recording in RECORDINGS.items() if recording.fails])
def test_it_fails_where_the_server_does_when_requested(sandbox: Sandbox, name: str) -> None:
    sandbox.settings.turn({"sandbox.strict_errors": "real"})
    recording = RECORDINGS[name]
    texts = recording.differences(sandbox, recording.read())
    assert {number for number in texts if recording.fails in recording.argued.get(number, "")} == recording.never_fails
    assert texts.keys() - recording.argued.keys() == set()


WRONG: dict[str, dict[int, Callable[[Step], Step]]] = {
    "crunch": {
        1: lambda root: replace(root, response={**root.response, "colours": ""}),
        4: lambda empty: replace(empty, status=201),
        19: lambda unknown: replace(unknown, headers={"allow": "GET"}),
    },
    "pangea": {
        0: lambda users: replace(users, response={**users.response, "pages": 1}),
        15: lambda anonymous: replace(anonymous, response={"detail": "Log in."}),
        19: lambda root: replace(root, status=201),
    },
    "indexd": {
        1: lambda status: replace(status, status=404),
        5: lambda prefix: replace(prefix, response={"another": "key"}),
    },
}


@pytest.mark.parametrize("name", WRONG)
def test_another_response_would_be_noticed(sandbox: Sandbox, name: str) -> None:
    changes, recording = WRONG[name], RECORDINGS[name]
    steps = [step for step in recording.read() if step.number in changes]
    wrong = [changes[step.number](step) for step in steps]
    assert recording.differences(sandbox, wrong).keys() == changes.keys()
    assert recording.differences(sandbox, steps) == {}
