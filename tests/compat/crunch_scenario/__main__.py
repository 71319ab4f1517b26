"""`crunch_scenario PACKAGE FOLDER [PART...]`: runs the calls of a user of a crunch site and prints the results as JSON.

PACKAGE is `crunch` or `omicsdk.compat.crunch`; the site is that of CRUNCH_URL and CRUNCH_TOKEN, the sandbox's, and
CRUNCH_STORAGE_SETTINGS refers to the folder of its datasets' files. PARTs are the modules beside this one.
"""

import json
import sys
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path

from noted import Noted
from party import Party


def main(package: str, folder: Path, parts: list[str]) -> None:
    note = Noted(folder)
    with redirect_stdout(sys.stderr):  # the published client prints
        party = Party(package, folder)
        for part in parts:
            for group in import_module(part).GROUPS:
                note.run(group.__name__, lambda group=group: group(party, note))
    json.dump(note.groups, sys.stdout)


main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
