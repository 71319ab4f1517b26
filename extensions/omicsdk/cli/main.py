"""The entry point of `omics`: finds a command, then shows its help or runs it."""

from __future__ import annotations

import atexit
import gc
import sys

from omicsdk.cli.catalog import Catalog, Found, Group, help_spellings, split_globals
from omicsdk.cli.help import TOPICS, command_help, group_help, terminal_width, topic_help, version_line
from omicsdk.cli.mistakes import unknown_topic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


# The last collections of the interpreter go through all objects, which takes a sixth of a short download. What a command has open
# is closed by then.
atexit.register(gc.freeze)


def main(argv: Sequence[str] | None = None, *, catalog: Catalog | None = None) -> int:
    """Run one command line.

    Args:
        argv: The words after the program's name; by default those of this process.
        catalog: The commands; by default those that are installed.

    Returns:
        The exit code: 0 done, 1 failed, 2 usage, 3 some or all of a batch failed, 4 credentials, 130 interrupted, 143
        ended by SIGTERM.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    _prepare_streams()
    if words[:1] == ["__complete"]:
        from omicsdk.cli.completion import response

        return response(words[1:], catalog or Catalog())
    where = ["omics"]
    try:
        code = _dispatch(words, catalog or Catalog(), where)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader closed the pipe: omics ... | head
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
    """Redirect stdout to the null device, so that the interpreter can flush it when it exits."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _dispatch(words: list[str], catalog: Catalog, where: list[str]) -> int:
    """Find the command, and show its help or run it.

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
        options, service_options, words = split_globals(
            words, node.options if node else [], has_default=bool(node and node.default)
        )
        before += options
        own += service_options
        if "-h" in options or "--help" in options:
            return _show_help(node or catalog.root())
        if "--version" in options:
            return _write(f"{version_line()}\n")
        if not words:
            if before or own:
                _check_options(before, needs_command=node is None)
            return _show_help(node or catalog.root())
        if words[0] == "help":
            # Of the whole program, and of a group of commands: `hca upload help` is documented as well.
            command = [word for word in words[1:] if not word.startswith("-")]
            return show_help(command, node=node, catalog=catalog, where=where)
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
        name = command[0]
        if text := topic_help(name, terminal_width()):
            return _write(text)
        if commands.find(name) is None:
            from omicsdk.cli.plugins import help_of

            if (code := help_of(name)) is None:
                raise unknown_topic(name, [*TOPICS, "topics", *commands.root().words()])
            return code
    return _show_help(_walked(commands, node, command, ["omics"] if where is None else where))


def _check_options(options: list[str], *, needs_command: bool) -> None:
    """Check options that no command follows; a service's name alone shows its help."""
    from omicsdk.cli.parser import parse_globals
    from omicsdk.core.errors import UsageError

    parse_globals(options)
    if needs_command:
        raise UsageError("missing command after the options")


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


def _prepare_streams() -> None:
    """Open the standard streams that are closed, and have them accept all characters."""
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
