"""Paths of the commons and its services: which service has one, how it is rewritten, and what is not routed.

A commons serves all of its services below one host, each at its path; the table is that of the public
deployments. The sandbox mounts each service below `/gen3/`, and paths are rewritten before they are routed.
"""

import re

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from omicsdk.sandbox.problems import Problem

HOME = "/gen3"
"""The services are below it, each under its name."""

_TABLE = tuple(
    (re.compile(pattern), target)
    for pattern, target in (
        (r"/user(?:/ga4gh|/data)?/(drs/v1/objects/access)/?", "/fence/ga4gh/{}"),
        (r"/ga4gh/(drs/v1/objects/access)/?", "/fence/ga4gh/{}"),
        (r"(/ga4gh/drs/v1/objects/.+/access/[^/]+)/?", "/fence{}"),
        (r"/user(/.*)?", "/fence{}"),
        (r"(/ga4gh/.*)", "/indexd{}"),
        (r"/index(/.*)?", "/indexd{}"),
        (r"(/api/v0/submission/(?:graphql|getschema))/?", "/peregrine{}"),
        (r"(/api/v0/datasets(?:/.*)?)", "/peregrine{}"),
        (r"(/(?:coremetadata|peregrine)/.*)", "/peregrine{}"),
        (r"/api(/.*)?", "/sheepdog{}"),
        (r"/mds(?:-admin)?(/.*)?", "/metadata{}"),
        (r"/wts(/.*)?", "/wts{}"),
        (r"/authz/?", "/arborist/auth/proxy"),
        (r"/authz(/(?:mapping|resources))/?", "/arborist/auth{}"),
        (r"/authz(/.*)", "/arborist{}"),
        (r"/manifests(/.*)?", "/manifest{}"),
        (r"(/(?:guppy|job|ws-storage)(?:/.*)?)", "{}"),
    )
)

_ROOT = 2  # how many slashes /gen3/SERVICE has

READ_ONLY = ("/mds",)
"""Paths that are read-only in a commons: writes go to `/mds-admin`."""


def inner_path(path: str) -> str | None:
    """The sandbox's path for a path of a commons; None for a path that is not one of a commons.

    Args:
        path: The path, decoded.
    """
    # nginx treats several slashes as one, and clients join endpoints and paths with one too many.
    path = "/" + path.lstrip("/")
    for pattern, target in _TABLE:
        match = pattern.fullmatch(path)
        if match:
            inner = HOME + target.format(*match.groups(""))
            # A service's own root needs its slash, or the router sends clients to a path that a commons does not have.
            return f"{inner}/" if inner.count("/") == _ROOT else inner
    return None


class Middleware:
    """Middleware that rewrites requests, and words refusals of unknown routes.

    Args:
        app: The routes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def rewritten(self, scope: Scope) -> Scope:
        """The request as the routes get it; a Problem that this raises is a refusal."""
        return scope

    def refused(self, refusal: HTTPException | Problem) -> ASGIApp:
        """The response when no route has the path or method, or `rewritten` raised."""
        raise refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(self.rewritten(scope), receive, send)
        except (HTTPException, Problem) as refusal:
            await self.refused(refusal)(scope, receive, send)


class Gateway(Middleware):
    """Rewrites paths of the commons."""

    def rewritten(self, scope: Scope) -> Scope:
        """The request with the path at which the sandbox has it."""
        inner = inner_path(scope["path"])
        return scope if inner is None else {**scope, "path": inner, "gen3.path": scope["path"]}


class TrailingSlashes(Middleware):
    """Takes paths with and without a slash at their end, as the web frameworks of the services do.

    Args:
        app: The service's routes.
        slashed: Paths, as the router sees them, that end in a slash in the service's document.
    """

    def __init__(self, app: ASGIApp, slashed: tuple[str, ...] = ("/",)) -> None:
        super().__init__(app)
        self._slashed = slashed

    def rewritten(self, scope: Scope) -> Scope:
        """The request with a normalised path."""
        root = scope.get("root_path", "")
        bare = scope["path"].removeprefix(root).rstrip("/")
        return {**scope, "path": root + (f"{bare}/" if f"{bare}/" in self._slashed else bare)}
