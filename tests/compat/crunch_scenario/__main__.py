"""`crunch_scenario PACKAGE FOLDER [PART...]`: runs the calls of a user of a crunch site and prints the results as JSON.

PACKAGE is `crunch` or `omicsdk.compat.crunch`; the site is that of CRUNCH_URL and CRUNCH_TOKEN, the sandbox's, and
CRUNCH_STORAGE_SETTINGS refers to the folder of its datasets' files. PARTs are the modules beside this one.
"""

import sys
from contextlib import redirect_stdout
from pathlib import Path

from noted import Noted
from party import Party

with redirect_stdout(sys.stderr):  # the published client prints
    party = Party(sys.argv[1], Path(sys.argv[2]))
Noted({sys.argv[2]: "."}).play(sys.argv[3:], party)
