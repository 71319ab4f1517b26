"""First words that are not built-in commands: the user's aliases, and commands of other packages.

A command of another package is an entry point in the group `omicsdk.commands`: a function of the words after its name.
It is imported when it runs, and searched only for an unknown first word and for `omics --help`. The metadata of
installed distributions is read without importlib.metadata, which takes 40 ms, and cached until a folder of the import
path changes.
"""

from __future__ import annotations

import json
import os
import sys

from omicsdk.core.user_folders import user_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, TypedDict

    from omicsdk.cli.catalog import Catalog

    class Plugin(TypedDict):
        """A command of another package.

        Attributes:
            target: `module:function`.
            distribution: The package's name and version.
            summary: The package's own summary.
        """

        target: str
        distribution: str
        summary: str


GROUP = "omicsdk.commands"
# Environment variable: the file of aliases.
ALIASES_VARIABLE = "OMICS_ALIASES_FILE"
# Maximum number of Python environments in the cache.
MOST_ENVIRONMENTS = 20


# Prefix of the expansion of an alias for the shell.
SHELL = "!"


def plugins() -> dict[str, Plugin]:
    """The commands of other packages, by their word."""
    folders = list(_folders())
    file = f"{cache_folder()}/plugins.json"
    cached = _cached(file)
    # Entries are in the order of their last change: the environment that is written now becomes the last.
    cached_entry = cached.pop(sys.prefix, {})
    if cached_entry.get("folders") == folders:
        return cached_entry["plugins"]
    by_name: dict[str, Plugin] = {}
    for folder, _ in reversed(folders):  # Python imports the first
        by_name |= _in_folder(folder)
    recent = dict(list(cached.items())[1 - MOST_ENVIRONMENTS :])
    _cache(file, {**recent, sys.prefix: {"folders": folders, "plugins": by_name}})
    return by_name


def run(word: str, plugin: Plugin, arguments: Sequence[str]) -> int:
    """Run a command of another package.

    Args:
        word: Its word.
        plugin: The command.
        arguments: The words after it.

    Returns:
        The exit code: what its function returns, 0 for None.

    Raises:
        OmicsError: It cannot be imported, or failed.
    """
    from importlib import import_module

    from omicsdk.core.errors import AuthError, OmicsError

    package = plugin["distribution"]
    module, _, names = plugin["target"].partition(":")
    try:
        function: Any = import_module(module)
        for name in names.split("."):
            function = getattr(function, name)
    except Exception as error:
        raise OmicsError(
            f"cannot load the command {word!r} of {package}: {type(error).__name__}: {error}",
            remedy=f"Update the package, or remove it: pip uninstall {package.partition(' ')[0]}",
        ) from error
    try:
        return int(function(list(arguments)) or 0)
    except (OmicsError, OSError, MemoryError, RecursionError):
        raise
    except Exception as error:
        # An error of a generated client is a class of the client's package, but has a remedy and a status as omicsdk's.
        if hasattr(error, "remedy"):
            raise (AuthError if getattr(error, "status", 0) in (401, 403) else OmicsError)(str(error)) from error
        raise OmicsError(
            f"unexpected {type(error).__name__} in {package}: {error}", remedy=f"See where: omics --debug {word}"
        ) from error


def resolve(command_line: Sequence[str], options: Sequence[str], catalog: Catalog, seen: list[str]) -> list[str] | int:
    """Resolve a first word that is not a built-in command.

    Args:
        command_line: The word, and those after it.
        options: The global options before it.
        catalog: The commands.
        seen: The aliases replaced so far; this function adds to it.

    Returns:
        The expansion of an alias, or the exit code of the command, or of the help on an archive of that name.

    Raises:
        UsageError: It is neither an alias nor a command of another package, nor an archive alone.
    """
    from omicsdk.core.errors import UsageError

    word, *rest = command_line
    aliases, others = read_aliases(), plugins()
    expansion = aliases.get(word)
    if expansion is None and word not in others:
        from omicsdk.cli.dispatch import write
        from omicsdk.cli.help import terminal_width
        from omicsdk.cli.suggestions import unknown_first_word
        from omicsdk.cli.topics import archive, topic_help

        if not rest and not options and (text := topic_help(archive(word), terminal_width())):
            return write(text)
        root = catalog.root()
        known_words = [*root.next_words(), *aliases, *others]
        raise unknown_first_word(word, known_words, root.commands_named(word), root.commands_of_services)
    if word in seen:
        raise UsageError(f"the alias {word!r} refers to itself", remedy=f"Remove it: omics alias rm {word}")
    seen.append(word)
    if expansion is not None and not expansion.startswith(SHELL):
        return expanded(word, expansion, rest)
    # Only a command of omics reads global options: here they would be without effect.
    if refused := [option for option in options if option != "--debug"]:
        raise UsageError(f"{refused[0]} is not allowed before {word!r}, which is not a command of omicsdk")
    return run(word, others[word], rest) if expansion is None else run_in_shell(expansion, rest)


def expanded(name: str, expansion: str, arguments: Sequence[str]) -> list[str]:
    """Return the expanded words of an alias.

    Args:
        name: The alias.
        expansion: Its expansion; not one for the shell.
        arguments: The words after it: $1, $2 ... of the expansion; further words are appended.

    Raises:
        UsageError: A placeholder has no word, or a quote in the expansion is not closed.
    """
    import re
    import shlex

    from omicsdk.core.errors import UsageError

    used: set[int] = set()

    def argument_of(match: re.Match[str]) -> str:
        number = int(match[1])
        if number > len(arguments):
            raise UsageError(
                f"a word for ${number} is missing", remedy=f"The alias {name!r} expands to `omics {expansion}`."
            )
        used.add(number - 1)
        return arguments[number - 1]

    try:
        parts = shlex.split(expansion)
    except ValueError as error:
        message = f"the alias {name!r} cannot be split into words: {error}"
        raise UsageError(message, remedy=f"Remove it: omics alias rm {name}") from error
    whole = [re.sub(r"\$([1-9][0-9]?)", argument_of, part) for part in parts]
    return [*whole, *(word for number, word in enumerate(arguments) if number not in used)]


def run_in_shell(expansion: str, arguments: Sequence[str]) -> int:
    """Run the expansion of an alias for the shell.

    Args:
        expansion: The command for `sh`, after a `!`.
        arguments: Its $1, $2 ...

    Returns:
        The exit code of the shell.

    Raises:
        ConfigError: `sh` is missing.
    """
    import shutil

    from omicsdk.cli.foreground import exit_code_of
    from omicsdk.core.errors import ConfigError

    if (shell := shutil.which("sh")) is None:
        raise ConfigError("an alias for the shell requires sh", remedy="Install sh, for example with Git for Windows.")
    return exit_code_of([shell, "-c", expansion.removeprefix(SHELL), "--", *arguments])


def help_of(word: str) -> int | None:
    """Show the help of an alias or a command of another package.

    Args:
        word: Its word.

    Returns:
        The exit code; None if no such alias or command exists.
    """
    if (expansion := read_aliases().get(word)) is not None:
        sys.stdout.write(
            f"omics {word} is an alias of: {expansion if expansion[:1] == '!' else f'omics {expansion}'}\n"
        )
        return 0
    plugin = plugins().get(word)
    return None if plugin is None else run(word, plugin, ["--help"])


def aliases_file() -> str:
    """Return the file of the user's aliases, a JSON object of name to expansion; empty without a folder for settings."""
    if named := os.environ.get(ALIASES_VARIABLE):
        return named
    folder = user_folder("config")
    return folder and f"{folder}/aliases.json"


def read_aliases() -> dict[str, str]:
    """Read the user's aliases.

    Returns:
        Name to expansion.

    Raises:
        ConfigError: The file cannot be read or is malformed.
    """
    file = aliases_file()
    try:
        with open(file, "rb") as stream:  # noqa: PTH123 - pathlib costs 5 ms
            aliases: Any = json.loads(stream.read())
        if aliases.__class__ is dict and all(text.__class__ is str for text in aliases.values()):
            return aliases
        reason, line = "it is not an object of texts", None
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        reason, line = getattr(error, "strerror", None) or str(error), getattr(error, "lineno", None)
    from omicsdk.core.errors import ConfigError

    raise ConfigError(f"cannot read the aliases: {reason}", file=file, line=line, remedy="Correct or remove the file.")


def cache_folder() -> str:
    """Create the user's cache folder.

    Returns:
        The folder. If the home is missing, a path below which nothing can be written.
    """
    folder = user_folder("cache")
    try:
        for path in (os.path.dirname(folder), folder):  # noqa: PTH120 - as above
            if not os.path.isdir(path):  # noqa: PTH112 - as above
                os.mkdir(path, 0o700)  # noqa: PTH102 - as above
    except OSError:
        # Paths below the null device cannot exist: nothing is cached, and no caller has to know.
        return os.devnull
    return folder


def _folders() -> Iterator[list[Any]]:
    """Return the folders of the import path with their modification times: installing a package changes its folder."""
    for path in dict.fromkeys(sys.path):
        try:
            yield [path, os.stat(path).st_mtime_ns]  # noqa: PTH116 - as above
        except OSError:
            continue


def _cached(file: str) -> dict[str, Any]:
    try:
        with open(file, "rb") as stream:  # noqa: PTH123 - as above
            content: Any = json.loads(stream.read())
    except (OSError, ValueError):
        return {}
    return content if content.__class__ is dict else {}


def _cache(file: str, content: dict[str, Any]) -> None:
    # Renamed when it is complete: another process reads the old list or the new one.
    part = f"{file}.{os.getpid()}"
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:  # noqa: PTH123 - as above
            stream.write(json.dumps(content))
        os.replace(part, file)  # noqa: PTH105 - as above
    except OSError:
        return


def _in_folder(folder: str) -> dict[str, Plugin]:
    """Return the commands of the distributions installed in a folder."""
    by_name: dict[str, Plugin] = {}
    try:
        names = os.listdir(folder)  # noqa: PTH208 - as above
    except OSError:  # an archive
        return by_name
    for name in names:
        if name.endswith((".dist-info", ".egg-info")):
            for word, target in _entry_points(_text(f"{folder}/{name}/entry_points.txt")):
                facts = _text(f"{folder}/{name}/METADATA") or _text(f"{folder}/{name}/PKG-INFO")
                package = f"{_header(facts, 'Name') or name} {_header(facts, 'Version')}".rstrip()
                by_name[word] = {"target": target, "distribution": package, "summary": _header(facts, "Summary")}
    return by_name


def _entry_points(text: str) -> Iterator[tuple[str, str]]:
    """Return the entry points of the group in an entry_points.txt."""
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line
        elif section == f"[{GROUP}]" and "=" in line:
            word, _, target = (part.strip() for part in line.partition("="))
            # It is printed in help, and typed as the first word of a command line.
            if word.isprintable() and " " not in word and not word.startswith("-"):
                yield word, target.partition("[")[0].strip()


def _header(facts: str, name: str) -> str:
    lines = facts.partition("\n\n")[0].splitlines()
    header = next((line for line in lines if line.startswith(f"{name}: ")), "")
    return "".join(c for c in header.removeprefix(f"{name}: ") if c.isprintable())


def _text(file: str) -> str:
    try:
        with open(file, encoding="utf-8", errors="replace") as stream:  # noqa: PTH123 - as above
            return stream.read()
    except OSError:
        return ""
