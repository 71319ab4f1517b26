"""The gateway of the commons: which service a path of the commons belongs to.

A commons serves all of its services below one host, each at its path; the table is that of the public
deployments. The sandbox mounts each service below `/gen3/`, and paths are rewritten before they are routed.
"""

import re

from starlette.types import Scope

from omicsdk.sandbox.gen3.middleware import Middleware

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


class Gateway(Middleware):
    """Rewrites paths of the commons."""

    def rewritten(self, scope: Scope) -> Scope:
        """The request with the path at which the sandbox has it."""
        inner = inner_path(scope["path"])
        return scope if inner is None else {**scope, "path": inner, "gen3.path": scope["path"]}
