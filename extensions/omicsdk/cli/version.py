"""What `omics --version` says."""

import platform

from omicsdk import __version__


def version_line() -> str:
    """Our version, and what it runs on."""
    system = f"{platform.system()}-{platform.release()}-{platform.machine()}"
    return f"omics {__version__} ({platform.python_implementation()} {platform.python_version()} {system})"
