"""TRS: tools and workflows of registries, and their files with the relative paths that they refer to each other by."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack
from urllib.parse import unquote

from omicsdk_api.trs import AsyncTrsApi, TrsApi

from omicsdk.core.checksums import Digests, first_difference
from omicsdk.core.clock import SYSTEM_CLOCK
from omicsdk.core.errors import (
    ChecksumMismatch,
    ChecksumMissing,
    DecodeError,
    Interrupted,
    NotFound,
    OmicsError,
    UsageError,
)
from omicsdk.core.files import in_place_of
from omicsdk.core.late_names import LateModule
from omicsdk.core.page_items import found_at
from omicsdk.core.platform import AsyncPlatform, Discovery, Listing, Platform, Workflow
from omicsdk.core.response import json_of
from omicsdk.core.type_guards import is_array, is_object, only_objects
from omicsdk.drs.objects import checksums_of
from omicsdk.ga4gh.requests import client_of
from omicsdk.transfer import SelectionOptionsDict

if TYPE_CHECKING:
    from omicsdk import transfer
    from omicsdk.transfer import Outcome, TransferOptions
else:
    transfer = LateModule("omicsdk.transfer")

DescriptorType = Literal["CWL", "WDL", "NFL", "GALAXY", "SMK"]
"""The languages of workflows."""
_CONTAINERFILE = "CONTAINERFILE"
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class ToolFile:
    """A file of a version.

    Attributes:
        path: Its path, relative to the primary descriptor's folder.
        kind: What it is for, such as PRIMARY_DESCRIPTOR.
        checksums: Those that can be verified, from algorithm to value.
    """

    path: str
    kind: str
    checksums: Mapping[str, str]


def ls(
    client: TrsApi,
    *,
    organization: str | None = None,
    name: str | None = None,
    author: str | None = None,
    descriptor_type: DescriptorType | None = None,
    tool_class: str | None = None,
    limit: int | None = None,
    on_more: Callable[[], object] | None = None,
) -> Iterator[dict[str, Any]]:
    """List the tools of a registry that match all given filters.

    Args:
        organization: Only tools of this organisation.
        name: Only tools of this name.
        author: Only tools of this author.
        descriptor_type: Only tools with descriptors in this language.
        tool_class: Only tools of this class, such as Workflow.
        limit: List at most N (all when omitted).
        on_more: Called if there are more than `limit`.

    Yields:
        The tools, as the registry describes them.
    """
    criteria = {
        "organization": organization, "toolname": name, "author": author, "descriptor_type": descriptor_type,
        "tool_class": tool_class,
    }  # fmt: skip
    arguments: dict[str, Any] = {name: value for name, value in criteria.items() if value is not None}
    count = 0
    for response in client.list_tools.responses(client.list_tools.build(**arguments)):
        for tool in _list(json_of(response), "list_tools"):
            if count == limit:
                if on_more is not None:
                    on_more()
                return
            count += 1
            yield tool


def describe(client: TrsApi, tool: str) -> dict[str, Any]:
    """Show a tool with its versions.

    Args:
        tool: Identifier of the tool, such as #workflow/github.com/org/name.

    Returns:
        The tool, as the registry describes it.

    Raises:
        NotFound: The registry has no such tool.
    """
    response: object = json_of(client.get_tool.raw(id=tool))
    if not is_object(response):
        raise DecodeError("get_tool", "", response, expected="a tool")
    return dict(response)


def versions(client: TrsApi, tool: str) -> list[dict[str, Any]]:
    """List the versions of a tool, with the languages of their descriptors.

    Args:
        tool: Identifier of the tool, such as #workflow/github.com/org/name.

    Returns:
        The versions, as the registry describes them.

    Raises:
        NotFound: The registry has no such tool.
    """
    return _list(json_of(client.list_versions.raw(id=tool)), "list_versions")


def files(
    client: TrsApi, tool: str, *, version: str | None = None, type: DescriptorType | None = None
) -> list[dict[str, Any]]:
    """List the files of a version of a tool.

    Args:
        tool: Identifier of the tool, such as #workflow/github.com/org/name.
        version: Identifier of the version, which may differ from its name; by default the only one.
        type: Language of the descriptors; by default the only one that the version has.

    Returns:
        Path, kind and checksums of each file.

    Raises:
        UsageError: The tool has several versions, or the version several languages, and none is named.
        NotFound: The registry has no such tool, version or language.
    """
    return [
        {"path": file.path, "kind": file.kind, "checksums": dict(file.checksums)}
        for file in _files(client, tool, *_chosen(client, tool, version, type))
    ]


def download(
    client: TrsApi,
    tool: str,
    folder: str | os.PathLike[str] = ".",
    *,
    version: str | None = None,
    type: DescriptorType | None = None,
    **options: Unpack[SelectionOptionsDict],
) -> transfer.TransferReport:
    """Download the files of a version of a tool.

    Downloads the descriptors, test files and container files of one language. Each file gets the path by which the
    other files refer to it. Files are verified by the checksums that the registry states; complete files are not
    fetched again.

    Args:
        tool: Identifier of the tool, such as #workflow/github.com/org/name.
        folder: Folder for the files; created if missing.
        version: Identifier of the version, which may differ from its name; by default the only one.
        type: Language of the descriptors; by default the only one that the version has.
        **options: See `omicsdk.transfer.TransferOptions`. `renewals`, `resume_unvalidated`, `cache` and `link` are refused.
            Registries state neither sizes nor times, so that files are selected by their names alone.

    Returns:
        The outcome of each file, in the order of the registry's list.

    Raises:
        UsageError: The tool has several versions, or the version several languages, and none is named; or an option is
            invalid.
        NotFound: The registry has no such tool, version or language.
        TransferFailed: A file failed.

    Example:
        client.download("#workflow/sandbox/example/count", "count", version="v1.1")
    """
    from omicsdk.transfer import Outcome, Outcomes, TransferOptions, TransferReport
    from omicsdk.transfer.reports.progress import WORD, Counters

    chosen = TransferOptions.of(options, connections=_AT_ONCE, selects=True)
    chosen.refuse("renewals", "resume_unvalidated", "cache", "link", why="files are requested whole, at their own URLs")
    start, now = SYSTEM_CLOCK.now(), SYSTEM_CLOCK.monotonic()
    chosen.control.begin(now)
    client = client_of(client, chosen)
    of_version = _chosen(client, tool, version, type)
    all_files = _files(client, tool, *of_version)
    files = [file for file in all_files if chosen.fits(file.path, None)]
    refused = _refused(files, Path(folder))
    # Of all files, not of the selected ones: a container file without a checksum is identified by its place among them.
    containers = [file.path for file in all_files if file.kind == _CONTAINERFILE]
    store = _Store(client, tool, of_version, Path(folder), containers, chosen)
    counters, outcomes = Counters(len(files), 0, now, WORD, unsized=len(files)), Outcomes()

    def outcome_of(file: ToolFile) -> Outcome:
        try:
            if (error := refused.get(id(file))) is not None:
                raise error
            if chosen.stopped:
                raise Interrupted("stopped", name=file.path)
            return store.outcome(file)._replace(source=store.url(file))
        except OmicsError as error:
            return Outcome.of_error(file.path, error)

    def report(phase: Literal["moving", "over"]) -> None:
        if chosen.progress is not None:
            chosen.progress(counters.progress(SYSTEM_CLOCK.monotonic(), outcomes.bytes_fetched, 0, phase))

    with ThreadPoolExecutor(chosen.connections) as pool:
        for number, outcome in enumerate(pool.map(outcome_of, files)):
            outcomes.put(number, outcome)
            counters.count(outcome.state, outcome.size, None)
            report("moving")
    report("over")
    result = TransferReport(
        outcomes, SYSTEM_CLOCK.monotonic() - now, began=start, title=f"Download of {tool}", target=str(folder)
    )
    result.why_stopped = (chosen.control.why or "it was stopped") if result.stopped else ""
    return chosen.checked(result)


def _chosen(client: TrsApi, tool: str, version: str | None, type: str | None) -> tuple[str, str]:
    """Return the named version and language, or the only ones."""
    if version is None:
        names_by_id = {
            _version_in_paths(tool, version): str(version.get("name") or "") for version in versions(client, tool)
        }
        names = [f"{id} ({name})" if name not in ("", id) else id for id, name in names_by_id.items()]
        version = _only(list(names_by_id), f"{tool} has", "versions", "--version", names)
    elif version.startswith(f"{tool}:"):  # an identifier of Dockstore, as it lists it
        entries = (entry for entry in versions(client, tool) if entry.get("id") == version)
        version = next((_version_in_paths(tool, entry) for entry in entries), version)
    if type is None:
        types = found_at(json_of(client.get_version.raw(id=tool, version_id=version)), "descriptor_type")
        named = [str(type_) for type_ in types] if is_array(types) else []
        type = _only(named, f"{tool} {version} has", "descriptor types", "--type")
    return version, type


def _version_in_paths(tool: str, version: Mapping[str, Any]) -> str:
    """What a registry calls a version in paths: the end of its URL.

    Of trs-filer this is the identifier, which may be the name of another version; of Dockstore it is the name, and the
    identifier has the tool's before it.
    """
    _, separator, end = str(version.get("url") or "").partition("?")[0].rpartition("/versions/")
    if separator and end.strip("/"):
        return unquote(end.strip("/"))
    return str(version.get("id") or version.get("name") or "").removeprefix(f"{tool}:")


def _only(named: Sequence[str], who: str, what: str, option: str, names: Sequence[str] = ()) -> str:
    if len(named) == 1:
        return named[0]
    names_shown = ", ".join((names or named)[:10]) + (f" and {len(named) - 10} more" if len(named) > 10 else "")
    raise UsageError(
        f"{who} {len(named)} {what}{f': {names_shown}' if named else ''}", remedy=f"Name one with {option}."
    )


def _files(client: TrsApi, tool: str, version: str, type: str) -> list[ToolFile]:
    arguments: dict[str, Any] = {"id": tool, "version_id": version, "type": type}
    payload = _list(json_of(client.list_files.raw(**arguments)), "list_files")
    if not payload:  # what trs-filer has in place of a 404
        raise NotFound(f"{tool} {version} has no files of the type {type}")
    return [
        ToolFile(str(file.get("path") or ""), str(file.get("file_type") or "OTHER"), _checksums(file.get("checksum")))
        for file in payload
    ]


def _checksums(checksums: object) -> dict[str, str]:
    """Those that can be verified; of a list of files it is one, of a file's contents a list of them."""
    return checksums_of(checksums if is_array(checksums) else [checksums])


def _list(response: object, operation: str) -> list[dict[str, Any]]:
    if not is_array(response):
        raise DecodeError(operation, "", response, expected="a list")
    return only_objects(response)


def _refused(files: Sequence[ToolFile], folder: Path) -> dict[int, OmicsError]:
    """The files whose paths lead out of the folder, or to the path of another one."""
    from omicsdk.transfer.items import guard_of

    guard, refused = guard_of(str(folder.absolute()), read_only=True), dict[int, OmicsError]()
    for file in files:
        try:
            guard.check(file.path)
        except OmicsError as error:
            error.remedy = "The other files are not affected. Get this one from the source repository of the tool."
            refused[id(file)] = error
    return refused


class _Store:
    """Fetches files of a version into a folder."""

    def __init__(
        self,
        client: TrsApi,
        tool: str,
        of_version: tuple[str, str],
        folder: Path,
        containers: Sequence[str],
        options: TransferOptions,
    ) -> None:
        from omicsdk.transfer.engine.control import Pace

        self._client = client
        self._id, (self._version, self._type) = tool, of_version
        self._folder = folder
        self._containers = containers
        self._options = options
        self._pace = Pace(options.control, options.stop)

    def outcome(self, file: ToolFile) -> Outcome:
        """Fetch a file, unless it is complete."""
        from omicsdk.transfer.disk import write_errors
        from omicsdk.transfer.reports.report import Outcome, verification_of

        target = self._folder / file.path
        with write_errors(str(target), file.path):
            present = target.read_bytes() if file.checksums and target.is_file() else None
        if present is not None and not _difference(present, file.checksums):
            return Outcome(file.path, "skipped", len(present), checksums=file.checksums, verification="verified")
        if self._options.dry_run:
            return Outcome(file.path, "planned", plan="fetch", checksums=file.checksums)
        content, stored_checksums = self._contents(file)
        self._pace.passed(len(content))
        checksums = {**stored_checksums, **file.checksums}
        if self._options.require_checksum and not checksums:
            raise ChecksumMissing(file.path)
        if (wrong := _difference(content, checksums)) is not None:
            raise ChecksumMismatch(file.path, algorithm=wrong[0], expected=checksums[wrong[0]], actual=wrong[1])
        with write_errors(str(target), file.path):
            target.parent.mkdir(parents=True, exist_ok=True)
            with in_place_of(target) as out:
                out.write(content)
        verification = verification_of(checksums, None)
        return Outcome(file.path, "done", len(content), len(content), checksums=checksums, verification=verification)

    def url(self, file: ToolFile) -> str:
        """The URL of a file's text."""
        request = self._client.get_file.build(**self._arguments(file, f"PLAIN_{self._type}"))
        return f"{self._client.base_url}{request.url}"

    def _contents(self, file: ToolFile) -> tuple[bytes, Mapping[str, str]]:
        """The bytes of a file, and the checksums that come with them."""
        wrapper = self._wrapper(file)
        content = wrapper.get("content")
        # Only an address of it, or U+FFFD in place of bytes that are no text: the registry has the file itself as well.
        if not isinstance(content, str) or "\ufffd" in content:
            response = self._client.get_file.raw(**self._arguments(file, f"PLAIN_{self._type}"))
            return response.content, _checksums(wrapper.get("checksum"))
        return content.encode(), _checksums(wrapper.get("checksum"))

    def _wrapper(self, file: ToolFile) -> Mapping[str, Any]:
        if file.kind == _CONTAINERFILE:
            return self._container(file)
        response: object = json_of(self._client.get_file.raw(**self._arguments(file, self._type)))
        if not is_object(response):
            raise DecodeError("get_file", "", response, expected="a file")
        return response

    def _container(self, file: ToolFile) -> Mapping[str, Any]:
        """The contents of a container file, which have no path: those with its checksum, or else those at its place."""
        response = json_of(self._client.list_containerfiles.raw(id=self._id, version_id=self._version))
        containers = _list(response, "list_containerfiles")
        if file.checksums:
            same = (container for container in containers if _is_of(container, file.checksums))
            if (match := next(same, None)) is not None:
                return match
        if len(containers) != len(self._containers):
            raise NotFound(
                f"{file.path}: the registry lists {len(self._containers)} container files, and has {len(containers)}"
            )
        return containers[self._containers.index(file.path)]

    def _arguments(self, file: ToolFile, type: str) -> dict[str, Any]:
        return {"id": self._id, "version_id": self._version, "type": type, "relative_path": file.path}


def _is_of(wrapper: Mapping[str, Any], checksums: Mapping[str, str]) -> bool:
    content = wrapper.get("content")
    return isinstance(content, str) and _difference(content.encode(), checksums) is None


def _difference(content: bytes, checksums: Mapping[str, str]) -> tuple[str, str] | None:
    """The first checksum that bytes do not have, with what they have; None if all agree."""
    digests = Digests(checksums)
    digests.update(content)
    actual = digests.values()
    name = first_difference(checksums, actual)
    return None if name is None else (name, actual[name])


# -- the clients

DISCOVERY = Discovery(platform="trs", remedy="Pass base_url (--base-url), or set OMICS_TRS_URL.")


COLUMNS = ("id", "name", "organization")
"""Columns of a table of tools, the most important first."""


class _Shared:
    """What both clients share."""

    _discovery = DISCOVERY
    _default_base_url = ""  # that of the document is an example

    ls = Listing(ls, COLUMNS)
    describe = Workflow(describe)
    versions = Workflow(versions)
    files = Workflow(files)
    download = Workflow(download)


class Trs(_Shared, Platform, TrsApi):
    __doc__ = f"A registry of tools and workflows (TRS).\n\n    {Platform.__doc__}"


class AsyncTrs(_Shared, AsyncPlatform, AsyncTrsApi):
    __doc__ = f"A registry of tools and workflows, for asyncio.\n\n    {AsyncPlatform.__doc__}"

    _blocking_class = Trs
