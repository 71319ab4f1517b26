"""The services: what makes each at its first request, and which functions answer the operations of those of the Human Cell Atlas."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from omicsdk.core.logs import logger
from omicsdk.sandbox.azul.state import PREFIX as AZUL_PREFIX
from omicsdk.sandbox.azul.state import Azul
from omicsdk.sandbox.document import Operation
from omicsdk.sandbox.dss.state import Dss, is_version
from omicsdk.sandbox.fusillade.state import Fusillade
from omicsdk.sandbox.ga4gh.state import PREFIXES as GA4GH_PREFIXES
from omicsdk.sandbox.gen3.service import HOME, SERVICES
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.routing import Routes
from omicsdk.sandbox.sb import PREFIX as SB_PREFIX
from omicsdk.sandbox.service import (
    ALL_GROUPS,
    REQUEST_ID,
    Call,
    Service,
    crash,
    handlers_in,
    is_reading,
    refusal,
    response,
    unrouted,
)
from omicsdk.sandbox.upload import PREFIX as UPLOAD_PREFIX
from omicsdk.sandbox.upload import upload_service

if TYPE_CHECKING:
    from omicsdk.sandbox.engine.engine import Engine
    from omicsdk.sandbox.instance import Platforms

log = logger("omicsdk.sandbox")

DSS_PREFIX, FUSILLADE_PREFIX = "/dss/v1", "/auth"


def dss_service(dss: Dss, document: Mapping[str, Any]) -> Service:
    """The Data Store."""
    from omicsdk.sandbox.dss import bundles, events

    return Service(
        name="dss",
        prefix=DSS_PREFIX,
        document=document,
        document_path="/swagger.json",
        handlers=handlers_in(document, dss, bundles, events),
        formats={"DSS_VERSION": is_version},
        format_codes={"DSS_VERSION": "illegal_version"},
        request_id=REQUEST_ID,
        restricted=lambda: dss.context.settings.flag("dss.restricted"),
        # Direct URLs point to the S3 server, which is started for them.
        at_once=lambda operation, query: (
            is_reading(operation) and not any(name.startswith("direct") for name, _ in query)
        ),
    )


def azul_service(azul: Azul, document: Mapping[str, Any]) -> Service:
    """Azul."""
    from omicsdk.sandbox.azul import operations

    return Service(
        name="azul",
        prefix=AZUL_PREFIX,
        document=document,
        handlers=handlers_in(document, azul, operations),
        before=lambda _call: azul.limit(),
        error_body=lambda problem: {"Code": problem.code, "Message": problem.title},
        error_type="application/json",
        checks=False,  # parameters may be in the query or the body, which the document cannot state
    )


# -- Fusillade


def fusillade_service(fusillade: Fusillade, document: Mapping[str, Any]) -> Service:
    """Fusillade."""
    from omicsdk.sandbox.fusillade import oauth, resources

    return Service(
        name="fusillade",
        prefix=FUSILLADE_PREFIX,
        document=document,
        document_path="/swagger.json",
        handlers=handlers_in(document, fusillade, oauth, resources),
        before=lambda call: _demand(fusillade, call),
        error_body=_fusillade_error,
        request_id=REQUEST_ID,
        pages=oauth.login_pages(fusillade),
        alone=True,
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
    (action, resource), caller = needed(call.operation), call.sender
    name = f"arn:hca:fus:*:*:{resource.format_map(call.arguments)}"
    # The groups of a token that the sandbox issued by its control API count, so that it can administer.
    decision = fusillade.decide(caller.email, [action], name, token_groups=caller.groups.intersection(ALL_GROUPS))
    if not decision.result:
        raise Problem(403, "Forbidden", f"{caller.email} needs the permission {action} on {name}: {decision.reason}")


def _fusillade_error(problem: Problem) -> dict[str, object]:
    """A refusal in the form of RFC 7807: its kind and its reason."""
    title = problem.code if problem.code == "illegal_arguments" else HTTPStatus(problem.status).phrase
    return {"status": problem.status, "title": title, "detail": problem.title, "type": "about:blank"}


# -- all of them

_Document = Callable[[str], Mapping[str, Any]]


def _sb(platforms: Platforms, document: _Document) -> list[Service]:
    from omicsdk.sandbox.sb.service import sb_service

    return [sb_service(platforms.sb, document("sb"))]


def _gen3(platforms: Platforms, document: _Document) -> list[Service]:
    from omicsdk.sandbox.gen3.services import gen3_services

    return gen3_services(platforms.gen3, document)


def _crunch(platforms: Platforms, document: _Document) -> list[Service]:
    from omicsdk.sandbox.crunch.items import crunch_service

    return [crunch_service(platforms.crunch, document("crunch"))]


def _pangea(platforms: Platforms, document: _Document) -> list[Service]:
    from omicsdk.sandbox.pangea.service import pangea_service

    return [pangea_service(platforms.pangea, document("pangea"))]


def _ga4gh(platforms: Platforms, document: _Document) -> list[Service]:
    return platforms.ga4gh.services(document)


# What makes the service of a prefix, with those of the same platform.
_MAKERS: Mapping[str, Callable[[Platforms, _Document], list[Service]]] = {
    DSS_PREFIX: lambda platforms, document: [dss_service(platforms.dss, document("dss"))],
    AZUL_PREFIX: lambda platforms, document: [azul_service(platforms.azul, document("azul"))],
    FUSILLADE_PREFIX: lambda platforms, document: [fusillade_service(platforms.fusillade, document("fusillade"))],
    UPLOAD_PREFIX: lambda platforms, document: [upload_service(platforms.upload, document("upload"))],
    SB_PREFIX: _sb,
    **dict.fromkeys((f"{HOME}/{name}" for name in SERVICES), _gen3),
    "/crunch": _crunch,
    "/pangea": _pangea,
    **dict.fromkeys(GA4GH_PREFIXES, _ga4gh),
}


class Services:
    """The services by prefix. Those of a platform are made at its first request: to import their modules takes a third of a start.

    Args:
        platforms: The platforms.
    """

    def __init__(self, platforms: Platforms) -> None:
        self._platforms = platforms
        self._lock = threading.Lock()
        self._engines = {engine.service.prefix: engine for engine in platforms.engines}
        self._apps: dict[str, ASGIApp] = {}

    def prefix_of(self, path: str) -> str | None:
        """The prefix that a path is below; None where it is below none of them."""
        end = path.find("/", 1)
        while end > 0:
            prefix = path[:end]
            if prefix in _MAKERS or prefix in self._engines:
                return prefix
            end = path.find("/", end + 1)
        return None

    def app(self, prefix: str) -> ASGIApp:
        """The application of a service, made at its first request.

        Args:
            prefix: The service's prefix.
        """
        app = self._apps.get(prefix)
        if app is None:
            from omicsdk.sandbox.app import Application

            engine = self._engine(prefix)
            application, around = Application(engine, self._platforms.context), engine.service.around
            app = self._apps[prefix] = application if around is None else around(application)
        return app

    def all(self) -> list[Engine]:
        """All of them."""
        return [self._engine(prefix) for prefix in dict.fromkeys([*_MAKERS, *self._engines])]

    def _engine(self, prefix: str) -> Engine:
        with self._lock:
            if prefix not in self._engines:
                from omicsdk.sandbox.engine.engine import Engine

                for service in _MAKERS[prefix](self._platforms, self._platforms.context.document):
                    self._engines[service.prefix] = Engine(service.document, service=service)
            return self._engines[prefix]


def app_of(services: Services, other: Sequence[BaseRoute]) -> ASGIApp:
    """The application of all services.

    Args:
        services: The services.
        other: Further routes: presigned objects, the control API.
    """
    routes = Routes(other)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        # Starlette's routers below this one then raise for unknown routes, instead of sending their own responses.
        scope["app"] = app
        try:
            # Some fixed paths are below the prefix of a service.
            prefix = None if path in routes.fixed else services.prefix_of(path)
            if prefix is None:
                await routes(scope, receive, send)
            else:
                scope["root_path"] = prefix
                await services.app(prefix)(scope, receive, send)
        except HTTPException as error:
            reply = refusal(unrouted(scope, error))
            await response(reply, {}, empty=scope["method"] == "HEAD")(scope, receive, send)
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            await response(refusal(crash()), {})(scope, receive, send)

    return app
