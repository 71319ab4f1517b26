"""Billing groups, invoices, divisions, teams, datasets, markers, feedback."""

import httpx
import pytest
from omicsdk.sandbox import Sandbox

GROUP = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b02"
TEAM = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b01"
DIVISION = "sandbox-division"
DATASET = "sandbox-user/reference-set"


def code_of(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


# -- billing


def test_billing_groups_and_invoices_are_listed_and_found(web: httpx.Client):
    places = web.get("/billing").json()
    groups = web.get(places["billing_groups_url"], params={"fields": "_all"}).json()["items"]
    assert [each["name"] for each in groups] == ["Sandbox", "Pilot"]
    assert web.get(groups[0]["href"]).json() == groups[0]
    invoices = web.get(places["invoices_url"], params={"fields": "_all"}).json()["items"]
    assert len(invoices) == 2
    assert invoices[0]["invoice_period"]["from"] > invoices[1]["invoice_period"]["from"]
    assert web.get(invoices[0]["href"]).json() == invoices[0]
    assert web.get("/billing/invoices", params={"billing_group": groups[1]["id"]}).json()["items"] == []
    assert code_of(web.get("/billing/groups/x")) == (400, 4005)
    assert code_of(web.get("/billing/groups/11111111-1111-4111-8111-111111111111")) == (404, 4002)
    assert code_of(web.get("/billing/invoices/x")) == (404, 4002)


@pytest.mark.parametrize("kind", ["analysis", "storage", "egress"])
def test_breakdowns_are_cut_by_day_and_invoice(web: httpx.Client, kind: str):
    path = f"/billing/groups/{GROUP}/breakdown/{kind}"
    assert web.get(path).headers["x-total-matching-query"] == "2"
    invoice = web.get("/billing/invoices?fields=_all").json()["items"][0]
    assert len(web.get(path, params={"invoice_id": invoice["id"]}).json()["items"]) == 1
    year, month, day = invoice["invoice_period"]["from"][:10].split("-")
    start = f"{month}-{day}-{year}"
    since, until = {"date_from": start, "date_to": "12-31-2999"}, {"date_from": "01-01-1970", "date_to": start}
    assert [len(web.get(path, params=days).json()["items"]) for days in (since, until)] == [1, 1]
    for name in since:  # they go together
        assert code_of(web.get(path, params={name: start})) == (400, 90000)
    assert web.get(path, params={"fields": "project_name"}).json()["items"][0] == {"project_name": "Pilot study"}
    assert code_of(web.get(path, params={"date_from": "2020-01-31"})) == (400, 90000)
    assert code_of(web.get(path, params={"invoice_id": "none"})) == (404, 4002)


# -- divisions and teams


def test_divisions_are_those_of_the_caller(sandbox: Sandbox, web: httpx.Client, client_of):
    assert [each["id"] for each in web.get("/divisions").json()["items"]] == [DIVISION]
    assert web.get(f"/divisions/{DIVISION}").json()["name"] == "Sandbox division"
    sandbox.sb.add_user("stranger")
    stranger = client_of("stranger")
    assert stranger.get("/divisions").json()["items"] == []
    assert code_of(stranger.get(f"/divisions/{DIVISION}")) == (404, 2002)
    assert code_of(stranger.get(f"/teams/{TEAM}")) == (404, 2002)
    assert code_of(stranger.get("/users", params={"division": DIVISION})) == (404, 2002)


def test_a_team_is_made_renamed_and_filled(web: httpx.Client, client_of):
    team = web.post("/teams", json={"name": "readers", "division": DIVISION}).json()
    assert code_of(web.post("/teams", json={"name": "readers", "division": DIVISION})) == (409, 90007)
    path = f"/teams/{team['id']}"
    assert web.patch(path, json={"name": "writers"}).json()["name"] == "writers"
    assert web.get(path).json()["name"] == "writers"
    member = web.post(f"{path}/members", json={"id": "grace"}).json()
    assert (member["username"], member["role"]) == ("grace", "MEMBER")
    assert code_of(web.post(f"{path}/members", json={"id": "grace"})) == (409, 2003)
    assert code_of(web.post(f"{path}/members", json={"id": "nobody"})) == (404, 2002)
    assert [each["id"] for each in web.get(f"{path}/members").json()["items"]] == ["sandbox-user", "grace"]
    assert web.delete(f"{path}/members/grace").status_code == 204
    assert code_of(web.delete(f"{path}/members/grace")) == (404, 2002)
    assert code_of(web.patch(path, json={"name": " "})) == (400, 90000)
    assert code_of(web.patch(path, json={"name": "sandbox-team"})) == (409, 90007)
    assert web.patch(path, json={"name": "writers"}).json()["name"] == "writers"  # its own name is no other team's

    def names(client: httpx.Client, all_: str) -> list[str]:
        return [each["name"] for each in client.get(f"/teams?division={DIVISION}&_all={all_}").json()["items"]]

    ada = client_of("ada")
    assert names(ada, "False") == ["sandbox-team"]
    assert names(ada, "True") == ["sandbox-team", "writers"]


def test_a_team_is_changed_by_those_who_administer_it(web: httpx.Client, client_of):
    ada, path = client_of("ada"), f"/teams/{TEAM}"
    assert code_of(ada.patch(path, json={"name": "hers"})) == (403, 2001)
    assert code_of(ada.post(f"{path}/members", json={"id": "grace"})) == (403, 2001)
    assert code_of(ada.delete(f"{path}/members/sandbox-user")) == (403, 2001)
    own = f"/teams/{ada.post('/teams', json={'name': 'own', 'division': DIVISION}).json()['id']}"
    assert ada.post(f"{own}/members", json={"id": "grace"}).json()["role"] == "MEMBER"
    assert web.patch(own, json={"name": "renamed"}).json()["name"] == "renamed"  # an administrator of the division
    assert client_of("grace").delete(f"{own}/members/grace").status_code == 204


# -- datasets


def test_a_public_dataset_is_read_by_everybody(web: httpx.Client, client_of):
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
    dataset = sandbox.sb.documents.get("dataset", DATASET)
    assert dataset is not None
    sandbox.sb.documents.put("dataset", DATASET, {**dataset, "visibility": "private"})
    files = {"dataset": DATASET}
    assert len(web.get("/files", params=files).json()["items"]) == 1
    assert code_of(client_of("ada").get("/files", params=files)) == (404, 90003)
    assert code_of(client_of("ada").get("/files/scroll", params={**files, "token": "init"})) == (404, 90003)


# -- markers


@pytest.fixture
def file(sandbox: Sandbox, project: str) -> str:
    """The identity of a file in the project."""
    work = sandbox.sb.work
    made = work.files.add(
        project=project, parent=work.files.root(project), name="a.bam", size=3, blob=work.blobs.put_bytes(b"abc")
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


# -- feedback


def test_feedback_is_kept(sandbox: Sandbox, web: httpx.Client):
    told = {"type": "IDEA", "text": "more", "referrer": "tests"}
    assert web.post("/action/notifications/feedback", json=told).status_code == 204
    assert sandbox.sb.documents.listed("feedback")[0]["text"] == "more"
    assert code_of(web.post("/action/notifications/feedback", json={"type": "RANT"})) == (400, 90000)
    # So does the published client, when it is given no words.
    assert web.post("/action/notifications/feedback", json={**told, "text": None}).status_code == 204
