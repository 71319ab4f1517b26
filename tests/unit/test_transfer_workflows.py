"""Every workflow that moves files: the same options, one report, and an error when something failed."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any, Unpack, get_args, get_origin

import omicsdk
import pytest
from omicsdk.cli.index._reading import documentation, type_hints
from omicsdk.core.platform import AsyncPlatform, Platform, Workflow
from omicsdk.transfer import TransferOptions, TransferOptionsDict, TransferReport

CLIENTS = [
    "Azul",
    "Crunch",
    "Drs",
    "Dss",
    "Fusillade",
    "Gen3",
    "HcaUpload",
    "Htsget",
    "Pangea",
    "Refget",
    "SevenBridges",
    "Trs",
]


def workflows(name: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    client: type[Platform] = getattr(omicsdk, name)
    for attribute in dir(client):
        if isinstance(inspect.getattr_static(client, attribute), Workflow):
            yield f"{name}.{attribute}", getattr(client, attribute)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{f"omicsdk.{name}": getattr(omicsdk, name) for name in ("get", "download", "upload")},
    **dict(each for name in CLIENTS for each in workflows(name)),
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
TRANSFERS = sorted(name for name, each in FUNCTIONS.items() if reports(each) and not name.endswith(".verify"))


def test_all_transfers_return_their_report():
    named = {
        name
        for name in FUNCTIONS
        if any(word in name.partition(".")[2] for word in ("download", "upload", "get", "workspace_copy"))
    }
    getters = {name for name in named if name.partition(".")[2].startswith("get") and name != "omicsdk.get"}
    assert named - getters == set(TRANSFERS)


@pytest.mark.parametrize("name", TRANSFERS)
def test_the_options_are_those_of_all_transfers(name: str):
    function = inspect.unwrap(FUNCTIONS[name])
    parameters = inspect.signature(function).parameters
    keywords = next(each for each in parameters.values() if each.kind is inspect.Parameter.VAR_KEYWORD)
    hint = hint_of(function, keywords.name)
    assert (get_origin(hint), get_args(hint)) == (Unpack, (TransferOptionsDict,))
    assert set(parameters) & {each.name for each in fields(TransferOptions)} == set()


@pytest.mark.parametrize("name", TRANSFERS)
def test_the_documentation_states_the_options_and_the_error(name: str):
    text = inspect.getdoc(FUNCTIONS[name]) or ""
    assert "omicsdk.transfer.TransferOptions" in documentation(inspect.unwrap(FUNCTIONS[name])).arguments["options"]
    assert "TransferFailed: " in text or "a `TransferFailed`" in text  # of one of its subclasses


@pytest.mark.parametrize("name", [name for name in TRANSFERS if not name.startswith("omicsdk.")])
def test_the_asynchronous_client_has_the_same(name: str):
    platform, _, attribute = name.partition(".")
    other: type[AsyncPlatform] = getattr(omicsdk, f"Async{platform}")
    assert getattr(other, attribute) is FUNCTIONS[name]
