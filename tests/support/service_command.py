"""`omics SERVICE ...` for tests: in an empty folder with a separate home folder, told by its environment whom to ask."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from omicsdk.sandbox import Sandbox


def service_command(
    omics: Callable[..., Any],
    service: str,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    variables: Mapping[str, str],
    unset: Iterable[str],
) -> Callable[..., Any]:
    """What runs `omics SERVICE` with words.

    Args:
        omics: The fixture of that name.
        service: The service.
        monkeypatch: The fixture of that name.
        folder: Everything that it writes goes below it; its folder `work` is the current one.
        variables: Variables of its environment.
        unset: Variables that it must not have from the developer's environment.
    """
    for name in (*unset, "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    for name in ("home", "work"):
        (folder / name).mkdir()
    defaults = {
        "HOME": str(folder / "home"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "OMICS_STATE_DIR": str(folder / "state"),
    }
    for name, value in {**defaults, **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder / "work")
    return lambda *words, **how: omics(service, *words, installed=True, **how)


def gen3_command(
    omics: Callable[..., Any], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> Callable[..., Any]:
    """What runs `omics gen3`, as an administrator of a sandbox's commons; the arguments are those of `service_command`."""
    variables = {
        "DRS_RESOLUTION_ORDER": "cache_file:commons_mds",
        "GEN3_ENDPOINT": sandbox.gen3_url,
        "GEN3_API_KEY": str(sandbox.gen3_credentials(folder / "credentials.json")),
    }
    unset = ("OMICS_GEN3_URL", "OMICS_GEN3_TOKEN", "NAMESPACE", "GEN3SDK_MAX_RETRIES")
    return service_command(omics, "gen3", monkeypatch, folder, variables, unset)


def pangea_command(
    omics: Callable[..., Any], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> Callable[..., Any]:
    """The same for `omics pangea`."""
    variables = {**sandbox.environment(), "PANGEA_API_CACHE_DIR": str(folder / "cache")}
    return service_command(omics, "pangea", monkeypatch, folder, variables, ("OMICS_PANGEA_URL", "OMICS_PANGEA_TOKEN"))
