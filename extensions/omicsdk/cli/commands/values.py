"""Checks and conversions of what was typed: numbers, texts, files to read and to write, and the response to a question."""

from __future__ import annotations

import os
import stat
import sys

from omicsdk.cli.errors import INTERRUPTED
from omicsdk.core.errors import UsageError
from omicsdk.core.files import is_special

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import Any, BinaryIO

    from omicsdk.cli.output import Console, Output
    from omicsdk.locks import Cache

# Stdin in the place of a file that is read, stdout in the place of one that is written.
STREAM = "-"
_STRIDE = 1024 * 1024


def is_stream(word: str) -> bool:
    """Whether a source can only be read once, from its start: stdin, or a FIFO such as that of <(...) in a shell.

    Args:
        word: What was typed.
    """
    try:
        return word == STREAM or stat.S_ISFIFO(os.stat(word).st_mode)  # noqa: PTH116 - pathlib takes 4 ms to import
    except (OSError, ValueError):  # a URI, or no file: opening it states what is wrong
        return False


def open_stream(word: str) -> AbstractContextManager[BinaryIO]:
    """Open a source for which `is_stream` is true.

    Args:
        word: What was typed.
    """
    from contextlib import nullcontext  # few commands take streams

    return nullcontext(sys.stdin.buffer) if word == STREAM else open(word, "rb")  # noqa: PTH123 - as above


# -- numbers and texts


def at_least_1(number: float) -> float:
    """Check a count, or seconds between two requests.

    Args:
        number: The value that was typed or configured.

    Raises:
        UsageError: It is below 1.
    """
    return _at_least(1, number)


def at_least_0(number: float) -> float:
    """Check a count that may be 0.

    Args:
        number: The value that was typed or configured.

    Raises:
        UsageError: It is below 0.
    """
    return _at_least(0, number)


def interval(text: str) -> float:
    """Convert the time between two reports to seconds.

    Args:
        text: The duration that was typed or configured; 0 for no reports.

    Raises:
        UsageError: It is not a duration.
    """
    from omicsdk.core.durations import REMEDY, seconds_in

    if (seconds := seconds_in(text)) is None:
        raise UsageError(f"{text}: not a duration", remedy=f"{REMEDY} 0 is for none.")
    return seconds


def metrics_target(text: str) -> str:
    """Check where metrics go.

    Args:
        text: The value that was typed or configured.

    Raises:
        UsageError: It is neither `otlp` nor a file whose name the textfile collector reads.
    """
    if text != "otlp" and not text.endswith(".prom"):
        remedy = "Use a name that ends in .prom, the only ones that the textfile collector reads, or otlp."
        raise UsageError(f"{text}: neither a file of metrics nor otlp", remedy=remedy)
    return text


def _at_least(least: int, number: float) -> float:
    if number < least:
        raise UsageError(f"{number:g} is below {least}", remedy=f"Use {least} or more.")
    return number


def shared_cache(folder: str) -> Cache | None:
    """Open the cache of a download.

    Args:
        folder: Its folder; empty for none, in place of a configured one.
    """
    from omicsdk.locks import Cache

    return Cache(folder) if folder else None


def above_0(number: float) -> float:
    """Check a number of seconds.

    Args:
        number: The value that was typed or configured.

    Raises:
        UsageError: It is 0 or below.
    """
    if number <= 0:
        raise UsageError(f"{number:g} is not above 0", remedy="Use seconds above 0.")
    return number


def port(number: int) -> int:
    """Check a TCP port to listen on; 0 is any free one.

    Args:
        number: The value that was typed or configured.

    Raises:
        UsageError: It is not a port.
    """
    if not 0 <= number <= 65535:
        raise UsageError(f"{number} is not a port", remedy="Use 1 to 65535, or 0 for a free one.")
    return number


def not_empty(text: str) -> str:
    """Check a name.

    Args:
        text: The value that was typed or configured.

    Raises:
        UsageError: It is empty.
    """
    if not text.strip():
        raise UsageError("the value is empty", remedy="Use a value; check that the shell variable is set.")
    return text


# -- files


def text_of(file: str, option: str, encoding: str | None = None) -> str:
    """Read a text file, without its byte order mark.

    Args:
        file: Its path; - is stdin.
        option: The option that named it, such as --workflow.
        encoding: The encoding that --encoding names; None for a command without such an option: UTF-8.

    Raises:
        UsageError: It cannot be read, or is not text in that encoding.
    """
    from pathlib import Path  # few commands read or write texts

    source = "stdin" if file == STREAM else file or "''"
    try:
        content = sys.stdin.buffer.read() if file == STREAM else Path(file).read_bytes()
        return content.decode(encoding or "utf-8").removeprefix("\ufeff")
    except OSError as error:
        raise UsageError(
            f"{option}: cannot read {source}: {error.strerror or error}", remedy="Use a readable file."
        ) from error
    except LookupError as error:
        raise UsageError(
            f"--encoding: unknown encoding {encoding!r}", remedy="Use one such as utf_8, latin_1 or cp1252."
        ) from error
    except UnicodeDecodeError as error:
        remedy = "Save it as UTF-8." if encoding is None else "Save it in that encoding, or set its --encoding."
        raise UsageError(
            f"{option}: byte {error.start} of {source} is not {encoding or 'UTF-8'} text", remedy=remedy
        ) from error


def file_to_write(file: str, before: str = "") -> str:
    """Check the name of a file to write, so that a command fails before it sends anything.

    Args:
        file: The value that was typed or configured.
        before: Text before the message of an error.

    Raises:
        UsageError: It is -, a folder or a socket, or its folder is missing or cannot be written.
    """
    if file == STREAM:
        remedy = "Name a file, or use ./- for a file named -."
        raise UsageError(f"{before}- is stdout, but a file is required", remedy=remedy)
    from pathlib import Path

    path = Path(file).absolute()
    if path.is_dir() or file.endswith("/"):
        raise UsageError(f"{before}{file!r} is a folder", remedy="Name a file.")
    try:
        if is_special(path):  # written in place: its folder may be read-only
            return file
    except OSError as error:
        raise UsageError(f"{before}{file}: {error.strerror}", remedy="Name a file, a device or a FIFO.") from error
    folder = path.parent
    if not folder.is_dir():
        raise UsageError(f"{before}{file}: folder {folder} does not exist", remedy="Name a file in an existing folder.")
    if not os.access(folder, os.W_OK):
        raise UsageError(f"{before}{file}: its folder is not writable", remedy="Choose another folder.")
    return file


def file_or_stdout(file: str) -> str:
    """Check the name of a file to write as `file_to_write` does; - is stdout."""
    return file if file == STREAM else file_to_write(file)


def on_stdout(run: Callable[[str], Any], suffix: str, console: Console, output: Output) -> None:
    """Run a command whose file goes to stdout in place of its result.

    The file is written to a temporary folder first: readers get either all of it or nothing, and the command can read
    it again.

    Args:
        run: Runs the command with the name of a file to write, and returns its result, which is printed if no file was
            written.
        suffix: Suffix of the file's name.
        console: Prints messages, in which the file is called stdout.
        output: Prints the file.

    Raises:
        UsageError: A query is given.
    """
    from pathlib import Path
    from tempfile import TemporaryDirectory

    if output.query is not None:
        raise UsageError("--query selects from JSON, but - prints a file unchanged", remedy="Omit one of them.")
    with TemporaryDirectory(prefix="omics-") as folder:
        path = Path(folder, f"stdout{suffix}")
        console.called[str(path)] = "stdout"
        result: Any = None
        try:
            result = run(str(path))
        finally:
            if path.exists():
                with path.open("rb") as file:
                    output.chunks(iter(lambda: file.read(_STRIDE), b""))
            else:
                output.result(result)


# -- questions


def check_unused(form: str, **options: object) -> None:
    """Refuse options that a form of a command does not use: ignored, they would change the result without a message.

    Args:
        form: The form: an option, or "without" and what is missing.
        **options: Values of options by their parameters; None, false and empty ones were not given.

    Raises:
        UsageError: One was given.
    """
    if unused := [
        f"--{name.replace('_', '-')}" for name, value in options.items() if value not in (None, False, "", [], ())
    ]:
        problem = f"{' and '.join(unused)} cannot be used {form}"
        raise UsageError(problem, remedy=f"Omit {'it' if len(unused) == 1 else 'them'}.")


def words_of(command: str, *, windows: bool = os.name == "nt") -> list[str]:
    """Split the command line of another program, such as an editor with options.

    Args:
        command: The command line.
        windows: Whether backslashes separate folders and only double quotes count, as on Windows.

    Raises:
        ValueError: A quote is missing.
    """
    import shlex

    if not windows:
        return shlex.split(command)
    splitter = shlex.shlex(command, posix=False)
    splitter.whitespace_split, splitter.quotes, splitter.commenters = True, '"', ""
    return [word.strip('"') for word in splitter]


def agreed(question: str, console: Console, left: str = "nothing was deleted") -> bool:
    """Ask for confirmation of a permanent change; if it is denied, the exit code becomes 130.

    Args:
        question: The question, without the "[y/N]" after it.
        console: Asks the question.
        left: Message if it is denied.

    Returns:
        Whether to continue; True without a question if there is no terminal, or with --yes.
    """
    if console.confirm(question):
        return True
    console.message(left)
    console.exit_code = INTERRUPTED
    return False


def removed(
    what: str, console: Console, *, check: Callable[[], object], remove: Callable[[], object], dry_run: bool = False
) -> dict[str, str] | None:
    """Delete an object after confirmation, and print the deletion.

    Args:
        what: The object as named in the question: "project P-Q".
        console: Asks for confirmation.
        check: Raises if the object does not exist; called for a dry run.
        remove: Deletes it.
        dry_run: Only check.

    Returns:
        The deleted object, or the one of a dry run; None if denied.
    """
    if dry_run:
        check()
        return {"would delete": what}
    if not agreed(f"Deleting {what} cannot be undone. Continue?", console):
        return None
    remove()
    console.message(f"deleted {what}")
    return {"deleted": what}
