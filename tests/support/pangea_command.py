"""`omics pangea ...` for tests: in an empty folder, with the address of the sandbox's Pangea and the credentials in its environment."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.sandbox import Sandbox
from service_command import service_command


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
    given = {**sandbox.environment(), "PANGEA_API_CACHE_DIR": str(folder / "cache")}
    unset = ("OMICS_PANGEA_URL", "OMICS_PANGEA_TOKEN")
    return service_command(omics, "pangea", monkeypatch, folder, given, unset)
