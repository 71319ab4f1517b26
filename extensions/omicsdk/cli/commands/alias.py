"""`omics alias`: names for commands, and the shell function by which scripts for hca run through omics.

Aliases are a JSON object of name to expansion in omicsdk's settings folder. It is read where the first word is no
command.
"""

from __future__ import annotations

import json
import shlex
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from omicsdk.cli.arguments import split_globals
from omicsdk.cli.catalog import GLOBALS, Catalog
from omicsdk.cli.commands.values import STREAM, text_of
from omicsdk.cli.plugins import ALIASES_VARIABLE, SHELL, aliases_file, plugins, read_aliases
from omicsdk.core.errors import ConfigError, UsageError
from omicsdk.core.files import locked, write_private
from omicsdk.core.likeness import did_you_mean

if TYPE_CHECKING:
    from omicsdk.cli.output import Console


# Files of the function `hca`. The operations of dss and auth always printed JSON, and deleted without asking: they get options
# for that. The only option before these words was --log-level.
_FUNCTIONS = {"fish": "hca.fish", "powershell": "hca.ps1"}
# bash is the default of --shell, so other shells may read this too.
_EXPORT = 'if [ -n "${BASH_VERSION-}" ]; then export -f hca; fi\n'


def _path() -> Path:
    """The file of aliases.

    Raises:
        ConfigError: The user has no folder for settings.
    """
    if file := aliases_file():
        return Path(file)
    raise ConfigError("no folder for aliases: HOME is not set", remedy=f"Name a file in {ALIASES_VARIABLE}.")


def set_alias(name: str, expansion: str, *, shell: bool = False, clobber: bool = False, console: Console) -> None:
    """Define a name for a command.

    `omics NAME` then runs the command. $1, $2 ... are replaced by the words after the name, and further words are
    appended. An expansion that begins with ! is run by sh, as with `shell`.

    Args:
        name: Name of the alias: one word that is not a command.
        expansion: The command without `omics`, quoted as one word; - reads it from stdin.
        shell: Run the expansion with sh, so that pipes and redirections work.
        clobber: Replace an alias of that name.
        console: Prints messages.

    Raises:
        UsageError: The name hides a command or exists, or the expansion does not begin with a command.
        ConfigError: The file of aliases cannot be read or written.
    """
    text = (text_of(STREAM, "EXPANSION") if expansion == STREAM else expansion).strip()
    if shell and not text.startswith(SHELL):
        text = SHELL + text
    catalog = Catalog()
    if not name or name.startswith(("-", "__")) or any(c.isspace() or not c.isprintable() for c in name):
        raise UsageError(f"{name!r} cannot be an alias", remedy="Use one word that does not begin with a dash.")
    if _is_command(name, catalog):
        raise UsageError(f"cannot define the alias {name!r}: omics {name} is a command", remedy="Choose another name.")
    path = _path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(path):
        aliases = read_aliases()
        if name in aliases and not clobber:
            raise UsageError(f"the alias {name!r} already exists", remedy="Replace it: --clobber.")
        if not text.startswith(SHELL):
            _check(text, catalog, aliases)
        _write(path, {**aliases, name: text})
    console.message(f"{'replaced' if name in aliases else 'added'} the alias {name}")


def _check(expansion: str, catalog: Catalog, aliases: dict[str, str]) -> None:
    """Check that an expansion begins with a command.

    Raises:
        UsageError: It does not.
    """
    try:
        parts = split_globals(shlex.split(expansion), GLOBALS, [])[2]
    except ValueError as error:  # a quote that is not closed
        raise UsageError(f"cannot split the expansion into words: {error}") from error
    first = parts[0] if parts else ""
    if first not in aliases and not _is_command(first, catalog):
        near = did_you_mean(first, catalog.root().next_words()) if first else ""
        raise UsageError(
            f"{expansion!r} does not begin with a command", remedy=f"{near} For other programs use --shell.".lstrip()
        )


def _is_command(word: str, catalog: Catalog) -> bool:
    return catalog.find(word) is not None or word in plugins()


def list_aliases() -> list[dict[str, str]]:
    """List your aliases.

    Raises:
        ConfigError: The file of aliases cannot be read.
    """
    return [{"name": name, "expansion": text} for name, text in sorted(read_aliases().items())]


def remove_alias(name: str, *, console: Console) -> None:
    """Remove an alias.

    Args:
        name: The alias.
        console: Prints messages.

    Raises:
        UsageError: There is no such alias.
        ConfigError: The file of aliases cannot be read or written.
    """
    path = _path()
    aliases = read_aliases()
    if name not in aliases:
        raise UsageError(f"alias not found: {name!r}", remedy=did_you_mean(name, aliases) or "Run `omics alias list`.")
    with locked(path):
        # Read again under the lock: another command may have added aliases.
        _write(path, {alias: text for alias, text in read_aliases().items() if alias != name})
    console.message(f"removed the alias {name}")


def _write(path: Path, aliases: dict[str, str]) -> None:
    write_private(path, json.dumps(aliases, indent=2, ensure_ascii=False) + "\n")


def hca(*, shell: Literal["bash", "zsh", "sh", "fish", "powershell"] = "bash") -> str:
    """Print a shell function that runs the commands of hca through omics.

    bash: eval "$(omics alias hca)", also in a script's first lines; bash scripts started from there inherit the
    function.

    zsh: eval "$(omics alias hca --shell zsh)"

    sh: eval "$(omics alias hca --shell sh)" in a script's first lines

    fish: omics alias hca --shell fish | source

    powershell: omics alias hca --shell powershell | Out-String | Invoke-Expression

    As with hca, results are JSON on a terminal too, and commands delete without asking.

    Args:
        shell: The shell that the function is for.
    """
    return function(shell).rstrip("\n")


def function(shell: str) -> str:
    """The function `hca` for a shell.

    Args:
        shell: bash, zsh, sh, fish or powershell.

    Returns:
        Lines for the shell to read. bash hands the function on to scripts that are run from it.
    """
    file = files("omicsdk.cli").joinpath("functions", _FUNCTIONS.get(shell, "hca.sh"))
    return file.read_text("utf-8") + (_EXPORT if shell == "bash" else "")
