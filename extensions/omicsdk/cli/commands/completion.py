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
# Where systems keep the program that loads bash's scripts from the user's folder.
_BASH_COMPLETION = (
    "/usr/share/bash-completion/bash_completion",
    "/etc/bash_completion",
    "/etc/profile.d/bash_completion.sh",
)

INSTALLABLE = ("bash", "zsh", "fish")


class ScriptLocation(NamedTuple):
    """Where a shell's script goes.

    Attributes:
        file: The script.
        settings: The shell's settings that have to name it; None if the shell finds it without them.
        line: The line that names it there.
    """

    file: Path
    settings: Path | None = None
    line: str = ""


def completion(shell: Literal["bash", "zsh", "fish", "powershell"]) -> str:
    """Print the completion script for your shell.

    `omics completion install` writes it where the shell finds it. Completes commands, options and their values,
    profiles, projects and remote paths. Names that a service knows are cached for a minute in your cache folder.

    Args:
        shell: The shell.
    """
    return script(shell, "omics").rstrip("\n")


def install(shell: Literal["bash", "zsh", "fish"] | None = None, *, console: Console) -> None:
    """Install the completion script for your shell.

    The script is written to the user's folder for completions of bash (with bash-completion) and fish; zsh has none, so `~/.zfunc` is used.
    zsh, and bash without bash-completion, need a line in `.zshrc` or `.bashrc`: it is printed, and added only if you agree.
    Run it again after an upgrade: what is up to date is left as it is.

    Args:
        shell: The shell; by default the one that SHELL names.
        console: Where questions and messages go.

    Raises:
        UsageError: The shell is missing or unknown.
        ConfigError: A file cannot be written.
    """
    named, target = _named_place(shell)
    text = script(named, "omics")
    if target.file.exists() and target.file.read_bytes() == text.encode():
        console.message(f"{target.file} is up to date")
    else:
        write_text(target.file, text, _MODE)
        console.message(f"wrote {target.file}")
    settings, line = target.settings, target.line
    if settings is not None:
        # As bytes: the settings of a shell need not be UTF-8.
        content = settings.read_bytes() if settings.exists() else b""
        if line.encode() not in content.splitlines():
            if not console.agrees(f"Add a line to {settings} so that {named} reads it?"):
                console.message(f"add this line to {settings}: {line}")
                return
            # A last line without an end would continue with this one.
            gap = b"" if content.endswith(b"\n") or not content else b"\n"
            _rewrite(settings, content + gap + line.encode() + b"\n", f"Add this line yourself: {line}")
            console.message(f"added a line to {settings}")
    console.message("open a new shell, and press Tab after: omics")


def uninstall(shell: Literal["bash", "zsh", "fish"] | None = None, *, console: Console) -> None:
    """Remove the installed script, and its line in the settings of the shell.

    Args:
        shell: The shell; by default the one that SHELL names.
        console: Where messages go.

    Raises:
        UsageError: The shell is missing or unknown.
        ConfigError: A file cannot be changed.
    """
    _, target = _named_place(shell)
    settings, line = target.settings, target.line.encode()
    content = settings.read_bytes() if settings is not None and settings.exists() else b""
    if settings is not None and line in content.splitlines():
        rest = b"".join(other for other in content.splitlines(keepends=True) if other.rstrip(b"\r\n") != line)
        _rewrite(settings, rest, f"Remove this line yourself: {target.line}")
        console.message(f"removed a line from {settings}")
    if target.file.exists():
        target.file.unlink()
        console.message(f"removed {target.file}")
    else:
        console.message(f"{target.file} does not exist")


def _named_place(shell: str | None) -> tuple[str, ScriptLocation]:
    """Return the shell, and where its script goes."""
    named = shell or own_shell(os.environ)
    return named, place_of(named, os.environ, home_folder(), has_loader=any(map(os.path.exists, _BASH_COMPLETION)))


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
    if name in ("pwsh", "powershell"):
        raise UsageError(
            f"{name} has no folder for completion scripts", remedy="Run: omics completion powershell >> $PROFILE"
        )
    reason = f"SHELL is {name!r}" if name else "SHELL is not set"
    raise UsageError(
        f"cannot detect your shell: {reason}", remedy=f"Name it: omics completion install {'|'.join(INSTALLABLE)}"
    )


def place_of(shell: str, environ: Mapping[str, str], home: Path, *, has_loader: bool) -> ScriptLocation:
    """Return where a shell's script goes.

    Args:
        shell: bash, zsh or fish.
        environ: The environment's variables.
        home: The user's folder.
        has_loader: Whether bash-completion is installed, which loads bash's scripts.
    """
    # Relative folders are others in each current folder; by the XDG Base Directory Specification they are invalid.
    environ = {name: value for name, value in environ.items() if Path(value).root}
    if shell == "fish":
        folder = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
        return ScriptLocation(folder / "fish" / "completions" / "omics.fish")
    if shell == "zsh":
        dot_folder = Path(environ.get("ZDOTDIR") or home)
        folder = dot_folder / ".zfunc"
        line = f"fpath=({_quoted(folder)} $fpath); autoload -Uz compinit && compinit"
        return ScriptLocation(folder / "_omics", dot_folder / ".zshrc", line)
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "bash-completion"
    # Since bash-completion 2.12 a list of folders, the first of which takes precedence.
    file = Path(environ.get("BASH_COMPLETION_USER_DIR", "").partition(":")[0] or data) / "completions" / "omics"
    return ScriptLocation(file) if has_loader else ScriptLocation(file, home / ".bashrc", f"source {_quoted(file)}")


def _rewrite(file: Path, content: bytes, remedy: str) -> None:
    """Replace the shell's settings at once, with their mode, also behind a link."""
    target = target_of(file)
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else _MODE
    try:
        with in_place_of(target, mode=mode) as written:
            written.write(content)
    except OSError as error:
        raise ConfigError(f"cannot write {file}: {error.strerror or error}", remedy=remedy) from error


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "'\\''") + "'"
