"""Gen3 by ours and by its published client gen3, in one run against the same servers.

    python benchmarks/gen3.py [--case TEXT] [--rounds N] [--quick]

Needs nginx and openssl (Debian: apt install nginx-light openssl), and 3 GiB free in /dev/shm; the published client comes from
PyPI into .peers/gen3. Prints ratios; all cases together write benchmarks/results/gen3.json.
"""

from data_commons.bench import QUICK, Sizes, bench
from data_commons.cases import ENTRIES
from data_commons.clients import PEER
from published import measure

ABOUT = """\
Both sides run the same lines of a script in warm processes, except for the help and the import, which are measured in new processes.
omicsdk verifies MD5 in the download; drs-pull verifies nothing. The commons is a small asyncio server (`benchmarks/data_commons/`)
that stores nothing and answers immediately, or after 50 ms where stated. drs-pull supports only https on port 443, so both clients
reach the commons through the same proxy and TLS. nginx serves the bytes behind presigned URLs over plain http. Each row of the
manifest has md5, size, two URLs and a resource, all valid."""


if __name__ == "__main__":
    measure(__doc__, "gen3", ABOUT, ENTRIES, PEER, bench, sizes=Sizes(), quick=QUICK)
