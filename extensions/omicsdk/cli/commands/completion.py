"""`omics completion`: prints a shell's script, or puts it where the shell reads it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from omicsdk.cli.catalog import Catalog
from omicsdk.cli.completion import script
from omicsdk.core.errors import ConfigError, UsageError
from omicsdk.core.files import home_folder, in_place_of, target_of, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from omicsdk.cli.console import Console

_MODE = 0o644
INSTALLABLE = ("bash", "zsh", "fish")
_BASH_COMPLETION = (
    "/usr/share/bash-completion/bash_completion",
    "/etc/bash_completion",
    "/etc/profile.d/bash_completion.sh",
)
"""Where systems keep what loads bash's scripts from the user's folder."""


class Place(NamedTuple):
    """Where a shell's script goes.

    Attributes:
        file: The script.
        settings: The shell's settings that have to name it; None where the shell finds it by itself.
        line: What they have to say.
    """

    file: Path
    settings: Path | None = None
    line: str = ""


def completion(arguments: Mapping[str, Any], console: Console) -> str | None:
    """`omics completion [SHELL] [--install]`.

    Args:
        arguments: shell, install.
        console: Where questions and what was done go.

    Raises:
        UsageError: No shell is named, or it can't be told which one is used.
        ConfigError: The script can't be written.
    """
    shell = arguments["shell"]
    if not arguments["install"]:
        if shell is None:
            raise UsageError("SHELL is required", remedy="Or put the script where your shell reads it: --install.")
        return script(shell, Catalog())
    shell = shell or own_shell(os.environ)
    if shell not in INSTALLABLE:
        raise UsageError(
            f"{shell} has no folder that it reads scripts from",
            remedy="Run: omics completion powershell >> $PROFILE",
        )
    install(
        shell,
        place_of(shell, os.environ, home_folder(), has_loader=any(map(os.path.exists, _BASH_COMPLETION))),
        console,
    )
    return None


def own_shell(environ: Mapping[str, str]) -> str:
    """The user's shell, as SHELL says.

    Args:
        environ: The environment's variables.

    Raises:
        UsageError: It says none that there is a script for.
    """
    name = environ.get("SHELL", "").replace("\\", "/").rpartition("/")[2].removesuffix(".exe")
    if name in INSTALLABLE:
        return name
    told = f"SHELL is {name!r}" if name else "SHELL isn't set"
    raise UsageError(
        f"can't tell which shell you use: {told}", remedy=f"Name it: omics completion {'|'.join(INSTALLABLE)} --install"
    )


def place_of(shell: str, environ: Mapping[str, str], home: Path, *, has_loader: bool) -> Place:
    """Where a shell's script goes.

    Args:
        shell: bash, zsh or fish.
        environ: The environment's variables.
        home: The user's folder.
        has_loader: Whether bash-completion is installed, which loads bash's scripts.
    """
    if shell == "fish":
        folder = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
        return Place(folder / "fish" / "completions" / "omics.fish")
    if shell == "zsh":
        own = Path(environ.get("ZDOTDIR") or home)
        folder = own / ".zfunc"
        line = f"fpath=({_quoted(folder)} $fpath); autoload -Uz compinit && compinit"
        return Place(folder / "_omics", own / ".zshrc", line)
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "bash-completion"
    file = Path(environ.get("BASH_COMPLETION_USER_DIR") or data) / "completions" / "omics"
    return Place(file) if has_loader else Place(file, home / ".bashrc", f"source {_quoted(file)}")


def install(shell: str, place: Place, console: Console) -> None:
    """Writes a shell's script, and offers to name it in the shell's settings where they have to.

    Args:
        shell: bash, zsh or fish.
        place: Where it goes.
        console: Where questions and what was done go.

    Raises:
        ConfigError: A file can't be written.
    """
    write_text(place.file, f"{script(shell, Catalog())}\n", _MODE)
    console.message(f"wrote {place.file}")
    if place.settings is None:
        console.message("open a new shell, and press Tab after: omics")
        return
    settings = place.settings.read_bytes() if place.settings.exists() else b""
    if place.line.encode() not in settings:
        if not console.agrees(f"Add a line to {place.settings} so that {shell} reads it?"):
            console.message(f"add this line to {place.settings}: {place.line}")
            return
        _add_line(place.settings, settings, place.line)
        console.message(f"added a line to {place.settings}")
    console.message("open a new shell, and press Tab after: omics")


def _add_line(file: Path, content: bytes, line: str) -> None:
    target = target_of(file)
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else _MODE
    gap = b"" if content.endswith(b"\n") or not content else b"\n"
    try:
        with in_place_of(target, mode=mode) as written:
            written.write(content + gap + line.encode() + b"\n")
    except OSError as error:
        raise ConfigError(
            f"{file} can't be written: {error.strerror or error}", remedy=f"Add this line by hand: {line}"
        ) from error


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "'\\''") + "'"
