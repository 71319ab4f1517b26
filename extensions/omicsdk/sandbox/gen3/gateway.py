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
        (r"/user(?:/ga4gh|/data)?/(drs/v1/objects/access)/?", r"/fence/ga4gh/\1"),
        (r"/ga4gh/(drs/v1/objects/access)/?", r"/fence/ga4gh/\1"),
        (r"(/ga4gh/drs/v1/objects/.+/access/[^/]+)/?", r"/fence\1"),
        (r"/user(/.*)?", r"/fence\1"),
        (r"(/ga4gh/.*)", r"/indexd\1"),
        (r"/index(/.*)?", r"/indexd\1"),
        (r"(/api/v0/submission/(?:graphql|getschema))/?", r"/peregrine\1"),
        (r"(/api/v0/datasets(?:/.*)?)", r"/peregrine\1"),
        (r"(/(?:coremetadata|peregrine)/.*)", r"/peregrine\1"),
        (r"/api(/.*)?", r"/sheepdog\1"),
        (r"/mds(?:-admin)?(/.*)?", r"/metadata\1"),
        (r"/wts(/.*)?", r"/wts\1"),
        (r"/authz/?", r"/arborist/auth/proxy"),
        (r"/authz(/(?:mapping|resources))/?", r"/arborist/auth\1"),
        (r"/authz(/.*)", r"/arborist\1"),
        (r"/manifests(/.*)?", r"/manifest\1"),
        (r"(/(?:guppy|job|ws-storage)(?:/.*)?)", r"\1"),
    )
)

_PLACES = re.compile("/(?:user|ga4gh|index|api|coremetadata|peregrine|mds|wts|authz|manifests|guppy|job|ws-storage)")
"""How paths of a commons begin: all others are spared the table."""

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
    if not _PLACES.match(path):
        return None
    for pattern, target in _TABLE:
        found = pattern.fullmatch(path)
        if found:
            inner = HOME + found.expand(target)
            # A service's own root needs its slash, or the router sends clients to a path that a commons doesn't have.
            return f"{inner}/" if inner.count("/") == _ROOT else inner
    return None


class Gateway(Front):
    """Rewrites paths of the commons."""

    def meant(self, scope: Scope) -> Scope:
        """The request with the path at which the sandbox has it."""
        inner = inner_path(scope["path"])
        return scope if inner is None else {**scope, "path": inner, "gen3.path": scope["path"]}
