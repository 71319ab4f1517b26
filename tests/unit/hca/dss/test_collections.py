"""Collections: what they refer to, however deep and round about, and changes of any size."""

from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import NotFound, ServerError
from omicsdk.hca.dss.collections import LISTS, MOST_CHANGES, change, contents, create, pieces

UUIDS = [f"00000000-0000-4000-8000-00000000000{n}" for n in range(10)]


class Fake:
    """A service with collections that lead anywhere."""

    def __init__(self, collections: dict[str, list[dict[str, str]]]) -> None:
        self.requested: list[str] = []

        def get(*, uuid: str, **_: object) -> Any:
            self.requested.append(uuid)
            if uuid not in collections:
                raise NotFound("no such collection", status=404)
            return httpx.Response(200, json={"contents": collections[uuid]})

        self.get_collection = SimpleNamespace(raw=get)

        def head(*, uuid: str, **_: object) -> Any:
            self.requested.append(uuid)
            headers = {"x-dss-sha256": "AB" * 32, "x-dss-size": "3", "x-dss-content-type": "text/plain"}
            return SimpleNamespace(headers={} if uuid == UUIDS[9] else headers)

        self.head_file = SimpleNamespace(raw=head)


def link(kind: str, uuid: str, **more: str) -> dict[str, str]:
    return {"type": kind, "uuid": uuid, "version": "v", **more}


def test_circles_are_followed_once():
    a, b = UUIDS[:2]
    api = Fake({a: [link("collection", b)], b: [link("collection", a.upper()), link("collection", b)]})
    collected = contents(api, a, "v", "aws")
    assert (collected.failed, collected.bundles, api.requested) == ([], [], [a, b])


def test_files_parts_of_files_and_dead_ends():
    a, file, bad = UUIDS[0], UUIDS[1], UUIDS[9]
    parts = [link("project", file, path="/x"), link("project", file, path="/y")]
    api = Fake({a: [link("file", file), *parts, link("file", bad), link("collection", UUIDS[5])]})
    collected = contents(api, a, None, "aws")
    assert [(one.name, one.sha256, one.size) for one in collected.files] == [(f"files/{file}.v", "ab" * 32, 3)]
    assert [type(failure.error).__name__ for failure in collected.failed] == ["DecodeError", "NotFound"]
    assert f"The collection links to collection {UUIDS[5]} version v" in str(collected.failed[1].error)


@given(st.integers(0, 35), st.integers(0, 35), st.integers(1, 10))
def test_pieces_come_to_the_same_as_all_at_once(adding: int, removing: int, most: int):
    start = set(range(20))
    added, removed = list(range(10, 10 + adding)), list(range(5, 5 + removing))
    state = set(start)
    parts = pieces(added, removed, most)
    for given_now, gone_now in parts:
        assert len(given_now) <= most
        assert len(gone_now) <= most
        state = (state - set(gone_now)) | set(given_now)
    assert state == (start - set(removed)) | set(added)
    assert len(parts) <= max(1, -(-adding // most) + -(-removing // most))


def test_each_request_starts_from_the_version_before():
    requests: list[dict[str, Any]] = []

    def patch(**arguments: Any) -> dict[str, Any]:
        requests.append(arguments)
        return {"uuid": "u", "version": f"v{len(requests)}"}

    add = list(range(2 * MOST_CHANGES + 1))
    response = change("patch_collection", patch, {"uuid": "u", "version": "v0", "name": "n", "add_contents": add})
    assert response["version"] == "v3"
    assert [one["version"] for one in requests] == ["v0", "v1", "v2"]
    assert [one.get("name") for one in requests] == ["n", None, None]
    assert [content for one in requests for content in one["add_contents"]] == add
    assert "remove_contents" not in requests[0]


def test_a_change_that_fails_halfway_states_where_to_continue():
    def patch(**arguments: Any) -> dict[str, Any]:
        if arguments["version"] == "v1":
            raise ServerError("broken", status=500)
        return {"version": "v1"}

    many = list(range(MOST_CHANGES + 1))
    with pytest.raises(ServerError, match="1 of 2 requests are done: continue from version v1"):
        change("patch_bundle", patch, {"uuid": "u", "version": "v0", "remove_files": many})
    arguments = {"uuid": "u", "replica": "aws", "version": "v0", "contents": many}
    with pytest.raises(ServerError, match="Version v1 has the first 1000 links"):
        create(lambda **_: {"version": "v1"}, patch, arguments)
    assert set(LISTS) == {"patch_bundle", "patch_collection"}
