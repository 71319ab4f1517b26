"""Arborist: who may do what, and how that is changed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import operations, read_document
from omicsdk.sandbox.gen3 import ADMINISTRATOR, CLIENT_ID, READER

Clients = Callable[[str], httpx.Client]
READ = {"service": "*", "method": "read"}


def may(client: httpx.Client, user: dict[str, str], method: str, resource: str, service: str = "indexd") -> bool:
    request = {"resource": resource, "action": {"service": service, "method": method}}
    return client.post("/authz/auth/request", json={"user": user, "request": request}).json()["auth"]


def role(id: str, *actions: tuple[str, str]) -> dict[str, Any]:
    permissions = [{"id": method, "action": {"service": service, "method": method}} for service, method in actions]
    return {"id": id, "permissions": permissions}


@pytest.fixture
def curators(admin: httpx.Client) -> str:
    """The name of a policy that lets write to a project."""
    assert admin.post("/authz/resource/programs", json={"name": "demo"}).status_code == 201
    assert (
        admin.post("/authz/role", json=role("curator", ("indexd", "create"), ("indexd", "update"))).status_code == 201
    )
    policy = {"id": "curators", "role_ids": ["curator"], "resource_paths": ["/programs/demo"]}
    assert admin.post("/authz/policy", json=policy).json() == {"created": policy}
    return "curators"


def test_every_user_sees_what_they_may_do(reader: httpx.Client, anonymous: httpx.Client, admin: httpx.Client):
    nobodys = anonymous.get("/authz/mapping").json()
    assert READ in nobodys["/open"]
    readers = reader.get("/authz/mapping/").json()
    assert {"service": "fence", "method": "file_upload"} in readers["/data_file"]
    assert "/data_file" not in nobodys
    assert {"service": "*", "method": "*"} in admin.get("/authz/mapping").json()["/programs"]
    assert reader.get("/authz/auth/mapping").json() == readers


def test_a_bad_token_is_reported_nothing(anonymous: httpx.Client):
    response = anonymous.get("/authz/mapping", headers={"Authorization": "bearer nonsense"})
    assert response.status_code == 401
    assert response.json()["error"]["code"] == 401


def test_what_others_may_do_is_queried_by_their_names(anonymous: httpx.Client):
    def mapping(**body: str) -> httpx.Response:
        return anonymous.post("/authz/auth/mapping", json=body)

    assert "/data_file" in mapping(username=READER).json()
    assert "/data_file" not in mapping(username="stranger@example.org").json()
    assert "/data_file" in mapping(clientID=CLIENT_ID).json()
    assert mapping().status_code == 400
    assert mapping(username=READER, clientID=CLIENT_ID).status_code == 400


def test_one_question_is_answered(sandbox: Sandbox, anonymous: httpx.Client):
    token = {"token": sandbox.gen3.access.issue(READER, sandbox.gen3_url)}
    assert may(anonymous, token, "read", "/open/below")
    assert not may(anonymous, token, "delete", "/open")
    assert not may(anonymous, token, "read", "/opener")
    assert may(anonymous, {"user_id": ADMINISTRATOR}, "delete", "/open")
    assert may(anonymous, {}, "read", "/open")
    assert not may(anonymous, {}, "file_upload", "/data_file", "fence")


def test_several_questions_are_answered_together(anonymous: httpx.Client):
    def asked(*methods: str) -> bool:
        requests = [{"resource": "/open", "action": {"service": "fence", "method": method}} for method in methods]
        return anonymous.post("/authz/auth/request", json={"user": {}, "requests": requests}).json()["auth"]

    assert asked("read", "read-storage")
    assert not asked("read", "delete")


def test_a_gateway_asks_by_a_query(reader: httpx.Client, anonymous: httpx.Client):
    allowed = {"resource": "/data_file", "service": "fence", "method": "file_upload"}
    assert reader.get("/authz", params=allowed).headers["REMOTE_USER"] == READER
    assert reader.get("/authz/", params={**allowed, "method": "read"}).status_code == 403
    assert reader.get("/authz/auth/proxy", params={"resource": "/open"}).status_code == 400
    assert anonymous.get("/authz", params=allowed).status_code == 400


def test_resources_are_listed(sandbox: Sandbox, reader: httpx.Client, anonymous: httpx.Client):
    token = {"token": sandbox.gen3.access.issue(READER, sandbox.gen3_url)}
    listed = reader.get("/authz/resources").json()["resources"]
    assert listed == ["/data_file", "/open"]
    assert anonymous.post("/authz/auth/resources", json={"user": token}).json()["resources"] == listed
    tags = reader.get("/authz/resources", params={"tags": ""}).json()["resources"]
    assert len(tags) == 2
    assert tags != listed


def test_a_user_gets_policies_and_loses_them(admin: httpx.Client, curators: str):
    name = "eve@example.org"
    assert admin.post("/authz/user", json={"name": name}).status_code == 201
    assert admin.post("/authz/user", json={"name": name}).status_code == 409
    assert not may(admin, {"user_id": name}, "update", "/programs/demo/projects/one")
    assert admin.post(f"/authz/user/{name}/policy", json={"policy": curators}).status_code == 204
    assert may(admin, {"user_id": name}, "update", "/programs/demo/projects/one")
    assert admin.get(f"/authz/user/{name}").json()["policies"] == [{"policy": curators, "expires_at": None}]
    listed = admin.get(f"/authz/user/{name}/resources", params={"method": "update"}).json()["resources"]
    assert listed == ["/programs/demo"]
    assert admin.delete(f"/authz/user/{name}/policy/{curators}").status_code == 204
    assert not may(admin, {"user_id": name}, "update", "/programs/demo")
    assert admin.post(f"/authz/user/{name}/bulk/policy", json=[{"policy": curators}]).status_code == 204
    assert admin.delete(f"/authz/user/{name}/policy").status_code == 204
    assert admin.get(f"/authz/user/{name}").json()["policies"] == []
    assert admin.delete(f"/authz/user/{name}").status_code == 204
    assert name not in [each["name"] for each in admin.get("/authz/user").json()["users"]]


def test_a_policy_ends_when_it_was_granted_to(sandbox: Sandbox, admin: httpx.Client, curators: str):
    end = datetime.fromtimestamp(sandbox.clock.freeze() + 60, UTC)
    granted = {"policy": curators, "expires_at": end.isoformat().replace("+00:00", "Z")}
    assert admin.post(f"/authz/user/{READER}/policy", json=granted).status_code == 204
    assert may(admin, {"user_id": READER}, "update", "/programs/demo")
    sandbox.clock.advance(61)
    assert not may(admin, {"user_id": READER}, "update", "/programs/demo")
    assert admin.post(f"/authz/user/{READER}/policy", json={**granted, "expires_at": "soon"}).status_code == 400


def test_a_group_shares_its_policies(admin: httpx.Client, curators: str):
    assert admin.post("/authz/group", json={"name": "lab"}).status_code == 201
    assert admin.post("/authz/group", json={"name": "lab"}).status_code == 409
    assert admin.post("/authz/group/lab/policy", json={"policy": curators}).status_code == 204
    assert admin.post("/authz/group/lab/user", json={"username": READER}).status_code == 204
    assert may(admin, {"user_id": READER}, "update", "/programs/demo")
    assert admin.get(f"/authz/user/{READER}").json()["groups"] == ["lab"]
    assert admin.delete(f"/authz/group/lab/user/{READER}").status_code == 204
    assert not may(admin, {"user_id": READER}, "update", "/programs/demo")
    assert admin.put("/authz/group", json={"name": "lab", "users": [READER], "policies": [curators]}).status_code == 201
    assert may(admin, {"user_id": READER}, "update", "/programs/demo")
    assert admin.delete("/authz/group/lab/policy/curators").status_code == 204
    assert admin.get("/authz/group/lab").json() == {"name": "lab", "users": [READER], "policies": []}
    assert admin.delete("/authz/group/lab").status_code == 204
    assert admin.delete("/authz/group/anonymous").status_code == 400
    assert [each["name"] for each in admin.get("/authz/group").json()["groups"]] == ["anonymous", "logged-in"]


def test_what_every_user_may_is_a_groups_matter(admin: httpx.Client, anonymous: httpx.Client, curators: str):
    assert admin.post("/authz/group/logged-in/policy", json={"policy": curators}).status_code == 204
    assert may(anonymous, {"user_id": READER}, "update", "/programs/demo")
    assert not may(anonymous, {}, "update", "/programs/demo")


def test_a_client_has_policies(admin: httpx.Client, curators: str):
    assert admin.post("/authz/client", json={"clientID": "robot"}).status_code == 201
    assert admin.post("/authz/client", json={"clientID": "robot"}).status_code == 409
    assert admin.post("/authz/client/robot/policy", json={"policy": curators}).status_code == 204
    assert admin.get("/authz/client/robot").json() == {"clientID": "robot", "policies": [curators]}
    assert admin.delete("/authz/client/robot/policy/curators").status_code == 204
    assert admin.delete("/authz/client/robot/policy").status_code == 204
    assert admin.delete("/authz/client/robot").status_code == 204
    assert [each["clientID"] for each in admin.get("/authz/client").json()["clients"]] == [CLIENT_ID]


def test_roles_and_policies_change(admin: httpx.Client, curators: str):
    assert admin.post("/authz/role", json=role("curator", ("*", "read"))).status_code == 409
    assert admin.put("/authz/role/curator", json=role("curator", ("indexd", "delete"))).status_code == 201
    assert admin.patch("/authz/role/curator", json={"description": "cleans up"}).status_code == 201
    found = admin.get("/authz/role/curator").json()
    assert (found["description"], found["permissions"][0]["action"]["method"]) == ("cleans up", "delete")
    changed = {"role_ids": ["curator"], "resource_paths": ["/programs/other"]}
    assert admin.put(f"/authz/policy/{curators}", json=changed).json()["updated"] == {"id": curators, **changed}
    assert admin.patch(f"/authz/policy/{curators}", json={"resource_paths": ["/a"]}).status_code == 201
    assert admin.get(f"/authz/policy/{curators}").json()["resource_paths"] == ["/a"]
    assert admin.put("/authz/bulk/policy", json=[{"id": "more", **changed}]).status_code == 201
    assert {"curators", "more"} <= {each["id"] for each in admin.get("/authz/policy").json()["policies"]}
    expanded = admin.get("/authz/policy", params={"expand": ""}).json()["policies"]
    assert all("roles" in each for each in expanded)
    assert admin.delete("/authz/policy/more").status_code == 204
    assert admin.delete("/authz/role/curator").status_code == 204
    assert "curator" not in {each["id"] for each in admin.get("/authz/role").json()["roles"]}


def test_resources_are_a_tree(admin: httpx.Client, reader: httpx.Client):
    assert admin.post("/authz/resource/programs/demo/projects", json={"name": "one"}).status_code == 404
    body = {"name": "one", "description": "the first", "subresources": [{"name": "files"}]}
    made = admin.post("/authz/resource/programs/demo/projects", params={"p": ""}, json=body)
    assert made.status_code == 201
    path = "/programs/demo/projects/one"
    assert made.json()["created"]["path"] == path
    assert admin.get(f"/authz/resource{path}").json()["subresources"] == [f"{path}/files"]
    again = admin.post("/authz/resource/programs/demo/projects", json={"name": "one"})
    assert (again.status_code, again.json()["exists"]["description"]) == (409, "the first")
    assert admin.put("/authz/resource/programs/demo/projects", json={"name": "one"}).status_code == 201
    assert admin.get(f"/authz/resource{path}").json()["subresources"] == []
    assert path in [each["path"] for each in admin.get("/authz/resource").json()["resources"]]
    assert path in admin.get("/authz/mapping").json()
    assert admin.delete("/authz/resource/programs/demo").status_code == 204
    assert admin.get(f"/authz/resource{path}").status_code == 404
    assert path not in admin.get("/authz/mapping").json()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/role", {"id": "x"}),
        ("POST", "/role", {"id": "x", "permissions": [{"id": "read"}]}),
        ("POST", "/policy", {"id": "x", "role_ids": ["nothing"], "resource_paths": ["/a"]}),
        ("POST", "/policy", {"id": "x"}),
        ("PUT", "/bulk/policy", {}),
        ("POST", "/user", {}),
        ("POST", "/user", []),
        ("POST", "/auth/request", {"user": {}}),
        ("POST", "/auth/request", {"user": {}, "request": {"resource": "/a"}}),
    ],
)
def test_bodies_that_are_not_whole_are_refused(admin: httpx.Client, method: str, path: str, body: object):
    response = admin.request(method, f"/authz{path}", json=body)
    assert (response.status_code, response.json()["error"]["code"]) == (400, 400)


@pytest.mark.parametrize(
    "path", ["/role/x", "/policy/x", "/user/x", "/group/x", "/client/x", "/resource/x", "/user/x/resources"]
)
def test_a_missing_object_is_not_found(admin: httpx.Client, path: str):
    assert admin.get(f"/authz{path}").status_code == 404


OPEN = {
    "get_auth_mapping",
    "find_auth_mapping",
    "check_auth_request",
    "check_auth_proxy",
    "list_auth_resources",
    "find_auth_resources",
    "list_user_resources",
    "get_health",
    "list_policies",
    "update_user",
}
"""Operations that anybody may ask, and the one that is not played."""


@pytest.mark.parametrize(
    "operation",
    [each for each in operations(read_document("gen3/arborist")) if each.name not in OPEN],
    ids=lambda o: o.name,
)
def test_only_the_administrator_changes_rules(reader: httpx.Client, anonymous: httpx.Client, operation: Any):
    path = operation.path.replace("{", "").replace("}", "")
    assert anonymous.request(operation.method, f"/authz{path}", json={}).status_code == 401
    assert reader.request(operation.method, f"/authz{path}", json={}).status_code == 403


def test_rules_survive_a_restart_and_a_reset_takes_them_back(tmp_path: Any):
    with Sandbox(tmp_path) as sandbox:
        sandbox.gen3.access.add("eve@example.org", [("/programs/x", "*", "read")])
    with Sandbox(tmp_path) as sandbox:
        eve = sandbox.gen3.access.person("eve@example.org")
        assert eve is not None
        assert eve.may("read", "/programs/x/projects/y")
        sandbox.reset()
        assert sandbox.gen3.access.person("eve@example.org") is None
        assert sandbox.gen3.access.person(READER) is not None
