"""The manifest service: what people keep with the commons."""

from pathlib import Path

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import READER

ENTRIES = [{"object_id": "dg.TEST/1", "file_name": "a.txt"}]
GUID = "5183a350-9d56-4084-8a03-6471cafeb7fe"


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_manifest_is_kept_under_a_name_of_its_time(sandbox: Sandbox, reader: httpx.Client, method: str):
    sandbox.clock.freeze()
    names = [reader.request(method, "/manifests/", json=ENTRIES).json()["filename"] for _ in range(2)]
    assert names[1] == names[0].replace(".json", "-1.json")
    listed = reader.get("/manifests/").json()["manifests"]
    assert [each["filename"] for each in listed] == names
    assert listed[0]["last_modified_timestamp"] == sandbox.clock.now()
    assert reader.get(f"/manifests/file/{names[0]}").json() == ENTRIES


def test_manifests_are_of_whom_they_belong_to(reader: httpx.Client, admin: httpx.Client):
    name = reader.post("/manifests", json=ENTRIES).json()["filename"]
    assert admin.get("/manifests").json() == {"manifests": []}
    assert admin.get(f"/manifests/file/{name}").status_code == 404


def test_what_comes_back_is_what_the_service_makes_of_it(reader: httpx.Client):
    name = reader.post("/manifests/", json=[{"object_id": "x", "note": "it's", "size": None}]).json()["filename"]
    assert reader.get(f"/manifests/file/{name}").text == '[{"object_id": "x", "note": "it"s", "size": None}]'


def test_cohorts_and_metadata_are_kept_apart(reader: httpx.Client):
    assert reader.post("/manifests/cohorts", json={"guid": GUID}).json() == {"filename": GUID}
    assert reader.put("/manifests/cohorts", json={"guid": GUID}).json() == {"filename": GUID}
    name = reader.post("/manifests/metadata", json=[{"study": "one"}]).json()["filename"]
    assert [each["filename"] for each in reader.get("/manifests/cohorts").json()["cohorts"]] == [GUID]
    assert [each["filename"] for each in reader.get("/manifests/metadata").json()["metadata"]] == [name]
    assert reader.get("/manifests/").json() == {"manifests": []}
    assert reader.get(f"/manifests/metadata/{name}").json() == [{"study": "one"}]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/manifests/", []),
        ("/manifests/", {"object_id": "x"}),
        ("/manifests/", [{"guid": "x"}]),
        ("/manifests/cohorts", {"guid": "x"}),
        ("/manifests/cohorts", [GUID]),
        ("/manifests/metadata", []),
    ],
)
def test_other_bodies_are_refused(reader: httpx.Client, path: str, body: object):
    response = reader.post(path, json=body)
    assert (response.status_code, list(response.json())) == (400, ["error"])


def test_only_names_of_json_files_are_looked_up(reader: httpx.Client):
    assert reader.get("/manifests/file/manifest.txt").status_code == 400


@pytest.mark.parametrize("path", ["", "file/a.json", "cohorts", "metadata", "metadata/a.json"])
def test_without_a_good_token_there_is_nothing(anonymous: httpx.Client, path: str):
    for headers in ({}, {"Authorization": "bearer nonsense"}):
        response = anonymous.get(f"/manifests/{path}", headers=headers)
        assert (response.status_code, response.json()) == (403, {"error": "Please log in."})
    assert anonymous.get("/manifests/_status").text == "Healthy"


def test_manifests_survive_a_restart_and_a_reset_removes_them(tmp_path: Path):
    def listed(sandbox: Sandbox) -> list[str]:
        token = sandbox.gen3.access.issue(READER, sandbox.gen3_url)
        headers = {"Authorization": f"bearer {token}"}
        with httpx.Client(base_url=sandbox.gen3_url, headers=headers, trust_env=False) as client:
            if not client.get("/manifests/").json()["manifests"]:
                client.post("/manifests/", json=ENTRIES)
            return [each["filename"] for each in client.get("/manifests/").json()["manifests"]]

    with Sandbox(tmp_path) as sandbox:
        before = listed(sandbox)
    with Sandbox(tmp_path) as sandbox:
        assert listed(sandbox) == before
        sandbox.clock.advance(1)
        sandbox.reset()
        assert listed(sandbox) != before
