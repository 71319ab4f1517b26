"""Roles, and policies that join them with resources."""

from collections.abc import Mapping
from typing import Any, cast

from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.access_rules import POLICY, ROLE
from omicsdk.sandbox.gen3.arborist.answers import fields, kept, removed, taken
from omicsdk.sandbox.problems import bad_arguments
from omicsdk.sandbox.service import Call, Reply


def list_roles(access: Access, call: Call) -> Reply:
    """GET /role."""
    del call
    return Reply({"roles": access.rules.all(ROLE)})


def get_role(access: Access, call: Call) -> Reply:
    """GET /role/{roleID}."""
    return Reply(kept(access, ROLE, call.arguments["roleID"]))


def create_role(access: Access, call: Call) -> Reply:
    """POST /role."""
    role = _role(fields(call))
    if access.rules.get(ROLE, role["id"]) is not None:
        raise taken("role", role["id"])
    access.rules.put(ROLE, role["id"], role)
    return Reply({"created": role}, 201)


def replace_role(access: Access, call: Call) -> Reply:
    """PUT and PATCH /role/{roleID}."""
    before = kept(access, ROLE, call.arguments["roleID"])
    stated = fields(call) if call.operation.method == "PUT" else {**before, **fields(call)}
    role = _role({**stated, "id": before["id"]})
    access.rules.put(ROLE, role["id"], role)
    return Reply({"updated": role}, 201)


def delete_role(access: Access, call: Call) -> Reply:
    """DELETE /role/{roleID}."""
    return removed(access, ROLE, call.arguments["roleID"])


def get_policy(access: Access, call: Call) -> Reply:
    """GET /policy/{policyID}."""
    return Reply(kept(access, POLICY, call.arguments["policyID"]))


def create_policy(access: Access, call: Call) -> Reply:
    """POST /policy."""
    policy = _policy(access, fields(call))
    if access.rules.get(POLICY, policy["id"]) is not None:
        raise taken("policy", policy["id"])
    access.rules.put(POLICY, policy["id"], policy)
    return Reply({"created": policy}, 201)


def replace_policy(access: Access, call: Call) -> Reply:
    """PUT and PATCH /policy/{policyID}."""
    before = kept(access, POLICY, call.arguments["policyID"])
    stated = fields(call) if call.operation.method == "PUT" else {**before, **fields(call)}
    policy = _policy(access, {**stated, "id": before["id"]})
    access.rules.put(POLICY, policy["id"], policy)
    return Reply({"updated": policy}, 201)


def replace_policies(access: Access, call: Call) -> Reply:
    """PUT /bulk/policy."""
    if not isinstance(call.body, list):
        raise bad_arguments("could not parse a list of policies from the request")
    policies = [_policy(access, each) for each in cast("list[Mapping[str, Any]]", call.body)]
    for policy in policies:
        access.rules.put(POLICY, policy["id"], policy)
    return Reply({"updated": policies}, 201)


def delete_policy(access: Access, call: Call) -> Reply:
    """DELETE /policy/{policyID}."""
    return removed(access, POLICY, call.arguments["policyID"])


def _role(stated: Mapping[str, Any]) -> dict[str, Any]:
    """A role out of the fields of a body.

    Raises:
        Problem: 400; it has no identity or no permissions, or one of these no action.
    """
    permissions: list[Mapping[str, Any]] = stated.get("permissions") or []
    if not stated.get("id") or not permissions:
        raise bad_arguments("role input is missing the required field `id` or `permissions`")
    for each in permissions:
        action: Any = each.get("action") or {}
        if not each.get("id") or not action.get("service") or not action.get("method"):
            raise bad_arguments("permission input is missing the required field `id` or `action`")
    told = [
        {"id": each["id"], "description": each.get("description") or "", "action": each["action"]}
        for each in permissions
    ]
    return {"id": str(stated["id"]), "description": stated.get("description") or "", "permissions": told}


def _policy(access: Access, stated: Mapping[str, Any]) -> dict[str, Any]:
    """A policy out of the fields of a body.

    Raises:
        Problem: 400; it has no identity, roles or resources, or roles that aren't there.
    """
    roles: list[str] = stated.get("role_ids") or []
    paths: list[str] = stated.get("resource_paths") or []
    if not stated.get("id") or not roles or not paths:
        raise bad_arguments("policy input is missing the required field `id`, `role_ids` or `resource_paths`")
    if missing := [role for role in roles if access.rules.get(ROLE, role) is None]:
        raise bad_arguments(f"failed to create policy: no such role: {', '.join(missing)}")
    return {"id": str(stated["id"]), "role_ids": roles, "resource_paths": paths}


SYNONYMS = {"update_role": "replace_role", "update_policy": "replace_policy"}
"""Operations that change some fields, by those that replace all: one function does both."""
