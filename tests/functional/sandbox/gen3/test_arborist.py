"""Arborist: who may do what. The engine has its policies, roles, resources, users, groups and clients."""

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR, READER

READ = {"service": "*", "method": "read"}


def may(client: httpx.Client, user: dict[str, str], *methods: str, resource: str = "/open") -> bool:
    requests = [{"resource": resource, "action": {"service": "fence", "method": method}} for method in methods]
    stated = {"request": requests[0]} if len(requests) == 1 else {"requests": requests}
    return client.post("/gen3/arborist/auth/request", json={"user": user, **stated}).json()["auth"]


def test_every_user_sees_what_they_may_do(reader: httpx.Client, anonymous: httpx.Client, admin: httpx.Client):
    nobodys = anonymous.get("/authz/mapping").json()
    assert READ in nobodys["/open"]
    readers = reader.get("/authz/mapping/").json()
    assert {"service": "fence", "method": "file_upload"} in readers["/data_file"]
    assert "/data_file" not in nobodys
    assert {"service": "*", "method": "*"} in admin.get("/authz/mapping").json()["/programs"]
    assert reader.get("/gen3/arborist/auth/mapping").json() == readers


def test_a_bad_token_shows_nothing(anonymous: httpx.Client):
    response = anonymous.get("/authz/mapping", headers={"Authorization": "bearer nonsense"})
    assert (response.status_code, response.json()["error"]["code"]) == (401, 401)


def test_services_ask_what_a_user_may(sandbox: Sandbox, anonymous: httpx.Client):
    token = {"token": sandbox.gen3.access.issue(READER, sandbox.gen3_url)}
    assert may(anonymous, token, "read", resource="/open/below")
    assert not may(anonymous, token, "delete")
    assert not may(anonymous, token, "read", resource="/opener")
    assert may(anonymous, {"user_id": ADMINISTRATOR}, "delete")
    assert may(anonymous, {}, "read", "read-storage")
    assert not may(anonymous, {}, "read", "delete")
    assert not may(anonymous, {"user_id": "stranger@example.org"}, "file_upload", resource="/data_file")


@pytest.mark.parametrize("body", [[], {}, {"user": {}}, {"request": {"resource": "/a"}}, {"requests": ["x"]}])
def test_a_question_that_is_not_whole_is_refused(anonymous: httpx.Client, body: object):
    response = anonymous.post("/gen3/arborist/auth/request", json=body)
    assert (response.status_code, response.json()["error"]["code"]) == (400, 400)


def test_only_the_administrator_keeps_rules(admin: httpx.Client, reader: httpx.Client, anonymous: httpx.Client):
    role = {"id": "reader", "permissions": [{"id": "read", "action": READ}]}
    roles, users = "/gen3/arborist/role", "/gen3/arborist/user"
    assert [each.post(roles, json=role).status_code for each in (anonymous, reader, admin)] == [401, 403, 201]
    assert admin.get(f"{roles}/reader").json() == role
    assert [each.get(users).status_code for each in (anonymous, reader, admin)] == [401, 403, 200]
