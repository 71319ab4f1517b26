"""Collections: lists of links to bundles, files, parts of metadata files and other collections."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Unpack, cast
from uuid import uuid4

from omicsdk_api.dss import DssApi

from omicsdk.core.checked_json import checked_json, page_of
from omicsdk.core.errors import DecodeError, OmicsError
from omicsdk.core.logs import logger
from omicsdk.core.model import STRING, members
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.page_items import items_at
from omicsdk.core.threads import Workers
from omicsdk.core.type_guards import is_object
from omicsdk.hca.dss.bundles import (
    BundleNameClash,
    StoredVersion,
    chosen,
    create_version,
    file_alone,
    get_manifest,
    stated_text,
)
from omicsdk.hca.dss.client import Dss
from omicsdk.hca.dss.downloads import API_CALLS, Bundle, Result, download_bundles
from omicsdk.hca.dss.files import CONNECTIONS, DSSFile, Replica
from omicsdk.hca.dss.manifests import SHA256, WRITTEN, write_manifest
from omicsdk.transfer import Outcome, SelectionOptionsDict, TransferOptions

_log = logger("omicsdk.hca.dss")

LINKS_KEY = "contents"

# What a link points to: a kind, a UUID and a version.
Link = tuple[str, str, str]


@dataclass(slots=True)
class Contents:
    """The content of a collection.

    Attributes:
        bundles: Each bundle once, with all of its files.
        files: Files that the collection refers to, directly or by a part of them, each once; their names are their
            paths below the download folder.
        failed: Broken links.
    """

    bundles: list[Bundle] = field(default_factory=list[Bundle])
    files: list[DSSFile] = field(default_factory=list[DSSFile])
    failed: list[Outcome] = field(default_factory=list[Outcome])


def get_collection(api: DssApi, uuid: str, version: str | None, replica: str) -> dict[str, Any]:
    """Return a collection.

    Args:
        api: The service.
        uuid: The collection.
        version: Its version; None or empty is the latest.
        replica: Where to ask, `aws` or `gcp`.

    Raises:
        NotFound: There is no such collection.
        DecodeError: The response has no list of links.
    """
    response = api.get_collection.raw(uuid=uuid, replica=cast("Replica", replica), version=version or OMIT)
    return page_of(response, LINKS_KEY, "get_collection")


def contents(api: DssApi, uuid: str, version: str | None, replica: str) -> Contents:
    """Follow a collection's links, and those of the collections in it, each once, several at a time.

    A link to a part of a metadata file is treated as one to the whole file. A link that fails is an error of the result; that
    of the collection itself is raised.

    Args:
        api: The service.
        uuid: The collection.
        version: Its version; None or empty is the latest.
        replica: Where to ask, `aws` or `gcp`.

    Raises:
        NotFound: There is no such collection.
        DecodeError: The response is not a collection, or one of its links is to nothing.
    """
    contents_found = Contents()
    seen: set[Link] = {("collection", uuid.lower(), version or "")}
    links = _links(get_collection(api, uuid, version, replica))
    with Workers(API_CALLS, "dss-collection") as workers:
        while links:
            level = [link for link in dict.fromkeys(links) if link not in seen]
            seen.update(level)
            links = list[Link]()
            for response in workers.map(lambda link: _followed(api, link, replica), level):
                if isinstance(response, Bundle):
                    contents_found.bundles.append(response)
                elif isinstance(response, DSSFile):
                    contents_found.files.append(response)
                elif isinstance(response, Outcome):
                    contents_found.failed.append(response)
                else:
                    links += response
    return contents_found


def _followed(api: DssApi, link: Link, replica: str) -> Bundle | DSSFile | list[Link] | Outcome:
    """Return the target of a link, or its failure."""
    kind, uuid, version = link
    try:
        if kind == "bundle":
            manifest = get_manifest(api, uuid, version, replica)
            return Bundle(manifest, chosen(manifest, replica))
        if kind == "collection":
            return _links(get_collection(api, uuid, version, replica))
        return _single(api, uuid, version, replica)
    except OmicsError as error:
        if not isinstance(error, BundleNameClash):
            error.remedy = f"{error.remedy} The collection links to {kind} {uuid} version {version}.".strip()
        return Outcome.of_error(f"{kind}/{uuid}.{version}", error)


def _single(api: DssApi, uuid: str, version: str, replica: str) -> DSSFile:
    """A file that is in no bundle: it has no name, so it gets one of its identity."""
    bundle_file = file_alone(api, uuid, replica, version)
    if not SHA256.fullmatch(bundle_file.file.sha256):
        raise DecodeError("head_file", "X-DSS-SHA256", bundle_file.file.sha256[:80], expected="64 hexadecimal digits")
    ending = ".json" if bundle_file.media_type.startswith("application/json") else ""
    return bundle_file.file._replace(name=f"files/{uuid}.{version}{ending}", version=version, indexed=bool(ending))


def _links(collection: dict[str, Any]) -> list[Link]:
    links = list[Link]()
    for at, item in enumerate(items_at(collection, LINKS_KEY, "get_collection")):
        position = f"{LINKS_KEY}[{at}]"
        if not is_object(item):
            raise DecodeError("get_collection", position, item, expected="an object")
        kind, uuid, version = (
            stated_text(item.get(field), "get_collection", f"{position}.{field}", expected)
            for field, expected in (("type", "a type"), ("uuid", "a UUID"), ("version", "a version"))
        )
        if kind not in ("bundle", "collection", "file"):
            where = item.get("fragment", "")
            _log.info("%s %s of file %s: the whole file is downloaded", kind, where, uuid)
            kind = "file"
        links.append((kind, uuid.lower(), version))
    return links


def rows_of(bundles: list[Bundle]) -> list[dict[str, str]]:
    """A manifest's rows for all files of bundles."""
    rows: list[dict[str, str]] = []
    for bundle in bundles:
        identity = bundle.manifest["bundle"]["uuid"], bundle.manifest["bundle"]["version"]
        for file in bundle.files:
            values = (*identity, file.name, file.uuid, file.version, file.sha256, str(file.size))
            rows.append(dict(zip(WRITTEN, values, strict=False)))
    return rows


# What a request adds at most, and removes at most (the service's document).
MOST_CHANGES = 1000

# The arguments of an operation that hold what is added and what is removed.
LISTS = {"patch_collection": ("add_contents", "remove_contents"), "patch_bundle": ("add_files", "remove_files")}


def pieces(
    added: Sequence[Any], removed: Sequence[Any], most: int = MOST_CHANGES
) -> list[tuple[Sequence[Any], Sequence[Any]]]:
    """Split changes so that they have the same effect as one request: removals go first, as within a request.

    Args:
        added: What is added.
        removed: What is removed.
        most: How many of each a request takes, 1 or more.

    Returns:
        What each request adds and removes, in order; one at least.
    """
    removals = [removed[start : start + most] for start in range(0, len(removed), most)] or [()]
    additions = [added[start : start + most] for start in range(0, len(added), most)] or [()]
    return (
        [((), part) for part in removals[:-1]] + [(additions[0], removals[-1])] + [(part, ()) for part in additions[1:]]
    )


def change(operation: str, patch: Callable[..., dict[str, Any]], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Make changes in as many requests as needed.

    Args:
        operation: A key of `LISTS`.
        patch: Makes one request; gives the response with the new version.
        arguments: Those of the operation, with lists of any length. What is not a list goes with the first request.

    Returns:
        The last response.

    Raises:
        OmicsError: A request failed; its remedy names the version that has what was changed before.
    """
    to_add, to_remove = LISTS[operation]
    rest = {name: value for name, value in arguments.items() if name not in (to_add, to_remove)}
    added, removed = arguments.get(to_add) or (), arguments.get(to_remove) or ()
    parts = pieces(added, removed)
    response = dict[str, Any]()
    for number, (some_added, some_removed) in enumerate(parts):
        adding = {to_add: list(some_added)} if some_added else {}
        removing = {to_remove: list(some_removed)} if some_removed else {}
        try:
            response = patch(**rest, **adding, **removing)
        except OmicsError as error:
            if number:
                progress = f"{number} of {len(parts)} requests are done: continue from version {response['version']}"
                error.remedy = f"{error.remedy} {progress}.".strip()
            raise
        identity = {name: rest[name] for name in ("uuid", "replica") if name in rest}
        # Each request makes a version, from which the next one starts.
        rest = {**identity, "version": response["version"]}
    return response


def create(
    put: Callable[..., dict[str, Any]], patch: Callable[..., dict[str, Any]], arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """Create a collection of any number of links: the first ones with it, the others added.

    Args:
        put: Makes the collection; gives the response with its version.
        patch: Adds links to it; returns the response with its version.
        arguments: Those of put_collection.

    Returns:
        The last response: its version is the one that has all links.

    Raises:
        OmicsError: A request failed; its remedy names the version that has what was added before.
    """
    contents = arguments.get("contents") or ()
    response = put(**{**arguments, "contents": list(contents[:MOST_CHANGES])})
    if len(contents) <= MOST_CHANGES:
        return response
    rest = {"uuid": arguments["uuid"], "replica": arguments["replica"], "version": response["version"]}
    try:
        return change("patch_collection", patch, {**rest, "add_contents": contents[MOST_CHANGES:]})
    except OmicsError as error:
        if "continue from version" not in error.remedy:
            error.remedy = f"{error.remedy} Version {response['version']} has the first {MOST_CHANGES} links.".strip()
        raise


def download_collection(
    dss: Dss,
    uuid: str,
    replica: Replica,
    *,
    version: str | None = None,
    download_dir: str | os.PathLike[str] = "",
    **options: Unpack[SelectionOptionsDict],
) -> Result:
    """Download the bundles, files and nested collections of a collection.

    Bundles are stored as `download` stores them. Single files are linked as `<download_dir>/files/<uuid>.<version>`
    (with the suffix `.json` for JSON); a link to a part of a metadata file downloads the whole file. A manifest of all
    files of bundles, `<uuid>.<version>.tsv`, is written into the current folder.

    Args:
        uuid: UUID of the collection.
        replica: Replica to download from, `aws` or `gcp`.
        version: Version of the collection; by default the latest.
        download_dir: Folder to download into, created if missing; by default the current folder.
        **options: See `omicsdk.transfer.TransferOptions`.

    Returns:
        The outcome of each file and of each link to nothing, and the bundles.

    Raises:
        DownloadFailed: A file or link failed; a `TransferFailed`.
        NotFound: There is no such collection.
        Unauthorized: Collections are private; credentials are missing.

    Example:
        client.download_collection("8d3f9a52-0c1b-4e7a-b6f4-5a2c7e9d1f03", "aws", download_dir="collection")
    """
    settings = TransferOptions.of(options, connections=CONNECTIONS, selects=True)
    contents_found = contents(dss, uuid, version, replica)
    result = download_bundles(
        dss, contents_found.bundles, Path(download_dir), settings, contents_found.files, contents_found.failed
    )
    if not settings.dry_run:
        table = Path.cwd() / f"{uuid}.{version or create_version()}.tsv"
        try:
            write_manifest(table, rows_of(contents_found.bundles), os.fspath(download_dir))
        except OmicsError as error:
            result = result.with_failed([Outcome.of_error(table.name, error)])
    return settings.checked(result)


def create_collection(
    dss: Dss,
    uuid: str | None,
    replica: Replica,
    *,
    contents: Sequence[Mapping[str, Any]],
    name: str,
    description: str = "",
    details: Mapping[str, Any] | None = None,
    version: str | None = None,
) -> StoredVersion:
    """Create a collection of any number of links; above 1,000 they are added by further requests.

    Args:
        uuid: The collection's UUID; None makes a new one.
        replica: Where it is made, `aws` or `gcp`.
        contents: Its links: mappings with `type`, `uuid`, `version`, and `path` for parts of metadata.
        name: A short name.
        description: A longer text, Markdown.
        details: Any further facts, as JSON.
        version: Its version; by default the time now.

    Returns:
        The collection's UUID, and the version that has all links.

    Raises:
        OmicsError: A request failed; the remedy names the version that has what was added before.
    """
    identity = {"uuid": uuid or str(uuid4()), "replica": replica, "version": version or create_version()}
    facts = {"name": name, "description": description, "details": dict(details or {})}
    put, patch = _responses(dss.put_collection), _responses(dss.patch_collection)
    response = create(put, patch, {**identity, **facts, "contents": contents})
    return StoredVersion(response["uuid"], response["version"])


def change_collection(
    dss: Dss,
    uuid: str,
    replica: Replica,
    version: str,
    *,
    add_contents: Sequence[Mapping[str, Any]] = (),
    remove_contents: Sequence[Mapping[str, Any]] = (),
    name: str | Omit = OMIT,
    description: str | Omit = OMIT,
    details: Mapping[str, Any] | Omit = OMIT,
) -> StoredVersion:
    """Change a collection by any number of links; over 1,000 they are split over several requests.

    Each request makes a new version of the collection. What is removed goes first.

    Args:
        uuid: The collection.
        replica: Where it is, `aws` or `gcp`.
        version: The version to start from.
        add_contents: Links to add.
        remove_contents: Links to remove; they must equal those of the collection in every field.
        name: A new name.
        description: A new description.
        details: New facts.

    Returns:
        The UUID and the new version.

    Raises:
        OmicsError: A request failed; the remedy names the version that has what was changed before.
    """
    links = {"add_contents": add_contents, "remove_contents": remove_contents}
    facts = {"name": name, "description": description, "details": details}
    return _change(dss, "patch_collection", uuid, replica, version, **links, **facts)


def change_bundle(
    dss: Dss,
    uuid: str,
    replica: Replica,
    version: str,
    *,
    add_files: Sequence[Mapping[str, Any]] = (),
    remove_files: Sequence[Mapping[str, Any]] = (),
) -> StoredVersion:
    """Add and remove any number of a bundle's files; over 1,000 they are split over several requests.

    Each request makes a new version of the bundle. What is removed goes first.

    Args:
        uuid: The bundle.
        replica: Where it is, `aws` or `gcp`.
        version: The version to start from.
        add_files: Files to add: mappings with `uuid`, `version`, `name` and `indexed`.
        remove_files: Files to remove; they must equal those of the bundle in every field.

    Returns:
        The UUID and the new version.

    Raises:
        OmicsError: A request failed; the remedy names the version that has what was changed before.
    """
    return _change(dss, "patch_bundle", uuid, replica, version, add_files=add_files, remove_files=remove_files)


def _change(dss: Dss, operation: str, uuid: str, replica: Replica, version: str, **changes: Any) -> StoredVersion:
    patch = _responses(getattr(dss, operation))
    response = change(operation, patch, {"uuid": uuid, "replica": replica, "version": version, **changes})
    return StoredVersion(response["uuid"], response["version"])


def _responses(operation: Any) -> Callable[..., dict[str, Any]]:
    """Return a function that calls an operation and returns its response as JSON."""

    def call(**arguments: Any) -> dict[str, Any]:
        return checked_json(operation.raw(**arguments), str(operation.facts.name), members(uuid=STRING, version=STRING))

    return call
