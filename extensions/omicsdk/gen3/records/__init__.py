"""Records of a commons' projects: tables of them are read, validated, submitted, exported and deleted.

`submit(commons, "program-project", "cases.tsv")` is all that is needed for a file; every function takes plain lists of
dictionaries as well.
"""

from importlib import import_module

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.gen3.records.deletion import Deletion as Deletion
    from omicsdk.gen3.records.deletion import delete_nodes as delete_nodes
    from omicsdk.gen3.records.deletion import delete_project as delete_project
    from omicsdk.gen3.records.deletion import delete_records as delete_records
    from omicsdk.gen3.records.export import count_records as count_records
    from omicsdk.gen3.records.export import export_file as export_file
    from omicsdk.gen3.records.export import export_project as export_project
    from omicsdk.gen3.records.export import export_records as export_records
    from omicsdk.gen3.records.export import export_rows as export_rows
    from omicsdk.gen3.records.export import frame as frame
    from omicsdk.gen3.records.finding import Finding as Finding
    from omicsdk.gen3.records.known import known_to as known_to
    from omicsdk.gen3.records.project import Project as Project
    from omicsdk.gen3.records.project import project_of as project_of
    from omicsdk.gen3.records.row import Place as Place
    from omicsdk.gen3.records.row import Row as Row
    from omicsdk.gen3.records.submission.outcome import Outcome as Outcome
    from omicsdk.gen3.records.submission.outcome import Submission as Submission
    from omicsdk.gen3.records.submission.submitting import submit as submit
    from omicsdk.gen3.records.submission.submitting import submit_rows as submit_rows
    from omicsdk.gen3.records.tables.files import Table as Table
    from omicsdk.gen3.records.validation.validating import validate as validate

_HOMES = {
    "Deletion": "deletion",
    "Finding": "finding",
    "Outcome": "submission.outcome",
    "Place": "row",
    "Project": "project",
    "Row": "row",
    "Submission": "submission.outcome",
    "Table": "tables.files",
    "count_records": "export",
    "delete_nodes": "deletion",
    "delete_project": "deletion",
    "delete_records": "deletion",
    "export_file": "export",
    "export_project": "export",
    "export_records": "export",
    "export_rows": "export",
    "frame": "export",
    "known_to": "known",
    "project_of": "project",
    "submit": "submission.submitting",
    "submit_rows": "submission.submitting",
    "validate": "validation.validating",
}
__all__ = [
    "Deletion",
    "Finding",
    "Outcome",
    "Place",
    "Project",
    "Row",
    "Submission",
    "Table",
    "count_records",
    "delete_nodes",
    "delete_project",
    "delete_records",
    "export_file",
    "export_project",
    "export_records",
    "export_rows",
    "frame",
    "known_to",
    "project_of",
    "submit",
    "submit_rows",
    "validate",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'omicsdk.gen3.records' has no attribute '{name}'")
    found: object = getattr(import_module(f"omicsdk.gen3.records.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
