"""`gen3_scenario PACKAGE FOLDER [PART...]`: runs the calls of a user of Gen3 and prints the results as JSON.

PACKAGE is `gen3` or `omicsdk.compat.gen3`; the commons is that of GEN3_ENDPOINT and GEN3_API_KEY, the sandbox's. PARTs are the
modules beside this one; all of them where none is named.
"""

import sys
from pathlib import Path

from noted import Noted
from party import Party

PARTS = ("login", "records", "documents", "tables", "files", "work", "manifests", "shown", "drs_pull")


party = Party(sys.argv[1], Path(sys.argv[2]))
Noted({party.url: "."}).play(sys.argv[3:] or PARTS, party)
