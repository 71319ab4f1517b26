"""Metadata of other commons, collected here: the store that tests and seeding fill, and the operations that read it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from omicsdk.sandbox.gen3.metadata.requests import Count, Refusal, read
from omicsdk.sandbox.gen3.service import as_object
from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.state.database import Database, Table

STUDY = "gen3_discovery"
"""The key of a document that contains the fields of a study."""
LONGEST = 2000
"""Most records of one response."""
_NO_COMMONS = "no common exists with the given: {}"


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
        self._database = database
        self.records = Table(database, "gen3_aggregate", _Record)
        self.infos = Table(database, "gen3_aggregate_info", _Info)

    def put(
        self, commons: str, records: Mapping[str, Mapping[str, Any]], info: Mapping[str, Any] | None = None
    ) -> None:
        """Collect records of a commons.

        Args:
            commons: Its name.
            records: Documents by GUID, with the study's fields below `gen3_discovery`.
            info: Information on the commons, such as `commons_url`.
        """
        with self._database.transaction():
            self.records.put_all(_Record(guid, commons, document) for guid, document in records.items())
            if info is not None:
                self.put_info(commons, info)

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


def _collected(aggregate: Aggregate) -> Aggregate:
    """The store, when anything is collected.

    Raises:
        Refusal: 404; this commons collects nothing, so its service does not have the address.
    """
    if not aggregate.enabled:
        raise Refusal(404, "Not Found")
    return aggregate


def get_aggregate_commons(aggregate: Aggregate, _call: Call) -> Reply:
    """GET /aggregate/commons."""
    return Reply({"commons": list(dict.fromkeys(each.commons for each in _collected(aggregate).records.all()))})


def get_aggregate_info(aggregate: Aggregate, call: Call) -> Reply:
    """GET /aggregate/info/{what}."""
    return _info(aggregate, call.arguments["what"], "information for {} not found")


def get_aggregate_info_of_commons(aggregate: Aggregate, call: Call) -> Reply:
    """GET /aggregate/metadata/{name}/info."""
    return _info(aggregate, call.arguments["name"], _NO_COMMONS)


def _info(aggregate: Aggregate, what: str, missing: str) -> Reply:
    found = _collected(aggregate).infos.get(what)
    return _found_or_refused(found and found.info, missing.format(what))


@dataclass(frozen=True, slots=True)
class _Page:
    """The query of a page of records; `counts` names fields whose lengths are returned in place of them."""

    limit: Count = 20
    offset: Count = 0
    counts: str = ""
    flatten: bool = False
    pagination: bool = False


def get_aggregate_metadata(aggregate: Aggregate, call: Call) -> Reply:
    """GET /aggregate/metadata."""
    _collected(aggregate)
    asked, _ = read(call, _Page)
    limit = min(asked.limit, LONGEST)
    counted = [name for name in asked.counts.split(",") if name]
    by_commons: dict[str, list[Any]] = {}
    flattened: list[Any] = []
    for each in aggregate.records.all(limit=limit, offset=asked.offset):
        record = {each.guid: _counted(each.data, counted)}
        flattened.append(record)
        by_commons.setdefault(each.commons, []).append(record)
    results = flattened if asked.flatten else by_commons
    if not asked.pagination:
        return Reply(results)
    hits = aggregate.records.count()
    pages = -(-hits // limit) if limit else 0
    pagination = {"hits": hits, "offset": asked.offset, "pageSize": limit, "pages": pages}
    return Reply({"results": results, "pagination": pagination})


def get_aggregate_metadata_of_commons(aggregate: Aggregate, call: Call) -> Reply:
    """GET /aggregate/metadata/{name}."""
    name = call.arguments["name"]
    return _found_or_refused(
        [each.data for each in _collected(aggregate).records.all(commons=name)], _NO_COMMONS.format(name)
    )


def get_aggregate_metadata_by_guid(aggregate: Aggregate, call: Call) -> Reply:
    """GET /aggregate/metadata/guid/{guid}."""
    guid = call.arguments["guid"]
    found = _collected(aggregate).records.get(guid)
    return _found_or_refused(found and found.data, f"no entry exists with the given guid: {guid}")


def get_aggregate_tags(aggregate: Aggregate, _call: Call) -> Reply:
    """GET /aggregate/tags."""
    found: dict[str, Counter[str]] = {}
    for each in _collected(aggregate).records.all():
        for tag in _study(each.data).get("tags") or ():
            found.setdefault(tag["category"], Counter())[tag["name"]] += 1
    tags = {
        category: {"total": names.total(), "names": [dict(names.most_common())]} for category, names in found.items()
    }
    return _found_or_refused(tags, "error retrieving tags from service")


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


def _found_or_refused(value: Any, missing: str) -> Reply:
    """A value; a refusal, 404, when there is none."""
    if not value:
        raise Refusal(404, {"message": missing, "code": 404})
    return Reply(value)
