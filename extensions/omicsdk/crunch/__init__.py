"""django-crunch: `Crunch` and `AsyncCrunch`, the typed clients with their workflows, and runs of datasets."""

from omicsdk.core.lazy import lazy_package

lazy_package(
    __name__,
    {
        "client": "AsyncCrunch Crunch",
        "datasets": "Access DatasetFolders SharedFolder",
        "runs": "Run RunReport",
        "statuses": "DatasetTaken RunResult Stage State WorkflowType get_diagnostics newest_status",
    },
)
