"""Find a command by its words, then show its help or run it."""

from __future__ import annotations

import sys

from omicsdk.cli.arguments import HELP_SPELLINGS, LOG_LEVEL, help_spellings, split_globals
from omicsdk.cli.help import command_help, group_help, terminal_width
from omicsdk.cli.program import CommandNode, Group, Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager


def run_program(program: Program, command_line: list[str]) -> int:
    """Run one command line.

    Args:
        program: The program.
        command_line: The words after its name.

    Returns:
        The exit code: 0 done, 1 failed, 2 usage, 3 some or all of a batch failed, 4 credentials, 130 interrupted, 129
        and 143 ended by SIGHUP and SIGTERM.
    """
    _prepare_streams()
    # Before all else: the typed words may be incomplete, and no error of theirs may reach the terminal.
    if command_line[:1] == ["__complete"]:
        from omicsdk.cli.completion import response

        return response(command_line[1:], program)
    where = [program.name]
    try:
        code = _dispatch(command_line, program, where)
        # Here, not at the interpreter's exit, which can only print an error of a full disk or a closed pipe.
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader closed the pipe: ... | head
        _abandon_stdout()
        # A reader that has read enough is no failure.
        return 0
    except (Exception, KeyboardInterrupt) as error:
        try:
            code = program.report(error, " ".join(where), command_line)
        except KeyboardInterrupt as interrupt:  # reporting imports what most commands do not need
            code = program.report(interrupt, " ".join(where), command_line)
        try:
            sys.stdout.flush()
        # stdout may be what failed; the error was printed on stderr.
        except OSError:
            _abandon_stdout()
    return code


def _abandon_stdout() -> None:
    """Redirect stdout to the null device, so that the interpreter can flush it when it exits."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _dispatch(arguments: list[str], program: Program, where: list[str]) -> int:
    """Find the command, and show its help or run it.

    Args:
        arguments: All words.
        program: The program.
        where: Grows by the words of the command, for errors.
    """
    # In any order. Beside another word --all may be an option of a command.
    if "--all" in arguments and set(arguments) <= {"--all", "-h", "--help", "help"}:
        return write(group_help(program.root(), terminal_width(), everything=True))
    before: list[str] = []
    command_options: list[str] = []
    seen: list[str] = []
    node: Group | CommandNode | None = None
    while True:
        if arguments and arguments[0].startswith("-"):
            options, service_options, arguments = split_globals(
                arguments, program.options, node.options if node else [], has_default=bool(node and node.default)
            )
            before += options
            command_options += service_options
            if "-h" in options or "--help" in options:
                return _show_help(node or program.root())
            if "--version" in options:
                return write(f"{program.version()}\n")
        if not arguments:
            if before or command_options:
                _check_options(program, before, needs_command=node is None)
            return _show_help(node or program.root())
        if arguments[0] == "help":
            # Of the whole program, and of a group of commands: `hca upload help` is documented as well.
            command = [word for word in arguments[1:] if not word.startswith("-")]
            return show_help(program, command, node=node, where=where)
        # Only a first word may be an alias, whose expansion is read as if it was typed.
        if node is None and program.find(arguments[0]) is None:
            resolved = program.resolve(arguments, before, seen)
            if isinstance(resolved, int):
                return resolved
            arguments = resolved
            continue
        node = program.follow(node, arguments)
        # In place: an error below names the command that was reached.
        where[1:] = node.path
        if isinstance(node, CommandNode):
            break
    if _asks_for_help(node, arguments):
        return _show_help(node)
    return _run(node, before, command_options + arguments)


def _run(node: CommandNode, before: list[str], command_line: list[str]) -> int:
    """Run a command.

    Returns:
        The exit code.
    """
    from contextlib import nullcontext

    from omicsdk.cli.parser import call_limits_of, parse, parse_globals

    program = node.program
    command_defaults, everywhere = program.defaults(node)
    values, after = parse(node.command, command_line, program.options, command_defaults, program.suggested_option)
    settings = {**everywhere, **parse_globals(before, program.options), **after}
    if settings.get("help") or settings.get("h"):  # after another letter: -qh
        return _show_help(node)
    if settings.get("version"):
        return write(f"{program.version()}\n")
    # --debug takes precedence over --quiet, and that over --log-level.
    least = "ERROR" if settings.get("quiet") else settings.get("log-level", LOG_LEVEL)
    level = "DEBUG" if settings.get("debug") else least
    call_limits, console = call_limits_of(settings), program.messages(level, settings)
    logging_context: AbstractContextManager[None] = nullcontext() if node.command.get("quick") else console.logs(level)
    with logging_context, call_limits:
        program.work(node, values, settings, console)
    return console.exit_code


def show_help(
    program: Program, command: Sequence[str], *, node: Group | None = None, where: list[str] | None = None
) -> int:
    """Show help on a command, or a word that only help knows.

    Args:
        program: The program.
        command: The command's words; none for the whole program.
        node: The group in which the command is looked up; by default all commands.
        where: Grows by the words of the command, for errors.

    Returns:
        The exit code.

    Raises:
        UsageError: Nothing has the name.
    """
    if node is None and len(command) == 1 and (help_text := program.help_of(command[0], terminal_width())) is not None:
        return help_text if isinstance(help_text, int) else write(help_text)
    target: Group | CommandNode = node or program.root()
    left = list(command)
    while left and isinstance(target, Group):
        target = program.follow(target if target.path else None, left)
        if where is not None:
            where[1:] = target.path
    return _show_help(target)


def _check_options(program: Program, options: list[str], *, needs_command: bool) -> None:
    """Check options that no command follows; a service's name alone shows its help."""
    from omicsdk.cli.parser import parse_globals
    from omicsdk.core.errors import UsageError

    parse_globals(options, program.options)
    if needs_command:
        raise UsageError("missing command after the options")


def _asks_for_help(target: CommandNode, arguments: list[str]) -> bool:
    until = 1 if target.command.get("verbatim") else arguments.index("--") if "--" in arguments else len(arguments)
    # Few command lines have one of these words, whose meaning all options of the command decide.
    help_options = HELP_SPELLINGS.intersection(arguments[:until])
    return bool(help_options) and not help_spellings(target.command).isdisjoint(help_options)


def _show_help(node: Group | CommandNode) -> int:
    width = terminal_width()
    return write(command_help(node, width) if isinstance(node, CommandNode) else group_help(node, width))


def write(text: str) -> int:
    """Write a text to stdout, and return the exit code of success."""
    sys.stdout.write(text)
    return 0


def _prepare_streams() -> None:
    """Open the standard streams that are closed, and have them accept all characters."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:  # closed by the shell: >&-
            import os

            # Writing to stdout fails, as with coreutils; messages on stderr are lost.
            flags = os.O_WRONLY if name == "stderr" else os.O_RDONLY
            setattr(sys, name, open(os.open(os.devnull, flags), mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - until the process ends
        elif (
            mode == "w"
            and (stream.encoding or "").lower().replace("-", "") != "utf8"
            and hasattr(stream, "reconfigure")
        ):
            # Descriptions have characters that an old terminal's encoding lacks.
            stream.reconfigure(errors="backslashreplace")
