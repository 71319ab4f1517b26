"""Metadata of other commons, collected here: the store that tests and seeding fill, and the operations that read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omicsdk.sandbox.gen3.metadata.requests import Count, Refusal, read
from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.state.database import Database, Table

LONGEST = 2000
"""Most records of one response."""


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
    what = call.arguments["what"]
    found = _collected(aggregate).infos.get(what)
    return _stored(found and found.info, f"information for {what} not found")


@dataclass(frozen=True, slots=True)
class _Page:
    """The query of a page of records."""

    limit: Count = 20
    offset: Count = 0
    flatten: bool = False


def get_aggregate_metadata(aggregate: Aggregate, call: Call) -> Reply:
    """GET /aggregate/metadata."""
    _collected(aggregate)
    page, _ = read(call, _Page)
    by_commons: dict[str, list[Any]] = {}
    for each in aggregate.records.all(limit=min(page.limit, LONGEST), offset=page.offset):
        by_commons.setdefault("" if page.flatten else each.commons, []).append({each.guid: each.data})
    return Reply(by_commons.get("", []) if page.flatten else by_commons)


def get_aggregate_metadata_by_guid(aggregate: Aggregate, call: Call) -> Reply:
    """GET /aggregate/metadata/guid/{guid}."""
    guid = call.arguments["guid"]
    found = _collected(aggregate).records.get(guid)
    return _stored(found and found.data, f"no entry exists with the given guid: {guid}")


def _stored(value: Any, missing: str) -> Reply:
    """A value; a refusal, 404, when there is none."""
    if not value:
        raise Refusal(404, {"message": missing, "code": 404})
    return Reply(value)
