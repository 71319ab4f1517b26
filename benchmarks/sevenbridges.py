"""Seven Bridges by ours and by its published client sevenbridges-python, in one run against the same servers.

    python benchmarks/sevenbridges.py [--case TEXT] [--rounds N] [--quick]

Needs nginx and openssl (Debian: apt install nginx-light openssl), and 3 GiB free in /dev/shm; the published client comes from
PyPI into .peers/sevenbridges. Prints ratios; all cases together write benchmarks/results/sevenbridges.json.
"""

from published import measure
from seven_bridges.bench import QUICK, Sizes, bench
from seven_bridges.cases import ENTRIES
from seven_bridges.clients import PEER

ABOUT = """\
Both sides run the same lines of a script in processes that have already created their `Api`, except for the import, which is measured in
new processes. Only the metadata updates differ: omicsdk passes all files to one `bulk_edit`, and the published client calls `save` for
each file, as its documentation shows. A separate row compares with its `bulk_edit`, called with 100 files at a time, the maximum of the
platform. omicsdk verifies SHA-256 in the download; the published client verifies nothing. nginx serves the bytes behind presigned URLs.
The platform is a small asyncio server (`benchmarks/seven_bridges/`) that stores nothing and answers immediately, or after 50 ms where
stated. Parts of uploads go to a server that discards them in the kernel; parts and bytes are counted."""


if __name__ == "__main__":
    measure(__doc__, "sevenbridges", ABOUT, ENTRIES, PEER, bench, sizes=Sizes(), quick=QUICK)
