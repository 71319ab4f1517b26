"""Pangea as a service of the sandbox: which function answers which operation."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.types import ASGIApp

from omicsdk.sandbox.document import operations
from omicsdk.sandbox.pangea import contrib, nested, search, tags, wiki
from omicsdk.sandbox.pangea.accounts import auth, organizations, users
from omicsdk.sandbox.pangea.orders import for_groups, for_samples, jobs, prototypes
from omicsdk.sandbox.pangea.requests.routing import Paths, on_path, whole
from omicsdk.sandbox.pangea.results import buckets, fields, pipelines, uploads
from omicsdk.sandbox.pangea.results import operations as results
from omicsdk.sandbox.pangea.samples import downloads, groups, manifests, membership, metadata, projects
from omicsdk.sandbox.pangea.samples import operations as samples
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.rest_framework.roots import root_route
from omicsdk.sandbox.rest_framework.service import framework_service
from omicsdk.sandbox.service import Service, handlers_in

_ALONE = (
    auth,
    users,
    organizations,
    groups,
    samples,
    membership,
    nested,
    manifests,
    metadata,
    projects,
    search,
    wiki,
    results,
    fields,
    pipelines,
    tags,
    prototypes,
    for_samples,
    jobs,
    for_groups,
    contrib,
)
"""Modules whose handlers see and change the state as if they were alone; none of them asks another server."""
_TOGETHER = (uploads, buckets, downloads)
"""Modules whose handlers ask the S3 server, or guard what they change themselves."""


def pangea_service(pangea: Pangea, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        pangea: Its state.
        document: Its OpenAPI 3.1 document.
    """
    stated = operations(document)
    alone = handlers_in(document, pangea, *_ALONE)
    handlers = {name: whole(handler, pangea) for name, handler in alone.items()}
    handlers |= handlers_in(document, pangea, *_TOGETHER)
    paths = {each.name: each.path for each in stated}
    handlers = {name: on_path(handler, paths[name]) for name, handler in handlers.items()}
    service = framework_service(
        "pangea",
        document,
        handlers,
        suffixed=("/api/",),
        pages=[root_route("/api/auth/", {"users": "users/"})],
        absent=contrib.ABSENT,
    )
    frame = service.around
    assert frame is not None

    def around(app: ASGIApp) -> ASGIApp:
        return Paths(frame(app))

    return replace(service, around=around)
