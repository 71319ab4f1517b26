"""The manifest service, which stores users' manifests, cohorts and exported metadata."""

import html
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.service import HEALTHY, as_object, gen3_service
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found
from omicsdk.sandbox.service import Call, Reply, SandboxContext, Service, for_each, handlers_in
from omicsdk.sandbox.state.database import Table

MANIFESTS, COHORTS, METADATA = "manifests", "cohorts", "metadata"
_GUID = re.compile(r".*[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}")
_PUT = {"put_manifest": "create_manifest", "put_cohort": "create_cohort", "put_metadata": "create_metadata"}


@dataclass(frozen=True, slots=True)
class _File:
    """A file that a user keeps.

    Attributes:
        person: Their number.
        kind: Manifests, cohorts or metadata.
        name: Its name.
        content: Its content.
        stored: When it was written, in seconds since 1970.
    """

    person: int
    kind: str
    name: str
    content: str
    stored: float


class Manifests:
    """The files that users store with the commons.

    Args:
        context: State and settings that all services share.
        access: The users of the commons.

    Attributes:
        access: The users of the commons.
        files: The files.
        context: State and settings that all services share.
    """

    def __init__(self, context: SandboxContext, access: Access) -> None:
        self.access = access
        self.files = Table(context.database, "gen3_user_files", _File, key="person kind name")
        self.context = context


def manifest_service(store: Manifests, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        store: The users' files.
        document: The service's OpenAPI 3.1 document.
    """
    return gen3_service(
        "manifest",
        document,
        handlers_in(document, store, sys.modules[__name__]),
        same=_PUT,
        responses={"get_status": HEALTHY},
        error_body=lambda problem: {"error": problem.title},
    )


def create_manifest(store: Manifests, call: Call) -> Reply:
    """POST and PUT /."""
    owner, entries = _owner(store, call), _body(call)
    if not isinstance(entries, list) or not all("object_id" in as_object(each) for each in cast("list[Any]", entries)):
        raise bad_arguments(
            "Manifest format is invalid. Please POST a list of key-value pairs, like [{'k' : v}, ...] Required keys"
            " are: object_id"
        )
    return _written(store, owner, MANIFESTS, cast("object", entries))


def create_cohort(store: Manifests, call: Call) -> Reply:
    """POST and PUT /cohorts."""
    owner = _owner(store, call)
    guid: object = as_object(_body(call)).get("guid")
    if not isinstance(guid, str) or not _GUID.fullmatch(guid):
        raise bad_arguments(f"The provided GUID: {guid} is invalid.")
    store.files.put(_File(owner, COHORTS, guid, "", store.context.clock.now()))
    return Reply({"filename": guid})


def create_metadata(store: Manifests, call: Call) -> Reply:
    """POST and PUT /metadata."""
    return _written(store, _owner(store, call), METADATA, _body(call))


def _list(store: Manifests, call: Call, kind: str) -> Reply:
    files = store.files.all(order="stored, rowid", person=_owner(store, call), kind=kind)
    listed = [
        {
            "filename": file.name,
            "last_modified": datetime.fromtimestamp(file.stored, UTC).strftime("%Y-%m-%d %H:%M:%S"),
            "last_modified_timestamp": file.stored,
        }
        for file in files
    ]
    return Reply({kind: listed})


def _file(store: Manifests, call: Call, kind: str) -> Reply:
    owner, name = _owner(store, call), html.escape(call.arguments["file_name"])
    if not name.endswith("json"):
        raise bad_arguments("Incorrect usage. You can only use this pathway to request files of type JSON.")
    found = store.files.get(owner, kind, name)
    if found is None:
        raise not_found(f"there is no file {name}")
    return Reply(text=found.content.replace("'", '"'))


HANDLERS = {
    **for_each({kind: kind for kind in (MANIFESTS, COHORTS, METADATA)}, {"list_{}": _list}),
    **for_each({"manifest": MANIFESTS, "metadata": METADATA}, {"get_{}": _file}),
}


def _owner(store: Manifests, call: Call) -> int:
    """The number of who sent a request.

    Raises:
        Problem: 403; there is no token, or it is not valid: the service knows no other refusal.
    """
    person = store.access.known(call.headers)
    if person is None or person.client:
        raise Problem(403, "forbidden", "Please log in.")
    return person.number


def _body(call: Call) -> object:
    if not call.body:
        raise bad_arguments("Please provide valid JSON.")
    return call.body


def _written(store: Manifests, owner: int, kind: str, body: object) -> Reply:
    """Write a file whose name contains the time. The service stores Python's representation of a body, not JSON."""
    now = store.context.clock.now()
    time = datetime.fromtimestamp(now, UTC).replace(tzinfo=None).isoformat().replace(":", "-")
    with store.context.database.transaction():
        name, number = f"manifest-{time}.json", 0
        while store.files.get(owner, kind, name):
            number += 1
            name = f"manifest-{time}-{number}.json"
        store.files.put(_File(owner, kind, name, str(body), now))
    return Reply({"filename": name})
