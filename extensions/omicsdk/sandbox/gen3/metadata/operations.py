"""Operations of the metadata service on documents, and how their requests are read.

The service is made with FastAPI, which reads requests with pydantic: this module does too, and reports the same faults.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, TypeVar, cast

from annotated_types import Interval

from omicsdk.core.json_text import strict_value
from omicsdk.sandbox.gen3.metadata.documents import Aggregate, Documents, IndexedPath, Refusal, unknown
from omicsdk.sandbox.problems import LARGEST
from omicsdk.sandbox.service import Call, Handler, Reply, grouped

# Most documents of one search, as the service has it by default.
LONGEST = 2000
_CONTROL = frozenset({"data", "limit", "offset"})
# GUIDs that would hide an address of the service.
_RESERVED = frozenset({"upload"})
# A number of things; the real service checks no bounds, and its database fails on what is beyond them.
Count = Annotated[int, Interval(ge=0, le=LARGEST)]
_BOUNDS = ("greater_than_equal", "less_than_equal")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_NOT_STORED = "Value error, a NUL character can't be stored"
Fault = dict[str, Any]
Q = TypeVar("Q")
B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Nothing:
    """A query or body that is not read."""


def read(call: Call, query: type[Q], body: type[B] = Nothing) -> tuple[Q, B]:
    """The query and the body of a request.

    Args:
        call: The request.
        query: What the query may be, a dataclass; what this does not name is ignored.
        body: What the body may be; by default it is not looked at.

    Raises:
        Refusal: 422; there are faults, all of which are reported.
    """
    faults: list[Fault] = []
    parameters = _read(query, dict(call.query), "query", faults)
    sent = _read(body, _body(call, faults) if body is not Nothing else {}, "body", faults)
    if faults:
        raise Refusal(422, faults, crashes=all(map(_is_unseen, faults)))
    return parameters, sent


def read_body(call: Call, body: type[B]) -> B:
    """The body of a request; otherwise as `read`."""
    return read(call, Nothing, body)[1]


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import TypeAdapter  # it is slow to import

    return TypeAdapter(kind)


def _read(kind: Any, value: object, location: str, faults: list[Fault]) -> Any:
    """A value of a kind; faults are added to those that were found, and with faults the value means nothing."""
    from pydantic import ValidationError

    if any(fault["loc"][0] == location for fault in faults):
        return None
    try:
        return _adapter(kind).validate_python(value)
    except ValidationError as error:
        faults += (_fault(location, detail) for detail in error.errors(include_url=False))
    return None


def _fault(location: str, error: Mapping[str, Any]) -> Fault:
    fault = {**error, "loc": [location, *error["loc"]]}
    if error["type"] == "dataclass_type":  # the service has models in place of dataclasses
        del fault["ctx"]
    return fault


def _is_unseen(fault: Fault) -> bool:
    """Whether the real service does not see a fault, and fails later."""
    return fault["type"] in _BOUNDS or fault["msg"] == _NOT_STORED or fault["loc"][-1] == "guid"


def _body(call: Call, faults: list[Fault]) -> Any:
    content = call.content
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content and kind and kind != "application/json" and not kind.endswith("+json"):
        return content.decode(errors="replace")
    wrong = [*_text_faults(content)]
    faults += wrong
    return None if wrong else call.body


def storable(handler: Handler) -> Handler:
    """A handler of requests whose paths and queries the real service's database takes."""

    def handle(call: Call) -> Reply:
        if any("\0" in text for text in (call.path, *(value for _, value in call.query))):
            fault = {"type": "value_error", "loc": ["path"], "msg": _NOT_STORED, "input": None}
            raise Refusal(422, [fault], crashes=True)
        return handler(call)

    return handle


def _text_faults(content: bytes) -> Iterator[Fault]:
    try:
        body = strict_value(content) if content else None
    except (ValueError, RecursionError) as error:
        at, fault = (error.pos, error.msg) if isinstance(error, json.JSONDecodeError) else (0, str(error))
        context = {"error": fault}
        yield {"type": "json_invalid", "loc": ["body", at], "msg": "JSON decode error", "input": {}, "ctx": context}
        return
    if body is None:
        yield {"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}
    elif _NUL.search(content):
        yield {"type": "value_error", "loc": ["body"], "msg": _NOT_STORED, "input": None}

    # -- documents


@dataclass(frozen=True, slots=True)
class _Search:
    """The query of a search, without its conditions: whether documents are returned with their GUIDs, and which of them."""

    data: bool = False
    limit: Count = 10
    offset: Count = 0


@dataclass(frozen=True, slots=True)
class _Writing:
    """The query of a document that is sent: what happens to the one that exists. PUT looks at `merge` only."""

    overwrite: bool | None = None
    merge: bool = False


@dataclass(frozen=True, slots=True)
class _Item:
    """A document of several."""

    guid: str
    data: Any = None


@dataclass(frozen=True, slots=True)
class _Names:
    """Aliases that are sent."""

    aliases: list[str] = field(default_factory=list[str])


def query(documents: Documents, call: Call) -> Reply:
    """GET /metadata."""
    search, _ = read(call, _Search)
    conditions = grouped((name, value) for name, value in call.query if name not in _CONTROL)
    results = documents.search(conditions, min(search.limit, LONGEST), search.offset)
    return Reply(dict(results) if search.data else [guid for guid, _ in results])


def batch_create(documents: Documents, call: Call) -> Reply:
    """POST /metadata."""
    writing, items = read(call, _Writing, list[_Item])
    outcome: dict[str, list[str]] = {"created": [], "updated": [], "conflict": [], "bad_input": []}
    for item in items:
        if item.guid in _RESERVED:
            outcome["bad_input"].append(item.guid)
        elif writing.overwrite is False and documents.has(item.guid):
            outcome["conflict"].append(item.guid)
        else:
            outcome["created" if documents.put(item.guid, item.data) else "updated"].append(item.guid)
    return Reply(outcome, 201)


def get(documents: Documents, call: Call) -> Reply:
    """GET /metadata/{guid}."""
    return _document(documents.find(call.arguments["guid"]))


def create(documents: Documents, call: Call) -> Reply:
    """POST /metadata/{guid}."""
    writing, document = read(call, _Writing, dict[str, Any])
    guid = call.arguments["guid"]
    if not writing.overwrite and documents.has(guid):
        raise Refusal(409, f"Conflict: {guid}")
    new = documents.put(guid, document)
    return Reply(document, 201 if new else 200)


def update(documents: Documents, call: Call) -> Reply:
    """PUT /metadata/{guid}."""
    writing, document = read(call, _Writing, dict[str, Any])
    guid = call.arguments["guid"]
    before = documents.get(guid)
    if writing.merge and isinstance(before, dict):
        document = {**cast("dict[str, Any]", before), **document}
    documents.put(guid, document)
    return Reply(document)


def delete(documents: Documents, call: Call) -> Reply:
    """DELETE /metadata/{guid}."""
    return _document(documents.delete(call.arguments["guid"]))


def _document(document: Any) -> Reply:
    """The response that is a document, null too."""
    return Reply(text=json.dumps(document), headers={"Content-Type": "application/json"})


# -- other names of them


def get_aliases(documents: Documents, call: Call) -> Reply:
    """GET /metadata/{guid}/aliases."""
    return _names(documents, call.arguments["guid"], 200)


def create_aliases(documents: Documents, call: Call) -> Reply:
    """POST /metadata/{guid}/aliases."""
    guid, aliases = call.arguments["guid"], read_body(call, _Names).aliases
    if documents.aliases(guid):
        raise Refusal(409, f"Aliases already exist for {guid}. Use PUT to overwrite.")
    return _set_names(documents, guid, aliases)


def update_aliases(documents: Documents, call: Call) -> Reply:
    """PUT /metadata/{guid}/aliases."""
    (writing, sent), guid = read(call, _Writing, _Names), call.arguments["guid"]
    return _set_names(documents, guid, [*(documents.aliases(guid) if writing.merge else []), *sent.aliases])


def delete_aliases(documents: Documents, call: Call) -> Reply:
    """DELETE /metadata/{guid}/aliases."""
    guid = call.arguments["guid"]
    if not documents.aliases(guid):
        raise Refusal(404, f"No aliases found for: {guid}")
    documents.set_aliases(guid, ())
    return Reply(status=204)


def delete_alias(documents: Documents, call: Call) -> Reply:
    """DELETE /metadata/{guid}/aliases/{alias}."""
    guid, alias = call.arguments["guid"], call.arguments["alias"]
    aliases = documents.aliases(guid)
    if alias not in aliases:
        raise Refusal(404, f"Alias: '{alias}' for GUID: '{guid}' not found.")
    documents.set_aliases(guid, [existing_alias for existing_alias in aliases if existing_alias != alias])
    return Reply(status=204)


def _set_names(documents: Documents, guid: str, aliases: list[str]) -> Reply:
    if not documents.has(guid):
        raise unknown(guid)
    documents.set_aliases(guid, aliases)
    return _names(documents, guid, 201)


def _names(documents: Documents, guid: str, status: int) -> Reply:
    return Reply({"guid": guid, "aliases": documents.aliases(guid)}, status)


# -- paths that have an index


def get_index_key_paths(documents: Documents, _call: Call) -> Reply:
    """GET /metadata_index."""
    return Reply([key_path.path for key_path in documents.paths.all(order="path")])


def create_index_key_path(documents: Documents, call: Call) -> Reply:
    """POST /metadata_index/{path}."""
    path = call.arguments["path"]
    if not documents.paths.add_new(IndexedPath(path)):
        raise Refusal(409, f"Conflict: {path}")
    return Reply(path, 201)


def delete_index_key_path(documents: Documents, call: Call) -> Reply:
    """DELETE /metadata_index/{path}."""
    path = call.arguments["path"]
    if not documents.paths.remove(path=path):
        raise unknown(path)
    return Reply(status=204)


# -- metadata of other commons


def _collected(documents: Documents) -> Aggregate:
    """The store, when anything is collected.

    Raises:
        Refusal: 404; this commons collects nothing, so its service does not have the address.
    """
    if not documents.aggregate.enabled:
        raise Refusal(404, "Not Found")
    return documents.aggregate


def get_aggregate_commons(documents: Documents, _call: Call) -> Reply:
    """GET /aggregate/commons."""
    return Reply({"commons": list(dict.fromkeys(record.commons for record in _collected(documents).records.all()))})


def get_aggregate_info(documents: Documents, call: Call) -> Reply:
    """GET /aggregate/info/{what}."""
    what = call.arguments["what"]
    entry = _collected(documents).infos.get(what)
    return _stored(entry and entry.info, f"information for {what} not found")


@dataclass(frozen=True, slots=True)
class _Page:
    """The query of a page of records."""

    limit: Count = 20
    offset: Count = 0
    flatten: bool = False
    pagination: bool = False


def get_aggregate_metadata(documents: Documents, call: Call) -> Reply:
    """GET /aggregate/metadata."""
    aggregate = _collected(documents)
    page, _ = read(call, _Page)
    records = aggregate.records.all(limit=min(page.limit, LONGEST), offset=page.offset)
    by_commons = grouped(("" if page.flatten else record.commons, {record.guid: record.data}) for record in records)
    results = by_commons.get("", []) if page.flatten else by_commons
    if not page.pagination:
        return Reply(results)
    hits = aggregate.records.count()
    sizes = {"hits": hits, "offset": page.offset, "pageSize": page.limit, "pages": -(-hits // max(page.limit, 1))}
    return Reply({"results": results, "pagination": sizes})


def get_aggregate_metadata_by_guid(documents: Documents, call: Call) -> Reply:
    """GET /aggregate/metadata/guid/{guid}."""
    guid = call.arguments["guid"]
    record = _collected(documents).records.get(guid)
    return _stored(record and record.data, f"no entry exists with the given guid: {guid}")


def _stored(value: Any, missing: str) -> Reply:
    """A value; a refusal, 404, when there is none."""
    if not value:
        raise Refusal(404, {"message": missing, "code": 404})
    return Reply(value)
