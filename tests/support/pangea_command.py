"""`omics pangea ...` for tests: in an empty folder, told by its environment where the sandbox's Pangea is, and who asks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.sandbox import Sandbox

VARIABLES = ("OMICS_PANGEA_URL", "OMICS_PANGEA_TOKEN", "COLUMNS")


def pangea_command(
    omics: Callable[..., Any], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> Callable[..., Any]:
    """What runs `omics pangea` with words.

    Args:
        omics: The fixture of that name.
        sandbox: Whose Pangea it is.
        monkeypatch: The fixture of that name.
        folder: Everything that it writes goes below it; its folder `work` is the current one.
    """
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    for name in ("home", "work"):
        (folder / name).mkdir()
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.setenv("PANGEA_API_CACHE_DIR", str(folder / "cache"))
    monkeypatch.setenv("OMICS_STATE_DIR", str(folder / "state"))
    monkeypatch.chdir(folder / "work")
    return lambda *words, **how: omics("pangea", *words, installed=True, **how)
