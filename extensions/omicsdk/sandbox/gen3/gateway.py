"""The gateway of the commons: which service a path of the commons belongs to.

A commons serves all of its services below one host, each at a place of its own; the table is that of the public
deployments. The sandbox mounts each service below `/gen3/`, and paths are rewritten before they are routed.
"""

import re

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from omicsdk.sandbox.problems import Problem

HOME = "/gen3"
"""Below it stand the services, each under its own name."""

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
"""Places where a commons lets nobody write: who writes goes to `/mds-admin`."""


class Front:
    """Stands before the routes of the commons or of a service.

    Args:
        app: The routes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def meant(self, scope: Scope) -> Scope:
        """The request that the routes are asked; it may be refused by raising."""
        return scope

    def refused(self, refusal: HTTPException | Problem) -> ASGIApp:
        """What answers when the routes have no such path or method, or the request was refused before them."""
        raise refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(self.meant(scope), receive, send)
        except (HTTPException, Problem) as refusal:
            await self.refused(refusal)(scope, receive, send)


def inner_path(path: str) -> str | None:
    """Where the sandbox has what a commons has at a path; None for a path that isn't one of a commons.

    Args:
        path: The path, decoded.
    """
    # nginx takes several slashes for one, and clients join endpoints and paths with one too many.
    path = "/" + path.lstrip("/")
    for pattern, target in _TABLE:
        found = pattern.fullmatch(path)
        if found:
            inner = HOME + target.format(*found.groups(""))
            # A service's own root needs its slash, or the router sends clients to a path that a commons doesn't have.
            return f"{inner}/" if inner.count("/") == _ROOT else inner
    return None


class Gateway(Front):
    """Rewrites paths of the commons."""

    def meant(self, scope: Scope) -> Scope:
        """The request with the path at which the sandbox has it."""
        inner = inner_path(scope["path"])
        return scope if inner is None else {**scope, "path": inner, "gen3.path": scope["path"]}
