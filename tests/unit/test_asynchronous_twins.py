"""Each platform's asynchronous client has what the blocking one has, with the same arguments."""

import inspect
from collections.abc import Callable
from typing import Any

import omicsdk
import pytest
from omicsdk.core.client import Client
from omicsdk.core.platform import AsyncPlatform, Listing, Platform
from rows import check_each

PLATFORMS = [
    kind for name in dir(omicsdk) if isinstance(kind := getattr(omicsdk, name), type) and issubclass(kind, Platform)
]
OF_THREADS = {"at", "servers"}
"""Methods that workflows use in their thread: their results are for blocking use. `client.blocking()` has them."""


def public(kind: type[Any], without: set[str]) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")} - without


def described(method: Callable[..., Any]) -> tuple[Any, ...]:
    return (*inspect.signature(method).parameters.values(), inspect.getdoc(method))


@pytest.mark.parametrize("kind", PLATFORMS)
def test_the_twin_has_every_operation_and_workflow_with_its_arguments(kind: type[Platform]) -> None:
    twin: type[AsyncPlatform] = getattr(omicsdk, f"Async{kind.__name__}")
    names = public(kind, OF_THREADS | {"close"})
    assert names == public(twin, {"aclose", "blocking"})
    url = "https://service.example"
    blocking, asynchronous = kind(url, credentials="token"), twin(url, credentials="token")

    def check(name: str) -> None:
        method, awaited = getattr(blocking, name), getattr(asynchronous, name)
        if callable(method) and not isinstance(method, Client):  # a service of a commons has a twin, too
            assert described(awaited) == described(method)

    check_each(sorted(names), str, check)


@pytest.mark.parametrize("kind", PLATFORMS)
def test_the_documentation_of_a_workflow_has_no_argument_for_its_client(kind: type[Platform]) -> None:
    client = kind("https://service.example", credentials="token")

    def check(name: str) -> None:
        workflow = getattr(client, name)
        first = next(iter(inspect.signature(workflow.__func__).parameters))
        assert f"\n    {first}: " not in str(inspect.getdoc(workflow))

    check_each(client._workflow_names(), str, check)


@pytest.mark.parametrize("kind", PLATFORMS)
def test_a_frame_without_rows_has_columns(kind: type[Platform]) -> None:
    listings = {name: value for name, value in inspect.getmembers_static(kind) if isinstance(value, Listing)}
    without = {name for name, listing in listings.items() if not listing._columns}
    # Of an entity's type, and of the fields that were requested.
    assert without == {"Azul": {"ls"}, "Gen3": {"query_rows", "explore"}}.get(kind.__name__, set())
