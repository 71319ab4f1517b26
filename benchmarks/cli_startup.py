"""What the command line takes to show help, against an interpreter that does nothing.

    python benchmarks/cli_startup.py

Prints ratios and writes benchmarks/results/cli_startup.json.
"""

import subprocess
import sys
from pathlib import Path

from measuring import Case, compared, run, write_results

SCRIPT = Path(sys.executable).with_name("omics")
CASES = {
    "omics --help": ["Usage: omics", "dss"],
    "omics dss get-bundle --help": ["--uuid", "--replica", "--presignedurls"],
}


def main() -> None:
    """Measures all cases."""
    rows: list[dict[str, object]] = []
    for command, wanted in CASES.items():
        words = command.split()[1:]
        shown = subprocess.run([SCRIPT, *words], capture_output=True, text=True, check=True).stdout
        if missing := [text for text in wanted if text not in shown]:
            sys.exit(f"{command}: the help doesn't show {missing[0]}")
        bare = run(sys.executable, "-c", "pass")
        rows.append(compared(Case(f"{command} / python -c pass", run(SCRIPT, *words), bare, 3.0, 20)))
    write_results("cli_startup", rows)


if __name__ == "__main__":
    main()
