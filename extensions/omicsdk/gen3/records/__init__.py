"""Records of a commons' projects: tables of them are read, validated, submitted, exported and deleted.

Requests to a commons are methods of `Gen3`: `gen3.submit("program-project", "cases.tsv")` submits a file; each also
accepts lists of dictionaries. This package has their arguments and results, and the functions that need no commons.
"""

from omicsdk.core.lazy import lazy_package

lazy_package(
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
