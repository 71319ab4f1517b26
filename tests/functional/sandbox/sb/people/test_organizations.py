"""Users, divisions and their teams, and billing."""

import httpx
import pytest
from sb_responses import code_of

DIVISION = "sandbox-division"


def test_users_are_listed_by_role_and_disabled(web: httpx.Client, client_of):
    me = web.get("/user").json()
    assert (me["username"], me["email"]) == ("sandbox-user", "sandbox-user@sandbox.example.org")
    assert me["href"].endswith("/sb/v2/users/sandbox-user")
    query = {"division": DIVISION}
    assert len(web.get("/users", params=query).json()["items"]) == 3
    admins = web.get("/users", params={**query, "role": "admin"}).json()["items"]
    assert [(each["username"], each["role"]) for each in admins] == [("sandbox-user", "ADMIN")]
    ada = client_of("ada")
    assert web.delete("/users/ada").status_code == 204
    assert ada.get("/user").status_code == 401
    names = [each["username"] for each in web.get("/users", params=query).json()["items"]]
    assert names == ["sandbox-user", "grace"]


def test_a_team_is_made_renamed_and_filled(web: httpx.Client, client_of):
    team = web.post("/teams", json={"name": "readers", "division": DIVISION}).json()
    path = f"/teams/{team['id']}"
    assert web.patch(path, json={"name": "writers"}).json()["name"] == "writers"
    member = web.post(f"{path}/members", json={"id": "grace"}).json()
    assert (member["username"], member["role"]) == ("grace", "MEMBER")
    assert code_of(web.post(f"{path}/members", json={"id": "nobody"})) == (404, 2002)
    assert [each["id"] for each in web.get(f"{path}/members").json()["items"]] == ["sandbox-user", "grace"]
    assert web.delete(f"{path}/members/grace").status_code == 204
    assert code_of(web.delete(f"{path}/members/grace")) == (404, 2002)
    assert code_of(web.patch(path, json={"name": " "})) == (400, 90000)
    ada = client_of("ada")
    for all_, names in (("False", ["sandbox-team"]), ("True", ["sandbox-team", "writers"])):
        listed = ada.get("/teams", params={"division": DIVISION, "_all": all_}).json()["items"]
        assert [each["name"] for each in listed] == names


def test_billing_groups_and_invoices_are_listed_and_found(web: httpx.Client):
    groups = web.get("/billing/groups", params={"fields": "_all"}).json()["items"]
    assert [each["name"] for each in groups] == ["Sandbox", "Pilot"]
    assert web.get(groups[0]["href"]).json() == groups[0]
    invoices = web.get("/billing/invoices", params={"fields": "_all"}).json()["items"]
    assert invoices[0]["invoice_period"]["from"] > invoices[1]["invoice_period"]["from"]
    assert web.get(invoices[0]["href"]).json() == invoices[0]
    assert web.get("/billing/invoices", params={"billing_group": groups[1]["id"]}).json()["items"] == []


@pytest.mark.parametrize("kind", ["analysis", "storage", "egress"])
def test_breakdowns_are_cut_by_invoice(web: httpx.Client, kind: str):
    path = f"/billing/groups/5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b02/breakdown/{kind}"
    assert web.get(path).headers["x-total-matching-query"] == "2"
    invoice = web.get("/billing/invoices").json()["items"][0]["id"]
    assert len(web.get(path, params={"invoice_id": invoice}).json()["items"]) == 1
    assert web.get(path, params={"fields": "project_name"}).json()["items"][0] == {"project_name": "Pilot study"}
