"""The environment of a user of the sandbox's crunch site, for programs of either client."""

import os
from pathlib import Path

from omicsdk.sandbox import Sandbox


def environment(sandbox: Sandbox, home: Path) -> dict[str, str]:
    """The variables of the environment.

    Args:
        sandbox: Whose site it is.
        home: The user's home.
    """
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP") if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "USERPROFILE": str(home),
        "COLUMNS": "200",
        "PYTHONIOENCODING": "utf-8",
        "CRUNCH_URL": sandbox.crunch_url,
        "CRUNCH_TOKEN": sandbox.crunch_token,
        "CRUNCH_STORAGE_SETTINGS": str(sandbox.crunch_storage_settings),
        "NO_PROXY": "127.0.0.1",
    }
