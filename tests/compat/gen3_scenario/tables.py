"""Programs, projects, and records that are submitted, queried and exported."""

from pathlib import Path
from typing import Any

from noted import Noted
from party import Party

PROGRAM = {"type": "program", "name": "old", "dbgap_accession_number": "phs1"}
PROJECT = {"type": "project", "code": "one", "name": "One", "dbgap_accession_number": "phs1"}
EXPERIMENT = {"type": "experiment", "submitter_id": "e1", "projects": [{"code": "one"}]}
MANIFEST = {"type": "manifest", "experiments": [{"submitter_id": "e1"}], "timestamp": "2024", "file_type": "x"}
COLUMNS = ("type", "submitter_id", "experiments.submitter_id", "filename", "timestamp", "description", "file_type")


def submission(party: Party, note: Noted) -> None:
    sub = party.submission
    note("program", sub.create_program(PROGRAM))
    note("project", sub.create_project("old", PROJECT))
    note("programs", sub.get_programs()["links"])
    note("projects", sub.get_projects("old"))
    note("node types", len(sub.get_project_dictionary("old", "one")["links"]))
    note("a node type", sub.get_dictionary_node("experiment")["id"])
    note("all node types", sorted(sub.get_dictionary_all())[-3:])
    note("schema", sorted(sub.get_graphql_schema()))
    note.outcome("an open project", lambda: sub.open_project("old", "one"))
    note("a record", _summary(sub.submit_record("old", "one", EXPERIMENT)))
    more = [{**MANIFEST, "submitter_id": f"m{at}", "filename": f"f{at}", "description": "d"} for at in range(3)]
    note("records", _summary(sub.submit_record("old", "one", more)))
    note("records again", _summary(sub.submit_record("old", "one", more)))
    note.outcome("a wrong record", lambda: sub.submit_record("old", "one", {"type": "experiment", "nope": 1}))
    note.outcome("no such project", lambda: sub.submit_record("old", "two", EXPERIMENT))
    note("query", sub.query('{ manifest(first: 2, order_by_asc: "submitter_id") { submitter_id filename } }'))
    by_id = "query($id: [String]) { experiment(submitter_id: $id) { submitter_id } }"
    note("query with variables", sub.query(by_id, {"id": "e1"}))
    note.outcome("a wrong query", lambda: sub.query("{ nope }"))
    _exports(party, note)
    note.outcome("what others need", lambda: sub.delete_record("old", "one", _id(party, "experiment")))
    note("record deleted", sub.delete_record("old", "one", _id(party, "manifest")))
    note("node deleted", sub.delete_node("old", "one", "manifest", verbose=False))
    note("left", sub.query("{ _manifest_count }"))
    note("nodes deleted", sub.delete_nodes("old", "one", ["manifest", "experiment"], verbose=False))
    note.outcome("manifest", lambda: sub.get_project_manifest("old", "one"))
    note("project deleted", sub.delete_project("old", "one"))
    note("program deleted", sub.delete_program("old"))
    note("none left", sub.get_programs()["links"])


def _exports(party: Party, note: Noted) -> None:
    sub, id = party.submission, _id(party, "experiment")
    note("exported", sub.export_record("old", "one", id, "json"))
    note("exported as a table", sub.export_record("old", "one", id, "tsv").splitlines())
    rows = sub.export_node("old", "one", "manifest", "json")["data"]
    note("node", sorted((row["submitter_id"], row["filename"]) for row in rows))
    note("node as a table", _lines(sub.export_node("old", "one", "manifest", "tsv")))
    file = party.folder / "node.tsv"
    sub.export_node("old", "one", "manifest", "tsv", str(file))
    note("node in a file", _lines(Path(file).read_text()))
    note.outcome("an unknown node", lambda: sub.export_node("old", "one", "nope", "json"))


def _lines(table: str) -> list[list[str]]:
    """Return the rows of an exported table without their ids, sorted."""
    return sorted([cells[0], *cells[2:]] for cells in (line.split("\t") for line in table.splitlines()))


def _id(party: Party, node: str) -> str:
    return party.submission.query(f"{{ {node}(first: 1) {{ id }} }}")["data"][node][0]["id"]


def _summary(response: Any) -> Any:
    entities = [[entity["action"], entity["type"], entity["valid"]] for entity in response["entities"]]
    return [response["code"], response["created_entity_count"], response["updated_entity_count"], entities]


def submitted_files(party: Party, note: Noted) -> None:
    sub = party.submission
    sub.create_program({**PROGRAM, "name": "tables"})
    sub.create_project("tables", PROJECT)
    sub.submit_record("tables", "one", EXPERIMENT)
    rows = [["manifest", f"sf-{at}", "e1", f"f{at}", "2024", "" if at == 4 else "d", "x"] for at in range(9)]
    table = "".join("\t".join(row) + "\n" for row in (COLUMNS, *rows))
    for name in ("rows.tsv", "rows.csv"):
        text = table if name.endswith("tsv") else table.replace("\t", ",")
        result = sub.submit_file("tables-one", party.local(name, text), chunk_size=4)
        note(name, {"succeeded": sorted(result["succeeded"]), "invalid": sorted(result["invalid"])})
    result = sub.submit_file("tables-one", party.local("more.tsv", table), row_offset=6)
    note("from a row on", sorted(result["succeeded"]))
    note("stored", sub.query("{ _manifest_count }"))
    twice = "\t".join(COLUMNS) + "\n" + ("\t".join(rows[0]) + "\n") * 2
    note.outcome("a row twice", lambda: sub.submit_file("tables-one", party.local("twice.tsv", twice)))
    note.outcome("no such kind", lambda: sub.submit_file("tables-one", party.local("rows.docx", "x")))


GROUPS = (submission, submitted_files)
