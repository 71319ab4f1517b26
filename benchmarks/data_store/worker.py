"""A process that has made a documented client and calls it when it is requested; see transferring/worker.py.

Runs under our environment, and that of the published client.
"""

import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

# Last: benchmarks/hca.py there must not stand before the published client's package.
sys.path.append(str(Path(__file__).parents[1]))


def call(package: str, swagger_url: str, folder: str, name: str, arguments: dict[str, Any]) -> Callable[[], None]:
    """Calls a method of the documented client, which is made beforehand.

    Args:
        package: Where the client comes from: `hca`, the published one, or `omicsdk.compat.hca`.
        swagger_url: The Data Store's document.
        folder: The working folder.
        name: The method.
        arguments: What it is given.
    """
    client: Any = import_module(f"{package}.dss").DSSClient(swagger_url=swagger_url)

    def act() -> None:
        os.chdir(folder)  # it is made again before each run
        getattr(client, name)(**arguments)

    return act


if __name__ == "__main__":
    from transferring.worker import serve

    serve({"call": call})
