"""django-crunch: `Crunch` and `AsyncCrunch`, the typed clients with their workflows, and runs of datasets."""

from omicsdk.core.lazy import lazy_exports

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.crunch.client import AsyncCrunch as AsyncCrunch
    from omicsdk.crunch.client import Crunch as Crunch
    from omicsdk.crunch.datasets import Access as Access
    from omicsdk.crunch.datasets import DatasetFolders as DatasetFolders
    from omicsdk.crunch.datasets import SharedFolder as SharedFolder
    from omicsdk.crunch.diagnostics import get_diagnostics as get_diagnostics
    from omicsdk.crunch.runs import Run as Run
    from omicsdk.crunch.runs import RunReport as RunReport
    from omicsdk.crunch.statuses import DatasetTaken as DatasetTaken
    from omicsdk.crunch.statuses import RunResult as RunResult
    from omicsdk.crunch.statuses import Stage as Stage
    from omicsdk.crunch.statuses import State as State
    from omicsdk.crunch.statuses import WorkflowType as WorkflowType
    from omicsdk.crunch.statuses import newest_status as newest_status

_HOMES = {
    "Access": "datasets",
    "AsyncCrunch": "client",
    "Crunch": "client",
    "DatasetFolders": "datasets",
    "DatasetTaken": "statuses",
    "Run": "runs",
    "RunReport": "runs",
    "RunResult": "statuses",
    "SharedFolder": "datasets",
    "Stage": "statuses",
    "State": "statuses",
    "WorkflowType": "statuses",
    "get_diagnostics": "diagnostics",
    "newest_status": "statuses",
}
__all__ = [
    "Access",
    "AsyncCrunch",
    "Crunch",
    "DatasetFolders",
    "DatasetTaken",
    "Run",
    "RunReport",
    "RunResult",
    "SharedFolder",
    "Stage",
    "State",
    "WorkflowType",
    "get_diagnostics",
    "newest_status",
]

__getattr__, __dir__ = lazy_exports(__name__, _HOMES)
