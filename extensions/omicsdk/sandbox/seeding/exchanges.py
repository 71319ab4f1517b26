"""What is put into a sandbox of recorded exchanges with real servers."""

import json
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypedDict, cast
from urllib.parse import unquote

from jsonschema import Draft7Validator

from omicsdk.sandbox.crunch.items import BY_PATH
from omicsdk.sandbox.crunch.tree import DATASET, ITEM, PROJECT, Tree
from omicsdk.sandbox.gen3.metadata.documents import Taken
from omicsdk.sandbox.pangea.groups import GROUP_SAMPLE
from omicsdk.sandbox.pangea.results import NEW_RESULT
from omicsdk.sandbox.pangea.state import NEW_GROUP
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.rest_framework.fields import DEEPEST, is_too_deep, validated
from omicsdk.sandbox.rest_framework.refusals import Invalid
from omicsdk.sandbox.running import Platforms
from omicsdk.sandbox.validation import LARGEST


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer.

    Attributes:
        method: The method, in capitals.
        path: The path with its query, as it was sent.
        status: The status of the answer.
        sent: The request's body; decoded where it was JSON.
        body: The answer's body, likewise.
    """

    method: str
    path: str
    status: int
    sent: Any
    body: Any

    @property
    def succeeded(self) -> bool:
        """Whether the server did what it was asked for."""
        return 200 <= self.status < 300

    @property
    def steps(self) -> list[str]:
        """The steps of the path, decoded, without the query."""
        return [unquote(each) for each in self.path.partition("?")[0].split("/") if each]

    def after(self, *steps: str) -> list[str] | None:
        """The steps that follow some others; None when the path hasn't these."""
        found = self.steps
        for start in range(len(found) - len(steps) + 1):
            if tuple(found[start : start + len(steps)]) == steps:
                return found[start + len(steps) :]
        return None


Outcome = tuple[str, str]
"""What a thing is, in the plural, and why it was left; an empty reason when it was made."""


def members(value: object) -> Mapping[str, Any] | None:
    """A JSON object as one; None for anything else."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else None


def things_of(body: object, *lists: str) -> Iterable[Mapping[str, Any]]:
    """The objects of an answer.

    Args:
        body: The answer.
        lists: Members that hold several; without one of them the answer itself is the object.
    """
    found = members(body)
    if found is None:
        return []
    listed: Any = next((found[name] for name in lists if isinstance(found.get(name), list)), [found])
    return [each for each in map(members, listed) if each is not None]


def has_texts(stated: Mapping[str, Any], *names: str) -> bool:
    """Whether all of some members are there and are texts."""
    return all(isinstance(stated.get(name), str) for name in names)


def is_finite(value: object) -> bool:
    """Whether a decoded value has no number that JSON hasn't; some servers answer NaN."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


_MANY = {"projects": PROJECT, "datasets": DATASET, "items": ITEM}
_TEXTS = ("name", "description", "details", "workflow", "base_file_path")


class SeenCrunch:
    """Things by slug, and attributes."""

    def __init__(self) -> None:
        self._things: dict[str, dict[str, Any]] = {}
        self._attributes: dict[tuple[str, str, str, str], dict[str, Any]] = {}

    def take(self, exchange: Exchange) -> bool:
        """Notes what an exchange tells; False when it tells nothing."""
        steps = exchange.after("api")
        if not steps:
            return False
        if steps[0] == "attributes" and len(steps) > 1 and steps[1] in BY_PATH:
            return self._attribute(steps[1], exchange)
        if steps[0] not in _MANY:
            return False
        if exchange.method == "DELETE" and len(steps) > 1:
            return self._things.pop(steps[1], None) is not None
        found = [each for each in things_of(exchange.body, "results") if has_texts(each, "slug", "name")]
        for each in found:
            self._thing(_MANY[steps[0]], each)
        return bool(found)

    def _thing(self, kind: str, stated: Mapping[str, Any]) -> None:
        # Projects and datasets are items, too; whoever saw them as such knows less of them.
        known = self._things.setdefault(stated["slug"], {"kind": kind, "parent": None})
        known |= {name: stated[name] for name in (*_TEXTS, "parent") if isinstance(stated.get(name), str)}
        if kind != ITEM:
            known["kind"] = kind

    def _attribute(self, kind: str, exchange: Exchange) -> bool:
        found = [each for each in things_of(exchange.body, "results") if {"item", "key"} <= each.keys()]
        for each in found:
            values = {name: each[name] for name in BY_PATH[kind].fields if name in each}
            self._attributes[str(each["item"]), kind, str(each["key"]), repr(values)] = values
        return bool(found)

    def plant(self, platforms: Platforms) -> Iterator[Outcome]:
        """Makes what was seen."""
        crunch = platforms.crunch
        for slug in list(self._things):
            yield from self._make(crunch.tree, slug)
        for (slug, kind, key, _), values in self._attributes.items():
            thing = crunch.tree.find(slug)
            reason = "" if thing else "of things that are not there"
            try:
                kept = validated(BY_PATH[kind].fields, values)
                if thing is not None:
                    crunch.attributes.add(kind, thing.id, key, kept)
            except Invalid:
                reason = "with a value that is not one"
            yield "django-crunch attributes", reason

    def _make(self, tree: Tree, slug: str | None) -> Iterator[Outcome]:
        """Makes a thing, after the one that it is in."""
        seen = self._things.pop(slug, None) if slug is not None else None
        if seen is None:
            return
        above = seen["parent"]
        yield from self._make(tree, above)
        parent = None if above is None else tree.find(above)
        if tree.named(seen["name"]) is not None:
            yield "django-crunch things", "whose name is taken"
        elif above is not None and parent is None:
            yield "django-crunch things", "whose parent is not there"
        else:
            tree.add(seen["kind"], parent, {name: seen[name] for name in _TEXTS if name in seen})
            yield f"django-crunch {seen['kind']}s", ""


JsonObject = dict[str, Any]
_PROJECT = 2  # steps that name a project
_MADE_BY_SERVER = ("id", "project_id", "created_datetime", "updated_datetime", "file_state", "state", "error_type")
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

    def plant(self, platforms: Platforms) -> Iterator[Outcome]:
        """Makes what was seen; the files' bytes are where they were."""
        index = platforms.gen3.index
        for did, record in self._records.items():
            given = {name: value for name, value in record.items() if value is not None and name != "rev"}
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


class SeenDocuments:
    """Metadata documents by GUID, and other names of them."""

    def __init__(self) -> None:
        self._documents: dict[str, Any] = {}
        self._aliases: dict[str, list[str]] = {}

    def take(self, exchange: Exchange) -> bool:
        """Notes what an exchange tells; False when it tells nothing."""
        found = [exchange.after(service, "metadata") for service in ("mds", "mds-admin")]
        steps = found[0] or found[1]
        body, sent = members(exchange.body), members(exchange.sent)
        if not steps:
            is_list = [] in found and exchange.method == "GET" and body is not None
            self._documents.update((body or {}) if is_list else {})
            return is_list
        if steps[-1] == "aliases":
            if body is None or not has_texts(body, "guid") or not isinstance(body.get("aliases"), list):
                return False
            self._aliases[body["guid"]] = [str(each) for each in body["aliases"]]
            return True
        guid = "/".join(steps)
        if exchange.method == "DELETE":
            return self._documents.pop(guid, None) is not None
        if exchange.method == "GET" and body is not None:
            # Whoever asks by another name of a document gets it as well; under its own it was seen before or after.
            if not any(guid in names for names in self._aliases.values()):
                self._documents[guid] = body
            return True
        if exchange.method in ("POST", "PUT") and sent is not None:
            self._documents[guid] = sent
            return True
        return False

    def plant(self, platforms: Platforms) -> Iterator[Outcome]:
        """Makes what was seen."""
        documents = platforms.gen3.metadata.documents
        names = {alias for aliases in self._aliases.values() for alias in aliases}
        for guid, document in self._documents.items():
            if guid in names and guid not in self._aliases:
                continue
            reason = "that are there already" if documents.has(guid) else ""
            if not reason and not is_finite(document):
                reason = "with numbers that JSON has not"
            if not reason:
                documents.put(guid, document)
            yield "metadata documents", reason
        for guid, aliases in self._aliases.items():
            if not aliases or not documents.has(guid):
                continue
            try:
                documents.set_aliases(guid, aliases)
                yield from [("metadata aliases", "")] * len(set(aliases))
            except Taken:
                yield from [("metadata aliases", "that other documents have")] * len(aliases)


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

    def plant(self, platforms: Platforms) -> Iterator[Outcome]:
        """Makes what was seen: those first whose links lead to what is there."""
        for (program, project), records in self._records.items():
            waiting = [_submitted(each) for each in records.values() if each["type"] not in ("program", "project")]
            before = len(waiting) + 1
            while waiting and len(waiting) < before:
                before = len(waiting)
                waiting = [each for each in waiting if not _made(platforms, program, project, each)]
                yield from [("submitted records", "")] * (before - len(waiting))
            yield from [("submitted records", "that the dictionary or their links refuse")] * len(waiting)


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


_RESULT = {**NEW_RESULT, "replicate": ""}
_FIELD: JsonObject = {"stored_data": {}, "description": ""}
# Each kind: the field with its name, the field with what it belongs to, what it is at first. In the order in which they are made.
_KINDS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "organization": ("name", "", {}),
    "sample_group": ("name", "organization", NEW_GROUP),
    "sample": ("name", "library", {"metadata": {}, "description": ""}),
    "sample_ar": ("module_name", "sample", _RESULT),
    "sample_group_ar": ("module_name", "sample_group", _RESULT),
    "sample_ar_field": ("name", "analysis_result", _FIELD),
    "sample_group_ar_field": ("name", "analysis_result", _FIELD),
}
# Another server's buckets, modules and keys aren't here.
_ELSEWHERE = ("bucket", "pipeline_module")


class SeenPangea:
    """Things by kind and UUID."""

    def __init__(self) -> None:
        self._things: dict[tuple[str, str], dict[str, Any]] = {}
        self._links: dict[tuple[str, str], None] = {}

    def take(self, exchange: Exchange) -> bool:
        """Notes what an exchange tells; False when it tells nothing."""
        steps = exchange.after("api")
        kind = steps[0].removesuffix("s") if steps else ""
        if not steps or kind not in _KINDS or not steps[0].endswith("s"):
            return False
        if exchange.method == "DELETE" and len(steps) > 1:
            return self._things.pop((kind, steps[1]), None) is not None
        if steps[0] == "sample_groups" and steps[2:] == ["samples"]:
            return self._members(steps[1], exchange)
        if len(steps) > 2:
            return False
        found = [each for each in things_of(exchange.body, "results") if self._note(kind, each)]
        return bool(found)

    def _members(self, group: str, exchange: Exchange) -> bool:
        found = [each for each in things_of(exchange.body, "results") if self._note("sample", each)]
        if exchange.method == "GET":
            self._links.update(dict.fromkeys((group, str(each["uuid"])) for each in found))
        return bool(found)

    def _note(self, kind: str, stated: Mapping[str, Any]) -> bool:
        name, owner, first = _KINDS[kind]
        if not has_texts(stated, "uuid", name):
            return False
        known = self._things.setdefault((kind, stated["uuid"]), {})
        known |= {each: stated[each] for each in ("uuid", name, owner) if isinstance(stated.get(each), str)}
        # Any JSON is data; another field is taken if it is of the kind that it has at first.
        known |= {
            each: stated[each]
            for each, value in first.items()
            if each in stated
            and each not in _ELSEWHERE
            and (each == "stored_data" or type(stated[each]) is type(value))
        }
        for above in ("organization", "library", "sample", "sample_group", "analysis_result"):
            inner = members(stated.get(f"{above}_obj"))
            if inner is not None:
                self._note(_above(kind, above), inner)
        return True

    def plant(self, platforms: Platforms) -> Iterator[Outcome]:
        """Makes what was seen."""
        store = platforms.pangea.store
        for kind, (name, owner, first) in _KINDS.items():
            for seen in [each for (of, _), each in self._things.items() if of == kind]:
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
        for group, sample in self._links:
            if store.find("sample_group", group) and store.find("sample", sample):
                store.link(GROUP_SAMPLE, group, sample)


def _above(kind: str, owner: str) -> str:
    """The kind of what a thing of a kind belongs to."""
    if owner == "library":
        return "sample_group"
    return kind.removesuffix("_field") if owner == "analysis_result" else owner


_LONGEST = 64 * 1024 * 1024
_IS_A_RECORDING = "a recording has one exchange a line, a JSON object with request and response"


class Seen(Protocol):
    """What was seen of one platform."""

    def take(self, exchange: Exchange) -> bool:
        """Notes what an exchange tells; False when it isn't one of this platform that tells anything."""
        ...

    def plant(self, platforms: Platforms) -> Iterator[Outcome]:
        """Makes the things that were seen, and tells of each what came of it."""
        ...


class Report(TypedDict):
    """What came of a recording.

    Attributes:
        taken: How many things were made, by what they are.
        left: How many weren't, or exchanges that told nothing, by the reason.
    """

    taken: dict[str, int]
    left: dict[str, int]


def seed_exchanges(platforms: Platforms, file: Path) -> Report:
    """Puts a recording's things into a sandbox; what is there already stays as it is.

    Args:
        platforms: The sandbox's platforms.
        file: The recording, JSON lines.

    Returns:
        What was taken and what was left, with the reasons.

    Raises:
        ValueError: A line isn't an exchange, or there is none; nothing was made.
        OSError: The file can't be read.
    """
    seen: list[Seen] = [SeenCrunch(), SeenPangea(), SeenIndex(), SeenDocuments(), SeenRecords()]
    taken: Counter[str] = Counter()
    left: Counter[str] = Counter()
    count = 0
    for exchange in _exchanges(file):
        count += 1
        told = [each.take(exchange) for each in seen] if exchange.succeeded else []
        if not any(told):
            left[_reason(exchange)] += 1
    if not count:
        raise ValueError(f"{file} is empty: {_IS_A_RECORDING}")
    # A commons' records are in memory, too: who stores them takes their lock before the database's.
    with platforms.gen3.records.together():
        for each in seen:
            for things, reason in each.plant(platforms):
                if reason:
                    left[f"{things} {reason}"] += 1
                else:
                    taken[things] += 1
    return {"taken": dict(sorted(taken.items())), "left": dict(sorted(left.items()))}


def _reason(exchange: Exchange) -> str:
    if not exchange.succeeded:
        return "exchanges that were refused"
    if exchange.method not in ("GET", "POST", "PUT", "PATCH"):
        return f"exchanges of {exchange.method} that told of nothing known"
    return "exchanges that tell of no thing that can be made"


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
            json.dumps(stated, ensure_ascii=False).encode()  # halves of surrogate pairs can't be sent or kept
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
