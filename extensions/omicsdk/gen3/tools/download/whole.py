"""Whole downloads and lists in one call, as documented: of manifests, of identifiers, and what one may do with them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import SomeFailed, TransferError
from omicsdk.core.narrowing import is_object
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.tools.download.asking import ensure_dirpath_exists
from omicsdk.gen3.tools.download.kinds import DOWNLOADED, Downloadable, DownloadStatus, Manifest, draw
from omicsdk.gen3.tools.download.manager import DownloadManager
from omicsdk.transfer import Item, Location
from omicsdk.transfer import download as fetch

if TYPE_CHECKING:
    from omicsdk.core.credentials import Credentials


def download_files_in_drs_manifest(
    hostname: str,
    auth: Credentials,
    infile: str | os.PathLike[str],
    output_dir: str | os.PathLike[str],
    show_progress: bool = True,
    unpack_packages: bool = True,
    delete_unpacked_packages: bool = False,
    commons_url: str | None = None,
) -> dict[str, DownloadStatus]:
    """Downloads all that a manifest names. A file that fails doesn't stop the others.

    Args:
        hostname: The commons, as a host.
        auth: Who asks.
        infile: The manifest, a JSON list; see `Manifest.load`.
        output_dir: Where to; made when it isn't there.
        show_progress: Whether to show a progress bar on stderr.
        unpack_packages: Whether packages are unpacked.
        delete_unpacked_packages: Whether they are deleted then.
        commons_url: The host that has all of them; by default each is looked up.

    Returns:
        What became of each object by its identifier; of a bundle's files by theirs.

    Raises:
        Gen3UserError: The manifest can't be read.
        SomeFailed: Some files failed; the others are there.
    """
    objects = Manifest.load(Path(infile))
    return _downloaded(
        hostname, auth, objects, output_dir, show_progress, unpack_packages, delete_unpacked_packages, commons_url
    )


def download_drs_objects(
    hostname: str,
    auth: Credentials,
    object_ids: Sequence[str],
    output_dir: str | os.PathLike[str],
    show_progress: bool = True,
    unpack_packages: bool = True,
    delete_unpacked_packages: bool = False,
    commons_url: str | None = None,
) -> dict[str, DownloadStatus]:
    """Downloads objects; arguments, result and errors as those of `download_files_in_drs_manifest`.

    Args:
        hostname: The commons, as a host.
        auth: Who asks.
        object_ids: The objects' identifiers.
        output_dir: Where to.
        show_progress: Whether to show a progress bar.
        unpack_packages: Whether packages are unpacked.
        delete_unpacked_packages: Whether they are deleted then.
        commons_url: The host that has all of them.
    """
    objects = [Downloadable(each) for each in object_ids]
    return _downloaded(
        hostname, auth, objects, output_dir, show_progress, unpack_packages, delete_unpacked_packages, commons_url
    )


def list_files_in_drs_manifest(hostname: str, auth: Credentials, infile: str | os.PathLike[str]) -> bool:
    """Prints what a manifest names: names, sizes, hosts, and what is in bundles.

    Args:
        hostname: The commons, as a host.
        auth: Who asks.
        infile: The manifest.

    Returns:
        True when all of them are known.
    """
    return _listed(hostname, auth, Manifest.load(Path(infile)))


def list_drs_object(hostname: str, auth: Credentials, object_id: str) -> bool:
    """Prints one object; arguments as those of `list_files_in_drs_manifest`.

    Args:
        hostname: The commons, as a host.
        auth: Who asks.
        object_id: Its identifier.
    """
    return _listed(hostname, auth, [Downloadable(object_id)])


def list_access_in_drs_manifest(hostname: str, auth: Credentials, infile: str | os.PathLike[str]) -> bool:
    """Prints what one may do in each commons that a manifest leads to.

    Args:
        hostname: The commons, as a host.
        auth: Who asks.
        infile: The manifest.

    Returns:
        True.
    """
    manager = DownloadManager(hostname, auth, Manifest.load(Path(infile)))
    for host, access in manager.user_access().items():
        list_auth(host, access)
    return True


def list_auth(hostname: str, authz: Mapping[str, Any]) -> None:
    """Prints what one may do in a commons.

    Args:
        hostname: The commons.
        authz: What may be done with each resource, as Fence says it.
    """
    print(f"Access in {hostname}:")  # noqa: T201 - what it is documented to do
    for resource, allowed in sorted(authz.items()):
        methods = sorted({str(each.get("method")) for each in allowed if is_object(each)})
        print(f"  {resource}: {' '.join(methods)}")  # noqa: T201 - what it is documented to do


def download_file_from_url(url: str, filename: str | os.PathLike[str], show_progress: bool = True) -> bool:
    """Downloads a presigned URL into a file, whole or not at all.

    Args:
        url: The URL.
        filename: The file; folders above it are made.
        show_progress: Whether to show a progress bar on stderr.

    Returns:
        True.

    Raises:
        TransferError: It couldn't be fetched.
    """
    path = Path(filename)
    ensure_dirpath_exists(path.parent)
    bar = draw if show_progress else None
    fetch([Item(path.name, Location(url))], path.parent, progress=bar).raise_if_failed()
    return True


def unpackage_object(filepath: str | os.PathLike[str]) -> bool:
    """Unpacks a package beside the archive; nothing leaves that folder, and nothing that is there is replaced.

    Args:
        filepath: The archive.

    Returns:
        True.

    Raises:
        BadPackage: It can't be unpacked.
        UnsafePath: An entry would leave the folder, or go where something is.
    """
    from omicsdk.gen3.packages import unpack

    unpack(filepath)
    return True


def _downloaded(
    hostname: str,
    auth: Credentials,
    objects: Sequence[Downloadable],
    output_dir: str | os.PathLike[str],
    show_progress: bool,
    unpack_packages: bool,
    delete_unpacked_packages: bool,
    commons_url: str | None,
) -> dict[str, DownloadStatus]:
    if not objects:
        raise Gen3UserError("There is nothing to download", remedy="Name objects, or a manifest that has some.")
    folder = ensure_dirpath_exists(Path(output_dir))
    manager = DownloadManager(hostname, auth, objects, show_progress, commons_url)
    statuses = manager.download(objects, str(folder), show_progress, unpack_packages, delete_unpacked_packages)
    failed = {key: status for key, status in statuses.items() if status.status != DOWNLOADED}
    if failed:
        raise SomeFailed(
            f"{len(failed)} of {len(statuses)} files failed: {_first(failed)}",
            [TransferError(f"{key}: {status.status}", name=status.filename) for key, status in failed.items()],
        )
    return statuses


def _first(failed: Mapping[str, DownloadStatus]) -> str:
    told = [f"{key}: {status.status}" for key, status in list(failed.items())[:3]]
    return "; ".join(told) + (" ..." if len(failed) > 3 else "")


def _listed(hostname: str, auth: Credentials, objects: list[Downloadable]) -> bool:
    manager = DownloadManager(hostname, auth, objects)
    for each in manager.download_list:
        each.pprint()
    return all(each.object_type and each.object_type.value != "unknown" for each in manager.download_list)
