"""Marked places in genome files: who sees and changes them."""

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from sb_responses import code_of


@pytest.fixture
def file(sandbox: Sandbox, project: str) -> str:
    """The identity of a file in the project."""
    work = sandbox.sb.work
    made = work.files.add(
        project=project,
        parent=work.files.root(project),
        name="a.bam",
        size=3,
        blob=work.objects.put_bytes(b"abc").sha256,
    )
    return made.id


def test_a_marker_is_changed_by_its_maker_or_who_may_change_the_file(
    web: httpx.Client, client_of, project: str, file: str
):
    web.post(f"/projects/{project}/members", json={"username": "ada", "permissions": {"copy": True}})
    asked = {"file": file, "name": "m", "chromosome": "1", "position": {"start": 1, "end": 2}, "private": False}
    mine, ada = web.post("/genome/markers", json=asked).json()["id"], client_of("ada")
    assert code_of(ada.patch(f"/genome/markers/{mine}", json={"name": "n"})) == (403, 5001)
    assert code_of(ada.delete(f"/genome/markers/{mine}")) == (403, 5001)
    hers = ada.post("/genome/markers", json=asked).json()["id"]
    assert ada.patch(f"/genome/markers/{hers}", json={"name": "n"}).json()["name"] == "n"
    assert web.delete(f"/genome/markers/{hers}").status_code == 204


def test_a_marker_lives_with_its_file(web: httpx.Client, client_of, project: str, file: str):
    asked = {"file": file, "name": "m", "chromosome": "chr1", "position": {"start": 1, "end": 2}}
    marker = web.post("/genome/markers", json={**asked, "private": False}).json()
    assert {name: marker[name] for name in asked} == asked
    assert marker["created_by"] == "sandbox-user"
    path = f"/genome/markers/{marker['id']}"
    assert web.get(path).json() == marker
    changed = web.patch(path, json={"name": "n", "position": {"end": 5}}).json()
    assert (changed["name"], changed["position"]) == ("n", {"start": 1, "end": 5})
    web.post("/genome/markers", json={**asked, "name": "mine", "private": True})
    assert len(web.get("/genome/markers", params={"file": file}).json()["items"]) == 2
    ada = client_of("ada")
    assert code_of(ada.get(path)) == (404, 5002)
    web.post(f"/projects/{project}/members", json={"username": "ada"})
    assert [each["name"] for each in ada.get("/genome/markers", params={"file": file}).json()["items"]] == ["n"]
    assert web.delete(path).status_code == 204
    assert code_of(web.get(path)) == (404, 90003)


@pytest.mark.parametrize("position", [{"start": 5, "end": 2}, {"start": -1, "end": 2}, {"start": 1}, {}])
def test_a_marker_has_a_place(web: httpx.Client, file: str, position: dict[str, int]):
    asked = {"file": file, "name": "m", "chromosome": "chr1", "position": position}
    assert code_of(web.post("/genome/markers", json=asked)) == (400, 90000)


def test_a_marker_needs_a_file(web: httpx.Client):
    asked = {"file": "none", "name": "m", "chromosome": "chr1", "position": {"start": 1, "end": 2}}
    assert code_of(web.post("/genome/markers", json=asked)) == (404, 5002)
