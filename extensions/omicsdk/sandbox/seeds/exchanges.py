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
from omicsdk.sandbox.crunch.items import BY_PATH
from omicsdk.sandbox.crunch.tree import DATASET, ITEM, PROJECT, Tree
from omicsdk.sandbox.engine.store import Store
from omicsdk.sandbox.gen3.metadata.documents import Taken
from omicsdk.sandbox.instance import Platforms
from omicsdk.sandbox.pangea.groups import GROUP_SAMPLE
from omicsdk.sandbox.pangea.results import NEW_RESULT
from omicsdk.sandbox.pangea.state import NEW_GROUP
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.rest_framework.fields import DEEPEST, is_too_deep, validated
from omicsdk.sandbox.rest_framework.refusals import Invalid
from omicsdk.sandbox.validation import LARGEST

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

    @property
    def steps(self) -> list[str]:
        """The steps of the path, decoded, without the query."""
        return [unquote(each) for each in self.path.partition("?")[0].split("/") if each]

    def after(self, *steps: str) -> list[str] | None:
        """The steps that follow some others; None when the path has not these."""
        found = self.steps
        for start in range(len(found) - len(steps) + 1):
            if tuple(found[start : start + len(steps)]) == steps:
                return found[start + len(steps) :]
        return None


JsonObject = dict[str, Any]
Key = tuple[str, ...]
"""The kind of an object, and its identifier in that kind."""


class Note(NamedTuple):
    """The facts of one exchange about one object.

    Attributes:
        key: The object.
        fields: Its fields, added to those of earlier exchanges; None where it was deleted.
    """

    key: Key
    fields: JsonObject | None


Outcome = tuple[str, str]
"""The kind of an object, in the plural, and why it was left; an empty reason when it was made."""


def members(value: object) -> Mapping[str, Any] | None:
    """A JSON object as one; None for anything else."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else None


def things_of(body: object, *lists: str) -> Iterable[Mapping[str, Any]]:
    """The objects of a response.

    Args:
        body: The response.
        lists: Members that hold several; without one of them the response itself is the object.
    """
    found = members(body)
    if found is None:
        return []
    listed: Any = next((found[name] for name in lists if isinstance(found.get(name), list)), [found])
    return [each for each in map(members, listed) if each is not None]


def has_texts(stated: Mapping[str, Any], *names: str) -> bool:
    """Whether some members all exist and are texts."""
    return all(isinstance(stated.get(name), str) for name in names)


def is_finite(value: object) -> bool:
    """Whether a decoded value has no number that JSON has not; some servers answer NaN."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


# -- django-crunch: objects by slug, and attributes

_MANY = {"projects": PROJECT, "datasets": DATASET, "items": ITEM}
_TEXTS = ("name", "description", "details", "workflow", "base_file_path")


def crunch_notes(exchange: Exchange) -> Iterator[Note]:
    """The facts of an exchange with a django-crunch site about its objects and attributes."""
    match exchange.after("api"):
        case ["attributes", kind, *_] if kind in BY_PATH:
            for each in things_of(exchange.body, "results"):
                if {"item", "key"} <= each.keys():
                    values = {name: each[name] for name in BY_PATH[kind].fields if name in each}
                    yield Note(("attribute", str(each["item"]), kind, str(each["key"]), repr(values)), values)
        case [many, slug, *_] if many in _MANY and exchange.method == "DELETE":
            yield Note(("thing", slug), None)
        case [many, *_] if many in _MANY:
            # Projects and datasets are items, too: such a response states less of them.
            kind = {} if _MANY[many] == ITEM else {"kind": _MANY[many]}
            for each in things_of(exchange.body, "results"):
                if has_texts(each, "slug", "name"):
                    texts = {name: each[name] for name in (*_TEXTS, "parent") if isinstance(each.get(name), str)}
                    yield Note(("thing", each["slug"]), {**kind, **texts})
        case _:
            return


def plant_crunch(platforms: Platforms, noted: Mapping[Key, JsonObject]) -> Iterator[Outcome]:
    """Make the objects and attributes that were noted of a django-crunch site."""
    crunch = platforms.crunch
    things = {key[1]: fields for key, fields in noted.items() if key[0] == "thing"}
    for slug in list(things):
        yield from _plant_thing(crunch.tree, things, slug)
    for key, values in noted.items():
        if key[0] != "attribute":
            continue
        _, slug, kind, name, _ = key
        thing = crunch.tree.find(slug)
        reason = "" if thing else "of things that are not there"
        try:
            kept = validated(BY_PATH[kind].fields, values)
            if thing is not None:
                crunch.attributes.add(kind, thing.id, name, kept)
        except Invalid:
            reason = "with a value that is not one"
        yield "django-crunch attributes", reason


def _plant_thing(tree: Tree, things: dict[str, JsonObject], slug: str | None) -> Iterator[Outcome]:
    """Make an object after the one that it is in."""
    seen = things.pop(slug, None) if slug is not None else None
    if seen is None:
        return
    kind, above = seen.get("kind", ITEM), seen.get("parent")
    yield from _plant_thing(tree, things, above)
    parent = None if above is None else tree.find(above)
    if tree.named(seen["name"]) is not None:
        yield "django-crunch things", "whose name is taken"
    elif above is not None and parent is None:
        yield "django-crunch things", "whose parent is not there"
    else:
        tree.add(kind, parent, {name: seen[name] for name in _TEXTS if name in seen})
        yield f"django-crunch {kind}s", ""


# -- Gen3: records of the index by GUID

_TEXT: JsonObject = {"type": "string"}
_LIST_OF_TEXTS: JsonObject = {"type": "array", "items": _TEXT}
_OBJECT: JsonObject = {"type": "object"}
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
"""A record for the index; other servers' identifiers and checksums may have other forms."""


def index_notes(exchange: Exchange) -> Iterator[Note]:
    """The facts of an exchange with an index about its records."""
    steps = exchange.after("index")
    if steps is None:
        return
    if exchange.method == "DELETE" and steps[:1] == ["index"]:
        yield Note(("record", "/".join(steps[1:])), None)
        return
    for each in things_of(exchange.body, "records"):
        if has_texts(each, "did", "baseid") and members(each.get("hashes")) is not None:
            yield Note(("record", each["did"]), {"record": each})


def plant_index(platforms: Platforms, noted: Mapping[Key, JsonObject]) -> Iterator[Outcome]:
    """Make the records that were noted of an index; the files' bytes stay where they are."""
    index = platforms.gen3.index
    for (_, did), fields in noted.items():
        given = {name: value for name, value in fields["record"].items() if value is not None and name != "rev"}
        reason = ""
        try:
            if not _RECORD.is_valid(given) or not is_finite(given):
                reason = "whose fields are not those of a record"
            elif index.kept(did) is not None:
                reason = "that are there already"
            else:
                index.create(given)
        except Problem:
            reason = "whose fields do not fit each other"
        yield "index records", reason


# -- Gen3: metadata documents by GUID, and their other names


def document_notes(exchange: Exchange) -> Iterator[Note]:
    """The facts of an exchange with a metadata service about its documents and their aliases."""
    found = (exchange.after(service, "metadata") for service in ("mds", "mds-admin"))
    steps = next((each for each in found if each is not None), None)
    if steps is None:
        return
    body, guid = members(exchange.body), "/".join(steps)
    if not steps:
        listed = body or {} if exchange.method == "GET" else {}
        yield from (Note(("document", each), {"document": document}) for each, document in listed.items())
    elif steps[-1] == "aliases":
        if body is not None and has_texts(body, "guid") and isinstance(body.get("aliases"), list):
            yield Note(("aliases", body["guid"]), {"aliases": [str(each) for each in body["aliases"]]})
    elif exchange.method == "DELETE":
        yield Note(("document", guid), None)
    else:
        document = {"GET": body, "POST": members(exchange.sent), "PUT": members(exchange.sent)}.get(exchange.method)
        if document is not None:
            yield Note(("document", guid), {"document": document})


def plant_documents(platforms: Platforms, noted: Mapping[Key, JsonObject]) -> Iterator[Outcome]:
    """Make the documents and aliases that were noted of a metadata service."""
    documents = platforms.gen3.metadata.documents
    aliases: dict[str, list[str]] = {key[1]: fields["aliases"] for key, fields in noted.items() if key[0] == "aliases"}
    # A document is answered for each of its aliases, too; it is made under its GUID only.
    others = {alias for names in aliases.values() for alias in names} - aliases.keys()
    for (kind, guid), fields in noted.items():
        if kind != "document" or guid in others:
            continue
        reason = "that are there already" if documents.has(guid) else ""
        if not reason and not is_finite(fields["document"]):
            reason = "with numbers that JSON has not"
        if not reason:
            documents.put(guid, fields["document"])
        yield "metadata documents", reason
    for guid, names in aliases.items():
        if not names or not documents.has(guid):
            continue
        try:
            documents.set_aliases(guid, names)
            yield from [("metadata aliases", "")] * len(set(names))
        except Taken:
            yield from [("metadata aliases", "that other documents have")] * len(names)


# -- Gen3: submitted records by project and id

_MADE_BY_SERVER = ("id", "project_id", "created_datetime", "updated_datetime", "file_state", "state", "error_type")


def submission_notes(exchange: Exchange) -> Iterator[Note]:
    """The facts of an exchange with a submission service about the records of its projects."""
    match exchange.after("v0", "submission"):
        case [program, project, "entities", ids, *_] if exchange.method == "DELETE":
            yield from (Note(("record", program, project, id), None) for id in ids.split(","))
        case [program, project] if exchange.method in ("POST", "PUT"):
            sent = list(things_of(_listed(exchange.sent), "data"))
            answered = list(things_of(exchange.body, "entities"))
            if len(sent) == len(answered) and all(has_texts(each, "type", "submitter_id") for each in sent):
                for each, made in zip(sent, answered, strict=True):
                    yield Note(("record", program, project, str(made.get("id"))), {"record": each})
        case [program, project, "entities" | "export", *_]:
            for each in things_of(_listed(exchange.body), "entities", "data"):
                stated = members(each.get("properties", each)) or {}
                place = {"program": each.get("program", program), "project": each.get("project", project)}
                if has_texts(stated, "id", "type", "submitter_id") and has_texts(place, *place):
                    yield Note(("record", place["program"], place["project"], stated["id"]), {"record": stated})
        case _:
            return


def plant_submissions(platforms: Platforms, noted: Mapping[Key, JsonObject]) -> Iterator[Outcome]:
    """Make the records that were noted of a submission service: those first whose links point to records that exist."""
    projects: dict[tuple[str, str], list[JsonObject]] = {}
    for (_, program, project, _), fields in noted.items():
        if fields["record"]["type"] not in ("program", "project"):
            projects.setdefault((program, project), []).append(_submitted(fields["record"]))
    for (program, project), waiting in projects.items():
        before = len(waiting) + 1
        while waiting and len(waiting) < before:
            before = len(waiting)
            waiting = [each for each in waiting if not _is_submitted(platforms, program, project, each)]
            yield from [("submitted records", "")] * (before - len(waiting))
        yield from [("submitted records", "that the dictionary or their links refuse")] * len(waiting)


def _is_submitted(platforms: Platforms, program: str, project: str, record: JsonObject) -> bool:
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


def _submitted(stated: Mapping[str, Any]) -> JsonObject:
    """A record as a user submits it: without what the server adds, links by names."""
    record = {name: value for name, value in stated.items() if value is not None and name not in _MADE_BY_SERVER}
    for name, value in record.items():
        links = [members(each) for each in cast("list[object]", value)] if isinstance(value, list) else []
        if links and all(link is not None and "node_id" in link for link in links):
            record[name] = [{key: part for key, part in (link or {}).items() if key != "node_id"} for link in links]
    return record


# -- Pangea: objects by kind and UUID

_RESULT = {**NEW_RESULT, "replicate": ""}
_FIELD: JsonObject = {"stored_data": {}, "description": ""}
# Each kind: the field with its name, the field with its parent, its initial state. In the order in which they are made.
_KINDS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "organization": ("name", "", {}),
    "sample_group": ("name", "organization", NEW_GROUP),
    "sample": ("name", "library", {"metadata": {}, "description": ""}),
    "sample_ar": ("module_name", "sample", _RESULT),
    "sample_group_ar": ("module_name", "sample_group", _RESULT),
    "sample_ar_field": ("name", "analysis_result", _FIELD),
    "sample_group_ar_field": ("name", "analysis_result", _FIELD),
}
# Another server's buckets, modules and keys are not here.
_ELSEWHERE = ("bucket", "pipeline_module")


def pangea_notes(exchange: Exchange) -> Iterator[Note]:
    """The facts of an exchange with a Pangea server about its objects, and which samples are in which groups."""
    match exchange.after("api"):
        case ["sample_groups", group, "samples"] if exchange.method != "DELETE":
            for each in things_of(exchange.body, "results"):
                noted = list(_pangea_thing("sample", each))
                yield from noted
                if noted and exchange.method == "GET":
                    yield Note(("member", group, each["uuid"]), {})
        case [many, uuid, *_] if exchange.method == "DELETE" and many.removesuffix("s") in _KINDS:
            yield Note((many.removesuffix("s"), uuid), None)
        case [many] | [many, _] if many.endswith("s") and many.removesuffix("s") in _KINDS:
            for each in things_of(exchange.body, "results"):
                yield from _pangea_thing(many.removesuffix("s"), each)
        case _:
            return


def _pangea_thing(kind: str, stated: Mapping[str, Any]) -> Iterator[Note]:
    """The facts of a response about an object, and those that it belongs to."""
    name, owner, first = _KINDS[kind]
    if not has_texts(stated, "uuid", name):
        return
    texts = {each: stated[each] for each in ("uuid", name, owner) if isinstance(stated.get(each), str)}
    # Any JSON is data; another field is taken if it is of the kind that it has at first.
    values = {
        each: stated[each]
        for each, value in first.items()
        if each in stated and each not in _ELSEWHERE and (each == "stored_data" or type(stated[each]) is type(value))
    }
    yield Note((kind, stated["uuid"]), {**texts, **values})
    for above in ("organization", "library", "sample", "sample_group", "analysis_result"):
        inner = members(stated.get(f"{above}_obj"))
        if inner is not None:
            yield from _pangea_thing(_above(kind, above), inner)


def plant_pangea(platforms: Platforms, noted: Mapping[Key, JsonObject]) -> Iterator[Outcome]:
    """Make the objects that were noted of a Pangea server."""
    store = platforms.pangea.store
    for kind, (name, owner, first) in _KINDS.items():
        for seen in [fields for key, fields in noted.items() if key[0] == kind]:
            parent = seen.get(owner, "") if owner else ""
            reason = ""
            if store.find(kind, seen["uuid"]) is not None:
                reason = "that are there already"
            elif owner and store.find(_above(kind, owner), parent) is None:
                reason = f"whose {owner} is not there"
            elif not is_finite(seen):
                reason = "with numbers that JSON has not"
            else:
                fields = {**first, **{each: value for each, value in seen.items() if each not in ("uuid", name)}}
                if kind == "sample_group":
                    fields["has_library"] = bool(fields["is_library"])
                store.add(kind, seen[name], fields, parent=parent, uuid=seen["uuid"])
                if kind == "sample":
                    store.link(GROUP_SAMPLE, parent, seen["uuid"])
            yield f"Pangea {kind}s", reason
    for _, group, sample in (key for key in noted if key[0] == "member"):
        if store.find("sample_group", group) and store.find("sample", sample):
            store.link(GROUP_SAMPLE, group, sample)


def _above(kind: str, owner: str) -> str:
    """The kind of what an object of a kind belongs to."""
    if owner == "library":
        return "sample_group"
    return kind.removesuffix("_field") if owner == "analysis_result" else owner


# -- recordings

_LONGEST = 64 * 1024 * 1024
_IS_A_RECORDING = "a recording has one exchange a line, a JSON object with request and response"


Notes = Callable[[Exchange], Iterable[Note]]
Plant = Callable[[Platforms, Mapping[Key, JsonObject]], Iterable[Outcome]]
PLATFORMS: tuple[tuple[Notes, Plant], ...] = (
    (crunch_notes, plant_crunch),
    (pangea_notes, plant_pangea),
    (index_notes, plant_index),
    (document_notes, plant_documents),
    (submission_notes, plant_submissions),
)
"""For each service the facts of its exchanges, and how to make objects of them."""


class Report(TypedDict):
    """The result of seeding a recording.

    Attributes:
        taken: Number of objects that were made, by kind.
        left: Number of those that were not, or of exchanges without facts, by the reason.
    """

    taken: dict[str, int]
    left: dict[str, int]


def seed_exchanges(platforms: Platforms, file: Path) -> Report:
    """Put a recording's things into a sandbox; things that exist stay as they are.

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
    taken: Counter[str] = Counter()
    left: Counter[str] = Counter()
    count = 0
    others: list[Exchange] = []
    for exchange in _exchanges(file):
        count += 1
        if not exchange.succeeded or not _is_noted(exchange, noted):
            others.append(exchange)
    if not count:
        raise ValueError(f"{file} is empty: {_IS_A_RECORDING}")
    for exchange in others:
        if not exchange.succeeded or not _is_of_document(platforms, exchange, taken, left):
            left[_reason(exchange)] += 1
    if not any(noted) and not taken:
        _log.warning("%s: none of its exchanges can be seeded", file)
    # A commons' records are in memory, too: code that stores them takes their lock before the database's.
    with platforms.gen3.records.together():
        for (_, plant), things_noted in zip(PLATFORMS, noted, strict=True):
            for things, reason in plant(platforms, things_noted):
                if reason:
                    left[f"{things} {reason}"] += 1
                else:
                    taken[things] += 1
    return {"taken": dict(sorted(taken.items())), "left": dict(sorted(left.items()))}


def _is_noted(exchange: Exchange, noted: list[dict[Key, JsonObject]]) -> bool:
    """Note what an exchange states; False when it states nothing of an object that can be made."""
    found = False
    for (notes, _), things in zip(PLATFORMS, noted, strict=True):
        for key, fields in notes(exchange):
            if fields is None:
                found |= things.pop(key, None) is not None
            else:
                things[key] = {**things.get(key, {}), **fields}
                found = True
    return found


def _is_of_document(platforms: Platforms, exchange: Exchange, taken: Counter[str], left: Counter[str]) -> bool:
    """Add what a response of a document's service has; False when it is none."""
    if not platforms.engines:
        return False
    from omicsdk.sandbox.engine.seeds import Seeds  # only sandboxes with documents need the engine

    store = Store(platforms.context.database)
    for engine in platforms.engines:
        added = list(Seeds(engine, store).add_exchange(exchange.method, exchange.path, exchange.body))
        for kind, is_new in added:
            if is_new:
                taken[kind] += 1
            else:
                left[f"{kind} that exist"] += 1
        if added:
            return True
    return False


def _reason(exchange: Exchange) -> str:
    if not exchange.succeeded:
        return "exchanges that were refused"
    if exchange.method not in ("GET", "POST", "PUT", "PATCH"):
        return f"exchanges of {exchange.method} without known objects"
    return "exchanges without objects that can be made"


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
        stated: Any = json.loads(line.decode())
        if b"\\u" in line:
            json.dumps(stated, ensure_ascii=False).encode()  # unpaired surrogates cannot be sent or stored
    except UnicodeError as error:
        raise ValueError(f"{where} is not text in UTF-8: {_IS_A_RECORDING}") from error
    except RecursionError as error:
        raise ValueError(f"{where} is JSON that is nested too deep") from error
    except ValueError as error:
        raise ValueError(f"{where} is not JSON ({error}): {_IS_A_RECORDING}") from error
    if line.count(b"[") + line.count(b"{") > DEEPEST and is_too_deep(stated):
        raise ValueError(f"{where} is JSON that is nested too deep")
    whole = members(stated) or {}
    request, response = members(whole.get("request")), members(whole.get("response"))
    if request is None or response is None:
        raise ValueError(f"{where} has no request and response: {_IS_A_RECORDING}")
    method, path, status = request.get("method"), request.get("path"), response.get("status")
    if not isinstance(method, str) or not isinstance(path, str):
        raise ValueError(f"{where}: the request's method and path are not texts")
    if not isinstance(status, int) or isinstance(status, bool):
        raise ValueError(f"{where}: the response's status is not a number")
    return Exchange(method.upper(), path, status, request.get("body"), response.get("body"))
