"""What notebooks and editors complete and show, by jedi, which IPython, Spyder and editors use."""

import inspect
import typing
from importlib import import_module
from pathlib import Path
from typing import Any

import omicsdk
import pytest
from omicsdk_api.crunch import CrunchApi
from transfer_workflows import TRANSFERS

jedi: Any = import_module("jedi")  # its types are partial


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what jedi has parsed out of the user's home, which may be read-only."""
    monkeypatch.setattr(jedi.settings, "cache_directory", str(tmp_path))


@pytest.mark.parametrize(
    ("program", "name"),
    [
        ("import omicsdk\nomicsdk.down", "download"),
        ("import omicsdk\nomicsdk.SevenB", "SevenBridges"),
        ("from omicsdk import Azul\nAzul().down", "download"),
        ("from omicsdk import Azul\nAzul().ls('files').to_f", "to_frame"),
        ("from omicsdk import Azul\nAzul().download('').cou", "counts"),
        ("from omicsdk import SevenBridges\nSevenBridges().get_proj", "get_project"),
    ],
)
def test_an_editor_completes(program: str, name: str) -> None:
    script = jedi.Script(program, environment=jedi.InterpreterEnvironment())
    assert name in [completion.name for completion in script.complete()]


@pytest.mark.parametrize("client", [omicsdk.SevenBridges, omicsdk.AsyncSevenBridges])
def test_a_notebook_completes_the_options_of_transfers(client: Any) -> None:
    functions = {
        "workflow": client("http://127.0.0.1:9/", credentials="token", environ={}).download,
        "function": omicsdk.download,
    }
    for name in functions:
        completions = jedi.Interpreter(f"{name}('a', 'b', ", [functions]).complete()
        assert {"overwrite=", "connections=", "include="} <= {completion.name for completion in completions}
    assert "connections: 'int | None' = ...," in str(inspect.signature(functions["workflow"]))
    assert "include=" in {c.name for c in jedi.Interpreter("omicsdk.ls('', ", [{"omicsdk": omicsdk}]).complete()}


@pytest.mark.parametrize("name", [name for name in TRANSFERS if name.count(".") == 1])
def test_the_signature_of_a_transfer_states_its_options(name: str) -> None:
    owner, _, attribute = name.partition(".")
    if owner == "omicsdk":
        function = getattr(omicsdk, attribute)
    else:
        function = getattr(getattr(omicsdk, owner)("http://127.0.0.1:9/", credentials="token", environ={}), attribute)
    parameters = inspect.signature(function).parameters
    assert {"connections", "check", "dry_run"} <= parameters.keys()
    assert parameters["check"].kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize("client", [omicsdk.SevenBridges, omicsdk.AsyncSevenBridges])
def test_the_options_of_transfers_have_types(client: Any) -> None:
    download = client("http://127.0.0.1:9/", credentials="token", environ={}).download
    hints = typing.get_type_hints(download)
    assert hints["connections"] == int | None
    assert hints.keys() >= inspect.signature(download).parameters.keys()


def test_the_defaults_of_a_signature_may_be_passed(tmp_path: Path) -> None:  # as pydantic's validate_call does
    (tmp_path / "a.bam").touch()
    bound = inspect.signature(omicsdk.ls).bind(tmp_path, exclude="*.txt")
    bound.apply_defaults()
    assert [entry.name for entry in omicsdk.ls(*bound.args, **bound.kwargs)] == ["a.bam"]


def test_a_notebook_completes_the_functions_and_shows_the_arguments_of_clients() -> None:
    assert {"download", "get", "ls", "open", "search", "upload"} <= set(dir(omicsdk))
    assert list(inspect.signature(omicsdk.Azul).parameters)[:3] == ["base_url", "credentials", "profile"]
    (shown,) = jedi.Interpreter(
        "SevenBridges(", [vars(omicsdk) | {"SevenBridges": omicsdk.SevenBridges}]
    ).get_signatures()
    assert [parameter.name for parameter in shown.params][:2] == ["base_url", "credentials"]


@pytest.mark.parametrize("client", [omicsdk.Pangea, CrunchApi])
def test_the_signature_of_a_client_states_each_option(client: Any) -> None:
    shown = {name: str(parameter) for name, parameter in inspect.signature(client).parameters.items()}
    assert shown["timeout"] == "timeout: 'Timeout | float | None' = None"
    assert shown["errors"] == "errors: 'str' = 'strict'"
    assert shown["clock"] == "clock: 'Clock' = SYSTEM_CLOCK"
    assert shown["before_request"] == "before_request: 'Hooks[httpx.Request]' = ()"
    assert "options" not in shown


def test_a_client_with_a_constructor_without_options_shows_it() -> None:
    class Service(omicsdk.Pangea):
        def __init__(self) -> None:
            super().__init__("https://pangea.example")

    assert not inspect.signature(Service).parameters
