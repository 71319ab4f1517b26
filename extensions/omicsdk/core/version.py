"""The version, in a module that costs nothing to import; pyproject.toml has the same."""

import sys

__version__ = "0.1.0"


def user_agent() -> str:
    """Return the User-Agent header, such as "omicsdk/0.1.0 (Python 3.11; linux)"."""
    return f"omicsdk/{__version__} (Python {sys.version_info.major}.{sys.version_info.minor}; {sys.platform})"
