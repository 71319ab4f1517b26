"""What tasks give to their apps: what is wrong with it, and how a batch divides it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from omicsdk.sandbox.sb.cwl import Port
from omicsdk.sandbox.sb.documents import JsonObject
from omicsdk.sandbox.sb.files import texts

FILES = ("File", "Directory")
_JSON_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "int": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "record": (dict,),
    "enum": (str,),
}


def is_file(value: object) -> bool:
    """Whether a value stands for a file or folder."""
    return isinstance(value, dict) and cast("JsonObject", value).get("class") in FILES


def files_of(value: Any) -> Iterator[JsonObject]:
    """The files and folders in a value, however deep."""
    if is_file(value):
        yield value
        yield from files_of(value.get("secondaryFiles"))
    elif isinstance(value, dict):
        for each in cast("JsonObject", value).values():
            yield from files_of(each)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from files_of(each)


def mapped(value: Any, change: Callable[[JsonObject], JsonObject]) -> Any:
    """A value with each file and folder in it changed."""
    if is_file(value):
        return change(value)
    if isinstance(value, dict):
        return {key: mapped(each, change) for key, each in cast("JsonObject", value).items()}
    if isinstance(value, list):
        return [mapped(each, change) for each in cast("list[Any]", value)]
    return value


def faults(inputs: Mapping[str, Any], ports: Sequence[Port], split: str = "") -> list[JsonObject]:
    """What keeps an app from being run with some inputs.

    Args:
        inputs: The inputs by identity.
        ports: The app's inputs.
        split: The input that a batch divides; each child gets one part of it.

    Returns:
        One object a fault: the input, a code and a message.
    """
    found: list[JsonObject] = []
    for port in ports:
        value = inputs.get(port.id)
        if value is None:
            if not port.optional:
                found.append(_fault(port.id, 7012, f"Input {port.id!r} is required and has no value"))
        elif not (_fits_divided(value, port) if port.id == split else _fits(value, port)):
            wanted = " or ".join(port.kinds) + (" in a list" if port.many and not port.single else "")
            found.append(_fault(port.id, 7024, f"Input {port.id!r} takes {wanted}, not {_said(value)}"))
    return found


def unknown(inputs: Mapping[str, Any], ports: Sequence[Port]) -> list[JsonObject]:
    """Inputs that the app doesn't have: no fault, but worth a warning."""
    known = {port.id for port in ports}
    return [_fault(id, 7024, f"The app has no input {id!r}: it is left out") for id in inputs if id not in known]


def _fault(id: str, code: int, message: str) -> JsonObject:
    return {"id": id, "code": code, "message": message}


def _fits(value: Any, port: Port) -> bool:
    if isinstance(value, list):
        return port.many and all(_is(each, port.kinds) for each in cast("list[Any]", value))
    return port.single and _is(value, port.kinds)


def _fits_divided(value: Any, port: Port) -> bool:
    """Whether each part fits that children of a batch get; that it is a list is said elsewhere."""
    return not isinstance(value, list) or all(
        _is(each, port.kinds) or _fits(each, port) for each in cast("list[Any]", value)
    )


def _is(value: Any, kinds: Sequence[str]) -> bool:
    if value is None or "Any" in kinds:
        return True
    if is_file(value):
        return value["class"] in kinds
    known = [_JSON_KINDS[kind] for kind in kinds if kind in _JSON_KINDS]
    # A kind that has a name of its own is a record or an enumeration of the app.
    if any(kind not in _JSON_KINDS and kind not in FILES for kind in kinds):
        return True
    return any(isinstance(value, kind) and (not isinstance(value, bool) or bool in kind) for kind in known)


def _said(value: Any) -> str:
    if is_file(value):
        return f"a {value['class']}"
    return "a list" if isinstance(value, list) else repr(value)[:40]


@dataclass(frozen=True, slots=True)
class Group:
    """What one child of a batch gets.

    Attributes:
        value: What the group is called.
        fields: The metadata that its files agree in.
        items: Its part of the divided input.
        single: Whether the child gets one value and no list.
    """

    value: str
    fields: JsonObject
    items: tuple[Any, ...]
    single: bool


def divided(
    items: Sequence[Any], batch_by: Mapping[str, Any], facts: Callable[[JsonObject], Mapping[str, Any]]
) -> list[Group]:
    """How a batch divides an input.

    Args:
        items: The input's values.
        batch_by: `type` ITEM, or CRITERIA with `criteria`, names such as metadata.sample_id.
        facts: The name and metadata of a file.

    Returns:
        One group a child, in the order of the first file of each.
    """
    if str(batch_by["type"]).upper() == "ITEM":
        return [Group(_name(item, facts), {}, (item,), single=True) for item in items]
    criteria: Sequence[str] = batch_by["criteria"]
    found: dict[tuple[str, ...], list[Any]] = {}
    for item in items:
        metadata: Mapping[str, Any] = facts(item).get("metadata", {}) if is_file(item) else {}
        key = tuple(", ".join(texts(metadata.get(name.removeprefix("metadata.")))) for name in criteria)
        found.setdefault(key, []).append(item)
    return [
        Group(", ".join(key), dict(zip(criteria, key, strict=True)), tuple(several), single=False)
        for key, several in found.items()
    ]


def _name(item: Any, facts: Callable[[JsonObject], Mapping[str, Any]]) -> str:
    return str(facts(item).get("name", item.get("path", ""))) if is_file(item) else str(item)
