"""`sevenbridges_scenario PACKAGE FOLDER`: runs every group of resources and prints the results as JSON.

PACKAGE is `sevenbridges` or `omicsdk.compat.sevenbridges`; the platform is that of SB_API_ENDPOINT and SB_AUTH_TOKEN, the sandbox's.
"""

import json
import os
import sys
from importlib import import_module
from pathlib import Path

import accounts
import automation
import bytes_moved
import common
import contents
import jobs
import stores
import work
from seen import Seen
from world import World

PARTS = (common, accounts, contents, bytes_moved, jobs, stores, work, automation)


def main(package: str, folder: Path) -> None:
    world = World(import_module(package), import_module(f"{package}.errors"), folder)
    see = Seen(os.environ["SB_API_ENDPOINT"])
    for part in PARTS:
        for group in part.GROUPS:
            see.run(group.__name__, lambda group=group: group(world, see))
    json.dump(see.groups, sys.stdout)


main(sys.argv[1], Path(sys.argv[2]))
