"""What answers of a Gen3 commons tell: records of the index, metadata documents, submitted records."""

from collections.abc import Mapping
from typing import Any, cast

from jsonschema import Draft7Validator

from omicsdk.sandbox.gen3.metadata.store import Taken
from omicsdk.sandbox.platforms import Platforms
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.seeding.telling import Exchange, Told, has_texts, is_finite, members, things_of
from omicsdk.sandbox.validation import LARGEST

JsonObject = dict[str, Any]
_PROJECT = 2  # steps that name a project
_MADE_BY_SERVER = ("id", "project_id", "created_datetime", "updated_datetime", "file_state", "state", "error_type")
_TEXT: JsonObject = {"type": "string"}
_TEXTS: JsonObject = {"type": "array", "items": _TEXT}
_OBJECT: JsonObject = {"type": "object"}
_RECORD: Any = Draft7Validator(
    {
        "properties": {
            **dict.fromkeys(("did", "baseid", "form", "file_name", "version", "uploader", "description"), _TEXT),
            **dict.fromkeys(("content_created_date", "content_updated_date", "created_date", "updated_date"), _TEXT),
            **dict.fromkeys(("urls", "acl", "authz"), _TEXTS),
            "size": {"type": "integer", "minimum": 0, "maximum": LARGEST},
            "hashes": {"type": "object", "additionalProperties": _TEXT},
            "metadata": _OBJECT,
            "urls_metadata": {"type": "object", "additionalProperties": _OBJECT},
        }
    }
)
"""What the index keeps of a record; other servers' identifiers and checksums needn't look as ours do."""


class SeenIndex:
    """Records of the index by GUID."""

    def __init__(self) -> None:
        self._records: dict[str, JsonObject] = {}

    def take(self, exchange: Exchange) -> bool:
        """Notes what an exchange tells; False when it tells nothing."""
        steps = exchange.after("index")
        if steps is None:
            return False
        if exchange.method == "DELETE" and steps[:1] == ["index"]:
            return self._records.pop("/".join(steps[1:]), None) is not None
        listed = things_of(exchange.body, "records")
        found = [
            each for each in listed if has_texts(each, "did", "baseid") and members(each.get("hashes")) is not None
        ]
        self._records.update((each["did"], dict(each)) for each in found)
        return bool(found)

    def plant(self, platforms: Platforms, told: Told) -> None:
        """Makes what was seen; the files' bytes are where they were."""
        index = platforms.gen3.index
        for did, record in self._records.items():
            given = {name: value for name, value in record.items() if value is not None and name != "rev"}
            if not _RECORD.is_valid(given) or not is_finite(given):
                told.left["index records whose fields are not those of a record"] += 1
                continue
            try:
                if index.kept(did) is not None:
                    told.left["index records that are there already"] += 1
                    continue
                index.create(given)
            except Problem:
                told.left["index records whose fields do not fit each other"] += 1
                continue
            told.taken["index records"] += 1


class SeenDocuments:
    """Metadata documents by GUID, and other names of them."""

    def __init__(self) -> None:
        self._documents: dict[str, Any] = {}
        self._aliases: dict[str, list[str]] = {}

    def take(self, exchange: Exchange) -> bool:
        """Notes what an exchange tells; False when it tells nothing."""
        steps = exchange.after("mds", "metadata") or exchange.after("mds-admin", "metadata")
        if not steps:
            return self._listed(exchange)
        if steps[-1] == "aliases":
            return self._named(exchange)
        guid = "/".join(steps)
        if exchange.method == "DELETE":
            return self._documents.pop(guid, None) is not None
        body, sent = members(exchange.body), members(exchange.sent)
        if exchange.method == "GET" and body is not None:
            # Whoever asks by another name of a document gets it as well; under its own it was seen before or after.
            if not any(guid in names for names in self._aliases.values()):
                self._documents[guid] = body
            return True
        if exchange.method in ("POST", "PUT") and sent is not None:
            self._documents[guid] = sent
            return True
        return False

    def _listed(self, exchange: Exchange) -> bool:
        here = exchange.steps[-2:] in (["mds", "metadata"], ["mds-admin", "metadata"])
        if not here or exchange.method != "GET" or not isinstance(exchange.body, Mapping):
            return False
        self._documents.update(cast("Mapping[str, Any]", exchange.body))
        return True

    def _named(self, exchange: Exchange) -> bool:
        if not isinstance(exchange.body, Mapping):
            return False
        found = cast("Mapping[str, Any]", exchange.body)
        if not isinstance(found.get("guid"), str) or not isinstance(found.get("aliases"), list):
            return False
        self._aliases[found["guid"]] = [str(each) for each in found["aliases"]]
        return True

    def plant(self, platforms: Platforms, told: Told) -> None:
        """Makes what was seen."""
        documents = platforms.gen3.metadata.documents
        names = {alias for aliases in self._aliases.values() for alias in aliases}
        for guid, document in self._documents.items():
            if guid in names and guid not in self._aliases:
                continue
            if documents.has(guid):
                told.left["metadata documents that are there already"] += 1
                continue
            if not is_finite(document):
                told.left["metadata documents with numbers that JSON has not"] += 1
                continue
            documents.put(guid, document)
            told.taken["metadata documents"] += 1
        for guid, aliases in self._aliases.items():
            if not aliases or not documents.has(guid):
                continue
            try:
                documents.set_aliases(guid, aliases)
            except Taken:
                told.left["metadata aliases that other documents have"] += len(aliases)
            else:
                told.taken["metadata aliases"] += len(set(aliases))


class SeenRecords:
    """Submitted records by project and id."""

    def __init__(self) -> None:
        self._records: dict[tuple[str, str], dict[str, JsonObject]] = {}

    def take(self, exchange: Exchange) -> bool:
        """Notes what an exchange tells; False when it tells nothing."""
        steps = exchange.after("v0", "submission")
        if not steps or len(steps) < 2:
            return False
        if exchange.method == "DELETE" and steps[2:3] == ["entities"] and len(steps) > 3:
            there = self._records.get((steps[0], steps[1]), {})
            return bool([there.pop(id, None) for id in steps[3].split(",")])
        if exchange.method in ("POST", "PUT") and len(steps) == _PROJECT:
            return self._submission((steps[0], steps[1]), exchange)
        if steps[2:3] not in (["entities"], ["export"]):
            return False
        found = 0
        for each in things_of(_listed(exchange.body), "entities", "data"):
            stated = members(each.get("properties", each)) or {}
            place = {"program": each.get("program", steps[0]), "project": each.get("project", steps[1])}
            if has_texts(stated, "id", "type", "submitter_id") and has_texts(place, *place):
                found += 1
                self._records.setdefault((place["program"], place["project"]), {})[stated["id"]] = dict(stated)
        return found > 0

    def _submission(self, place: tuple[str, str], exchange: Exchange) -> bool:
        """Notes what was sent, under the ids that were answered."""
        sent = list(things_of(_listed(exchange.sent), "data"))
        answered = list(things_of(exchange.body, "entities"))
        if len(sent) != len(answered) or not all(has_texts(each, "type", "submitter_id") for each in sent):
            return False
        there = self._records.setdefault(place, {})
        there.update((str(told.get("id")), dict(each)) for each, told in zip(sent, answered, strict=True))
        return True

    def plant(self, platforms: Platforms, told: Told) -> None:
        """Makes what was seen: those first whose links lead to what is there."""
        for (program, project), records in self._records.items():
            waiting = [_submitted(each) for each in records.values() if each["type"] not in ("program", "project")]
            before = len(waiting) + 1
            while waiting and len(waiting) < before:
                before = len(waiting)
                waiting = [each for each in waiting if not _made(platforms, program, project, each)]
                told.taken["submitted records"] += before - len(waiting)
            if waiting:
                told.left["submitted records that the dictionary or their links refuse"] += len(waiting)


def _made(platforms: Platforms, program: str, project: str, record: JsonObject) -> bool:
    if not is_finite(record):
        return False
    try:
        platforms.gen3.records.seed(program, project, [record])
    except ValueError:
        return False
    return True


def _listed(body: object) -> object:
    """A list as an object that has it."""
    return {"data": cast("list[object]", body)} if isinstance(body, list) else body


def _submitted(stated: JsonObject) -> JsonObject:
    """A record as somebody would submit it: without what the server adds, links by what people name things."""
    record = {name: value for name, value in stated.items() if value is not None and name not in _MADE_BY_SERVER}
    for name, value in record.items():
        links = [members(each) for each in cast("list[object]", value)] if isinstance(value, list) else []
        if links and all(link is not None and "node_id" in link for link in links):
            record[name] = [{key: part for key, part in (link or {}).items() if key != "node_id"} for link in links]
    return record
