"""`gen3_scenario PACKAGE FOLDER [PART...]`: runs the calls of a user of Gen3 and prints the results as JSON.

PACKAGE is `gen3` or `omicsdk.compat.gen3`; the commons is that of GEN3_ENDPOINT and GEN3_API_KEY, the sandbox's. PARTs are the
modules beside this one; all of them where none is named.
"""

import json
import os
import sys
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path

from noted import Noted
from party import Party

PARTS = ("login", "records", "documents", "tables", "files", "work", "manifests", "shown", "drs_pull")


def main(package: str, folder: Path, parts: list[str]) -> None:
    party = Party(package, folder)
    note = Noted(os.environ["GEN3_ENDPOINT"])
    with redirect_stdout(sys.stderr):  # the published client prints
        for part in parts or PARTS:
            for group in import_module(part).GROUPS:
                note.run(group.__name__, lambda group=group: group(party, note))
    json.dump(note.groups, sys.stdout)


main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
