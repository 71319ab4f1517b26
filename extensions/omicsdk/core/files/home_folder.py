"""The user's own folder, where settings and credentials lie."""

from collections.abc import Callable
from pathlib import Path

from omicsdk.core.errors import ConfigError


def home_folder() -> Path:
    """Gives the folder: HOME, else what the system has for this user.

    Raises:
        ConfigError: There is none, as for a container's user that nobody gave a name.
    """
    return within_home(Path.home)


def within_home(find: Callable[[], Path], *, otherwise: str = "") -> Path:
    """Gives a folder of the user's.

    Args:
        find: Finds it; raises RuntimeError where the user has no home.
        otherwise: What else helps, a sentence.

    Raises:
        ConfigError: The user has none.
    """
    try:
        return find()
    except RuntimeError:
        raise ConfigError(
            "there is no home folder: HOME isn't set, and the system doesn't know this user",
            remedy=f"Set HOME to a folder of yours, as in: export HOME=/path/to/it. {otherwise}".rstrip(),
        ) from None
