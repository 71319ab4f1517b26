"""A process that has made its clients and uses them when it is requested; see transferring/worker.py.

Runs under our environment, and that of the published client. What is measured is the same lines of a script for both.
"""

import hashlib
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

# Last: what is there must not come before the published client's package.
sys.path.append(str(Path(__file__).parents[1]))

Act = Callable[[], None]


def _library(package: str, url: str) -> Any:
    pangea = import_module(package)
    knex = pangea.Knex(url)
    knex.add_auth_token("0123456789abcdef0123456789abcdef01234567")
    return pangea.Organization(knex, "bench").sample_group("library", is_library=True)


def _field(package: str, url: str, word: str) -> Any:
    return _library(package, url).sample("sample").analysis_result("module").field(word).get()


def listing(package: str, url: str, count: int) -> Act:
    """Lists all samples of a library, and examines each one's name.

    Args:
        package: Where the client comes from: `pangea_api`, the published one, or `omicsdk.compat.pangea_api`.
        url: Pangea.
        count: How many there are.
    """

    def act() -> None:
        names = {sample.name for sample in _library(package, url).get().get_samples()}
        if len(names) != count:
            raise RuntimeError(f"{len(names)} samples were listed, not {count}")

    return act


def download(package: str, url: str, field: str, path: str) -> Act:
    """Downloads the file of a field.

    Args:
        package: As `listing`'s.
        url: Pangea.
        field: The field's name.
        path: The target.
    """
    found = _field(package, url, field)

    def act() -> None:
        found.download_file(path, cache=False)

    return act


def upload(package: str, url: str, path: str) -> Act:
    """Uploads a file to a field that is empty.

    Args:
        package: As `listing`'s.
        url: Pangea.
        path: The file.
    """

    def act() -> None:
        _field(package, url, "empty").upload_file(path)

    return act


def stages(url: str, storage: str, folder: str) -> Act:
    """Sets a dataset up and uploads what changed, with no workflow between; ours alone.

    Args:
        url: The site.
        storage: The folder of the storage.
        folder: The working folder.
    """
    from omicsdk.compat.crunch.client.connections import Connection
    from omicsdk.compat.crunch.client.run import Run
    from omicsdk.crunch import WorkflowType

    connection = Connection(url, token="0123456789abcdef0123456789abcdef01234567")

    def act() -> None:
        run = Run(connection, "bench:run", {"MEDIA_ROOT": storage}, Path(folder), WorkflowType.script)
        if run.setup() or run.upload():
            raise RuntimeError("a stage failed")

    return act


def hashing(folder: str) -> Act:
    """The MD5 of every file of a folder, one after the other.

    Args:
        folder: The folder.
    """

    def act() -> None:
        for path in Path(folder).rglob("*"):
            if path.is_file():
                with path.open("rb", buffering=0) as file:
                    hashlib.file_digest(file, "md5")

    return act


if __name__ == "__main__":
    from transferring.worker import serve

    serve({"listing": listing, "download": download, "upload": upload, "stages": stages, "hashing": hashing})
