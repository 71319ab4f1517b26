"""`make dist`: the wheel and the sdist of the last commit, byte for byte the same wherever they are made.

    python release/distributions.py              write them to dist/, with SHA256SUMS and built.json

Both are made twice, from two check-outs that differ in folder, umask, time zone, locale and hash seed, and the wheel a third
time from the sdist. What differs, or a wheel that is too large, ends the command with 1 and leaves dist/ as it was. Bytes
also depend on the versions of hatchling and of zlib in Python: to verify a release, use those that its built.json names.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
LARGEST_WHEEL = 6 << 20
"""Bytes; docs, specs and tests stay out of the wheel, and it is fetched often."""


@dataclass(frozen=True)
class Surroundings:
    """What may differ from one machine to the next.

    Attributes:
        folder: Name of the check-out's folder.
        umask: What new files are not permitted.
        variables: The environment's variables that a build could look at.
    """

    folder: str
    umask: int
    variables: Mapping[str, str]


HERE = Surroundings("omicsdk", 0o022, {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "0"})
ELSEWHERE = Surroundings(
    "another place", 0o077, {"TZ": "Pacific/Chatham", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "4711"}
)


class NotReproducible(Exception):
    """Two builds of one commit differ, or a file is not fit for a release."""


def build_all(repository: Path, commit: str, target: Path) -> list[Path]:
    """Build a commit's wheel and sdist, and hold them against those of other surroundings and the sdist's own wheel.

    Args:
        repository: A git checkout.
        commit: What git takes for a commit.
        target: Folder for the two files; it is made.

    Returns:
        The wheel and the sdist.

    Raises:
        NotReproducible: With the names of the files that differ.
        subprocess.CalledProcessError: git or hatchling failed; its stderr states why.
    """
    # Named once: HEAD may move while this runs.
    commit, epoch = _run(["git", "log", "-1", "--format=%H %ct", commit], repository).split()
    with tempfile.TemporaryDirectory(prefix="omicsdk-dist-") as scratch:
        made = [_build_in(Path(scratch), place, repository, commit, epoch) for place in (HERE, ELSEWHERE)]
        first, second = (_digests(folder.iterdir()) for folder in made)
        wheel = next(made[0].glob("*.whl"))
        again = _wheel_of_sdist(next(made[0].glob("*.tar.gz")), Path(scratch, "unpacked"), epoch)
        wrong = [f"{name} differs from one build to the next" for name in differing(first, second)]
        wrong += [f"{name} from the sdist is another" for name in differing(_digests([wheel]), _digests([again]))]
        tags = _run(["git", "tag", "--list", "v[0-9]*", "--points-at", commit], repository).split()
        wrong += misnamed(tags, wheel.name)
        if wheel.stat().st_size > LARGEST_WHEEL:
            wrong.append(f"{wheel.name} has {wheel.stat().st_size} bytes; {LARGEST_WHEEL} are the most")
        if wrong:
            raise NotReproducible("; ".join(wrong))
        target.mkdir(parents=True, exist_ok=True)
        return [
            Path(shutil.copy(path, target))
            for path in sorted(made[0].iterdir(), key=lambda path: path.suffix != ".whl")
        ]


def differing(first: Mapping[str, str], second: Mapping[str, str]) -> list[str]:
    """Names, in order, that one of two builds lacks or has with other bytes.

    Args:
        first: Names of files to digests.
        second: Those of the other build.
    """
    return sorted({name for name, _ in first.items() ^ second.items()})


def misnamed(tags: Sequence[str], wheel: str) -> list[str]:
    """What is wrong with a commit's tags, as text: none of them is that of the version which was built.

    Args:
        tags: Its tags of releases.
        wheel: The wheel's file name.
    """
    version = wheel.split("-")[1]
    return (
        [f"the commit is tagged {tags[0]}, and its version is {version}"] if tags and f"v{version}" not in tags else []
    )


def built_with(commit: str) -> dict[str, str]:
    """What the bytes were made of and by: the commit, and versions of what writes archives."""
    return {
        "commit": commit,
        "hatchling": metadata.version("hatchling"),
        "python": platform.python_version(),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
    }


def sums(files: Iterable[Path]) -> str:
    """Lines of SHA-256 and name, as `sha256sum -c` reads them."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(_digests(files).items()))


def check_out(repository: Path, commit: str, folder: Path, umask: int = 0o022) -> None:
    """Write a commit's files into a folder, and nothing that is not committed.

    Args:
        repository: A git checkout; its own files and index stay as they are.
        commit: What git takes for a commit.
        folder: It is made.
        umask: What the files are not permitted.
    """
    folder.mkdir(parents=True)
    environ = {**os.environ, "GIT_INDEX_FILE": str(folder.with_name(f"{folder.name}.index"))}
    _run(["git", "read-tree", commit], repository, environ)
    _run(["git", "checkout-index", "--all", f"--prefix={folder}{os.sep}"], repository, environ, umask)


def _build_in(scratch: Path, place: Surroundings, repository: Path, commit: str, epoch: str) -> Path:
    source, target = scratch / place.folder, scratch / f"{place.folder} made"
    check_out(repository, commit, source, place.umask)
    environ = {**os.environ, **place.variables, "SOURCE_DATE_EPOCH": epoch}
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(target)]
    _run(build, source, environ, place.umask)
    return target


def _wheel_of_sdist(sdist: Path, folder: Path, epoch: str) -> Path:
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "made")]
    _run(build, source, {**os.environ, **HERE.variables, "SOURCE_DATE_EPOCH": epoch})
    return next((folder / "made").glob("*.whl"))


def _digests(files: Iterable[Path]) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _run(words: list[str], folder: Path, environ: Mapping[str, str] | None = None, umask: int = -1) -> str:
    done = subprocess.run(words, cwd=folder, env=environ, umask=umask, check=True, capture_output=True, text=True)
    return done.stdout


def write(repository: Path, commit: str, target: Path) -> list[Path]:
    """Build a commit as `build_all` does, replace older files of the folder, and write SHA256SUMS and built.json beside them.

    Args:
        repository: A git checkout.
        commit: The commit's hash.
        target: The folder; it is made.

    Returns:
        The wheel and the sdist.

    Raises:
        NotReproducible: As `build_all`; nothing was written then.
        subprocess.CalledProcessError: Likewise.
    """
    files = build_all(repository, commit, target)
    for old in {*target.glob("omicsdk*")} - {*files}:
        old.unlink()
    (target / "SHA256SUMS").write_text(sums(files), encoding="utf-8", newline="\n")
    built = json.dumps(built_with(commit), indent=1, sort_keys=True) + "\n"
    (target / "built.json").write_text(built, encoding="utf-8", newline="\n")
    return files


def main() -> int:
    """Write dist/, and say what is in it; gives the exit code."""
    try:
        commit = _run(["git", "rev-parse", "HEAD"], ROOT).strip()
        files = write(ROOT, commit, ROOT / "dist")
    except NotReproducible as error:
        sys.stderr.write(f"dist: {error}\n")
        return 1
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"dist: {' '.join(map(str, error.cmd))} failed:\n{error.stderr}")
        return 1
    if _run(["git", "status", "--porcelain", "--untracked-files=no"], ROOT):
        sys.stderr.write("dist: changes that aren't committed are not in it\n")
    sys.stderr.write("".join(f"dist/{path.name}: {path.stat().st_size / 1024:.0f} KiB\n" for path in files))
    return 0


if __name__ == "__main__":
    sys.exit(main())
