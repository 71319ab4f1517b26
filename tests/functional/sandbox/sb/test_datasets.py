"""Datasets: who reads, changes and deletes them."""

import httpx
from omicsdk.sandbox import Sandbox
from sb_responses import code_of

DATASET = "sandbox-user/reference-set"


def test_a_public_dataset_is_read_by_every_user(web: httpx.Client, client_of):
    ada = client_of("ada")
    for client in (web, ada):
        assert [each["id"] for each in client.get("/datasets?visibility=public").json()["items"]] == [DATASET]
        assert client.get(f"/datasets/{DATASET}").json()["name"] == "Reference set"
    assert [each["id"] for each in web.get("/datasets/sandbox-user").json()["items"]] == [DATASET]
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
