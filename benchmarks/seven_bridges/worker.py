"""A process that has made an Api and uses it when it is requested; see transferring/worker.py.

Runs under our environment, and that of the published client. What is measured is the same lines of a script for both.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

# Last: benchmarks/sevenbridges.py there must not stand before the published client's package.
sys.path.append(str(Path(__file__).parents[1]))

Act = Callable[[], None]


def _api(package: str, url: str) -> Any:
    return import_module(package).Api(url=url, token="0123456789abcdef0123456789abcdef", debug=True)


def listing(package: str, url: str, count: int) -> Act:
    """Lists all files of a project, and examines each one's name.

    Args:
        package: Where the client comes from: `sevenbridges`, the published one, or `omicsdk.compat.sevenbridges`.
        url: The platform.
        count: How many there are.
    """
    api = _api(package, url)

    def act() -> None:
        names = [file.name for file in api.files.query(project=f"bench/{count}").all()]
        if len(set(names)) != count:
            raise RuntimeError(f"{len(set(names))} files were listed, not {count}")

    return act


def download(package: str, url: str, file: str, path: str) -> Act:
    """Downloads a file.

    Args:
        package: As `listing`'s.
        url: The platform.
        file: The file's id.
        path: The target.
    """
    api = _api(package, url)

    def act() -> None:
        api.files.get(file).download(path)

    return act


def upload(package: str, url: str, path: str) -> Act:
    """Uploads a file.

    Args:
        package: As `listing`'s.
        url: The platform.
        path: The file.
    """
    api = _api(package, url)

    def act() -> None:
        if api.files.upload(path, project="bench/1", overwrite=True).result() is None:
            raise RuntimeError("the upload has no result")

    return act


def metadata(package: str, url: str, count: int, bulk: int) -> Act:
    """Changes a key of the metadata of many files that were listed before.

    Args:
        package: As `listing`'s.
        url: The platform.
        count: How many.
        bulk: How many are given to `bulk_edit` at a time; 0 saves each.
    """
    api = _api(package, url)
    files = list(api.files.query(project=f"bench/{count}").all())
    rounds = 0

    def act() -> None:
        nonlocal rounds
        rounds += 1
        for file in files:
            file.metadata["batch"] = f"round {rounds}"
            if not bulk:
                file.save()
        for at in range(0, len(files), bulk) if bulk else ():
            if not all(record.valid for record in api.files.bulk_edit(files[at : at + bulk])):
                raise RuntimeError("not all were saved")

    return act


if __name__ == "__main__":
    from transferring.worker import serve

    serve({"listing": listing, "download": download, "upload": upload, "metadata": metadata})
