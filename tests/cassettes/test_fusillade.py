"""Every operation of Fusillade's generated clients, sync and async, on recorded answers without a server."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core.credentials import BearerToken
from omicsdk.core.paging import items_at
from omicsdk.core.retry import NO_RETRY
from omicsdk_api.fusillade import AsyncFusilladeApi, FusilladeApi
from replaying import Recorded, plain

RECORDED = Recorded("fusillade")
FOLDER, CALLS, BASE_URL = RECORDED.folder, RECORDED.calls, RECORDED.base_url
OPTIONS: dict[str, Any] = {"credentials": BearerToken("secret", origins=[BASE_URL]), "retry": NO_RETRY, "strict": True}
SAID_IN_WORDS = {
    *("delete_v1_group", "delete_v1_role", "delete_v1_resource_actions", "post_v1_group", "post_v1_role"),
    *("post_v1_resource", "put_v1_group_policy", "put_v1_role_policy", "put_v1_resource_action"),
}
"""Their document promises no form of an answer, and the service says that it was done."""


def check(operation: str, answer: Any) -> None:
    """Holds what a call gave against the recorded bytes."""
    responses = RECORDED.responses(operation)
    texts = [each["body"]["string"] for each in responses]
    if CALLS[operation]["kind"] == "iterate":
        from importlib import import_module

        key = import_module(f"omicsdk_api.fusillade.operations.{operation}").FACTS.paging.items
        pages = [items_at(json.loads(text), key) for text in texts]
        assert [plain(item) for item in answer] == [item for page in pages for item in page]
        assert len(pages) > 1
        assert all(pages)
    elif answer is None:
        assert operation in SAID_IN_WORDS or responses[-1]["status"]["code"] == 304 or not _is_object(texts[-1])
    elif isinstance(answer, bytes):
        assert answer == texts[-1].encode() != b""
    else:
        assert plain(answer) == (texts[-1] if isinstance(answer, str) else json.loads(texts[-1]))


def _is_object(text: str) -> bool:
    return text.startswith("{")


@pytest.mark.parametrize("operation", CALLS)
def test_sync(operation, cassette):
    with FusilladeApi(BASE_URL, **OPTIONS) as api:
        check(operation, RECORDED.answer(api, operation))


@pytest.mark.parametrize("operation", CALLS)
def test_async(operation, cassette):
    async def run() -> Any:
        async with AsyncFusilladeApi(BASE_URL, **OPTIONS) as api:
            return await RECORDED.awaited(api, operation)

    check(operation, asyncio.run(run()))


def test_every_operation_is_recorded():
    from omicsdk_api import fusillade

    commands = json.loads(Path(str(fusillade.__file__)).with_name("commands.json").read_text(encoding="utf-8"))
    assert len(commands) == 53
    assert CALLS.keys() == {command["name"] for command in commands}
    assert {path.stem for path in FOLDER.glob("*.yaml")} == CALLS.keys()


def test_one_recorded_change_was_made_before():
    assert "code: 304" in (FOLDER / "put_v1_group_user.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("secret", ["Bearer ", "eyJ", "127.0.0.1", "authorization:", "no-secret-of-an-installed"])
def test_recordings_hold_no_secrets(secret):
    for path in FOLDER.iterdir():
        assert secret not in path.read_text(encoding="utf-8"), path.name
