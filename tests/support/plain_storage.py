"""A storage of datasets' files that a user wrote."""

import os
from pathlib import Path
from typing import Any


class Plain:
    """A storage of a user's own, as Django's: the least that is needed, and another name where one is taken.

    Args:
        folder: Where it keeps files.
        deletes: Whether it removes files when it is requested.
    """

    def __init__(self, folder: Path, deletes: bool = True) -> None:
        self._folder = folder
        self._deletes = deletes

    def open(self, name: str, mode: str = "rb") -> Any:
        return (self._folder / name).open(mode)

    def save(self, name: str, content: Any) -> str:
        path = self._folder / name
        if path.exists():
            path = path.with_name(f"{path.stem}_x7Gh2{path.suffix}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.read())
        return path.relative_to(self._folder).as_posix()

    def exists(self, name: str) -> bool:
        return (self._folder / name).exists()

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        entries = list(os.scandir(self._folder / path))
        return [one.name for one in entries if one.is_dir()], [one.name for one in entries if one.is_file()]

    def delete(self, name: str) -> None:
        if self._deletes or "x7Gh2" in name:
            (self._folder / name).unlink()

    def size(self, name: str) -> int:
        return (self._folder / name).stat().st_size
