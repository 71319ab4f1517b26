"""Bundles' folders: their files are fetched into the filestore and linked from there.

Names are checked first, then files are fetched, then linked. A file that fails never stops the others; what failed is
told at the end.
"""

from collections.abc import Container, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from omicsdk.core.errors import OmicsError
from omicsdk.hca.dss.downloads.bundle import manifest_bytes
from omicsdk.hca.dss.downloads.fetching import fetch
from omicsdk.hca.dss.downloads.options import FetchOptions
from omicsdk.hca.dss.downloads.result import Bundle, Result, errors_of
from omicsdk.hca.dss.files import DSSFile
from omicsdk.hca.dss.filestore import link, name_in_store, store_bytes
from omicsdk.transfer import Outcome
from omicsdk.transfer.names import check_links, check_names
from omicsdk.transfer.writing import write_error

if TYPE_CHECKING:
    from omicsdk_api.dss import DssApi


def download_bundles(
    api: "DssApi", bundles: Sequence[Bundle], folder: Path, options: FetchOptions, singles: Sequence[DSSFile] = ()
) -> Result:
    """Fetch bundles' files and lay out their folders.

    Names are checked before a byte is fetched.

    Args:
        api: The service.
        bundles: The bundles.
        folder: The download folder.
        options: How.
        singles: Files that belong to no bundle; their names are where they are linked below the download folder.

    Raises:
        UnsafePath: A file's name would leave the download folder, or two would land on one path.
    """
    names = [
        f"{bundle.folder}/{name}" for bundle in bundles for name in ("bundle.json", *(f.name for f in bundle.files))
    ]
    names += [file.name for file in singles]
    check_names(names, folds_case=True)
    check_links(names, str(folder))
    report = fetch(
        api, chain((file for bundle in bundles for file in bundle.files), singles), folder, options, known=True
    )
    result = Result(list(bundles), report, errors_of(report))
    if options.dry_run:
        return result
    outcomes: dict[str, Outcome] = {outcome.name: outcome for outcome in report.outcomes}
    there = {name for name, outcome in outcomes.items() if outcome.state in ("done", "skipped")}
    for bundle in bundles:
        result.errors += lay_out(bundle, folder, there)
    for file in singles:
        if name_in_store(file.sha256) in there:
            result.errors += placed(folder, file, file.name)
    return result


def lay_out(bundle: Bundle, folder: Path, there: Container[str]) -> list[OmicsError]:
    """Make a bundle's folder of what is in the filestore.

    Args:
        bundle: The bundle.
        folder: The download folder.
        there: Names in the filestore of the files that are there and right.

    Returns:
        What could not be linked or written; all others are in place.
    """
    content = manifest_bytes(bundle.manifest)
    identity = bundle.manifest["bundle"]
    own = DSSFile.for_bundle_manifest(content, identity["uuid"], identity["version"], "")
    errors: list[OmicsError] = []
    errors += placed(folder, own, f"{bundle.folder}/{own.name}", content)
    for file in bundle.files:
        if name_in_store(file.sha256) in there:
            errors += placed(folder, file, f"{bundle.folder}/{file.name}")
    return errors


def placed(folder: Path, file: DSSFile, name: str, content: bytes | None = None) -> list[OmicsError]:
    """Links a file of the filestore to its place.

    Args:
        folder: The download folder.
        file: The file.
        name: Where to, below the download folder.
        content: What it holds, if it has to be put into the filestore first.

    Returns:
        Why it couldn't be, if so.
    """
    try:
        if content is not None:
            store_bytes(folder, file.sha256, content)
        link(folder, file.sha256, name)
    except OmicsError as error:
        return [error]
    except OSError as error:
        return [write_error(error, str(folder / name), name)]
    return []
