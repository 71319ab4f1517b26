"""A process that has made its clients and uses them when it is requested; see transferring/worker.py.

Runs under our environment, and that of the published client. What is measured is the same lines of a script for both.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

# Last: benchmarks/gen3.py there must not stand before the published client's package.
sys.path.append(str(Path(__file__).parents[1]))

Act = Callable[[], None]


def listing(package: str, url: str, count: int) -> Act:
    """Lists all records of an index.

    Args:
        package: Where the client comes from: `gen3`, the published one, or `omicsdk.compat.gen3`.
        url: The commons.
        count: How many there are.
    """
    index = import_module(f"{package}.index").Gen3Index(url)

    def act() -> None:
        records = index.get_all_records(limit=1000, paginate=True)
        if len({record["did"] for record in records}) != count:
            raise RuntimeError(f"{len(records)} records were listed, not {count}")

    return act


def pull(package: str, host: str, token: str, manifest: str, folder: str) -> Act:
    """Downloads the objects of a manifest.

    Args:
        package: As `listing`'s.
        host: The commons.
        token: A token of it.
        manifest: The manifest.
        folder: The target.
    """
    auth = import_module(f"{package}.auth").Gen3Auth(access_token=token)
    download = import_module(f"{package}.tools.download.drs_download").download_files_in_drs_manifest

    def act() -> None:
        download(host, auth, manifest, folder, show_progress=False)

    return act


def validating(package: str, manifest: str) -> Act:
    """Validates a manifest that is right.

    Args:
        package: As `listing`'s.
        manifest: The manifest.
    """
    valid = import_module(f"{package}.tools.indexing.validate_manifest_format").is_valid_manifest_format

    def act() -> None:
        if not valid(manifest):
            raise RuntimeError("the manifest is said to be wrong")

    return act


if __name__ == "__main__":
    from transferring.worker import serve

    serve({"listing": listing, "pull": pull, "validating": validating})
