"""Run one command of omics: make its client, call its function, and print the result."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from importlib import import_module

from omicsdk.cli.arguments import LOG_LEVEL, flag, key, loaded
from omicsdk.cli.output import Call, Console, Output
from omicsdk.cli.parser import spelled
from omicsdk.cli.services import SERVICES, Connection, stated_by_variables, variable
from omicsdk.core.errors import AuthError, ConfigError, NotJson, OmicsError, UsageError
from omicsdk.core.settings.profiles import PROFILE_VARIABLE, states_defaults
from omicsdk.core.type_guards import cast, is_array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from typing import Any

    from omicsdk.cli.catalog import Catalog
    from omicsdk.cli.program import CommandNode
    from omicsdk.cli.registrations import Service, Workflow
    from omicsdk.core.settings.config import Settings
    from omicsdk.transfer import Control, Progress


# Beginnings of variables that are compared with those that omicsdk reads.
_PREFIXES = ("OMICS_", "SB_", "GEN3_", "GDC_", "CRUNCH_", "PANGEA_", "DRS_", "HCA_")


def work(
    target: CommandNode,
    values: dict[str, Any],
    settings: Mapping[str, Any],
    catalog: Catalog,
    console: Console,
) -> None:
    """Run a command with its client.

    Args:
        target: The command.
        values: Values of its arguments.
        settings: Values of the global options.
        catalog: The catalog with the command.
        console: Prints messages.
    """
    # First: an invalid --query is an error before anything is requested.
    output = Output(
        settings.get("output"), settings.get("query"), columns=settings.get("columns"), sort=settings.get("sort")
    )
    if names := [name for name in os.environ if name.startswith(_PREFIXES)]:
        from omicsdk.cli.defaults import misspelled

        for message in misspelled(names, catalog.services):
            console.warning(message)
    with in_profile(settings["profile"]) if settings.get("profile") else nullcontext():
        _run(target, values, settings, catalog, console, output)


def _run(
    target: CommandNode,
    values: dict[str, Any],
    settings: Mapping[str, Any],
    catalog: Catalog,
    console: Console,
    output: Output,
) -> None:
    command: Workflow = target.command  # pyright: ignore[reportAssignmentType] - an operation's is called elsewhere
    if "connection" in command.get("supplied", ()):
        values = {**values, "connection": Connection(settings)}
    service = catalog.registered.get(target.path[0])
    # A command may have another spelling of an option of its service, which its function does not accept.
    options = [
        key(option)
        for option in (service or {}).get("options", ())
        if option in command.get("parameters", ()) or key(option) in command.get("own", ())
    ]
    # Taken out: they are for the client, and the command's function has no such arguments.
    access = {name: values.pop(name) for name in options if name in values}
    with ExitStack() as opened:

        def connect() -> Any:
            client = connected(target, service, settings, access)
            opened.push(client)
            if command.get("login") and getattr(client, "credentials", None) is None:
                raise AuthError(f"No login for {client.base_url}", remedy=(service or {}).get("remedy"))
            if service is not None and "not_it" in service:
                # A callback at the exit receives the error of the call, and corrects it before it is printed.
                opened.push(partial(_not_it, client, service["not_it"]))
            return client

        if "run" not in command:
            from omicsdk.cli.operations import call  # slow; commands that read the settings only do without

            output.has_sizes = target.path[0] in SERVICES  # in a user's own document, a size may be any number
            client = connect()
            if service is not None and "operations" in service:
                client = loaded(service["operations"])(client, target.package, command)
            call(client, command, values, console, output)
        # These import no client, and read none of its settings.
        elif command.get("bare") or command.get("offline"):
            _run_workflow(target, values, console, output)
        else:
            # A function that does not always need the service connects by itself, or not at all.
            _run_workflow(target, values, console, output, connect if command.get("late") else connect())


def _not_it(client: Any, remedy: str, _: object, error: BaseException | None, __: object) -> None:
    """Name the address in the remedy for a response of another service, such as an HTML page."""
    if isinstance(error, NotJson):
        error.remedy = remedy.format(client.base_url)


def _run_workflow(
    target: CommandNode, values: Mapping[str, Any], console: Console, output: Output, *client: Any
) -> None:
    command, command_name = cast("Workflow", target.command), " ".join(target.path)
    arguments = {**command.get("given", {}), **values}
    streamed = [argument for argument in command.get("parameters", ()) if arguments.get(key(argument)) == "-"]
    stream = next((argument for argument in streamed if "stdout" in argument), None)
    if stream is None:
        output.result(
            called(command, values, console, *client, command_name=command_name), declared=command.get("columns", ())
        )
        return
    from omicsdk.cli.commands.values import on_stdout

    def work(path: str) -> object:
        return called(command, {**values, key(stream): path}, console, *client, command_name=command_name)

    on_stdout(work, stream.get("stdout", ""), console, output)


def called(
    command: Workflow, values: Mapping[str, Any], console: Console, *client: Any, command_name: str = ""
) -> object:
    """Run a command's function.

    Args:
        command: The command, with `supplied`.
        values: Given values by their key; the function has its own defaults.
        console: Prints messages.
        *client: The platform's client, if the function takes one.
        command_name: The words of the command, which label its metrics.

    Returns:
        The result to print.
    """
    function: Callable[..., Any] = loaded(command.get("run", ""))
    own_names, supplied = command.get("own", ()), command.get("supplied", ())
    arguments = {**command.get("given", {}), **{name: value for name, value in values.items() if name not in own_names}}
    options = {name: values[name] for name in own_names if name in values}
    call = Call(
        _title(command, arguments), arguments, options, console, getattr(client[0], "base_url", "") if client else ""
    )
    passed = _gathered(command, arguments)
    if "console" in supplied:
        passed["console"] = console
    if "on_message" in supplied:
        passed["on_message"] = console.message if call.options.get("verbose", True) else _unsaid
    if "confirm" in supplied:
        passed["confirm"] = console.confirm
    if "on_more" in supplied:
        limit = next(parameter for parameter in command.get("parameters", ()) if key(parameter) == "limit")
        passed["on_more"] = lambda: console.more_left(arguments["limit"], option=flag(limit))
    if "progress" in supplied and "control" not in supplied:
        every = call.options.get("progress_every")
        passed["progress"] = partial(console.progress, call.title, every=every, is_grouped=False)
    if "deletes" in command:
        from omicsdk.cli.commands.values import removed

        return removed(
            command["deletes"].format(**arguments),
            console,
            # A dry run of a deletion looks at what would go, so that a wrong name is an error there, too.
            check=lambda: loaded(command.get("look", ""))(*client, **passed),
            remove=lambda: function(*client, **passed),
            dry_run=bool(options.get("dry_run")),
        )
    try:
        if "control" in supplied:
            return _transferred(command, call, passed, command_name, *client)
        result = function(*client, **passed)
    except UsageError as error:
        _name_option(error, command)
        raise
    return _rendered(command, result, call)


def _rendered(command: Workflow, result: object, call: Call) -> object:
    return loaded(command["render"])(result, call) if "render" in command else result


def _gathered(command: Workflow, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of the function; options of one dataclass are combined."""
    passed = dict(arguments)
    for name, group in command.get("gathered", {}).items():
        passed[name] = loaded(group["type"])(
            **{field: passed.pop(field) for field in group["fields"] if field in passed}
        )
    return passed


def _unsaid(text: str) -> None:
    """Discard a message, for --no-verbose."""


def _name_option(error: UsageError, command: Workflow) -> None:
    """Replace the name of an invalid option of a transfer with its flag."""
    option: str = getattr(error, "option", "")
    if option:
        spellings = {key(parameter): spelled(parameter) for parameter in command.get("parameters", ())}
        error.message = error.message.replace(option, spellings.get(option, option), 1)


def _transferred(command: Workflow, call: Call, passed: Mapping[str, Any], command_name: str, *client: Any) -> object:
    """Run and render a transfer with progress, metrics, Ctrl-C and a report of completed files."""
    from omicsdk.cli.commands.transfers import measured, watched

    def work(progress: Callable[[Progress], None], control: Control) -> Any:
        return loaded(command.get("run", ""))(*client, **passed, progress=progress, control=control)

    # The renderer runs inside, as it decides the exit code, which metrics state.
    with measured(call, command_name) as metrics:
        result = watched(work, {**call.arguments, **call.options}, call.console, call.title, metrics)
        return _rendered(command, result, call)


def _title(command: Workflow, arguments: Mapping[str, Any]) -> str:
    """Return the command's title with its first argument, if it has one: "Download of manifest.tsv"."""
    from omicsdk.core.redaction import mask_text

    title = command.get("title") or command["command"]
    parameters = command.get("parameters", ())
    first = next((arguments[key(parameter)] for parameter in parameters if parameter.get("required")), None)
    if first is None:
        positional = (key(parameter) for parameter in parameters if parameter.get("positional"))
        first = next((arguments[name] for name in positional if name in arguments), "")
    # Reports, annotations and messages have the title; a URL among the arguments may have a signature.
    subject = mask_text(" ".join(first) if is_array(first) else str(first or ""))
    return f"{title} {subject}".strip().removesuffix(" of")


# -- settings and clients

# Commands that run with settings that cannot be read, since they report or correct these.
_DIAGNOSES = ("config", "doctor", "init", "login", "logout", "profiles", "whoami")


def configured_defaults(target: CommandNode, catalog: Catalog) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read the defaults of a command from its service's configuration.

    Args:
        target: The command.
        catalog: The catalog with the command.

    Returns:
        Values of its arguments by their key, and of global options by name.

    Raises:
        ConfigError: A file is malformed, a command or argument is unknown, or a value has the wrong type; names file
            and line.
    """
    command_defaults: dict[str, Any] = {}
    everywhere: dict[str, Any] = {}
    try:
        if states_defaults(os.environ):
            from omicsdk.cli.defaults import stated_options  # few users have any

            command_defaults, everywhere = stated_options(target.command, catalog.options)
    except ConfigError:
        if target.path[0] not in _DIAGNOSES:
            raise
    service = catalog.registered.get(target.path[0]) if target.path else None
    if service is None or "settings" not in service:
        return command_defaults, everywhere
    settings: Settings = loaded(service["settings"])()
    if not settings.get(target.path[0], default=None) and settings.get("log_level", default=None) in (None, LOG_LEVEL):
        return command_defaults, everywhere
    from omicsdk.cli.defaults import defaults_of  # few configurations have any

    own_defaults, general_defaults = defaults_of(target, settings, service, catalog)
    return {**command_defaults, **own_defaults}, {**everywhere, **general_defaults}


@contextmanager
def in_profile(named: str) -> Generator[None]:
    """Set the profile of --profile for all clients of a command, including its worker processes.

    Args:
        named: The profile.
    """
    before = os.environ.get(PROFILE_VARIABLE)
    os.environ[PROFILE_VARIABLE] = named
    try:
        yield
    finally:
        if before is None:
            del os.environ[PROFILE_VARIABLE]
        else:
            os.environ[PROFILE_VARIABLE] = before


def connected(
    target: CommandNode, service: Service | None, settings: Mapping[str, Any], access: Mapping[str, Any] | None = None
) -> Any:
    """Make the client of a command.

    Args:
        target: The command.
        service: Registration of its service.
        settings: Values of the global options that were given.
        access: Values of the service's own options that were given, for the client.

    Raises:
        UsageError: The base URL is missing or invalid.
        ConfigError: A setting cannot be read, or the token is invalid.
    """
    name, client = target.path[0], None if service is None else service.get("client")
    base_url, token = settings.get("base-url") or None, settings.get("access-token") or None
    try:
        if client is not None:
            return loaded(client)(base_url, credentials=token, **(access or {}))
        return _generated_client(target, base_url, token)
    except OmicsError as error:
        if base_url is None and service is None and not os.environ.get(variable(name, "URL")):
            raise UsageError(
                f"no base URL for {name}", remedy=f"Use --base-url, or set {variable(name, 'URL')}."
            ) from error
        from omicsdk.core.redaction import mask_url
        from omicsdk.core.request import fault_of  # slow; commands that read the settings only do without

        named = bool(settings.get("profile") or os.environ.get(PROFILE_VARIABLE)) and client is not None
        url = base_url or (None if named else os.environ.get(variable(name, "URL")))
        if not url or (fault := fault_of(url)) is None:
            raise

        source = "--base-url" if base_url else variable(name, "URL")
        remedy = "Use the URL of the service, which begins with https:// and a host."
        raise UsageError(f"{source}: {mask_url(url)!r} {fault}", remedy=remedy) from error


def _generated_client(target: CommandNode, base_url: str | None, token: str | None) -> Any:
    from omicsdk.core.credentials import BearerToken

    module = import_module(f"omicsdk_api.{target.package}")
    # The asynchronous client ends in Api, too.
    client = next(getattr(module, name) for name in module.__all__ if name.endswith("Api") and name[:5] != "Async")
    base_url, token = stated_by_variables(target.path[0], base_url, token, client._default_base_url)
    return client(base_url) if token is None else client(base_url, credentials=BearerToken(token))
