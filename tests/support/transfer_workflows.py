"""Every workflow that moves files, found on the public clients."""

import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import omicsdk
from omicsdk.cli.index.signatures import type_hints
from omicsdk.core.platform import Platform, Workflow
from omicsdk.transfer import TransferReport

CLIENTS = [
    "Azul", "Crunch", "Drs", "Dss", "Fusillade", "Gen3", "HcaUpload", "Htsget", "Pangea", "Refget", "SevenBridges",
    "Trs",
]  # fmt: skip


def workflows(name: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    client: type[Platform] = getattr(omicsdk, name)
    for attribute in dir(client):
        if isinstance(inspect.getattr_static(client, attribute), Workflow):
            yield f"{name}.{attribute}", getattr(client, attribute)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{f"omicsdk.{name}": getattr(omicsdk, name) for name in ("get", "download", "upload")},
    **dict(workflow for name in CLIENTS for workflow in workflows(name)),
}


def hint_of(function: Callable[..., Any], name: str) -> Any:
    """The annotation of a parameter, or of the result; the others may be of optional packages."""

    def alone() -> None: ...

    alone.__module__ = function.__module__
    alone.__annotations__ = {name: function.__annotations__[name]}
    return type_hints(alone)[name]


def reports(function: Callable[..., Any]) -> bool:
    """Whether a function returns the report of a transfer."""
    result = hint_of(inspect.unwrap(function), "return")
    return isinstance(result, type) and issubclass(result, TransferReport)


#: A comparison moves nothing, and its report is what it is for.
TRANSFERS = sorted(name for name, function in FUNCTIONS.items() if reports(function) and not name.endswith(".verify"))


def example(name: str) -> str:
    """The code of a workflow's example: its docstring's last section; empty if there is none."""
    _, _, section = (inspect.getdoc(FUNCTIONS[name]) or "").partition("\n\nExample:\n")
    return textwrap.dedent(section)
