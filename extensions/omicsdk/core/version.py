"""The version of omicsdk, in a module that costs nothing to import; its pyproject.toml has the same."""

import sys

__version__ = "0.1.0"

#: The header of every request, such as "omicsdk/0.1.0 (Python 3.11; linux)".
USER_AGENT = f"omicsdk/{__version__} (Python {sys.version_info.major}.{sys.version_info.minor}; {sys.platform})"
