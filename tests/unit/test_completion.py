"""What notebooks and editors complete and show, by jedi, which IPython, Spyder and editors use."""

import inspect
from importlib import import_module
from typing import Any

import omicsdk
import pytest

jedi: Any = import_module("jedi")  # its types are partial


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


def test_a_notebook_completes_the_functions_and_shows_the_arguments_of_clients() -> None:
    assert {"download", "get", "open", "search", "upload"} <= set(dir(omicsdk))
    assert list(inspect.signature(omicsdk.Azul).parameters)[:3] == ["base_url", "credentials", "profile"]
    (shown,) = jedi.Interpreter(
        "SevenBridges(", [vars(omicsdk) | {"SevenBridges": omicsdk.SevenBridges}]
    ).get_signatures()
    assert [parameter.name for parameter in shown.params][:2] == ["base_url", "credentials"]
