"""Collections: lists of links to bundles, files, metadata fragments and other collections."""

from dataclasses import dataclass, field
from logging import getLogger
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.errors import DecodeError, OmicsError
from omicsdk.core.narrowing import is_object
from omicsdk.core.omit import OMIT
from omicsdk.core.paging import items_at, page_of
from omicsdk.hca.dss.downloads.asking import API_CALLS, get_manifest
from omicsdk.hca.dss.downloads.bundle import BundleNameClash, chosen
from omicsdk.hca.dss.downloads.result import Bundle
from omicsdk.hca.dss.files import DSSFile, stated_text
from omicsdk.hca.dss.manifest import SHA256
from omicsdk.transfer.workers import Workers

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi

    from omicsdk.hca.dss.replica import Replica


logger = getLogger("omicsdk.hca.dss")

LINKS_KEY = "contents"

Link = tuple[str, str, str]
"""What a link leads to: a kind, a UUID and a version."""


@dataclass(slots=True)
class Contents:
    """What a collection leads to.

    Attributes:
        bundles: Each bundle once, with all of its files.
        files: Files that the collection links to by themselves or by a part of them, each once; their names are where they
            go below the download folder.
        errors: Links that lead nowhere.
    """

    bundles: list[Bundle] = field(default_factory=list[Bundle])
    files: list[DSSFile] = field(default_factory=list[DSSFile])
    errors: list[OmicsError] = field(default_factory=list[OmicsError])


def get_collection(api: "DssApi", uuid: str, version: str | None, replica: str) -> dict[str, Any]:
    """A collection as the service answers it.

    Args:
        api: The service.
        uuid: The collection.
        version: Its version; None or empty is the latest.
        replica: Where to ask, `aws` or `gcp`.

    Raises:
        NotFound: There is no such collection.
        DecodeError: The answer has no list of links.
    """
    response = api.get_collection.raw(uuid=uuid, replica=cast("Replica", replica), version=version or OMIT)
    return page_of(response, LINKS_KEY, "get_collection")


def contents(api: "DssApi", uuid: str, version: str | None, replica: str) -> Contents:
    """Follow a collection's links, and those of the collections in it, each once, several at a time.

    A link to a part of a metadata file counts as one to the whole file. A link that fails is an error of the result; that
    of the collection itself is raised.

    Args:
        api: The service.
        uuid: The collection.
        version: Its version; None or empty is the latest.
        replica: Where to ask, `aws` or `gcp`.

    Raises:
        NotFound: There is no such collection.
        DecodeError: The answer isn't a collection, or one of its links leads nowhere.
    """
    found = Contents()
    seen: set[Link] = {("collection", uuid.lower(), version or "")}
    links = _links(get_collection(api, uuid, version, replica))
    with Workers(API_CALLS, "dss-collection") as workers:
        while links:
            level = [link for link in dict.fromkeys(links) if link not in seen]
            seen.update(level)
            links = list[Link]()
            for answer in workers.map(lambda link: _followed(api, link, replica), level):
                if isinstance(answer, Bundle):
                    found.bundles.append(answer)
                elif isinstance(answer, DSSFile):
                    found.files.append(answer)
                elif isinstance(answer, OmicsError):
                    found.errors.append(answer)
                else:
                    links += answer
    return found


def _followed(api: "DssApi", link: Link, replica: str) -> Bundle | DSSFile | list[Link] | OmicsError:
    """What a link leads to; an error that comes of it is the result."""
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
        return error


def _single(api: "DssApi", uuid: str, version: str, replica: str) -> DSSFile:
    """A file that is in no bundle: it has no name, so it gets one of its identity."""
    facts = api.head_file.raw(uuid=uuid, replica=cast("Replica", replica), version=version).headers
    sha256, size = facts.get("x-dss-sha256", "").lower(), facts.get("x-dss-size", "")
    if not SHA256.fullmatch(sha256):
        raise DecodeError("head_file", "X-DSS-SHA256", sha256[:80], expected="64 hexadecimal digits")
    ending = ".json" if facts.get("x-dss-content-type", "").startswith("application/json") else ""
    known_size = int(size) if size.isascii() and size.isdigit() else None
    return DSSFile(f"files/{uuid}.{version}{ending}", uuid, version, sha256, known_size, bool(ending), replica)


def _links(collection: dict[str, Any]) -> list[Link]:
    links = list[Link]()
    for at, item in enumerate(items_at(collection, LINKS_KEY, "get_collection")):
        place = f"{LINKS_KEY}[{at}]"
        if not is_object(item):
            raise DecodeError("get_collection", place, item, expected="an object")
        kind, uuid, version = (
            stated_text(item.get(field), "get_collection", f"{place}.{field}", expected)
            for field, expected in (("type", "a type"), ("uuid", "a UUID"), ("version", "a version"))
        )
        if kind not in ("bundle", "collection", "file"):
            where = item.get("path", item.get("fragment", ""))
            logger.info("%s %s of file %s: the whole file is downloaded", kind, where, uuid)
            kind = "file"
        links.append((kind, uuid.lower(), version))
    return links


def rows_of(bundles: list[Bundle]) -> list[dict[str, str]]:
    """A manifest's rows for all files of bundles."""
    return [
        {
            "bundle_uuid": bundle.manifest["bundle"]["uuid"],
            "bundle_version": bundle.manifest["bundle"]["version"],
            "file_name": file.name,
            "file_uuid": file.uuid,
            "file_version": file.version,
            "file_sha256": file.sha256,
            "file_size": str(file.size),
        }
        for bundle in bundles
        for file in bundle.files
    ]
