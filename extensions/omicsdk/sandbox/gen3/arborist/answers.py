"""What Arborist's handlers share: who may ask, the fields of bodies, refusals."""

from collections.abc import Mapping
from typing import Any, cast

from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.access_rules import POLICY
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found
from omicsdk.sandbox.service import Call, Reply


def error_body(problem: Problem) -> dict[str, object]:
    """The JSON of a refusal."""
    return {"error": {"message": problem.title, "code": problem.status}}


def fields(call: Call) -> Mapping[str, Any]:
    """The fields of a request's body.

    Raises:
        Problem: 400; the body isn't an object.
    """
    if not isinstance(call.body, dict):
        raise bad_arguments("could not parse a JSON object from the request")
    return cast("dict[str, Any]", call.body)


def field(call: Call, name: str) -> str:
    """A field of a request's body that has to be a text.

    Raises:
        Problem: 400; it isn't there.
    """
    found = fields(call).get(name)
    if not isinstance(found, str) or not found:
        raise bad_arguments(f"input is missing the required field `{name}`")
    return found


def texts(call: Call, name: str) -> list[str]:
    """A field of a request's body that is a list of texts; an empty one when it is missing or null.

    Raises:
        Problem: 400; it is something else.
    """
    found: Any = fields(call).get(name) or []
    if not isinstance(found, list) or not all(isinstance(each, str) for each in cast("list[object]", found)):
        raise bad_arguments(f"the field `{name}` has to be a list of texts")
    return cast("list[str]", found)


def kept(access: Access, kind: str, id: str) -> dict[str, Any]:
    """A document.

    Raises:
        Problem: 404; there is none.
    """
    found = access.rules.get(kind, id)
    if found is None:
        raise not_found(f"no {kind} found with id: {id}")
    return found


def known_policy(access: Access, call: Call) -> str:
    """The policy that a body names.

    Raises:
        Problem: 400, it names none; 404, there is no such policy.
    """
    policy = field(call, "policy")
    kept(access, POLICY, policy)
    return policy


def removed(access: Access, kind: str, id: str) -> Reply:
    """Removes a document; 404 when there is none."""
    if not access.rules.remove(kind, id):
        raise not_found(f"no {kind} found with id: {id}")
    return Reply(status=204)


def taken(kind: str, id: str) -> Problem:
    """The refusal of what is there already."""
    return Problem(409, "conflict", f"{kind} with this name already exists: {id}")
