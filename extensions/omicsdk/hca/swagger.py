"""Documents of services as the documented clients hand them out: plain JSON, references in their places."""

import json
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote

from omicsdk.core.errors import ConfigError
from omicsdk.core.narrowing import is_array, is_object

NOTHING_CACHED = "Nothing is cached: the definitions of the services come with omicsdk."


def clear_hca_cache(args: object = None) -> None:
    """Does nothing but say so on stderr: there is no cache of API definitions.

    Args:
        args: Not looked at; the published function was handed the parsed command line.
    """
    del args
    print(NOTHING_CACHED, file=sys.stderr)  # noqa: T201 - telling is all that it does


@cache
def document_of(package: str) -> dict[str, Any]:
    """The document that a client was generated from.

    Args:
        package: The generated package, such as `dss`.

    Returns:
        The document in its one form, OpenAPI 3.1; shared, not to be changed.
    """
    name = import_module(f"omicsdk_api.{package}").__name__
    return json.loads(Path(str(sys.modules[name].__file__)).with_name("openapi.json").read_bytes())


def load_swagger_json(swagger_json: IO[str] | IO[bytes], ptr_str: str = "$ref") -> Any:
    """A document with what it refers to in the places of its references.

    A schema that contains itself does so in the result too.

    Args:
        swagger_json: An open file of JSON.
        ptr_str: The member by which an object refers to another place of the document.

    Raises:
        ConfigError: It isn't JSON, or refers to nothing, to another document, or only to itself.
    """
    try:
        document = json.load(swagger_json)
    except ValueError as error:
        raise ConfigError(f"the document isn't JSON: {error}", remedy="Give an open file of JSON.") from error
    for held, key in list(_places(document)):
        held[key] = _target(document, held[key], ptr_str)
    return document if not _is_reference(document, ptr_str) else _target(document, document, ptr_str)


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Every place that holds an object, as its holder and the key there."""
    waiting = [document]
    while waiting:
        held = waiting.pop()
        members = held.items() if is_object(held) else enumerate(held) if is_array(held) else ()
        for key, value in members:
            if is_object(value):
                yield held, key
            waiting.append(value)


def _is_reference(value: Any, pointer: str) -> bool:
    return is_object(value) and len(value) == 1 and isinstance(value.get(pointer), str)


def _target(document: Any, value: Any, pointer: str) -> Any:
    """What a reference leads to in the end; anything else as it is."""
    seen: list[str] = []
    while _is_reference(value, pointer):
        where: str = value[pointer]
        if not where.startswith("#"):
            raise ConfigError(f"{where!r} refers to another document", remedy="Put it into this one.")
        if where in seen:
            raise ConfigError(f"{where!r} refers to nothing but itself")
        seen.append(where)
        value = _found(document, where)
    return value


def _found(document: Any, where: str) -> Any:
    found = document
    for step in unquote(where[1:]).split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if is_object(found) and name in found:
            found = found[name]
        elif is_array(found) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            raise ConfigError(f"{where!r} refers to nothing in the document")
    return found
