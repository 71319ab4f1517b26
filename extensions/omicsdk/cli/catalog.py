"""The commands of `omics`: those of the generated index and commands.json files, and the registered handwritten ones.

Files are read when they are needed: the index for lists, one commands.json for a service.
"""

from __future__ import annotations

import json
import os
from functools import cache, lru_cache

from omicsdk.cli.arguments import flags, general_options, kind_of, switch, value
from omicsdk.cli.program import CommandNode, Group, Program
from omicsdk.cli.services import FIRST_PAGE, GROUPS, INDEX, SERVICES
from omicsdk.cli.suggestions import mistyped_word, option_meant, unknown_first_word, unknown_next_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from omicsdk.cli.registrations import Service
    from omicsdk.cli.shapes import Argument, Command

# Reads files of the package from its folder or zip archive; `importlib.resources` costs 20 ms.
_loader = globals()["__spec__"].loader

# -- options

# As of a shell variable that is not set: the default would be another account or service.
_NOT_EMPTY = "omicsdk.cli.commands.values:not_empty"

GLOBALS: list[Argument] = general_options(
    value(
        "query",
        "JMESPath expression that selects from the result; with jsonl it is applied to each page.",
        metavar="EXPRESSION",
    ),
    value("sort", "Member by which items are sorted; NAME:desc for the largest first.", metavar="NAME"),
    value("base-url", "Address of the service; also OMICS_<SERVICE>_URL.", convert=_NOT_EMPTY),
    value(
        "profile",
        "Profile whose base URL and login are used, see omics profiles; also OMICS_PROFILE.",
        convert=_NOT_EMPTY,
    ),
    value(
        "access-token",
        "Token to send, for gen3 and dtp also a credentials file; also OMICS_<SERVICE>_TOKEN, which process lists do not show.",
    ),
    value(
        "log-format",
        "Format of messages on stderr: text, or JSON (an object a line with time, level, logger and message).",
        choices=["text", "json"],
        default="text",
    ),
)

# Of commands that delete one thing.
CHECK_ONLY = switch("dry_run", "Only check that it exists; nothing is deleted.")

# Of commands whose list, filter or pattern may select nothing.
FAIL_EMPTY = switch("fail_empty", "End with exit code 1 if no file is selected; by default this is only a warning.")

REPORT = value(
    "report",
    "File for the result of each file: FILE.html (a web page), FILE.jsonl (JSON lines) or FILE.jsonld (an RO-Crate).",
    metavar="FILE",
)

PROGRESS_EVERY = value(
    "progress_every",
    "Time between two lines of progress on stderr: seconds, or 5m (default 60 without a terminal; 0 for none). On a "
    "terminal they replace the bar.",
    metavar="DURATION",
    convert="omicsdk.cli.commands.values:interval",
)

METRICS = value(
    "metrics",
    "Metrics of the transfer, updated as often as its progress and at the end: FILE.prom for Prometheus' textfile "
    "collector, or otlp to push them to the OpenTelemetry endpoint in OTEL_EXPORTER_OTLP_ENDPOINT.",
    metavar="FILE|otlp",
    convert="omicsdk.cli.commands.values:metrics_target",
)

# Documented for some uploads; `--quiet` is for all commands.
NO_PROGRESS: Argument = {"name": "no_progress", "type": "boolean", "default": False, "help": "Show no progress."}

# Of commands that list.
LIMIT = value(
    "limit",
    "List at most N (all when omitted); the exit code is 3 if there are more.",
    type="integer",
    convert="omicsdk.cli.commands.values:at_least_1",
)


# Columns of tables by the schema of an item, the most important first; the others follow.
COLUMNS: Mapping[str, Sequence[str]] = {
    "App": ("id", "name", "revision", "project"),
    "AutomationRun": ("id", "name", "status", "automation", "created_by", "start_time"),
    "BillingGroupAnalysisBreakdown": ("project_name", "analysis_name", "analysis_status", "analysis_cost"),
    "Export": ("id", "state", "source", "destination", "error"),
    "File": ("id", "name", "type", "size", "modified_on"),
    "Import": ("id", "state", "source", "destination", "error"),
    "Member": ("username", "email", "type", "permissions"),
    "OutputInfo": ("did", "file_name", "size", "hashes", "updated_date"),
    "PangeaUser": ("uuid", "name", "email", "is_active"),
    "Project": ("id", "uuid", "slug", "name", "description", "created_by", "created_on"),
    "S3ApiKey": ("uuid", "description", "bucket", "created_at"),
    "Sample": ("uuid", "name", "library", "created_at"),
    "SampleAnalysisResult": ("uuid", "module_name", "replicate", "sample", "created_at"),
    "SampleGroup": ("uuid", "name", "is_library", "is_public", "organization", "created_at"),
    "SampleGroupAnalysisResult": ("uuid", "module_name", "replicate", "sample_group", "created_at"),
    "SearchHit": ("bundle_fqid", "search_score", "bundle_url"),
    "Status": ("dataset", "stage", "state", "note", "hostname"),
    "Task": ("id", "name", "status", "app", "created_by", "start_time", "end_time"),
    "User": ("id", "username", "email", "first_name", "last_name", "role"),
    "VolumeObject": ("location", "type", "volume"),
}


# -- commands and groups

# Generated packages that only `omics get` uses: they have the few operations that it needs.
_WITHOUT_COMMANDS = "archives/"
OPERATIONS = "Every operation of the service, as its document names it"


class ServiceGroup(Group):
    """A list of commands and of further groups, which are read when they are needed.

    Args:
        catalog: Reads the operations.
        path: The words of the group.
        title: A line about it.
        package: Generated package whose operations are listed here.
        own_package: Generated package that the handwritten commands belong to.
        handwritten: Returns the handwritten commands.
        groups: Returns the groups below.
        options: Options of all its commands, beside their own arguments.
        about: Further help.
        default: The command that other words than commands are arguments of; empty for none.
    """

    def __init__(
        self,
        catalog: Catalog,
        path: list[str],
        title: str,
        *,
        package: str | None = None,
        own_package: str | None = None,
        handwritten: Callable[[], list[Command]] = list,
        groups: Callable[[], dict[str, ServiceGroup]] = dict,
        options: Iterable[Argument] = (),
        about: str = "",
        default: str = "",
    ) -> None:
        super().__init__(catalog, path, title, options=options, about=about, default=default)
        self._catalog = catalog
        self._package = package
        self._own_package = own_package
        self._handwritten = handwritten
        self._groups = groups

    def groups(self) -> list[tuple[str, str]]:
        """The words of the groups below that belong to a service, each with its title."""
        return [(name, group.title) for name, group in self._groups().items() if not self._is_builtin(name)]

    def handwritten(self) -> list[tuple[str, str]]:
        """The words of the handwritten commands and groups, each with its summary."""
        visible = (command for command in self._workflows() if not command.get("hidden"))
        commands = [(command["command"], command.get("summary") or "") for command in visible]
        return [*((name, group.title) for name, group in self._groups().items() if self._is_builtin(name)), *commands]

    def _is_builtin(self, name: str) -> bool:
        return not self.path and name in GROUPS

    def operations(self) -> list[tuple[str, str]]:
        """The words of the operations, each with its summary, from the index alone."""
        facts = self._catalog.index().get(self._package or "", {})
        return [(str(word), str(summary)) for word, summary in facts.get("commands", [])]

    def sections(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return the valid next words, each with a line about it, by their headings."""
        operations, others = self.operations(), list[tuple[str, str]]()
        if not self.path:
            from omicsdk.cli.plugins import plugins

            others = [(word, plugin["summary"]) for word, plugin in plugins().items() if self.find(word) is None]
        return [
            ("Groups:" if self.path else "Services:", self.groups()),
            ("Workflows:" if operations else "Commands:", self.handwritten()),
            ("Operations:", operations),
            ("Commands of other packages:", others),
        ]

    def first_page(self, width: int) -> list[tuple[str, list[tuple[str, str]]]] | None:
        """Return the words that its help lists: of all first words, the usual ones, by what they are for."""
        if self.path:
            return None
        sections = self.sections()
        (_, services), (_, commands), *_, others = sections
        titles = dict(commands)
        pages = [
            (
                f"{heading}:",
                [(word, titles[word]) for word in section_names if word in titles] if section_names else services,
            )
            for heading, section_names in FIRST_PAGE.items()
        ]
        return [(heading, [(word, _cut(text, width)) for word, text in rows]) for heading, rows in [*pages, others]]

    def next_words(self) -> list[str]:
        """Return the valid next words, without those of other packages."""
        return [name for name, _ in [*self.handwritten(), *self.groups(), *self.operations()]]

    def find(self, word: str) -> Group | CommandNode | None:
        """Return the command or group that the next word names; None if there is none."""
        for command in self._workflows():
            if command["command"] == word:
                return self._node(self._own_package, command)
        operation = next(self._operations(word), None)
        return self._groups().get(word) if operation is None else self._node(self._package, operation)

    def child(self, word: str) -> Group | CommandNode:
        """Return the command or group that the next word names.

        Raises:
            UsageError: The word is unknown; the nearest one is suggested.
        """
        node = self.find(word)
        if node is None and not self.path:
            raise unknown_first_word(word, self.next_words(), self.commands_named(word), self.commands_of_services)
        if node is None:
            raise unknown_next_word(
                self.path, word, self.next_words(), [*self.commands_above(word), *self.commands_below()]
            )
        return node

    def commands_named(self, word: str) -> list[str]:
        """The commands and groups of services that have a word, which was given without the service."""
        if word in ("topic", "topics"):
            return ["omics help topics"]
        return [
            group.typed(word)
            for group in self.below()
            if any(word == name for name, _ in [*group.handwritten(), *group.groups()] if name != "api")
        ]

    def commands_of_services(self) -> list[str]:
        """The commands and groups directly below services, whole."""
        return [group.typed(name) for group in self.below() for name, _ in group.handwritten()]

    def commands_above(self, word: str) -> list[str]:
        """The commands of a name in the groups above, the nearest first, but for the program's own."""
        above: list[str] = []
        node: Group | CommandNode | None = self.program.root()
        for step in self.path:
            if not isinstance(node, Group):
                break
            if node.path and node.find(word) is not None:
                above.insert(0, node.typed(word))
            node = node.find(step)
        return above

    def commands_below(self) -> list[str]:
        """The commands and groups of the groups below, whole."""
        return [
            command
            for group in self.below()
            for command in (*map(group.typed, group.next_words()), *group.commands_below())
        ]

    def visible_commands(self) -> list[CommandNode]:
        """All commands that lists show, for completion and tests."""
        own_commands = [
            self._node(self._own_package, command) for command in self._workflows() if not command.get("hidden")
        ]
        return own_commands + [self._node(self._package, command) for command in self._operations()]

    def _node(self, package: str | None, command: Command) -> CommandNode:
        return CommandNode(
            self._catalog, [*self.path, *command["command"].split()], package, _with_options(command, self.options)
        )

    def _workflows(self) -> list[Command]:
        """The handwritten commands that are no operation's."""
        return [command for command in self._handwritten() if not command.get("extends")]

    def _operations(self, named: str | None = None) -> Iterator[Command]:
        """The operations, or those of a name, with what handwritten commands add to them."""
        if self._package is None:
            return
        more = {command["command"]: command for command in self._handwritten() if command.get("extends")}
        for operation in self._catalog.operations(self._package):
            word = operation["command"]
            if named in (None, word):
                yield _with_columns(_extended(operation, more[word]) if word in more else operation)

    def below(self) -> list[ServiceGroup]:
        """The groups below."""
        return list(self._groups().values())


def _cut(text: str, width: int) -> str:
    """A summary up to the last comma or colon, or before the brackets, at which it fits into the width; whole if there is none.

    It has no full stop, as those that are cut.
    """
    text = text.removesuffix(".")
    if len(text) <= width:
        return text
    at = max(text.rfind(mark, 0, width) for mark in (",", ":"))
    if at > 0 and text.count("(", 0, at) > text.count(")", 0, at):
        at = text.rfind(" (", 0, at)
    return text[:at] if at > 0 else text


class Catalog(Program):
    """Every command, found by its words.

    Args:
        folder: Where the generated packages are; by default where omicsdk_api is installed.
        services: The registered platforms.

    Attributes:
        registered: As `services`; a generated package alone is none of them.
    """

    name = "omics"
    about = "Search, download, upload and verify data of omics platforms."
    options = GLOBALS
    usage = ("[global options]", "<command>", "[options]")
    more = ("Help on an archive or topic: omics help topics",)

    def __init__(self, folder: str | None = None, services: Mapping[str, Service] | None = None) -> None:
        self._folder = folder
        self.registered = SERVICES if services is None else services
        self._index: dict[str, dict[str, Any]] | None = None
        # A command line looks its service up twice: whether it is a word, and to take it.
        self._service = cache(self._service_group)

    @property
    def folder(self) -> str:
        """The folder of the generated packages."""
        if self._folder is None:
            import omicsdk_api

            self._folder = os.path.dirname(omicsdk_api.__file__ or "")  # noqa: PTH120 - pathlib costs 5 ms
        return self._folder

    def index(self) -> dict[str, dict[str, Any]]:
        """{package: {title, commands: [[word, summary], ...]}} of every generated package with commands, its name dotted."""
        if self._index is None:
            read: dict[str, dict[str, Any]] = self._read("index.json", {})
            commanded = {name: facts for name, facts in read.items() if not name.startswith(_WITHOUT_COMMANDS)}
            self._index = {name.replace("/", "."): facts for name, facts in commanded.items()}
        return self._index

    def operations(self, package: str) -> list[Command]:
        """The commands of a generated package, in the document's order."""
        return self._read(f"{package.replace('.', '/')}/commands.json", [])

    def root(self) -> ServiceGroup:
        """The group of all first words."""
        return ServiceGroup(self, [], "", handwritten=_ungrouped, groups=self._first_words)

    def start(self, word: str) -> Group | CommandNode:
        """The command or group that a first word names.

        Raises:
            UsageError: The word is unknown.
        """
        return self.find(word) or self.root().child(word)

    def find(self, word: str) -> Group | CommandNode | None:
        """The command or group that a first word names; None for an unknown word. A registered service is found without the index."""
        return self._service(word) if word in self.registered else self.root().find(word)

    def follow(self, node: Group | None, command_line: list[str]) -> Group | CommandNode:
        """The command or group that the next word names, or the next two (`codegen diff` beside `codegen`).

        Args:
            node: The group; None for all commands.
            command_line: The words, at least one; the names are removed from the list. Those of a group's default command are all left.

        Raises:
            UsageError: The word is unknown, or nearly a command where the default command would take it; the nearest one is
                suggested.
        """
        if node is not None and node.default and node.find(command_line[0]) is None:
            if error := mistyped_word([*node.path, node.default], command_line[0], node.next_words()):
                raise error
            return node.child(node.default)
        target = self.start(command_line[0]) if node is None else node.child(command_line[0])
        command_line.pop(0)
        if node is None and isinstance(target, CommandNode) and command_line and (longer := self.longer(target)):
            if command_line[0] in longer:
                return longer[command_line.pop(0)]
            places = [argument for argument in target.command.get("parameters", ()) if argument.get("positional")]
            words = next((n for n, word in enumerate(command_line) if word.startswith("-")), len(command_line))
            is_excess = words > len(places) and not any(kind_of(argument) == "array" for argument in places)
            if error := mistyped_word(target.path, command_line[0], [*longer], is_excess=is_excess):
                raise error
        return target

    def longer(self, target: CommandNode) -> dict[str, CommandNode]:
        """Return the commands that continue one: `codegen diff` for `codegen`."""
        if len(target.path) > 1:
            return {}
        return {
            command.path[1]: command for command in self.root().visible_commands() if command.path[:-1] == target.path
        }

    def suggested_option(self, word: str, valid_options: Iterable[str]) -> str:
        """Return the remedy for an unknown option: that of its meaning, the nearest one, or the commands that have it."""
        having = {
            command["command"]: (argument.get("help") or "").partition(" ")[0]
            for command in builtin_commands()
            for argument in command.get("parameters", ())
            if word in flags(argument)
        }
        # An option that means one thing in one command and another elsewhere says nothing about a third.
        return option_meant(word, valid_options, having if len(set(having.values())) == 1 else ())

    def services(self) -> list[str]:
        """The first words that name services."""
        renamed = {service["package"] for service in self.registered.values() if "package" in service}
        others = (package.partition(".")[0] for package in self.index())
        return list(dict.fromkeys([*self.registered, *(name for name in others if name not in renamed)]))

    def _first_words(self) -> dict[str, ServiceGroup]:
        builtin = {
            name: ServiceGroup(self, [name], title, handwritten=lambda name=name: _below(name, builtin_commands()))
            for name, title in GROUPS.items()
        }
        return {name: self._service(name) for name in self.services()} | builtin

    def _service_group(self, name: str) -> ServiceGroup:
        service = self.registered.get(name)
        if service is None:
            return ServiceGroup(self, [name], self._title(name), groups=lambda: self._api(name))
        documented = bool(service.get("documented"))
        package = service.get("package", name)
        options = service.get("options", ())
        return ServiceGroup(
            self,
            [name],
            service["title"],
            package=package if documented else None,
            own_package=package,
            handwritten=lambda: _below("", commands_of(service)),
            groups=lambda: self._handwritten(name, service) | ({} if documented else self._api(name, options)),
            options=options,
            about=service.get("about", ""),
            default=service.get("default", ""),
        )

    def _handwritten(self, name: str, service: Service, above: str = "") -> dict[str, ServiceGroup]:
        """The groups below a word of a service, or directly below the service."""
        before = f"{above} " if above else ""
        return {
            group_words.removeprefix(before): ServiceGroup(
                self,
                [name, *group_words.split()],
                title,
                own_package=service.get("package", name),
                handwritten=lambda prefix=group_words: _below(prefix, commands_of(service)),
                groups=lambda prefix=group_words: self._handwritten(name, service, prefix),
                options=service.get("options", ()),
            )
            for group_words, title in service.get("groups", {}).items()
            if group_words.startswith(before) and " " not in group_words.removeprefix(before)
        }

    def _api(self, name: str, options: Iterable[Argument] = ()) -> dict[str, ServiceGroup]:
        parts = {package[len(name) + 1 :]: package for package in self.index() if package.startswith(f"{name}.")}
        path = [name, "api"]
        return {
            "api": ServiceGroup(
                self,
                path,
                OPERATIONS,
                package=name if name in self.index() else None,
                groups=lambda: {
                    part: ServiceGroup(self, [*path, part], self._title(package), package=package, options=options)
                    for part, package in parts.items()
                },
                options=options,
            )
        }

    def _title(self, package: str) -> str:
        return str(self.index().get(package, {}).get("title", ""))

    def _read(self, name: str, otherwise: Any) -> Any:
        path = f"{self.folder}/{name}"
        try:
            status = os.stat(path)  # noqa: PTH116 - as above
        except (FileNotFoundError, NotADirectoryError):
            try:
                return _read(path, 0, 0)  # in a zip archive
            except OSError:
                return otherwise
        # By time and size too: a package that was generated again is read again.
        return _read(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=64)
def _read(path: str, _changed: int, _size: int) -> Any:
    """What a JSON file holds, which is shared: a process that runs many commands reads it once."""
    return json.loads(_loader.get_data(path))


def _extended(operation: Command, more: Command) -> Command:
    """An operation with further arguments, or with more about those that it has."""
    overrides = {argument["name"]: argument for argument in more.get("parameters", [])}
    parameters: list[Argument] = []
    for argument in operation.get("parameters", []):
        changed: Argument = {**argument, **overrides.pop(argument["name"], argument)}
        parameters.append(changed)
    return {**operation, **more, "parameters": [*parameters, *overrides.values()]}


def _with_options(command: Command, options: Iterable[Argument]) -> Command:
    """A command with the options of its service, unless it has one of that name or uses no service."""
    parameters = command.get("parameters", [])
    names = {argument["name"] for argument in parameters}
    more = [] if command.get("bare") else [option for option in options if option["name"] not in names]
    return {**command, "parameters": [*parameters, *more]} if more else command


def _below(word: str, commands: list[Command]) -> list[Command]:
    """The commands below a word; with "" those below none."""
    subcommands: list[Command] = []
    for command in commands:
        group, _, last = command["command"].rpartition(" ")
        if group == word:
            subcommands.append({**command, "command": last} if group else command)
    return subcommands


def commands_of(service: Service) -> list[Command]:
    """The commands of a service that are no operations, or that add to one.

    Args:
        service: The service.
    """
    return _indexed(service["index"]) if "index" in service else []


def builtin_commands() -> list[Command]:
    """The commands of no service, those of groups with the group's word before their own."""
    return [command for name in INDEX for command in _indexed(name)]


def _ungrouped() -> list[Command]:
    """Those of them below no group."""
    return [command for command in builtin_commands() if command["command"].partition(" ")[0] not in GROUPS]


@cache
def _indexed(name: str) -> list[Command]:
    """The commands of a file of cli/index, which is read once."""
    # Beside this module, so that no package has to be imported to find it.
    return json.loads(_loader.get_data(f"{os.path.dirname(__file__)}/index/{name}.json"))  # noqa: PTH120 - pathlib costs 5 ms


def _with_columns(operation: Command) -> Command:
    """Return an operation with the columns of its items' table."""
    columns = COLUMNS.get(operation.get("item", ""))
    return operation if columns is None or "columns" in operation else {**operation, "columns": list(columns)}
