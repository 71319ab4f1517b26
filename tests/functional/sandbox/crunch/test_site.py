"""The site of django-crunch: permissions, descriptions of objects, datasets to process, and its state over restarts."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from conformity import NO_TLS
from omicsdk.sandbox import Sandbox

Clients = Callable[[str], httpx.Client]


@pytest.mark.parametrize(
    ("sent", "detail"),
    [
        (b"Basic YQ", "Invalid username/password."),
        (b"Basic \xfc", "Invalid username/password."),
        (b"Basic YQ==", "Invalid username/password."),
        (b"Basic /zr/", "Invalid username/password."),
        (b"Token \xfc", "Invalid token."),
    ],
)
def test_a_header_that_names_no_user_states_why(anonymous: httpx.Client, sent: bytes, detail: str) -> None:
    response = anonymous.get("/projects/", headers=[(b"Authorization", sent)])
    assert (response.status_code, response.json()) == (401, {"detail": detail})


def test_a_permission_is_about_one_kind_of_object(client_with: Clients, site: Sandbox, admin: httpx.Client) -> None:
    admin.post("/projects/", data={"name": "p"})
    some = client_with(site.crunch.add_user("some", ["add_dataset", "change_item", "add_charattribute"]))
    assert some.post("/datasets/", data={"parent": "p", "name": "d"}).status_code == 201
    assert some.patch("/items/p/", data={"details": "x"}).status_code == 200
    assert some.patch("/projects/p/", data={"details": "x"}).status_code == 403
    assert some.delete("/datasets/p:d/").status_code == 403
    value = {"item": "p", "key": "k", "value": "1"}
    assert [some.post(f"/attributes/{kind}/", data=value).status_code for kind in ("char", "int")] == [201, 403]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_writes_to_what_does_not_exist_are_taken_for_forms_of_pages(site: Sandbox, method: str) -> None:
    with httpx.Client(base_url=site.crunch_url, trust_env=False) as client:
        responses = [
            client.request(method, path) for path in ("/api/projects/a/b/", "/api/nothing/", "/api/projects/a:b/c/")
        ]
        assert [response.status_code for response in responses] == [403, 403, 404]
        assert client.request(method, "/api/nothing").headers["location"] == "/crunch/api/nothing/"
        assert client.get("/api/nothing/").status_code == 404


def _add(client: httpx.Client, kind: str, **fields: str) -> dict[str, object]:
    response = client.post(f"/{kind}/", data=fields)
    assert response.status_code == 201, response.text
    return response.json()


def _listed(client: httpx.Client, path: str) -> list[str]:
    return [item["slug"] for item in client.get(path).json()["results"]]


def test_nothing_becomes_part_of_itself(admin: httpx.Client) -> None:
    _add(admin, "projects", name="p")
    _add(admin, "items", parent="p", name="a")
    _add(admin, "items", parent="p:a", name="b")
    for parent in ("p:a", "p:a:b"):
        response = admin.patch("/items/p:a/", json={"parent": parent})
        assert (response.status_code, list(response.json())) == (400, ["parent"])
    assert _listed(admin, "/items/") == ["p", "p:a", "p:a:b"]


def test_what_belonged_to_a_deleted_project_stays(admin: httpx.Client) -> None:
    _add(admin, "projects", name="p")
    _add(admin, "projects", name="q")
    _add(admin, "datasets", parent="p", name="d")
    _add(admin, "datasets", parent="q", name="e")
    assert admin.delete("/projects/p/").status_code == 204
    assert admin.get("/projects/p/").status_code == 404
    assert [admin.get(f"/datasets/{slug}/").json()["parent"] for slug in ("p:d", "q:e")] == [None, "q"]
    response = admin.get("/next/")
    assert response.status_code == 500
    assert "p:d" in response.json()["detail"]
    assert admin.delete("/datasets/p:d/").status_code == 204
    assert admin.get("/next/").json() == {"project": "q", "dataset": "q:e"}


def test_forms_of_parts(admin: httpx.Client) -> None:
    # A part is a text, whatever type it states.
    parts = {"name": (None, "p\u00fc"), "details": (None, "a: b\r\n\r\nc", "message/rfc822")}
    response = admin.post("/projects/", files=parts)
    assert response.status_code == 201, response.text
    assert [response.json()[name] for name in parts] == ["p\u00fc", "a: b\r\n\r\nc"]
    response = admin.post("/projects/", content=b"x", headers={"content-type": "multipart/form-data"})
    assert (response.status_code, "Invalid boundary" in response.text) == (400, True)


@pytest.fixture
def project(admin: httpx.Client) -> None:
    """A project to describe."""
    assert admin.post("/projects/", data={"name": "p"}).status_code == 201


@pytest.mark.usefixtures("project")
def test_a_key_may_come_again_and_the_order_is_that_of_the_making(admin: httpx.Client) -> None:
    for kind, value in (("char", "one"), ("int", "2"), ("char", "three")):
        assert admin.post(f"/attributes/{kind}/", data={"item": "p", "key": "k", "value": value}).status_code == 201
    assert [attribute["value"] for attribute in admin.get("/items/p/").json()["attributes"]] == ["one", 2, "three"]
    assert [attribute["value"] for attribute in admin.get("/attributes/char/").json()["results"]] == ["one", "three"]


@pytest.mark.usefixtures("project")
def test_the_attributes_of_what_is_deleted_go(admin: httpx.Client) -> None:
    admin.post("/attributes/char/", data={"item": "p", "key": "k", "value": "v"})
    assert admin.delete("/projects/p/").status_code == 204
    assert admin.get("/attributes/char/").json()["count"] == 0


SETUP, UPLOAD = 1, 3
START, SUCCESS, FAIL = 1, 2, 3


@pytest.fixture
def numbers(admin: httpx.Client) -> dict[str, int]:
    """Two projects, and the numbers of their datasets by slug."""
    ids: dict[str, int] = {}
    for project in ("p", "q"):
        assert admin.post("/projects/", data={"name": project}).status_code == 201
    for parent, name in (("q", "one"), ("p", "two"), ("p", "three")):
        made = admin.post("/datasets/", data={"parent": parent, "name": name}).json()
        ids[made["slug"]] = made["id"]
    return ids


def _send(client: httpx.Client, dataset: int, stage: int, state: int, **fields: str) -> httpx.Response:
    return client.post("/statuses/", data={"dataset": dataset, "stage": stage, "state": state, **fields})


def test_a_failed_dataset_comes_back_when_it_is_unlocked(
    admin: httpx.Client, site: Sandbox, numbers: dict[str, int]
) -> None:
    _send(admin, numbers["p:two"], SETUP, FAIL, note="no space")
    assert admin.get("/next/").json()["dataset"] == "p:three"
    site.crunch.unlock("p:two")
    assert admin.get("/next/").json()["dataset"] == "p:two"


def test_a_complete_dataset_stays_away_though_it_is_unlocked(
    admin: httpx.Client, site: Sandbox, numbers: dict[str, int]
) -> None:
    _send(admin, numbers["p:two"], UPLOAD, SUCCESS)
    site.crunch.unlock("p:two")
    assert admin.get("/next/").json()["dataset"] == "p:three"
    with pytest.raises(LookupError, match="nope"):
        site.crunch.unlock("nope")


def test_a_status_states_who_sent_it(client_with: Clients, site: Sandbox, numbers: dict[str, int]) -> None:
    worker = client_with(site.crunch.add_user("worker", ["add_status"]))
    status = _send(worker, numbers["p:two"], SETUP, START, site_user="1", hostname="node1", memory_total="8").json()
    assert (status["site_user"], status["hostname"], status["memory_total"], status["disk_free"]) == (
        3,
        "node1",
        8,
        None,
    )
    assert worker.post("/projects/", data={"name": "x"}).status_code == 403
    assert [kept.to_json() for kept in site.crunch.statuses.table.all(dataset=numbers["p:two"])] == [status]


def _get(sandbox: Sandbox, path: str) -> dict[str, Any]:
    headers = {"Authorization": f"Token {sandbox.crunch_token}"}
    with httpx.Client(base_url=sandbox.crunch_url, headers=headers, trust_env=False, verify=NO_TLS) as client:
        return client.get(path).json()


def test_there_is_a_dataset_to_process(sandbox: Sandbox) -> None:
    assert _get(sandbox, "/api/next/") == {"project": "sandbox", "dataset": "sandbox:example-reads"}
    dataset = _get(sandbox, "/api/datasets/sandbox:example-reads/")
    files = sandbox.crunch.storage / str(dataset["base_file_path"])
    assert [path.name for path in files.iterdir()] == ["reads.fastq"]
    assert str(_get(sandbox, "/api/projects/sandbox/")["workflow"]).startswith("#!/bin/sh\n")


def test_the_environment_refers_to_the_site_and_its_storage(sandbox: Sandbox) -> None:
    variables = sandbox.environment()
    assert (variables["CRUNCH_URL"], variables["CRUNCH_TOKEN"]) == (f"{sandbox.url}/crunch", sandbox.crunch_token)
    settings = json.loads(Path(variables["CRUNCH_STORAGE_SETTINGS"]).read_text())
    assert settings == {"MEDIA_ROOT": str(sandbox.crunch.storage)}


@pytest.mark.skipif(sys.platform == "win32", reason="the script is for a POSIX shell")
def test_the_example_s_script_counts_its_reads(sandbox: Sandbox, tmp_path: Path) -> None:
    project = sandbox.crunch.tree.find("sandbox")
    assert project is not None
    shutil.copytree(sandbox.crunch.storage / "crunch" / "sandbox", tmp_path, dirs_exist_ok=True)
    script = tmp_path / "script.sh"
    script.write_text(project.workflow)
    script.chmod(0o755)
    subprocess.run([str(script)], cwd=tmp_path, check=True)
    assert (tmp_path / "counts.txt").read_text() == "reads.fastq 25\n"


def test_a_reset_puts_the_example_back_and_removes_the_rest(sandbox: Sandbox) -> None:
    sandbox.crunch.add_user("somebody")
    sandbox.crunch.tree.lock(2)
    (sandbox.crunch.storage / "more").mkdir()
    sandbox.reset()
    assert [item["slug"] for item in _get(sandbox, "/api/items/")["results"]] == ["sandbox", "sandbox:example-reads"]
    assert _get(sandbox, "/api/next/")["dataset"] == "sandbox:example-reads"
    assert [path.name for path in sandbox.crunch.storage.iterdir()] == ["crunch"]
    with pytest.raises(LookupError, match="somebody"):
        sandbox.crunch.token_of("somebody")


def test_what_was_made_survives_a_restart(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as first:
        reader = first.crunch.token_of("reader")
        first.crunch.tree.lock(2)
        project = first.crunch.tree.find("sandbox")
        assert project is not None
        first.crunch.attributes.add("char", project.id, "k", {"value": "v"})
        result = first.crunch.storage / "crunch" / "sandbox" / "counts.txt"
        result.write_text("25")
    with Sandbox(tmp_path) as second:
        assert second.crunch.token_of("reader") == reader
        assert _get(second, "/api/next/") == {"project": "", "dataset": ""}
        assert _get(second, "/api/items/sandbox/")["attributes"] == [{"key": "k", "value": "v"}]
        assert result.read_text() == "25"
