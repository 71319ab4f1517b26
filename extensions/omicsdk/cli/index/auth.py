"""The commands of the Atlas's authorisation service that have the words of all platforms."""

from __future__ import annotations

from omicsdk.cli.commands import login
from omicsdk.cli.index import Entry, operations

_USER, _GROUP, _ROLE, _RESOURCE = "ada@example.org", "curators", "reader", "dss:collection"

BY_SIGNATURE = False
PRIVATE = ("login", "logout")

COMMANDS = (
    *operations(
        ("users ls", "get-v1-users", "", ""),
        ("users get", "get-v1-user", "user_id", _USER),
        ("users create", "post-v1-user", "", f"--user-id {_USER}"),
        ("users update", "put-v1-user", "user_id", f"{_USER} --status disabled"),
        ("groups ls", "get-v1-groups", "", ""),
        ("groups get", "get-v1-group", "group_id", _GROUP),
        ("groups create", "post-v1-group", "", f"--group-id {_GROUP}"),
        ("groups update", "put-v1-group-policy", "group_id", f"{_GROUP} --policy @policy.json"),
        ("groups rm", "delete-v1-group", "group_id", _GROUP),
        ("roles ls", "get-v1-roles", "", ""),
        ("roles get", "get-v1-role", "role_id", _ROLE),
        ("roles create", "post-v1-role", "", f"--role-id {_ROLE} --policy @policy.json"),
        ("roles update", "put-v1-role-policy", "role_id", f"{_ROLE} --policy @policy.json"),
        ("roles rm", "delete-v1-role", "role_id", _ROLE),
        ("resources ls", "get-v1-resources", "", ""),
        ("resources get", "get-v1-resource", "resource_type_name", _RESOURCE),
        ("resources create", "post-v1-resource", "resource_type_name", f"{_RESOURCE} --actions dss:GetCollection"),
        ("resources rm", "delete-v1-resource", "resource_type_name", _RESOURCE),
    ),
    Entry("login", login.service_login, examples=("", "--remote")),
    Entry("logout", login.service_logout, examples=("",)),
)
