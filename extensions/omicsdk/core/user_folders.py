"""The user's own folders for settings, caches and state, as platformdirs has them, which takes 20 ms to import."""

import os
import sys

_FOLDERS = {
    "config": ("XDG_CONFIG_HOME", ".config", "Library/Application Support", ""),
    "cache": ("XDG_CACHE_HOME", ".cache", "Library/Caches", "\\Cache"),
    "state": ("XDG_STATE_HOME", ".local/state", "Library/Application Support", "\\omicsdk"),
}


def user_folder(kind: str) -> str:
    """Return the user's folder for omicsdk's settings, caches or state.

    Args:
        kind: config, cache or state.

    Returns:
        The folder; empty if the user has no home, or one that is relative.
    """
    variable, on_unix, on_macos, on_windows = _FOLDERS[kind]
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local")  # noqa: PTH111 - pathlib takes 2 ms to import
        return f"{local}\\omicsdk{on_windows}"
    folder = os.environ.get(variable, "").strip()
    if not folder.startswith("/"):  # relative paths are invalid by the XDG Base Directory Specification
        folder = os.path.expanduser(f"~/{on_macos if sys.platform == 'darwin' else on_unix}")  # noqa: PTH111 - as above
    return f"{folder}/omicsdk" if folder.startswith("/") else ""
