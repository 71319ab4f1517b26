"""Pangea by ours and by its published client pangea-api, and django-crunch's stages, in one run against the same servers.

    python benchmarks/crunch_pangea.py [--case TEXT] [--rounds N] [--quick]

Needs nginx (Debian: apt install nginx-light openssl), and 4 GiB free in /dev/shm; the published client comes from PyPI into
.peers/pangea. Prints ratios; all cases together write benchmarks/results/crunch_pangea.json.
"""

from pangea_and_crunch.bench import QUICK, Sizes, bench
from pangea_and_crunch.cases import ENTRIES
from pangea_and_crunch.clients import PEER
from published import measure

ABOUT = """\
Both sides run the same lines of a script in warm processes, except for the help and the import, which are measured in new processes.
A small asyncio server (`benchmarks/pangea_and_crunch/`) simulates Pangea and the crunch site; it answers immediately and stores
nothing. nginx serves the bytes behind presigned URLs over plain http, and a server that counts and discards them receives the parts
of uploads. Caches have their default settings, and are empty when samples are listed. omicsdk verifies MD5 where one is stated; the
published client verifies nothing. The last row has no client on the other side: it compares the stages of a run in which nothing
changed with hashing the same files one after the other."""


if __name__ == "__main__":
    measure(__doc__, "crunch_pangea", ABOUT, ENTRIES, PEER, bench, sizes=Sizes(), quick=QUICK)
