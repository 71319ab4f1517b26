"""A file of the platform as something to fetch: its size and checksums, and where its bytes are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.transfer.failures import TransferFailed
from omicsdk.core.checksums import is_checksum
from omicsdk.transfer import Location

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.file import File

#: The keys of metadata that state a checksum, and its algorithm.
_STATED = {"md5": "md5", "md5sum": "md5", "md5_sum": "md5", "sha1": "sha1", "sha256": "sha256", "crc32c": "crc32c"}


def locator(api: HttpClient, file_id: str) -> Callable[[], Location]:
    """Gives what asks the platform where a file's bytes are; the URL ends after a while, and is asked for again then.

    Args:
        api: The platform.
        file_id: The file.
    """

    def locate() -> Location:
        return Location(url_of(api, file_id))

    return locate


def url_of(api: HttpClient, file_id: str) -> str:
    """Asks where a file's bytes are.

    Args:
        api: The platform.
        file_id: The file.

    Returns:
        A presigned URL, which is a secret.

    Raises:
        SbgError: The platform doesn't say.
    """
    url = api.call_object(api.client.get_file_download_info.build(file_id=file_id)).get("url")
    if not url:
        raise TransferFailed(f"The platform doesn't say where the bytes of {file_id} are")
    return str(url)


def checksums_in(metadata: Any) -> dict[str, str]:
    """The checksums that a file's metadata state, from algorithm to value; what can't be one isn't.

    Args:
        metadata: The metadata, or None.
    """
    if not isinstance(metadata, Mapping):
        return {}
    found: dict[str, str] = {}
    for key, value in cast("Mapping[Any, Any]", metadata).items():
        algorithm = _STATED.get(str(key).lower())
        if algorithm is not None and isinstance(value, str) and is_checksum(algorithm, value.strip().lower()):
            found[algorithm] = value.strip().lower()
    return found


def facts_of(file: File) -> tuple[str, int | None, Mapping[str, str]]:
    """A file's id, size and checksums; the platform is asked once where they weren't told.

    Args:
        file: The file.

    Raises:
        SbgError: It is a folder, or can't be asked for.
    """
    if str(file.look_up("type") or "").lower() == "folder":
        raise SbgError(f"{file!r} is a folder", remedy="Use download_folder for folders.")
    size = file.look_up("size")
    return identifier(file), size if isinstance(size, int) else None, checksums_in(file.look_up("metadata"))
