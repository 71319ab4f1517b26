"""Generated clients on answers that real servers gave: nothing of an answer is lost, and errors are told as such.

The cassettes are `convert_recordings.py`'s. Requests are matched whole, so a client that sends something else fails.
"""

import asyncio
import importlib
import importlib.util
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core.bodies import plain
from omicsdk.core.credentials import ApiKey, BearerToken
from omicsdk.core.errors import APIError
from omicsdk.core.redaction import mask_json
from omicsdk.core.retry import NO_RETRY

HERE = Path(__file__).parent
SERVICES = ("crunch", "pangea", "gen3/indexd", "gen3/metadata", "gen3/sheepdog", "gen3/peregrine")
CALLS = {service: json.loads((HERE / service / "calls.json").read_text("utf-8")) for service in SERVICES}
ALL = [
    pytest.param(service, number, id=f"{service}-{call['operation']}-{call['status']}-{number}")
    for service in SERVICES
    for number, call in enumerate(CALLS[service])
    if call["kind"] != "iterate"
]
LISTS = [
    pytest.param(service, call, id=f"{service}-{call['operation']}")
    for service in SERVICES
    for call in CALLS[service]
    if call["kind"] == "iterate"
]
FEW = ALL[::8]
UNSTATED = {("gen3/indexd", "delete_alias", 200), ("gen3/indexd", "delete_aliases", 200)}
"""Answers with a word of confirmation where the documents have no body."""


def _loaded(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RECORDING = _loaded("recording")


def clients(service: str) -> tuple[Any, Any]:
    package = importlib.import_module("omicsdk_api." + service.replace("/", "."))
    names = sorted((name for name in package.__all__ if name.endswith("Api")), key=len)
    return getattr(package, names[0]), getattr(package, names[1])


def settings(service: str) -> dict[str, Any]:
    gen3 = service.startswith("gen3/")
    credentials = BearerToken("t") if gen3 else ApiKey("t", header="Authorization", prefix="Token ")
    return {"credentials": credentials, "retry": NO_RETRY, "strict": True}


def matches(answer: Any, played: dict[str, Any]) -> bool:
    """Whether an answer says what the recorded body says, no more, no less and of the same types."""
    content = played["body"]["string"]
    content = content.encode() if isinstance(content, str) else content
    if isinstance(answer, bytes):
        return answer == content
    if isinstance(answer, str) and "json" not in "".join(played["headers"].get("content-type", ())):
        return answer.strip() == content.decode().strip()
    said = json.loads(content) if content.strip() else None
    if played["status"]["code"] >= 400:
        said = mask_json(said)  # errors are shown to people
    return json.dumps(answer, sort_keys=True) == json.dumps(said, sort_keys=True)  # 1 isn't 1.0, nor true


def playing(service: str, name: str) -> Any:
    return RECORDING.make_vcr("none").use_cassette(str(HERE / service / f"{name}.yaml"))


def replayed(service: str, number: int, play: Callable[[dict[str, Any]], Any]) -> None:
    """Plays one call and holds what it gives against the recording."""
    call = CALLS[service][number]
    with playing(service, call["operation"]) as cassette:
        if call["status"] < 400:
            answer = play(call)
            answer = answer if isinstance(answer, bytes) else plain(answer)
        else:
            with pytest.raises(APIError) as caught:
                play(call)
            answer = caught.value.body
            assert caught.value.status == call["status"]
        assert cassette.play_count == 1
        played = cassette.responses[next(index for index, count in cassette.play_counts.items() if count)]
    assert played["status"]["code"] == call["status"]
    if (service, call["operation"], call["status"]) in UNSTATED:
        assert answer is None
    else:
        assert matches(answer, played), (answer, played["body"]["string"])


@pytest.mark.parametrize(("service", "number"), ALL)
def test_nothing_is_lost(service, number):
    def play(call: dict[str, Any]) -> Any:
        with clients(service)[0](call["base_url"], **settings(service)) as api:
            operation = getattr(api, call["operation"])
            if call["kind"] == "raw":
                return operation.raw(**call["arguments"]).text
            return operation(**call["arguments"])

    replayed(service, number, play)


@pytest.mark.parametrize(("service", "number"), FEW)
def test_nothing_is_lost_async(service, number):
    def play(call: dict[str, Any]) -> Any:
        async def run() -> Any:
            async with clients(service)[1](call["base_url"], **settings(service)) as api:
                operation = getattr(api, call["operation"])
                if call["kind"] == "raw":
                    return (await operation.raw(**call["arguments"])).text
                return await operation(**call["arguments"])

        return asyncio.run(run())

    replayed(service, number, play)


def items(cassette: Any, key: str) -> list[Any]:
    """The items of all recorded pages."""
    pages = [json.loads(response["body"]["string"]) for response in cassette.responses]
    return [item for page in pages for item in (page[key] if key else page)]


@pytest.mark.parametrize(("service", "call"), LISTS)
def test_lists_are_followed_to_their_end(service, call):
    with (
        playing(service, f"{call['operation']}.pages") as cassette,
        clients(service)[0](call["base_url"], **settings(service)) as api,
    ):
        operation = getattr(api, call["operation"])
        found = [plain(item) for item in operation.iterate(**call["arguments"])]
    assert cassette.all_played
    assert found == items(cassette, operation.facts.paging.items) != []


@pytest.mark.parametrize(("service", "call"), LISTS)
def test_lists_are_followed_to_their_end_async(service, call):
    async def run() -> tuple[list[Any], str]:
        async with clients(service)[1](call["base_url"], **settings(service)) as api:
            operation = getattr(api, call["operation"])
            found = [plain(item) async for item in operation.iterate(**call["arguments"])]
            return found, operation.facts.paging.items

    with playing(service, f"{call['operation']}.pages") as cassette:
        found, key = asyncio.run(run())
    assert cassette.all_played
    assert found == items(cassette, key) != []


COVERED = {
    "crunch": (75, 75),
    "pangea": (169, 169),
    "gen3/indexd": (45, 45),
    "gen3/metadata": (19, 22),
    "gen3/sheepdog": (37, 40),
    "gen3/peregrine": (6, 6),
}
"""Operations of which an answer was recorded: a success, and anything at all."""


@pytest.mark.parametrize("service", SERVICES)
def test_what_was_recorded_is_there(service):
    calls = [call for call in CALLS[service] if call["kind"] != "iterate"]
    succeeded = {call["operation"] for call in calls if call["status"] < 400}
    assert (len(succeeded), len({call["operation"] for call in calls})) == COVERED[service]
    names = {call["operation"] + (".pages" if call["kind"] == "iterate" else "") for call in CALLS[service]}
    assert {path.stem for path in (HERE / service).glob("*.yaml")} == names
    assert sum(path.stat().st_size for path in (HERE / service).iterdir()) <= 300_000


SECRET = re.compile(
    r"""^\s*(?:authorization|cookie|set-cookie):|Bearer [\w.=-]{4}|Token [0-9a-f]{4}|Signature=|X-Amz-|AWSAccessKeyId="""
    r"""|127\.0\.0\.1|\{(?:token|server|s3|commons|path)"""
    r"""|"(?:\w*password|\w*token|private_key|policy|signature|AWSAccessKeyId)":\s*"(?!filtered")""",
    re.IGNORECASE | re.MULTILINE,
)
"""What secrets and the recorded machine look like."""


@pytest.mark.parametrize("service", SERVICES)
def test_recordings_hold_no_secrets(service):
    for path in (HERE / service).iterdir():
        found = SECRET.search(path.read_text("utf-8"))
        assert found is None, (path.name, found)


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "Foobar22"}',
        '"auth_token":"0123"',
        "https://s3/b/k?AWSAccessKeyId=AK&Signature=x",
        "Token 0123abcd",
        "    authorization:\n    - x",
        '"policy": "e30="',
    ],
)
def test_secrets_would_be_found(text):
    assert SECRET.search(text)
