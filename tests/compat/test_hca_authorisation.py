"""Fusillade with the published client and with ours: the same responses, and either manages objects of the other."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from omicsdk.sandbox.server import Sandbox

if TYPE_CHECKING:
    from conftest import Documented

pytestmark = pytest.mark.compat("hca")

BOTH_WAYS = pytest.mark.parametrize(("first", "second"), [("hca", "omicsdk"), ("omicsdk", "hca")])
OWNER = "user@example.org"
ADA = "ada@example.org"
FILE = "arn:hca:dss:test:prod:files/1"


def allow(*actions: str, resource: str = "arn:hca:dss:*:*:files/*") -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "1", "Effect": "Allow", "Action": list(actions), "Resource": resource}],
    }


@pytest.fixture
def pair(new_client: Callable[..., "Documented"]) -> dict[str, "Documented"]:
    return {module: new_client(module, kind="AuthClient") for module in ("hca", "omicsdk")}


def evaluation(user: str, action: str, resource: str = FILE) -> tuple[str, str, dict[str, Any]]:
    return ("call", "post_v1_policies_evaluate", {"principal": user, "action": [action], "resource": [resource]})


SET_UP: list[tuple[str, str, dict[str, Any]]] = [
    ("call", "post_v1_role", {"role_id": "keeper", "policy": allow("dss:PutFile")}),
    ("call", "post_v1_group", {"group_id": "lab", "roles": ["keeper"]}),
    ("call", "post_v1_user", {"user_id": ADA, "policy": allow("dss:GetFile")}),
    ("call", "put_v1_group_user", {"group_id": "lab", "action": "add", "users": [ADA]}),
    ("call", "post_v1_resource", {"resource_type_name": "project", "actions": ["proj:Read", "proj:Write"]}),
    ("call", "post_v1_resource_id", {"resource_type_name": "project", "resource_id": "one"}),
    (
        "call",
        "post_v1_resource_policy",
        {
            "resource_type_name": "project",
            "policy_name": "Reader",
            "policy": allow("proj:Read", resource="arn:hca:fus:*:*:project/*"),
        },
    ),
]
LOOK: list[tuple[str, str, dict[str, Any]]] = [
    ("call", "get_v1_role", {"role_id": "keeper"}),
    ("call", "get_v1_group", {"group_id": "lab"}),
    ("call", "get_v1_user", {"user_id": ADA}),
    ("iterate", "get_v1_groups", {}),
    ("iterate", "get_v1_group_roles", {"group_id": "lab"}),
    ("iterate", "get_v1_group_users", {"group_id": "lab"}),
    ("iterate", "get_v1_user_groups", {"user_id": ADA}),
    ("iterate", "get_v1_user_roles", {"user_id": ADA}),
    ("iterate", "get_v1_user_owns", {"user_id": OWNER, "resource_type": "role"}),
    ("iterate", "get_v1_user_owns", {"user_id": OWNER, "resource_type": "group"}),
    ("iterate", "get_v1_resources", {}),
    ("call", "get_v1_resource_actions", {"resource_type_name": "project"}),
    ("iterate", "get_v1_resource_ids", {"resource_type_name": "project"}),
    ("iterate", "get_v1_resource_policies", {"resource_type_name": "project"}),
    ("call", "get_v1_resource_policy", {"resource_type_name": "project", "policy_name": "Reader"}),
    ("paginate", "get_v1_users", {"per_page": "5"}),
    evaluation(ADA, "dss:PutFile"),
    evaluation(ADA, "dss:GetFile"),
    evaluation(ADA, "dss:DeleteFile"),
]
TAKE_DOWN: list[tuple[str, str, dict[str, Any]]] = [
    ("call", "put_v1_role_policy", {"role_id": "keeper", "policy": allow("dss:DeleteFile")}),
    evaluation(ADA, "dss:PutFile"),
    evaluation(ADA, "dss:DeleteFile"),
    ("call", "put_v1_user", {"user_id": ADA, "status": "disabled"}),
    evaluation(ADA, "dss:DeleteFile"),
    ("call", "put_v1_group_user", {"group_id": "lab", "action": "remove", "users": [ADA]}),
    ("call", "put_v1_group_role", {"group_id": "lab", "action": "remove", "roles": ["keeper"]}),
    ("call", "delete_v1_group", {"group_id": "lab"}),
    ("call", "delete_v1_role", {"role_id": "keeper"}),
    ("call", "delete_v1_resource_id", {"resource_type_name": "project", "resource_id": "one"}),
    ("call", "delete_v1_resource_policy", {"resource_type_name": "project", "policy_name": "Reader"}),
    ("call", "delete_v1_resource", {"resource_type_name": "project"}),
    ("iterate", "get_v1_user_owns", {"user_id": OWNER, "resource_type": "role"}),
    ("iterate", "get_v1_resources", {}),
]


def decisions(steps: list[tuple[str, str, dict[str, Any]]], values: list[Any]) -> list[bool]:
    """Return the decisions, in order."""
    named = zip(steps, values, strict=True)
    return [value["result"] for (_, name, _), value in named if name == "post_v1_policies_evaluate"]


def test_a_login_with_an_access_token_is_stored(
    sandbox: Sandbox, new_client: Callable[..., "Documented"], module: str
) -> None:
    client = new_client(module, token=None, kind="AuthClient")
    client.run(("login", "", {"access_token": sandbox.token()}))
    assert client.call("get_oauth_userinfo")["email"] == OWNER


@BOTH_WAYS
def test_either_client_manages_objects_of_the_other(pair: dict[str, "Documented"], first: str, second: str) -> None:
    pair[first].run(*SET_UP)
    by_second = pair[second].run(*LOOK)
    assert by_second == pair[first].run(*LOOK)
    assert decisions(LOOK, by_second) == [True, True, False]
    taken_down = pair[second].run(*TAKE_DOWN)
    assert decisions(TAKE_DOWN, taken_down) == [False, True, False]
    assert taken_down[-2:] == [[], []]


def test_both_get_the_same_responses(sandbox: Sandbox, new_client: Callable[..., "Documented"]) -> None:
    """Bytes if the service responds with a message, JSON otherwise."""
    responses: list[Any] = []
    for module in ("hca", "omicsdk"):
        sandbox.reset()
        responses.append(new_client(module, kind="AuthClient").run(*SET_UP, *TAKE_DOWN))
    assert responses[0] == responses[1]


def test_refusals_are_reported_alike(pair: dict[str, "Documented"]) -> None:
    for name, arguments, status in (
        ("get_v1_role", {"role_id": "nobody-has-it"}, 404),
        ("post_v1_user", {"user_id": OWNER}, 409),
        ("post_v1_role", {"role_id": "bad", "policy": {"Statements": []}}, 400),
    ):
        errors: list[Any] = []
        for client in pair.values():
            with pytest.raises(Exception, match="Swagger") as caught:
                client.call(name, **arguments)
            errors.append(caught.value)
        assert [error.status for error in errors] == [status, status]
        assert all("SwaggerAPIException" in error.kinds for error in errors)


def test_a_token_without_a_user_is_refused(new_client: Callable[..., "Documented"], module: str) -> None:
    client = new_client(module, token="of-nobody", kind="AuthClient")
    with pytest.raises(Exception, match="Swagger") as caught:
        client.call("get_v1_roles")
    error: Any = caught.value
    assert error.status == 401


def test_a_repeated_change(pair: dict[str, "Documented"]) -> None:
    """The service states 304; the published client looks for what kind of text that is, and fails over there being none."""
    member = ("call", "put_v1_group_user", {"group_id": "lab", "action": "add", "users": [ADA]})
    pair["hca"].run(*SET_UP[:4])
    with pytest.raises(Exception, match="KeyError"):
        pair["hca"].run(member)
    assert pair["omicsdk"].run(member) == [None]


READS = [
    ("get-v1-roles",),
    ("get-v1-roles", "--no-paginate", "--per-page", "5"),
    ("get-v1-user", "--user-id", OWNER),
    ("get-v1-user-owns", "--user-id", OWNER, "--resource-type", "role"),
    ("get-v1-groups", "--per-page", "5"),
    ("get-oauth-userinfo",),
    ("get-jwks.json",),
    (
        *("post-v1-policies-evaluate", "--principal", OWNER, "--action", '"dss:PutFile"', '"dss:GetFile"'),
        *("--resource", f'"{FILE}"'),
    ),
]
WRITES = [
    ("put-v1-user", "--user-id", OWNER, "--status", "enabled"),
    ("put-v1-role-policy", "--role-id", "role-00", "--policy", json.dumps(allow("dss:DeleteFile"))),
    ("delete-v1-role", "--role-id", "role-00"),
]
ROLES: list[tuple[str, str, dict[str, Any]]] = [
    ("call", "post_v1_role", {"role_id": f"role-{number:02}", "policy": allow("dss:GetFile")}) for number in range(17)
]


def test_both_command_lines_read_the_same(pair: dict[str, "Documented"]) -> None:
    pair["omicsdk"].run(*ROLES)
    for words in READS:
        theirs, ours = (pair[module].cli("auth", *words) for module in ("hca", "omicsdk"))
        assert (theirs.returncode, ours.returncode) == (0, 0), f"{words}: {ours.stderr}"
        assert json.loads(ours.stdout) == json.loads(theirs.stdout), words


def test_both_command_lines_write_the_same(sandbox: Sandbox, new_client: Callable[..., "Documented"]) -> None:
    outputs: list[list[str]] = []
    for module in ("hca", "omicsdk"):
        sandbox.reset()
        client = new_client(module, kind="AuthClient")
        client.run(ROLES[0])
        done = [client.cli("auth", *words) for words in WRITES]
        assert [run.returncode for run in done] == [0] * len(WRITES)
        # The published command indents no deeper than ours, but ends words without a line break.
        outputs.append(["".join(run.stdout.split()) for run in done])
    assert outputs[0] == outputs[1]
