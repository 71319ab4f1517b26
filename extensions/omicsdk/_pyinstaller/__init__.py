"""What PyInstaller needs to freeze programs that import omicsdk; it finds the hook by an entry point."""

from pathlib import Path


def hook_folders() -> list[str]:
    """Return the folders with hooks."""
    return [str(Path(__file__).parent)]
