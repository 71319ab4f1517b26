"""Users, projects and their members: who sees what, and what changes."""

import httpx
import pytest
from omicsdk.sandbox import Sandbox

GROUP = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b02"
TEAM = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b01"


def code_of(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


# -- users


def test_users_are_found_by_name(web: httpx.Client):
    me = web.get("/user").json()
    assert (me["username"], me["email"]) == ("sandbox-user", "sandbox-user@sandbox.example.org")
    assert me["href"].endswith("/sb/v2/users/sandbox-user")
    assert web.get("/users/ada").json()["first_name"] == "Ada"
    assert code_of(web.get("/users/nobody")) == (404, 2002)


def test_users_of_a_division_by_role(web: httpx.Client):
    query = {"division": "sandbox-division"}
    assert len(web.get("/users", params=query).json()["items"]) == 3
    admins = web.get("/users", params={**query, "role": "admin"}).json()["items"]
    assert [(each["username"], each["role"]) for each in admins] == [("sandbox-user", "ADMIN")]
    assert code_of(web.get("/users", params={"division": "other"})) == (404, 2002)
    assert code_of(web.get("/users")) == (400, 90000)


def test_an_administrator_disables_a_user_whose_tokens_end(web: httpx.Client, client_of):
    ada = client_of("ada")
    assert code_of(ada.delete("/users/grace")) == (403, 2001)
    assert web.delete("/users/ada").status_code == 204
    assert ada.get("/user").status_code == 401
    names = [each["username"] for each in web.get("/users?division=sandbox-division").json()["items"]]
    assert names == ["sandbox-user", "grace"]
    assert code_of(web.delete("/users/sandbox-user")) == (403, 2001)


# -- projects


def test_a_project_is_made_with_what_was_asked_and_the_rest_by_default(web: httpx.Client):
    asked = {"name": "My New_Project!", "tags": ["a"], "description": "d", "settings": {"use_memoization": True}}
    told = web.post("/projects", json={**asked, "billing_group": GROUP}).json()
    assert told["id"] == "sandbox-user/my-new-project"
    assert (told["name"], told["description"], told["tags"]) == ("My New_Project!", "d", ["a"])
    assert told["billing_group"] == GROUP
    assert told["settings"]["use_memoization"] is True
    assert told["settings"]["intermediate_files"] == {"retention": "LIMITED", "duration": 24}
    assert (told["type"], told["category"], told["created_by"]) == ("v2", "PRIVATE", "sandbox-user")
    assert all(told["permissions"].values())
    assert web.get("/projects/sandbox-user/my-new-project").json() == told
    assert web.get(f"/files/{told['root_folder']}").json()["type"] == "folder"


def test_projects_of_one_name_get_other_identities(web: httpx.Client):
    made = [web.post("/projects", json={"name": "Same"}).json()["id"] for _ in range(3)]
    assert made == ["sandbox-user/same", "sandbox-user/same_1", "sandbox-user/same_2"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, 90000),
        ({"name": " "}, 400, 3007),
        ({"name": 5}, 400, 3007),
        ({"name": "x", "billing_group": "11111111-1111-4111-8111-111111111111"}, 404, 4002),
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
        return [each["name"] for each in web.get(f"/projects{query}").json()["items"]]

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
    told = web.patch(f"/projects/{project}", json={"name": "New", "settings": {"locked": True}}).json()
    assert (told["id"], told["name"], told["settings"]["locked"]) == (project, "New", True)
    assert told["settings"]["location"] == before["settings"]["location"]
    assert told["modified_on"] > before["modified_on"]
    assert code_of(web.patch(f"/projects/{project}", json={"type": "v3"})) == (400, 3010)
    assert code_of(web.patch(f"/projects/{project}", json={"name": ""})) == (400, 3007)


def test_a_deleted_project_is_gone_with_its_files(web: httpx.Client, project: str):
    root = web.get(f"/projects/{project}").json()["root_folder"]
    assert web.delete(f"/projects/{project}").status_code == 204
    assert code_of(web.get(f"/projects/{project}")) == (404, 3002)
    assert code_of(web.get(f"/files/{root}")) == (404, 5002)
    assert web.get("/projects").json()["items"] == []


# -- members


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


def test_an_owner_is_told_of_as_other_members_are(sandbox: Sandbox, web: httpx.Client, project: str):
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
        ({}, 400, 3005),
        ({"username": "ada", "email": "ada@sandbox.example.org"}, 400, 3005),
        ({"username": "nobody"}, 404, 2002),
        ({"email": "nobody@example.org"}, 404, 2002),
        ({"username": "nobody", "type": "TEAM"}, 404, 2002),
        ({"username": "sandbox-user"}, 409, 3003),
        ({"username": "ada", "permissions": {"read": "yes"}}, 400, 90000),
    ],
)
def test_who_cant_become_a_member(web: httpx.Client, project: str, body: object, status: int, code: int):
    assert code_of(web.post(f"/projects/{project}/members", json=body)) == (status, code)


def test_permissions_are_changed_one_by_one_or_all_at_once(web: httpx.Client, project: str):
    web.post(f"/projects/{project}/members", json={"username": "ada", "permissions": {"read": True, "copy": True}})
    path = f"/projects/{project}/members/ada/permissions"
    held = {"read": True, "copy": True, "write": True, "execute": False, "admin": False}
    assert web.patch(path, json={"write": True}).json() == held
    assert web.put(path, json={**held, "copy": False}).json() == {**held, "copy": False}
    assert code_of(web.put(path, json={"read": True})) == (400, 3005)
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
    assert code_of(web.patch(f"{path}/sandbox-user/permissions", json={"admin": False})) == (403, 3001)
    web.post(path, json={"username": "ada"})
    ada = client_of("ada")
    assert code_of(ada.delete(f"{path}/sandbox-user")) == (403, 3001)
    assert ada.delete(f"{path}/ada").status_code == 204  # whoever wants to leave may
    assert ada.get(f"/projects/{project}").status_code == 404
    assert code_of(web.get(f"{path}/ada")) == (404, 3002)
