"""The state of the sandbox's index after a stop and a reset, and requests to other commons."""

import json
from collections.abc import Generator
from pathlib import Path

import pytest
from indexd_clients import indexd_client, new_record
from omicsdk.sandbox import Sandbox


@pytest.fixture
def other(tmp_path: Path) -> Generator[Sandbox]:
    """Another commons."""
    with Sandbox(tmp_path / "other") as sandbox:
        sandbox.settings.turn({"gen3.guid_prefix": "dg.OTHER/"})
        yield sandbox


def neighbour(sandbox: Sandbox) -> dict[str, object]:
    return {"name": "Other", "host": f"{sandbox.gen3_url}/index/", "hints": ["^dg.OTHER.*"], "type": "indexd"}


def test_the_index_is_there_again_after_a_restart(tmp_path: Path):
    with Sandbox(tmp_path) as sandbox, indexd_client(sandbox) as web:
        did = web.post("/index/index", json=new_record(4, file_name="kept")).json()["did"]
        web.post(f"/index/index/{did}/aliases", json={"aliases": [{"value": "a"}]})
        bundle = web.post("/index/bundle", json={"bundles": [did]}).json()["bundle_id"]
        before = web.get(f"/index/index/{did}").json()
    with Sandbox(tmp_path) as sandbox, indexd_client(sandbox, "") as web:
        assert web.get(f"/index/index/{did}").json() == before
        assert web.get("/index/a").json()["file_name"] == "kept"
        assert web.get(f"/index/bundle/{bundle}").json()["size"] == 4
        assert web.get("/index/index", params={"hash": f"md5:{4:032x}"}).json()["records"][0]["did"] == did


def test_a_reset_empties_the_index(sandbox: Sandbox):
    with indexd_client(sandbox) as web:
        did = web.post("/index/index", json=new_record()).json()["did"]
        web.post(f"/index/index/{did}/aliases", json={"aliases": [{"value": "a"}]})
        web.post("/index/bundle", json={"bundles": [did]})
    sandbox.reset()
    with indexd_client(sandbox) as web:
        assert web.get("/index/index", params={"form": "all"}).json()["records"] == []
        assert web.get("/index/index", params={"url": "s3://bucket/1"}).json()["records"] == []
        assert web.get("/index/a").status_code == 404
        assert web.post("/index/index", json=new_record(did=did)).status_code == 200


@pytest.mark.parametrize("wrong", ["{}", '["x"]', '[{"name": "x"}]', '[{"name": "x", "host": "y", "hints": ["("]}]'])
def test_a_setting_that_is_no_list_of_neighbours_is_named(sandbox: Sandbox, wrong: str):
    sandbox.settings.turn({"gen3.index_neighbours": wrong})
    with indexd_client(sandbox, "") as web:
        for path in ("/index/_dist", "/index/unknown"):
            response = web.get(path)
            assert response.status_code == 500
            assert "gen3.index_neighbours isn't a list of objects with name, host and hints" in response.json()["error"]


def test_another_commons_is_asked_for_a_guid_that_is_not_here(sandbox: Sandbox, other: Sandbox):
    sandbox.settings.turn({"gen3.index_neighbours": json.dumps([neighbour(other)])})
    did = other.gen3.index.create(new_record(9))["did"]
    with indexd_client(sandbox, "") as web:
        assert web.get("/index/_dist").json() == [neighbour(other)]
        found = web.get(f"/index/{did}").json()
        assert (found["size"], found["from_index_service"]["name"]) == (9, "Other")
        assert web.get(f"/index/{did}", params={"no_dist": ""}).status_code == 404
        assert web.get(f"/index/index/{did}").status_code == 404


def test_a_setting_that_is_not_json_is_named(sandbox: Sandbox):
    sandbox.settings.turn({"gen3.index_neighbours": "[", "gen3.passport_issuers": "{"})
    did = sandbox.gen3.index.create(new_record())["did"]
    with indexd_client(sandbox, "") as web:
        assert "gen3.index_neighbours isn't JSON" in web.get("/index/_dist").json()["error"]
        assert "gen3.passport_issuers isn't JSON" in web.get(f"/ga4gh/drs/v1/objects/{did}").json()["msg"]


def test_what_responses_with_a_page_has_no_record(sandbox: Sandbox, other: Sandbox):
    no_index = {**neighbour(other), "host": f"{other.gen3_url}/index/_status?"}
    did = other.gen3.index.create(new_record(9))["did"]
    sandbox.settings.turn({"gen3.index_neighbours": json.dumps([no_index, neighbour(other)])})
    with indexd_client(sandbox, "") as web:
        assert web.get(f"/index/{did}").json()["from_index_service"]["host"] == neighbour(other)["host"]
        assert web.get("/index/dg.OTHER/unknown").status_code == 404


def test_neighbours_beyond_the_machine_or_down_are_left_alone(sandbox: Sandbox, other: Sandbox):
    far = {**neighbour(other), "host": "https://other.example.org/index/"}
    down = {**neighbour(other), "host": "http://127.0.0.1:9/index/"}
    did = other.gen3.index.create(new_record(9))["did"]
    sandbox.settings.turn({"gen3.index_neighbours": json.dumps([far, down, neighbour(other)])})
    with indexd_client(sandbox, "") as web:
        assert web.get(f"/index/{did}").json()["from_index_service"]["host"] == neighbour(other)["host"]
        assert web.get("/index/dg.OTHER/unknown").status_code == 404
