"""`pangea_scenario PACKAGE FOLDER [PART...]`: runs the calls of a user of Pangea and prints the results as JSON.

PACKAGE is `pangea_api` or `omicsdk.compat.pangea_api`; the platform is that of PANGEA_ENDPOINT, PANGEA_USER and PANGEA_PASS, the sandbox's.
PARTs are the modules beside this one.
"""

import json
import sys
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path

from noted import Noted
from party import Party


def main(package: str, folder: Path, parts: list[str]) -> None:
    party = Party(package, folder)
    note = Noted(party.endpoint, folder)
    with redirect_stdout(sys.stderr):  # the published client prints
        for part in parts:
            for group in import_module(part).GROUPS:
                note.run(group.__name__, lambda group=group: group(party, note))
    json.dump(note.groups, sys.stdout)


main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
