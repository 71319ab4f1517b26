"""Records of a commons' projects: tables of them are read, validated, submitted, exported and deleted.

`submit(commons, "program-project", "cases.tsv")` is all that is needed for a file; every function takes plain lists of
dictionaries as well.
"""

from omicsdk.core.lazy import lazy_exports

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.gen3.records.deletions import Deletion as Deletion
    from omicsdk.gen3.records.deletions import delete_nodes as delete_nodes
    from omicsdk.gen3.records.deletions import delete_project as delete_project
    from omicsdk.gen3.records.deletions import delete_records as delete_records
    from omicsdk.gen3.records.exports import count_records as count_records
    from omicsdk.gen3.records.exports import export_file as export_file
    from omicsdk.gen3.records.exports import export_project as export_project
    from omicsdk.gen3.records.exports import export_records as export_records
    from omicsdk.gen3.records.exports import export_rows as export_rows
    from omicsdk.gen3.records.exports import frame as frame
    from omicsdk.gen3.records.projects import Project as Project
    from omicsdk.gen3.records.projects import project_of as project_of
    from omicsdk.gen3.records.submission import Outcome as Outcome
    from omicsdk.gen3.records.submission import Submission as Submission
    from omicsdk.gen3.records.submission import submit as submit
    from omicsdk.gen3.records.submission import submit_rows as submit_rows
    from omicsdk.gen3.records.tables import Finding as Finding
    from omicsdk.gen3.records.tables import Place as Place
    from omicsdk.gen3.records.tables import Row as Row
    from omicsdk.gen3.records.tables import Table as Table
    from omicsdk.gen3.records.validation import known_to as known_to
    from omicsdk.gen3.records.validation import validate as validate

_HOMES = {
    "Deletion": "deletions",
    "Finding": "validation",
    "Outcome": "submission",
    "Place": "tables",
    "Project": "projects",
    "Row": "tables",
    "Submission": "submission",
    "Table": "tables",
    "count_records": "exports",
    "delete_nodes": "deletions",
    "delete_project": "deletions",
    "delete_records": "deletions",
    "export_file": "exports",
    "export_project": "exports",
    "export_records": "exports",
    "export_rows": "exports",
    "frame": "exports",
    "known_to": "validation",
    "project_of": "projects",
    "submit": "submission",
    "submit_rows": "submission",
    "validate": "validation",
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

__getattr__, __dir__ = lazy_exports(__name__, _HOMES)
