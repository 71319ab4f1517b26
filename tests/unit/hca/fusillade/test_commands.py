"""`omics auth`: every documented command with its arguments, from words to what Fusillade is asked and back."""

import io
import json
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from omicsdk import Fusillade
from omicsdk.cli.main import main
from user_commands import Stream

URL = "https://auth.example.org"
NAMES = [f"name-{number:02}" for number in range(23)]
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "dss:*", "Resource": "arn:hca:dss:*"}]}


@pytest.fixture
def omics(service: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs `omics auth` in this process against the service; gives the exit code, stdout and stderr."""
    plain = Fusillade.__init__

    def connected(self: Fusillade, *arguments: Any, **options: Any) -> None:
        plain(self, *arguments, **options, transport=httpx.MockTransport(service))

    monkeypatch.setattr(Fusillade, "__init__", connected)
    monkeypatch.setenv("OMICS_AUTH_URL", URL)
    monkeypatch.setenv("OMICS_AUTH_TOKEN", "secret")

    def run(*words: str, typed: str = "") -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            patched.setattr(sys, "stdin", Stream(content=typed.encode()))
            code = main(["auth", *words])
        return code, out.getvalue(), err.getvalue()

    return run


def test_a_decision(omics: Any, service: Any):
    service.response("POST", "/v1/policies/evaluate", 200, {"result": False, "reason": "explicitDeny"})
    # Items as text, and as JSON, which is what the published command wants.
    for action in (
        ["dss:PutFile", "dss:GetFile"],
        ['"dss:PutFile"', '"dss:GetFile"'],
        ['["dss:PutFile", "dss:GetFile"]'],
    ):
        code, out, _ = omics(
            *(
                "post-v1-policies-evaluate",
                "--principal",
                "ada",
                "--action",
                *action,
                "--resource",
                "arn:hca:dss:*:*:f/1",
            )
        )
        assert (code, json.loads(out)) == (0, {"result": False, "reason": "explicitDeny"})
        assert service.sent() == {
            "principal": "ada",
            "action": ["dss:PutFile", "dss:GetFile"],
            "resource": ["arn:hca:dss:*:*:f/1"],
        }
    assert service.requests[-1].headers["authorization"] == "Bearer secret"


def test_pages_are_merged_as_the_documented_command_merges_them(omics: Any, service: Any):
    service.list("/v1/users", "users", NAMES)
    assert json.loads(omics("get-v1-users")[1]) == {"users": NAMES}
    assert json.loads(omics("get-v1-users", "--no-paginate", "--per-page", "5")[1]) == {"users": NAMES[:5]}
    assert json.loads(omics("get-v1-users", "--next-token", "20")[1]) == {"users": NAMES[20:]}


def test_arguments_may_have_their_defaults_in_the_configuration(
    omics: Any, service: Any, tmp_path: Any, monkeypatch: Any
):
    file = tmp_path / "hca.json"
    file.write_text(json.dumps({"auth": {"get-v1-users": {"per_page": 5}}}))
    monkeypatch.setenv("HCA_CONFIG_FILE", str(file))
    service.list("/v1/users", "users", NAMES)
    assert json.loads(omics("get-v1-users", "--no-paginate")[1]) == {"users": NAMES[:5]}


def test_what_a_user_owns_is_merged_under_its_own_name(omics: Any, service: Any):
    service.list("/v1/user/ada/owns", "roles", NAMES, named=False)
    words = ("get-v1-user-owns", "--user-id", "ada", "--resource-type", "role")
    assert json.loads(omics(*words)[1]) == {"roles": NAMES}
    assert service.requests[-1].url.query == b"resource_type=role&next_token=15"


def test_a_policy_is_json_or_a_file_of_it(omics: Any, service: Any, tmp_path: Any):
    service.response("POST", "/v1/role", 201)
    (tmp_path / "policy.json").write_text(json.dumps(POLICY))
    for argument in (json.dumps(POLICY), f"@{tmp_path / 'policy.json'}", "@-"):
        code, out, err = omics("post-v1-role", "--role-id", "reader", "--policy", argument, typed=json.dumps(POLICY))
        assert (code, out, err) == (0, "", "omics: POST /v1/role: 201 Created\n")
        assert service.sent() == {"role_id": "reader", "policy": POLICY}


@pytest.mark.parametrize("roles", [["reader", "writer"], ['"reader"', '"writer"'], ['["reader", "writer"]']])
def test_optional_lists_work_too(omics: Any, service: Any, roles: list[str]):
    service.response("POST", "/v1/group", 201)
    assert omics("post-v1-group", "--group-id", "lab", "--roles", *roles)[0] == 0
    assert service.sent() == {"group_id": "lab", "roles": ["reader", "writer"]}


def test_a_change_that_was_made_before_is_reported(omics: Any, service: Any):
    service.response("PUT", "/v1/user/ada/groups", 304)
    code, out, err = omics("put-v1-user-group", "--user-id", "ada", "--action", "add", "--groups", "lab")
    assert (code, out) == (0, "")
    assert err == "omics: nothing changed: it was already in this state\n"
    assert service.requests[-1].url.query == b"action=add"


def test_deleting_can_be_tried_first(omics: Any, service: Any):
    code, out, _ = omics("delete-v1-role", "--role-id", "reader", "--dry-run")
    assert (code, service.requests) == (0, [])
    assert json.loads(out)["url"] == f"{URL}/v1/role/reader"
    service.response("DELETE", "/v1/role/reader", 200)
    assert omics("delete-v1-role", "--role-id", "reader", "--yes")[0] == 0
    assert [request.method for request in service.requests] == ["DELETE"]


def test_keys_have_a_dot_in_their_name(omics: Any, service: Any):
    service.response("GET", "/.well-known/jwks.json", 200, {"keys": []})
    assert json.loads(omics("get-jwks.json")[1]) == {"keys": []}


@pytest.mark.parametrize(
    ("status", "detail", "message", "code"),
    [
        (404, "Role reader does not exist.", "get_v1_role", 1),
        (
            401,
            "The token has expired.",
            "Run `omics auth login`. Or set OMICS_AUTH_TOKEN, or pass",
            4,
        ),
        (403, "ada may not fus:GetRole", "Check that this account has access", 4),
    ],
)
def test_a_refusal_is_one_line_with_a_remedy(
    omics: Any, service: Any, refuse: Any, status: int, detail: str, message: str, code: int
):
    service.responses["GET", "/v1/role/reader"] = lambda _: refuse(status, "Refused", detail)
    got, out, err = omics("get-v1-role", "--role-id", "reader")
    assert (got, out) == (code, "")
    assert err.count("\n") == 1
    assert message in err
    assert detail.rstrip(".") in err
    assert "secret" not in err


def test_a_policy_over_its_limit_is_the_services_to_refuse(omics: Any, service: Any, refuse: Any):
    service.responses["PUT", "/v1/role/reader/policy"] = lambda _: refuse(
        413, "Too large", "Limit exceeded: 10240 characters."
    )
    code, _, err = omics("put-v1-role-policy", "--role-id", "reader", "--policy", json.dumps(POLICY))
    assert code == 1
    assert "Limit exceeded: 10240 characters" in err
    assert err.count("\n") == 1


def test_a_policy_that_is_no_json_states_where(omics: Any, service: Any):
    code, _, err = omics("put-v1-role-policy", "--role-id", "reader", "--policy", '{"Statement": }')
    assert (code, service.requests) == (2, [])
    assert "--policy: expected a JSON object" in err
    assert "line 1, column 15" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("put-v1-user-role", "--user-id", "ada", "--action", "give"),
            "--action: expected one of add, remove, got 'give'",
        ),
        (("get-v1-role",), "--role-id"),
        (("get-v1-rol",), "Did you mean get-v1-role?"),
    ],
)
def test_mistakes_are_reported_before_anything_is_sent(omics: Any, service: Any, words: tuple[str, ...], message: str):
    code, _, err = omics(*words)
    assert (code, service.requests) == (2, [])
    assert message in err
