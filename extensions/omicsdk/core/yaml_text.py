"""YAML as people and platforms write it, read within bounds: the one place of omicsdk that calls PyYAML's loaders.

The generator reads documents with a separate reader (`omicsdk_codegen.load_yaml`), because it imports nothing of omicsdk
and needs YAML 1.2, duplicate keys and the line of each value; its bounds are the same (a test compares them).
"""

from __future__ import annotations

import re
from typing import Any, cast

#: Levels that values may nest, those of aliases included. Readers walk by recursion, which Python stops at 1,000.
MAX_DEPTH = 100
#: Values in a text with its aliases expanded: 400 bytes of nested aliases expand to a billion.
MAX_VALUES = 1_000_000


class YamlFault(ValueError):
    """A text that is not YAML, or exceeds the bounds.

    Args:
        message: What is wrong with it, the line included.
        line: Where, from 1; None where the parser gives no place.
    """

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.line = line


# Plain scalars that are the same values in YAML 1.1 and 1.2. Others, such as NO, 012, 1_000 and 22:22, are texts to one of
# them, or another number: which version a file was written for is unknown, and as a text nothing of it is lost.
_SCALARS = {
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+",
    "float": r"(?:[-+]?[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
}
_TAG = "tag:yaml.org,2002:"
_TEXTS = (f"{_TAG}timestamp", f"{_TAG}value")


def read_yaml(text: str | bytes, *, as_pyyaml: bool = False, unique: bool = False) -> Any:
    """Read a YAML text of one document.

    Args:
        text: The text, or its bytes in UTF-8 or UTF-16.
        as_pyyaml: Whether scalars are those of YAML 1.1, as PyYAML reads them: `NO` is false, and dates are dates. By default
            what YAML 1.2 does not read alike stays a text, and so do `=` and, as in JSON, dates.
        unique: Whether a name may occur once in a mapping; by default the last value of several is its value.

    Returns:
        Its value; None for an empty text.

    Raises:
        YamlFault: It is not YAML, nests deeper than `MAX_DEPTH` levels, expands to more than `MAX_VALUES` values, or a
            name is repeated.
        ImportError: PyYAML is not installed.
    """
    import yaml

    try:
        _bound(text)
        if unique:
            _refuse_repeated(text)
        return cast("Any", yaml).load(text, _loader(as_pyyaml=as_pyyaml))  # made of the safe one
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        lines = len(text.splitlines()) or 1  # missing text is reported at the last line
        line, problem = min(mark.line + 1, lines) if mark else None, str(error.problem or error.context)
        if line is not None and "nesting depth" in problem:  # libyaml has a bound, too, and looks ahead of its events
            raise _too_deep(line) from error
        raise _not_yaml(problem, line) from error
    except yaml.YAMLError as error:
        raise _not_yaml(" ".join(str(error).split()), None) from error
    except YamlFault:
        raise
    except (ValueError, LookupError, AttributeError, TypeError, ArithmeticError) as error:
        # What PyYAML's constructors raise for `!!int x`, `!!bool x`, and dates that there are not.
        raise _not_yaml(f"a value does not match its form or tag: {error}", None) from error


def _not_yaml(why: str, line: int | None) -> YamlFault:
    return YamlFault(f"it is not YAML: {why}" if line is None else f"it is not YAML: line {line}: {why}", line)


def _too_deep(line: int) -> YamlFault:
    return YamlFault(f"line {line}: it nests deeper than {MAX_DEPTH} levels", line)


def _loader(*, as_pyyaml: bool) -> Any:
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    if as_pyyaml:
        return base
    scalars = {f"{_TAG}{kind}": re.compile(rf"(?:{pattern})\Z") for kind, pattern in _SCALARS.items()}
    resolvers: dict[str, list[tuple[str, Any]]] = {
        # An equals sign is a default value to YAML 1.1, which PyYAML cannot construct.
        first: [(tag, scalars.get(tag, pattern)) for tag, pattern in resolvers if tag not in _TEXTS]
        for first, resolvers in base.yaml_implicit_resolvers.items()
    }
    return type("_Loader", (base,), {"yaml_implicit_resolvers": resolvers})


def _refuse_repeated(text: str | bytes) -> None:
    """Refuse a mapping in which a name occurs twice, before merged ones add theirs."""
    import yaml

    nodes: list[Any] = [cast("Any", yaml).compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))]
    for node in nodes:
        if isinstance(node, yaml.MappingNode):
            names: set[str] = set()
            for name, value in node.value:
                if isinstance(name, yaml.ScalarNode) and name.value in names:
                    line = name.start_mark.line + 1
                    raise YamlFault(f"line {line}: the name {name.value!r} occurs twice", line)
                names.add(str(name.value))
                nodes.append(value)
        elif isinstance(node, yaml.SequenceNode):
            nodes += node.value


def _bound(text: str | bytes) -> None:
    """Count the values that a text expands to before one of them is made."""
    import yaml
    from yaml import events

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    values = 0
    standing: list[tuple[str | None, int]] = []  # open containers: anchor, and the count before them
    heights: list[int] = []
    sizes: dict[str, tuple[int, int]] = {}  # of anchors: values and levels
    for event in cast("Any", yaml).parse(text, Loader=loader):
        line = event.start_mark.line + 1
        height = 0
        if isinstance(event, events.AliasEvent):
            name = str(event.anchor)
            # PyYAML would make an object that contains itself, which no walk through it leaves.
            if any(anchor == name for anchor, _ in standing):
                raise YamlFault(f"line {line}: the alias *{name} refers to a value that contains it", line)
            added, height = sizes.get(name, (1, 0))
            values += added
        elif isinstance(event, events.ScalarEvent):
            values += 1
            if event.anchor is not None:
                sizes[str(event.anchor)] = (1, 0)
        elif isinstance(event, events.MappingStartEvent | events.SequenceStartEvent):
            standing.append((event.anchor, values))
            heights.append(0)
            values += 1
        elif isinstance(event, events.MappingEndEvent | events.SequenceEndEvent):
            anchor, before = standing.pop()
            height = heights.pop() + 1
            if anchor is not None:
                sizes[anchor] = (values - before, height)
        if heights:
            heights[-1] = max(heights[-1], height)
        if len(standing) + height > MAX_DEPTH:
            raise _too_deep(line)
        if values > MAX_VALUES:
            raise YamlFault(f"line {line}: its aliases expand to more than {MAX_VALUES:,} values", line)
