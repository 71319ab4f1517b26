"""Every operation of the Data Store's generated clients, sync and async, on recorded answers without a server."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core.credentials import BearerToken
from omicsdk.core.retry import NO_RETRY
from omicsdk_api.dss import AsyncDssApi, DssApi
from replaying import Recorded, plain

RECORDED = Recorded("dss")
FOLDER, CALLS, BASE_URL = RECORDED.folder, RECORDED.calls, RECORDED.base_url
OPTIONS: dict[str, Any] = {"credentials": BearerToken("secret", origins=[BASE_URL]), "retry": NO_RETRY}


def body(response: dict[str, Any]) -> bytes:
    content = response["body"]["string"]
    return content if isinstance(content, bytes) else content.encode()


def items(pages: list[Any], key: str) -> list[Any]:
    found = []
    for page in pages:
        for part in key.split("."):
            page = page[part]
        found += page
    return found


def check(operation: str, answer: Any) -> None:
    """Holds what a call gave against the recorded bytes."""
    kind, recorded = CALLS[operation]["kind"], RECORDED.responses(operation)
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


@pytest.mark.parametrize("operation", CALLS)
def test_sync(operation, cassette):
    with DssApi(BASE_URL, **OPTIONS) as api:
        check(operation, RECORDED.answer(api, operation))


@pytest.mark.parametrize("operation", CALLS)
def test_async(operation, cassette):
    async def run() -> Any:
        async with AsyncDssApi(BASE_URL, **OPTIONS) as api:
            return await RECORDED.awaited(api, operation)

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
        RECORDED.cassette(operation),
        DssApi(BASE_URL, retry=NO_RETRY) as api,
        pytest.raises(Exception, match="cassette") as caught,
    ):
        api.get_bundle(uuid="b", replica="gcp")
    assert not isinstance(caught.value, OmicsError)
