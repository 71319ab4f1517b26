"""Every operation of the clients whose services the sandbox has, sync and async, on its recorded responses without a server.

The cassettes are `record.py`'s. Requests are matched whole, so a client that sends something else fails; answers are read
by strict clients and held against the recorded bytes.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from omicsdk.core import APIError, OmicsError
from omicsdk.core.bodies import plain
from omicsdk.core.page_items import items_at
from playable_services import COUNTS, SERVICES, not_played
from replaying import CASSETTES, RECORDING, Recorded, clients, content_of, matches, operations, playing
from vcr.request import Request

CALLS = [
    pytest.param(recorded, name, id=f"{service}-{name}")
    for service, recorded in SERVICES.items()
    for name in recorded.calls
]
NOT_FOLLOWED = {"azul": ["put_manifest"]}
"""Operations that are redirected to what takes GET only, while HTTP clients repeat a PUT: none can be called to its end."""
UNSTATED = {
    "dss-delete_collection",
    "gen3/manifest-get_status",  # a word or an object, depending on the release
    *(f"fusillade-delete_v1_{what}" for what in ("group", "role", "resource_actions", "resource_policy")),
    *(f"fusillade-post_v1_{what}" for what in ("group", "role", "resource", "resource_policy")),
    *(f"fusillade-put_v1_{what}" for what in ("group_policy", "role_policy", "resource_action", "resource_policy")),
}
"""Responses with a word that all went well, where the documents promise no form of a response."""


def check(recorded: Recorded, name: str, responses: list[dict[str, Any]], value: Any) -> None:
    """Holds what a call gave against the recorded bytes."""
    call, last = recorded.calls[name], responses[-1]
    if call["kind"] == "refused":
        assert isinstance(value, APIError)
        assert value.status == last["status"]["code"] == int(name.partition(".")[2])
        assert matches(value.body, last)
    elif call["kind"] == "iterate":
        paging = getattr(clients(recorded.service)[0], call["operation"]).facts.paging
        pages = [items_at(json.loads(content_of(response)), paging.items) for response in responses]
        assert plain(value) == [item for page in pages for item in page]
        assert len(pages) > 1
        assert all(pages)
    elif isinstance(value, httpx.Headers):
        headers = {name.lower(): values[0] for name, values in last["headers"].items()}
        assert headers.items() <= {name.lower(): value for name, value in value.items()}.items()
    elif value is None:
        assert f"{recorded.service}-{name}" in UNSTATED or not content_of(last).strip() or last["status"]["code"] == 304
    else:
        assert matches(value, last)
        assert value or call["kind"] != "stream"


def outcome_of(call: Callable[[], Any]) -> Any:
    """What a call returns or raises."""
    try:
        return call()
    except APIError as error:
        return error


@pytest.mark.parametrize(("recorded", "name"), CALLS)
def test_both_clients_give_what_was_answered(recorded, name):
    responses = recorded.responses(name)
    with playing(recorded.service, name) as cassette:
        response = outcome_of(lambda: recorded.response(name))
        assert cassette.all_played
        check(recorded, name, responses, response)
        cassette.rewind()
        response = outcome_of(lambda: asyncio.run(recorded.awaited(name)))
        assert cassette.all_played
        check(recorded, name, responses, response)


@pytest.mark.parametrize("service", COUNTS)
def test_every_operation_is_recorded_or_reported_why_not(service):
    calls = SERVICES[service].calls
    done = {call["operation"] for call in calls.values() if call["kind"] != "refused"}
    assert (len(done), len([call for call in calls.values() if call["kind"] == "refused"])) == COUNTS[service]
    assert sorted([*done, *not_played(service), *NOT_FOLLOWED.get(service, ())]) == sorted(
        operation["name"] for operation in operations(service)
    )
    assert {path.stem for path in (CASSETTES / service).glob("*.yaml")} == calls.keys()


def test_no_client_is_left_out():
    has_calls = {str(path.parent.relative_to(CASSETTES)) for path in CASSETTES.rglob("calls.json")}
    generated = CASSETTES.parents[1] / "generated" / "omicsdk_api"
    clients = {path.parent.relative_to(generated).as_posix() for path in generated.rglob("commands.json")}
    # Archives are no services of the sandbox: what they answered is in tests/data/archives.
    assert has_calls == {client for client in clients if not client.startswith("archives/")}


def test_one_recorded_change_was_made_before():
    assert SERVICES["fusillade"].responses("put_v1_group_user")[0]["status"]["code"] == 304


def test_a_call_that_was_not_recorded_is_refused():
    with (
        playing("dss", "put_subscription"),
        clients("dss")[0](SERVICES["dss"].base_url) as api,
        pytest.raises(Exception, match="cassette") as caught,
    ):
        api.get_bundle(uuid="b", replica="gcp")
    assert not isinstance(caught.value, OmicsError)


# -- the filter

SERVER, KEY = "http://127.0.0.1:8080", "a-key-of-somebody"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


def cleaned(uri: str = "/", body: bytes = b"", **headers: str) -> str:
    """What a cassette has of a request."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = RECORDING.Cleaner(SERVER).request(Request("POST", f"{SERVER}{uri}", body, named))
    return f"{request.uri} {request.body!r} {request.headers}"


def cleaned_response(text: str, **headers: str) -> str:
    response = {"headers": {name: [value] for name, value in headers.items()}, "body": {"string": text.encode()}}
    return str(RECORDING.Cleaner(SERVER).response(response))


@pytest.mark.parametrize(
    "text",
    [
        *(cleaned(**{name.replace("-", "_"): KEY}) for name in RECORDING.SECRET_HEADERS),
        *(
            cleaned(body=json.dumps(body).encode(), content_type="application/json")
            for name in RECORDING.SECRET_FIELDS
            for body in ({name: KEY}, [{"inner": {name: {"further": [KEY]}}}])
        ),
        *(
            cleaned(body=f"a=b&{name}={KEY}".encode(), content_type="application/x-www-form-urlencoded")
            for name in RECORDING.SECRET_FIELDS
        ),
        *(cleaned(f"{place}/x?X-Signature={KEY}") for place in ("/_objects", "/sb/_storage", "/gen3/_storage")),
        cleaned(f"/login?ticket={KEY}"),
        *(
            cleaned_response(json.dumps({"a": {name: KEY}}))
            for name in (
                *("access_token", "id_token", "refresh_token", "auth_token", "api_key", "private_key", "password"),
                *("AccessKeyId", "SecretAccessKey", "SessionToken"),
            )
        ),
        *(
            cleaned_response(json.dumps({"url": f"{SERVER}{place}/x?X-Signature={KEY}"}))
            for place in ("/_objects", "/sb/_storage", "/gen3/_storage")
        ),
        cleaned_response("", location=f"{SERVER}/gen3/_storage/x?X-Signature={KEY}"),
        cleaned_response("", **{"Set-Cookie": f"session={KEY}"}),
        cleaned_response(json.dumps({"anything": TOKEN})),
        cleaned(f"/x?expires={TOKEN}"),
    ],
)
def test_secrets_are_taken_out(text):
    assert KEY not in text
    assert TOKEN not in text
    assert SERVER not in text


def test_what_was_secret_in_a_request_is_secret_in_responses(tmp_path):
    cleaner = RECORDING.Cleaner(SERVER)
    cleaner.request(
        Request("POST", SERVER, json.dumps({"password": KEY}).encode(), {"content-type": "application/json"})
    )
    assert cleaner.text(f"your password is {KEY}") == "your password is filtered"
    (tmp_path / "good.yaml").write_text("your password is filtered")
    assert cleaner.leaks(tmp_path) == []
    (tmp_path / "bad.yaml").write_text(f"it is\n  {KEY}")
    assert cleaner.leaks(tmp_path) == ["bad.yaml"]
