"""django-crunch's client 0.1.14: the modules of `crunch.client`, and their public names, over `omicsdk.crunch`."""

from omicsdk.core.lazy import lazy_package

TYPE_CHECKING = not __name__  # false, without importing typing; a literal would hide the names from jedi
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
else:  # hidden from type checkers, which would accept any name
    __getattr__, __dir__, __all__ = lazy_package(
        __name__,
        {
            "client.connections": "Connection CrunchAPIException",
            "client.diagnostics": "get_diagnostic get_diagnostics git_revision version",
            "client.enums": "RunResult Stage State WorkflowType",
            "client.run": "Run",
        },
    )
