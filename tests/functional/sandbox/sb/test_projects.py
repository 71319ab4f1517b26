"""Projects, datasets, and many requests at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from sb_responses import code_of

GROUP = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b02"


def test_a_project_is_made_with_the_requested_fields_and_defaults(web: httpx.Client):
    fields = {"name": "My New_Project!", "tags": ["a"], "description": "d", "settings": {"use_memoization": True}}
    created = web.post("/projects", json={**fields, "billing_group": GROUP}).json()
    assert created["id"] == "sandbox-user/my-new-project"
    assert (created["name"], created["description"], created["tags"]) == ("My New_Project!", "d", ["a"])
    assert created["billing_group"] == GROUP
    assert created["settings"]["use_memoization"] is True
    assert created["settings"]["intermediate_files"] == {"retention": "LIMITED", "duration": 24}
    assert (created["type"], created["category"], created["created_by"]) == ("v2", "PRIVATE", "sandbox-user")
    assert all(created["permissions"].values())
    assert web.get("/projects/sandbox-user/my-new-project").json() == created
    assert web.get(f"/files/{created['root_folder']}").json()["type"] == "folder"


def test_projects_of_one_name_get_other_identities(web: httpx.Client):
    made = [web.post("/projects", json={"name": "Same"}).json()["id"] for _ in range(3)]
    assert made == ["sandbox-user/same", "sandbox-user/same_1", "sandbox-user/same_2"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, 90000),
        ({"name": " "}, 400, 3007),
        ({"name": 5}, 400, 90000),
        ({"name": "x", "settings": {"intermediate_files": {"duration": 121}}}, 400, 90000),
    ],
)
def test_what_no_project_can_be_made_of(web: httpx.Client, body: object, status: int, code: int):
    assert code_of(web.post("/projects", json=body)) == (status, code)


def test_projects_are_listed_by_name_tags_category_and_owner(web: httpx.Client, client_of):
    for name, tags in (("One", ["a"]), ("Two", ["a", "b"]), ("Three", [])):
        web.post("/projects", json={"name": name, "tags": tags})
    client_of("ada").post("/projects", json={"name": "One of Ada's"})

    def names(query: str) -> list[str]:
        return [item["name"] for item in web.get(f"/projects{query}").json()["items"]]

    assert names("") == ["One", "Two", "Three"]
    assert names("?name=t") == ["Two", "Three"]
    assert names("?tags=a") == ["One", "Two"]
    assert names("?tags=a&tags=b") == ["Two"]
    assert names("?category=private") == ["One", "Two", "Three"]
    assert names("?category=PUBLIC") == []
    assert names("/sandbox-user") == ["One", "Two", "Three"]
    assert names("/ada") == []


def test_a_project_is_changed_in_parts(sandbox: Sandbox, web: httpx.Client, project: str):
    before = web.get(f"/projects/{project}").json()
    sandbox.clock.advance(60)
    changed = web.patch(f"/projects/{project}", json={"name": "New", "settings": {"locked": True}}).json()
    assert (changed["id"], changed["name"], changed["settings"]["locked"]) == (project, "New", True)
    assert changed["settings"]["location"] == before["settings"]["location"]
    assert changed["modified_on"] > before["modified_on"]
    assert code_of(web.patch(f"/projects/{project}", json={"name": ""})) == (400, 3007)


def test_a_deleted_project_is_gone_with_its_files(web: httpx.Client, project: str):
    root = web.get(f"/projects/{project}").json()["root_folder"]
    assert web.delete(f"/projects/{project}").status_code == 204
    assert code_of(web.get(f"/projects/{project}")) == (404, 3002)
    assert code_of(web.get(f"/files/{root}")) == (404, 5002)
    assert web.get("/projects").json()["items"] == []


DATASET = "sandbox-user/reference-set"


def test_a_public_dataset_is_read_by_every_user(web: httpx.Client, client_of):
    ada = client_of("ada")
    for client in (web, ada):
        assert [dataset["id"] for dataset in client.get("/datasets?visibility=public").json()["items"]] == [DATASET]
        assert client.get(f"/datasets/{DATASET}").json()["name"] == "Reference set"
    assert [dataset["id"] for dataset in web.get("/datasets/sandbox-user").json()["items"]] == [DATASET]
    assert web.get("/datasets/ada").json()["items"] == []
    assert web.get("/datasets?visibility=private").json()["items"] == []
    assert code_of(ada.patch(f"/datasets/{DATASET}", json={"name": "x"})) == (403, 90002)
    assert code_of(web.get("/datasets?visibility=other")) == (400, 90000)
    assert code_of(web.get("/datasets/a/b")) == (404, 90003)


def test_a_dataset_is_changed_shared_and_deleted(web: httpx.Client, client_of):
    assert web.patch(f"/datasets/{DATASET}", json={"name": "New"}).json()["name"] == "New"
    member = web.post(f"/datasets/{DATASET}/members", json={"username": "ada"}).json()
    path = f"/datasets/{DATASET}/members/ada"
    assert web.get(path).json() == member
    assert web.patch(f"{path}/permissions", json={"write": True}).json()["write"] is True
    assert client_of("ada").patch(f"/datasets/{DATASET}", json={"description": "d"}).json()["description"] == "d"
    assert len(web.get(f"/datasets/{DATASET}/members").json()["items"]) == 2
    assert web.delete(path).status_code == 204
    assert web.delete(f"/datasets/{DATASET}").status_code == 204
    assert web.get("/datasets").json()["items"] == []


def test_files_of_a_dataset_that_is_not_public_are_its_members(sandbox: Sandbox, web: httpx.Client, client_of):
    dataset = sandbox.sb.documents.existing("dataset", DATASET)
    sandbox.sb.documents.put("dataset", DATASET, {**dataset, "visibility": "private"})
    files = {"dataset": DATASET}
    assert len(web.get("/files", params=files).json()["items"]) == 1
    assert code_of(client_of("ada").get("/files", params=files)) == (404, 90003)
    assert code_of(client_of("ada").get("/files/scroll", params={**files, "token": "init"})) == (404, 90003)


AT_ONCE = 8


def test_projects_of_one_name_made_at_once_are_different(web: httpx.Client):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ids = list(pool.map(lambda _: web.post("/projects", json={"name": "Same"}).json()["id"], range(40)))
    assert len(set(ids)) == 40
    assert web.get("/projects").headers["x-total-matching-query"] == "40"


def test_requests_at_once_are_each_counted(sandbox: Sandbox, web: httpx.Client):
    sandbox.settings.turn({"sb.rate_limit": 30})
    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = list(pool.map(lambda _: web.get("/user").status_code, range(50)))
    assert (statuses.count(200), statuses.count(429)) == (30, 20)


def test_what_is_due_happens_once(sandbox: Sandbox, web: httpx.Client, project: str, bucket: Any):
    bucket.put_object(Bucket="lab", Key="a.txt", Body=b"abc")
    service = {"type": "S3", "bucket": "lab", "credentials": {"access_key_id": "AK"}}
    volume = web.post("/storage/volumes", json={"name": "lab", "access_mode": "RO", "service": service}).json()["id"]
    item = {"source": {"volume": volume, "location": "a.txt"}, "destination": {"project": project}, "autorename": True}
    imports = web.post("/bulk/storage/imports/create", json={"items": [item] * 10}).json()["items"]
    assert all(entry["error"] is None for entry in imports)
    sandbox.clock.advance(10)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        counts = list(pool.map(lambda _: len(web.get("/storage/imports?state=COMPLETED").json()["items"]), range(20)))
    assert set(counts) == {10}
    names = [entry["name"] for entry in web.get("/files", params={"project": project}).json()["items"]]
    assert len(set(names)) == len(names) == 10
