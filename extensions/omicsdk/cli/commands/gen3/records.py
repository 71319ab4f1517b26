"""Records of projects: submitted, validated, exported, queried, deleted; the dictionary, programs, projects and jobs."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal, cast

from omicsdk.cli.commands.transfers import count_of
from omicsdk.cli.commands.values import agreed, check_unused, text_of
from omicsdk.cli.errors import REFUSED
from omicsdk.cli.failures import MAX_ERRORS
from omicsdk.cli.listing import Rows
from omicsdk.core.errors import UsageError
from omicsdk.core.files import in_place_of
from omicsdk.core.json_text import written
from omicsdk.core.response import json_of
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.dictionary import Dictionary, read_dictionary
from omicsdk.gen3.records import projects, tables, validation

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from pathlib import Path

    from omicsdk.cli.output import Call, Console
    from omicsdk.gen3.jobs import Job, JobOutput

# Records that a commons returns for a query that does not state their number (Peregrine and Guppy).
USUAL = 10


def submit(
    client: Gen3,
    project: str,
    files: Sequence[str],
    *,
    node_type: str | None = None,
    dictionary: str | None = None,
    chunk_size: int = 100,
    all_or_nothing: bool = False,
    journal: str | None = None,
    refused: bool = False,
    dry_run: bool = False,
    console: Console,
) -> list[dict[str, Any]]:
    """Submit records to a project; each row is created, updated or refused.

    Rows are validated against the dictionary before anything is sent, and are sent in the order in which they link to
    each other. The result for each row is printed: created, updated, unchanged, valid (dry run), invalid or failed,
    with the reasons. The exit code is 3 if some or all rows were refused, 1 for a single one.

    Args:
        project: PROGRAM-CODE, or PROGRAM/CODE where the program's name has hyphens.
        files: Records: .json, .jsonl, .tsv, .csv, .txt or .xlsx.
        node_type: Node of rows that have no column `type`.
        dictionary: Dictionary file or folder; by default that of the commons.
        chunk_size: Records per request; fewer where the commons accepts fewer.
        all_or_nothing: Send nothing when any row is invalid.
        journal: File that records accepted rows; the same command with the same file resumes a stopped submission.
        refused: Only print rows that were not accepted.
        dry_run: Have the commons check what would be stored; only index records of new files are made.
        console: Prints messages.
    """
    outcomes = client.submit_rows(
        project,
        files,
        dictionary=_dictionary(lambda: client, dictionary),
        node_type=node_type,
        chunk=chunk_size,
        dry_run=dry_run,
        all_or_nothing=all_or_nothing,
        journal=journal,
    )
    counts: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    lost = 0
    try:
        for outcome in outcomes:
            counts[outcome.status] += 1
            console.step(f"{counts.total():,} records submitted")
            if not outcome.taken:
                lost += 1
                for finding in outcome.findings if lost <= MAX_ERRORS else ():
                    console.error(str(finding))
            if not outcome.taken or not refused:
                rows.append(outcome.as_dict())
    except BaseException:
        if counts:
            console.message(f"Stopped after {_counted(counts)}. Accepted records are kept.")
        raise
    if lost > MAX_ERRORS:
        console.error(f"and {lost - MAX_ERRORS} more rows")
    (console.error if lost else console.message)(f"{_counted(counts)} of {counts.total()} rows")
    console.add_outcomes(range(lost), counts.total())
    return rows


def validate(
    connect: Callable[[], Gen3],
    files: Sequence[str],
    *,
    node_type: str | None = None,
    dictionary: str | None = None,
    project: str | None = None,
    console: Console,
) -> list[dict[str, Any]]:
    """Compare records with the dictionary without sending them.

    Prints each fault with its file, row and column; nothing if there is none. The exit code is 1 if there is one.

    Args:
        connect: Connects to the commons.
        project: Project of the records; it must exist. Links are also compared with its records.
        console: Prints messages.
    """
    # The dictionary and the project's records share a client; with a dictionary of one's own none is made.
    connect_once = cache(connect)
    target = None if project is None else projects.project_of(project)
    findings = validation.validate(
        files,
        _dictionary(connect_once, dictionary),
        project=target,
        node_type=node_type,
        known=None if target is None else validation.known_to(connect_once(), target),
    )
    rows = [finding.as_dict() for finding in findings]
    print_findings(rows, console, files)
    return rows


def print_findings(findings: Sequence[object], console: Console, files: Sequence[str | Path] = ()) -> None:
    """Print the number of faults that a validation found; tables without rows are reported separately.

    Args:
        findings: The faults.
        console: Where messages go; the exit code will be 1 where there are faults.
        files: The tables; none where something else than tables of records was checked.
    """
    empty = [file for file in files if next(iter(tables.Source(file)), None) is None]
    for file in empty:
        console.warning(f"{file} has no rows; nothing was checked")
    if findings:
        console.error("1 fault was found" if len(findings) == 1 else f"{len(findings)} faults were found")
        console.exit_code = REFUSED
    elif not files or len(empty) < len(files):
        console.message("nothing is wrong")


def export(
    client: Gen3,
    project: str,
    *,
    node: Sequence[str] = (),
    id: Sequence[str] = (),
    out: str | None = None,
    folder: str | None = None,
    format: Literal["tsv", "json", "jsonl"] = "tsv",
    without_id: bool = False,
    console: Console,
) -> Rows | list[Any] | None:
    """Export records of a project, by node or by ID.

    Without `out` and `folder` the records are printed; .tsv files can be submitted again unchanged.

    Args:
        node: All records of these nodes, such as case.
        id: IDs of single records.
        out: File (.tsv, .json or .jsonl) for the records of one node; stdout gets .jsonl.
        folder: Folder for one file per node; all nodes unless `node` names some.
        format: Format of the files in the folder.
        without_id: Leave out ids, so that the records can be submitted elsewhere.
        console: Prints messages.
    """
    if id and (node or out or folder or without_id):
        problem = "--id excludes --node, --out, --folder and --without-id"
        raise UsageError(problem, remedy="Send records to a file: --output json > FILE.")
    if not (id or node or folder):
        raise UsageError("no records are named", remedy="Use --node NODE, --id ID, or --folder FOLDER for all nodes.")
    if not folder:
        check_unused("without --folder", format=format != "tsv")
    if out and (folder or len(node) > 1):
        raise UsageError("--out takes the records of one node", remedy="Use --folder alone for several.")
    if folder:
        files = client.export_project(project, folder, nodes=node or None, kind=format, without_id=without_id)
        console.message(f"{count_of(len(files), 'file')} written to {folder}")
        return [{"node": file.stem, "file": str(file), "bytes": file.stat().st_size} for file in files]
    if id:
        return client.export_records(project, id)
    if out:
        console.message(f"{client.export_file(project, node[0], out, without_id=without_id)} written")
        return None
    return Rows.of(row for node_name in node for row in client.export_rows(project, node_name, without_id=without_id))


def list_records(client: Gen3, project: str) -> list[dict[str, Any]]:
    """Count the records of a project by their nodes."""
    return [{"node": node, "records": count} for node, count in client.count_records(project).items()]


def get_record(client: Gen3, project: str, id: str) -> Any:
    """Show a record of a project.

    Args:
        id: ID of the record.
    """
    return client.export_records(project, [id])[0]


def delete(
    client: Gen3,
    project: str,
    *,
    node: Sequence[str] = (),
    id: Sequence[str] = (),
    all: bool = False,
    dictionary: str | None = None,
    dry_run: bool = False,
    console: Console,
) -> dict[str, Any] | None:
    """Delete records of a project permanently, those that link to others first.

    Args:
        all: All records of the project.
        dry_run: Only count what would be deleted.
        console: Prints messages.
    """
    if (count := sum(map(bool, (node, id, all)))) != 1:
        problem = "--node, --id and --all exclude each other" if count else "no records are named"
        raise UsageError(problem, remedy="Use one of --node, --id and --all.")
    nodes, deleted = _dictionary(lambda: client, dictionary), dict[str, int]()
    if id:
        deletion = partial(client.delete_records, project, id, dictionary=nodes)
    else:
        deletion = partial(client.delete_nodes, project, node or None, dictionary=nodes, on_deleted=deleted.__setitem__)
    # Counted first: the question names the numbers, and an unknown node is an error before anything goes.
    planned = deletion(dry_run=True)
    if dry_run:
        return planned.as_dict()
    if not planned.total:
        console.message("nothing to delete")
        return planned.as_dict() | {"dry_run": False}
    if not agreed(f"Deleting {_counted(planned.counts)} of {project} cannot be undone. Continue?", console):
        return None
    try:
        result = deletion()
    except BaseException:
        if deleted:
            console.message(f"deleted before the failure: {_counted(deleted)}")
        raise
    console.message(f"deleted {_counted(result.counts)} of {project}")
    return result.as_dict()


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing"


def dictionary(
    connect: Callable[[], Gen3], node: str | None = None, *, dictionary: str | None = None, schema: bool = False
) -> Any:
    """List the nodes of the dictionary, or the properties of one.

    Args:
        node: Name of a node; all nodes when omitted.
        schema: Print JSON schemas.
    """
    nodes = _dictionary(connect, dictionary)
    if schema:
        return {node_type.name: node_type.schema for node_type in nodes} if node is None else nodes.node(node).schema
    return [nodes.node(name).to_dict() for name in nodes.order()] if node is None else nodes.node(node).rows()


def _dictionary(connect: Callable[[], Gen3], named: str | None) -> Dictionary:
    """The dictionary that --dictionary names, else that of the commons."""
    return Dictionary.of(connect()) if named is None else read_dictionary(named)


def query(
    client: Gen3,
    text: str,
    *,
    variables: Mapping[str, Any] | None = None,
    guppy: bool = False,
    rows: bool = False,
    console: Console,
) -> Any:
    """Query submitted records, or the explorer's index, by GraphQL.

    Prints the data of the response.

    Args:
        text: The query; @FILE for the content of a file, - for stdin.
        variables: Values of its variables: a JSON object, or @FILE.
        guppy: Query the explorer's service (Guppy), not that of submitted records (Peregrine).
        rows: Print all rows, page by page; the query must have the variables $first and $offset, and one field.
        console: Prints messages.
    """
    source = query_text(text)
    if rows and guppy:
        raise UsageError("--rows and --guppy are mutually exclusive", remedy="Print all rows with: omics gen3 explore.")
    if rows:
        return list(client.query_rows(source, variables))
    data: Any = client.explorer_query(source, variables).get("data") if guppy else client.query(source, variables)
    for name, records in data.items() if is_object(data) and "first" not in source else ():
        # Fewer than the default are all that there are.
        if is_array(records) and len(records) == USUAL:
            console.warning(f"{name}: {USUAL} records, the default of a query without first; there may be more")
    return data


def query_text(query: str) -> str:
    """The text of a query.

    Args:
        query: The query, or `-` for stdin, or @FILE for the content of a file.

    Raises:
        UsageError: The file cannot be read.
    """
    if query == "-":
        return text_of("-", "the query")
    return text_of(query[1:], "the query") if query.startswith("@") else query


def explore(
    client: Gen3,
    data_type: str,
    *,
    fields: Sequence[str],
    filter: Mapping[str, Any] | None = None,
    sort: Sequence[str] = (),
    accessibility: Literal["accessible", "unaccessible", "all"] = "accessible",
    limit: int | None = None,
    out: str | None = None,
    console: Console,
) -> Rows | None:
    """Print or write records of the explorer's index.

    Args:
        data_type: Type of the records, such as case.
        fields: Fields of each record; those of nested objects are written with dots.
        filter: A filter, such as {"=": {"sex": "female"}}; or @FILE.
        sort: Fields to sort by; FIELD:desc for the largest first.
        accessibility: Records that you may read, may not read, or both.
        limit: Maximum number of records to print; all when omitted. The exit code is 3 if there are more.
        out: File for the records as JSON lines; they are not kept in memory.
        console: Prints messages.
    """
    order = [{field: direction or "asc"} for field, _, direction in (sort_text.partition(":") for sort_text in sort)]

    def rows() -> Iterator[dict[str, Any]]:
        records = client.explore(data_type, fields, filter=filter, sort=order, accessibility=accessibility)
        # The limit ends the loop before the response: its connection is free at once.
        with closing(cast("Generator[dict[str, Any]]", records)):
            yield from console.limited(records, limit, "records")

    if out is None:
        return Rows.of(rows())
    count = 0
    with in_place_of(out) as file:
        for row in rows():
            # Half of a surrogate pair has no UTF-8; written like this it is JSON's own escape.
            file.write(written(row, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
            count += 1
    console.message(f"{count_of(count, 'record')} written to {out}")
    return None


def list_programs(client: Gen3) -> list[dict[str, str]]:
    """List the programs that you may see."""
    return [{"program": name} for name in projects.programs(client)]


def get_program(client: Gen3, program: str) -> Any:
    """Show a program: links to its projects.

    Args:
        program: Name of the program.
    """
    return json_of(client.sheepdog.get_projects.raw(program=program))


def created(result: dict[str, Any], call: Call) -> dict[str, Any]:
    """Render a program or project that was created or updated."""
    name = "-".join(call.arguments[argument] for argument in ("program", "project") if argument in call.arguments)
    kind = "project" if "project" in call.arguments else "program"
    is_updated = result.get("action") == "update" or "updated" in str(result.get("message"))
    call.console.message(f"{'updated' if is_updated else 'created'} {kind} {name}")
    return result


def list_projects(client: Gen3, programs: Sequence[str] = ()) -> list[dict[str, str]]:
    """List the projects of programs.

    Args:
        programs: Names of programs; all when omitted.
    """
    return [
        {"program": project.program, "project": project.code, "project_id": project.id}
        for program in programs or [None]
        for project in client.projects(program)
    ]


def get_project(client: Gen3, program: str, project: str) -> Any:
    """Show a project.

    Args:
        program: Name of its program.
        project: Code of the project.
    """
    projects.check_project(client, projects.Project(program, project))
    return next(client.export_rows((program, project), "project"))


def run_job(
    client: Gen3, name: str, *, input: Mapping[str, Any] | None = None, wait: bool = False, console: Console
) -> Job | JobOutput:
    """Start a job of the commons.

    Args:
        name: Name of the job, such as index-object-manifest.
        input: Input of the job: a JSON object, or @FILE.
        wait: Wait until it ends, and print its output.
        console: Prints messages.
    """
    if not wait:
        started = client.start_job(name, input)
        console.message(f"started job {started['uid']}")
        return started
    console.message(f"waiting for {name}; Ctrl-C ends the wait, and the job continues")
    return client.run_job(name, input)
