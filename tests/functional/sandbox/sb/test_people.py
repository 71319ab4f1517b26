"""Members of projects and organizations."""

import httpx
import pytest
from sb_responses import code_of

TEAM = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b01"


def test_only_members_see_a_project(web: httpx.Client, client_of, project: str):
    ada = client_of("ada")
    assert code_of(ada.get(f"/projects/{project}")) == (404, 3002)
    added = web.post(f"/projects/{project}/members", json={"username": "ada", "permissions": {"copy": True}}).json()
    assert (added["username"], added["type"], added["email"]) == ("ada", "USER", "ada@sandbox.example.org")
    assert added["permissions"] == {"read": True, "copy": True, "write": False, "execute": False, "admin": False}
    assert added["href"].endswith(f"/projects/{project}/members/ada")
    assert ada.get(f"/projects/{project}").json()["permissions"] == added["permissions"]
    assert code_of(ada.patch(f"/projects/{project}", json={"name": "x"})) == (403, 3001)
    assert code_of(ada.delete(f"/projects/{project}")) == (403, 3001)
    assert [member["username"] for member in web.get(f"/projects/{project}/members").json()["items"]] == [
        "sandbox-user",
        "ada",
    ]
    assert web.get(f"/projects/{project}/members/ada").json() == added


def test_an_owner_is_reported_as_other_members_are(web: httpx.Client, project: str):
    (owner,) = web.get(f"/projects/{project}/members").json()["items"]
    assert (owner["type"], owner["email"]) == ("USER", "sandbox-user@sandbox.example.org")
    assert set(owner["permissions"].values()) == {True}


def test_members_by_email_team_and_division(web: httpx.Client, client_of, project: str):
    path = f"/projects/{project}/members"
    assert web.post(path, json={"email": "grace@sandbox.example.org"}).json()["username"] == "grace"
    team = web.post(path, json={"username": TEAM, "type": "TEAM", "permissions": {"write": True}}).json()
    assert (team["username"], team["type"]) == (TEAM, "TEAM")
    assert client_of("ada").patch(f"/projects/{project}", json={"name": "x"}).status_code == 200
    division = {"username": "sandbox-division", "type": "DIVISION", "permissions": {"admin": True}}
    assert web.post(path, json=division).json()["type"] == "DIVISION"
    assert client_of("grace").get(f"/projects/{project}").json()["permissions"]["admin"] is True


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 404, 2002),
        ({"username": "nobody"}, 404, 2002),
        ({"email": "nobody@example.org"}, 404, 2002),
        ({"username": "nobody", "type": "TEAM"}, 404, 2002),
        ({"username": "sandbox-user"}, 409, 3003),
        ({"username": "ada", "permissions": {"read": "yes"}}, 400, 90000),
    ],
)
def test_who_cannot_become_a_member(web: httpx.Client, project: str, body: object, status: int, code: int):
    assert code_of(web.post(f"/projects/{project}/members", json=body)) == (status, code)


def test_permissions_are_changed_one_by_one_or_all_at_once(web: httpx.Client, project: str):
    web.post(f"/projects/{project}/members", json={"username": "ada", "permissions": {"read": True, "copy": True}})
    path = f"/projects/{project}/members/ada/permissions"
    permissions = {"read": True, "copy": True, "write": True, "execute": False, "admin": False}
    assert web.patch(path, json={"write": True}).json() == permissions
    assert web.put(path, json={**permissions, "copy": False}).json() == {**permissions, "copy": False}
    assert web.put(path, json={"read": True}).json() == {**dict.fromkeys(permissions, False), "read": True}
    assert code_of(web.patch(f"/projects/{project}/members/grace/permissions", json={})) == (404, 3002)


def test_every_member_reads_and_who_administers_may_do_everything(web: httpx.Client, project: str):
    everything = dict.fromkeys(("read", "copy", "write", "execute", "admin"), True)
    permissions = {"read": False, "admin": True}
    added = web.post(f"/projects/{project}/members", json={"username": "ada", "permissions": permissions})
    assert added.json()["permissions"] == everything
    path = f"/projects/{project}/members/ada/permissions"
    assert web.patch(path, json={"write": False}).json() == everything
    assert web.patch(path, json={"admin": False, "write": False}).json() == {
        **everything,
        "admin": False,
        "write": False,
    }
    nothing = dict.fromkeys(everything, False)
    assert web.put(path, json=nothing).json() == {**nothing, "read": True}


@pytest.mark.parametrize("kind", ["write", "copy", "execute", "admin"])
def test_the_owner_keeps_all_permissions(web: httpx.Client, project: str, kind: str):
    path = f"/projects/{project}/members/sandbox-user"
    assert code_of(web.patch(f"{path}/permissions", json={kind: False})) == (403, 3001)
    assert web.patch(f"{path}/permissions", json={kind: True}).status_code == 200
    assert all(web.get(path).json()["permissions"].values())


def test_the_owner_stays(web: httpx.Client, client_of, project: str):
    path = f"/projects/{project}/members"
    assert code_of(web.delete(f"{path}/sandbox-user")) == (403, 3001)
    web.post(path, json={"username": "ada"})
    ada = client_of("ada")
    assert code_of(ada.delete(f"{path}/sandbox-user")) == (403, 3001)
    assert ada.delete(f"{path}/ada").status_code == 204  # any member may leave
    assert ada.get(f"/projects/{project}").status_code == 404
    assert code_of(web.get(f"{path}/ada")) == (404, 3002)


DIVISION = "sandbox-division"


def test_users_are_listed_by_role_and_disabled(web: httpx.Client, client_of):
    me = web.get("/user").json()
    assert (me["username"], me["email"]) == ("sandbox-user", "sandbox-user@sandbox.example.org")
    assert me["href"].endswith("/sb/v2/users/sandbox-user")
    query = {"division": DIVISION}
    assert len(web.get("/users", params=query).json()["items"]) == 3
    admins = web.get("/users", params={**query, "role": "admin"}).json()["items"]
    assert [(user["username"], user["role"]) for user in admins] == [("sandbox-user", "ADMIN")]
    ada = client_of("ada")
    assert web.delete("/users/ada").status_code == 204
    assert ada.get("/user").status_code == 401
    names = [user["username"] for user in web.get("/users", params=query).json()["items"]]
    assert names == ["sandbox-user", "grace"]


def test_a_team_is_made_renamed_and_filled(web: httpx.Client, client_of):
    team = web.post("/teams", json={"name": "readers", "division": DIVISION}).json()
    path = f"/teams/{team['id']}"
    assert web.patch(path, json={"name": "writers"}).json()["name"] == "writers"
    member = web.post(f"{path}/members", json={"id": "grace"}).json()
    assert (member["username"], member["role"]) == ("grace", "MEMBER")
    assert code_of(web.post(f"{path}/members", json={"id": "nobody"})) == (404, 2002)
    assert [member["id"] for member in web.get(f"{path}/members").json()["items"]] == ["sandbox-user", "grace"]
    assert web.delete(f"{path}/members/grace").status_code == 204
    assert code_of(web.delete(f"{path}/members/grace")) == (404, 2002)
    assert code_of(web.patch(path, json={"name": " "})) == (400, 90000)
    ada = client_of("ada")
    for all_, names in (("False", ["sandbox-team"]), ("True", ["sandbox-team", "writers"])):
        listed = ada.get("/teams", params={"division": DIVISION, "_all": all_}).json()["items"]
        assert [team["name"] for team in listed] == names


def test_billing_groups_and_invoices_are_listed_and_found(web: httpx.Client):
    groups = web.get("/billing/groups", params={"fields": "_all"}).json()["items"]
    assert [group["name"] for group in groups] == ["Sandbox", "Pilot"]
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
