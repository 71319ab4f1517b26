"""Documents: stored, read, searched, deleted, one by one and many at once."""

import json
from typing import TYPE_CHECKING, Any, cast

from omicsdk.sandbox.gen3.metadata.aliases import delete_alias
from omicsdk.sandbox.gen3.metadata.matching import conditions
from omicsdk.sandbox.gen3.metadata.reading import Reading
from omicsdk.sandbox.gen3.metadata.refusals import Refusal, unknown
from omicsdk.sandbox.service import Call, Reply

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

LONGEST = 2000
"""Most documents of one search, as the service has it by default."""
_CONTROL = frozenset({"data", "limit", "offset"})
_RESERVED = frozenset({"upload"})
"""GUIDs that would hide an address of the service."""
_ALIASES = "/aliases/"


def told(document: Any, status: int = 200) -> Reply:
    """The answer that is a document, null too."""
    return Reply(text=json.dumps(document), status=status, headers={"Content-Type": "application/json"})


def query(gen3: "Gen3", call: Call) -> Reply:
    """GET /metadata."""
    reading = Reading(call)
    whole = reading.flag("data", False)
    limit, offset = min(reading.number("limit", 10), LONGEST), reading.number("offset", 0)
    reading.done()
    found = gen3.metadata.documents.search(conditions(call.query, _CONTROL), limit, offset)
    return Reply(dict(found) if whole else [guid for guid, _ in found])


def batch_create(gen3: "Gen3", call: Call) -> Reply:
    """POST /metadata."""
    reading = Reading(call)
    overwrite = reading.flag("overwrite", True)
    items = [_item(reading, place, each) for place, each in enumerate(reading.list_of_any())]
    reading.done()
    documents = gen3.metadata.documents
    outcome: dict[str, list[str]] = {"created": [], "updated": [], "conflict": [], "bad_input": []}
    with gen3.grounds.database.transaction():
        for guid, data in items:
            if guid in _RESERVED:
                outcome["bad_input"].append(guid)
            elif not overwrite and documents.has(guid):
                outcome["conflict"].append(guid)
            else:
                outcome["created" if documents.put(guid, data) else "updated"].append(guid)
    return Reply(outcome, 201)


def _item(reading: Reading, place: int, item: Any) -> tuple[str, Any]:
    if not isinstance(item, dict):
        reading.fault("dict_type", ["body", place], "Input should be a valid dictionary", item)
        return "", None
    fields = cast("dict[str, Any]", item)
    if not isinstance(fields.get("guid"), str):
        reading.fault("missing", ["body", place, "guid"], "Field required", fields)
        return "", None
    return fields["guid"], fields.get("data")


def get(gen3: "Gen3", call: Call) -> Reply:
    """GET /metadata/{guid}."""
    name = call.arguments["guid"]
    try:
        return told(gen3.metadata.documents.find(name))
    except KeyError:
        raise unknown(name) from None


def create(gen3: "Gen3", call: Call) -> Reply:
    """POST /metadata/{guid}."""
    reading = Reading(call)
    overwrite, document = reading.flag("overwrite", False), reading.document()
    reading.done()
    guid, documents = call.arguments["guid"], gen3.metadata.documents
    with gen3.grounds.database.transaction():
        if not overwrite and documents.has(guid):
            raise Refusal(409, f"Conflict: {guid}")
        new = documents.put(guid, document)
    return Reply(document, 201 if new else 200)


def update(gen3: "Gen3", call: Call) -> Reply:
    """PUT /metadata/{guid}."""
    reading = Reading(call)
    merge, document = reading.flag("merge", False), reading.document()
    reading.done()
    guid, documents = call.arguments["guid"], gen3.metadata.documents
    with gen3.grounds.database.transaction():
        try:
            before = documents.get(guid)
        except KeyError:
            raise unknown(guid) from None
        if merge and isinstance(before, dict):
            document = {**cast("dict[str, Any]", before), **document}
        documents.put(guid, document)
    return Reply(document)


def delete(gen3: "Gen3", call: Call) -> Reply:
    """DELETE /metadata/{guid}."""
    guid: str = call.arguments["guid"]
    if _ALIASES in guid:  # a GUID may have slashes, so this address fits those of aliases as well
        owner, _, alias = guid.rpartition(_ALIASES)
        return delete_alias(gen3, call, owner, alias)
    try:
        return told(gen3.metadata.documents.delete(guid))
    except KeyError:
        raise unknown(guid) from None
