"""Recorded exchanges with real servers: what is noted of each platform's, and how the sandbox gets the objects noted."""

import json
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypedDict, cast
from urllib.parse import unquote

from jsonschema import Draft7Validator

from omicsdk.core.logs import logger
from omicsdk.sandbox.crunch.items import BY_PATH, AttributesOfKind
from omicsdk.sandbox.crunch.state import DATASET, ITEM, PROJECT
from omicsdk.sandbox.engine.store import Store
from omicsdk.sandbox.gen3.metadata.documents import Taken
from omicsdk.sandbox.instance import Platforms
from omicsdk.sandbox.pangea.groups import GROUP_SAMPLE
from omicsdk.sandbox.pangea.results import NEW_RESULT
from omicsdk.sandbox.pangea.state import NEW_GROUP
from omicsdk.sandbox.problems import LARGEST, Problem
from omicsdk.sandbox.rest_framework.fields import DEEPEST, is_too_deep, validated
from omicsdk.sandbox.rest_framework.service import Invalid

_log = logger("omicsdk.sandbox")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response.

    Attributes:
        method: The method, in capitals.
        path: The path with its query, as it was sent.
        status: The status of the response.
        sent: The request's body; decoded where it was JSON.
        body: The response's body; decoded if it was JSON.
    """

    method: str
    path: str
    status: int
    sent: Any
    body: Any

    @property
    def succeeded(self) -> bool:
        """Whether the server did what it was requested."""
        return 200 <= self.status < 300

    def after(self, *prefix: str) -> list[str] | None:
        """The segments of the path that follow some others, decoded; None when the path has not these."""
        segments = [unquote(segment) for segment in self.path.partition("?")[0].split("/") if segment]
        for start in range(len(segments) - len(prefix) + 1):
            if tuple(segments[start : start + len(prefix)]) == prefix:
                return segments[start + len(prefix) :]
        return None


JsonObject = dict[str, Any]
# The kind of an object, and its identifier in that kind.
Key = tuple[str, ...]
# The fields of objects, as the latest exchanges state them.
Noted = Mapping[Key, JsonObject]
# The kind of an object, in the plural, and why it was left; an empty reason when it was made.
Outcome = tuple[str, str]


class Note(NamedTuple):
    """The facts of one exchange about one object.

    Attributes:
        key: The object.
        fields: Its fields, added to those of earlier exchanges; None where it was deleted.
    """

    key: Key
    fields: JsonObject | None


def members(value: object) -> Mapping[str, Any] | None:
    """A JSON object as one; None for anything else."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else None


def objects_in(body: object, *lists: str) -> Iterable[Mapping[str, Any]]:
    """The objects of a body.

    Args:
        body: The body.
        lists: Members that hold several; without one of them the body itself is the object, or a list of objects.
    """
    fields = members(body) or {}
    objects: Any = next((fields[name] for name in lists if isinstance(fields.get(name), list)), [fields])
    entries = cast("list[object]", body) if isinstance(body, list) else objects
    return [entry for entry in map(members, entries) if entry]


def has_texts(fields: Mapping[str, Any], *names: str) -> bool:
    """Whether some members all exist and are texts."""
    return all(isinstance(fields.get(name), str) for name in names)


def is_finite(value: object) -> bool:
    """Whether a decoded value has no number that JSON has not; some servers answer NaN."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


_EXISTS, _NOT_FINITE = "that are there already", "with numbers that JSON has not"

# -- django-crunch: objects by slug, and attributes

_MANY = {"projects": PROJECT, "datasets": DATASET, "items": ITEM}
_TEXTS = ("name", "description", "details", "workflow", "base_file_path")


def crunch_notes(exchange: Exchange) -> Iterator[Note]:
    """The facts of an exchange with a django-crunch site about its objects and attributes."""
    match exchange.after("api"):
        case ["attributes", kind, *_] if kind in BY_PATH:
            for fields in objects_in(exchange.body, "results"):
                if {"item", "key"} <= fields.keys():
                    values = {name: value for name, value in fields.items() if name not in ("item", "key")}
                    yield Note(("attribute", str(fields["item"]), kind, str(fields["key"]), repr(values)), values)
        case [many, slug, *_] if many in _MANY and exchange.method == "DELETE":
            yield Note(("item", slug), None)
        case [many, *_] if many in _MANY:
            # Projects and datasets are items, too: such a response states less of them.
            kind = {} if _MANY[many] == ITEM else {"kind": _MANY[many]}
            for fields in objects_in(exchange.body, "results"):
                if has_texts(fields, "slug", "name"):
                    texts = {name: fields[name] for name in (*_TEXTS, "parent") if isinstance(fields.get(name), str)}
                    yield Note(("item", fields["slug"]), {**kind, **texts})
        case _:
            return


def make_crunch(platforms: Platforms, noted: Noted, key: Key) -> list[Outcome] | None:
    """Make an object or attribute of a django-crunch site; None while what it belongs to does not exist."""
    crunch, fields = platforms.crunch, noted[key]
    if key[0] == "attribute":
        _, slug, kind, name, _ = key
        item = crunch.tree.find(slug)
        if item is None:
            return None
        try:
            declared = AttributesOfKind(crunch, BY_PATH[kind]).fields(None)
            values = {name: declared[name] for name in declared if name not in ("item", "key")}
            crunch.attributes.add(kind, item.id, name, validated(values, fields))
        except Invalid:
            return [("django-crunch attributes", "with a value that is not one")]
        return [("django-crunch attributes", "")]
    if crunch.tree.named(fields["name"]) is not None:
        return [("django-crunch records", "whose name is taken")]
    kind, parent = fields.get("kind", ITEM), crunch.tree.find(fields.get("parent", ""))
    if parent is None and "parent" in fields:
        return None
    crunch.tree.add(kind, parent, {name: fields[name] for name in _TEXTS if name in fields})
    return [(f"django-crunch {kind}s", "")]


def _crunch_left(key: Key) -> list[Outcome]:
    if key[0] == "attribute":
        return [("django-crunch attributes", "of records that do not exist")]
    return [("django-crunch records", "whose parent does not exist")]


# -- Gen3: records of the index by GUID

_TEXT: JsonObject = {"type": "string"}
_LIST_OF_TEXTS: JsonObject = {"type": "array", "items": _TEXT}
_OBJECT: JsonObject = {"type": "object"}
# A record for the index; other servers' identifiers and checksums may have other forms.
_RECORD: Any = Draft7Validator(
    {
        "properties": {
            **dict.fromkeys(("did", "baseid", "form", "file_name", "version", "uploader", "description"), _TEXT),
            **dict.fromkeys(("content_created_date", "content_updated_date", "created_date", "updated_date"), _TEXT),
            **dict.fromkeys(("urls", "acl", "authz"), _LIST_OF_TEXTS),
            "size": {"type": "integer", "minimum": 0, "maximum": LARGEST},
            "hashes": {"type": "object", "additionalProperties": _TEXT},
            "metadata": _OBJECT,
            "urls_metadata": {"type": "object", "additionalProperties": _OBJECT},
        }
    }
)


def index_notes(exchange: Exchange) -> Iterator[Note]:
    """The facts of an exchange with an index about its records."""
    segments = exchange.after("index")
    if segments is None:
        return
    if exchange.method == "DELETE" and segments[:1] == ["index"]:
        yield Note(("record", "/".join(segments[1:])), None)
        return
    for fields in objects_in(exchange.body, "records"):
        if has_texts(fields, "did", "baseid") and members(fields.get("hashes")) is not None:
            yield Note(("record", fields["did"]), dict(fields))


def make_record(platforms: Platforms, noted: Noted, key: Key) -> list[Outcome]:
    """Make a record of an index; the file's bytes stay where they are."""
    fields = {name: value for name, value in noted[key].items() if value is not None and name != "rev"}
    reason = ""
    try:
        if not _RECORD.is_valid(fields) or not is_finite(fields):
            reason = "whose fields are not those of a record"
        elif platforms.gen3.index.kept(key[1]) is not None:
            reason = _EXISTS
        else:
            platforms.gen3.index.create(fields)
    except Problem:
        reason = "whose fields do not fit each other"
    return [("index records", reason)]


# -- Gen3: metadata documents by GUID, and their other names


def document_notes(exchange: Exchange) -> Iterator[Note]:
    """The facts of an exchange with a metadata service about its documents and their aliases."""
    segments = exchange.after("mds", "metadata")
    segments = exchange.after("mds-admin", "metadata") if segments is None else segments
    body = members(exchange.body)
    match segments:
        case None:
            return
        case []:
            documents = body or {} if exchange.method == "GET" else {}
            yield from (Note(("document", guid), {"document": document}) for guid, document in documents.items())
        case [*_, "aliases"]:
            if body is not None and has_texts(body, "guid") and isinstance(body.get("aliases"), list):
                yield Note(("aliases", body["guid"]), {"aliases": [str(alias) for alias in body["aliases"]]})
        case [*_]:
            key = ("document", "/".join(segments))
            if exchange.method == "DELETE":
                yield Note(key, None)
            document = {"GET": body, "POST": members(exchange.sent), "PUT": members(exchange.sent)}.get(exchange.method)
            if document is not None:
                yield Note(key, {"document": document})


def make_document(platforms: Platforms, noted: Noted, key: Key) -> list[Outcome] | None:
    """Make a document, or the aliases of one; None while it does not exist."""
    documents, (kind, guid) = platforms.gen3.metadata, key
    if kind == "aliases":
        names: list[str] = noted[key]["aliases"]
        if not documents.has(guid):
            return None
        try:
            documents.set_aliases(guid, names)
        except Taken:
            return [("metadata aliases", "that other documents have")] * len(names)
        return [("metadata aliases", "")] * len(set(names))
    # A document is answered for each of its aliases, too; it is made under its GUID only.
    aliases = {guid: fields["aliases"] for (kind, guid), fields in noted.items() if kind == "aliases"}
    if guid not in aliases and any(guid in names for names in aliases.values()):
        return []
    document = noted[key]["document"]
    reason = _EXISTS if documents.has(guid) else "" if is_finite(document) else _NOT_FINITE
    if not reason:
        documents.put(guid, document)
    return [("metadata documents", reason)]


# -- Gen3: submitted records by project and id

_MADE_BY_SERVER = ("id", "project_id", "created_datetime", "updated_datetime", "file_state", "state", "error_type")


def submission_notes(exchange: Exchange) -> Iterator[Note]:
    """The facts of an exchange with a submission service about the records of its projects."""
    match exchange.after("v0", "submission"):
        case [program, project, "entities", ids, *_] if exchange.method == "DELETE":
            yield from (Note((program, project, id), None) for id in ids.split(","))
        case [program, project] if exchange.method in ("POST", "PUT"):
            sent, created = list(objects_in(exchange.sent)), list(objects_in(exchange.body, "entities"))
            if len(sent) == len(created) and all(has_texts(record, "type", "submitter_id") for record in sent):
                for record, entity in zip(sent, created, strict=True):
                    yield Note((program, project, str(entity.get("id"))), dict(record))
        case [program, project, "entities" | "export", *_]:
            for entity in objects_in(exchange.body, "entities", "data"):
                record = members(entity.get("properties", entity)) or {}
                key = (entity.get("program", program), entity.get("project", project), record.get("id"))
                if has_texts(record, "id", "type", "submitter_id") and all(isinstance(part, str) for part in key):
                    yield Note(cast("Key", key), dict(record))
        case _:
            return


def make_submission(platforms: Platforms, noted: Noted, key: Key) -> list[Outcome] | None:
    """Submit a record; None while the dictionary, or one that it links to, refuses it."""
    if noted[key]["type"] in ("program", "project"):
        return []
    record = _submitted(noted[key])
    if not is_finite(record):
        return None
    try:
        platforms.gen3.records.seed(key[0], key[1], [record])
    except ValueError:
        return None
    return [("submitted records", "")]


def _submitted(stored: Mapping[str, Any]) -> JsonObject:
    """A record as a user submits it: without what the server adds, links by names."""
    record = {name: value for name, value in stored.items() if value is not None and name not in _MADE_BY_SERVER}
    for name, value in record.items():
        links = [members(link) for link in cast("list[object]", value)] if isinstance(value, list) else []
        if links and all(link is not None and "node_id" in link for link in links):
            record[name] = [{key: part for key, part in (link or {}).items() if key != "node_id"} for link in links]
    return record


# -- Pangea: objects by kind and UUID

_RESULT = {**NEW_RESULT, "replicate": ""}
_FIELD: JsonObject = {"stored_data": {}, "description": ""}
# Each kind: the field with its name, the field with its parent and the parent's kind, its initial state.
_KINDS: Mapping[str, tuple[str, str, str, Mapping[str, Any]]] = {
    "organization": ("name", "", "", {}),
    "sample_group": ("name", "organization", "organization", NEW_GROUP),
    "sample": ("name", "library", "sample_group", {"metadata": {}, "description": ""}),
    "sample_ar": ("module_name", "sample", "sample", _RESULT),
    "sample_group_ar": ("module_name", "sample_group", "sample_group", _RESULT),
    "sample_ar_field": ("name", "analysis_result", "sample_ar", _FIELD),
    "sample_group_ar_field": ("name", "analysis_result", "sample_group_ar", _FIELD),
}
# Another server's buckets, modules and keys are not here.
_ELSEWHERE = ("bucket", "pipeline_module")
_MEMBER = "member"


def pangea_notes(exchange: Exchange) -> Iterator[Note]:
    """The facts of an exchange with a Pangea server about its objects, and which samples are in which groups."""
    match exchange.after("api"):
        case ["sample_groups", group, "samples"] if exchange.method != "DELETE":
            for fields in objects_in(exchange.body, "results"):
                notes = list(_pangea_object("sample", fields))
                yield from notes
                if notes and exchange.method == "GET":
                    yield Note((_MEMBER, group, fields["uuid"]), {})
        case [many, uuid, *_] if exchange.method == "DELETE" and many.removesuffix("s") in _KINDS:
            yield Note((many.removesuffix("s"), uuid), None)
        case [many] | [many, _] if many.endswith("s") and many.removesuffix("s") in _KINDS:
            for fields in objects_in(exchange.body, "results"):
                yield from _pangea_object(many.removesuffix("s"), fields)
        case _:
            return


def _pangea_object(kind: str, fields: Mapping[str, Any]) -> Iterator[Note]:
    """The facts of a response about an object, and about the one that it belongs to."""
    name, owner, above, first = _KINDS[kind]
    if not has_texts(fields, "uuid", name):
        return
    texts = {field: fields[field] for field in ("uuid", name, owner) if isinstance(fields.get(field), str)}
    # Any JSON is data; another field is taken if it is of the kind that it has at first.
    values = {
        field: fields[field]
        for field, value in first.items()
        if field in fields
        and field not in _ELSEWHERE
        and (field == "stored_data" or type(fields[field]) is type(value))
    }
    yield Note((kind, fields["uuid"]), {**texts, **values})
    if (parent := members(fields.get(f"{owner}_obj"))) is not None:
        yield from _pangea_object(above, parent)


def make_pangea(platforms: Platforms, noted: Noted, key: Key) -> list[Outcome] | None:
    """Make an object of a Pangea server, or a sample a member of a group; None while what it belongs to does not exist."""
    store = platforms.pangea.store
    if key[0] == _MEMBER:
        _, group, sample = key
        if not store.find("sample_group", group) or not store.find("sample", sample):
            return None
        store.link(GROUP_SAMPLE, group, sample)
        return []
    kind, fields = key[0], noted[key]
    name, owner, above, first = _KINDS[kind]
    parent = fields.get(owner, "") if owner else ""
    if store.find(kind, fields["uuid"]) is not None:
        return [(f"Pangea {kind}s", _EXISTS)]
    if owner and store.find(above, parent) is None:
        return None
    if not is_finite(fields):
        return [(f"Pangea {kind}s", _NOT_FINITE)]
    values = {**first, **{field: value for field, value in fields.items() if field not in ("uuid", name)}}
    if kind == "sample_group":
        values["has_library"] = bool(values["is_library"])
    store.add(kind, fields[name], values, parent=parent, uuid=fields["uuid"])
    if kind == "sample":
        store.link(GROUP_SAMPLE, parent, fields["uuid"])
    return [(f"Pangea {kind}s", "")]


def _pangea_left(key: Key) -> list[Outcome]:
    return [] if key[0] == _MEMBER else [(f"Pangea {key[0]}s", f"whose {_KINDS[key[0]][1]} does not exist")]


# -- recordings

_LONGEST = 64 * 1024 * 1024
_IS_A_RECORDING = "a recording has one exchange a line, a JSON object with request and response"


class Recorded(NamedTuple):
    """A service whose exchanges are known.

    Attributes:
        notes: Returns the facts of an exchange.
        make: Makes the object of a key, and returns the outcomes; None while it waits for others.
        left: Returns the outcomes for an object that waits in vain.
    """

    notes: Callable[[Exchange], Iterable[Note]]
    make: Callable[[Platforms, Noted, Key], list[Outcome] | None]
    left: Callable[[Key], list[Outcome]] = lambda _key: []


def _submissions_left(_key: Key) -> list[Outcome]:
    return [("submitted records", "that the dictionary or their links refuse")]


PLATFORMS = (
    Recorded(crunch_notes, make_crunch, _crunch_left),
    Recorded(pangea_notes, make_pangea, _pangea_left),
    Recorded(index_notes, make_record),
    Recorded(document_notes, make_document),
    Recorded(submission_notes, make_submission, _submissions_left),
)


class Report(TypedDict):
    """The result of seeding a recording.

    Attributes:
        taken: Number of objects that were made, by kind.
        left: Number of those that were not, or of exchanges without facts, by the reason.
    """

    taken: dict[str, int]
    left: dict[str, int]


def seed_exchanges(platforms: Platforms, file: Path) -> Report:
    """Put a recording's objects into a sandbox; objects that exist stay as they are.

    Args:
        platforms: The sandbox's platforms.
        file: The recording, JSON lines.

    Returns:
        What was taken and what was left, with the reasons.

    Raises:
        ValueError: A line is not an exchange, or there is none; nothing was made.
        OSError: The file cannot be read.
    """
    noted: list[dict[Key, JsonObject]] = [{} for _ in PLATFORMS]
    exchanges = [(exchange, exchange.succeeded and _is_noted(exchange, noted)) for exchange in _exchanges(file)]
    if not exchanges:
        raise ValueError(f"{file} is empty: {_IS_A_RECORDING}")
    imported, left = Counter[str](), Counter[str]()

    def count(outcomes: Iterable[Outcome]) -> None:
        for kind, reason in outcomes:
            (left if reason else imported)[f"{kind} {reason}".rstrip()] += 1

    for exchange, is_noted in exchanges:
        if not is_noted:
            outcomes = _of_documents(platforms, exchange) if exchange.succeeded else []
            count(outcomes or [("exchanges", _reason(exchange))])
    if not any(noted) and not imported:
        _log.warning("%s: none of its exchanges can be seeded", file)
    # A commons' records are in memory, too: code that stores them takes their lock before the database's.
    with platforms.gen3.records.together():
        for platform, objects in zip(PLATFORMS, noted, strict=True):
            count(_made(platform, platforms, objects))
    return {"taken": dict(sorted(imported.items())), "left": dict(sorted(left.items()))}


def _made(platform: Recorded, platforms: Platforms, noted: Noted) -> Iterator[Outcome]:
    """Make objects until none of those that wait for others can be made."""
    waiting, before = list(noted), -1
    while len(waiting) != before:
        before, keys = len(waiting), waiting
        waiting = list[Key]()
        for key in keys:
            outcomes = platform.make(platforms, noted, key)
            yield from outcomes or ()
            if outcomes is None:
                waiting.append(key)
    for key in waiting:
        yield from platform.left(key)


def _is_noted(exchange: Exchange, noted: list[dict[Key, JsonObject]]) -> bool:
    """Note what an exchange states; False when it states nothing of an object that can be made."""
    is_noted = False
    for platform, objects in zip(PLATFORMS, noted, strict=True):
        for key, fields in platform.notes(exchange):
            if fields is None:
                is_noted |= objects.pop(key, None) is not None
            else:
                objects[key] = {**objects.get(key, {}), **fields}
                is_noted = True
    return is_noted


def _of_documents(platforms: Platforms, exchange: Exchange) -> list[Outcome]:
    """Add what a response of a document's service has; no outcomes when it is none."""
    if not platforms.engines:
        return []
    from omicsdk.sandbox.engine.engine import Seeds  # only sandboxes with documents need the engine

    store = Store(platforms.context.database)
    for engine in platforms.engines:
        added = Seeds(engine, store).add_exchange(exchange.method, exchange.path, exchange.body)
        if outcomes := [(kind, "" if is_new else "that exist") for kind, is_new in added]:
            return outcomes
    return []


def _reason(exchange: Exchange) -> str:
    if not exchange.succeeded:
        return "that were refused"
    if exchange.method not in ("GET", "POST", "PUT", "PATCH"):
        return f"of {exchange.method} without known objects"
    return "without objects that can be made"


def _exchanges(file: Path) -> Iterator[Exchange]:
    number = 0
    with file.open("rb") as lines:
        while line := lines.readline(_LONGEST + 1):
            number += 1
            if len(line) > _LONGEST:
                raise ValueError(f"{file}: line {number} has more than {_LONGEST:,} bytes: {_IS_A_RECORDING}")
            if number == 1:
                line = line.removeprefix(BOM_UTF8)
            if line.strip():
                yield _exchange(line, f"{file}: line {number}")


def _exchange(line: bytes, where: str) -> Exchange:
    try:
        exchange: Any = json.loads(line.decode())
        if b"\\u" in line:
            json.dumps(exchange, ensure_ascii=False).encode()  # unpaired surrogates cannot be sent or stored
    except UnicodeError as error:
        raise ValueError(f"{where} is not text in UTF-8: {_IS_A_RECORDING}") from error
    except RecursionError as error:
        raise ValueError(f"{where} is JSON that is nested too deep") from error
    except ValueError as error:
        raise ValueError(f"{where} is not JSON ({error}): {_IS_A_RECORDING}") from error
    if line.count(b"[") + line.count(b"{") > DEEPEST and is_too_deep(exchange):
        raise ValueError(f"{where} is JSON that is nested too deep")
    whole = members(exchange) or {}
    request, response = members(whole.get("request")), members(whole.get("response"))
    if request is None or response is None:
        raise ValueError(f"{where} has no request and response: {_IS_A_RECORDING}")
    method, path, status = request.get("method"), request.get("path"), response.get("status")
    if not isinstance(method, str) or not isinstance(path, str):
        raise ValueError(f"{where}: the request's method and path are not texts")
    if not isinstance(status, int) or isinstance(status, bool):
        raise ValueError(f"{where}: the response's status is not a number")
    return Exchange(method.upper(), path, status, request.get("body"), response.get("body"))
