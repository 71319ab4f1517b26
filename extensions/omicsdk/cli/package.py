"""The command line of one generated package: its operations, servers and credentials."""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import contextmanager

from omicsdk.cli.arguments import general_options, key, kind_of, loaded, value
from omicsdk.cli.dispatch import run_program
from omicsdk.cli.program import CommandNode, Group, Program, version_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from typing import Any

    from omicsdk.cli.shapes import Argument, Command

BASE_URL = "base-url"
OUTPUT_FILE = value("output-file", "File for the result, written when it is complete; - is stdout.", metavar="FILE")
STDOUT = "-"


class PackageProgram(Program):
    """The command line of a generated package.

    Args:
        name: The package, and its command.
        about: What its service is.
        version: Its version.
        folder: Its folder, with commands.json.
        client: `module:class` of its client.
        servers: Options for arguments of the client that choose servers.
        credentials: Options for its security schemes, whose names are the keywords.
    """

    def __init__(
        self,
        name: str,
        about: str,
        version: str,
        folder: str,
        client: str,
        *,
        servers: list[Argument],
        credentials: list[Argument],
    ) -> None:
        self.name, self.about = name, about
        self._version, self._folder, self._client = version, folder, client
        self._servers = [self._with_variable(server) for server in servers]
        self._credentials = [self._with_variable(credential) for credential in credentials]
        self._base_url = self._with_variable(
            value(BASE_URL, "Address of the service.", metavar="URL", python="base_url")
        )
        self.options = general_options(OUTPUT_FILE, self._base_url, *self._servers, *self._credentials)

    def run(self, command_line: list[str]) -> int:
        """Run a command line, and return the exit code.

        Args:
            command_line: The words after the program's name.
        """
        return run_program(self, command_line)

    def root(self) -> Group:
        """Return the group of all commands."""
        with open(f"{self._folder}/commands.json", "rb") as file:  # noqa: PTH123 - pathlib costs 5 ms
            operations: list[Command] = json.loads(file.read())
        commands: dict[str, Command] = {}
        for operation in operations:
            if "group" in operation:
                names = [*operation["group"].split("."), operation.get("member", "")]
                commands[" ".join(name.strip("_").replace("_", "-") for name in names)] = operation
            commands[operation["command"]] = {**operation, "hidden": True} if "group" in operation else operation
        used_words = {command.partition(" ")[0] for command in commands}
        completion = next(name for name in _NAMES if name not in used_words)
        return _Commands(self, [], {**commands, completion: _COMPLETION})

    def version(self) -> str:
        """Return the package's version, and that of the system that it runs on."""
        return version_line(self.name, self._version)

    def work(self, target: CommandNode, values: dict[str, Any], settings: Mapping[str, Any], console: Any) -> None:
        """Call an operation, or print the script of a shell."""
        from omicsdk.cli.printing import Printer

        with _opened(settings.get(OUTPUT_FILE["name"]) or STDOUT) as stdout:
            output = Printer(settings.get("output"), stdout, columns=settings.get("columns"))
            if "name" not in target.command:
                from omicsdk.cli.completion import script

                output.chunks([script(values["shell"], self.name).encode()])
                return
            from omicsdk.cli.operations import call

            with self._connected(settings) as client:
                call(client, target.command, values, console, output)

    def report(self, error: BaseException, where: str, command_line: list[str]) -> int:
        """Print the error of a failed command; remedies name options in place of arguments of the client."""
        from omicsdk.core.errors import AuthError, ConfigError, Forbidden, Unauthorized

        if isinstance(error, ConfigError):
            typed = {key(option): f"--{option['name']}" for option in (self._base_url, *self._servers)}
            names = rf"\b({'|'.join(typed)})\b(=?)"
            error.remedy = re.sub(names, lambda name: typed[name[1]] + (name[2] and " "), error.remedy)
        # The error of a request without credentials has the schemes that the operation accepts; else any may be wrong.
        accepted = {name for names in getattr(error, "schemes", ()) for name in names}
        is_usual = accepted or not isinstance(error, Unauthorized) or error.remedy == error.default_remedy
        if isinstance(error, (AuthError, Forbidden) if accepted else AuthError) and self._credentials and is_usual:
            logins = [login for login in self._credentials if key(login) in accepted] or self._credentials
            ways = (f"--{login['name']} or {self._variable(login['name'])}" for login in logins)
            error.remedy = f"Use credentials that this service issued: {'; '.join(ways)}."
        return super().report(error, where, command_line)

    def _with_variable(self, option: Argument) -> Argument:
        text = (option.get("help") or "").rstrip(".")
        return {**option, "help": f"{text}; also {self._variable(option['name'])}."}

    def _variable(self, option: str) -> str:
        return f"{self.name}_{option.replace('-', '_')}".upper()

    def _variable_value(self, option: Argument) -> Any:
        """Return the value of an option's variable; None if it is not set."""
        from omicsdk.cli.parser import value_of
        from omicsdk.core.errors import UsageError

        text = self._text(option["name"])
        try:
            return None if text is None else value_of(option, [text])
        except UsageError as error:
            raise UsageError(f"{self._variable(option['name'])}: {error.message}", remedy=error.remedy) from error

    def _text(self, option: str) -> str | None:
        return os.environ.get(self._variable(option), "").strip() or None

    def _connected(self, settings: Mapping[str, Any]) -> Any:
        """Return the client for the options of a command line, and the variables for those that are missing.

        Raises:
            UsageError: There is no base URL.
            ConfigError: The base URL, a choice or a secret is invalid.
        """
        from omicsdk.core.errors import UsageError

        client = loaded(self._client)
        choices = {key(option): settings.get(option["name"]) for option in self._servers}
        base_url, usual = settings.get(BASE_URL), self._text(BASE_URL)
        if base_url is None and all(choice is None for choice in choices.values()):
            base_url = usual
        for server in self._servers:
            # What a base URL replaces is no choice beside one.
            if choices[key(server)] is None and (base_url is None or kind_of(server) == "object"):
                choices[key(server)] = self._variable_value(server)
        default = client._servers.default or client._default_base_url
        if base_url is None and not any(choices.values()) and "://" not in default:
            raise UsageError("no base URL", remedy=f"Use --{BASE_URL}, or set {self._variable(BASE_URL)}.")
        choices_made = {name: choice for name, choice in choices.items() if choice is not None}
        secrets = {key(credential): settings.get(credential["name"]) for credential in self._credentials}
        for credential in self._credentials:
            if secrets[key(credential)] is None and (text := self._text(credential["name"])):
                variables = [self._variable(name) for name in (credential["name"], BASE_URL)]
                # A variable's secret is for the variables' service: a base URL from an option must not receive it.
                secrets[key(credential)] = text if is_for(variables, usual or default, base_url) else None
        schemes: Mapping[str, Any] = client._security.schemes if self._credentials else {}
        parts = {name: schemes[name].from_text(text, name) for name, text in secrets.items() if text is not None}
        return client(base_url, credentials=parts or None, **choices_made)


class _Commands(Group):
    """Commands and groups of them.

    Args:
        program: The program.
        path: The words before them.
        commands: The commands, by their words.
    """

    def __init__(self, program: Program, path: list[str], commands: Mapping[str, Command]) -> None:
        super().__init__(program, path, f"Operations of {path[-1]}." if path else "")
        self._commands = commands

    def sections(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return the groups with their commands, and the commands with their summaries; hidden ones are left out."""
        groups: dict[str, dict[str, None]] = {}
        commands: list[tuple[str, str]] = []
        for command_name, command in self._commands.items():
            word, *further = command_name.split()
            if further and not command.get("hidden"):
                groups.setdefault(word, {})[further[0]] = None
            elif not command.get("hidden"):
                commands.append((word, command.get("summary") or ""))
        return [("Groups:", [(word, _some([*below])) for word, below in groups.items()]), ("Commands:", commands)]

    def next_words(self) -> list[str]:
        """Return the valid next words, hidden ones too."""
        return [*self._commands, *super().next_words()]

    def find(self, word: str) -> Group | CommandNode | None:
        """Return the command or the group of a word; None if there is none."""
        path, start = [*self.path, word], f"{word} "
        if (command := self._commands.get(word)) is not None:
            return CommandNode(self.program, path, self.program.name, command)
        below = {name.removeprefix(start): entry for name, entry in self._commands.items() if name.startswith(start)}
        return _Commands(self.program, path, below) if below else None


def _some(names: list[str]) -> str:
    """Return the first eight words, and how many more there are."""
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if names[8:] else "")


# Words of the command for completion: the first that is no operation's.
_NAMES = ("completion", "shell-completion", "completion-script")
_SHELL = value(
    "shell",
    "The shell; source the script in its settings.",
    choices=["bash", "zsh", "fish", "powershell"],
    positional=True,
    required=True,
)
_COMPLETION: Command = {"command": "", "summary": "Print the completion script for your shell.", "parameters": [_SHELL]}


@contextmanager
def _opened(file: str) -> Generator[Any]:
    """Open a file that replaces an earlier one when all is written; devices and FIFOs are written in place.

    Args:
        file: Its name; - is stdout.

    Raises:
        UsageError: It cannot be written.
    """
    if file == STDOUT:
        yield sys.stdout
        return
    from omicsdk.core.errors import UsageError

    # A device or a FIFO is written in place: there is nothing to replace.
    # Else a new file of an unpredictable name: FILE.part may be another download.
    part = file if os.path.exists(file) and not os.path.isfile(file) else f"{file}.{os.urandom(4).hex()}.part"  # noqa: PTH110, PTH113 - as above
    try:
        # newline="": line ends are written as they are, on Windows as well.
        stream = open(part, "w" if part == file else "x", encoding="utf-8", newline="")  # noqa: PTH123, SIM115 - as above
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(
            f"--{OUTPUT_FILE['name']}: cannot write {file}: {reason}", remedy="Use another file."
        ) from error
    try:
        with stream:
            yield stream
        if part != file:
            os.replace(part, file)  # noqa: PTH105 - as above
    except BaseException:
        if part != file:
            os.unlink(part)  # noqa: PTH108 - as above
        raise


def is_for(variables: Sequence[str], own_url: str, base_url: str | None) -> bool:
    """Return whether the secret of a variable is for a service; warn if it is not.

    Args:
        variables: The names of the variable, and of that for the base URL.
        own_url: The base URL of that variable, else the service's own one.
        base_url: The base URL that a command uses; None for the service's own.
    """
    from omicsdk.core.credentials import origin_of
    from omicsdk.core.logs import config_log
    from omicsdk.core.redaction import mask_url

    if base_url is None or origin_of(base_url) == origin_of(own_url or base_url):
        return True
    config_log.warning(
        "%s is for %s, and not sent to %s. Set %s", variables[0], own_url, mask_url(base_url), variables[1]
    )
    return False
