"""`make release VERSION=X.Y.Z`: commit a version, and build and check its distributions in dist/. Nothing is published.

    python release/release.py X.Y.Z [YYYY-MM-DD]

The commit moves the fragments of news/ into a section of CHANGELOG.md with the version and the date (default: today), and states
the version wherever a file does. It is built and checked before the branch moves to it: a failure leaves the branch as
it was.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from api import CHANGELOG, NEWS, ROOT, changelog, dated
from bare import python_of, wheel_in
from distributions import NotReproducible, write

VERSION_PATTERNS = {
    "pyproject.toml": r'(?m)(?<=^version = ")[^"]+',
    "extensions/omicsdk/core/version.py": r'(?m)(?<=^__version__ = ")[^"]+|(?<="omicsdk/)\d[^ ]*',
    "release/conda/recipe.yaml": r"(?m)(?<=^  version: )\S+",
}
"""Files that state the version, each with a pattern of the text that a release replaces."""
_UNRELEASED = re.compile(r"(?m)^## \[Unreleased\]\n(.*?)(?=^## |\Z)", re.DOTALL)


class Refused(Exception):
    """What keeps this version from being released, and what to do."""


def closed(changelog: str, version: str, day: date) -> str:
    """Return the changelog with the section [Unreleased] as the section of a version.

    Args:
        changelog: The text of CHANGELOG.md with that section.
        version: The version, X.Y.Z.
        day: The day of the release.

    Raises:
        Refused: There is nothing to release, or the version is not above the last one.
    """
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", version):
        raise Refused(f"{version!r} is no version. State it as X.Y.Z.")
    last = next(iter(dated(changelog)), None)
    if last and _numbers(version) <= _numbers(last):
        raise Refused(f"{version} is not above {last}, the last release.")
    match = _UNRELEASED.search(changelog)
    if not match or not match[1].strip():
        raise Refused(f"{NEWS}/ is empty: there is nothing to release.")
    return f"{changelog[: match.start()]}## [{version}] - {day}\n{changelog[match.start(1) :]}"


def stating(text: str, pattern: str, version: str) -> str:
    """Return a file's text with the version that it states replaced.

    Args:
        text: The text.
        pattern: Matches the version, nothing else.
        version: The new version.

    Raises:
        Refused: The pattern matches nothing.
    """
    changed, count = re.subn(pattern, version, text)
    if not count:
        raise Refused(f"No version is stated at {pattern}.")
    return changed


def committed(repository: Path, files: Mapping[str, str | None], message: str) -> str:
    """Make a commit upon HEAD that replaces or removes files, and return its hash. Neither the branch nor the checkout changes.

    Args:
        repository: A git checkout.
        files: New texts by path; None removes a file.
        message: The commit's message.
    """
    with tempfile.TemporaryDirectory(prefix="omicsdk-release-") as scratch:
        environ = {"GIT_INDEX_FILE": str(Path(scratch, "index"))}
        _git(repository, "read-tree", "HEAD", environ=environ)
        for path, text in files.items():
            if text is None:
                _git(repository, "update-index", "--force-remove", path, environ=environ)
                continue
            blob = _git(repository, "hash-object", "-w", "--stdin", content=text)
            _git(repository, "update-index", "--cacheinfo", f"100644,{blob},{path}", environ=environ)
        tree = _git(repository, "write-tree", environ=environ)
    return _git(repository, "commit-tree", tree, "-p", "HEAD", "-m", message)


def check(target: Path, version: str) -> None:
    """Check distributions as a package index and a user would.

    Args:
        target: The folder with one wheel and one sdist.
        version: The version that the installed command must print.

    Raises:
        Refused: An index would not show the README, or the wheel does not install.
    """
    wheel = wheel_in(target)
    _run([sys.executable, "-m", "twine", "check", "--strict", wheel, *target.glob("omicsdk-*.tar.gz")])
    with tempfile.TemporaryDirectory(prefix="omicsdk-release-") as home:
        _run([sys.executable, "-m", "venv", "--without-pip", home])
        python = python_of(Path(home))
        # Its dependencies are installed and tried by `make bare`; the version must not need them.
        install = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", wheel]
        _run([sys.executable, "-m", "pip", "--python", python, *install])
        omics = shutil.which("omics", path=python.parent)
        printed = _run([omics, "--version"]).strip() if omics else "nothing, for it is missing"
    if version not in printed.split():
        raise Refused(f"The installed command prints {printed!r}, and not {version}.")


def release(repository: Path, version: str, day: date) -> str:
    """Commit, build and check a version; return the commit, to which the branch has moved.

    Args:
        repository: A git checkout without changes, on a branch.
        version: The version, X.Y.Z.
        day: The day of the release.

    Raises:
        Refused: The branch is as it was.
        NotReproducible: Likewise; two builds differ, or the wheel is too large.
        subprocess.CalledProcessError: Likewise; hatchling failed.
    """
    if changed := _git(repository, "status", "--porcelain"):
        raise Refused(f"The checkout has changes; commit or remove them:\n{changed}")
    _git(repository, "symbolic-ref", "--quiet", "HEAD")
    files: dict[str, str | None] = {CHANGELOG: closed(changelog(repository), version, day)}
    files.update((f"{NEWS}/{path.name}", None) for path in sorted((repository / NEWS).glob("*.md")))
    for path, pattern in VERSION_PATTERNS.items():
        files[path] = stating((repository / path).read_text(encoding="utf-8"), pattern, version)
    commit = committed(repository, files, f"Release {version}")
    write(repository, commit, repository / "dist")
    check(repository / "dist", version)
    _git(repository, "merge", "--quiet", "--ff-only", commit)
    return commit


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _git(repository: Path, *words: str, environ: Mapping[str, str] | None = None, content: str | None = None) -> str:
    return _run(["git", "-C", repository, *words], environ, content).strip()


def _run(words: list[str | Path], environ: Mapping[str, str] | None = None, content: str | None = None) -> str:
    done = subprocess.run(words, env={**os.environ, **(environ or {})}, input=content, capture_output=True, text=True)
    if done.returncode:
        raise Refused(f"{' '.join(map(str, words))}:\n{done.stdout}{done.stderr}".strip())
    return done.stdout


def main(arguments: list[str]) -> int:
    """Release, and print what to push; returns the exit code."""
    if not 1 <= len(arguments) <= 2 or not all(arguments):
        sys.stderr.write("release: missing version. Run `make release VERSION=X.Y.Z`.\n")
        return 2
    try:
        day = date.fromisoformat(arguments[1]) if len(arguments) == 2 else datetime.now(UTC).date()
        commit = release(ROOT, arguments[0], day)
    except (Refused, NotReproducible, ValueError) as error:
        sys.stderr.write(f"release: {error}\n")
        return 1
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"release: {' '.join(map(str, error.cmd))} failed:\n{error.stderr}")
        return 1
    tag = f"v{arguments[0]}"
    sys.stderr.write(
        f"release: {commit[:12]} is {tag}, built and checked in dist/. To publish it:\n"
        f"  git tag --sign {tag} -m {tag} && git push origin HEAD {tag}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
