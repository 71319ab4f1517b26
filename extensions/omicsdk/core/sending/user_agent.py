"""How omicsdk names itself to services."""

import sys

from omicsdk.core.version import __version__


def user_agent(product: str = "") -> str:
    """Gives the User-Agent header.

    Args:
        product: What uses omicsdk, as "name/version"; stands first. Empty for none.

    Returns:
        Such as "omicsdk/0.1.0 (Python 3.11; linux)".
    """
    own = f"omicsdk/{__version__} (Python {sys.version_info.major}.{sys.version_info.minor}; {sys.platform})"
    return f"{product} {own}" if product else own
