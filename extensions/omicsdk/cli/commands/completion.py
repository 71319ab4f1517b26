"""`omics completion`: the scripts by which shells ask `omics __complete` (cli/completion.py), and where they go."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from omicsdk.cli.completion import script
from omicsdk.core.errors import ConfigError, UsageError
from omicsdk.core.files import home_folder, in_place_of, target_of, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.output import Console

_MODE = 0o644
_BASH_COMPLETION = (
    "/usr/share/bash-completion/bash_completion",
    "/etc/bash_completion",
    "/etc/profile.d/bash_completion.sh",
)
"""Where systems keep the program that loads bash's scripts from the user's folder."""

INSTALLABLE = ("bash", "zsh", "fish")


class Place(NamedTuple):
    """Where a shell's script goes.

    Attributes:
        file: The script.
        settings: The shell's settings that have to name it; None if the shell finds it without them.
        line: The line that names it there.
    """

    file: Path
    settings: Path | None = None
    line: str = ""


def completion(
    shell: Literal["bash", "zsh", "fish", "powershell"] | None = None, *, install: bool = False, console: Console
) -> str | None:
    """Print or install the completion script for your shell.

    Completes commands, options and their values, profiles, projects and remote paths. Names that a service knows are
    cached for a minute in your cache folder.

    Args:
        shell: The shell; by default, with `install`, the one that SHELL names.
        install: Install the script for the shell (bash, zsh, fish), and print the remaining steps.
        console: Where questions and messages go.

    Raises:
        UsageError: The shell is missing, unknown, or has no folder for scripts.
        ConfigError: The script cannot be written.
    """
    if not install:
        if shell is None:
            raise UsageError("SHELL is required", remedy="Or write the script where your shell reads it: --install.")
        return script(shell, "omics").rstrip("\n")
    named = shell or own_shell(os.environ)
    if named not in INSTALLABLE:
        raise UsageError(
            f"{named} has no folder for completion scripts", remedy="Run: omics completion powershell >> $PROFILE"
        )
    has_loader = any(map(os.path.exists, _BASH_COMPLETION))
    _install(named, place_of(named, os.environ, home_folder(), has_loader=has_loader), console)
    return None


def own_shell(environ: Mapping[str, str]) -> str:
    """Return the user's shell, as SHELL names it.

    Args:
        environ: The environment's variables.

    Raises:
        UsageError: SHELL is not set, or there is no script for the shell.
    """
    name = environ.get("SHELL", "").replace("\\", "/").rpartition("/")[2].removesuffix(".exe")
    if name in INSTALLABLE:
        return name
    reason = f"SHELL is {name!r}" if name else "SHELL is not set"
    raise UsageError(
        f"cannot detect your shell: {reason}", remedy=f"Name it: omics completion {'|'.join(INSTALLABLE)} --install"
    )


def place_of(shell: str, environ: Mapping[str, str], home: Path, *, has_loader: bool) -> Place:
    """Return where a shell's script goes.

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


def _install(shell: str, place: Place, console: Console) -> None:
    """Write a shell's script, and offer to name it in the shell's settings where they have to.

    Raises:
        ConfigError: A file cannot be written.
    """
    write_text(place.file, script(shell, "omics"), _MODE)
    console.message(f"wrote {place.file}")
    settings, line = place.settings, place.line
    if settings is not None:
        content = settings.read_bytes() if settings.exists() else b""
        if line.encode() not in content:
            if not console.agrees(f"Add a line to {settings} so that {shell} reads it?"):
                console.message(f"add this line to {settings}: {line}")
                return
            _add_line(settings, content, line)
            console.message(f"added a line to {settings}")
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
            f"cannot write {file}: {error.strerror or error}", remedy=f"Add this line yourself: {line}"
        ) from error


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "'\\''") + "'"
