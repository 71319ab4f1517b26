"""`omics gen3 ...` for tests: in an empty folder, told by its environment where the sandbox's commons is, and who asks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.sandbox import Sandbox

VARIABLES = (
    "OMICS_GEN3_URL",
    "OMICS_GEN3_TOKEN",
    "NAMESPACE",
    "GEN3SDK_MAX_RETRIES",
    "COLUMNS",
    "DRS_RESOLUTION_ORDER",
)


def gen3_command(
    omics: Callable[..., Any], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> Callable[..., Any]:
    """What runs `omics gen3` with words.

    Args:
        omics: The fixture of that name.
        sandbox: Whose commons it is.
        monkeypatch: The fixture of that name.
        folder: Everything that it writes goes below it; its folder `work` is the current one.
    """
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name in ("home", "work"):
        (folder / name).mkdir()
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.setenv("OMICS_STATE_DIR", str(folder / "state"))
    monkeypatch.setenv("DRS_RESOLUTION_ORDER", "cache_file:commons_mds")
    monkeypatch.setenv("GEN3_ENDPOINT", sandbox.gen3_url)
    monkeypatch.setenv("GEN3_API_KEY", str(sandbox.gen3_credentials(folder / "credentials.json")))
    monkeypatch.chdir(folder / "work")
    return lambda *words, **how: omics("gen3", *words, installed=True, **how)
