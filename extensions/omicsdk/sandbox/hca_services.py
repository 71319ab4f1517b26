"""The services of the Human Cell Atlas: which functions answer their operations, and what is around these."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from omicsdk.sandbox.azul import operations as azul_operations
from omicsdk.sandbox.azul.state import PREFIX as AZUL_PREFIX
from omicsdk.sandbox.azul.state import Azul
from omicsdk.sandbox.document import Operation
from omicsdk.sandbox.dss import bundles, collections, events, files
from omicsdk.sandbox.dss.state import Dss
from omicsdk.sandbox.dss.store import is_version
from omicsdk.sandbox.fusillade import oauth, principals, resources
from omicsdk.sandbox.fusillade.state import Fusillade
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import ALL_GROUPS, Call, Service, handlers_in, is_reading
from omicsdk.sandbox.upload import operations as upload_operations
from omicsdk.sandbox.upload.state import Upload

_Document = Mapping[str, Any]


def dss_service(dss: Dss, document: _Document) -> Service:
    """The Data Store."""
    return Service(
        name="dss",
        prefix="/dss/v1",
        document=document,
        document_path="/swagger.json",
        handlers=handlers_in(document, dss, bundles, collections, events, files),
        formats={"DSS_VERSION": is_version},
        format_codes={"DSS_VERSION": "illegal_version"},
        restricted=lambda: dss.context.settings.flag("dss.restricted"),
        # Direct URLs point to the S3 server, which is started for them.
        at_once=lambda operation, query: (
            is_reading(operation) and not any(name.startswith("direct") for name, _ in query)
        ),
    )


def azul_service(azul: Azul, document: _Document) -> Service:
    """Azul."""
    return Service(
        name="azul",
        prefix=AZUL_PREFIX,
        document=document,
        document_path="/openapi.json",
        handlers=handlers_in(document, azul, azul_operations),
        before=lambda _call: azul.limit(),
        error_body=lambda problem: {"Code": problem.code, "Message": problem.title},
        error_type="application/json",
        request_id="",
        checks=False,  # parameters may be in the query or the body, which the document cannot state
    )


_UPLOAD_TITLES = {
    "area_not_found": "Upload area not found",
    "file_not_found": "File not found",
    "wrong_key": "Authentication Error",
}


def upload_service(upload: Upload, document: _Document) -> Service:
    """The Upload service."""
    return Service(
        name="upload",
        prefix="/upload",
        document=document,
        document_path="/swagger.json",
        handlers=handlers_in(document, upload, upload_operations),
        authenticate=upload.authenticate,
        error_body=lambda problem: {
            "status": problem.status,
            "title": _UPLOAD_TITLES.get(problem.code) or HTTPStatus(problem.status).phrase,
            "detail": problem.title,
        },
    )


# -- Fusillade


def fusillade_service(fusillade: Fusillade, document: _Document) -> Service:
    """Fusillade."""
    return Service(
        name="fusillade",
        prefix="/auth",
        document=document,
        document_path="/swagger.json",
        handlers=handlers_in(document, fusillade, oauth, principals, resources),
        before=lambda call: _demand(fusillade, call),
        error_body=_fusillade_error,
        pages=oauth.login_pages(fusillade),
    )


def needed(operation: Operation) -> tuple[str, str]:
    """The action that the sender of an operation's request has to be allowed, and the resource, without its beginning.

    They follow from method and path: PUT /v1/user/{user_id}/groups needs fus:PutGroup on user/{user_id}/groups.
    """
    kind, *rest = operation.path.removeprefix("/v1/").split("/")
    if kind == "policies":
        return "fus:Evaluate", "user"
    kind = kind.removesuffix("s")
    noun = kind
    if kind == "resource":
        noun = "resources"
    elif len(rest) == 1:
        rest.append("status" if operation.method == "PUT" else "")
    elif rest and rest[1] in ("users", "groups", "roles"):
        noun = rest[1].removesuffix("s")
    return f"fus:{operation.method.title()}{noun.title()}", "/".join([kind, *rest])


def _demand(fusillade: Fusillade, call: Call) -> None:
    """Raise a 403 unless the caller may do with the service itself what is requested."""
    if not call.operation.path.startswith("/v1/"):
        return
    (action, place), caller = needed(call.operation), call.sender
    name = f"arn:hca:fus:*:*:{place.format_map(call.arguments)}"
    # The groups of a token that the sandbox issued by its control API count, so that it can administer.
    decision = fusillade.decide(caller.email, [action], name, token_groups=caller.groups.intersection(ALL_GROUPS))
    if not decision.result:
        raise Problem(403, "Forbidden", f"{caller.email} needs the permission {action} on {name}: {decision.reason}")


def _fusillade_error(problem: Problem) -> dict[str, object]:
    """A refusal in the form of RFC 7807: its kind and its reason."""
    title = problem.code if problem.code == "illegal_arguments" else HTTPStatus(problem.status).phrase
    return {"status": problem.status, "title": title, "detail": problem.title, "type": "about:blank"}
