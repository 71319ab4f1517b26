"""The Tool Registry Service: tools, their versions, and the files of these by descriptor type."""

import hashlib
import io
import re
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from starlette.types import ASGIApp, Receive, Scope, Send

from omicsdk.sandbox.ga4gh.htsget import service_info
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found
from omicsdk.sandbox.service import Call, Reply, SandboxContext, Service, handlers_in
from omicsdk.sandbox.state.database import Table
from omicsdk.sandbox.state.listings import Collection, Listing

PREFIX = "/trs/ga4gh/trs/v2"  # below /ga4gh is the Gen3 commons
TYPES = ("CWL", "WDL", "NFL", "GALAXY", "SMK")
PRIMARY, SECONDARY, TEST, CONTAINER = "PRIMARY_DESCRIPTOR", "SECONDARY_DESCRIPTOR", "TEST_FILE", "CONTAINERFILE"
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
        self._tools = Table(context.database, "trs_tools", Tool)
        self.files = Table(context.database, "trs_files", File, key="tool version type path")
        self.names = Table(context.database, "trs_names", Name, key="tool version")

    @property
    def tools(self) -> Table[Tool]:
        """All tools."""
        self._seed()
        return self._tools

    def add(
        self, id: str, version: str, type: str, files: Mapping[str, str], description: str = "", *, name: str = ""
    ) -> None:
        """Add a version of a tool.

        Args:
            id: The tool's identifier, such as `#workflow/example.org/ada/align`.
            version: The identifier of the version.
            type: The descriptor type, one of `TYPES`.
            files: Text by path; the first one that is neither a test nor a container file is the primary descriptor.
            description: The tool's purpose.
            name: The name of the version; by default its identifier.
        """
        self.names.put(Name(id, version, name or version))
        parts = id.split("/")
        self.tools.put(Tool(id, parts[-2] if len(parts) > 1 else "sandbox", parts[-1], description))
        is_first = True
        for path, content in files.items():
            kind = _kind_of(path, is_first)
            is_first = is_first and kind != PRIMARY
            self.files.put(File(id, version, type, path, kind, content))

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
    del state, call
    return Reply([_CLASS])


def list_tools(state: Trs, call: Call) -> Reply:
    """GET /tools."""
    given = call.arguments
    equal: dict[str, Any] = {
        "id": given.get("id"),
        "organization": given.get("organization"),
        "name": given.get("toolname"),
    }
    tools = [each for each in state.tools.all(order="id", **equal) if _fits(state, each, given)]
    try:
        start, limit = int(given.get("offset") or 0), given.get("limit") or 1000
    except ValueError:
        raise bad_arguments("offset is not a number") from None
    shown = [_tool(state, call, each) for each in tools[start : start + limit]]

    def page(offset: int) -> str:
        return call.service_url("/tools", {**dict(call.query), "offset": str(offset), "limit": str(limit)})

    headers = {
        "self_link": page(start),
        "last_page": page(max(0, len(tools) - 1) // limit * limit),
        "current_offset": str(start),
        "current_limit": str(limit),
        "next_page": page(start + limit),  # also after the last one, as trs-filer has it
    }
    return Reply(shown, headers=headers)


def _fits(state: Trs, tool: Tool, given: Mapping[str, Any]) -> bool:
    if given.get("descriptorType") and not state.files.count(tool=tool.id, type=given["descriptorType"]):
        return False
    if given.get("toolClass") not in (None, _CLASS["name"]) or given.get("author") not in (None, "sandbox"):
        return False
    return (given.get("description") or "") in tool.description


def get_tool(state: Trs, call: Call) -> Reply:
    """GET /tools/{id}."""
    return Reply(_tool(state, call, _known(state, call)))


def list_versions(state: Trs, call: Call) -> Reply:
    """GET /tools/{id}/versions."""
    return Reply(_tool(state, call, _known(state, call))["versions"])


def get_version(state: Trs, call: Call) -> Reply:
    """GET /tools/{id}/versions/{version_id}."""
    tool, version = _known(state, call), unquote(call.arguments["version_id"])
    return Reply(_version(state, call, tool, version, _files(state, call)))


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
    return Reply([_wrapper(each) for each in _files(state, call) if each.kind == TEST])


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
    found = [each for each in _files(state, call) if each.kind == CONTAINER]
    if not found:
        raise not_found("The version has no container files")
    return Reply([_wrapper(each) for each in found])


# -- answers


def _known(state: Trs, call: Call) -> Tool:
    id = unquote(call.arguments["id"])
    found = state.tools.get(id)
    if found is None:
        raise not_found(f"There is no tool {id}")
    return found


def _files(state: Trs, call: Call) -> list[File]:
    tool, version = _known(state, call), unquote(call.arguments["version_id"])
    type = str(call.arguments.get("type") or "").removeprefix("PLAIN_")
    found = state.files.all(tool=tool.id, version=version, type=type or None)
    if not found:
        raise not_found(f"{tool.id} has no version {version}{f' with {type}' if type else ''}")
    return found


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
    of_version: dict[str, list[File]] = {}
    for each in state.files.all(tool=tool.id):
        of_version.setdefault(each.version, []).append(each)
    return {
        "id": tool.id,
        "url": f"{call.origin}{PREFIX}/tools/{quote(tool.id, safe='')}",
        "organization": tool.organization,
        "name": tool.name,
        "description": tool.description,
        "toolclass": _CLASS,
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
    }


TRS = Collection(
    "trs",
    "GA4GH tool registry (TRS)",
    PREFIX,
    (
        Listing(
            "tools",
            "Tools",
            ("Id", "Versions", "Description"),
            "SELECT id, (SELECT count(DISTINCT version) FROM trs_files WHERE tool = trs_tools.id), description"
            " FROM trs_tools ORDER BY id",
            opens="tool-files",
        ),
        Listing(
            "tool-files",
            "Files of a tool",
            ("Path", "Version", "Type", "Kind", "Characters"),
            "SELECT path, version, type, kind, length(content), tool FROM trs_files ORDER BY version, type, path",
            inside="tool",
        ),
    ),
)
