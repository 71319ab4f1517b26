"""The clients and the command line with the sandbox's Fusillade: the steps of the manual, from beginning to end."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from omicsdk import Fusillade
from omicsdk.compat.hca.auth import AuthClient
from omicsdk.compat.hca.dss import DSSClient
from omicsdk.compat.hca.util.exceptions import SwaggerAPIException
from omicsdk.core import NO_RETRY, BearerToken

pytestmark = pytest.mark.sandbox


def allow(*actions: str, resource: str = "arn:hca:dss:*:*:files/*") -> dict[str, Any]:
    statement = {"Sid": "1", "Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.fixture
def client(omics_sandbox: Any) -> Iterator[AuthClient]:
    token = BearerToken(omics_sandbox.token())
    with AuthClient(swagger_url=omics_sandbox.auth_swagger_url, credentials=token, retry=NO_RETRY) as made:
        yield made


@pytest.fixture
def auth(omics_sandbox: Any) -> Iterator[Fusillade]:
    url = omics_sandbox.auth_swagger_url.rpartition("/")[0]
    with Fusillade(url, credentials=BearerToken(omics_sandbox.token()), retry=NO_RETRY, strict=True) as made:
        yield made


def decision(client: Any, user: str, action: str, resource: str = "arn:hca:dss:test:prod:files/1") -> bool:
    return client.post_v1_policies_evaluate(principal=user, action=[action], resource=[resource])["result"]


def test_a_role_gives_its_right_to_those_who_have_it_by_a_group(client: AuthClient):
    client.post_v1_role(role_id="keeper", policy=allow("dss:PutFile"))
    client.post_v1_group(group_id="lab", roles=["keeper"])
    client.post_v1_user(user_id="ada@example.org")
    assert decision(client, "ada@example.org", "dss:PutFile") is False
    changed = client.put_v1_group_user(group_id="lab", action="add", users=["ada@example.org"])
    assert changed is not None
    assert changed["users"] == ["ada@example.org"]
    assert decision(client, "ada@example.org", "dss:PutFile") is True
    assert decision(client, "ada@example.org", "dss:DeleteFile") is False
    client.put_v1_user(user_id="ada@example.org", status="disabled")
    assert decision(client, "ada@example.org", "dss:PutFile") is False
    client.put_v1_user(user_id="ada@example.org", status="enabled")
    client.delete_v1_role(role_id="keeper")
    assert decision(client, "ada@example.org", "dss:PutFile") is False
    assert client.get_v1_group_roles(group_id="lab") == {"roles": []}


@pytest.fixture
def many(client: AuthClient) -> list[str]:
    """Names of more roles than a page has."""
    names = [f"role-{number:02}" for number in range(23)]
    for name in names:
        client.post_v1_role(role_id=name, policy=allow("dss:GetFile"))
    return names


def test_lists_come_whole(client: AuthClient, auth: Fusillade, many: list[str]):
    assert set(many) <= set(client.get_v1_roles.iterate(per_page=5))
    assert set(many) <= set(auth.get_v1_roles.iterate(per_page=5))
    pages = list(client.get_v1_roles.paginate(per_page=5))
    assert [len(page.get("roles", [])) for page in pages[:-1]] == [5] * (len(pages) - 1)
    owner = "user@example.org"
    assert set(auth.get_v1_user_owns.iterate(user_id=owner, resource_type="role")) == set(many)
    assert set(client.get_v1_user_owns.iterate(user_id=owner, resource_type="role", per_page=7)) == set(many)


def test_every_list_can_be_gone_through(auth: Fusillade, many: list[str]):
    owner = "user@example.org"
    auth.post_v1_group(group_id="lab", roles=many[:7])
    auth.post_v1_resource(resource_type_name="project", actions=["proj:Read", "proj:Write"])
    names = [f"thing-{number}" for number in range(8)]
    for name in names:
        auth.post_v1_resource_id(resource_type_name="project", resource_id=name)
    policy: Any = allow("proj:Read", resource="arn:hca:fus:*:*:project/*")
    for number in range(7):
        auth.post_v1_resource_policy(resource_type_name="project", policy_name=f"level-{number}", policy=policy)
    member: Any = {"member": "lab", "member_type": "group", "access_level": "level-0"}
    auth.put_v1_resource_id_member(resource_type_name="project", resource_id="thing-0", body=[member])
    auth.put_v1_group_user(group_id="lab", action="add", users=[owner])

    assert owner in list(auth.get_v1_users.iterate(per_page=5))
    assert "lab" in list(auth.get_v1_groups.iterate(per_page=5))
    assert sorted(auth.get_v1_group_roles.iterate(group_id="lab", per_page=5)) == many[:7]
    assert list(auth.get_v1_group_users.iterate(group_id="lab")) == [owner]
    assert "lab" in list(auth.get_v1_user_groups.iterate(user_id=owner))
    assert list(auth.get_v1_user_roles.iterate(user_id=owner)) == []
    assert "project" in list(auth.get_v1_resources.iterate(per_page=5))
    ids = {f"/resource/project/id/{name}" for name in names}
    assert set(auth.get_v1_resource_ids.iterate(resource_type_name="project", per_page=5)) == ids
    assert set(auth.get_v1_resource.iterate(resource_type_name="project", per_page=5)) == ids
    assert len(list(auth.get_v1_resource_policies.iterate(resource_type_name="project", per_page=5))) == 8
    members = list(
        auth.get_v1_resource_id_members.iterate(resource_type_name="project", resource_id="thing-0", per_page=5)
    )
    assert ("lab", "group", "level-0") in [
        (membership.member, membership.member_type, membership.access_level) for membership in members
    ]
    owned = set(auth.get_v1_user_owns.iterate(user_id=owner, resource_type="project", per_page=5))
    assert len(owned) == len(names)
    assert list(auth.get_v1_user_owns.iterate(user_id=owner, resource_type="group")) == ["lab"]


def test_the_identity_of_a_user(client: AuthClient):
    assert client.get_oauth_userinfo()["email"] == "user@example.org"
    assert client.get_oauth_userinfo() == client.post_oauth_userinfo()
    assert client.get_jwks_json()["keys"][0]["kty"] == "RSA"
    assert b"/echo" in client.get_echo()


def test_one_login_serves_both_documented_clients(omics_sandbox: Any, tmp_path: Any, monkeypatch: Any):
    monkeypatch.setenv("OMICS_TOKEN_FILE", str(tmp_path / "tokens.json"))
    with AuthClient(swagger_url=omics_sandbox.auth_swagger_url) as client:
        client.login(access_token=omics_sandbox.token())
        assert client.get_oauth_userinfo()["email"] == "user@example.org"
        with DSSClient(swagger_url=omics_sandbox.swagger_url) as dss:
            assert dss.get_collections() == {"collections": []}
        client.logout()
    with (
        DSSClient(swagger_url=omics_sandbox.swagger_url) as dss,
        pytest.raises(SwaggerAPIException, match="401"),
    ):
        dss.get_collections()


def test_the_command_line_does_the_same(omics_sandbox: Any, tmp_path: Any):
    environment = {**omics_sandbox.environment(), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}

    def omics(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from omicsdk.cli.main import main; raise SystemExit(main())", "auth", *words]
        return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)

    assert omics("post-v1-role", "--role-id", "keeper", "--policy", json.dumps(allow("dss:PutFile"))).returncode == 0
    assert omics("post-v1-user", "--user-id", "ada@example.org", "--roles", '"keeper"').returncode == 0
    options = ("--principal", "ada@example.org", "--action", "dss:PutFile", "--resource", "arn:hca:dss:x:prod:files/1")
    assert json.loads(omics("post-v1-policies-evaluate", *options).stdout)["result"] is True
    again = omics("put-v1-user-role", "--user-id", "ada@example.org", "--action", "add", "--roles", "keeper")
    assert (again.returncode, again.stdout) == (0, "")
    assert "nothing changed" in again.stderr
    missing = omics("get-v1-role", "--role-id", "nobody-has-it")
    assert missing.returncode == 1
    assert missing.stderr.count("\n") == 1
    assert "nobody-has-it" in missing.stderr


def test_a_document_of_the_deployment_can_be_read(omics_sandbox: Any):
    with AuthClient(swagger_url=omics_sandbox.auth_swagger_url) as client:
        served = client.get_session().get(omics_sandbox.auth_swagger_url)
    document = AuthClient.load_swagger_json(io.StringIO(served.text))
    assert "/v1/policies/evaluate" in document["paths"]
