"""Tasks that are created and cloned: drafts unless they are to run, with the inputs of the call."""

import json
from typing import Any

import httpx
import pytest
from omicsdk.core import NO_RETRY, BadRequest, DecodeError
from omicsdk.sb import SevenBridges
from omicsdk.sb.tasks import CannotRun, clone_task, create_task

ERRORS = [{"input_id": "reads", "message": "missing"}]


class Platform(httpx.MockTransport):
    """Creates and changes a task, whose response may be replaced by the method and the end of the path."""

    def __init__(self, replaced: dict[str, tuple[int, Any]]) -> None:
        super().__init__(self._respond)
        self.replaced, self.sent = replaced, list[tuple[str, str, Any]]()

    def _respond(self, request: httpx.Request) -> httpx.Response:
        action = request.url.path.rpartition("/v2/")[2]
        self.sent.append((request.method, action, {**request.url.params, **json.loads(request.content or "{}")}))
        status, body = self.replaced.get(f"{request.method} {action}", (200, {"id": "new", "name": "n"}))
        return httpx.Response(status, json=body)


def client(**replaced: Any) -> tuple[Platform, SevenBridges]:
    platform = Platform({name.replace("_", " ", 1).replace("__", "/"): response for name, response in replaced.items()})
    return platform, SevenBridges("https://api.example.org/v2", credentials="t", transport=platform, retry=NO_RETRY)


def test_a_task_is_a_draft_unless_it_is_to_run() -> None:
    platform, sb = client()
    create_task(sb, "n", "me/p", "me/p/a")
    clone_task(sb, "old")
    clone_task(sb, "old", name="n")
    assert not any("action" in sent or "run" in path for _, path, sent in platform.sent)
    del platform.sent[:]
    create_task(sb, "n", "me/p", "me/p/a", run=True)
    clone_task(sb, "old", run=True)
    assert [sent.get("action") for *_, sent in platform.sent] == ["run", "run"]


@pytest.mark.parametrize(
    ("options", "changes"), [({"name": "m"}, {"name": "m"}), ({"inputs": {"a": 1}}, {"inputs": {"a": 1}})]
)
def test_a_clone_runs_only_after_it_was_changed(options: dict[str, Any], changes: dict[str, Any]) -> None:
    platform, sb = client()
    clone_task(sb, "old", run=True, **options)
    assert platform.sent == [
        ("POST", "tasks/old/actions/clone", {}),
        ("PATCH", "tasks/new", changes),
        ("POST", "tasks/new/actions/run", {}),
    ]


def test_a_clone_that_cannot_be_changed_or_run_is_named() -> None:
    _, sb = client(PATCH_tasks__new=(400, {"message": "no such input"}))
    with pytest.raises(BadRequest, match=r"no such input.*The clone exists as task new"):
        clone_task(sb, "old", inputs={"a": 1})
    _, sb = client(POST_tasks__new__actions__run=(400, {"message": "no credit"}))
    with pytest.raises(BadRequest, match=r"no credit.*The clone exists as task new"):
        clone_task(sb, "old", inputs={"a": 1}, run=True)
    platform, sb = client(PATCH_tasks__new=(200, {"id": "new", "errors": ERRORS}))
    with pytest.raises(CannotRun, match="Task new cannot be run: reads: missing"):
        clone_task(sb, "old", inputs={"a": 1}, run=True)
    assert len(platform.sent) == 2
    clone_task(sb, "old", inputs={"a": 1})


def test_a_response_without_the_task_s_id_is_an_error() -> None:
    nameless = (200, {"id": None, "name": "n"})
    for replaced, operation in (
        ({"POST_tasks__old__actions__clone": nameless}, "clone_task"),
        ({"PATCH_tasks__new": nameless}, "the task"),
    ):
        _, sb = client(**replaced)
        with pytest.raises(DecodeError, match=f"^{operation}:? .*id"):
            clone_task(sb, "old", name="n", run=True)
