"""Records of a project as rows, files and data frames, however many they are."""

from __future__ import annotations

import json
import os
import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.batches import batches, grouped
from omicsdk.core.checked_json import count_at
from omicsdk.core.consistency import Identifier, ResponseMismatch
from omicsdk.core.errors import DecodeError
from omicsdk.core.items import frame_of
from omicsdk.core.json_coding import decoded
from omicsdk.core.json_text import written
from omicsdk.core.late_names import LateModule
from omicsdk.core.lazy import require
from omicsdk.core.model import STRING, members
from omicsdk.core.page_items import items_at
from omicsdk.core.response import json_of
from omicsdk.core.tables import LONGEST_RECORD
from omicsdk.core.type_guards import is_object, only_objects
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.dictionary import Dictionary
from omicsdk.gen3.errors import Gen3UserError, choice
from omicsdk.gen3.queries import arguments, literal, name_of, response
from omicsdk.gen3.records.projects import Project, check_project, project_of
from omicsdk.transfer.disk import Growth, make_folders, output_file

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs] - it has its types in itself, in part

    from omicsdk.core.streaming import Body
else:
    pandas = LateModule("pandas")


#: Bytes that are read at a time.
CHUNK = 1 << 18
_NODE, _PROJECT = Identifier("node"), Identifier("project")
_BETWEEN = " \t\r\n,"
_ARRAY = re.compile(r"[\s\ufeff]*\[")
_DATA = re.compile(r'\s*(?:\{\s*"data"\s*:\s*)?\[')
_LONGEST_BEGINNING = 200


def rows_of(
    read: Callable[[int], bytes],
    operation: str,
    *,
    begins: re.Pattern[str] = _ARRAY,
    longest: int = LONGEST_RECORD,
    joined: bool = False,
) -> Iterator[dict[str, Any]]:
    """Return the objects of a JSON array one by one.

    Args:
        read: Returns at most as many bytes as requested; none at the end.
        operation: Its name in errors.
        begins: What the array begins with.
        longest: The most characters of an object.
        joined: Whether other arrays may follow, as in files that were joined; nothing else may then. By default what
            follows the end of the array is not read.

    Raises:
        DecodeError: It is not an array of objects, ends before its end, or has an object that is longer.
    """
    decode, scan = getincrementaldecoder("utf-8")("replace").decode, json.JSONDecoder().raw_decode
    text, is_begun, is_ended, enough = "", False, False, 0
    while True:
        chunk = read(max(CHUNK, len(text)))
        text += decode(chunk, final=not chunk)
        if chunk and len(text) < enough:
            continue
        offset = 0
        while offset < len(text):
            if not is_begun:
                if not (beginning := begins.match(text, offset)):
                    break
                is_begun, offset = True, beginning.end()
                continue
            if text[offset] in _BETWEEN:
                offset += 1
                continue
            if text[offset] == "]":
                if not joined:
                    return
                is_begun, is_ended, offset = False, True, offset + 1
                continue
            try:
                row, after = scan(text, offset)
                if text.find("\\u", offset, after) >= 0:  # half of a surrogate pair is replaced
                    row = decoded(text[offset:after])
            except (ValueError, RecursionError):
                # A row that is not complete: the rest comes with the next chunk.
                break
            offset = after
            if not is_object(row):
                raise DecodeError(operation, "a row", row, expected="an object")
            yield row
        text = text[offset:].lstrip("\ufeff \t\r\n") if is_ended and not is_begun else text[offset:]
        if is_ended and not is_begun and not text and not chunk:
            return
        if not is_begun and (len(text) > _LONGEST_BEGINNING or (text.strip() and not chunk)):
            raise DecodeError(operation, "the body", text[:200], expected="a JSON array")
        if len(text) > longest and is_begun:
            raise DecodeError(operation, "a row", text[:200], expected=f"at most {longest >> 20} MiB of JSON")
        if not chunk:
            raise DecodeError(operation, "the body", text[:200], expected="the rest of a JSON array")
        enough = min(2 * len(text), longest)  # a long row is tried again seldom, however small the pieces are


#: Formats of a file of records, by its suffix.
FORMATS = {".json": "json", ".jsonl": "jsonl", ".tsv": "tsv"}
#: Records that are requested, or deleted, by their ids at once: these are part of an address.
BATCH = 100


def export_rows(
    commons: Gen3, project: str | tuple[str, str], node: str, *, without_id: bool = False
) -> Iterator[dict[str, Any]]:
    """Return all records of a node as they arrive, without keeping them.

    Args:
        project: The project, PROGRAM-CODE or PROGRAM/CODE.
        node: The node.
        without_id: Ids are left out, so that the records can be submitted elsewhere.

    Yields:
        Each record: its properties that have a value, its links as [{"node_id": ..., "submitter_id": ...}], its id and type.

    Raises:
        Gen3UserError: There is no such project.
        BadRequest: There is no such node.
        ResponseMismatch: A record is of another node or project.
        TransportError: The response ended before its end.
    """
    meant, is_any = project_of(project), False
    with _exported(commons, meant, node, "json", without_id) as body:
        for row in rows_of(body.read, "export", begins=_DATA):
            is_any = True
            _check_row(row, meant, node)
            yield row
    # An export of an unknown project is 200 without records.
    if not is_any:
        check_project(commons, meant)


def _check_row(row: Mapping[str, Any], project: Project, node: str) -> None:
    """Refuse a record of another node or project; one that does not state them is accepted."""
    for identifier, requested, actual in (
        (_NODE, node, row.get("type")),
        (_PROJECT, project.id, row.get("project_id")),
    ):
        if actual:
            identifier.check(requested, actual, "export")


def _exported(commons: Gen3, project: Project, node: str, kind: str, without_id: bool) -> AbstractContextManager[Body]:
    exporting = commons.sheepdog.export
    program, code = project
    return exporting.streamed(
        exporting.build(program=program, project=code, node_label=node, format=kind, without_id=without_id)
    )


def export_file(
    commons: Gen3,
    project: str | tuple[str, str],
    node: str,
    path: str | os.PathLike[str],
    *,
    kind: str = "",
    without_id: bool = False,
) -> Path:
    """Write all records of a node into a file, which appears when it is complete.

    Args:
        project: The project.
        node: The node.
        path: The file; what has its name is replaced.
        kind: json ({"data": [...]}), jsonl (a record on each line) or tsv; by default by the file's suffix.
        without_id: Ids are left out, so that the records can be submitted elsewhere.

    Returns:
        The file.

    Raises:
        Gen3UserError: There is no such project or format.
        BadRequest: There is no such node.
        ResponseMismatch: Records are of another node or project; the file is what it was.
        TransportError: The response ended before its end; the file does not exist then.
        DiskFull: The disk is full.
    """
    file = Path(path)
    kind = kind or FORMATS.get(file.suffix.lower(), "")
    if kind not in FORMATS.values():
        raise Gen3UserError(
            f"{file} is not a file of records", remedy=f"Use a name with {', '.join(FORMATS)}, or state the kind."
        )
    meant = project_of(project)
    growth = Growth(str(file.absolute()))
    with output_file(file) as written:

        def write(data: bytes) -> None:
            growth.expect(len(data))
            written.write(data)

        if kind == "tsv":
            lines = 0
            with _exported(commons, meant, node, kind, without_id) as body:
                for chunk in body.iter_bytes(CHUNK):
                    if not lines:  # all records come from one query: the first one is compared
                        names, *rows = chunk.decode("utf-8", "replace").split("\n", 2)
                        if rows[1:]:  # without a line feed after it, it may have been cut off
                            _check_row(dict(zip(names.split("\t"), rows[0].split("\t"), strict=False)), meant, node)
                    lines += chunk.count(b"\n")
                    write(chunk)
            # An export of an unknown project is 200 with the header alone.
            if lines < 2:
                check_project(commons, meant)
        else:
            _write_json(write, export_rows(commons, meant, node, without_id=without_id), kind)
    return file


def _write_json(write: Callable[[bytes], object], rows: Iterable[Mapping[str, Any]], kind: str) -> None:
    between = b'{"data": [' if kind == "json" else b""
    for row in rows:
        write(between + written(row, ensure_ascii=False).encode("utf-8", "backslashreplace"))
        between = b",\n" if kind == "json" else b"\n"
    if kind == "json":
        write(b"]}\n" if between == b",\n" else between + b"]}\n")
    elif between:
        write(b"\n")


@text_is_one_item
def export_project(
    commons: Gen3,
    project: str | tuple[str, str],
    folder: str | os.PathLike[str],
    *,
    nodes: str | Sequence[str] | None = None,
    kind: str = "tsv",
    without_id: bool = False,
    dictionary: Dictionary | None = None,
) -> list[Path]:
    """Write the records of a project into a folder, a file for each node that has any.

    Args:
        project: The project.
        folder: The folder, which is made if it does not exist.
        nodes: The nodes; all by default.
        kind: json, jsonl or tsv.
        without_id: Ids are left out, so that the records can be submitted elsewhere.
        dictionary: The dictionary of the commons; by default it is requested.

    Returns:
        The files, in the order in which they can be submitted.

    Raises:
        Gen3UserError: There is no such project, node or format.
        TransportError: A response ended before its end.
    """
    if kind not in FORMATS.values():
        raise Gen3UserError(f"Unknown format {kind!r}", remedy=choice(kind, FORMATS.values()))
    meant, target = project_of(project), Path(folder)
    counts = count_records(commons, meant, nodes, dictionary=dictionary)
    make_folders(os.fspath(target))
    return [
        export_file(commons, meant, node, target / f"{node}.{kind}", kind=kind, without_id=without_id)
        for node, count in counts.items()
        if count
    ]


@text_is_one_item
def count_records(
    commons: Gen3,
    project: str | tuple[str, str],
    nodes: str | Iterable[str] | None = None,
    *,
    dictionary: Dictionary | None = None,
) -> dict[str, int]:
    """Count the records of a project by their nodes.

    Args:
        project: The project.
        nodes: The nodes; all whose records are submitted by default.
        dictionary: The dictionary of the commons; by default it is requested.

    Returns:
        The counts, in the order in which records can be submitted.

    Raises:
        Gen3UserError: There is no such project or node.
    """
    meant = project_of(project)
    dictionary = dictionary or Dictionary.of(commons)
    names = [node.name for node in dictionary if node.submitted] if nodes is None else list(nodes)
    ordered = dictionary.order(names)
    if not ordered:
        return {}
    # Filtered by project_id: counts with `with_path_to` are of paths, not of records.
    fields = " ".join(f"_{name_of(node)}_count(project_id: {literal(meant.id)})" for node in ordered)
    payload = response(commons.peregrine, f"{{ {fields} }}")
    counts = {node: count_at(payload, f"data._{node}_count", "query") for node in ordered}
    if not any(counts.values()):
        check_project(commons, meant)
    return counts


def types_of(commons: Gen3, ids: Sequence[str]) -> dict[str, str]:
    """Return what records are records of.

    Args:
        commons: The commons.
        ids: Their ids.

    Returns:
        Their nodes by their ids; those that there are not are left out.
    """
    types: dict[str, str] = {}
    for part in batches(ids, BATCH):
        # Without `first` a commons returns ten.
        payload = response(commons.peregrine, f"{{ node(ids: {literal(part)}, first: 0) {{ id type }} }}")
        records = items_at(payload, "data.node", "query", members(id=STRING, type=STRING))
        types.update({record["id"]: record["type"] for record in records})
    return types


def ids_of_node(commons: Gen3, project: Project, node: str, first: int = 0) -> list[str]:
    """Return the ids of a node's records.

    Args:
        commons: The commons.
        project: The project.
        node: The node.
        first: Maximum number of results; 0 is all.

    Raises:
        ResponseMismatch: A record is of another project, where it could be deleted, too.
    """
    chosen = arguments({"first": first, "project_id": project.id})
    payload = response(commons.peregrine, f"{{ {name_of(node)}{chosen} {{ id project_id }} }}")
    records = items_at(payload, f"data.{node}", "query", members(id=STRING))
    for record in records:
        if record.get("project_id") is not None:
            Identifier("project").check(project.id, record["project_id"], f"query of {node}")
    return [record["id"] for record in records]


def file_manifest(commons: Gen3, project: str | tuple[str, str]) -> str:
    """Return the manifest of all files of a project, as YAML.

    Args:
        project: The project.

    Raises:
        NotFound: There is no such project.
    """
    meant, text = project_of(project), "files:\n"
    ids = ids_of_node(commons, meant, "datanode")
    for some in batches(ids, BATCH):
        part = commons.sheepdog.get_project_manifest.raw(program=meant.program, project=meant.code, ids=some)
        text += part.text.removeprefix("files:\n")  # each part is a list below the same first line
    return text if ids else "files: []\n"


@text_is_one_item
def export_records(commons: Gen3, project: str | tuple[str, str], ids: str | Sequence[str]) -> list[dict[str, Any]]:
    """Return records by their ids, of any nodes.

    Args:
        project: The project.
        ids: Their ids.

    Returns:
        The records in the order of the ids, with null for what they do not have.

    Raises:
        Gen3UserError: There is no such record.
    """
    meant, types = project_of(project), types_of(commons, ids)
    missing = next((id for id in ids if id not in types), None)
    if missing is not None:
        raise Gen3UserError(f"Record {missing} not found", remedy="Check its id, and that this login may see it.")
    by_type = grouped((types[id_], id_) for id_ in dict.fromkeys(ids))
    by_id: dict[str, dict[str, Any]] = {}
    exporting = commons.sheepdog.export
    for same in by_type.values():  # a commons fails where they are of several nodes
        for part in batches(same, BATCH):
            request = exporting.build(program=meant.program, project=meant.code, ids=part, format="json")
            exported = items_at(json_of(next(exporting.responses(request))), "", "export", members(id=STRING))
            by_id.update({record["id"]: record for record in exported})
    lost = next((id for id in ids if id not in by_id), None)
    if lost is not None:
        raise ResponseMismatch("export", "record", lost, None)
    return [by_id[id] for id in ids]


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as a row of a table: links become columns such as `experiments.submitter_id`.

    Args:
        row: The record, as it is exported. Of several targets the names are a list.
    """
    cells: dict[str, Any] = {}
    for name, value in row.items():
        targets = only_objects(value)
        if not targets:
            cells[name] = value
            continue
        for key in dict.fromkeys(key for target_keys in targets for key in target_keys):
            names = [target.get(key) for target in targets]
            cells[f"{name}.{'id' if key == 'node_id' else key}"] = names[0] if len(names) == 1 else names
    return cells


def frame(commons: Gen3, project: str | tuple[str, str], node: str) -> pandas.DataFrame:
    """Return all records of a node as a data frame.

    Args:
        commons: The commons.
        project: The project.
        node: The node.

    Returns:
        A frame with a column for each property that any record has, and columns such as `experiments.submitter_id` for links.

    Raises:
        MissingExtra: pandas is not installed.
        Gen3UserError: There is no such project.
        BadRequest: There is no such node.
    """
    require("pandas", "gen3", "data frames")  # before the first request
    return frame_of(flat(row) for row in export_rows(commons, project, node))
