"""The manifest service as a service of the sandbox: its operations."""

import html
import re
import sys
from collections.abc import Mapping
from typing import Any, cast

from omicsdk.sandbox.gen3.as_sent import service_as_sent
from omicsdk.sandbox.gen3.manifest.state import COHORTS, MANIFESTS, METADATA, Folder, Manifests
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found
from omicsdk.sandbox.service import Call, Reply, Service, handlers_in

_GUID = re.compile(r".*[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}")
_NOT_JSON = "Please provide valid JSON."


def list_manifests(store: Manifests, call: Call) -> Reply:
    """GET /."""
    return Reply({"manifests": store.listed(_folder(store, call, MANIFESTS))})


def create_manifest(store: Manifests, call: Call) -> Reply:
    """POST and PUT /."""
    folder = _folder(store, call, MANIFESTS)
    entries = _body(call)
    if not isinstance(entries, list) or not all(_has_object(each) for each in cast("list[object]", entries)):
        raise bad_arguments(
            "Manifest format is invalid. Please POST a list of key-value pairs, like [{'k' : v}, ...] Required keys"
            " are: object_id"
        )
    return Reply({"filename": store.write_new(folder, _as_kept(cast("object", entries)))})


def get_manifest(store: Manifests, call: Call) -> Reply:
    """GET /file/{file_name}."""
    return _file(store, call, _folder(store, call, MANIFESTS))


def list_cohorts(store: Manifests, call: Call) -> Reply:
    """GET /cohorts."""
    return Reply({"cohorts": store.listed(_folder(store, call, COHORTS))})


def create_cohort(store: Manifests, call: Call) -> Reply:
    """POST and PUT /cohorts."""
    folder = _folder(store, call, COHORTS)
    body = _body(call)
    guid: object = cast("dict[str, object]", body).get("guid") if isinstance(body, dict) else None
    if not isinstance(guid, str) or not _GUID.fullmatch(guid):
        raise bad_arguments(f"The provided GUID: {guid} is invalid.")
    store.write(folder, guid, "")
    return Reply({"filename": guid})


def list_metadata(store: Manifests, call: Call) -> Reply:
    """GET /metadata."""
    return Reply({"metadata": store.listed(_folder(store, call, METADATA))})


def create_metadata(store: Manifests, call: Call) -> Reply:
    """POST and PUT /metadata."""
    folder = _folder(store, call, METADATA)
    return Reply({"filename": store.write_new(folder, _as_kept(_body(call)))})


def get_metadata(store: Manifests, call: Call) -> Reply:
    """GET /metadata/{file_name}."""
    return _file(store, call, _folder(store, call, METADATA))


def get_status(store: Manifests, call: Call) -> Reply:
    """GET /_status."""
    del store, call
    return Reply(text="Healthy", headers={"Content-Type": "text/html; charset=utf-8"})


def _folder(store: Manifests, call: Call, kind: str) -> Folder:
    """The folder of who sent a request.

    Raises:
        Problem: 403; nobody did, or their token isn't good: the service knows no other refusal.
    """
    try:
        person = store.access.bearer(call.headers)
    except Problem:
        person = None
    if person is None or person.client:
        raise Problem(403, "forbidden", "Please log in.")
    return Folder(person.number, kind)


def _body(call: Call) -> object:
    if not call.body:
        raise bad_arguments(_NOT_JSON)
    return call.body


def _has_object(entry: object) -> bool:
    return isinstance(entry, dict) and "object_id" in entry


def _as_kept(body: object) -> str:
    """What the service keeps of a body: what Python calls it, not JSON."""
    return str(body)


def _file(store: Manifests, call: Call, folder: Folder) -> Reply:
    name = html.escape(call.arguments["file_name"])
    if not name.endswith("json"):
        raise bad_arguments("Incorrect usage. You can only use this pathway to request files of type JSON.")
    content = store.read(folder, name)
    if content is None:
        raise not_found(f"there is no file {name}")
    return Reply(text=content.replace("'", '"'))


def _error_body(problem: Problem) -> dict[str, object]:
    return {"error": problem.title}


_PUT = {"put_manifest": "create_manifest", "put_cohort": "create_cohort", "put_metadata": "create_metadata"}


def manifest_service(store: Manifests, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        store: What people keep.
        document: The service's OpenAPI 3.1 document.
    """
    handlers = handlers_in(document, store, sys.modules[__name__])
    handlers |= {name: handlers[same] for name, same in _PUT.items()}
    return service_as_sent("manifest", document, handlers, error_body=_error_body)
