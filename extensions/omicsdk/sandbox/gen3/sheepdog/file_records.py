"""Records that stand for files: each has an index record behind it, found or made."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from omicsdk.sandbox.gen3.indexd.requests import Criteria
from omicsdk.sandbox.gen3.records.graph import Record
from omicsdk.sandbox.gen3.sheepdog.gate import Visit, refuse, resource_of
from omicsdk.sandbox.gen3.sheepdog.state import Commons
from omicsdk.sandbox.problems import Problem


def with_index_records(
    commons: Commons, changed: Sequence[Record], visit: Visit, urls: Mapping[str, Sequence[str]]
) -> list[Record]:
    """Records as they are stored: those that stand for files with the GUIDs of their index records.

    Args:
        commons: The commons.
        changed: The records.
        visit: Who submits to which project.
        urls: Where the files are, by the records' ids.

    Raises:
        Problem: 400; the index refuses one.
    """
    nodes = commons.records.dictionary.nodes
    return [
        _with_guid(commons, record, visit, urls.get(record.id, ())) if nodes[record.type].is_file else record
        for record in changed
    ]


def _with_guid(commons: Commons, record: Record, visit: Visit, urls: Sequence[str]) -> Record:
    old = commons.records.graph.by_id.get(record.id)
    known = None if old is None else old.properties.get("object_id")
    said = record.properties.get("object_id")
    if known is not None and said == known:
        return record
    size, md5 = record.properties.get("file_size"), record.properties.get("md5sum")
    if not isinstance(size, int) or size < 0:
        raise refuse(400, "Fail to register the data node in indexd. Detail 400 Client Error: size must be > 0")
    guid = _found(commons, said, size, md5) or _registered(commons, record, visit, urls, said)
    return replace(record, properties={**record.properties, "object_id": guid})


def _found(commons: Commons, said: str | None, size: int, md5: str | None) -> str | None:
    """The GUID of an index record that is there.

    Raises:
        Problem: 400; the one that was named is that of another file.
    """
    if said is None:
        same = commons.index.records.listed(
            *Criteria(size=size, hashes={"md5": md5 or ""}).condition(commons.index.prefix), limit=1
        )
        return str(same[0]["did"]) if same else None
    record = commons.index.get(said)
    if record is None:
        return None
    if record["size"] not in (None, size) or record["hashes"].get("md5", md5) != md5:
        raise refuse(400, f"The index record {said} has another size or md5 than what was sent")
    return str(record["did"])


def _registered(commons: Commons, record: Record, visit: Visit, urls: Sequence[str], said: str | None) -> str:
    stated: dict[str, Any] = {
        "did": said,
        "form": "object",
        "size": record.properties["file_size"],
        "hashes": {"md5": record.properties.get("md5sum")},
        "urls": list(urls),
        "acl": ["*"],
        "authz": [resource_of(visit.program, visit.code)],
    }
    try:
        return str(commons.index.create({key: value for key, value in stated.items() if value is not None})["did"])
    except Problem as problem:
        raise refuse(400, f"Fail to register the data node in indexd. Detail {problem.title}") from problem
