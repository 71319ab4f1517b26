"""The metadata service's documents by GUID, their aliases, the paths that have an index, and metadata of other commons."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, cast

from omicsdk.sandbox.gen3.metadata.requests import Count, Refusal, read, read_body, unknown
from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.state.database import Database, Table

ANY = "*"
LONGEST = 2000
"""Most documents of one search, as the service has it by default."""
_LITERAL = "\\*"
_INDEX = re.compile(r"-?\d{1,9}")
_CONTROL = frozenset({"data", "limit", "offset"})
_RESERVED = frozenset({"upload"})
"""GUIDs that would hide an address of the service."""
_ALIASES = "/aliases/"

Conditions = Mapping[str, Sequence[str]]
"""Values by path; of one path any value will do, all paths must match."""


# -- what a search means: conditions by path of keys, as PostgreSQL reads paths of JSON


def matches(document: Any, wanted: Conditions) -> bool:
    """Whether a document meets all conditions.

    Args:
        document: The document, any JSON value.
        wanted: The conditions; the value `*` matches whatever has the path's last key.
    """
    return all(_meets(document, path.split("."), values) for path, values in wanted.items())


def _meets(document: Any, path: list[str], values: Sequence[str]) -> bool:
    if ANY in values:
        holder = _at(document, path[:-1])
        # An object has a key, a list a text.
        return isinstance(holder, dict | list) and path[-1] in cast("dict[str, Any] | list[Any]", holder)
    found = _at(document, path)
    # Texts are compared unchanged, other values as JSON; null matches nothing.
    text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    return found is not None and text in [ANY if value == _LITERAL else value for value in values]


def _at(value: Any, path: Sequence[str]) -> Any:
    """The value at a path; None when there is none. Members of lists are found by their number."""
    for step in path:
        if isinstance(value, dict):
            value = cast("dict[str, Any]", value).get(step)
        elif isinstance(value, list) and _INDEX.fullmatch(step):
            members, number = cast("list[Any]", value), int(step)
            value = members[number] if -len(members) <= number < len(members) else None
        else:
            return None
    return value


# -- stored documents


class Taken(Refusal):
    """An alias belongs to another document."""

    def __init__(self) -> None:
        super().__init__(409, "Alias is already in use by a different GUID.")


@dataclass(frozen=True, slots=True)
class _Record:
    """A record of another commons."""

    guid: str
    commons: str
    data: Any


@dataclass(frozen=True, slots=True)
class _Info:
    """Information on a commons, the schema, or a prefix of GUIDs."""

    what: str
    info: Any


class Aggregate:
    """Records of other commons. Nothing is collected until a record is added; until then the service refuses.

    Args:
        database: The sandbox's database.

    Attributes:
        records: The records, in the order in which they were put.
        infos: Information on commons, the schema and prefixes of GUIDs.
    """

    def __init__(self, database: Database) -> None:
        self.records = Table(database, "gen3_aggregate", _Record)
        self.infos = Table(database, "gen3_aggregate_info", _Info)

    def put(self, commons: str, records: Mapping[str, Mapping[str, Any]]) -> None:
        """Collect records of a commons.

        Args:
            commons: Its name.
            records: Documents by GUID, with the study's fields below `gen3_discovery`.
        """
        self.records.put_all(_Record(guid, commons, document) for guid, document in records.items())

    def put_info(self, what: str, info: Mapping[str, Any]) -> None:
        """Note information that can be requested.

        Args:
            what: Its subject: `schema`, a commons, or a prefix of GUIDs, for which `host` states the server.
            info: The information.
        """
        self.infos.put(_Info(what, info))

    @property
    def enabled(self) -> bool:
        """Whether anything is collected."""
        return bool(self.records.count() or self.infos.count())


@dataclass(frozen=True, slots=True)
class _Document:
    """A document, any JSON value."""

    guid: str
    data: Any


@dataclass(frozen=True, slots=True)
class _Alias:
    """Another name of a document."""

    alias: str
    guid: str


@dataclass(frozen=True, slots=True)
class _Path:
    """A path of keys that has an index."""

    path: str


class Documents:
    """Documents by GUID.

    Args:
        database: The sandbox's database.

    Attributes:
        paths: Paths that have an index, which makes searches faster and changes nothing else.
        aggregate: Records of other commons.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._documents = Table(database, "gen3_metadata", _Document)
        self._aliases = Table(database, "gen3_metadata_aliases", _Alias, indexes=("guid",))
        self.paths = Table(database, "gen3_metadata_paths", _Path)
        self.aggregate = Aggregate(database)

    def transaction(self) -> AbstractContextManager[None]:
        """All changes of the block are made, or none."""
        return self._database.transaction()

    # -- documents

    def has(self, guid: str) -> bool:
        """Whether there is a document of that GUID."""
        return self._documents.count(guid=guid) > 0

    def get(self, guid: str) -> Any:
        """A document by GUID.

        Raises:
            Refusal: 404; there is none.
        """
        found = self._documents.get(guid)
        if found is None:
            raise unknown(guid)
        return found.data

    def find(self, name: str) -> Any:
        """A document by GUID or alias; a GUID wins.

        Raises:
            Refusal: 404; there is none.
        """
        alias = None if self.has(name) else self._aliases.get(name)
        return self.get(name if alias is None else alias.guid)

    def put(self, guid: str, document: Any) -> bool:
        """Store a document and return whether it is new."""
        with self.transaction():
            new = not self.has(guid)
            self._documents.put(_Document(guid, document))
        return new

    def delete(self, guid: str) -> Any:
        """Delete a document with its aliases and return it.

        Raises:
            Refusal: 404; there is none.
        """
        with self.transaction():
            document = self.get(guid)
            self._documents.remove(guid=guid)
            self.set_aliases(guid, ())
        return document

    def search(self, wanted: Conditions, limit: int, offset: int) -> list[tuple[str, Any]]:
        """GUIDs and documents that meet conditions, in the order of their GUIDs.

        Args:
            wanted: The conditions.
            limit: Largest number of items.
            offset: Number of items to skip.
        """
        if not wanted:
            return [(each.guid, each.data) for each in self._documents.all(order="guid", limit=limit, offset=offset)]
        found = [each for each in self._documents.all(order="guid") if matches(each.data, wanted)]
        return [(each.guid, each.data) for each in found[offset : offset + limit]]

    # -- aliases

    def aliases(self, guid: str) -> list[str]:
        """The aliases of a document, sorted."""
        return [each.alias for each in self._aliases.all(order="alias", guid=guid)]

    def set_aliases(self, guid: str, aliases: Iterable[str]) -> None:
        """Give a document aliases in place of those that it has.

        Raises:
            Taken: Another document has one of them; nothing is changed.
        """
        with self.transaction():
            self._aliases.remove(guid=guid)
            for alias in dict.fromkeys(aliases):
                if not self._aliases.add_new(_Alias(alias, guid)):
                    raise Taken


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
    wanted: dict[str, list[str]] = {}
    for name, value in call.query:
        if name not in _CONTROL:
            wanted.setdefault(name, []).append(value)
    found = documents.search(wanted, min(search.limit, LONGEST), search.offset)
    return Reply(dict(found) if search.data else [guid for guid, _ in found])


def batch_create(documents: Documents, call: Call) -> Reply:
    """POST /metadata."""
    writing, items = read(call, _Writing, list[_Item])
    outcome: dict[str, list[str]] = {"created": [], "updated": [], "conflict": [], "bad_input": []}
    with documents.transaction():
        for each in items:
            if each.guid in _RESERVED:
                outcome["bad_input"].append(each.guid)
            elif writing.overwrite is False and documents.has(each.guid):
                outcome["conflict"].append(each.guid)
            else:
                outcome["created" if documents.put(each.guid, each.data) else "updated"].append(each.guid)
    return Reply(outcome, 201)


def get(documents: Documents, call: Call) -> Reply:
    """GET /metadata/{guid}."""
    return _document(documents.find(call.arguments["guid"]))


def create(documents: Documents, call: Call) -> Reply:
    """POST /metadata/{guid}."""
    writing, document = read(call, _Writing, dict[str, Any])
    guid = call.arguments["guid"]
    with documents.transaction():
        if not writing.overwrite and documents.has(guid):
            raise Refusal(409, f"Conflict: {guid}")
        new = documents.put(guid, document)
    return Reply(document, 201 if new else 200)


def update(documents: Documents, call: Call) -> Reply:
    """PUT /metadata/{guid}."""
    writing, document = read(call, _Writing, dict[str, Any])
    guid = call.arguments["guid"]
    with documents.transaction():
        before = documents.get(guid)
        if writing.merge and isinstance(before, dict):
            document = {**cast("dict[str, Any]", before), **document}
        documents.put(guid, document)
    return Reply(document)


def delete(documents: Documents, call: Call) -> Reply:
    """DELETE /metadata/{guid}."""
    guid: str = call.arguments["guid"]
    if _ALIASES in guid:  # a GUID may have slashes, so this address fits those of aliases as well
        owner, _, alias = guid.rpartition(_ALIASES)
        return _without_alias(documents, owner, alias)
    return _document(documents.delete(guid))


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
    return _without_alias(documents, call.arguments["guid"], call.arguments["alias"])


def _without_alias(documents: Documents, guid: str, alias: str) -> Reply:
    aliases = documents.aliases(guid)
    if alias not in aliases:
        raise Refusal(404, f"Alias: '{alias}' for GUID: '{guid}' not found.")
    documents.set_aliases(guid, [each for each in aliases if each != alias])
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
    return Reply([each.path for each in documents.paths.all(order="path")])


def create_index_key_path(documents: Documents, call: Call) -> Reply:
    """POST /metadata_index/{path}."""
    path = call.arguments["path"]
    if not documents.paths.add_new(_Path(path)):
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
    return Reply({"commons": list(dict.fromkeys(each.commons for each in _collected(documents).records.all()))})


def get_aggregate_info(documents: Documents, call: Call) -> Reply:
    """GET /aggregate/info/{what}."""
    what = call.arguments["what"]
    found = _collected(documents).infos.get(what)
    return _stored(found and found.info, f"information for {what} not found")


@dataclass(frozen=True, slots=True)
class _Page:
    """The query of a page of records."""

    limit: Count = 20
    offset: Count = 0
    flatten: bool = False


def get_aggregate_metadata(documents: Documents, call: Call) -> Reply:
    """GET /aggregate/metadata."""
    aggregate = _collected(documents)
    page, _ = read(call, _Page)
    by_commons: dict[str, list[Any]] = {}
    for each in aggregate.records.all(limit=min(page.limit, LONGEST), offset=page.offset):
        by_commons.setdefault("" if page.flatten else each.commons, []).append({each.guid: each.data})
    return Reply(by_commons.get("", []) if page.flatten else by_commons)


def get_aggregate_metadata_by_guid(documents: Documents, call: Call) -> Reply:
    """GET /aggregate/metadata/guid/{guid}."""
    guid = call.arguments["guid"]
    found = _collected(documents).records.get(guid)
    return _stored(found and found.data, f"no entry exists with the given guid: {guid}")


def _stored(value: Any, missing: str) -> Reply:
    """A value; a refusal, 404, when there is none."""
    if not value:
        raise Refusal(404, {"message": missing, "code": 404})
    return Reply(value)
