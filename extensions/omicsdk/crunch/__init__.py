"""django-crunch: `Connection` and `Run` with the names of the published client, `Crunch` and `AsyncCrunch` typed."""

from importlib import import_module

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.crunch.client import AsyncCrunch as AsyncCrunch
    from omicsdk.crunch.client import Crunch as Crunch
    from omicsdk.crunch.connections import Connection as Connection
    from omicsdk.crunch.diagnostics import get_diagnostic as get_diagnostic
    from omicsdk.crunch.diagnostics import get_diagnostics as get_diagnostics
    from omicsdk.crunch.diagnostics import git_revision as git_revision
    from omicsdk.crunch.diagnostics import version as version
    from omicsdk.crunch.enums import RunResult as RunResult
    from omicsdk.crunch.enums import Stage as Stage
    from omicsdk.crunch.enums import State as State
    from omicsdk.crunch.enums import WorkflowType as WorkflowType
    from omicsdk.crunch.errors import CrunchAPIException as CrunchAPIException
    from omicsdk.crunch.run import Run as Run
    from omicsdk.crunch.run.claim import DatasetTaken as DatasetTaken

_HOMES = {
    "AsyncCrunch": "client",
    "Connection": "connections",
    "Crunch": "client",
    "CrunchAPIException": "errors",
    "DatasetTaken": "run.claim",
    "Run": "run",
    "RunResult": "enums",
    "Stage": "enums",
    "State": "enums",
    "WorkflowType": "enums",
    "get_diagnostic": "diagnostics",
    "get_diagnostics": "diagnostics",
    "git_revision": "diagnostics",
    "version": "diagnostics",
}
__all__ = [
    "AsyncCrunch",
    "Connection",
    "Crunch",
    "CrunchAPIException",
    "DatasetTaken",
    "Run",
    "RunResult",
    "Stage",
    "State",
    "WorkflowType",
    "get_diagnostic",
    "get_diagnostics",
    "git_revision",
    "version",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'omicsdk.crunch' has no attribute '{name}'")
    found: object = getattr(import_module(f"omicsdk.crunch.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
