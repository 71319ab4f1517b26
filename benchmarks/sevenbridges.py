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
Both sides run the same lines of a script, in processes that have made their `Api`, but for the import, which is measured by itself
in processes that have just begun. Only the metadata differ: ours gives all files to one `bulk_edit`, the published client saves each
by `save`, as its documentation has it; a row of its own compares with its `bulk_edit`, given 100 at a time, the most that the
platform takes. Ours verifies SHA-256 in the download; the published client verifies nothing. nginx serves the bytes behind presigned
URLs; the platform is a small asyncio server (`benchmarks/seven_bridges/`) that keeps nothing and answers at once, or 50 ms later
where that is said. Parts of uploads go to a server that drops them in the kernel; parts and bytes are counted."""


if __name__ == "__main__":
    measure(__doc__, "sevenbridges", ABOUT, ENTRIES, PEER, bench, sizes=Sizes(), quick=QUICK)
