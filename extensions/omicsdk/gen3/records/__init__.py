"""Records of a commons' projects: tables of them are read, validated, submitted, exported and deleted.

Requests to a commons are methods of `Gen3`: `gen3.submit("program-project", "cases.tsv")` submits a file; each also
accepts lists of dictionaries. This package has their arguments and results, and the functions that need no commons.
"""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.gen3.records.deletions import Deletion as Deletion
    from omicsdk.gen3.records.exports import frame as frame
    from omicsdk.gen3.records.projects import Project as Project
    from omicsdk.gen3.records.projects import project_of as project_of
    from omicsdk.gen3.records.submission import Outcome as Outcome
    from omicsdk.gen3.records.submission import Submission as Submission
    from omicsdk.gen3.records.tables import Finding as Finding
    from omicsdk.gen3.records.tables import Place as Place
    from omicsdk.gen3.records.tables import Row as Row
    from omicsdk.gen3.records.tables import Table as Table
    from omicsdk.gen3.records.validation import known_to as known_to
    from omicsdk.gen3.records.validation import validate as validate
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "deletions": "Deletion",
            "exports": "frame",
            "projects": "Project project_of",
            "submission": "Outcome Submission",
            "tables": "Finding Place Row Table",
            "validation": "known_to validate",
        },
    )
