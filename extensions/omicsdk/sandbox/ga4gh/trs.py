"""The Tool Registry Service: tools, their versions, and the files of these by descriptor type."""

import hashlib
import io
import re
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from starlette.types import ASGIApp, Receive, Scope, Send

from omicsdk.sandbox.ga4gh.htsget import service_info
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found
from omicsdk.sandbox.service import Call, Reply, SandboxContext, Service, handlers_in
from omicsdk.sandbox.state.database import Table

PREFIX = "/trs/ga4gh/trs/v2"  # below /ga4gh is the Gen3 commons
TYPES = ("CWL", "WDL", "NFL", "GALAXY", "SMK")
PRIMARY, SECONDARY, TEST, CONTAINER = "PRIMARY_DESCRIPTOR", "SECONDARY_DESCRIPTOR", "TEST_FILE", "CONTAINERFILE"
OTHER = "OTHER"
ENDLESS = "trs.endless_pages"
_CLASS = {"id": "1", "name": "Workflow", "description": "A workflow of several tools"}
_ENCODED_SLASH = re.compile(rb"%2f", re.IGNORECASE)
_FILE = re.compile(rb"(.*?/versions/[^/]+/[^/]+/descriptor/)(.+)")


@dataclass(frozen=True, slots=True)
class Description:
    """What is stated of a tool or of a version of it.

    Attributes:
        tool: The tool's identifier.
        version: The version's identifier; empty for the tool itself.
        fields: The fields in the standard's words, such as `name` and `aliases`.
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
    """

    def __init__(self, context: SandboxContext) -> None:
        self.context = context
        self.described = Table(context.database, "trs_described", Description, key="tool version")
        self.files = Table(context.database, "trs_files", File, key="tool version type path")

    def tools(self) -> list[str]:
        """The identifiers of all tools, in their order."""
        return [description.tool for description in self.described.all(version="", order="tool")]

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
            of_version: Fields of the version, such as `images`; without them and `of_tool` earlier ones are kept.
        """
        parts = id.split("/")
        organization = parts[-2] if len(parts) > 1 else "sandbox"
        usual = {"organization": organization, "name": parts[-1], "description": description, "toolclass": _CLASS}
        of_tool = self.fields(id) if of_tool is None else of_tool
        of_version = self.fields(id, version) if of_version is None else of_version
        self.described.put(Description(id, "", {**usual, **of_tool}))
        self.described.put(Description(id, version, {"name": name or version, **of_version}))
        is_first = True
        for path, content in files.items():
            kind = _kind_of(path, is_first)
            is_first = is_first and kind != PRIMARY
            self.files.put(File(id, version, type, path, kind, content))

    def fields(self, tool: str, version: str = "") -> dict[str, Any]:
        """What is stated of a tool or of a version; empty where there is none."""
        description = self.described.get(tool, version)
        return {} if description is None else description.fields

    def add_folder(self, folder: Path) -> list[str]:
        """Add a tool from VERSION/TYPE/files; return its versions.

        Raises:
            ValueError: The folder has no such files.
        """
        added: list[str] = []
        for path in sorted(folder.glob("*/*/")):
            if path.name in TYPES:
                paths = filter(Path.is_file, sorted(path.rglob("*")))
                files = {file.relative_to(path).as_posix(): file.read_text("utf-8") for file in paths}
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
        handlers=handlers_in(document, state, sys.modules[__name__]),
        error_body=lambda problem: {"code": problem.status, "message": problem.title},
        error_type="application/json",
        around=_with_encoded_slashes,
    )


def _with_encoded_slashes(app: ASGIApp) -> ASGIApp:
    """Keep %2F of a path as it was sent: identifiers, versions and paths of files are one segment each."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        # The server has decoded the path already, in which slashes of an identifier would be those of the path.
        raw_path = raw.partition(b"?")[0]
        if match := _FILE.fullmatch(raw_path):  # paths of files may be sent as they are, too
            raw_path = match[1] + match[2].replace(b"/", b"%2F")
        raw_path = _ENCODED_SLASH.sub(b"%252F", raw_path)
        # The web server leaves out the body of a response to HEAD, as those of registries do.
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        await app({**scope, "path": unquote(raw_path.decode("ascii")), "method": method}, receive, send)

    return serve


# -- operations


def get_service_info(_state: Trs, _call: Call) -> Reply:
    """GET /service-info."""
    return Reply(service_info("trs", "2.1.0"))


def list_tool_classes(state: Trs, _call: Call) -> Reply:
    """GET /toolClasses."""
    classes = [description.fields["toolclass"] for description in state.described.all(version="", order="tool")]
    return Reply([*{class_["id"]: class_ for class_ in classes}.values()])


def list_tools(state: Trs, call: Call) -> Reply:
    """GET /tools."""
    arguments = call.arguments
    try:
        start, limit = int(arguments.get("offset") or 0), arguments.get("limit") or 1000
    except ValueError:
        raise bad_arguments("offset is not a number") from None
    if start < 0 or limit < 0:
        raise bad_arguments("offset and limit are 0 or more")
    tools = [_tool(state, call, tool) for tool in state.tools()]
    # Before the page is cut: the links of pages count the tools that match.
    tools = [tool for tool in tools if _fits(tool, arguments)]

    def page(offset: int) -> str:
        return call.url(offset=offset, limit=limit)

    headers = {"self_link": call.url(), "last_page": page(max(0, len(tools) - 1) // limit * limit)}
    headers |= {"current_offset": str(start), "current_limit": str(limit)}
    if start + limit < len(tools) or state.context.settings.flag(ENDLESS):
        headers["next_page"] = page(start + limit)
    return Reply(tools[start : start + limit], headers=headers)


def _fits(tool: Mapping[str, Any], arguments: Mapping[str, Any]) -> bool:
    versions = tool["versions"]
    images = [image for version in versions for image in version["images"]]
    tool_values: dict[str, Sequence[Any]] = {
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
    return all(arguments[name] in values for name, values in tool_values.items() if arguments.get(name) is not None)


def get_tool(state: Trs, call: Call) -> Reply:
    """GET /tools/{id}."""
    return Reply(_tool(state, call, _known(state, call)))


def list_versions(state: Trs, call: Call) -> Reply:
    """GET /tools/{id}/versions."""
    return Reply(_tool(state, call, _known(state, call))["versions"])


def get_version(state: Trs, call: Call) -> Reply:
    """GET /tools/{id}/versions/{version_id}."""
    tool, id = _known(state, call), unquote(call.arguments["version_id"])
    if state.described.get(tool, id) is None:
        raise not_found(f"{tool} has no version {id}")
    return Reply(_version(state, call, tool, id))


def get_descriptor(state: Trs, call: Call) -> Reply:
    """GET /tools/{id}/versions/{version_id}/{type}/descriptor."""
    return _content(call, next((file for file in _files(state, call) if file.kind == PRIMARY), None))


def get_file(state: Trs, call: Call) -> Reply:
    """GET /tools/{id}/versions/{version_id}/{type}/descriptor/{relative_path}."""
    path = unquote(call.arguments["relative_path"])
    # A container file has a separate operation, as on registries.
    files = (file for file in _files(state, call) if file.path == path and file.kind != CONTAINER)
    return _content(call, next(files, None))


def list_tests(state: Trs, call: Call) -> Reply:
    """GET /tools/{id}/versions/{version_id}/{type}/tests."""
    return _all_of(TEST, _files(state, call))


def list_files(state: Trs, call: Call) -> Reply:
    """GET /tools/{id}/versions/{version_id}/{type}/files."""
    files = _files(state, call)
    if call.arguments.get("format") == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for file in files:
                archive.writestr(file.path, file.content)
        return Reply(content=packed.getvalue(), headers={"Content-Type": "application/zip"})
    file_views = [{"path": file.path, "file_type": file.kind, "checksum": _checksum(file)} for file in files]
    return Reply(file_views)


def list_containerfiles(state: Trs, call: Call) -> Reply:
    """GET /tools/{id}/versions/{version_id}/containerfile."""
    return _all_of(CONTAINER, _files(state, call))


# -- answers


def _known(state: Trs, call: Call) -> str:
    """The identifier of the tool that a path names."""
    id = unquote(call.arguments["id"])
    if state.described.get(id, "") is None:
        raise not_found(f"There is no tool {id}")
    return id


def _files(state: Trs, call: Call) -> list[File]:
    tool, version = _known(state, call), unquote(call.arguments["version_id"])
    files = state.files.all(tool=tool, version=version)
    if not files:
        raise not_found(f"{tool} has no version {version} with files")
    type = call.arguments.get("type")
    return files if type is None else [file for file in files if file.type == type.removeprefix("PLAIN_")]


def _all_of(kind: str, files: list[File]) -> Reply:
    wrappers = [_wrapper(file) for file in files if file.kind == kind]
    if not wrappers:
        raise not_found("The version has no such files")
    return Reply(wrappers)


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


def _tool(state: Trs, call: Call, tool: str) -> dict[str, Any]:
    versions = [description.version for description in state.described.all(tool=tool) if description.version]
    url = f"{call.origin}{PREFIX}/tools/{quote(tool, safe='')}"
    views = [_version(state, call, tool, version) for version in versions]
    return {"id": tool, "url": url, **state.fields(tool), "versions": views}


def _version(state: Trs, call: Call, tool: str, version: str) -> dict[str, Any]:
    files = state.files.all(tool=tool, version=version)
    return {
        "id": version,
        "url": f"{call.origin}{PREFIX}/tools/{quote(tool, safe='')}/versions/{quote(version, safe='')}",
        "author": ["sandbox"],
        "is_production": True,
        "descriptor_type": list(dict.fromkeys(file.type for file in files)),
        "containerfile": any(file.kind == CONTAINER for file in files),
        "images": [],
        **state.fields(tool, version),
    }
