"""Defaults from outside a command line: settings of the sections that bear the names of commands, and environment variables."""

from __future__ import annotations

import json
import os
from datetime import date, time
from typing import cast

from omicsdk.cli.arguments import LEVELS, global_arguments, key, kind_of, own_arguments
from omicsdk.cli.catalog import GLOBALS, PROGRESS_EVERY, Catalog, ServiceGroup
from omicsdk.cli.parser import seconds_of, spelled, takes_texts, value_of
from omicsdk.cli.services import SERVICE_VARIABLES, variable
from omicsdk.core.errors import ConfigError, UsageError
from omicsdk.core.likeness import did_you_mean, nearest
from omicsdk.core.settings.config import Keys, Settings, name_of
from omicsdk.core.settings.profiles import DEFAULT_VARIABLES, DEFAULTS, stated_defaults
from omicsdk.core.type_guards import is_array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from omicsdk.cli.program import CommandNode
    from omicsdk.cli.registrations import Service, Workflow
    from omicsdk.cli.shapes import Argument, Command


# Global options that may be configured for one command; the others are secrets, or for one call only.
CONFIGURABLE = ("output", "query", "log-level")


def defaults_of(
    target: CommandNode, settings: Settings, service: Service, catalog: Catalog
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read the defaults of a command from its service's configuration.

    Args:
        target: The command.
        settings: The configuration.
        service: Registration of the service.
        catalog: The catalog with the command.

    Returns:
        Values of its arguments by their key, and of global options by name.

    Raises:
        ConfigError: A command or argument is unknown, or a value has the wrong type; names file and line.
    """
    word = target.path[0]
    names = _names(settings, word, service)
    commands = _commands(catalog, word) if names else []
    for name in names:
        _check_command(settings, (word, name), commands)
    return _defaults(target, settings, names)


def stated_options(command: Command, everywhere: list[Argument]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the defaults of options that variables and the settings file state.

    Args:
        command: The command.
        everywhere: The options of all commands.

    Returns:
        The values of the command's options of transfers by their keys, and those of global options.

    Raises:
        ConfigError: A setting is unknown, or a value is not one of its option; names where it is from.
    """
    arguments = own_arguments(command)
    general = _section_defaults("cli", global_arguments(arguments, everywhere))
    workflow = cast("Workflow", command)
    if "control" not in workflow.get("supplied", ()) and "places" not in workflow.get("gathered", {}):
        # Commands that only read, such as `omics lock`, have one of the settings of transfers. Their --cache is no option of a transfer.
        arguments = [argument for argument in arguments if key(argument) == key(PROGRESS_EVERY)]
    return _section_defaults("transfer", arguments), general


def _section_defaults(section: str, arguments: list[Argument]) -> dict[str, Any]:
    """Return the defaults of those options of a section that a command has."""
    checked: dict[str, Any] = {}
    options = {key(argument).replace("-", "_"): argument for argument in arguments if not argument.get("positional")}
    defaults = stated_defaults(section, os.environ) if options.keys() & DEFAULTS[section] else {}
    for name, argument in options.items():
        if name in defaults:
            value, origin = defaults[name]
            try:
                checked[key(argument)] = checked_default(argument, value)
            except UsageError as error:
                what = error.message.removeprefix(f"{spelled(argument)}: ")
                raise ConfigError(f"{origin}: {what}", remedy=error.remedy or "Correct or remove it.") from error
    return checked


def checked_default(argument: Argument, value: Any) -> Any:
    """Convert the default of an option, and check it before it is used or stored.

    Args:
        argument: The option.
        value: Its text, or its value as TOML states it.

    Raises:
        UsageError: It is none of the option.
    """
    converted = _converted(argument, value)
    if argument["name"] in ("call-timeout", "call-budget"):
        # Only checked: the text is parsed when the command begins.
        seconds_of(spelled(argument), str(value))
    from omicsdk.transfer.engine.options import SelectionOptionsDict, TransferOptions

    if key(argument) in SelectionOptionsDict.__annotations__:
        TransferOptions.of({key(argument): converted}, selects=True)
    return converted


def check(settings: Settings, keys: Keys, catalog: Catalog) -> None:
    """Check the defaults of commands before a setting is changed.

    Args:
        settings: The settings after the change.
        keys: The names of the setting's path.
        catalog: The commands.

    Raises:
        ConfigError: A changed command or argument is unknown, or a value has the wrong type.
    """
    from omicsdk.cli.program import CommandNode, Group

    word = keys[0]
    service, group = catalog.registered.get(word), catalog.start(word) if word in catalog.services() else None
    if service is None or "settings" not in service or not isinstance(group, Group):
        return
    for name in _names(settings, word, service):
        # Faults of other commands' defaults do not keep this one from being set.
        if name in keys[1:2] or len(keys) == 1:
            _check_command(settings, (word, name), _commands(catalog, word))
            node = group.child(name.replace("_", "-"))
            if isinstance(node, CommandNode):
                _defaults(node, settings, [name])


def _names(settings: Settings, word: str, service: Service) -> list[str]:
    """Return the names in a service's section that should be commands."""
    section = settings.get(word, default={})
    if not isinstance(section, dict):
        raise _wrong(settings, (word,), f"expected an object of commands, got {json.dumps(section)[:60]}")
    return [name for name in section if name not in service.get("sections", ())]


def _check_command(settings: Settings, keys: Keys, commands: list[str]) -> None:
    word, command = keys[0], keys[1].replace("_", "-")
    if command not in commands:
        raise _wrong(settings, keys, f"omics {word} has no command {command!r}", did_you_mean(command, commands))


def _defaults(target: CommandNode, settings: Settings, names: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    word = target.path[0]
    everywhere: dict[str, Any] = {}
    values: dict[str, Any] = {}
    level = settings.get("log_level")
    if level is not None:
        everywhere["log-level"] = _level(settings, level)
    for name in names:
        # Settings may have underscores for the dashes of commands.
        if name.replace("_", "-") != target.path[-1]:
            continue
        section = settings.get(word, name)
        if not isinstance(section, dict):
            raise _wrong(settings, (word, name), f"expected an object of arguments, got {json.dumps(section)[:60]}")
        for argument_name, value in section.items():
            keys = (word, name, argument_name)
            argument = _argument(target.command, keys, settings)
            if value is not None:
                (everywhere if _is_global(argument) else values)[key(argument)] = _value(
                    argument, value, keys, settings
                )
    return values, everywhere


def _commands(catalog: Catalog, word: str) -> list[str]:
    group = catalog.start(word)
    return [name for name, _ in [*group.handwritten(), *group.operations()]] if isinstance(group, ServiceGroup) else []


def _argument(command: Command, keys: Keys, settings: Settings) -> Argument:
    options = own_arguments(command)
    arguments = [*options, *filter(_is_global, global_arguments(options, GLOBALS))]
    for argument in arguments:
        if _plain(keys[-1]) in (_plain(argument["name"]), _plain(key(argument))):
            return argument
    near = did_you_mean(_plain(keys[-1]), [_plain(argument["name"]) for argument in arguments])
    raise _wrong(settings, keys, f"the command has no argument {keys[-1]!r}", near)


def _is_global(argument: Argument) -> bool:
    return argument["name"] in CONFIGURABLE and argument in GLOBALS


def _plain(name: str) -> str:
    return name.replace("-", "_")


def _value(argument: Argument, value: Any, keys: Keys, settings: Settings) -> Any:
    try:
        return _converted(argument, value)
    except UsageError as error:
        raise _wrong(settings, keys, error.message.removeprefix(f"{spelled(argument)}: ")) from error


def _converted(argument: Argument, value: Any) -> Any:
    if isinstance(value, str):
        return value_of(argument, [value])
    if is_array(value) and takes_texts(argument):
        return value_of(argument, [item if isinstance(item, str) else _text_of(item) for item in value])
    text = _text_of(value)
    if isinstance(value, (list, dict)) and kind_of(argument) not in ("array", "object", "any"):
        raise UsageError(f"{spelled(argument)}: expected one value, got {text[:60]}")
    return value_of(argument, [text])


def _text_of(value: Any) -> str:
    """Return a value of JSON or TOML, which has dates and times, as it is typed."""
    return value.isoformat() if isinstance(value, (date, time)) else json.dumps(value, default=str)


def _level(settings: Settings, level: Any) -> str:
    if not isinstance(level, str) or level.upper() not in LEVELS:
        raise _wrong(settings, ("log_level",), f"expected one of {', '.join(LEVELS)}, got {json.dumps(level)[:60]}")
    return level.upper()


def _wrong(settings: Settings, keys: Keys, what: str, remedy: str = "") -> ConfigError:
    return ConfigError(f"{settings.place_of(keys)}: {name_of(keys)}: {what}", remedy=remedy or "Correct or remove it.")


# Environment variables that omicsdk reads, besides those that begin with OMICS_.
VARIABLES = (
    # Human Cell Atlas
    *("HCA_CONFIG_FILE", "XDG_CONFIG_HOME", "GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG"),
    # django-crunch and Pangea
    *("CRUNCH_URL", "CRUNCH_TOKEN", "CRUNCH_STORAGE_SETTINGS"),
    *("PANGEA_ENDPOINT", "PANGEA_USER", "PANGEA_PASS", "PANGEA_API_CACHE_DIR"),
    # Seven Bridges
    *("SB_API_ENDPOINT", "SB_AUTH_TOKEN", "SB_PROFILE"),
    # Gen3 and GA4GH DRS
    *("GEN3_ENDPOINT", "GEN3_COMMONS_URL", "GEN3_API_KEY", "GEN3_TOKEN"),
    *("DRS_CACHE", "DRS_CACHE_EXPIRE_DURATION", "DRS_RESOLUTION_ORDER", "DRS_RESOLVER_HOSTNAME"),
    # Portals
    "GDC_TOKEN",
    # S3
    *("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    *("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"),
    *("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE"),
    # The network
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)

_FILES = "SETTINGS_FILE ALIASES_FILE TOKEN_FILE STATE_DIR CLIENT_CERT CLIENT_KEY COMPLETE_DEBUG"
_PLATFORMS = "DSS_STAGING_BUCKET DSS_HMAC_KEY DRS_HOSTS SANDBOX_URL SEARCH_PORTALS COMPAT PROFILE RESPONSE_LIMIT"
_CREDENTIALS = "GOOGLE_TOKEN GOOGLE_PROJECT NCBI_API_KEY DRYAD_TOKEN S3_SSE_C_KEY S3_REQUESTER_PAYS"
_ADDRESSES = "GOOGLE ENA EUTILS GEO GEO_FILES EGA ANVIL BIOSTUDIES PRIDE METABOLIGHTS SDL"
_REPOSITORIES = "ZENODO FIGSHARE DATAVERSE DRYAD DATACITE DOI IDENTIFIERS"

# Beginnings that only variables of omicsdk have: the names of sections of settings.
_ALWAYS = ("OMICS_TRANSFER_", "OMICS_CLI_")

# Likeness from which a variable is taken for a misspelled one: OMICS_LOGLEVEL has 0.97, OMICS_OUTPUT_DIR 0.86.
_NEAR = 0.9


def misspelled(names: Iterable[str], services: Callable[[], Iterable[str]]) -> Iterator[str]:
    """Yield a message for each variable that looks like one of omicsdk's, and is none.

    Only near names, and those of options of transfers without TRANSFER_, are reported, since programs may have an OMICS_OUTPUT_DIR for themselves.

    Args:
        names: Names of variables, which begin as those of omicsdk.
        services: Returns the words of all services, those of plugins included, which have variables, too.
    """
    known_names = {
        *VARIABLES,
        *DEFAULT_VARIABLES,
        *SERVICE_VARIABLES,
        *(f"OMICS_{name}" for name in f"{_FILES} {_PLATFORMS} {_CREDENTIALS}".split()),
        *(f"OMICS_{name}_URL" for name in f"{_ADDRESSES} {_REPOSITORIES}".split()),
    }
    unknown = [name for name in names if name not in known_names]
    service_words = services() if unknown else ()
    of_plugins = {variable(service, what) for service in service_words for what in ("TOKEN", "URL")}
    for name in unknown:
        meant = name.replace("_CLI_", "_", 1)
        if (of_transfers := name.replace("OMICS_", "OMICS_TRANSFER_", 1)) in DEFAULT_VARIABLES:
            meant = of_transfers
        if name.startswith(_ALWAYS) or (name not in of_plugins and nearest(meant, known_names, least=_NEAR)):
            yield f"{name} has no effect: no such variable. {did_you_mean(meant, sorted(known_names))}".rstrip()
