"""Requests about many files: in bulk, and as jobs by the sandbox's clock."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Sandbox

Json = dict[str, Any]
Send = Callable[..., Json]
Clients = Callable[[str], httpx.Client]


@pytest.fixture
def tree(web: httpx.Client, send: Send, project: str) -> dict[str, str]:
    """A folder with a file, and in it a folder with two; identities by name."""
    made: dict[str, str] = {}
    for name, place in (("top", {"project": project}), ("sub", {"parent": "top"})):
        where = {key: made.get(value, value) for key, value in place.items()}
        made[name] = web.post("/files", json={"name": name, "type": "folder", **where}).json()["id"]
    for name, parent in (("a", "top"), ("b", "sub"), ("c", "sub")):
        made[name] = send(name, name.encode(), parent=made[parent])["id"]
    return made


def _names(web: httpx.Client, folder: str) -> list[str]:
    return [item["name"] for item in web.get(f"/files/{folder}/list").json()["items"]]


def _codes(items: list[Json]) -> list[int | None]:
    return [item["error"] and item["error"]["code"] for item in items]


# -- in bulk


def test_bulk_requests_report_each_file(web: httpx.Client, send: Send) -> None:
    one, other = send("one")["id"], send("other")["id"]
    items = web.post("/bulk/files/get", json={"file_ids": [one, "none", other]}).json()["items"]
    assert _codes(items) == [None, 5002, None]
    assert [item["resource"] and item["resource"]["name"] for item in items] == ["one", None, "other"]
    items = web.post("/bulk/files/delete", json={"file_ids": [one, one]}).json()["items"]
    assert _codes(items) == [None, 5002]
    assert web.get(f"/files/{one}").status_code == 404


def test_updates_erase_what_is_left_out_and_edits_keep_it(web: httpx.Client, send: Send) -> None:
    id = send("a")["id"]
    web.patch(f"/files/{id}", json={"metadata": {"k": "v", "l": "w"}, "tags": ["t"]})
    edited = web.post("/bulk/files/edit", json={"items": [{"id": id, "metadata": {"k": "x"}}]}).json()["items"][0]
    assert (edited["resource"]["metadata"], edited["resource"]["tags"]) == ({"k": "x", "l": "w"}, ["t"])
    updated = web.post("/bulk/files/update", json={"items": [{"id": id, "name": "b"}]}).json()["items"][0]
    assert {name: updated["resource"][name] for name in ("name", "metadata", "tags")} == {
        "name": "b",
        "metadata": {},
        "tags": [],
    }


def test_copies_between_projects_at_once(web: httpx.Client, send: Send) -> None:
    id = send("a")["id"]
    other = web.post("/projects", json={"name": "Other"}).json()["id"]
    results = web.post("/action/files/copy", json={"project": other, "file_ids": [id, "none"]}).json()
    assert (results[id]["status"], results[id]["new_file_name"]) == ("ok", "a")
    assert results["none"]["status"] != "ok"
    assert web.get(f"/files/{results[id]['new_file_id']}").json()["project"] == other


# -- jobs


def _start(web: httpx.Client, kind: str, *items: Json) -> str:
    response = web.post(f"/async/files/{kind}", json={"items": list(items)})
    assert response.status_code == 200, response.text
    return f"/async/files/{kind}/{response.json()['id']}"


def test_a_job_passes_its_states_by_the_clock(web: httpx.Client, tree: dict[str, str], sandbox: Sandbox) -> None:
    sandbox.clock.freeze()
    job = _start(web, "delete", {"file": tree["top"]})
    states = [web.get(job).json()["state"]]
    for _ in range(3):
        assert web.get(f"/files/{tree['b']}").status_code == 200
        sandbox.clock.advance(0.4)
        states.append(web.get(job).json()["state"])
    assert states == ["SUBMITTED", "RESOLVING", "RUNNING", "FINISHED"]
    payload = web.get(job).json()
    assert (payload["type"], payload["total_files"], payload["completed_files"], payload["failed_files"]) == (
        "DELETE",
        3,
        3,
        0,
    )
    assert payload["finished_on"] >= payload["started_on"]
    assert web.get(f"/files/{tree['b']}").status_code == 404


def test_folders_are_copied_with_their_structure(web: httpx.Client, tree: dict[str, str], sandbox: Sandbox) -> None:
    other = web.post("/projects", json={"name": "Other"}).json()
    job = _start(web, "copy", {"file": tree["top"], "project": other["id"], "name": "copy"}, {"file": "none"})
    sandbox.finish()
    payload = web.get(job).json()
    assert _codes(payload["result"]) == [None, 5002]
    assert (payload["completed_files"], payload["failed_files"]) == (3, 1)
    copy = payload["result"][0]["resource"]
    assert (copy["name"], copy["type"]) == ("copy", "folder")
    assert _names(web, copy["id"]) == ["a", "sub"]
    (sub,) = [item for item in web.get(f"/files/{copy['id']}/list").json()["items"] if item["name"] == "sub"]
    assert _names(web, sub["id"]) == ["b", "c"]
    assert _names(web, tree["top"]) == ["a", "sub"]


def test_folders_are_moved_whole(web: httpx.Client, tree: dict[str, str], project: str, sandbox: Sandbox) -> None:
    job = _start(
        web,
        "move",
        {"file": tree["sub"], "project": project},
        {"file": tree["top"], "parent": tree["top"]},
        {"file": tree["a"], "parent": tree["c"]},
        {"file": tree["a"]},
    )
    sandbox.finish()
    assert _codes(web.get(job).json()["result"]) == [None, 5033, 5022, 5029]
    assert web.get(f"/files/{tree['sub']}").json()["parent"] == web.get(f"/projects/{project}").json()["root_folder"]
    assert _names(web, tree["sub"]) == ["b", "c"]


def test_a_copy_that_fails_halfway_leaves_nothing(
    web: httpx.Client, tree: dict[str, str], project: str, sandbox: Sandbox
) -> None:
    job = _start(web, "copy", {"file": tree["top"], "parent": tree["sub"]})
    sandbox.finish()
    assert _codes(web.get(job).json()["result"]) == [5033]
    assert _names(web, tree["sub"]) == ["b", "c"]


def test_jobs_are_listed_newest_first_and_by_kind(
    web: httpx.Client, tree: dict[str, str], sandbox: Sandbox, client_of: Clients
) -> None:
    first = _start(web, "delete", {"file": tree["a"]})
    sandbox.clock.advance(5)
    second = _start(web, "delete", {"file": tree["b"]})
    listed = web.get("/async/files", params={"limit": 1})
    assert listed.headers["X-Total-Matching-Query"] == "2"
    assert listed.json()["items"][0]["href"].endswith(second)
    assert web.get(first.replace("delete", "copy")).status_code == 404
    assert client_of("ada").get(first).status_code == 404


def test_of_many_who_want_a_name_one_gets_it(web: httpx.Client, project: str) -> None:
    def make(_number: int) -> int:
        return web.post("/files", json={"name": "same", "type": "folder", "project": project}).status_code

    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(make, range(24)))
    assert sorted(responses) == [200] + [409] * 23
