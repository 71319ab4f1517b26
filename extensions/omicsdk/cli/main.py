"""The program `omics`: its entry point, and what commands of platforms need when they are run, completed or fail."""

from __future__ import annotations

import atexit
import gc
import sys

try:
    from omicsdk.cli import dispatch
    from omicsdk.cli.catalog import Catalog
    from omicsdk.cli.program import CommandNode, version_line
except KeyboardInterrupt:  # imports are most of a short command's time
    sys.stderr.write("omics: interrupted.\n")
    sys.exit(130)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from omicsdk.cli.shapes import Argument


# The last collections of the interpreter go through all objects, which takes a sixth of a short download. What a command has open
# is closed by then.
atexit.register(gc.freeze)
# By default a pass follows 700 new objects: imports, lists and transfers make tens of thousands, few of which are garbage. 5 of 95 ms
# of a copy, and a twentieth of a copy of 10,000 objects.
gc.set_threshold(50_000)


def main(argv: Sequence[str] | None = None, *, catalog: Omics | None = None) -> int:
    """Run one command line.

    Args:
        argv: The words after the program's name; by default those of this process.
        catalog: The commands; by default those that are installed.

    Returns:
        The exit code: 0 done, 1 failed, 2 usage, 3 some or all of a batch failed, 4 credentials, 130 interrupted, 129
        and 143 ended by SIGHUP and SIGTERM.
    """
    program, words = catalog or Omics(), list(sys.argv[1:] if argv is None else argv)
    if sys.getfilesystemencoding() != "utf-8":
        from omicsdk.fs.errors import PathError
        from omicsdk.fs.stores.local import check_encoding

        try:
            for word in words:
                check_encoding(word)
        except PathError as error:
            return program.report(error, program.name, words)
    return dispatch.run_program(program, words)


def show_help(command: Sequence[str] = ()) -> int:
    """Show help on a command or a topic.

    Args:
        command: The command's words, or a topic; by default the whole program.

    Returns:
        The exit code.

    Raises:
        UsageError: No command or topic has the name.
    """
    return dispatch.show_help(Omics(), command)


class Omics(Catalog):
    """The commands of omics, which can be run."""

    def version(self) -> str:
        """The version of omicsdk, and of the system that it runs on."""
        from omicsdk import __version__

        return version_line(self.name, __version__)

    def resolve(self, command_line: list[str], options: list[str], seen: list[str]) -> list[str] | int:
        """Resolve an alias, or run a command of another package, as `plugins.resolve`."""
        from omicsdk.cli.plugins import resolve

        return resolve(command_line, options, self, seen)

    def help_of(self, name: str, width: int) -> str | int | None:
        """Return the help of a topic, or the exit code of an alias or a command of another package that showed it.

        Args:
            name: The word.
            width: Characters of a line.

        Raises:
            UsageError: No command or topic has the name.
        """
        from omicsdk.cli.topics import ARCHIVES, TOPICS, topic_help

        if text := topic_help(name, width):
            return text
        if self.find(name) is not None:
            return None
        from omicsdk.cli.plugins import help_of

        if (code := help_of(name)) is None:
            from omicsdk.cli.suggestions import unknown_topic

            raise unknown_topic(name, [*TOPICS, *ARCHIVES, "topics", *self.root().next_words()])
        return code

    def topics(self) -> list[tuple[str, str]]:
        """Return the topics of help."""
        from omicsdk.cli.topics import ARCHIVES, TOPICS

        return [("topics", "Topics of help"), *((name, title) for name, (title, _) in {**TOPICS, **ARCHIVES}.items())]

    def defaults(self, target: CommandNode) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Return the configured defaults of a command, as `invoke.configured_defaults`."""
        from omicsdk.cli.invoke import configured_defaults

        return configured_defaults(target, self)

    def work(self, target: CommandNode, values: dict[str, Any], settings: Mapping[str, Any], console: Any) -> None:
        """Run a command, as `invoke.work`."""
        from omicsdk.cli.invoke import work

        work(target, values, settings, self, console)

    def messages(self, level: str, settings: Mapping[str, Any]) -> Any:
        """Return the console of a command."""
        from omicsdk.cli.output import Console

        as_json = settings.get("log-format") == "json"
        return Console(level, assume_yes=bool(settings.get("yes")), as_json=as_json)

    def report(self, error: BaseException, where: str, command_line: list[str]) -> int:
        """Print the error of a failed command, as `failures.report`."""
        from omicsdk.cli.failures import report

        return report(error, where, command_line)

    def expanded(self, word: str) -> list[str]:
        """Return the words of an alias, without those that stand for its arguments."""
        from shlex import split as words_of

        from omicsdk.cli.plugins import read_aliases

        return [part for part in words_of(read_aliases()[word]) if not part.startswith("$")]

    def others(self) -> list[tuple[str, str]]:
        """Return the aliases."""
        from omicsdk.cli.plugins import read_aliases

        return list(read_aliases().items())

    def completions(
        self, target: CommandNode | None, argument: Argument, current: str, option_values: Mapping[str, str]
    ) -> Any:
        """Return the possible values of an argument, as `remote_words.completions`."""
        from omicsdk.cli.remote_words import completions

        return completions(target, argument, current, option_values)
