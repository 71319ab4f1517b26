"""Where unfinished work is remembered from one run to the next."""

import os
from pathlib import Path

from omicsdk.core.files.home_folder import within_home

#: The environment's variable for the folder.
STATE_VARIABLE = "OMICS_STATE_DIR"


def state_folder() -> Path:
    """Gives the folder: OMICS_STATE_DIR, else the user's own state folder.

    Raises:
        ConfigError: Neither is there: the user has no home.
    """
    if given := os.environ.get(STATE_VARIABLE):
        return Path(given)
    from platformdirs import user_state_path

    return within_home(lambda: user_state_path("omicsdk"), otherwise=f"Or name a folder in {STATE_VARIABLE}.")
