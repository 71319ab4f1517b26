"""What the platform reads from an app's CWL: its ports, steps, and what kind of app it is."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from omicsdk.core.yaml_text import YamlFault, read_yaml

CLASSES = ("CommandLineTool", "ExpressionTool", "Workflow")
_STREAMS = ("stdin", "stdout", "stderr")
_DEEPEST = 20
CWL = dict[str, Any]


class NoCwl(Exception):
    """A text that is no app; its own text says why."""


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


def cwl_of_yaml(content: bytes) -> Any:
    """A YAML document as JSON values: dates stay texts.

    Raises:
        NoCwl: It isn't YAML.
    """
    try:
        return read_yaml(content)
    except YamlFault as error:
        raise NoCwl(str(error)[:200]) from error


def check_cwl(document: object) -> CWL:
    """A document that is an app.

    Raises:
        NoCwl: It isn't one.
    """
    if not isinstance(document, dict):
        raise NoCwl("it isn't an object")
    found = cast("CWL", document)
    if "$graph" not in found and found.get("class") not in CLASSES:
        raise NoCwl(f"its class is {found.get('class')!r}, none of {', '.join(CLASSES)}")
    main = main_of(found)
    for name in ("inputs", "outputs"):
        if not isinstance(main.get(name, []), list | dict):
            raise NoCwl(f"its {name} are neither a list nor an object")
    return found


def main_of(document: CWL) -> CWL:
    """The process that is run: the document itself, or `main` of a packed one."""
    graph = document.get("$graph")
    if not isinstance(graph, list):
        return document
    parts = [cast("CWL", each) for each in cast("list[Any]", graph) if isinstance(each, dict)]
    named = (each for each in parts if short(each.get("id", "")) == "main")
    return next(named, parts[-1] if parts else {})


def name_of(document: CWL, fallback: str) -> str:
    """How an app calls itself."""
    label = main_of(document).get("label") or document.get("label")
    return label if isinstance(label, str) and label else fallback


def ports(document: CWL, which: str) -> list[Port]:
    """The inputs or outputs of an app.

    Args:
        document: The app.
        which: inputs or outputs.
    """
    main = main_of(document)
    stated: Any = main.get(which) or []
    if isinstance(stated, dict):
        pairs = [(str(id), port) for id, port in cast("dict[Any, Any]", stated).items()]
    else:
        listed = [cast("dict[str, Any]", port) for port in cast("list[Any]", stated) if isinstance(port, dict)]
        pairs = [(str(port.get("id", "")), port) for port in listed]
    return [_port(short(id), _spelt_out(main, port)) for id, port in pairs]


def short(id: str) -> str:
    """The last part of an identity: `#main/reads` and `#reads` are reads."""
    return re.split(r"[#/]", id)[-1]


def _spelt_out(main: CWL, stated: Any) -> dict[str, Any]:
    """A port as an object; a stream is a file that is called as the tool says."""
    whole: dict[str, Any] = cast("dict[str, Any]", stated) if isinstance(stated, dict) else {"type": stated}
    kind = whole.get("type")
    if kind not in _STREAMS:
        return whole
    return {**whole, "type": "File", "outputBinding": {"glob": main.get(kind, "")}}


def _port(id: str, whole: Mapping[str, Any]) -> Port:
    kinds, many, single, optional = _type(whole.get("type", "Any"), 0)
    binding = whole.get("outputBinding")
    glob = cast("dict[str, Any]", binding).get("glob", "") if isinstance(binding, dict) else ""
    return Port(
        id=id,
        kinds=tuple(dict.fromkeys(kinds)),
        many=many,
        single=single or not many,
        optional=optional or whole.get("default") is not None,
        secondary=tuple(_patterns(whole.get("secondaryFiles"))),
        glob=glob if isinstance(glob, str) else "",
    )


def _type(stated: Any, depth: int) -> tuple[list[str], bool, bool, bool]:
    """Kinds, whether it is a list, whether it is one value, whether it is optional."""
    if depth > _DEEPEST:
        return ["Any"], False, True, False
    if isinstance(stated, str):
        optional = stated.endswith("?")
        bare = stated.removesuffix("?")
        many = bare.endswith("[]")
        kind = short(bare.removesuffix("[]"))
        return ([], False, False, True) if kind == "null" else ([kind], many, not many, optional)
    if isinstance(stated, list):
        found = [_type(each, depth + 1) for each in cast("list[Any]", stated)]
        kinds = [kind for each in found for kind in each[0]]
        return kinds, any(each[1] for each in found), any(each[2] for each in found), any(each[3] for each in found)
    if isinstance(stated, dict):
        whole = cast("dict[str, Any]", stated)
        if whole.get("type") == "array":
            return _type(whole.get("items", "Any"), depth + 1)[0], True, False, False
        return [str(whole.get("type", "Any"))], False, True, False
    return ["Any"], False, True, False


def _patterns(stated: Any) -> list[str]:
    several = cast("list[Any]", stated) if isinstance(stated, list) else [stated]
    found = [cast("dict[str, Any]", each).get("pattern") if isinstance(each, dict) else each for each in several]
    # An expression can't be told without running the app.
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
    stated: Any = main.get("steps")
    if isinstance(stated, dict):
        return [str(id) for id in cast("dict[Any, Any]", stated)]
    if isinstance(stated, list):
        listed = [cast("dict[str, Any]", each) for each in cast("list[Any]", stated) if isinstance(each, dict)]
        return [short(str(each.get("id", "step"))) for each in listed]
    return [name_of(document, short(str(main.get("id", ""))) or "main")]


def command_of(document: CWL) -> str:
    """The beginning of a tool's command line; empty for workflows."""
    base: Any = main_of(document).get("baseCommand")
    words: Sequence[Any] = cast("list[Any]", base) if isinstance(base, list) else [base]
    return " ".join(str(word) for word in words if word is not None and not isinstance(word, Mapping))
