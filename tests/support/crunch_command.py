"""`omics crunch ...` for tests: in an empty folder, with the address of the sandbox's site and the credentials in its environment."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.sandbox import Sandbox
from service_command import service_command


def crunch_command(
    omics: Callable[..., Any], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> Callable[..., Any]:
    """What runs `omics crunch` with words.

    Args:
        omics: The fixture of that name.
        sandbox: Whose site it is.
        monkeypatch: The fixture of that name.
        folder: Everything that it writes goes below it; its folder `work` is the current one.
    """
    given = {name: value for name, value in sandbox.environment().items() if name.startswith("CRUNCH_")}
    unset = ("OMICS_CRUNCH_URL", "OMICS_CRUNCH_TOKEN")
    return service_command(omics, "crunch", monkeypatch, folder, given, unset)
