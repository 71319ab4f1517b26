"""The commands of the Atlas's authorisation service that have the words of all platforms."""

from __future__ import annotations

from omicsdk.cli.commands import login
from omicsdk.cli.commands.values import above_0
from omicsdk.cli.index import Entry

_USER, _GROUP, _ROLE, _RESOURCE = "ada@example.org", "curators", "reader", "dss:collection"

COMMANDS = (
    Entry("users ls", None, operation="get-v1-users", examples=("",)),
    Entry("users get", None, operation="get-v1-user", positional=("user_id",), examples=(_USER,)),
    Entry("users create", None, operation="post-v1-user", examples=(f"--user-id {_USER}",)),
    Entry(
        "users update", None, operation="put-v1-user", positional=("user_id",), examples=(f"{_USER} --status disabled",)
    ),
    Entry("groups ls", None, operation="get-v1-groups", examples=("",)),
    Entry("groups get", None, operation="get-v1-group", positional=("group_id",), examples=(_GROUP,)),
    Entry("groups create", None, operation="post-v1-group", examples=(f"--group-id {_GROUP}",)),
    Entry(
        "groups update",
        None,
        operation="put-v1-group-policy",
        positional=("group_id",),
        examples=(f"{_GROUP} --policy @policy.json",),
    ),
    Entry("groups rm", None, operation="delete-v1-group", positional=("group_id",), examples=(_GROUP,)),
    Entry("roles ls", None, operation="get-v1-roles", examples=("",)),
    Entry("roles get", None, operation="get-v1-role", positional=("role_id",), examples=(_ROLE,)),
    Entry("roles create", None, operation="post-v1-role", examples=(f"--role-id {_ROLE} --policy @policy.json",)),
    Entry(
        "roles update",
        None,
        operation="put-v1-role-policy",
        positional=("role_id",),
        examples=(f"{_ROLE} --policy @policy.json",),
    ),
    Entry("roles rm", None, operation="delete-v1-role", positional=("role_id",), examples=(_ROLE,)),
    Entry("resources ls", None, operation="get-v1-resources", examples=("",)),
    Entry(
        "resources get", None, operation="get-v1-resource", positional=("resource_type_name",), examples=(_RESOURCE,)
    ),
    Entry(
        "resources create",
        None,
        operation="post-v1-resource",
        positional=("resource_type_name",),
        examples=(f"{_RESOURCE} --actions dss:GetCollection",),
    ),
    Entry(
        "resources rm", None, operation="delete-v1-resource", positional=("resource_type_name",), examples=(_RESOURCE,)
    ),
    Entry(
        "login",
        login.service_login,
        checks={"timeout": above_0},
        examples=("", "--remote"),
    ),
    Entry("logout", login.service_logout, examples=("",)),
)
