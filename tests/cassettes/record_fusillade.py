"""Fusillade's calls: each operation once, with pages where there are some."""

import itertools
import secrets
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
from omicsdk.core.credentials import BearerToken
from omicsdk.sandbox import Sandbox
from omicsdk_api.fusillade import FusilladeApi
from recording import Recorder

FOLDER = Path(__file__).with_name("fusillade")
START = 1_767_258_000.0
"""When the recorded calls happen: 2026-01-01 09:00 UTC."""
OWNER, ADA = "user@example.org", "ada@example.org"
FILES = "arn:hca:dss:*:*:files/*"
PROJECTS = "arn:hca:fus:*:*:project/*"
MORE_THAN_A_PAGE = 7


def record_fusillade() -> None:
    """Record all operations."""
    numbers = itertools.count()
    with (
        # What the server names by chance; its key is another one at each recording all the same.
        mock.patch.object(secrets, "token_hex", lambda size=32: f"{next(numbers):0{2 * size}x}"),
        tempfile.TemporaryDirectory() as folder,
        Sandbox(Path(folder) / "sandbox", allow_hosts=["auth.data.humancellatlas.org"]) as sandbox,
    ):
        sandbox.clock.freeze(START)
        token = BearerToken(sandbox.token(), origins=[sandbox.url])
        with FusilladeApi(f"{sandbox.url}/auth", credentials=token) as api:
            recorder = Recorder(FOLDER, api, sandbox.url)
            _roles_and_groups(recorder, api)
            _users(recorder, api)
            _resources(recorder, api)
            _lists(recorder)
            _removals(recorder)
            _logins(recorder, sandbox)
            recorder.save("/auth")


def _policy(*actions: str, resource: str = FILES) -> Any:
    statement = {"Sid": "first", "Effect": "Allow", "Action": list(actions), "Resource": [resource]}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _roles_and_groups(recorder: Recorder, api: FusilladeApi) -> None:
    recorder.call("post_v1_role", role_id="keeper", policy=_policy("dss:PutFile"))
    recorder.call("get_v1_role", role_id="keeper")
    recorder.call("put_v1_role_policy", role_id="keeper", policy=_policy("dss:PutFile", "dss:DeleteFile"))
    recorder.call("post_v1_group", group_id="lab", roles=["keeper"])
    recorder.call("get_v1_group", group_id="lab")
    recorder.call("put_v1_group_policy", group_id="lab", policy=_policy("dss:GetFile"))
    for number in range(MORE_THAN_A_PAGE):
        api.post_v1_role(role_id=f"role-{number}", policy=_policy("dss:GetFile"))
        api.post_v1_group(group_id=f"group-{number}")
    roles = [f"role-{number}" for number in range(MORE_THAN_A_PAGE)]
    recorder.call("put_v1_group_role", group_id="lab", action="add", roles=roles)


def _users(recorder: Recorder, api: FusilladeApi) -> None:
    recorder.call("post_v1_user", user_id=ADA, groups=["lab"], policy=_policy("dss:GetBundle"))
    recorder.call("get_v1_user", user_id=ADA)
    recorder.call("put_v1_user", user_id=ADA, status="enabled")
    recorder.call("put_v1_user_policy", user_id=ADA, policy=_policy("dss:PutBundle"))
    recorder.call("put_v1_user_group", user_id=ADA, action="add", groups=[f"group-{number}" for number in range(5)])
    recorder.call("put_v1_user_role", user_id=ADA, action="add", roles=[f"role-{number}" for number in range(6)])
    for number in range(MORE_THAN_A_PAGE):
        api.post_v1_user(user_id=f"user-{number}@example.org", groups=["lab"])
    # Already done: 304.
    recorder.call("put_v1_group_user", group_id="lab", action="add", users=[ADA])
    asked: dict[str, Any] = {"principal": ADA, "action": ["dss:PutFile"], "resource": ["arn:hca:dss:x:prod:files/1"]}
    recorder.call("post_v1_policies_evaluate", **asked)


def _resources(recorder: Recorder, api: FusilladeApi) -> None:
    project: dict[str, Any] = {"resource_type_name": "project"}
    recorder.call("post_v1_resource", **project, actions=["proj:Read"])
    recorder.call("put_v1_resource_action", **project, actions=["proj:Write", "proj:Share"])
    recorder.call("delete_v1_resource_actions", **project, actions=["proj:Share"])
    recorder.call("get_v1_resource_actions", **project)
    level = _policy("proj:Read", resource=PROJECTS)
    recorder.call("post_v1_resource_policy", **project, policy_name="Reader", policy=level)
    level = _policy("proj:Read", "proj:Write", resource=PROJECTS)
    recorder.call("put_v1_resource_policy", **project, policy_name="Reader", policy=level)
    recorder.call("get_v1_resource_policy", **project, policy_name="Reader")
    recorder.call("post_v1_resource_id", **project, resource_id="one")
    recorder.call("get_v1_resource_id", **project, resource_id="one")
    for number in range(MORE_THAN_A_PAGE):
        api.post_v1_resource(resource_type_name=f"type-{number}")
        api.post_v1_resource_id(**project, resource_id=f"id-{number}")
        api.post_v1_resource_policy(**project, policy_name=f"Level-{number}", policy=level)
        member: Any = {"member": f"user-{number}@example.org", "member_type": "user", "access_level": "Reader"}
        api.put_v1_resource_id_member(**project, resource_id="one", body=[member])
    group = {"member": "lab", "member_type": "group", "access_level": "Reader"}
    recorder.call("put_v1_resource_id_member", **project, resource_id="one", body=[group])


def _lists(recorder: Recorder) -> None:
    page: dict[str, Any] = {"per_page": 5}
    recorder.iterate("get_v1_users", **page)
    recorder.iterate("get_v1_user_groups", user_id=ADA, **page)
    recorder.iterate("get_v1_user_roles", user_id=ADA, **page)
    recorder.iterate("get_v1_user_owns", user_id=OWNER, resource_type="role", **page)
    recorder.iterate("get_v1_groups", **page)
    recorder.iterate("get_v1_group_roles", group_id="lab", **page)
    recorder.iterate("get_v1_group_users", group_id="lab", **page)
    recorder.iterate("get_v1_roles", **page)
    recorder.iterate("get_v1_resources", **page)
    recorder.iterate("get_v1_resource", resource_type_name="project", **page)
    recorder.iterate("get_v1_resource_ids", resource_type_name="project", **page)
    recorder.iterate("get_v1_resource_policies", resource_type_name="project", **page)
    recorder.iterate("get_v1_resource_id_members", resource_type_name="project", resource_id="one", **page)


def _removals(recorder: Recorder) -> None:
    recorder.call("delete_v1_resource_id", resource_type_name="project", resource_id="id-0")
    recorder.call("delete_v1_resource_policy", resource_type_name="project", policy_name="Level-0")
    recorder.call("delete_v1_resource", resource_type_name="type-0")
    recorder.call("delete_v1_group", group_id="group-6")
    recorder.call("delete_v1_role", role_id="role-6")


def _logins(recorder: Recorder, sandbox: Sandbox) -> None:
    recorder.call("get_oauth_userinfo")
    recorder.call("post_oauth_userinfo")
    recorder.call("get_jwks_json")
    recorder.call("get_openid_configuration", host="auth.data.humancellatlas.org")
    recorder.call("get_echo")
    recorder.call("get_logout")
    echo = f"{sandbox.url}/auth/echo"
    recorder.call("get_login", redirect_uri=echo, state="of-a-test")
    application: dict[str, str] = {"client_id": "omics-sandbox", "scope": "openid email offline_access"}
    recorder.stream("get_oauth_authorize", response_type="code", state="of-a-test", **application)
    sandbox.settings.turn({"auth.login_as": ADA})
    code = httpx.get(f"{sandbox.url}/auth/oauth/authorize", params=application, trust_env=False).json()["code"]
    client = {"client_id": "omics-sandbox", "client_secret": "no-secret-of-an-installed-application"}
    tokens = recorder.call("post_oauth_token", grant_type="authorization_code", code=code, redirect_uri="", **client)
    recorder.call("post_oauth_revoke", client_id="omics-sandbox", token=tokens.refresh_token)
