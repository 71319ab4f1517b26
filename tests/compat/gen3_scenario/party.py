"""The environment of a scenario: clients of either package, and the sandbox's control API."""

import hashlib
import json
import os
import urllib.request
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any


class Party:
    """A user of a package.

    Args:
        package: `gen3`, or its replacement.
        folder: An empty folder for files.
    """

    def __init__(self, package: str, folder: Path) -> None:
        self.package = package
        self.folder = folder
        self.url = os.environ["GEN3_ENDPOINT"]

    def module(self, name: str) -> ModuleType:
        """A module of the package."""
        return import_module(f"{self.package}.{name}")

    @cached_property
    def auth(self) -> Any:
        """The login that GEN3_API_KEY refers to."""
        return self.module("auth").Gen3Auth()

    @cached_property
    def index(self) -> Any:
        return self.module("index").Gen3Index(self.auth)

    @cached_property
    def metadata(self) -> Any:
        return self.module("metadata").Gen3Metadata(auth_provider=self.auth)

    @cached_property
    def submission(self) -> Any:
        return self.module("submission").Gen3Submission(self.auth)

    @cached_property
    def files(self) -> Any:
        return self.module("file").Gen3File(self.auth)

    def local(self, name: str, content: str | bytes) -> str:
        """Write a local file, and return its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def below(self, folder: str) -> dict[str, str]:
        """Return the files in a local folder with their contents, without those of a transfer; none if it does not exist."""
        at = self.folder / folder
        paths = ((path.relative_to(at).as_posix(), path) for path in sorted(at.rglob("*")) if path.is_file())
        return {name: path.read_text() for name, path in paths if not name.startswith(".")}

    def fetch(self, url: str, content: bytes | None = None) -> str:
        """Read a presigned URL, or write bytes to it."""
        request = urllib.request.Request(url, data=content, method="GET" if content is None else "PUT")
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.read().decode()

    def post(self, path: str, body: object) -> Any:
        """Posts a JSON body to the commons."""
        headers = {"Content-Type": "application/json", "Authorization": f"bearer {self.auth.get_access_token()}"}
        request = urllib.request.Request(f"{self.url}{path}", data=json.dumps(body).encode(), headers=headers)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def upload(self, name: str, content: bytes, **more: Any) -> str:
        """Upload a file as documented for both packages; return its GUID."""
        upload = self.files.upload_file(name, **more)
        self.fetch(upload["url"], content)
        self.finish()
        return upload["guid"]

    def control(self, path: str, **body: Any) -> Any:
        """Call the sandbox's control API."""
        request = urllib.request.Request(
            f"{os.environ['SANDBOX_URL']}/_sandbox{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def finish(self) -> None:
        """Finish all pending work of the commons."""
        self.control("/finish")


def md5(text: str) -> str:
    """The MD5 of a text."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
