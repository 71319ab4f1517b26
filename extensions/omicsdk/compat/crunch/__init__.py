"""django-crunch's client 0.1.14: the modules of `crunch.client`, and their public names, over `omicsdk.crunch`."""

from omicsdk.core.lazy import lazy_package

lazy_package(
    __name__,
    {
        "client.connections": "Connection CrunchAPIException",
        "client.diagnostics": "get_diagnostic get_diagnostics git_revision version",
        "client.enums": "RunResult Stage State WorkflowType",
        "client.run": "Run",
    },
)
