"""Arborist, the service that knows who may do what: its questions. The engine has its policies, roles and resources."""

import sys
from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.gen3.access import ANONYMOUS, Access
from omicsdk.sandbox.gen3.service import as_list, as_object, gen3_service
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.service import Call, Reply, Service, handlers_in


def arborist_service(access: Access, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        access: Users and their tokens.
        document: Arborist's OpenAPI 3.1 document.
    """

    def administrator(call: Call) -> None:
        missing = Problem(401, "unauthorized", "a token of the commons' administrator is needed")
        if not access.somebody(call.headers, missing).may("*", "/"):
            raise Problem(403, "forbidden", "only the commons' administrator may do this")

    return gen3_service(
        "arborist",
        document,
        handlers_in(document, access, sys.modules[__name__]),
        responses={"get_health": Reply("Healthy")},
        rights=administrator,
    )


def get_auth_mapping(access: Access, call: Call) -> Reply:
    """GET /auth/mapping."""
    return Reply(access.mapping(access.anyone(call.headers)))


def check_auth_request(access: Access, call: Call) -> Reply:
    """POST /auth/request: whether the owner of a token, a user by name, or any user may do something."""
    body = as_object(call.body)
    user = as_object(body.get("user"))
    if user.get("token"):
        person = access.person_of(access.claims(str(user["token"])))
    else:
        person = access.person(str(user.get("user_id"))) or ANONYMOUS
    try:
        wanted = [
            (each["action"]["method"], each["resource"], each["action"]["service"])
            for each in as_list(body.get("requests") or body["request"])
        ]
        return Reply({"auth": all(person.may(*each) for each in wanted)})
    except (AttributeError, KeyError, TypeError):
        raise bad_arguments("auth request missing resource or action") from None
