"""Users: who is found, and who is disabled."""

import httpx
from sb_responses import code_of


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
