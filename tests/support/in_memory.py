"""Run a command of tests with their folders in memory, where there is enough of it; else as it is.

    python in_memory.py COMMAND ...

The folders are kept if the command fails, and named.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp

MEMORY = Path("/dev/shm")
NEEDED = 6 << 30
"""Bytes that have to be available: the folders take 0.2 GiB, and each of four workers up to 1.4."""
VARIABLE = "PYTEST_DEBUG_TEMPROOT"
"""The variable that pytest has for the folder of its folders."""


def available() -> int:
    """Bytes that files in memory may take."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return 0
    lines = Path("/proc/meminfo").read_text().splitlines()
    (kibibytes,) = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    return min(int(kibibytes) * 1024, shutil.disk_usage(MEMORY).free)


def main(command: list[str]) -> int:
    """Run the command and return its exit code."""
    if VARIABLE in os.environ or available() < NEEDED:
        return subprocess.run(command).returncode
    folder = mkdtemp(prefix="omicsdk-tests-", dir=MEMORY)
    try:
        code = subprocess.run(command, env={**os.environ, VARIABLE: folder}).returncode
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        return 130
    if code:
        print(f"folders of the tests that failed: {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
