"""Who asks Fence, and for what their token is good."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from omicsdk.sandbox.gen3.access import Person
from omicsdk.sandbox.gen3.fence.needs import Needs
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.service import Call


@dataclass(frozen=True, slots=True)
class Asker:
    """Who sent a request.

    Attributes:
        person: Who they are.
        claims: What their token states.
    """

    person: Person
    claims: Mapping[str, Any]


def asker(gen3: Needs, call: Call, scope: str) -> Asker:
    """Who sent a request that needs a login.

    Args:
        gen3: The commons.
        call: The request.
        scope: What the token must be good for.

    Raises:
        Problem: 401; there is no token, it isn't good, or not for that.
    """
    kind, _, token = call.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Problem(
            401, "unauthorized", "Authentication Error: Authorization header is missing or has no bearer token"
        )
    claims = gen3.access.claims(token.strip())
    if scope not in claims["scope"]:
        raise Problem(401, "unauthorized", f"Authentication Error: the token has no scope {scope}")
    person = gen3.access.person_of(claims)
    if person.client and scope != "data":
        raise Problem(401, "unauthorized", "Authentication Error: the token is of a client that acts for itself")
    return Asker(person, claims)


def fields_of(call: Call) -> Mapping[str, Any]:
    """The fields of a request's JSON body; none when it isn't an object."""
    return cast("dict[str, Any]", call.body) if isinstance(call.body, dict) else {}


def texts_of(fields: Mapping[str, Any], name: str) -> list[str]:
    """A field that is a list of texts; an empty one when it is missing or null.

    Raises:
        Problem: 400; it is something else.
    """
    found: Any = fields.get(name) or []
    if not isinstance(found, list) or not all(isinstance(each, str) for each in cast("list[object]", found)):
        raise bad_arguments(f"`{name}` has to be a list of texts")
    return cast("list[str]", found)


def text_of(fields: Mapping[str, Any], name: str) -> str:
    """A field that is a text; an empty one when it is missing or null.

    Raises:
        Problem: 400; it is something else.
    """
    found: object = fields.get(name)
    if found is not None and not isinstance(found, str):
        raise bad_arguments(f"`{name}` has to be a text")
    return found or ""
