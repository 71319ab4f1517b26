"""The environment of a scenario: an Api of either package, and the sandbox's control API."""

import json
import os
import urllib.request
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit


class World:
    """An Api, and the objects that several groups need.

    Args:
        package: `sevenbridges`, or its replacement.
        errors: Its module of errors.
        folder: An empty folder for files.
    """

    def __init__(self, package: ModuleType, errors: ModuleType, folder: Path) -> None:
        self.package = package
        self.errors = errors
        self.folder = folder
        self.api: Any = self.connect()
        self._projects = 0

    def connect(self, **more: Any) -> Any:
        """Create another Api for the same user."""
        options = {"url": os.environ["SB_API_ENDPOINT"], "token": os.environ["SB_AUTH_TOKEN"], **more}
        return self.package.Api(**options, debug=True)

    @cached_property
    def project(self) -> Any:
        """The project that all groups share."""
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
        """Call the sandbox's control API."""
        parts = urlsplit(os.environ["SB_API_ENDPOINT"])
        request = urllib.request.Request(
            f"{parts.scheme}://{parts.netloc}/_sandbox{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def finish(self) -> None:
        """Finish all pending work of the platform."""
        self.control("/finish")
