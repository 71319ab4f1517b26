"""Feedback and copies of many files."""

from typing import Any

import httpx
import pytest
from omicsdk.compat.sevenbridges import Api, SbgError
from omicsdk.compat.sevenbridges.models.enums import FeedbackType
from omicsdk.compat.sevenbridges.models.project import Project
from omicsdk.core.version import __version__

FEEDBACK = "/action/notifications/feedback"
COPY = "/action/files/copy"


def test_feedback(api: Api, platform: Any) -> None:
    platform.on(f"POST {FEEDBACK}", None)
    assert api.actions.send_feedback(FeedbackType.PROBLEM, "my script", "It hurts.") is None
    assert platform.sent == {"type": "PROBLEM", "text": "It hurts.", "referrer": "my script"}


def test_feedback_states_where_it_comes_from(api: Api, platform: Any) -> None:
    platform.on(f"POST {FEEDBACK}", lambda _: httpx.Response(200, text="thanks"))
    api.actions.send_feedback(text="t")
    assert platform.sent["type"] == "IDEA"
    assert f"omicsdk/{__version__}" in platform.sent["referrer"]


def _copied(request: httpx.Request) -> httpx.Response:
    ids = request.body["file_ids"]
    return httpx.Response(200, json={id: {"status": "OK", "new_file_id": f"new-{id}"} for id in ids})


def test_copies(api: Api, platform: Any) -> None:
    platform.on(f"POST {COPY}", _copied)
    copied = api.actions.bulk_copy_files(["a", "b"], Project(id="o/p"))
    assert platform.sent == {"project": "o/p", "file_ids": ["a", "b"]}
    assert copied == {
        "a": {"status": "OK", "new_file_id": "new-a"},
        "b": {"status": "OK", "new_file_id": "new-b"},
    }


def test_copies_of_many_files_are_sent_by_the_hundred(api: Api, platform: Any) -> None:
    platform.on(f"POST {COPY}", _copied)
    ids = [str(number) for number in range(201)]
    assert list(api.actions.bulk_copy_files(iter(ids), "o/p")) == ids
    assert [len(request.body["file_ids"]) for request in platform.requests] == [100, 100, 1]


def test_copies_of_nothing_are_for_the_platform_to_refuse(api: Api, platform: Any) -> None:
    platform.on(f"POST {COPY}", platform.refusal(400, 90000, "file_ids is empty."))
    with pytest.raises(SbgError, match="file_ids is empty"):
        api.actions.bulk_copy_files([], "o/p")
