"""The environment of a scenario: clients of either package, and direct access to the platform."""

import json
import os
import random
import urllib.request
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote, urlencode


class Party:
    """A user of a package.

    Args:
        package: `pangea_api`, or its replacement.
        folder: An empty folder for files.
    """

    def __init__(self, package: str, folder: Path) -> None:
        self.folder = folder
        self.endpoint = os.environ["PANGEA_ENDPOINT"]
        self.pangea: ModuleType = import_module(package)
        self._package = package

    @cached_property
    def knex(self) -> Any:
        """A login."""
        knex = self.pangea.Knex(self.endpoint)
        self.pangea.User(knex, os.environ["PANGEA_USER"], os.environ["PANGEA_PASS"]).login()
        return knex

    @cached_property
    def tags(self) -> ModuleType:
        """The module of tags."""
        return import_module(f"{self._package}.contrib.tagging")

    @cached_property
    def tag_functions(self) -> ModuleType:
        """The module of functions for tags."""
        return import_module(f"{self._package}.contrib.tagging.tag_funcs")

    def organization(self, name: str) -> Any:
        return self.pangea.Organization(self.knex, name).create()

    def library(self, name: str) -> Any:
        """A new library in a separate organization."""
        return self.organization(f"{name} Org").sample_group(f"{name} Lib", is_library=True, is_public=True).create()

    @property
    def library_with_bucket(self) -> Any:
        """The library of the sandbox with a bucket for files."""
        return (
            self.pangea.Organization(self.knex, "Sandbox").get().sample_group("Sandbox Library", is_library=True).get()
        )

    def new_field(self, label: str, name: str = "f", data: Any = None) -> Any:
        """Create a field of a new sample in the library with a bucket."""
        sample = self.library_with_bucket.sample(f"sample {label}").create()
        result = sample.analysis_result("raw::x", replicate="1").create()
        return result.field(name, data if data is not None else {}).create()

    def local(self, name: str, size: int) -> str:
        """Write a local file of a given size, and return its path."""
        path = self.folder / name
        path.write_bytes(random.Random(name).randbytes(size))
        return str(path)

    def there(self, path: str, **query: str) -> Any:
        """Read a path of the platform without either package."""
        url = f"{self.endpoint}/api/{quote(path)}" + (f"?{urlencode(query)}" if query else "")
        request = urllib.request.Request(url, headers={"Authorization": f"Token {self._token}"})
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def change(self, path: str, **fields: Any) -> Any:
        """Change a path of the platform without either package."""
        headers = {"Authorization": f"Token {self._token}", "Content-Type": "application/json"}
        body = json.dumps(fields).encode()
        request = urllib.request.Request(f"{self.endpoint}/api/{path}", data=body, headers=headers, method="PATCH")
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def bytes_of(self, field: Any) -> bytes:
        """Return the stored bytes of a field's file."""
        data = self.there(f"{field.canon_url()}/{field.uuid}")["stored_data"]
        with urllib.request.urlopen(data["presigned_url"], timeout=60) as response:
            return response.read()

    @cached_property
    def _token(self) -> str:
        body = json.dumps({"email": os.environ["PANGEA_USER"], "password": os.environ["PANGEA_PASS"]}).encode()
        url, headers = f"{self.endpoint}/api/auth/token/login", {"Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers), timeout=60) as response:
            return json.load(response)["auth_token"]
