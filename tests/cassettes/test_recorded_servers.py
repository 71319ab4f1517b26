"""Generated clients on answers that real servers gave: nothing of a response is lost, and errors are reported as such.

The cassettes are `convert_recordings.py`'s. Requests are matched whole, so a client that sends something else fails.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from omicsdk.core import APIError
from omicsdk.core.bodies import plain
from replaying import CASSETTES, OPTIONS, SECRET, clients, matches, playing
from rows import check_each

SERVICES = ("crunch", "pangea", "gen3/indexd", "gen3/metadata", "gen3/sheepdog", "gen3/peregrine")
CALLS = {service: json.loads((CASSETTES / service / "calls.json").read_text("utf-8")) for service in SERVICES}
ALL = [
    (service, number) for service in SERVICES for number, call in enumerate(CALLS[service]) if call["kind"] != "iterate"
]
LISTS = [
    pytest.param(service, call, id=f"{service}-{call['operation']}")
    for service in SERVICES
    for call in CALLS[service]
    if call["kind"] == "iterate"
]
UNSTATED = {("gen3/indexd", "delete_alias", 200), ("gen3/indexd", "delete_aliases", 200)}
"""Responses with a word of confirmation where the documents have no body."""


def by_operation(calls: list[tuple[str, int]]) -> list[Any]:
    """The calls of each operation, for one test: their cassette is read once."""
    groups = defaultdict[tuple[str, str], list[int]](list)
    for service, number in calls:
        groups[service, CALLS[service][number]["operation"]].append(number)
    return [pytest.param(*group, numbers, id="-".join(group)) for group, numbers in groups.items()]


def replayed(service: str, operation: str, numbers: list[int], play: Callable[[dict[str, Any]], Any]) -> None:
    """Plays calls of an operation, each on its own, and holds what each gives against the recording."""

    def check(number: int) -> None:
        call = CALLS[service][number]
        cassette.rewind()
        if call["status"] < 400:
            response = play(call)
            response = response if isinstance(response, bytes) else plain(response)
        else:
            with pytest.raises(APIError) as caught:
                play(call)
            response = caught.value.body
            assert caught.value.status == call["status"]
        assert cassette.play_count == 1
        played = cassette.responses[next(index for index, count in cassette.play_counts.items() if count)]
        assert played["status"]["code"] == call["status"]
        if (service, operation, call["status"]) in UNSTATED:
            assert response is None
        else:
            assert matches(response, played), (response, played["body"]["string"])

    with playing(service, operation) as cassette:
        check_each(numbers, lambda number: f"call {number}, answered with {CALLS[service][number]['status']}", check)


@pytest.mark.parametrize(("service", "operation", "numbers"), by_operation(ALL))
def test_nothing_is_lost(service, operation, numbers):
    def play(call: dict[str, Any]) -> Any:
        with clients(service)[0](call["base_url"], **OPTIONS) as api:
            bound = getattr(api, operation)
            if call["kind"] == "raw":
                return bound.raw(**call["arguments"]).text
            return bound(**call["arguments"])

    replayed(service, operation, numbers, play)


@pytest.mark.parametrize(("service", "operation", "numbers"), by_operation(ALL[::8]))
def test_nothing_is_lost_async(service, operation, numbers):
    def play(call: dict[str, Any]) -> Any:
        async def run() -> Any:
            async with clients(service)[1](call["base_url"], **OPTIONS) as api:
                bound = getattr(api, operation)
                if call["kind"] == "raw":
                    return (await bound.raw(**call["arguments"])).text
                return await bound(**call["arguments"])

        return asyncio.run(run())

    replayed(service, operation, numbers, play)


def items(cassette: Any, key: str) -> list[Any]:
    """The items of all recorded pages."""
    pages = [json.loads(response["body"]["string"]) for response in cassette.responses]
    return [item for page in pages for item in (page[key] if key else page)]


@pytest.mark.parametrize(("service", "call"), LISTS)
def test_lists_are_followed_to_their_end(service, call):
    with (
        playing(service, f"{call['operation']}.pages") as cassette,
        clients(service)[0](call["base_url"], **OPTIONS) as api,
    ):
        operation = getattr(api, call["operation"])
        listed_items = [plain(item) for item in operation.iterate(**call["arguments"])]
    assert cassette.all_played
    assert listed_items == items(cassette, operation.facts.paging.items) != []


@pytest.mark.parametrize(("service", "call"), LISTS)
def test_lists_are_followed_to_their_end_async(service, call):
    async def run() -> tuple[list[Any], str]:
        async with clients(service)[1](call["base_url"], **OPTIONS) as api:
            operation = getattr(api, call["operation"])
            listed_items = [plain(item) async for item in operation.iterate(**call["arguments"])]
            return listed_items, operation.facts.paging.items

    with playing(service, f"{call['operation']}.pages") as cassette:
        listed_items, key = asyncio.run(run())
    assert cassette.all_played
    assert listed_items == items(cassette, key) != []


COVERED = {
    "crunch": (75, 75),
    "pangea": (169, 169),
    "gen3/indexd": (45, 45),
    "gen3/metadata": (19, 22),
    "gen3/sheepdog": (37, 40),
    "gen3/peregrine": (6, 6),
}
"""Operations of which a response was recorded: a success, and anything at all."""


@pytest.mark.parametrize("service", SERVICES)
def test_what_was_recorded_is_there(service):
    calls = [call for call in CALLS[service] if call["kind"] != "iterate"]
    succeeded = {call["operation"] for call in calls if call["status"] < 400}
    assert (len(succeeded), len({call["operation"] for call in calls})) == COVERED[service]
    names = {call["operation"] + (".pages" if call["kind"] == "iterate" else "") for call in CALLS[service]}
    assert {path.stem for path in (CASSETTES / service).glob("*.yaml")} == names
    assert sum(path.stat().st_size for path in (CASSETTES / service).iterdir()) <= 300_000


@pytest.mark.parametrize(
    "service", sorted(str(path.parent.relative_to(CASSETTES)) for path in CASSETTES.rglob("calls.json"))
)
def test_recordings_hold_no_secrets(service):
    for path in (CASSETTES / service).iterdir():
        match = SECRET.search(path.read_text("utf-8"))
        assert match is None, (path.name, match)


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "Foobar22"}',
        '"auth_token":"0123"',
        "https://s3/b/k?AWSAccessKeyId=AK&Signature=x",
        "Token 0123abcd",
        "    authorization:\n    - x",
        '"policy": "e30="',
        '"api_key": "0123"',
        '"refresh_token": "0123"',
        '"SecretAccessKey": "0123"',
        '"url": "https://s3/k?X-Sandbox-Expires=1"',
        "grant_type=refresh_token&refresh_token=0123",
        "    x-sbg-auth-token:\n    - 0123",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "http://localhost:8080/x",
    ],
)
def test_secrets_would_be_found(text):
    assert SECRET.search(text)
