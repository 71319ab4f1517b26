"""django-crunch's client 0.1.14: the modules of `crunch.client`, and their public names, over `omicsdk.crunch`."""

from importlib import import_module

TYPE_CHECKING = False  # spares the import of typing; type checkers know the name
if TYPE_CHECKING:
    from omicsdk.compat.crunch.client.connections import Connection as Connection
    from omicsdk.compat.crunch.client.connections import CrunchAPIException as CrunchAPIException
    from omicsdk.compat.crunch.client.diagnostics import get_diagnostic as get_diagnostic
    from omicsdk.compat.crunch.client.diagnostics import get_diagnostics as get_diagnostics
    from omicsdk.compat.crunch.client.diagnostics import git_revision as git_revision
    from omicsdk.compat.crunch.client.diagnostics import version as version
    from omicsdk.compat.crunch.client.enums import RunResult as RunResult
    from omicsdk.compat.crunch.client.enums import Stage as Stage
    from omicsdk.compat.crunch.client.enums import State as State
    from omicsdk.compat.crunch.client.enums import WorkflowType as WorkflowType
    from omicsdk.compat.crunch.client.run import Run as Run

_HOMES = {
    "Connection": "connections",
    "CrunchAPIException": "connections",
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
    "Connection",
    "CrunchAPIException",
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
        raise AttributeError(f"module 'omicsdk.compat.crunch' has no attribute '{name}'")
    found: object = getattr(import_module(f"omicsdk.compat.crunch.client.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
