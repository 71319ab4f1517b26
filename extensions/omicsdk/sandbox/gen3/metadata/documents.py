"""The metadata service's documents by GUID, their aliases, the paths that have an index, and metadata of other commons."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from omicsdk.sandbox.problems import Problem, or_raise
from omicsdk.sandbox.state.database import Database, Table

ANY = "*"
_LITERAL = "\\*"
_INDEX = re.compile(r"-?\d{1,9}")

# Values by path; of one path any value will do, all paths must match.
Conditions = Mapping[str, Sequence[str]]


# -- what a search means: conditions by path of keys, as PostgreSQL reads paths of JSON


def matches(document: Any, conditions: Conditions) -> bool:
    """Whether a document meets all conditions.

    Args:
        document: The document, any JSON value.
        conditions: The conditions; the value `*` matches whatever has the path's last key.
    """
    return all(_meets(document, path.split("."), values) for path, values in conditions.items())


def _meets(document: Any, path: list[str], values: Sequence[str]) -> bool:
    if ANY in values:
        holder = _at(document, path[:-1])
        # An object has a key, a list a text.
        return isinstance(holder, dict | list) and path[-1] in cast("dict[str, Any] | list[Any]", holder)
    stored = _at(document, path)
    # Texts are compared unchanged, other values as JSON; null matches nothing.
    text = stored if isinstance(stored, str) else json.dumps(stored, ensure_ascii=False)
    return stored is not None and text in [ANY if value == _LITERAL else value for value in values]


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


# -- stored documents, and refusals: JSON with `detail`, a text, or for malformed requests a list of faults


class Refusal(Problem):
    """A refusal with the service's own detail.

    Args:
        status: The HTTP status.
        detail: What `detail` states: a text, an object, or a list of faults.
        crashes: Whether the real service fails on this with 500.
    """

    def __init__(self, status: int, detail: object, *, crashes: bool = False) -> None:
        super().__init__(status, "refused", str(detail), crashes=crashes)
        self.detail = detail


def error_body(problem: Problem) -> dict[str, object]:
    """The JSON that a refusal carries."""
    return {"detail": problem.detail if isinstance(problem, Refusal) else problem.title}


def unknown(guid: str) -> Refusal:
    """A 404 for a document that does not exist."""
    return Refusal(404, f"Not found: {guid}")


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
class IndexedPath:
    """A path of keys that has an index."""

    path: str


class Documents:
    """Documents by GUID.

    Args:
        database: The sandbox's database.

    Attributes:
        paths: Paths that have an index, which makes searches faster and changes nothing else.
        aggregate: Records of other commons.
        transaction: Context whose changes are made together, or not at all.
    """

    def __init__(self, database: Database) -> None:
        self.transaction = database.transaction
        self._documents = Table(database, "gen3_metadata", _Document)
        self._aliases = Table(database, "gen3_metadata_aliases", _Alias, indexes=("guid",))
        self.paths = Table(database, "gen3_metadata_paths", IndexedPath)
        self.aggregate = Aggregate(database)

    # -- documents

    def has(self, guid: str) -> bool:
        """Whether there is a document of that GUID."""
        return self._documents.count(guid=guid) > 0

    def get(self, guid: str) -> Any:
        """A document by GUID.

        Raises:
            Refusal: 404; there is none.
        """
        return or_raise(self._documents.get(guid), unknown(guid)).data

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

    def search(self, conditions: Conditions, limit: int, offset: int) -> list[tuple[str, Any]]:
        """GUIDs and documents that meet conditions, in the order of their GUIDs.

        Args:
            conditions: The conditions.
            limit: Largest number of items.
            offset: Number of items to skip.
        """
        if not conditions:
            page = self._documents.all(order="guid", limit=limit, offset=offset)
            return [(document.guid, document.data) for document in page]
        matching = [document for document in self._documents.all(order="guid") if matches(document.data, conditions)]
        return [(document.guid, document.data) for document in matching[offset : offset + limit]]

    # -- aliases

    def aliases(self, guid: str) -> list[str]:
        """The aliases of a document, sorted."""
        return [row.alias for row in self._aliases.all(order="alias", guid=guid)]

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
