"""Pangea as a service: its paths, and reading by names: organization, group, sample, result, field."""

import re
import sys
from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.document import Operation, operations
from omicsdk.sandbox.pangea import accounts, contrib, groups, orders, results, uploads
from omicsdk.sandbox.pangea.groups import GROUP_SAMPLE
from omicsdk.sandbox.pangea.resource import KINDS, NoPage, is_uuid, newest
from omicsdk.sandbox.pangea.results import NOUNS
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.store import Record, Where, below, folded, linked_from, with_field, with_uuid
from omicsdk.sandbox.rest_framework.service import NOT_FOUND_PAGE, SUFFIX, Paths, Refused, framework_service
from omicsdk.sandbox.service import Call, Handler, Reply, Service, handlers_in, is_reading

# The kinds of what the arguments of a path name, with that of what the one before names.
_KINDS = {"org": "organization", "grp": "sample_group", "sample": "sample", "module_name": "{}_ar", "field": "{}_field"}


def _read(pangea: Pangea, call: Call) -> Reply:
    person = pangea.access.principal(call)
    kind: str = ""
    record: Record = {}
    for argument, name in _KINDS.items():
        if argument in call.arguments:
            kind = name.format(kind)
            record = _named(pangea, call, kind, argument, record)
    resource = KINDS[kind](pangea, call)
    resource.person = person
    if not resource.may_see(record):
        raise resource.refusal()
    return Reply(resource.view(record))


def _named(pangea: Pangea, call: Call, kind: str, argument: str, above: Record) -> Record:
    """The object that an argument names; of names that differ in case only, the one that was changed last."""
    text = call.arguments[argument]
    # A text that looks like a UUID is treated as one: such a name is never found.
    where = [with_uuid(text) if is_uuid(text) else Where("folded = ?", (folded(text),))]
    if above:
        where.append(linked_from(GROUP_SAMPLE, above["uuid"]) if kind == "sample" else below(above["uuid"]))
    replicate = dict(call.query).get("replicate")
    if argument == "module_name" and replicate is not None:
        where.append(with_field("replicate", replicate))
    records = pangea.store.all(kind, *where)
    if not records:
        raise NoPage
    if kind == "organization" and len(records) > 1:
        # Deployed servers fail here with 500, even if one of the names matches exactly.
        raise Refused(400, "More than one organization has this name, but for the case of its letters.")
    return newest(records)


_NAMES = ("organization", "sample_group", "sample", *NOUNS, *(f"{noun}_field" for noun in NOUNS))
HANDLERS = {f"get_{name}_by_name": _read for name in _NAMES}


# The login routes accept both forms; all other paths have exactly one.
_SLASHLESS = ("/api/auth/token/login", "/api/auth/token/logout")
# Routes by names, except those without the slash at their end, which redirect to the ones with it.
_FORMS = re.compile(r"/api/nested/(.*/$|.*/analysis_results)")
# Lists by names are not narrowed by them: they are those of the flat routes.
_LISTS = [
    (re.compile(f"/api/nested/[^/]+/{pattern}"), f"/api/{flat}")
    for pattern, flat in (
        ("sample_groups/", "sample_groups"),
        ("sample_groups/[^/]+/samples/", "samples"),
        ("sample_groups/[^/]+/samples/[^/]+/analysis_results", "sample_ars"),
        ("sample_groups/[^/]+/samples/[^/]+/analysis_results/[^/]+/fields", "sample_ar_fields"),
        ("sample_groups/[^/]+/analysis_results", "sample_group_ars"),
        ("sample_groups/[^/]+/analysis_results/[^/]+/fields", "sample_group_ar_fields"),
    )
]


def whole(handler: Handler, pangea: Pangea) -> Handler:
    """A handler that sees and changes the state as if it were alone; refusals leave nothing behind, unless they are `Kept`.

    Args:
        handler: The handler, which must not send requests to other servers.
        pangea: The platform.
    """
    database = pangea.store.database

    def response(call: Call) -> Reply:
        with database.alone() if is_reading(call.operation) else database.transaction():
            try:
                return handler(call)
            except groups.Kept as kept:
                refusal = kept.refusal
        raise refusal

    return response


def on_path(handler: Handler, path: str) -> Handler:
    """A handler that is reached only by paths with valid UUIDs; the response to others is 404."""
    names = [] if path.startswith("/api/auth/") else re.findall(r"{(uuid|id|\w*_pk)}", path)

    def response(call: Call) -> Reply:
        try:
            if not all(is_uuid(call.arguments[name]) for name in names):
                raise NoPage
            return handler(call)
        except NoPage:
            return Reply(text=NOT_FOUND_PAGE, status=404, headers={"Content-Type": "text/html"})

    return response


def _route(path: str) -> str:
    """The route of the document that a path represents."""
    if path in _SLASHLESS:
        return f"{path}/"
    if path.endswith(SUFFIX) and is_uuid(path.removesuffix(SUFFIX).rpartition("/")[2]):
        return path.removesuffix(SUFFIX)
    return next((flat for pattern, flat in _LISTS if pattern.fullmatch(path)), path)


_STORED = re.compile("field|manifest|download")
# Modules whose handlers run in one transaction; none of them sends requests to another server.
_ALONE = (accounts, groups, results, orders, contrib)


def _only_reads_tables(operation: Operation, _query: object) -> bool:
    # What results store may be on the S3 server, which is started for its URLs.
    return is_reading(operation) and not _STORED.search(operation.name)


def pangea_service(pangea: Pangea, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        pangea: Its state.
        document: Its OpenAPI 3.1 document.
    """
    all_operations = operations(document)
    alone = handlers_in(document, pangea, *_ALONE, sys.modules[__name__])
    handlers = {name: whole(handler, pangea) for name, handler in alone.items()}
    # These call the S3 server, or guard their changes themselves.
    handlers |= handlers_in(document, pangea, uploads)
    paths = {operation.name: operation.path for operation in all_operations}
    handlers = {name: on_path(handler, paths[name]) for name, handler in handlers.items()}
    return framework_service(
        "pangea",
        document,
        handlers,
        Paths(roots={"/api/auth/": {"users": "users"}}, suffixed=("/api/",), forms=_FORMS, route=_route),
        at_once=_only_reads_tables,
    )
