"""Who am I: user information of Fence."""

from typing import Any

from omicsdk.sandbox.gen3.access import Person
from omicsdk.sandbox.gen3.fence.askers import asker
from omicsdk.sandbox.gen3.fence.needs import Needs
from omicsdk.sandbox.service import Call, Reply


def get_user_info(gen3: Needs, call: Call) -> Reply:
    """GET /user."""
    asking = asker(gen3, call, "user")
    return Reply({**user_info(gen3, asking.person), "azp": asking.claims.get("azp") or ""})


def user_info(gen3: Needs, person: Person) -> dict[str, Any]:
    """What Fence tells of somebody.

    Args:
        gen3: The commons.
        person: Who.
    """
    administers = person.may("*", "/")
    mapping = gen3.access.mapping(person)
    return {
        "user_id": person.number,
        "sub": str(person.number),
        "idp": "google",
        "username": person.name,
        "name": person.name,
        "display_name": person.name,
        "preferred_username": person.name,
        "phone_number": "",
        "email": person.name,
        "is_admin": administers,
        "active": True,
        "role": "admin" if administers else "user",
        "project_access": gen3.access.projects(person),
        "certificates_uploaded": [],
        "resources_granted": [],
        "groups": [],
        "message": "",
        "resources": sorted(mapping),
        "authz": mapping,
    }
