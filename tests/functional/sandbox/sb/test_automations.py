"""Automations: who may use them, packages of their code, and their runs."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from sb_responses import refused

Json = dict[str, Any]
Clients = Callable[[str], httpx.Client]
ALL = "/automation/automations"


@pytest.fixture(autouse=True)
def _frozen(sandbox: Sandbox) -> None:
    """Time moves when a test moves it."""
    sandbox.clock.freeze()
    sandbox.settings.turn({"sb.run_queue_seconds": 30, "sb.run_seconds": 100})


@pytest.fixture
def automation(web: httpx.Client) -> Json:
    """An automation of sandbox-user's."""
    response = web.post(ALL, json={"name": "Nightly", "description": "d"})
    assert response.status_code == 200, response.text
    return response.json()


def _upload(web: httpx.Client, automation: Json, content: bytes = b"code") -> str:
    body = {"name": "code.zip", "size": len(content), "automation_id": automation["id"]}
    started = web.post("/automation/upload", json=body).json()
    path = f"/automation/upload/{started['upload_id']}"
    where = web.get(f"{path}/part/1").json()
    etag = httpx.put(where["url"], content=content).headers["ETag"]
    web.post(f"{path}/part/", json={"part_number": 1, "response": {"headers": {"ETag": etag}}})
    done = web.post(f"{path}/complete").json()
    assert done["name"] == "code.zip"
    return done["id"]


def _package(web: httpx.Client, automation: Json, version: str = "1") -> Json:
    body = {"version": version, "location": _upload(web, automation), "schema": {"inputs": []}, "memory_limit": None}
    response = web.post(f"{ALL}/{automation['id']}/packages", json=body)
    assert response.status_code == 200, response.text
    return response.json()


def _run(web: httpx.Client, package: Json, **fields: Any) -> Json:
    response = web.post("/automation/runs", json={"package": package["id"], "inputs": {"a": 1}, **fields})
    assert response.status_code == 200, response.text
    return response.json()


def test_an_automation_is_made_changed_and_archived(web: httpx.Client, automation: Json, sandbox: Sandbox) -> None:
    path = f"{ALL}/{automation['id']}"
    assert automation["href"].endswith(path)
    assert automation["billing_group"]
    assert (automation["owner"], automation["archived"], automation["project_based"]) == ("sandbox-user", False, False)
    sandbox.clock.advance(60)
    changed = web.patch(path, json={"name": "Weekly", "memory_limit": 512}).json()
    assert (changed["name"], changed["memory_limit"], changed["description"]) == ("Weekly", 512, "d")
    assert changed["modified_on"] > automation["modified_on"]
    refused(web.patch(path, json={"name": " "}), 400, 90000)
    assert web.post(f"{path}/actions/archive").json()["archived"] is True
    assert web.get(ALL).json()["items"] == []
    listed = web.get(ALL, params={"include_archived": True, "name": "week"})
    assert [item["id"] for item in listed.json()["items"]] == [automation["id"]]
    assert web.post(f"{path}/actions/restore").json()["archived"] is False
    assert web.get(path).json()["archived"] is False


def test_members_come_go_and_are_permitted(web: httpx.Client, automation: Json, client_of: Clients) -> None:
    path = f"{ALL}/{automation['id']}"
    ada = client_of("ada")
    refused(ada.get(path), 404, 90003)
    added = web.post(f"{path}/members", json={"username": "ada", "permissions": {"read": True}}).json()
    assert (added["username"], added["type"], added["permissions"]["execute"]) == ("ada", "user", False)
    assert ada.get(path).status_code == 200
    refused(ada.patch(path, json={"name": "mine"}), 403, 90002)
    refused(web.post(f"{path}/members", json={"username": "ada"}), 409, 3003)
    changed = web.patch(f"{path}/members/ada", json={"permissions": {"write": True}}).json()
    assert (changed["permissions"]["read"], changed["permissions"]["write"]) == (True, True)
    assert ada.patch(path, json={"name": "mine"}).status_code == 200
    assert [member["username"] for member in web.get(f"{path}/members").json()["items"]] == ["sandbox-user", "ada"]
    assert web.delete(f"{path}/members/ada").status_code == 204
    refused(web.get(f"{path}/members/ada"), 404, 3002)
    refused(web.delete(f"{path}/members/sandbox-user"), 403, 3001)
    refused(web.patch(f"{path}/members/sandbox-user", json={"permissions": {"admin": False}}), 403, 3001)
    refused(web.post(f"{path}/members", json={"username": "nobody"}), 404, 2002)


def test_teams_are_members_too(web: httpx.Client, automation: Json) -> None:
    path = f"{ALL}/{automation['id']}"
    team = web.get("/teams", params={"division": "sandbox-division"}).json()["items"][0]["id"]
    added = web.post(f"{path}/members", json={"id": team, "type": "team", "permissions": {"read": True}}).json()
    assert (added["type"], added["id"]) == ("team", team)
    assert web.delete(f"{path}/members/{team}").status_code == 204


def test_packages_are_made_of_uploaded_code(web: httpx.Client, automation: Json) -> None:
    package = _package(web, automation)
    assert (package["automation"], package["python"], package["archived"]) == (automation["id"], "3.6", False)
    path = f"/automation/packages/{package['id']}"
    assert web.get(path).json() == package
    assert web.patch(path, json={"custom_url": "https://example.org"}).json()["custom_url"] == "https://example.org"
    packages = f"{ALL}/{automation['id']}/packages"
    assert [item["id"] for item in web.get(packages).json()["items"]] == [package["id"]]
    assert web.post(f"{packages}/{package['id']}/actions/archive").json()["archived"] is True
    refused(web.post("/automation/runs", json={"package": package["id"]}), 409, 90007)
    assert web.post(f"{packages}/{package['id']}/actions/restore").json()["archived"] is False
    body = {"version": "1", "location": package["location"], "schema": {}}
    refused(web.post(packages, json=body), 409, 90007)
    refused(web.post(packages, json={**body, "version": "2", "location": "none"}), 404, 90003)


def test_uploads_of_code_are_aborted_and_apart_from_files(web: httpx.Client, automation: Json) -> None:
    body = {"name": "code.zip", "size": 1, "automation_id": automation["id"]}
    id = web.post("/automation/upload", json=body).json()["upload_id"]
    assert web.get("/upload/multipart").json()["items"] == []
    refused(web.get(f"/upload/multipart/{id}"), 404, 8003)
    assert web.delete(f"/automation/upload/{id}").status_code == 204
    refused(web.get(f"/automation/upload/{id}/part/1"), 404, 8003)
    assert web.post("/automation/upload", json={**body, "size": 0}).status_code == 400


def test_a_run_passes_its_states_by_the_clock(web: httpx.Client, automation: Json, sandbox: Sandbox) -> None:
    run = _run(web, _package(web, automation), name="Run", settings={"project_id": "a/b"})
    path = f"/automation/runs/{run['id']}"
    states = [run["status"]]
    for seconds in (11, 11, 11, 100):
        sandbox.clock.advance(seconds)
        states.append(web.get(path).json()["status"])
    assert states == ["CREATED", "SENT_TO_EXECUTION", "QUEUED_FOR_EXECUTION", "RUNNING", "FINISHED"]
    payload = web.get(path).json()
    assert (payload["automation"]["id"], payload["package"]["version"], payload["project_id"]) == (
        automation["id"],
        "1",
        "a/b",
    )
    assert payload["created_on"] < payload["start_time"] < payload["end_time"]
    log = web.get(f"/files/{payload['execution_details']['log_file']['id']}/download_info").json()["url"]
    assert "FINISHED" in httpx.get(log).text
    state = web.get(f"{path}/state").json()["main"]
    assert (state["inputs"], state["finished_at"]) == ({"a": 1}, payload["end_time"])
    assert web.patch(path, json={"name": "Renamed"}).json()["name"] == "Renamed"
    refused(web.post(f"{path}/actions/stop"), 409, 90007)


def test_runs_are_stopped_fail_and_are_run_again(web: httpx.Client, automation: Json, sandbox: Sandbox) -> None:
    package = _package(web, automation)
    run = _run(web, package, name="Run", settings={"s": 1})
    stopped = web.post(f"/automation/runs/{run['id']}/actions/stop")
    assert (stopped.status_code, stopped.content) == (200, b"")
    assert web.get(f"/automation/runs/{run['id']}").json()["status"] == "ABORTED"
    again = f"/automation/runs/{run['id']}/actions/rerun"
    merged = web.post(again, json={"merge": True, "inputs": {"b": 2}, "resume_from": run["id"]}).json()
    assert (merged["inputs"], merged["settings"], merged["resumed_from"]) == ({"a": 1, "b": 2}, {"s": 1}, run["id"])
    replaced = web.post(again, json={"merge": False, "inputs": {"b": 2}}).json()
    assert (replaced["inputs"], replaced["settings"]) == ({"b": 2}, {"s": 1})
    assert web.post(again, content="null", headers={"Content-Type": "application/json"}).json()["inputs"] == {"a": 1}
    sandbox.settings.turn({"sb.failing_tasks": "Bad*"})
    bad = _run(web, package, name="Bad run")
    sandbox.finish()
    assert web.get(f"/automation/runs/{bad['id']}").json()["status"] == "FAILED"


def test_lists_of_runs_are_narrowed_and_ordered(web: httpx.Client, automation: Json, sandbox: Sandbox) -> None:
    sandbox.clock.freeze(1_600_000_000)
    package = _package(web, automation)
    _run(web, package, name="b")
    sandbox.clock.advance(3600)
    _run(web, package, name="a")

    def run_names(**params: Any) -> list[str]:
        return [item["name"] for item in web.get("/automation/runs", params=params).json()["items"]]

    assert run_names() == ["a", "b"]
    assert run_names(order_by="name", order="asc") == ["a", "b"]
    assert run_names(created_from="2020-09-13T13:00:00") == ["a"]
    assert run_names(status="FINISHED") == ["b"]
    assert run_names(automation_id=automation["id"], package_id=package["id"], created_by="sandbox-user") == ["a", "b"]
    assert run_names(project_id="x/y") == []
