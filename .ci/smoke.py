"""Ask public services whether they still answer as the clients expect: `python .ci/smoke.py`. No test of the repository does.

Reads only, with no login and little data. Prints a line for each command; the exit code is 1 if one failed.
"""

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence

PUBLIC = {
    "azul": "https://service.azul.data.humancellatlas.org",
    "ena": "https://www.ebi.ac.uk/ena",
    "run": "ERR164407",
    "refget": "https://www.ebi.ac.uk/ena/cram",
    "sequence": "6681ac2f62509cfc220d78751b8dc524",  # chromosome I of S. cerevisiae, by MD5
    "trs": "https://dockstore.org/api/ga4gh/trs/v2",
    "gen3": "https://gen3.biodatacatalyst.nhlbi.nih.gov",
}
COMMANDS = (
    "azul catalogs --base-url {azul}",
    "azul summary --base-url {azul}",
    "get {ena}/portal/api/filereport?accession={run}&result=read_run&format=tsv&fields=run_accession,fastq_ftp,fastq_md5,fastq_bytes"
    " --format ena --dry-run --to {folder}",
    "refget metadata {sequence} --base-url {refget}",
    "trs ls --limit 1 --base-url {trs}",
    "gen3 discovery ls --limit 1 --base-url {gen3}",
)
MORE_IS_LEFT = 3
"""The exit code of a list that --limit cut."""


def failures(values: Mapping[str, str], omics: Sequence[str] = (sys.executable, "-m", "omicsdk")) -> list[str]:
    """Run every command and return those that failed, each with the last line that it printed to stderr.

    Args:
        values: The addresses and identifiers in the commands.
        omics: How `omics` is started.
    """
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="omicsdk-smoke-") as folder:
        for command in COMMANDS:
            words = [word.format(**values, folder=folder) for word in command.split()]
            done = subprocess.run([*omics, *words], capture_output=True, text=True, timeout=180, check=False)
            passed = done.returncode == 0 or (done.returncode == MORE_IS_LEFT and "--limit" in words)
            print("passed" if passed else "FAILED", "omics", *words)
            if not passed:
                failed.append(
                    f"omics {' '.join(words)}: exit {done.returncode}: {(done.stderr.splitlines() or [''])[-1]}"
                )
    return failed


if __name__ == "__main__":
    sys.exit("\n".join(failures(PUBLIC)) or 0)
