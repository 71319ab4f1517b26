"""What a scenario works with: clients of either package, and the platform as it is."""

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
        package: `pangea_api`, or what takes its place.
        folder: An empty one, for files.
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
        """Where tags are."""
        return import_module(f"{self._package}.contrib.tagging")

    @cached_property
    def tag_functions(self) -> ModuleType:
        """What is done with tags beside them."""
        return import_module(f"{self._package}.contrib.tagging.tag_funcs")

    def organization(self, name: str) -> Any:
        return self.pangea.Organization(self.knex, name).create()

    def library(self, name: str) -> Any:
        """A new library in a separate organization."""
        return self.organization(f"{name} Org").sample_group(f"{name} Lib", is_library=True, is_public=True).create()

    @property
    def library_with_bucket(self) -> Any:
        """The library of the sandbox that takes files."""
        return (
            self.pangea.Organization(self.knex, "Sandbox").get().sample_group("Sandbox Library", is_library=True).get()
        )

    def new_field(self, label: str, name: str = "f", data: Any = None) -> Any:
        """A new field of a new sample in the library that takes files."""
        sample = self.library_with_bucket.sample(f"sample {label}").create()
        result = sample.analysis_result("raw::x", replicate="1").create()
        return result.field(name, data if data is not None else {}).create()

    def local(self, name: str, size: int) -> str:
        """The path of a local file of so many bytes."""
        path = self.folder / name
        path.write_bytes(random.Random(name).randbytes(size))
        return str(path)

    def there(self, path: str, **query: str) -> Any:
        """What the platform has at a path, asked by no package."""
        url = f"{self.endpoint}/api/{quote(path)}" + (f"?{urlencode(query)}" if query else "")
        request = urllib.request.Request(url, headers={"Authorization": f"Token {self._token}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def change(self, path: str, **fields: Any) -> Any:
        """Changes what the platform has at a path, by no package."""
        headers = {"Authorization": f"Token {self._token}", "Content-Type": "application/json"}
        body = json.dumps(fields).encode()
        request = urllib.request.Request(f"{self.endpoint}/api/{path}", data=body, headers=headers, method="PATCH")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def bytes_of(self, field: Any) -> bytes:
        """What the platform has for the file of a field."""
        data = self.there(f"{field.canon_url()}/{field.uuid}")["stored_data"]
        with urllib.request.urlopen(data["presigned_url"], timeout=60) as answer:
            return answer.read()

    @cached_property
    def _token(self) -> str:
        body = json.dumps({"email": os.environ["PANGEA_USER"], "password": os.environ["PANGEA_PASS"]}).encode()
        url, headers = f"{self.endpoint}/api/auth/token/login", {"Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers), timeout=60) as answer:
            return json.load(answer)["auth_token"]
