"""`sevenbridges_scenario PACKAGE FOLDER`: runs every group of resources and prints the results as JSON.

PACKAGE is `sevenbridges` or `omicsdk.compat.sevenbridges`; the platform is that of SB_API_ENDPOINT and SB_AUTH_TOKEN, the sandbox's.
"""

import os
import sys
from importlib import import_module
from pathlib import Path

from seen import Seen
from world import World

PARTS = ("common", "accounts", "contents", "bytes_moved", "jobs", "stores", "work", "automation")


package = sys.argv[1]
world = World(import_module(package), import_module(f"{package}.errors"), Path(sys.argv[2]))
Seen({os.environ["SB_API_ENDPOINT"]: "."}).play(PARTS, world)
