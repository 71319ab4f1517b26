"""The clients and the command line with the sandbox's Fusillade: the steps of the manual, from beginning to end."""

import asyncio
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from omicsdk import AsyncFusillade, Fusillade
from omicsdk.compat.hca.auth import AuthClient
from omicsdk.compat.hca.dss import DSSClient
from omicsdk.compat.hca.util.exceptions import SwaggerAPIException
from omicsdk.core import NO_RETRY, BadRequest, BearerToken, Conflict, Forbidden, NotFound, Unauthorized

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


def test_a_change_that_was_made_before_changes_nothing(client: AuthClient, auth: Fusillade):
    auth.post_v1_role(role_id="keeper", policy=allow("dss:PutFile"))  # pyright: ignore[reportArgumentType]
    auth.post_v1_user(user_id="ada@example.org")
    first = client.put_v1_user_role(user_id="ada@example.org", action="add", roles=["keeper"])
    assert first is not None
    assert client.put_v1_user_role(user_id="ada@example.org", action="add", roles=["keeper"]) is None
    assert auth.put_v1_user_role(user_id="ada@example.org", action="add", roles=["keeper"]) is None
    assert auth.put_v1_user_role(user_id="ada@example.org", action="remove", roles=["keeper"]) is not None


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


def test_a_list_continues_at_a_token(auth: Fusillade, many: list[str]):
    following = auth.get_v1_roles.raw(per_page=10).links["next"]["url"]
    token = dict(pair.split("=") for pair in following.partition("?")[2].split("&"))["next_token"]
    rest = auth.get_v1_roles.iterate(per_page=10, next_token=token)
    assert len(list(rest)) == len(list(auth.get_v1_roles.iterate())) - 10


def test_every_list_can_be_gone_through(auth: Fusillade, many: list[str]):
    owner = "user@example.org"
    auth.post_v1_group(group_id="lab", roles=many[:7])
    auth.post_v1_resource(resource_type_name="project", actions=["proj:Read", "proj:Write"])
    things = [f"thing-{number}" for number in range(8)]
    for thing in things:
        auth.post_v1_resource_id(resource_type_name="project", resource_id=thing)
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
    ids = {f"/resource/project/id/{thing}" for thing in things}
    assert set(auth.get_v1_resource_ids.iterate(resource_type_name="project", per_page=5)) == ids
    assert set(auth.get_v1_resource.iterate(resource_type_name="project", per_page=5)) == ids
    assert len(list(auth.get_v1_resource_policies.iterate(resource_type_name="project", per_page=5))) == 8
    members = list(
        auth.get_v1_resource_id_members.iterate(resource_type_name="project", resource_id="thing-0", per_page=5)
    )
    assert ("lab", "group", "level-0") in [(each.member, each.member_type, each.access_level) for each in members]
    owned = set(auth.get_v1_user_owns.iterate(user_id=owner, resource_type="project", per_page=5))
    assert len(owned) == len(things)
    assert list(auth.get_v1_user_owns.iterate(user_id=owner, resource_type="group")) == ["lab"]


def test_refusals_say_what_and_which(client: AuthClient, omics_sandbox: Any):
    with pytest.raises(SwaggerAPIException, match="nobody-has-it") as caught:
        client.get_v1_role(role_id="nobody-has-it")
    assert isinstance(caught.value, NotFound)
    client.post_v1_role(role_id="keeper", policy=allow("dss:PutFile"))
    with pytest.raises(SwaggerAPIException) as caught:
        client.post_v1_role(role_id="keeper", policy=allow("dss:PutFile"))
    assert isinstance(caught.value, Conflict)
    with pytest.raises(SwaggerAPIException) as caught:
        client.put_v1_role_policy(role_id="keeper", policy=allow(*(f"dss:Put{number:06}" for number in range(3000))))
    assert isinstance(caught.value, BadRequest)
    stranger = BearerToken(omics_sandbox.token("stranger@example.org", groups=()))
    with AuthClient(swagger_url=omics_sandbox.auth_swagger_url, credentials=stranger) as other:
        with pytest.raises(SwaggerAPIException) as caught:
            other.post_v1_role(role_id="mine", policy=allow("dss:PutFile"))
        assert isinstance(caught.value, Forbidden)
    with AuthClient(swagger_url=omics_sandbox.auth_swagger_url, credentials=BearerToken("nobodys")) as nobody:
        with pytest.raises(SwaggerAPIException) as caught:
            nobody.get_v1_roles()
        assert isinstance(caught.value, Unauthorized)


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


def test_the_async_client_does_the_same(omics_sandbox: Any, many: list[str]):
    async def run() -> set[str]:
        url = omics_sandbox.auth_swagger_url.rpartition("/")[0]
        async with AsyncFusillade(url, credentials=BearerToken(omics_sandbox.token())) as auth:
            return {name async for name in auth.get_v1_roles.iterate(per_page=5)}

    assert set(many) <= asyncio.run(run())


def test_the_command_line_does_the_same(omics_sandbox: Any, tmp_path: Any):
    environment = {**omics_sandbox.environment(), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}

    def omics(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from omicsdk.cli.main import main; raise SystemExit(main())", "auth", *words]
        return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)

    assert omics("post-v1-role", "--role-id", "keeper", "--policy", json.dumps(allow("dss:PutFile"))).returncode == 0
    assert omics("post-v1-user", "--user-id", "ada@example.org", "--roles", '"keeper"').returncode == 0
    asked = ("--principal", "ada@example.org", "--action", "dss:PutFile", "--resource", "arn:hca:dss:x:prod:files/1")
    assert json.loads(omics("post-v1-policies-evaluate", *asked).stdout)["result"] is True
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


TOO_LONG = json.dumps(allow(*(f"dss:Put{number:06}" for number in range(3000))))


@pytest.mark.parametrize(
    ("words", "token", "code", "said"),
    [
        (("get-v1-role", "--role-id", "nobody-has-it"), None, 1, "There is no role nobody-has-it"),
        (
            ("put-v1-user-role", "--user-id", "user@example.org", "--action", "add", "--roles", "nobody-has-it"),
            None,
            1,
            "There is no role nobody-has-it; nothing has been changed",
        ),
        (("post-v1-role", "--role-id", "long", "--policy", TOO_LONG), None, 1, "10240 are the limit"),
        (("get-v1-roles",), "nobodys", 4, "Run `omics auth login`"),
        (("get-v1-roles",), "", 4, "Run `omics auth login`"),
        (("post-v1-role", "--role-id", "r", "--policy", "@missing.json"), None, 2, "cannot read missing.json"),
    ],
)
def test_bad_input_is_one_line_with_a_remedy(
    omics_sandbox: Any,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    token: str | None,
    code: int,
    said: str,
):
    from omicsdk.cli.main import main

    for name, value in omics_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    if token is not None:
        monkeypatch.setenv("OMICS_AUTH_TOKEN", token)
    monkeypatch.chdir(tmp_path)
    assert main(["auth", *words]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert said in err
    assert err.endswith((".\n", "--help\n"))
