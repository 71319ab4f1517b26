"""Every operation of the Upload service's generated clients, sync and async, on recorded answers without a server."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core.credentials import ApiKey
from omicsdk.core.retry import NO_RETRY
from omicsdk_api.upload import AsyncUploadApi, UploadApi
from replaying import RECORDING, Recorded, plain

RECORDED = Recorded("upload")
FOLDER, CALLS, BASE_URL = RECORDED.folder, RECORDED.calls, RECORDED.base_url
OPTIONS: dict[str, Any] = {"credentials": ApiKey("secret", header="Api-Key", origins=[BASE_URL]), "retry": NO_RETRY}
WITHOUT_A_BODY = {"area_exists", "delete_area", "file_upload_notification", "update_checksum", "update_validation"} | {
    "get_health",
    "get_v1_health",
}


def check(operation: str, answer: Any) -> None:
    """Holds what a call gave against the recorded bytes."""
    (response,) = RECORDED.responses(operation)
    body = response["body"]["string"]
    if operation in WITHOUT_A_BODY:
        assert not body
        assert answer is None if operation != "area_exists" else dict(answer)["content-length"] == "0"
    else:
        assert plain(answer) == json.loads(body)


@pytest.mark.parametrize("operation", CALLS)
def test_sync(operation, cassette):
    with UploadApi(BASE_URL, **OPTIONS) as api:
        check(operation, RECORDED.answer(api, operation))


@pytest.mark.parametrize("operation", CALLS)
def test_async(operation, cassette):
    async def run() -> Any:
        async with AsyncUploadApi(BASE_URL, **OPTIONS) as api:
            return await RECORDED.awaited(api, operation)

    check(operation, asyncio.run(run()))


def test_every_operation_is_recorded():
    from omicsdk_api import upload

    commands = json.loads(Path(upload.__file__).with_name("commands.json").read_text(encoding="utf-8"))
    assert len(commands) == 19
    assert CALLS.keys() == {command["name"] for command in commands}
    assert {path.stem for path in FOLDER.glob("*.yaml")} == CALLS.keys()


@pytest.mark.parametrize("secret", ["ASIA", "127.0.0.1", "api-key", "Api-Key"])
def test_recordings_hold_no_secrets(secret):
    for path in FOLDER.iterdir():
        assert secret not in path.read_text(encoding="utf-8"), path.name
    credentials = (FOLDER / "get_credentials.yaml").read_text(encoding="utf-8")
    assert credentials.count(f'"{RECORDING.FILTERED}"') == 3
