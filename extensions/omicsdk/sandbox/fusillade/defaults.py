"""What is there from the start: the roles and groups of a fresh deployment, and the policies of what is new."""

from typing import Any

from omicsdk.sandbox.fusillade.policies import VERSION

JsonObject = dict[str, Any]

EVERYBODY = "user_default"
"""The group that every user is in."""
USER_ROLE, ADMIN_ROLE = "default_user", "fusillade_admin"
OWNER = "Owner"
"""The access level that every resource type has from the start."""


def _allow(actions: list[str], resources: list[str]) -> JsonObject:
    return {"Version": VERSION, "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resources}]}


def user_role() -> JsonObject:
    """What everybody may: read about themselves."""
    return _allow(["fus:GetUser", "fus:GetGroup", "fus:GetRole"], ["arn:hca:fus:*:*:user/${fus:user_email}/*"])


def admin_role() -> JsonObject:
    """What administrators may: everything that the service has."""
    return _allow(["fus:*"], ["arn:hca:fus:*:*:*"])


def group_policy(group: str) -> JsonObject:
    """What the users of a group may when it was created without a policy: read about it."""
    return _allow(["fus:GetGroup", "fus:GetUser", "fus:GetRole"], [f"arn:hca:fus:*:*:group/{group}/*"])


def owner_policy() -> JsonObject:
    """What the owner of a resource ID may when its type was created without a policy."""
    thing = "arn:hca:fus:*:*:resource/${fus:resource_type}/id/${fus:resource_id}"
    return _allow(["fus:GetResources", "fus:PutResources", "fus:DeleteResources"], [thing, f"{thing}/*"])
