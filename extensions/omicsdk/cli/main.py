"""The entry point of `omics`: finds the command, then shows its help or runs it."""

from __future__ import annotations

import sys

from omicsdk.cli.catalog import Catalog, Found, Group
from omicsdk.cli.help import command_help, group_help, terminal_width, topic_help
from omicsdk.cli.options import help_spellings, split_globals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None, *, catalog: Catalog | None = None) -> int:
    """Runs one command line.

    Args:
        argv: The words after the program's name; by default those of this process.
        catalog: The commands; by default those that are installed.

    Returns:
        The exit code: 0 done, 1 the service said no, 2 usage, 3 some of a batch failed, 4 credentials, 130 interrupted,
        143 ended by SIGTERM.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    _mend_streams()
    if words[:1] == ["__complete"]:
        from omicsdk.cli.completion import answer

        return answer(words[1:], catalog or Catalog())
    where = ["omics"]
    try:
        code = _dispatch(words, catalog or Catalog(), where)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us wanted no more: omics ... | head
        _abandon_stdout()
        return 0
    except (Exception, KeyboardInterrupt) as error:
        from omicsdk.cli.errors import exit_code, report

        report(error, " ".join(where), words)
        try:
            sys.stdout.flush()
        except OSError:
            _abandon_stdout()
        return exit_code(error)
    return code


def _abandon_stdout() -> None:
    """Lets stdout lead nowhere, so that the interpreter doesn't fail to flush it at its end."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _dispatch(words: list[str], catalog: Catalog, where: list[str]) -> int:
    """Finds the command and shows its help or runs it.

    Args:
        words: All words.
        catalog: The commands.
        where: Grows by the words of the command, for errors.
    """
    before: list[str] = []
    own: list[str] = []
    seen: list[str] = []
    node: Group | Found | None = None
    while True:
        options, service_options, words = split_globals(words, node.options if node else [])
        before += options
        own += service_options
        if "-h" in options or "--help" in options:
            return _show_help(node or catalog.root())
        if "--version" in options:
            from omicsdk.cli.help import version_line

            return _write(f"{version_line()}\n")
        if not words:
            if before or own:
                _check_options(before, needs_command=node is None)
            return _show_help(node or catalog.root())
        if words[0] == "help":
            # Of the whole program, and of a group of commands: the documentation has `hca upload help` as well.
            asked = [word for word in words[1:] if not word.startswith("-")]
            return show_help(asked, node=node, catalog=catalog, where=where)
        if node is None and catalog.find(words[0]) is None:
            from omicsdk.cli.plugins import resolve

            resolved = resolve(words, before, catalog, seen)
            if isinstance(resolved, int):
                return resolved
            words = resolved
            continue
        node = catalog.follow(node, words)
        where[1:] = node.path
        if isinstance(node, Found):
            break
    if _asks_for_help(node, words):
        return _show_help(node)
    from omicsdk.cli.invoke import run

    return run(node, before, own + words, catalog)


def show_help(
    command: Sequence[str] = (),
    *,
    node: Group | None = None,
    catalog: Catalog | None = None,
    where: list[str] | None = None,
) -> int:
    """Show help on a command or a topic.

    Args:
        command: The command's words, or a topic; by default the whole program.
        node: The group in which the command is looked up; by default all commands.
        catalog: The commands; by default those that are installed.
        where: Grows by the words of the command, for errors.

    Returns:
        The exit code.

    Raises:
        UsageError: No command or topic has the name.
    """
    commands = catalog or Catalog()
    if node is None and len(command) == 1:
        if (found := _topic(command[0])) is not None:
            return _write(found)
        if commands.find(command[0]) is None:
            from omicsdk.cli.plugins import help_of

            if (code := help_of(command[0])) is not None:
                return code
        _check_topic(command[0], commands)
    return _show_help(_walked(commands, node, command, ["omics"] if where is None else where))


def _check_options(options: list[str], *, needs_command: bool) -> None:
    """Looks at options that no command follows; a service's name alone asks for its help, whatever stands before it."""
    from omicsdk.cli.parser import parse_globals
    from omicsdk.core.errors import UsageError

    parse_globals(options)
    if needs_command:
        raise UsageError("a command is missing after the options")


def _topic(name: str) -> str | None:
    """The help of a topic; a service or command of the name is none."""
    from omicsdk.cli.help import topic

    found = topic(name)
    return None if found is None else topic_help(*found, terminal_width())


def _check_topic(name: str, catalog: Catalog) -> None:
    """Looks at a word that is asked about alone: topics are among what could have been meant."""
    root = catalog.root()
    known = [word for word, _ in [*root.groups(), *root.handwritten()]]
    if name in known:
        return
    from omicsdk.cli.help import TOPICS
    from omicsdk.cli.mistakes import unknown_topic

    raise unknown_topic(name, [*TOPICS, "topics", *known])


def _walked(catalog: Catalog, start: Group | None, words: Sequence[str], where: list[str]) -> Group | Found:
    node: Group | Found = start or catalog.root()
    left = list(words)
    while left and isinstance(node, Group):
        node = catalog.follow(node if node.path else None, left)
        where[1:] = node.path
    return node


def _asks_for_help(found: Found, words: list[str]) -> bool:
    until = 1 if found.command.get("verbatim") else words.index("--") if "--" in words else len(words)
    return not help_spellings(found.command).isdisjoint(words[:until])


def _show_help(node: Group | Found) -> int:
    width = terminal_width()
    return _write(command_help(node, width) if isinstance(node, Found) else group_help(node, width))


def _write(text: str) -> int:
    sys.stdout.write(text)
    return 0


def _mend_streams() -> None:
    """Makes the standard streams be there, and take whatever is written to them."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:  # closed by the shell: >&-
            import os

            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - until the process ends
        elif (
            mode == "w"
            and (stream.encoding or "").lower().replace("-", "") != "utf8"
            and hasattr(stream, "reconfigure")
        ):
            # Descriptions have characters that an old terminal's encoding lacks.
            stream.reconfigure(errors="backslashreplace")
