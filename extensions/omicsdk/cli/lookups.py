"""Completions that are not commands: profiles, and the entries of remote folders.

A remote folder is listed by a child process, which writes the names into the user's cache; `omics __complete` waits for
it briefly, else offers cached names. A slow service delays a key press by at most WAIT_SECONDS, and the next one has
the names.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep, time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from subprocess import Popen

KEPT_SECONDS = 60
# Seconds before a failed lookup is repeated.
FAILED_SECONDS = 10
# Including the start of Python, it is below a second.
WAIT_SECONDS = 0.7
# A child that takes longer is ended, and another one is started.
CHILD_SECONDS = 15
MOST_NAMES = 1000
MOST_CONDITIONS = 5000
# Begins what takes a folder's place for the conditions of Azul; the name of a catalog follows, none for the default one.
FACETS = "azul facets "
_CHECK_SECONDS = 0.01
_SECRET = ("TOKEN", "PASS", "KEY", "SECRET")
_PREFIXES = ("OMICS_", "SB_", "GEN3_", "HCA_", "DSS_", "CRUNCH_", "PANGEA_", "AWS_", "DRS_", "XDG_CONFIG")

# Children that outlive this process; one that is dropped while it runs is a warning.
started: list[Popen[bytes]] = []


def profiles(service: Sequence[str]) -> list[str]:
    """The profiles of omicsdk's settings, and those of Seven Bridges' own file.

    Args:
        service: The service's word; empty for a command without a service.
    """
    import tomllib

    from omicsdk.core.files import home_folder
    from omicsdk.core.settings.profiles import settings_path

    names: list[str] = []
    path = settings_path()
    if path is not None and path.exists():
        names += tomllib.loads(path.read_text("utf-8")).get("profiles", {})
    if list(service) in ([], ["sb"]):
        credentials_file = home_folder() / ".sevenbridges" / "credentials"
        lines = credentials_file.read_text("utf-8").splitlines() if credentials_file.exists() else []
        names += [line.strip()[1:-1] for line in lines if line.strip().startswith("[") and line.strip().endswith("]")]
    return list(dict.fromkeys(names))


def entries(folder: str, options: Mapping[str, str]) -> list[str]:
    """Return the paths of the entries of a remote folder; folders have a trailing slash.

    Args:
        folder: Its URI.
        options: Options of its store.

    Returns:
        The names; those of the last lookup if a new one takes too long; empty before the first one.
    """
    file = cache_file(folder, options)
    cached = _read(file)
    if cached.fresh:
        return cached.names
    deadline = monotonic() + WAIT_SECONDS
    # A child of an earlier completion may still be looking it up.
    if not _is_running(file):
        _start(file, folder, options)
    while monotonic() < deadline and not cached.fresh:
        sleep(_CHECK_SECONDS)
        cached = _read(file)
    return cached.names


def cache_file(folder: str, options: Mapping[str, str]) -> Path:
    """Return the file with a folder's names, in the user's cache.

    Args:
        folder: The URI.
        options: Options of its store.
    """
    from hashlib import sha256

    from omicsdk.cli.plugins import cache_folder

    # Another endpoint or profile is another listing. Secrets are left out, even as a part of a digest.
    context = sorted(
        (name, value)
        for name, value in os.environ.items()
        if name.startswith(_PREFIXES) and not any(word in name for word in _SECRET)
    )
    key = sha256(json.dumps([folder, sorted(options.items()), context]).encode()).hexdigest()[:32]
    return Path(cache_folder(), "completion", f"{key}.json")


class _Cached:
    """The names of a cache file, to be looked up again at a time in seconds since 1970."""

    def __init__(self, names: list[str], until: float) -> None:
        self.names = names
        # A clock that was set back must not keep them for years.
        self.fresh = 0 <= until - time() <= KEPT_SECONDS


def _read(file: Path) -> _Cached:
    try:
        content = json.loads(file.read_bytes())
        return _Cached([str(name) for name in content["names"]], float(content["until"]))
    except (OSError, ValueError, KeyError, TypeError):  # missing, or not a cache file
        return _Cached([], 0)


def _marker(file: Path) -> Path:
    return file.with_suffix(".running")


def _is_running(file: Path) -> bool:
    try:
        return 0 <= time() - _marker(file).stat().st_mtime < CHILD_SECONDS
    except OSError:
        return False


def _start(file: Path, folder: str, options: Mapping[str, str]) -> None:
    import subprocess

    file.parent.mkdir(mode=0o700, exist_ok=True)
    # Before the child starts, so that the next completion does not start another one.
    _marker(file).touch(mode=0o600)
    _remove_old(file.parent)
    # -P: do not import from the current folder. The child shares no streams: the shell waits until those are closed.
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "omicsdk.cli.lookups"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    started.append(child)
    if child.stdin is not None:
        with child.stdin as pipe:
            pipe.write(json.dumps({"file": str(file), "folder": folder, "options": dict(options)}).encode())


def _remove_old(folder: Path) -> None:
    """Remove names not looked up for a day."""
    for file in folder.iterdir():
        with suppress(FileNotFoundError):  # another completion or its child removed it
            if time() - file.stat().st_mtime > 24 * 3600:
                file.unlink()


def main() -> int:
    """List the folder that stdin names, and cache its names.

    Returns:
        The exit code: 1 where it could not be listed.
    """
    from threading import Timer

    from omicsdk.cli.completion import log
    from omicsdk.core.files import write_private

    request = json.loads(sys.stdin.read())
    file = Path(request["file"])
    # os._exit, because an exception in the thread of the timer would not end a call of the main one.
    limit = Timer(CHILD_SECONDS, os._exit, [1])
    limit.daemon = True
    limit.start()
    try:
        names, lifetime, code = _names_in(request["folder"], request["options"]), KEPT_SECONDS, 0
    except Exception as error:
        log(error)
        # Earlier names, for a shorter time: a failing service is not requested at each completion.
        names, lifetime, code = _read(file).names, FAILED_SECONDS, 1
    write_private(file, json.dumps({"names": names, "until": time() + lifetime}))
    # After the file is written: a completion that finds neither would start another child.
    _marker(file).unlink(missing_ok=True)
    return code


def _names_in(folder: str, options: Mapping[str, str]) -> list[str]:
    from itertools import islice

    if folder.startswith(FACETS):
        from omicsdk import Azul
        from omicsdk.hca.azul.filters import text_of

        with Azul(options.get("base_url"), profile=options.get("profile")) as azul:
            items = azul.facets(catalog=folder.removeprefix(FACETS))
        return [f"{item.facet}={text_of(item.value)}" for item in items][:MOST_CONDITIONS]

    from omicsdk.fs.uris import Stores, parse_uri

    uri = parse_uri(folder)
    with Stores({uri.scheme: options}) as stores:
        items = islice(stores.of(uri).entries(uri.path), MOST_NAMES)
        return [entry.path + "/" * entry.is_folder for entry in items]


if __name__ == "__main__":
    sys.exit(main())
