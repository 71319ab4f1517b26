"""Decisions over HTTP, the limit of policies, and who may ask the service what."""

import json
import re

import pytest
from omicsdk.sandbox.document import operations, read_document
from omicsdk.sandbox.fusillade.state import MAX_BYTES
from omicsdk.sandbox.services import needed

FILES = "arn:hca:dss:*:dev:files/a"
DOCUMENT = read_document("fusillade")


def ask(admin, who, *actions, resource=FILES):
    return admin.post(
        "/v1/policies/evaluate", json={"principal": who, "action": list(actions), "resource": [resource]}
    ).json()


@pytest.fixture
def ann(admin):
    admin.post("/v1/user", json={"user_id": "ann@example.org"})
    return "ann@example.org"


def test_every_way_to_a_permission(admin, ann, policy):
    put = policy("dss:PutFile")
    assert not ask(admin, ann, "dss:PutFile")["result"]
    admin.put(f"/v1/user/{ann}/policy", json={"policy": put})
    assert ask(admin, ann, "dss:PutFile")["result"]
    admin.put(f"/v1/user/{ann}/policy", json={"policy": policy("a:Bc")})
    admin.post("/v1/role", json={"role_id": "writer", "policy": put})
    add, remove = {"action": "add"}, {"action": "remove"}
    admin.put(f"/v1/user/{ann}/roles", params=add, json={"roles": ["writer"]})
    assert ask(admin, ann, "dss:PutFile")["result"]
    admin.put(f"/v1/user/{ann}/roles", params=remove, json={"roles": ["writer"]})
    assert not ask(admin, ann, "dss:PutFile")["result"]
    admin.post("/v1/group", json={"group_id": "lab", "roles": ["writer"]})
    admin.put(f"/v1/user/{ann}/groups", params=add, json={"groups": ["lab"]})
    assert ask(admin, ann, "dss:PutFile")["result"]
    admin.put("/v1/group/lab/roles", params=remove, json={"roles": ["writer"]})
    assert not ask(admin, ann, "dss:PutFile")["result"]
    admin.put("/v1/group/lab/policy", json={"policy": put})
    assert ask(admin, ann, "dss:PutFile")["result"]
    admin.delete("/v1/group/lab")
    assert not ask(admin, ann, "dss:PutFile")["result"]


def test_a_denial_wins(admin, ann, policy):
    admin.put(f"/v1/user/{ann}/policy", json={"policy": policy("dss:*")})
    admin.post("/v1/role", json={"role_id": "no", "policy": policy("dss:Put*", effect="Deny")})
    admin.put(f"/v1/user/{ann}/roles", params={"action": "add"}, json={"roles": ["no"]})
    response = ask(admin, ann, "dss:PutFile")
    assert not response["result"]
    assert "denies dss:PutFile" in response["reason"]
    assert ask(admin, ann, "dss:GetFile")["result"]
    assert not ask(admin, ann, "dss:GetFile", "dss:PutFile")["result"]


def test_a_disabled_user_is_refused_everything(admin, ann, policy, client):
    admin.put(f"/v1/user/{ann}/policy", json={"policy": policy("*", resource="*")})
    assert client(ann).get("/v1/users").status_code == 200
    admin.put(f"/v1/user/{ann}", params={"status": "disabled"})
    response = ask(admin, ann, "dss:PutFile")
    assert not response["result"]
    assert "disabled" in response["reason"]
    assert client(ann).get("/v1/users").status_code == 403
    assert client(ann, groups=("hca", "admin")).get("/v1/users").status_code == 403
    admin.put(f"/v1/user/{ann}", params={"status": "enabled"})
    assert ask(admin, ann, "dss:PutFile")["result"]


def test_who_is_new_gets_an_account(admin):
    assert not ask(admin, "new@example.org", "dss:PutFile")["result"]
    assert admin.get("/v1/user/new@example.org/groups").json() == {"groups": ["user_default"]}


@pytest.mark.parametrize(
    "change",
    [
        {"resource": []},
        {"resource": [FILES, FILES]},
        {"resource": ["files"]},
        {"action": ["putfile"]},
        {"action": "dss:PutFile"},
        {"principal": ""},
        {"principal": "a b"},
        {"principal": 5},
    ],
)
def test_questions_that_are_none(admin, change):
    question = {"principal": "ann@example.org", "action": ["dss:PutFile"], "resource": [FILES], **change}
    response = admin.post("/v1/policies/evaluate", json=question)
    assert response.status_code == 400
    assert response.json()["detail"]


# -- who may ask the service what


def test_the_permissions_are_those_of_the_document():
    permissions = {}
    for item in DOCUMENT["paths"].values():
        for operation in item.values():
            if match := re.search(r"permission\s+`(fus:\w+)`", operation.get("description", "")):
                permissions[operation["x-omics-name"]] = match[1]
    declared = operations(DOCUMENT)
    assert {
        operation.name: needed(operation)[0] for operation in declared if operation.path.startswith("/v1/")
    } == permissions
    assert {operation.name for operation in declared if operation.secured} - permissions.keys() == {
        "get_oauth_userinfo",
        "post_oauth_userinfo",
    }


def test_every_user_reads_about_themselves_only(ann, client):
    web = client(ann)
    for path in ("", "/groups", "/roles", "/owns?resource_type=group"):
        assert web.get(f"/v1/user/{ann}{path}").status_code == 200
        assert web.get(f"/v1/user/user@example.org{path}").status_code == 403
    for path in ("/v1/users", "/v1/groups", "/v1/roles", "/v1/resources", "/v1/group/hca"):
        assert web.get(path).status_code == 403
    refused = web.put(f"/v1/user/{ann}/groups", params={"action": "add"}, json={"groups": ["admin"]})
    assert refused.status_code == 403
    assert "fus:PutGroup" in refused.json()["detail"]
    question = {"principal": ann, "action": ["dss:PutFile"], "resource": [FILES]}
    assert web.post("/v1/policies/evaluate", json=question).status_code == 403


def test_members_read_about_their_group(admin, ann, client):
    admin.put(f"/v1/user/{ann}/groups", params={"action": "add"}, json={"groups": ["hca"]})
    web = client(ann)
    for path in ("", "/users", "/roles"):
        assert web.get(f"/v1/group/hca{path}").status_code == 200
        assert web.get(f"/v1/group/admin{path}").status_code == 403


def test_an_administrator_can_be_made(admin, ann, client):
    admin.put(f"/v1/user/{ann}/roles", params={"action": "add"}, json={"roles": ["fusillade_admin"]})
    assert client(ann).get("/v1/users").status_code == 200


def test_the_tokens_of_the_control_api_administer(sandbox, client):
    assert client(token=sandbox.token("bob@example.org")).get("/v1/users").status_code == 200
    assert client(token=sandbox.token("bob@example.org", groups=["hca"])).get("/v1/users").status_code == 403


@pytest.mark.parametrize(
    "operation",
    [operation for operation in operations(DOCUMENT) if operation.secured],
    ids=lambda operation: operation.name,
)
def test_no_user_gets_in_without_a_token(web, operation):
    path = operation.path
    for parameter in operation.parameters:
        path = path.replace(f"{{{parameter.name}}}", "x")
    response = web.request(operation.method, path)
    assert response.status_code == 401
    assert json.loads(response.text)["title"] == "Unauthorized"


def statement(**changes):
    whole = {"Effect": "Allow", "Action": ["dss:PutFile"], "Resource": "arn:hca:dss:*:*:*", **changes}
    return {name: value for name, value in whole.items() if value is not None}


def policy(**changes):
    return {"Version": "2012-10-17", "Statement": [statement(**changes)]}


def sized(size: int):
    empty = len(json.dumps(policy(Sid=""), separators=(",", ":")))
    return policy(Sid="x" * (size - empty))


def test_the_limit_over_http(admin):
    assert admin.post("/v1/role", json={"role_id": "full", "policy": sized(MAX_BYTES)}).status_code == 201
    for response in (
        admin.post("/v1/role", json={"role_id": "over", "policy": sized(MAX_BYTES + 1)}),
        admin.put("/v1/role/full/policy", json={"policy": sized(MAX_BYTES + 1)}),
        admin.post("/v1/user", json={"user_id": "over", "policy": sized(MAX_BYTES + 1)}),
        admin.post("/v1/group", json={"group_id": "over", "policy": sized(MAX_BYTES + 1)}),
        admin.put("/v1/group/hca/policy", json={"policy": {"Statements": []}}),
    ):
        assert response.status_code == 400
        assert response.json()["title"] == "Bad Request"
        assert "The policy isn't valid" in response.json()["detail"]
    assert admin.get("/v1/role/over").status_code == 404
