"""Divisions and their teams: who sees them, and who changes them."""

import httpx
from omicsdk.sandbox import Sandbox
from sb_responses import code_of

TEAM = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b01"
DIVISION = "sandbox-division"


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
