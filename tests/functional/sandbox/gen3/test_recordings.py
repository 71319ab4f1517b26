"""Recordings of the commons' services, sent again to the sandbox."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR
from omicsdk.sandbox.gen3.indexd.index import NEIGHBOURS, PASSPORTS, SERVICE_NAME
from recorded_commons import Replay, read_recording

NO_FENCE = "the recording had no Fence"
FAILS = "the real service fails with 500 on this; the sandbox"
NO_ARBORIST = (
    "the recorded index had no Arborist, and without one said 403 to a request without credentials; else it says 401"
)
EVERYBODY = "what answered for the authorisation service said yes to whoever came without a token"
FORBIDDEN = "a request that the document does not allow is refused by the sandbox itself, as a JSON document"
AFTER_241 = ("243", "244", "245", "246")
ARGUED: Mapping[str, Mapping[str, str]] = {
    "indexd": {
        **dict.fromkeys(
            ("044", "094", "125", "136", "141", "226", "227", "279", "338"),
            f"{FAILS} says what is wrong with the request, or answers it",
        ),
        **dict.fromkeys(("014", "151", "200", "239", "284", "318"), NO_ARBORIST),
        "275": f"{NO_FENCE}; a commons sends this path there, and it asks for a token",
        "280": "the real service takes the letters of the URL for URLs, and finds nothing",
    },
    "fence": {
        **dict.fromkeys(
            ("004", "122"), "Arborist has the resources of its list of users, the sandbox those of its rules"
        ),
        **dict.fromkeys(("014", "015", "041", "042", "049", "063", "067"), FORBIDDEN),
        **dict.fromkeys(("076", "077", "082", "099", "106", "108", "109"), FORBIDDEN),
        "016": "keys of users are the engine's",
        "018": "the sandbox names no buckets",
        "059": "the recorded Fence took no passports, the sandbox does by a setting",
        "068": "the real service answers an empty list with 503, since the index fails on it",
        "124": "the real Arborist answers a broken token with 400 here, as for any other invalid request",
    },
    "mds": {
        **dict.fromkeys(
            ("024", "053", "056", "095", "106", "123", "124"), f"{FAILS} says what is wrong with the request"
        ),
        **dict.fromkeys(
            ("126", "130", "131", "168"),
            "the real service says that aliases were deleted and keeps them, a defect; the sandbox deletes them",
        ),
        "164": NO_ARBORIST,
        "163": f"{NO_FENCE}; the engine answers it with an example",
    },
    "sheepdog": {
        "004": EVERYBODY,
        "010": "the real service leaves some references among its definitions as they are; ours are resolved",
        **dict.fromkeys(("017", "052"), "an archive of empty tables, which the engine answers with an example"),
        "038": f"{FAILS} refuses a wrong word in an enumeration as it refuses other properties",
        "087": "the real service says that it created a record and stores nothing; the sandbox refuses the id that is taken",
        "162": f"{FAILS} answers as is documented",
        **dict.fromkeys(("163", "164"), f"{FAILS} says that it has no such operation"),
        "165": "nobody can send several documents, as the service fails on them; the sandbox says so in place of what is wrong",
        **dict.fromkeys(("194", "195", "198"), f"{FAILS} exports several node types"),
        "228": "nothing reads the marks that this operation leaves, so the sandbox says that it hasn't got it",
        "241": f"{FAILS} submits the project, which stays in review there",
        **dict.fromkeys(AFTER_241, "the project was submitted in step 241, which it wasn't there"),
        **dict.fromkeys(
            ("252", "253", "254", "255", "256"),
            f"{FAILS} has no storage, and says that files are uploaded through Fence",
        ),
        **dict.fromkeys(("258", "259", "260"), "XML needs tables that belong to one dictionary; the sandbox says so"),
    },
    "submission": {
        **dict.fromkeys(
            ("010", "011"), "the real service says that it created records and stores nothing; the sandbox refuses them"
        )
    },
    "peregrine": {
        "044": "it asks for the first digits of an id that the recorded server made",
        "110": f"{FAILS} refuses a list in place of a query",
        **dict.fromkeys(("114", "128"), EVERYBODY),
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
LEFT_TO_CHANCE = {"indexd": {"311"}}
"""The first of two records is asked for here, and their GUIDs are random: either can be it."""
NEIGHBOUR = {"name": "Other Commons", "host": "https://other.example.org/index/", "hints": ["^dg.OTHER.*"]}
SETTINGS = {
    NEIGHBOURS: json.dumps([{**NEIGHBOUR, "type": "indexd"}]),
    PASSPORTS: json.dumps({"/programs/passport": ["https://ras.example.org"]}),
}
"""Those of the recorded services."""


def _basic(name: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"


def differences(sandbox: Sandbox, service: str) -> dict[str, str]:
    sandbox.settings.turn(SETTINGS)
    token = sandbox.gen3.access.issue(ADMINISTRATOR, sandbox.gen3_url)
    logins = {
        "015": _basic(SERVICE_NAME, "another"),
        "016": _basic("another", sandbox.password),
        "341": _basic(SERVICE_NAME, sandbox.password),
    }
    tokens: dict[str, str] = {}
    for name, rules in USERS.items():
        user = sandbox.gen3.access.add(f"{name}@example.org", rules).name
        tokens[f"bearer {{token-of-{name}}}"] = f"bearer {sandbox.gen3.access.issue(user, sandbox.gen3_url)}"
    steps = [step for step in read_recording(service) if step.number not in LEFT_TO_CHANCE.get(service, ())]
    if service == "fence":
        headers = ((step.number, step.headers.get("authorization", "")) for step in steps)
        logins = {number: tokens[header] for number, header in headers if header in tokens}
    return Replay(sandbox.gen3_url, token, logins if service in ("indexd", "fence") else None).differences(steps)


@pytest.mark.parametrize("service", ARGUED)
def test_a_service_responds_as_recorded(sandbox: Sandbox, service: str) -> None:
    found = differences(sandbox, service)
    assert {number: text for number, text in found.items() if number not in ARGUED[service]} == {}
    assert ARGUED[service].keys() - found.keys() == set()


@pytest.mark.parametrize("service", ARGUED)
def test_it_fails_where_the_service_does_when_requested(sandbox: Sandbox, service: str) -> None:
    sandbox.settings.turn({"sandbox.strict_errors": "real"})
    found = differences(sandbox, service)
    # Where the real Sheepdog failed, it did nothing: what follows finds the project as it was.
    as_real = {number for number, why in ARGUED[service].items() if FAILS in why}
    as_real |= set(AFTER_241 if service == "sheepdog" else ())
    assert found.keys() & as_real == set()
    assert found.keys() - ARGUED[service].keys() == set()


def test_another_response_would_be_noticed(sandbox: Sandbox) -> None:
    status, prefix = (step for step in read_recording("indexd") if step.number in ("001", "005"))
    wrong = [replace(status, status=404), replace(prefix, response={"another": "key"})]
    assert Replay(sandbox.gen3_url, "").differences(wrong).keys() == {"001", "005"}
    assert Replay(sandbox.gen3_url, "").differences([status, prefix]) == {}
