"""`make audit`: known vulnerabilities of what the wheel with all extras needs.

    python release/audit.py         look up what is in build/bare

Ends with 0 when none is known, 1 when one is, and 4 when the service could not be asked: nothing is known then.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bare import HOME, python_of

NONE, SOME, NOT_ASKED = 0, 1, 4
OURS = "omicsdk"


def judged(written: str, messages: str) -> tuple[list[str], int]:
    """What pip-audit found, as lines and an exit code.

    Args:
        written: Its report in JSON; empty when it wrote none.
        messages: What it said beside.
    """
    if not written.strip():
        last = next((line for line in reversed(messages.splitlines()) if line.strip()), "it said nothing")
        return [
            f"the service couldn't be asked: {last.strip()[:200]}",
            "Nothing is known; try again with a network.",
        ], NOT_ASKED
    packages = [package for package in json.loads(written)["dependencies"] if package["name"] != OURS]
    examined = [package for package in packages if "skip_reason" not in package]
    if not examined:
        return [f"the service knows none of {len(packages)} packages", "Nothing is known."], NOT_ASKED
    lines = [
        f"{package['name']} {package['version']}: {fault['id']}, {_repaired(fault['fix_versions'])}"
        for package in examined
        for fault in package["vulns"]
    ]
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    notes = [f"not known to the service: {', '.join(skipped)}"] if skipped else []
    count = f"packages that were looked up: {len(examined)}; known vulnerabilities: {len(lines)}"
    return [*lines, *notes, count], SOME if lines else NONE


def _repaired(versions: list[str]) -> str:
    return f"repaired in {', '.join(versions)}" if versions else "not repaired yet"


def main() -> int:
    """Ask, and tell; gives the exit code."""
    if not python_of(HOME).exists():
        sys.exit(f"{HOME} isn't there; `make bare` makes it")
    where = [python_of(HOME), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = subprocess.run(where, check=True, capture_output=True, text=True).stdout.strip()
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report.json")
        words = ["pip_audit", "--path", packages, "--format", "json", "--output", report, "--progress-spinner", "off"]
        done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True)
        lines, code = judged(report.read_text(encoding="utf-8") if report.exists() else "", done.stderr)
    sys.stderr.write("".join(f"audit: {line}\n" for line in lines))
    return code


if __name__ == "__main__":
    sys.exit(main())
