"""What a scenario works with: an Api of either package, and the sandbox's controls."""

import json
import os
import urllib.request
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit


class World:
    """An Api, and what several groups need.

    Args:
        package: `sevenbridges`, or what takes its place.
        errors: Its module of errors.
        folder: An empty one, for files.
    """

    def __init__(self, package: ModuleType, errors: ModuleType, folder: Path) -> None:
        self.package = package
        self.errors = errors
        self.folder = folder
        self.api: Any = self.connect()
        self._projects = 0

    def connect(self, **more: Any) -> Any:
        """Makes another Api of the same user's."""
        given = {"url": os.environ["SB_API_ENDPOINT"], "token": os.environ["SB_AUTH_TOKEN"], **more}
        return self.package.Api(**given, debug=True)

    @cached_property
    def project(self) -> Any:
        """A project that is there for all."""
        return self.api.projects.create("Ground")

    def new_project(self) -> Any:
        """An empty project."""
        self._projects += 1
        return self.api.projects.create(f"Project {self._projects}")

    def local(self, name: str, content: bytes = b"some bytes") -> str:
        """The path of a local file."""
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def upload(self, name: str, content: bytes = b"some bytes", **place: Any) -> Any:
        """A file on the platform."""
        place = place or {"project": self.project}
        return self.api.files.upload(self.local(name, content), **place).result()

    def control(self, path: str, **body: Any) -> Any:
        """Asks the sandbox's control API for something."""
        parts = urlsplit(os.environ["SB_API_ENDPOINT"])
        request = urllib.request.Request(
            f"{parts.scheme}://{parts.netloc}/_sandbox{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def finish(self) -> None:
        """Brings about all that is under way on the platform."""
        self.control("/finish")
