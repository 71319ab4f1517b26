"""Every operation of the Data Store's generated clients, sync and async, on recorded answers without a server."""

import asyncio
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from omicsdk.core.credentials import BearerToken
from omicsdk.core.retry import Retry
from omicsdk_api.dss import AsyncDssApi, DssApi

HERE = Path(__file__).parent
FOLDER = HERE / "dss"
RECORDED = json.loads((FOLDER / "calls.json").read_text(encoding="utf-8"))
CALLS = {call["operation"]: call for call in RECORDED["calls"]}
BASE_URL = RECORDED["base_url"]


def _recording() -> ModuleType:
    spec = importlib.util.spec_from_file_location("recording", HERE / "recording.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RECORDING = _recording()


def responses(operation: str) -> list[dict[str, Any]]:
    """The recorded answers, redirects left out."""
    content = yaml.safe_load((FOLDER / f"{operation}.yaml").read_text(encoding="utf-8"))
    found = [interaction["response"] for interaction in content["interactions"]]
    return [response for response in found if not 300 <= response["status"]["code"] < 400]


def body(response: dict[str, Any]) -> bytes:
    content = response["body"]["string"]
    return content if isinstance(content, bytes) else content.encode()


def plain(value: Any) -> Any:
    return value.to_dict() if hasattr(value, "to_dict") else value


def items(pages: list[Any], key: str) -> list[Any]:
    found = []
    for page in pages:
        for part in key.split("."):
            page = page[part]
        found += page
    return found


def check(operation: str, answer: Any) -> None:
    """Holds what a call gave against the recorded bytes."""
    kind, recorded = CALLS[operation]["kind"], responses(operation)
    if kind == "stream":
        assert answer == body(recorded[-1]) != b""
    elif kind == "iterate":
        pages = [json.loads(body(response)) for response in recorded]
        key = next(
            value[0] for name, value in recorded[0]["headers"].items() if name.lower().endswith("paginated-content-key")
        )
        assert [plain(item) for item in answer] == items(pages, key)
        assert len(pages) > 1
    elif operation == "head_file":
        assert {name.lower(): values[0] for name, values in recorded[0]["headers"].items()}.items() <= {
            name.lower(): value for name, value in dict(answer).items()
        }.items()
    elif operation == "delete_collection":
        assert answer is None  # the document has no body there
    else:
        assert plain(answer) == json.loads(body(recorded[-1]))


@pytest.fixture
def cassette(request):
    operation = request.getfixturevalue("operation")
    with RECORDING.make_vcr("none").use_cassette(str(FOLDER / f"{operation}.yaml")) as cassette:
        yield cassette
        assert cassette.all_played


@pytest.mark.parametrize("operation", CALLS)
def test_sync(operation, cassette):
    call = CALLS[operation]
    with DssApi(BASE_URL, credentials=BearerToken("secret", origins=[BASE_URL]), retry=Retry(attempts=1)) as api:
        bound = getattr(api, operation)
        if call["kind"] == "stream":
            with bound.stream(**call["arguments"]) as streamed:
                answer: Any = b"".join(streamed.iter_bytes(7))
        elif call["kind"] == "iterate":
            answer = list(bound.iterate(**call["arguments"]))
        else:
            answer = bound(**call["arguments"])
    check(operation, answer)


@pytest.mark.parametrize("operation", CALLS)
def test_async(operation, cassette):
    call = CALLS[operation]

    async def run() -> Any:
        token = BearerToken("secret", origins=[BASE_URL])
        async with AsyncDssApi(BASE_URL, credentials=token, retry=Retry(attempts=1)) as api:
            bound = getattr(api, operation)
            if call["kind"] == "stream":
                async with bound.stream(**call["arguments"]) as streamed:
                    return await streamed.read()
            if call["kind"] == "iterate":
                return [item async for item in bound.iterate(**call["arguments"])]
            return await bound(**call["arguments"])

    check(operation, asyncio.run(run()))


def test_every_operation_is_recorded():
    from omicsdk_api import dss

    commands = json.loads(Path(dss.__file__).with_name("commands.json").read_text(encoding="utf-8"))
    assert len(commands) == 22
    assert CALLS.keys() == {command["name"] for command in commands}
    assert {path.stem for path in FOLDER.glob("*.yaml")} == CALLS.keys()


@pytest.mark.parametrize("secret", ["Bearer", "Signature", "never to be seen", "127.0.0.1", "authorization:"])
def test_recordings_hold_no_secrets(secret):
    for path in FOLDER.iterdir():
        assert secret not in path.read_text(encoding="utf-8"), path.name


@pytest.mark.parametrize("operation", ["put_subscription"])
def test_a_call_that_was_not_recorded_is_refused(operation):
    from omicsdk.core.errors import OmicsError

    with (
        RECORDING.make_vcr("none").use_cassette(str(FOLDER / f"{operation}.yaml")),
        DssApi(BASE_URL, retry=Retry(attempts=1)) as api,
        pytest.raises(Exception, match="cassette") as caught,
    ):
        api.get_bundle(uuid="b", replica="gcp")
    assert not isinstance(caught.value, OmicsError)
