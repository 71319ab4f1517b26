"""django-crunch: `Crunch` and `AsyncCrunch`, the typed clients with their workflows, and runs of datasets."""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
if TYPE_CHECKING:
    from omicsdk.crunch.client import AsyncCrunch as AsyncCrunch
    from omicsdk.crunch.client import Crunch as Crunch
    from omicsdk.crunch.datasets import Access as Access
    from omicsdk.crunch.datasets import DatasetFolders as DatasetFolders
    from omicsdk.crunch.datasets import SharedFolder as SharedFolder
    from omicsdk.crunch.runs import Run as Run
    from omicsdk.crunch.runs import RunReport as RunReport
    from omicsdk.crunch.statuses import DatasetTaken as DatasetTaken
    from omicsdk.crunch.statuses import RunResult as RunResult
    from omicsdk.crunch.statuses import Stage as Stage
    from omicsdk.crunch.statuses import State as State
    from omicsdk.crunch.statuses import WorkflowType as WorkflowType
    from omicsdk.crunch.statuses import get_diagnostics as get_diagnostics
    from omicsdk.crunch.statuses import newest_status as newest_status
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "client": "AsyncCrunch Crunch",
            "datasets": "Access DatasetFolders SharedFolder",
            "runs": "Run RunReport",
            "statuses": "DatasetTaken RunResult Stage State WorkflowType get_diagnostics newest_status",
        },
    )
