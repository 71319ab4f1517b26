"""Pipelines and their modules, which any logged-in user writes."""

import httpx
import pytest
from pangea_responses import NO_TOKEN, NOWHERE, Thing, created, names, told


@pytest.fixture
def pipeline(owner: httpx.Client) -> Thing:
    return created(owner.post("/pipelines", json={"name": "Pipe 1", "description": "d"}))


def new_module(
    client: httpx.Client, pipeline: Thing, name: str = "m", version: str = "1.0", **fields: object
) -> httpx.Response:
    return client.post(
        "/pipeline_modules", json={"pipeline": pipeline["uuid"], "name": name, "version": version, **fields}
    )


def test_a_pipelines_name_is_there_once(owner: httpx.Client, pipeline: Thing):
    taken = {"name": ["pipeline with this name already exists."]}
    assert told(owner.post("/pipelines", json={"name": "Pipe 1"})) == (400, taken)
    other = created(owner.post("/pipelines", json={"name": "Pipe 2", "description": ""}))
    assert told(owner.patch(f"/pipelines/{other['uuid']}", json={"name": "Pipe 1"})) == (400, taken)
    assert owner.put(f"/pipelines/{pipeline['uuid']}", json={"name": "Pipe 1"}).json()["description"] == "d"


def test_a_pipeline_is_found_by_its_exact_name(owner: httpx.Client, anonymous: httpx.Client, pipeline: Thing):
    assert anonymous.get("/pipelines/name/Pipe%201").json() == pipeline
    assert anonymous.get("/pipelines/name/pipe%201").status_code == 404
    assert owner.patch("/pipelines/name/Pipe%201", json={"description": "n"}).json()["description"] == "n"
    assert owner.put("/pipelines/name/Pipe%201", json={"name": "Pipe 2"}).json()["name"] == "Pipe 2"
    assert owner.delete("/pipelines/name/Pipe%202").status_code == 204
    assert names(anonymous.get("/pipelines")) == []


def test_any_logged_in_user_writes_them(outsider: httpx.Client, anonymous: httpx.Client, pipeline: Thing):
    path = f"/pipelines/{pipeline['uuid']}"
    assert outsider.patch(path, json={"description": "by others"}).json()["description"] == "by others"
    for method in ("PUT", "PATCH", "DELETE"):
        assert told(anonymous.request(method, path, json={})) == (403, NO_TOKEN)
    assert told(anonymous.post("/pipelines", json={"name": "P"})) == (403, NO_TOKEN)
    assert outsider.delete(path).status_code == 204


def test_a_version_of_a_module_is_there_once(owner: httpx.Client, pipeline: Thing):
    created(new_module(owner, pipeline))
    unique = {"non_field_errors": ["The fields pipeline, name, version must make a unique set."]}
    assert told(new_module(owner, pipeline)) == (400, unique)
    second = created(new_module(owner, pipeline, version="1.1"))
    assert told(owner.patch(f"/pipeline_modules/{second['uuid']}", json={"version": "1.0"})) == (400, unique)


def test_a_module_names_what_it_needs_and_what_needs_it(owner: httpx.Client, pipeline: Thing):
    first = created(new_module(owner, pipeline))
    second = created(new_module(owner, pipeline, "n", "2.0", dependencies=[first["uuid"]], metadata={"k": 1}))
    assert second["dependency_modules"] == [[first["uuid"], "m", "1.0"]]
    path = f"/pipeline_modules/{first['uuid']}"
    assert owner.get(path).json()["downstream_modules"] == [[second["uuid"], "n", "2.0"]]
    owner.patch(f"/pipeline_modules/{second['uuid']}", json={"description": "e"})
    assert owner.get(path).json()["downstream_modules"] == [[second["uuid"], "n", "2.0"]]
    owner.patch(f"/pipeline_modules/{second['uuid']}", json={"dependencies": []})
    assert owner.get(path).json()["downstream_modules"] == []


@pytest.mark.parametrize(
    ("fields", "complaints"),
    [
        ({"description": ""}, {"description": ["This field may not be blank."]}),
        ({"dependencies": [NOWHERE]}, {"dependencies": [f'Invalid pk "{NOWHERE}" - object does not exist.']}),
        ({"dependencies": "x"}, {"dependencies": ['Expected a list of items but got type "str".']}),
        ({"pipeline": NOWHERE}, {"pipeline": [f'Invalid pk "{NOWHERE}" - object does not exist.']}),
    ],
)
def test_what_a_module_cannot_be_is_reported(owner: httpx.Client, pipeline: Thing, fields: Thing, complaints: Thing):
    sent = {"pipeline": pipeline["uuid"], "name": "m", "version": "1.0", **fields}
    assert told(owner.post("/pipeline_modules", json=sent)) == (400, complaints)


def test_a_module_is_found_by_name_and_version(owner: httpx.Client, anonymous: httpx.Client, pipeline: Thing):
    made = created(new_module(owner, pipeline))
    path = f"/pipelines/{pipeline['uuid']}/modules/m"
    assert anonymous.get(f"{path}/1.0").json() == made
    missing = {"detail": "PipelineModule with name m and version 9.9 not found in pipeline Pipe 1"}
    assert told(anonymous.get(f"{path}/9.9")) == (404, missing)
    missing = {"detail": f"Pipeline with uuid {NOWHERE} not found"}
    assert told(anonymous.get(f"/pipelines/{NOWHERE}/modules/m/1.0")) == (404, missing)


def test_modules_are_listed_by_their_pipeline_and_go_with_it(owner: httpx.Client, pipeline: Thing):
    other = created(owner.post("/pipelines", json={"name": "Pipe 2"}))
    created(new_module(owner, pipeline))
    created(new_module(owner, other, "o"))
    assert names(owner.get("/pipeline_modules", params={"pipeline": other["uuid"]})) == ["o"]
    assert owner.delete(f"/pipelines/{other['uuid']}").status_code == 204
    assert names(owner.get("/pipeline_modules")) == ["m"]
