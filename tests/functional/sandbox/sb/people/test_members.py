"""Members of projects: what they may do, and who may make them."""

import httpx
import pytest
from sb_responses import code_of

TEAM = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b01"


def test_only_members_see_a_project(web: httpx.Client, client_of, project: str):
    ada = client_of("ada")
    assert code_of(ada.get(f"/projects/{project}")) == (404, 3002)
    told = web.post(f"/projects/{project}/members", json={"username": "ada", "permissions": {"copy": True}}).json()
    assert (told["username"], told["type"], told["email"]) == ("ada", "USER", "ada@sandbox.example.org")
    assert told["permissions"] == {"read": True, "copy": True, "write": False, "execute": False, "admin": False}
    assert told["href"].endswith(f"/projects/{project}/members/ada")
    assert ada.get(f"/projects/{project}").json()["permissions"] == told["permissions"]
    assert code_of(ada.patch(f"/projects/{project}", json={"name": "x"})) == (403, 3001)
    assert code_of(ada.delete(f"/projects/{project}")) == (403, 3001)
    assert [each["username"] for each in web.get(f"/projects/{project}/members").json()["items"]] == [
        "sandbox-user",
        "ada",
    ]
    assert web.get(f"/projects/{project}/members/ada").json() == told


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
    held = {"read": True, "copy": True, "write": True, "execute": False, "admin": False}
    assert web.patch(path, json={"write": True}).json() == held
    assert web.put(path, json={**held, "copy": False}).json() == {**held, "copy": False}
    assert web.put(path, json={"read": True}).json() == {**dict.fromkeys(held, False), "read": True}
    assert code_of(web.patch(f"/projects/{project}/members/grace/permissions", json={})) == (404, 3002)


def test_every_member_reads_and_who_administers_may_do_everything(web: httpx.Client, project: str):
    everything = dict.fromkeys(("read", "copy", "write", "execute", "admin"), True)
    asked = {"read": False, "admin": True}
    added = web.post(f"/projects/{project}/members", json={"username": "ada", "permissions": asked})
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
