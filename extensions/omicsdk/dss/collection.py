"""Collections: lists of links to bundles, files, metadata fragments and other collections."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.errors import OmicsError, TransferError
from omicsdk.core.omit import OMIT
from omicsdk.dss.bundle import chosen
from omicsdk.dss.download import Bundle, Replica, get_manifest

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi


@dataclass(slots=True)
class Contents:
    """What a collection leads to.

    Attributes:
        bundles: Each bundle once, with all of its files.
        errors: Links that lead nowhere, or to what isn't downloaded.
    """

    bundles: list[Bundle] = field(default_factory=list[Bundle])
    errors: list[OmicsError] = field(default_factory=list[OmicsError])


def get_collection(api: "DssApi", uuid: str, version: str | None, replica: str) -> dict[str, Any]:
    """A collection as the service answers it.

    Raises:
        NotFound: There is no such collection.
    """
    return api.get_collection.raw(uuid=uuid, replica=cast("Replica", replica), version=version or OMIT).json()


def contents(api: "DssApi", uuid: str, version: str | None, replica: str) -> Contents:
    """Follow a collection's links, and those of the collections in it, each once.

    A link that fails is an error of the result; that of the collection itself is raised.

    Raises:
        NotFound: There is no such collection.
    """
    found = Contents()
    seen = {("collection", uuid, version or "")}
    pending = list(_links(get_collection(api, uuid, version, replica)))
    while pending:
        kind, link_uuid, link_version = link = pending.pop(0)
        if link in seen:
            continue
        seen.add(link)
        try:
            if kind == "bundle":
                manifest = get_manifest(api, link_uuid, link_version, replica)
                found.bundles.append(Bundle(manifest, chosen(manifest, replica)))
            elif kind == "collection":
                pending += _links(get_collection(api, link_uuid, link_version, replica))
            else:
                found.errors.append(
                    TransferError(
                        f"{kind} {link_uuid} version {link_version} stands in the collection by itself",
                        remedy="Only bundles and collections of a collection are downloaded; fetch it by get-file.",
                    )
                )
        except OmicsError as error:
            found.errors.append(error)
    return found


def _links(collection: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for item in collection["contents"]:
        yield item["type"], item["uuid"], item["version"]


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
