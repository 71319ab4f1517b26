"""Users, groups and roles over HTTP."""

import pytest

ADD, REMOVE = {"action": "add"}, {"action": "remove"}


def names(client, path, key):
    return client.get(path).json()[key]


def test_what_exists_from_the_start(admin):
    assert names(admin, "/v1/users", "users") == ["user@example.org"]
    assert names(admin, "/v1/groups", "groups") == ["admin", "hca", "user_default"]
    assert names(admin, "/v1/roles", "roles") == ["default_user", "fusillade_admin"]
    assert names(admin, "/v1/user/user@example.org/groups", "groups") == ["admin", "hca", "user_default"]


def test_a_user_from_beginning_to_end(admin, policy):
    user_policy = policy("dss:GetFile")
    admin.post("/v1/role", json={"role_id": "reader", "policy": policy("dss:Get*")})
    made = admin.post(
        "/v1/user", json={"user_id": "bob@example.org", "groups": ["hca"], "roles": ["reader"], "policy": user_policy}
    )
    assert made.status_code == 201
    user = admin.get("/v1/user/bob@example.org").json()
    assert user == {"user_id": "bob@example.org", "status": "enabled", "policies": {"IAMPolicy": user_policy}}
    assert names(admin, "/v1/user/bob@example.org/groups", "groups") == ["hca", "user_default"]
    assert names(admin, "/v1/user/bob@example.org/roles", "roles") == ["reader"]
    assert admin.put("/v1/user/bob@example.org", params={"status": "disabled"}).json()["status"] == "disabled"
    assert admin.get("/v1/user/bob@example.org").json()["status"] == "disabled"
    admin.put("/v1/user/bob@example.org/policy", json={"policy": policy("dss:PutFile")})
    assert admin.get("/v1/user/bob@example.org").json()["policies"]["IAMPolicy"] == policy("dss:PutFile")


@pytest.mark.parametrize(
    ("length", "message"), [(129, "at most 128 characters, not 129"), (0, "at least 1 characters, not 0")]
)
def test_a_name_of_another_length_is_reported_with_the_limit(admin, length, message):
    refused = admin.post("/v1/user", json={"user_id": "a" * length})
    assert refused.status_code == 400
    assert message in refused.text


def test_a_group_from_beginning_to_end(admin, policy):
    admin.post("/v1/role", json={"role_id": "reader", "policy": policy("dss:Get*")})
    assert admin.post("/v1/group", json={"group_id": "lab", "roles": ["reader"]}).status_code == 201
    group = admin.get("/v1/group/lab").json()
    assert group["group_id"] == "lab"
    assert group["policies"]["IAMPolicy"]["Statement"]
    for name in ("a@example.org", "b@example.org"):
        admin.post("/v1/user", json={"user_id": name})
    users = {"users": ["a@example.org", "b@example.org"]}
    assert admin.put("/v1/group/lab/users", params=ADD, json=users).json()["users"] == users["users"]
    assert names(admin, "/v1/group/lab/users", "users") == users["users"]
    assert names(admin, "/v1/group/lab/roles", "roles") == ["reader"]
    admin.put("/v1/group/lab/users", params=REMOVE, json={"users": ["a@example.org"]})
    assert names(admin, "/v1/user/a@example.org/groups", "groups") == ["user_default"]
    assert admin.put("/v1/group/lab/policy", json={"policy": policy("dss:Put*")}).status_code == 200
    assert admin.get("/v1/group/lab").json()["policies"]["IAMPolicy"] == policy("dss:Put*")


@pytest.mark.parametrize(("kind", "body"), [("group", {}), ("role", {"policy": True})])
def test_deleting_detaches_first(admin, policy, kind, body):
    admin.post(f"/v1/{kind}", json={f"{kind}_id": "gone", **({"policy": policy("a:Bc")} if body else {})})
    admin.post("/v1/user", json={"user_id": "bob@example.org", f"{kind}s": ["gone"]})
    assert admin.delete(f"/v1/{kind}/gone").status_code == 200
    assert "gone" not in names(admin, f"/v1/user/bob@example.org/{kind}s", f"{kind}s")
    assert admin.delete(f"/v1/{kind}/gone").status_code == 404
    admin.post(f"/v1/{kind}", json={f"{kind}_id": "gone", "policy": policy("a:Bc")})
    assert "gone" not in names(admin, f"/v1/user/bob@example.org/{kind}s", f"{kind}s")


def test_a_change_that_was_made_before_changes_nothing(admin, policy):
    for name in ("one", "two"):
        admin.post("/v1/role", json={"role_id": name, "policy": policy("a:Bc")})
    path = "/v1/group/hca/roles"
    assert admin.put(path, params=ADD, json={"roles": ["one"]}).status_code == 200
    again = admin.put(path, params=ADD, json={"roles": ["one", "two"]})
    assert (again.status_code, again.content) == (304, b"")
    assert names(admin, path, "roles") == ["one"]
    assert admin.put(path, params=REMOVE, json={"roles": ["one", "two"]}).status_code == 304
    assert names(admin, path, "roles") == ["one"]
    assert admin.put(path, params=REMOVE, json={"roles": ["one"]}).status_code == 200
    assert admin.put("/v1/group/hca/users", params=REMOVE, json={"users": ["user@example.org"]}).status_code == 200
    assert admin.put("/v1/group/hca/users", params=REMOVE, json={"users": ["user@example.org"]}).status_code == 304


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/user", {"user_id": "user@example.org"}, 409),
        ("POST", "/v1/group", {"group_id": "hca"}, 409),
        ("POST", "/v1/user", {"user_id": "x", "groups": ["none"]}, 400),
        ("POST", "/v1/group", {"group_id": "x", "roles": ["none"]}, 400),
        ("POST", "/v1/user", {"user_id": "a b"}, 400),
        ("POST", "/v1/user", {"user_id": "x" * 129}, 400),
        ("POST", "/v1/user", {"user_id": ""}, 400),
        ("POST", "/v1/group", {}, 400),
        ("POST", "/v1/role", {"role_id": "x"}, 400),
        ("POST", "/v1/role", {"role_id": "x", "policy": None}, 400),
        ("PUT", "/v1/user/none/groups?action=add", {"groups": ["hca"]}, 404),
        ("PUT", "/v1/user/user@example.org/groups?action=add", {"groups": ["none"]}, 404),
        ("PUT", "/v1/user/user@example.org/groups?action=add", {}, 400),
        ("PUT", "/v1/user/user@example.org/groups?action=swap", {"groups": ["hca"]}, 400),
        ("PUT", "/v1/user/user@example.org?status=asleep", None, 400),
        ("PUT", "/v1/user/user@example.org/policy", {}, 400),
        ("PUT", "/v1/group/none/policy", {"policy": None}, 400),
        ("PUT", "/v1/group/hca/users?action=add", {"users": []}, 400),
        ("PUT", "/v1/group/hca/users?action=add", {"users": [f"u{n}" for n in range(11)]}, 400),
        ("PUT", "/v1/group/hca/users?action=add", {"users": ["none"]}, 404),
        ("GET", "/v1/user/none", None, 404),
        ("GET", "/v1/user/none/roles", None, 404),
        ("GET", "/v1/group/none/users", None, 404),
        ("GET", "/v1/role/none", None, 404),
        ("GET", "/v1/user/user@example.org/owns?resource_type=none", None, 404),
        ("GET", "/v1/users?per_page=4", None, 400),
        ("GET", "/v1/users?per_page=31", None, 400),
        ("GET", "/v1/users?next_token=%2A", None, 400),
        ("GET", "/v1/users?next_token=a%2B%2F", None, 400),  # of which base64 warns from Python 3.15 on
    ],
)
def test_refusals_say_why(admin, method, path, body, status):
    response = admin.request(method, path, json=body)
    assert response.status_code == status, response.text
    assert response.json()["detail"]


def test_who_creates_owns(admin, client, policy):
    admin.post("/v1/group", json={"group_id": "mine"})
    admin.post("/v1/role", json={"role_id": "mine", "policy": policy("a:Bc")})
    admin.post("/v1/resource/box", json={"actions": ["box:Open"]})
    admin.post("/v1/resource/box/id/b1")
    path = "/v1/user/user@example.org/owns"
    for kind, key, owned in (
        ("group", "groups", ["mine"]),
        ("role", "roles", ["mine"]),
        ("box", "resource_ids", ["/resource/box/id/b1"]),
    ):
        response = admin.get(path, params={"resource_type": kind})
        assert response.json()[key] == owned
        assert response.headers["x-openapi-paginated-content-key"] == key
    client("ann@example.org").get("/v1/user/ann@example.org")
    assert admin.get("/v1/user/ann@example.org/owns", params={"resource_type": "group"}).json() == {"groups": []}


def test_pages(admin, sandbox):
    made = [f"u{number:02}@example.org" for number in range(33)]
    for name in made:
        sandbox.fusillade.add("user", name)
    url, user_ids, sizes = "/v1/users", [], []
    while url:
        response = admin.get(url)
        assert response.headers["x-openapi-paginated-content-key"] == "users"
        assert response.headers["x-openapi-pagination"] == ("true" if "next" in response.links else "false")
        assert response.status_code == (206 if "next" in response.links else 200)
        user_ids += response.json()["users"]
        sizes.append(len(response.json()["users"]))
        url = response.links.get("next", {}).get("url", "")
    assert (user_ids, sizes) == ([*made, "user@example.org"], [15, 15, 4])
    assert [len(admin.get("/v1/users", params={"per_page": size}).json()["users"]) for size in (5, 30)] == [5, 30]
    assert "per_page=5" in admin.get("/v1/users", params={"per_page": 5}).links["next"]["url"]
