"""Rights in the commons, and Arborist."""

from pathlib import Path

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR, CLIENT_ID, READER
from omicsdk.sandbox.gen3.access import ANONYMOUS, Access, Person
from omicsdk.sandbox.problems import Problem

ORIGIN = "https://commons.example.org"


@pytest.fixture
def access(sandbox: Sandbox) -> Access:
    return sandbox.gen3.access


def person(access: Access, name: str) -> Person:
    user = access.person(name)
    assert user is not None
    return user


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"bearer {token}"}


def test_a_policy_holds_below_its_resource_and_nowhere_else(access: Access):
    ada = access.add("ada@example.org", [("/programs/demo", "indexd", "update")])
    assert ada.may("update", "/programs/demo", "indexd")
    assert ada.may("update", "/programs/demo/projects/one", "indexd")
    assert not ada.may("update", "/programs/demonstration", "indexd")
    assert not ada.may("update", "/programs", "indexd")
    assert not ada.may("update", "/programs/demo", "fence")
    assert not ada.may("delete", "/programs/demo", "indexd")


def test_what_every_user_may_is_anybodys(access: Access):
    for user in (ANONYMOUS, person(access, READER), access.add("ada@example.org")):
        assert user.may("read", "/open/below", "indexd")
        assert not user.may("create", "/open", "indexd")
    assert person(access, ADMINISTRATOR).may("anything", "/anywhere", "anyone")


def test_other_policies_replace_those_before(access: Access):
    access.add(READER, [("/a", "*", "read")])
    assert person(access, READER).may("read", "/a")
    access.add(READER, [("/b", "*", "read")])
    assert not person(access, READER).may("read", "/a")
    assert person(access, READER).may("read", "/b")


def test_projects_are_reported_by_their_codes(access: Access):
    access.add(READER, [("/programs/demo/projects/one", "*", "read")])
    ada = access.add(
        "ada@example.org", [("/programs", "*", "read-storage"), ("/programs/demo/projects/two", "*", "read")]
    )
    assert access.projects(ada) == {"one": ["read-storage"], "two": ["read", "read-storage"]}
    assert sorted(access.mapping(ada))[-1] == "/programs/demo/projects/two"


def test_a_token_is_its_persons(access: Access):
    user = access.bearer(bearer(access.issue(READER, ORIGIN)))
    assert user is not None
    assert user.name == READER
    assert access.bearer({}) is None
    assert access.anyone({}) == ANONYMOUS


def test_a_clients_token_is_nobodys(access: Access):
    user = access.anyone(bearer(access.issue_to_client(CLIENT_ID, ORIGIN, 60, ["data"])))
    assert (user.name, user.client) == ("", CLIENT_ID)
    assert user.may("read-storage", "/programs/demo")
    assert not user.may("delete", "/programs/demo")


def test_no_token_is_issued_to_an_unknown_user(access: Access):
    with pytest.raises(LookupError, match="ada"):
        access.issue("ada@example.org", ORIGIN)


def test_a_revoked_token_is_not_good(access: Access):
    token = access.issue(READER, ORIGIN)
    access.revoke(str(access.claims(token)["jti"]))
    with pytest.raises(Problem, match="revoked"):
        access.bearer(bearer(token))


def test_tokens_of_other_sandboxes_are_not_good(access: Access, tmp_path: Path):
    with Sandbox(tmp_path) as other:
        token = other.gen3.access.issue(READER, ORIGIN)
    with pytest.raises(Problem, match="Signature verification failed"):
        access.bearer(bearer(token))


def test_secrets_are_not_kept(sandbox: Sandbox):
    sandbox.gen3.access.add_client("robot", "a secret of its own")
    assert sandbox.gen3.access.is_client("robot", "a secret of its own")
    rows = sandbox.gen3.context.database.rows("SELECT * FROM gen3_clients")
    assert "a secret" not in str([tuple(row) for row in rows])


READ = {"service": "*", "method": "read"}


def may(client: httpx.Client, user: dict[str, str], *methods: str, resource: str = "/open") -> bool:
    requests = [{"resource": resource, "action": {"service": "fence", "method": method}} for method in methods]
    body = {"request": requests[0]} if len(requests) == 1 else {"requests": requests}
    return client.post("/gen3/arborist/auth/request", json={"user": user, **body}).json()["auth"]


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
    assert [client.post(roles, json=role).status_code for client in (anonymous, reader, admin)] == [401, 403, 201]
    assert admin.get(f"{roles}/reader").json() == role
    assert [client.get(users).status_code for client in (anonymous, reader, admin)] == [401, 403, 200]
