"""`pangea_scenario PACKAGE FOLDER [PART...]`: runs the calls of a user of Pangea and prints the results as JSON.

PACKAGE is `pangea_api` or `omicsdk.compat.pangea_api`; the platform is that of PANGEA_ENDPOINT, PANGEA_USER and PANGEA_PASS, the sandbox's.
PARTs are the modules beside this one.
"""

import sys
from pathlib import Path

from noted import Noted
from party import Party

party = Party(sys.argv[1], Path(sys.argv[2]))
Noted({party.endpoint: ".", sys.argv[2]: "~"}).play(sys.argv[3:], party)
