"""The Tool Registry Service: tools, their versions, and the files of these by descriptor type."""

import hashlib
import io
import re
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from starlette.types import ASGIApp, Receive, Scope, Send

from omicsdk.sandbox.ga4gh.htsget import service_info
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found
from omicsdk.sandbox.service import Call, Reply, SandboxContext, Service, handlers_in
from omicsdk.sandbox.state.database import Table
from omicsdk.sandbox.state.settings import Setting

PREFIX = "/trs/ga4gh/trs/v2"  # below /ga4gh is the Gen3 commons
TYPES = ("CWL", "WDL", "NFL", "GALAXY", "SMK")
PRIMARY, SECONDARY, TEST, CONTAINER = "PRIMARY_DESCRIPTOR", "SECONDARY_DESCRIPTOR", "TEST_FILE", "CONTAINERFILE"
OTHER = "OTHER"
ENDLESS = "trs.endless_pages"
_CLASS = {"id": "1", "name": "Workflow", "description": "A workflow of several tools"}
_ENCODED_SLASH = re.compile(rb"%2f", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool.

    Attributes:
        id: Its identifier.
        organization: Its publisher.
        name: Its name.
        description: Its purpose.
    """

    id: str
    organization: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a version, which may differ from its identifier.

    Attributes:
        tool: The tool.
        version: The version.
        name: Its name.
    """

    tool: str
    version: str
    name: str


@dataclass(frozen=True, slots=True)
class Stated:
    """Fields of a tool or version that take the place of the usual ones.

    Attributes:
        tool: The tool.
        version: The version; empty for the tool itself.
        fields: The fields in the standard's words, such as `aliases`.
    """

    tool: str
    version: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class File:
    """A file of a version.

    Attributes:
        tool: The tool.
        version: The version.
        type: The descriptor type that it is for.
        path: Its relative path.
        kind: Its purpose, in the standard's words.
        content: Its text.
    """

    tool: str
    version: str
    type: str
    path: str
    kind: str
    content: str


class Trs:
    """The tools and their files.

    Args:
        context: State and settings that all services share.
        seed: Makes the examples, once something is looked at.
    """

    def __init__(self, context: SandboxContext, seed: Callable[[], None]) -> None:
        self._seed = seed
        self.context = context
        self._tools = Table(context.database, "trs_tools", Tool)
        self.files = Table(context.database, "trs_files", File, key="tool version type path")
        self.names = Table(context.database, "trs_names", Name, key="tool version")
        self._stated = Table(context.database, "trs_stated", Stated, key="tool version")
        context.settings.declare(
            Setting(ENDLESS, False, "whether each page of tools states a next one, for ever, as those of trs-filer do")
        )

    @property
    def tools(self) -> Table[Tool]:
        """All tools."""
        self._seed()
        return self._tools

    def add(
        self,
        id: str,
        version: str,
        type: str,
        files: Mapping[str, str],
        description: str = "",
        *,
        name: str = "",
        of_tool: Mapping[str, Any] | None = None,
        of_version: Mapping[str, Any] | None = None,
    ) -> None:
        """Add a version of a tool.

        Args:
            id: The tool's identifier, such as `#workflow/example.org/ada/align`.
            version: The identifier of the version.
            type: The descriptor type, one of `TYPES`.
            files: Text by path; the first one that is neither a test nor a container file is the primary descriptor.
            description: The tool's purpose.
            name: The name of the version; by default its identifier.
            of_tool: Fields of the tool in the standard's words, such as `aliases`.
            of_version: Fields of the version, such as `images`.
        """
        self.names.put(Name(id, version, name or version))
        parts = id.split("/")
        self.tools.put(Tool(id, parts[-2] if len(parts) > 1 else "sandbox", parts[-1], description))
        stated = {"": of_tool, version: of_version}
        self._stated.put_all(Stated(id, of, dict(fields)) for of, fields in stated.items() if fields is not None)
        is_first = True
        for path, content in files.items():
            kind = _kind_of(path, is_first)
            is_first = is_first and kind != PRIMARY
            self.files.put(File(id, version, type, path, kind, content))

    def stated(self, tool: str, version: str = "") -> dict[str, Any]:
        """Fields of a tool or version that take the place of the usual ones."""
        found = self._stated.get(tool, version)
        return {} if found is None else found.fields

    def add_folder(self, folder: Path) -> list[str]:
        """Add a tool from VERSION/TYPE/files; return its versions.

        Raises:
            ValueError: The folder has no such files.
        """
        added: list[str] = []
        for path in sorted(folder.glob("*/*/")):
            if path.name in TYPES:
                texts = {each.relative_to(path).as_posix(): each for each in sorted(path.rglob("*")) if each.is_file()}
                files = {name: each.read_text("utf-8") for name, each in texts.items()}
                self.add(f"#workflow/sandbox/{folder.name}", path.parent.name, path.name, files)
                added.append(path.parent.name)
        if not added:
            raise ValueError(f"{folder} has no folders VERSION/TYPE with files; TYPE is one of {', '.join(TYPES)}")
        return list(dict.fromkeys(added))


def _kind_of(path: str, is_first: bool) -> str:
    name = path.rpartition("/")[2]
    if name.startswith("Dockerfile"):
        return CONTAINER
    if path.startswith("test") or name.endswith(".json"):
        return TEST
    if name.startswith("README"):
        return OTHER
    return PRIMARY if is_first else SECONDARY


def trs_service(state: Trs, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        state: The tools.
        document: Its OpenAPI 3.1 document.
    """
    return Service(
        name="trs",
        prefix=PREFIX,
        document=document,
        document_path="/openapi.json",
        handlers=handlers_in(document, state, sys.modules[__name__]),
        error_body=lambda problem: {"code": problem.status, "message": problem.title},
        error_type="application/json",
        around=_with_encoded_slashes,
    )


def _with_encoded_slashes(app: ASGIApp) -> ASGIApp:
    """Keep %2F of a path as it was sent: identifiers, versions and paths of files are one segment each."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        kept = _ENCODED_SLASH.sub(b"%252F", raw.partition(b"?")[0])
        await app({**scope, "path": unquote(kept.decode("ascii"))}, receive, send)

    return serve


# -- operations


def get_service_info(state: Trs, call: Call) -> Reply:
    """GET /service-info."""
    del state, call
    return Reply(service_info("trs", "2.1.0"))


def list_tool_classes(state: Trs, call: Call) -> Reply:
    """GET /toolClasses."""
    del call
    classes = [state.stated(each.id).get("toolclass", _CLASS) for each in state.tools.all(order="id")]
    return Reply([*{each["id"]: each for each in classes}.values()])


def list_tools(state: Trs, call: Call) -> Reply:
    """GET /tools."""
    given = call.arguments
    try:
        start, limit = int(given.get("offset") or 0), given.get("limit") or 1000
    except ValueError:
        raise bad_arguments("offset is not a number") from None
    if start < 0 or limit < 0:
        raise bad_arguments("offset and limit are 0 or more")
    tools = [_tool(state, call, each) for each in state.tools.all(order="id")]
    tools = [each for each in tools if _fits(each, given)]

    def page(offset: int) -> str:
        return call.url(offset=offset, limit=limit)

    headers = {
        "self_link": call.url(),
        "last_page": page(max(0, len(tools) - 1) // limit * limit),
        "current_offset": str(start),
        "current_limit": str(limit),
    }
    if start + limit < len(tools) or state.context.settings.flag(ENDLESS):
        headers["next_page"] = page(start + limit)
    return Reply(tools[start : start + limit], headers=headers)


def _fits(tool: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    versions = tool["versions"]
    images = [image for version in versions for image in version["images"]]
    found: dict[str, Sequence[Any]] = {
        "id": [tool["id"]],
        "alias": tool.get("aliases", ()),
        "toolClass": [tool["toolclass"]["name"]],
        "descriptorType": [type for version in versions for type in version["descriptor_type"]],
        "registry": [image.get("registry_host") for image in images],
        "organization": [tool["organization"]],
        "name": [image.get("image_name") for image in images],
        "toolname": [tool["name"]],
        "description": tool["description"],
        "author": [author for version in versions for author in version["author"]],
        "checker": [False],
    }
    return all(given[name] in values for name, values in found.items() if given.get(name) is not None)


def get_tool(state: Trs, call: Call) -> Reply:
    """GET /tools/{id}."""
    return Reply(_tool(state, call, _known(state, call)))


def list_versions(state: Trs, call: Call) -> Reply:
    """GET /tools/{id}/versions."""
    return Reply(_tool(state, call, _known(state, call))["versions"])


def get_version(state: Trs, call: Call) -> Reply:
    """GET /tools/{id}/versions/{version_id}."""
    tool, id = _known(state, call), unquote(call.arguments["version_id"])
    files = state.files.all(tool=tool.id, version=id)
    if not files and state.names.get(tool.id, id) is None:
        raise not_found(f"{tool.id} has no version {id}")
    return Reply(_version(state, call, tool, id, files))


def get_descriptor(state: Trs, call: Call) -> Reply:
    """GET /tools/{id}/versions/{version_id}/{type}/descriptor."""
    return _content(call, next((each for each in _files(state, call) if each.kind == PRIMARY), None))


def get_file(state: Trs, call: Call) -> Reply:
    """GET /tools/{id}/versions/{version_id}/{type}/descriptor/{relative_path}."""
    path = unquote(call.arguments["relative_path"])
    # A container file has a separate operation, as on registries.
    return _content(
        call, next((each for each in _files(state, call) if each.path == path and each.kind != CONTAINER), None)
    )


def list_tests(state: Trs, call: Call) -> Reply:
    """GET /tools/{id}/versions/{version_id}/{type}/tests."""
    return _all_of(TEST, _files(state, call))


def list_files(state: Trs, call: Call) -> Reply:
    """GET /tools/{id}/versions/{version_id}/{type}/files."""
    files = _files(state, call)
    if call.arguments.get("format") == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for each in files:
                archive.writestr(each.path, each.content)
        return Reply(content=packed.getvalue(), headers={"Content-Type": "application/zip"})
    listed = [{"path": each.path, "file_type": each.kind, "checksum": _checksum(each)} for each in files]
    return Reply(listed)


def list_containerfiles(state: Trs, call: Call) -> Reply:
    """GET /tools/{id}/versions/{version_id}/containerfile."""
    return _all_of(CONTAINER, _files(state, call))


# -- answers


def _known(state: Trs, call: Call) -> Tool:
    id = unquote(call.arguments["id"])
    found = state.tools.get(id)
    if found is None:
        raise not_found(f"There is no tool {id}")
    return found


def _files(state: Trs, call: Call) -> list[File]:
    tool, version = _known(state, call), unquote(call.arguments["version_id"])
    found = state.files.all(tool=tool.id, version=version)
    if not found:
        raise not_found(f"{tool.id} has no version {version} with files")
    type = call.arguments.get("type")
    return found if type is None else [each for each in found if each.type == type.removeprefix("PLAIN_")]


def _all_of(kind: str, files: list[File]) -> Reply:
    found = [_wrapper(each) for each in files if each.kind == kind]
    if not found:
        raise not_found("The version has no such files")
    return Reply(found)


def _content(call: Call, file: File | None) -> Reply:
    if file is None:
        raise Problem(404, "not_found", "The version has no such file")
    if call.arguments["type"].startswith("PLAIN_"):
        return Reply(text=file.content)
    return Reply(_wrapper(file))


def _wrapper(file: File) -> dict[str, Any]:
    return {"content": file.content, "checksum": [_checksum(file)]}


def _checksum(file: File) -> dict[str, str]:
    return {"type": "sha-256", "checksum": hashlib.sha256(file.content.encode()).hexdigest()}


def _tool(state: Trs, call: Call, tool: Tool) -> dict[str, Any]:
    of_version: dict[str, list[File]] = {each.version: [] for each in state.names.all(tool=tool.id)}
    for each in state.files.all(tool=tool.id):
        of_version.setdefault(each.version, []).append(each)
    return {
        "id": tool.id,
        "url": f"{call.origin}{PREFIX}/tools/{quote(tool.id, safe='')}",
        "organization": tool.organization,
        "name": tool.name,
        "description": tool.description,
        "toolclass": _CLASS,
        **state.stated(tool.id),
        "versions": [_version(state, call, tool, version, files) for version, files in of_version.items()],
    }


def _version(state: Trs, call: Call, tool: Tool, version: str, files: list[File]) -> dict[str, Any]:
    named = state.names.get(tool.id, version)
    return {
        "id": version,
        "name": version if named is None else named.name,
        "url": f"{call.origin}{PREFIX}/tools/{quote(tool.id, safe='')}/versions/{quote(version, safe='')}",
        "author": ["sandbox"],
        "is_production": True,
        "descriptor_type": list(dict.fromkeys(each.type for each in files)),
        "containerfile": any(each.kind == CONTAINER for each in files),
        "images": [],
        **state.stated(tool.id, version),
    }
