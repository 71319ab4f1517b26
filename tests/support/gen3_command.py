"""`omics gen3 ...` for tests: in an empty folder, with the address of the sandbox's commons and the credentials in its environment."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.sandbox import Sandbox
from service_command import service_command

VARIABLES = ("OMICS_GEN3_URL", "OMICS_GEN3_TOKEN", "NAMESPACE", "GEN3SDK_MAX_RETRIES")


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
    given = {
        "DRS_RESOLUTION_ORDER": "cache_file:commons_mds",
        "GEN3_ENDPOINT": sandbox.gen3_url,
        "GEN3_API_KEY": str(sandbox.gen3_credentials(folder / "credentials.json")),
    }
    return service_command(omics, "gen3", monkeypatch, folder, given, VARIABLES)
