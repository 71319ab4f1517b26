"""Metadata of other commons, collected here: the store that tests and seeding fill, and the operations that read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from omicsdk.sandbox.gen3.metadata.reading import Reading, Refusal
from omicsdk.sandbox.gen3.service import as_object
from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.state.database import Database, Table

STUDY = "gen3_discovery"
"""The key of a document below which the fields of a study stand."""
LONGEST = 2000
"""Most records of one answer."""


@dataclass(frozen=True, slots=True)
class _Record:
    """A record of another commons."""

    guid: str
    commons: str
    data: Any


@dataclass(frozen=True, slots=True)
class _Info:
    """What is known of a commons, the schema, or a prefix of GUIDs."""

    what: str
    info: Any


class Aggregate:
    """Records of other commons. Nothing is collected until something is put here, and then the service says so.

    Args:
        database: Where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._records = Table(database, "gen3_aggregate", _Record)
        self._infos = Table(database, "gen3_aggregate_info", _Info)

    def put(
        self, commons: str, records: Mapping[str, Mapping[str, Any]], info: Mapping[str, Any] | None = None
    ) -> None:
        """Collects records of a commons.

        Args:
            commons: Its name.
            records: Documents by GUID, with the study's fields below `gen3_discovery`.
            info: What is known of the commons, such as `commons_url`.
        """
        with self._database.transaction():
            self._records.put_all(_Record(guid, commons, document) for guid, document in records.items())
            if info is not None:
                self.put_info(commons, info)

    def put_info(self, what: str, info: Mapping[str, Any]) -> None:
        """Notes information that can be asked for.

        Args:
            what: What it is about: `schema`, a commons, or a prefix of GUIDs, of which `host` says where it leads.
            info: The information.
        """
        self._infos.put(_Info(what, info))

    def info(self, what: str) -> Any:
        """Information; None when nothing is known."""
        found = self._infos.get(what)
        return None if found is None else found.info

    @property
    def enabled(self) -> bool:
        """Whether anything is collected."""
        return bool(self._records.count() or self._infos.count())

    def commons(self) -> list[str]:
        """The names of the commons that have records."""
        return list(dict.fromkeys(each.commons for each in self._records.all()))

    def count(self) -> int:
        """How many records there are."""
        return self._records.count()

    def records(self, limit: int = -1, offset: int = 0, commons: str = "") -> list[tuple[str, str, Any]]:
        """Commons, GUID and document of records, as they were put.

        Args:
            limit: How many at most; by default all.
            offset: How many to pass over.
            commons: Of which commons; by default of all.
        """
        found = self._records.all(limit=limit, offset=offset, commons=commons or None)
        return [(each.commons, each.guid, each.data) for each in found]

    def get(self, guid: str) -> Any:
        """The document of a GUID; None when there is none."""
        found = self._records.get(guid)
        return None if found is None else found.data


def _collected(aggregate: Aggregate) -> Aggregate:
    """The store, when anything is collected.

    Raises:
        Refusal: 404; this commons collects nothing, so its service doesn't have the address.
    """
    if not aggregate.enabled:
        raise Refusal(404, "Not Found")
    return aggregate


def get_aggregate_commons(aggregate: Aggregate, _call: Call) -> Reply:
    """GET /aggregate/commons."""
    return Reply({"commons": _collected(aggregate).commons()})


def get_aggregate_info(aggregate: Aggregate, call: Call) -> Reply:
    """GET /aggregate/info/{what}."""
    what = call.arguments["what"]
    return Reply(_needed(_collected(aggregate).info(what), f"information for {what} not found"))


def get_aggregate_info_of_commons(aggregate: Aggregate, call: Call) -> Reply:
    """GET /aggregate/metadata/{name}/info."""
    name = call.arguments["name"]
    return Reply(_needed(_collected(aggregate).info(name), f"no common exists with the given: {name}"))


def get_aggregate_metadata(aggregate: Aggregate, call: Call) -> Reply:
    """GET /aggregate/metadata."""
    _collected(aggregate)
    reading = Reading(call)
    limit, offset = min(reading.number("limit", 20), LONGEST), reading.number("offset", 0)
    flat, paged = reading.flag("flatten", False), reading.flag("pagination", False)
    reading.done()
    counted = [name for name in dict(call.query).get("counts", "").split(",") if name]
    found = [(name, {guid: _counted(each, counted)}) for name, guid, each in aggregate.records(limit, offset)]
    by_commons: dict[str, list[Any]] = {}
    for name, record in found:
        by_commons.setdefault(name, []).append(record)
    results: Any = [record for _, record in found] if flat else by_commons
    if not paged:
        return Reply(results)
    hits = aggregate.count()
    pages = -(-hits // limit) if limit else 0
    return Reply(
        {"results": results, "pagination": {"hits": hits, "offset": offset, "pageSize": limit, "pages": pages}}
    )


def get_aggregate_metadata_of_commons(aggregate: Aggregate, call: Call) -> Reply:
    """GET /aggregate/metadata/{name}."""
    name = call.arguments["name"]
    found = [document for _, _, document in _collected(aggregate).records(commons=name)]
    return Reply(_needed(found, f"no common exists with the given: {name}"))


def get_aggregate_metadata_by_guid(aggregate: Aggregate, call: Call) -> Reply:
    """GET /aggregate/metadata/guid/{guid}."""
    guid = call.arguments["guid"]
    return Reply(_needed(_collected(aggregate).get(guid), f"no entry exists with the given guid: {guid}"))


def get_aggregate_tags(aggregate: Aggregate, _call: Call) -> Reply:
    """GET /aggregate/tags."""
    found: dict[str, dict[str, int]] = {}
    for _, _, document in _collected(aggregate).records():
        for tag in _study(document).get("tags") or ():
            names = found.setdefault(tag["category"], {})
            names[tag["name"]] = names.get(tag["name"], 0) + 1
    told = {
        category: {"total": sum(names.values()), "names": [dict(sorted(names.items(), key=lambda each: -each[1]))]}
        for category, names in found.items()
    }
    return Reply(_needed(told, "error retrieving tags from service"))


def _study(document: Any) -> dict[str, Any]:
    return as_object(as_object(document).get(STUDY))


def _counted(document: Any, names: list[str]) -> Any:
    """A document with lengths in place of some of its study's fields."""
    study = _study(document)
    lengths = {name: _length(study[name]) for name in names if name in study}
    return {**document, STUDY: {**study, **lengths}} if lengths else document


def _length(value: Any) -> Any:
    if isinstance(value, list | dict):
        return len(cast("list[Any] | dict[str, Any]", value))
    return 0 if value is None else value


def _needed(value: Any, message: str) -> Any:
    if not value:
        raise Refusal(404, {"message": message, "code": 404})
    return value
