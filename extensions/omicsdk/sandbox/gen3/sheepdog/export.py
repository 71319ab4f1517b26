"""Records given out as JSON, TSV and CSV, to be read or submitted again."""

import io
import json
import tarfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from omicsdk.sandbox.gen3.records.dictionary import Node
from omicsdk.sandbox.gen3.records.graph import Record
from omicsdk.sandbox.gen3.records.store import Store
from omicsdk.sandbox.gen3.sheepdog.frame import packed
from omicsdk.sandbox.gen3.sheepdog.gate import enter_empty, refuse
from omicsdk.sandbox.gen3.sheepdog.state import Commons
from omicsdk.sandbox.gen3.sheepdog.tables import FORMATS, JSON, TSV, write_node_table, write_table
from omicsdk.sandbox.service import Call, Reply

_BYTES = "application/octet-stream"


def attachment(name: str, kind: str = "") -> dict[str, str]:
    """The headers of an answer that is a file."""
    return {"Content-Disposition": f"attachment; filename={name}", **({"Content-Type": kind} if kind else {})}


def archive(files: Iterable[tuple[str, str]]) -> bytes:
    """A compressed archive of texts by file name."""
    packed_files = io.BytesIO()
    with tarfile.open(fileobj=packed_files, mode="w:gz") as tar:
        for name, text in files:
            content = text.encode()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed_files.getvalue()


def export(commons: Commons, call: Call) -> Reply:
    """GET /v0/submission/{program}/{project}/export."""
    return _export(commons, call, dict(call.query))


def export_by_body(commons: Commons, call: Call) -> Reply:
    """POST /v0/submission/{program}/{project}/export."""
    stated = cast("object", call.body)
    if not isinstance(stated, dict):
        raise refuse(400, "expected either `ids` or `node_label` parameter")
    return _export(commons, call, {key: str(value) for key, value in cast("dict[str, object]", stated).items()})


def _export(commons: Commons, call: Call, wanted: Mapping[str, str]) -> Reply:
    _, program, code = enter_empty(commons, call, "read")
    project_id, records = f"{program}-{code}", commons.records
    kind = wanted.get("format", TSV).lower()
    if kind not in FORMATS:
        raise refuse(400, f"Format {kind} not supported")
    without_id = wanted.get("without_id", "").lower() == "true"
    if wanted.get("ids"):
        found = _by_ids(commons, project_id, wanted["ids"].split(","))
        if wanted.get("with_children", "").lower() == "true":
            found = _with_children(records, found)
        return _records_reply(records, found, kind, without_id)
    if wanted.get("node_label"):
        node = records.dictionary.nodes.get(wanted["node_label"])
        if node is None:
            raise refuse(400, f"dictionary does not have node with type {wanted['node_label']}")
        found = sorted(records.graph.of_type(node.name, (project_id,)), key=lambda record: record.id)
        return _node_reply(records, node, found, kind, without_id)
    raise refuse(400, "expected either `ids` or `node_label` parameter")


def _by_ids(commons: Commons, project_id: str, ids: Sequence[str]) -> list[Record]:
    found: list[Record] = []
    for each in dict.fromkeys(ids):
        record = commons.records.graph.by_id.get(each)
        if record is None or record.project_id != project_id or record.submitter_id is None:
            raise refuse(404, f"Unable to find {each}")
        found.append(record)
    return found


def _with_children(records: Store, found: Sequence[Record]) -> list[Record]:
    reached = {record.id: record for record in found}
    waiting = list(found)
    while waiting:
        for child in records.graph.sources(waiting.pop().id):
            if child.id not in reached:
                reached[child.id] = child
                waiting.append(child)
    return list(reached.values())


def columns(node: Node) -> tuple[str, ...]:
    """The properties that an export of a node type has, without id, type and links."""
    keys = [name for name in ("project_id", "submitter_id") if name in node.properties]
    kept = [name for name in node.submitted if name in node.stored and name not in keys]
    return (*keys, *kept)


def _records_reply(records: Store, found: Sequence[Record], kind: str, without_id: bool) -> Reply:
    """Chosen records: nulls are told."""
    by_type: dict[str, list[Record]] = {}
    for record in found:
        by_type.setdefault(record.type, []).append(record)
    if kind == JSON:
        told = {name: [_whole(records, each, without_id) for each in every] for name, every in by_type.items()}
        if len(told) == 1:
            name, every = next(iter(told.items()))
            return Reply(every, headers=attachment(f"{name}.json"))
        return Reply(told, headers=attachment("export.json"))

    def cell(record: Record, name: str) -> object:
        return str(value) if (value := records.value(record, name)) is None or isinstance(value, bool) else value

    tables = [
        (f"{name}.{kind}", write_table(kind, *_table(records, records.dictionary.nodes[name], every, without_id, cell)))
        for name, every in by_type.items()
    ]
    if len(tables) == 1:
        return Reply(text=tables[0][1], headers=attachment(tables[0][0], _BYTES))
    return packed(archive(tables), attachment("export.tar.gz", "application/gzip"))


def _whole(records: Store, record: Record, without_id: bool) -> dict[str, Any]:
    node = records.dictionary.nodes[record.type]
    values = {name: records.value(record, name) for name in columns(node)}
    return {"id": record.id, **records.links(record, ids=not without_id), "type": record.type, **values}


def _node_reply(records: Store, node: Node, found: Sequence[Record], kind: str, without_id: bool) -> Reply:
    """All records of a node type: nulls are passed over."""
    names = columns(node)
    if kind == JSON:
        told: list[dict[str, Any]] = []
        for record in found:
            values = ((name, records.value(record, name)) for name in names)
            own = {} if without_id else {"id": record.id}
            links = records.links(record, ids=not without_id)
            told.append(
                {**{name: value for name, value in values if value is not None}, **links, **own, "type": node.name}
            )
        return Reply(text=json.dumps({"data": told}), headers=attachment(f"{node.name}.json", "application/json"))
    text = write_node_table(kind, *_table(records, node, found, without_id, records.value))
    return Reply(text=text, headers=attachment(f"{node.name}.{kind}", _BYTES))


def _table(
    records: Store,
    node: Node,
    found: Sequence[Record],
    without_id: bool,
    cell: Callable[[Record, str], object],
) -> tuple[list[str], list[list[object]]]:
    """The names of the columns, and the cells of each row."""
    names = columns(node)
    own = ("type",) if without_id else ("type", "id")
    link_columns = [
        (name, key)
        for name, link in sorted(node.links.items())
        for key in (() if without_id else ("id",)) + (link.key,)
    ]

    def row(record: Record) -> list[object]:
        values = [record.type if name == "type" else record.id for name in own]
        targets = {name: records.graph.targets(record, name) for name in record.links}
        linked = (
            [each.id if key == "id" else each.name for each in targets.get(name, [])] for name, key in link_columns
        )
        return [*values, *(cell(record, name) for name in names), *linked]

    header = [*own, *names, *(f"{name}.{key}" for name, key in link_columns)]
    return header, [row(record) for record in found]
