"""The platform's reading of an app's CWL: its ports, steps and kind; checks of inputs, and batches."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from omicsdk.sandbox.sb.files import texts
from omicsdk.sandbox.service import JsonObject

_CLASSES = ("CommandLineTool", "ExpressionTool", "Workflow")
_STREAMS = ("stdin", "stdout", "stderr")
_DEEPEST = 20
CWL = dict[str, Any]


class NoCwl(Exception):
    """A text that is no app; its own text states why."""


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of an app.

    Attributes:
        id: Its identity without `#` and the app's name.
        kinds: What a value, or each of a list, may be: File, Directory, string, int, record ...; Any takes everything.
        many: Whether it is a list.
        single: Whether it may be one value; both when the app takes one or several.
        optional: Whether it may be left out.
        secondary: Patterns of the files that come with its files.
        glob: The name of the file that an output is taken from; empty when the app computes it.
    """

    id: str
    kinds: tuple[str, ...]
    many: bool
    single: bool
    optional: bool
    secondary: tuple[str, ...]
    glob: str


def check_cwl(document: object) -> CWL:
    """A document that is an app.

    Raises:
        NoCwl: It is not one.
    """
    if not isinstance(document, dict):
        raise NoCwl("it isn't an object")
    found = cast("CWL", document)
    if "$graph" not in found and found.get("class") not in _CLASSES:
        raise NoCwl(f"its class is {found.get('class')!r}, none of {', '.join(_CLASSES)}")
    main = main_of(found)
    for name in ("inputs", "outputs"):
        if not isinstance(main.get(name, []), list | dict):
            raise NoCwl(f"its {name} are neither a list nor an object")
    return found


def main_of(document: CWL) -> CWL:
    """The process that is run: the document itself, or `main` of a packed one."""
    if not isinstance(document.get("$graph"), list):
        return document
    parts: list[tuple[str, CWL]] = named(document["$graph"]) or [("", {})]
    return next((part for id, part in parts if _short(id) == "main"), parts[-1][1])


def named(stated: Any, key: str = "id") -> list[tuple[str, Any]]:
    """Read what CWL states either as an object by names, or as a list of objects with their names: names and values.

    Args:
        stated: Either; anything else names nothing.
        key: What objects of a list have their name as.
    """
    if isinstance(stated, dict):
        return [(str(name), each) for name, each in cast("CWL", stated).items()]
    listed = cast("list[Any]", stated) if isinstance(stated, list) else []
    objects = [cast("CWL", each) for each in listed if isinstance(each, dict)]
    return [(str(each.get(key, "")), each) for each in objects]


def name_of(document: CWL, fallback: str) -> str:
    """The name of an app."""
    label = main_of(document).get("label") or document.get("label")
    return label if isinstance(label, str) and label else fallback


def ports(document: CWL, which: str) -> list[Port]:
    """The inputs or outputs of an app.

    Args:
        document: The app.
        which: inputs or outputs.
    """
    main = main_of(document)
    return [_port(_short(id), _spelt_out(main, port)) for id, port in named(main.get(which))]


def _short(id: str) -> str:
    """The last part of an identity: `#main/reads` and `#reads` are reads."""
    return re.split(r"[#/]", id)[-1]


def _spelt_out(main: CWL, stated: Any) -> dict[str, Any]:
    """A port as an object; a stream is a file that is called as the tool states."""
    whole: dict[str, Any] = cast("dict[str, Any]", stated) if isinstance(stated, dict) else {"type": stated}
    kind = whole.get("type")
    if kind not in _STREAMS:
        return whole
    return {**whole, "type": "File", "outputBinding": {"glob": main.get(kind, "")}}


def _port(id: str, whole: Mapping[str, Any]) -> Port:
    found = _kinds(whole.get("type", "Any"), 0)
    many = any(several for _, several in found)
    binding = whole.get("outputBinding")
    glob = cast("dict[str, Any]", binding).get("glob", "") if isinstance(binding, dict) else ""
    return Port(
        id=id,
        kinds=tuple(dict.fromkeys(kind for kind, _ in found if kind != "null")),
        many=many,
        single=not many or any(not several for kind, several in found if kind != "null"),
        optional=("null", False) in found or whole.get("default") is not None,
        secondary=tuple(_patterns(whole.get("secondaryFiles"))),
        glob=glob if isinstance(glob, str) else "",
    )


def _kinds(stated: Any, depth: int) -> list[tuple[str, bool]]:
    """Kinds of values that a type takes, null among them, each with whether a list of such is taken."""
    match stated:
        case str():
            bare = stated.removesuffix("?")
            found = (_short(bare.removesuffix("[]")), bare.endswith("[]"))
            return [found, ("null", False)] if stated.endswith("?") else [found]
        case [*several] if depth <= _DEEPEST:
            return [found for each in several for found in _kinds(each, depth + 1)]
        case {"type": "array"} if depth <= _DEEPEST:
            inner = _kinds(cast("CWL", stated).get("items", "Any"), depth + 1)
            return [(kind, True) for kind, _ in inner]
        case {"type": kind}:
            return [(str(kind), False)]
        case _:
            return [("Any", False)]


def _patterns(stated: Any) -> list[str]:
    several = cast("list[Any]", stated) if isinstance(stated, list) else [stated]
    found = [cast("dict[str, Any]", each).get("pattern") if isinstance(each, dict) else each for each in several]
    # The value of an expression is unknown without running the app.
    return [each.removesuffix("?") for each in found if isinstance(each, str) and each and "$" not in each]


def secondary_name(name: str, pattern: str) -> str:
    """The name of a file's secondary file: `.bai` adds to it, each `^` takes an extension off first."""
    while pattern.startswith("^"):
        pattern = pattern[1:]
        stem, dot, _ = name.rpartition(".")
        name = stem if dot and stem else name
    return name + pattern


def steps_of(document: CWL) -> list[str]:
    """The names of an app's steps; a tool is its only one."""
    main = main_of(document)
    if isinstance(main.get("steps"), list | dict):
        return [_short(name) or "step" for name, _ in named(main["steps"])]
    return [name_of(document, _short(str(main.get("id", ""))) or "main")]


def command_of(document: CWL) -> str:
    """The beginning of a tool's command line; empty for workflows."""
    base: Any = main_of(document).get("baseCommand")
    words: Sequence[Any] = cast("list[Any]", base) if isinstance(base, list) else [base]
    return " ".join(str(word) for word in words if word is not None and not isinstance(word, Mapping))


# -- inputs

_FILES = ("File", "Directory")
_JSON_KINDS: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("string", "enum"), (str,)),
    **dict.fromkeys(("int", "long"), (int,)),
    **dict.fromkeys(("float", "double"), (int, float)),
    "boolean": (bool,),
    "record": (dict,),
}


def _is_file(value: object) -> bool:
    """Whether a value represents a file or folder."""
    return isinstance(value, dict) and cast("JsonObject", value).get("class") in _FILES


def files_of(value: Any) -> Iterator[JsonObject]:
    """The files and folders in a value, at any depth."""
    if _is_file(value):
        yield value
        value = value.get("secondaryFiles")
    inner = cast("JsonObject", value).values() if isinstance(value, dict) else value
    for each in cast("Iterable[Any]", inner) if isinstance(value, dict | list) else ():
        yield from files_of(each)


def mapped(value: Any, change: Callable[[JsonObject], JsonObject]) -> Any:
    """A value with each file and folder in it changed."""
    if _is_file(value):
        return change(value)
    if isinstance(value, dict):
        return {key: mapped(each, change) for key, each in cast("JsonObject", value).items()}
    if isinstance(value, list):
        return [mapped(each, change) for each in cast("list[Any]", value)]
    return value


def faults(inputs: Mapping[str, Any], ports: Sequence[Port], split: str = "") -> list[JsonObject]:
    """The faults of an app's inputs.

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
                found.append(fault(port.id, 7012, f"Input {port.id!r} is required and has no value"))
        elif not (_fits_divided(value, port) if port.id == split else _fits(value, port)):
            wanted = " or ".join(port.kinds) + (" in a list" if port.many and not port.single else "")
            found.append(fault(port.id, 7024, f"Input {port.id!r} takes {wanted}, not {_said(value)}"))
    return found


def unknown(inputs: Mapping[str, Any], ports: Sequence[Port]) -> list[JsonObject]:
    """Inputs that the app does not have: no fault, but worth a warning."""
    known = {port.id for port in ports}
    return [fault(id, 7024, f"The app has no input {id!r}: it is left out") for id in inputs if id not in known]


def fault(id: str | None, code: int, message: str) -> JsonObject:
    """A fault of an input, or of a task where no input is named."""
    return {"id": id, "code": code, "message": message}


def _fits(value: Any, port: Port) -> bool:
    if isinstance(value, list):
        return port.many and all(_is(each, port.kinds) for each in cast("list[Any]", value))
    return port.single and _is(value, port.kinds)


def _fits_divided(value: Any, port: Port) -> bool:
    """Whether each part that children of a batch get fits; that it is a list is checked elsewhere."""
    return not isinstance(value, list) or all(
        _is(each, port.kinds) or _fits(each, port) for each in cast("list[Any]", value)
    )


def _is(value: Any, kinds: Sequence[str]) -> bool:
    if value is None or "Any" in kinds:
        return True
    if _is_file(value):
        return value["class"] in kinds
    known = [_JSON_KINDS[kind] for kind in kinds if kind in _JSON_KINDS]
    # A named kind is a record or an enumeration of the app.
    if any(kind not in _JSON_KINDS and kind not in _FILES for kind in kinds):
        return True
    return any(isinstance(value, kind) and (not isinstance(value, bool) or bool in kind) for kind in known)


def _said(value: Any) -> str:
    if _is_file(value):
        return f"a {value['class']}"
    return "a list" if isinstance(value, list) else repr(value)[:40]


@dataclass(frozen=True, slots=True)
class Group:
    """The inputs of one child of a batch.

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
    """The rule by which a batch divides an input.

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
        metadata: Mapping[str, Any] = facts(item).get("metadata", {}) if _is_file(item) else {}
        key = tuple(", ".join(texts(metadata.get(name.removeprefix("metadata.")))) for name in criteria)
        found.setdefault(key, []).append(item)
    return [
        Group(", ".join(key), dict(zip(criteria, key, strict=True)), tuple(several), single=False)
        for key, several in found.items()
    ]


def _name(item: Any, facts: Callable[[JsonObject], Mapping[str, Any]]) -> str:
    return str(facts(item).get("name", item.get("path", ""))) if _is_file(item) else str(item)
