"""Reading YAML by the parser's events: 1.2 scalars, keys as text, aliases as bounded copies, and the lines of values."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, cast

from .faults import DocumentError, Fault
from .limits import MAX_COPIED, MAX_DEPTH, copied_fault, nested_fault, twice_fault
from .progress import Count, OnProgress, silent
from .texts import one_line
from .values import Json, Node, Object, escape

if TYPE_CHECKING:
    from yaml.events import Event, ScalarEvent

# YAML 1.2.2, section 10.3.2 (core schema); nan and inf are refused, JSON has no room for them.
_PLAIN = re.compile(
    r"""(?P<null>~|null|Null|NULL|)
    |(?P<true>true|True|TRUE)
    |(?P<false>false|False|FALSE)
    |(?P<int>[-+]?[0-9]+)
    |(?P<oct>0o[0-7]+)
    |(?P<hex>0x[0-9a-fA-F]+)
    |(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)
    |(?P<odd>[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))""",
    re.VERBOSE,
)
_PLACEHOLDER = re.compile(r"\{\{(\s*\w+\s*)\}\}")
_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = ("!", _TAG + "str", _TAG + "timestamp", _TAG + "binary")
_PLAIN_TAGS = (None, _TAG + "null", _TAG + "bool", _TAG + "int", _TAG + "float")
_CONTAINER_TAGS = (None, "!", _TAG + "map", _TAG + "seq", _TAG + "set", _TAG + "omap")
# Read as text by all readers of these documents, though 2.0 and 1.10 look like numbers.
_VERSIONS = ("/swagger", "/openapi", "/overlay", "/info/version")


def read_yaml(text: str, label: str, on_progress: OnProgress = silent) -> Json:
    """Build the value of a YAML text, reporting progress.

    Raises:
        DocumentError: it is not YAML, holds several documents, has keys twice, or exceeds the limits.
    """
    builder = _Builder(label, None, on_progress)
    data = builder.build(text)
    if builder.faults:
        raise DocumentError(builder.faults)
    return data


def yaml_lines(text: str, label: str) -> dict[str, int]:
    """Return the line on which each value of a YAML text begins, by its pointer; a member's is that of its key."""
    lines: dict[str, int] = {}
    _Builder(label, lines).build(text)
    return lines


def _events(text: str) -> Iterator[Event]:
    import yaml

    # PyYAML's wheels have libyaml's parser, which is several times faster; a build without it does not.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return cast("Iterator[Event]", yaml.parse(text, Loader=loader))  # pyright: ignore[reportUnknownMemberType]


@dataclass
class _Open:
    """A container that is not complete yet; for a mapping also the key of the next value."""

    node: Node
    pointer: str
    anchor: str | None
    key: str | None = None
    key_line: int = 1
    merges: bool = False
    merged: list[Json] = field(default_factory=list)


class _Builder:
    def __init__(self, label: str, lines: dict[str, int] | None, on_progress: OnProgress = silent) -> None:
        self.faults: list[Fault] = []
        self._label = label
        self._lines = lines
        self._on_progress = on_progress
        self._root: list[Json] = []
        self._stack: list[_Open] = []
        self._text = ""
        self._anchors: dict[str, Json] = {}
        self._anchored_texts: dict[str, str] = {}
        self._copied = 0
        self._line = 1
        self._shields = ("", "")

    def build(self, text: str) -> Json:
        import yaml

        count = Count(f"reading lines of {one_line(PurePath(self._label).name)}", text.count("\n"), self._on_progress)
        self._text = self._shielded(text)
        try:
            for event in _events(self._text):
                self._line = event.start_mark.line + 1
                count.reached(event.start_mark.line)
                self._take(event)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            if mark is not None and self._text[mark.index : mark.index + 1] == "\t":
                message, remedy = "invalid YAML: a tab indents this line", "Indent with spaces."
                raise self._stop(message, remedy, mark.line + 1) from error
            problem = error.problem or error.context
            raise self._stop(f"invalid YAML: {problem}", "Fix its syntax.", mark.line + 1 if mark else None) from error
        except yaml.YAMLError as error:
            raise self._stop(f"invalid YAML: {str(error).splitlines()[0]}", "Fix its syntax.", None) from error
        return self._root[0] if self._root else None

    def _take(self, event: Event) -> None:
        from yaml import events

        if isinstance(event, events.ScalarEvent):
            if not self._at_key():
                self._put(self._scalar(event))
                return
            # PyYAML takes the first character of the word `?x` in braces or brackets for the mark of a key.
            if self._text[event.start_mark.index - 1 : event.start_mark.index] == "?":
                raise self._stop("in braces or brackets, a word begins with '?'", "Put it in quotes.")
            if event.anchor is not None:
                self._scalar(event)
            self._key(self._unshielded(event.value), not event.style)
        elif isinstance(event, (events.MappingStartEvent, events.SequenceStartEvent)):
            if self._at_key():
                raise self._stop("a key is a mapping or a list", "Put the key in quotes.")
            if event.tag not in _CONTAINER_TAGS:
                raise self._stop(f"the tag {event.tag} has no meaning in JSON", "Write plain values.")
            node: Node = {} if isinstance(event, events.MappingStartEvent) else []
            self._stack.append(_Open(node, self._put(node), event.anchor))
            if len(self._stack) > MAX_DEPTH:
                raise DocumentError([nested_fault(self._label, self._line)])
        elif isinstance(event, (events.MappingEndEvent, events.SequenceEndEvent)):
            self._close(self._stack.pop())
        elif isinstance(event, events.AliasEvent):
            self._alias(str(event.anchor))
        elif isinstance(event, events.DocumentStartEvent) and self._root:
            raise self._stop("a second document begins", "Keep one document in a file.")

    def _at_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].node, dict) and self._stack[-1].key is None

    def _key(self, text: str, plain: bool) -> None:
        around = self._stack[-1]
        around.key, around.key_line = text, self._line
        # A quoted "<<" is a key like any other.
        around.merges = plain and text == "<<"
        # Recorded, not raised: all keys that occur twice are reported together.
        if text in around.node and not around.merges:
            self.faults.append(twice_fault(f"{around.pointer}/{escape(text)}", self._label, self._line))

    def _put(self, value: Json) -> str:
        """Place a value at the current position of the text; return its pointer."""
        if not self._stack:
            self._root.append(value)
            pointer, line = "", self._line
        else:
            around = self._stack[-1]
            if isinstance(around.node, list):
                pointer, line = f"{around.pointer}/{len(around.node)}", self._line
                around.node.append(value)
            else:
                key = around.key or ""
                pointer, line = f"{around.pointer}/{escape(key)}", around.key_line
                if around.merges:
                    around.merged.append(value)
                else:
                    around.node[key] = value
                around.key = None
        if self._lines is not None:
            self._lines.setdefault(pointer, line)
        return pointer

    def _close(self, container: _Open) -> None:
        if isinstance(container.node, dict) and container.merged:
            # The mapping's own members override merged ones, of which earlier ones override later ones.
            members: Object = dict(container.node)
            container.node.clear()
            for value in container.merged:
                for mapping in value if isinstance(value, list) else [value]:
                    if not isinstance(mapping, dict):
                        raise self._stop("a merge key (<<) has a value that is not a mapping", "Merge mappings only.")
                    container.node.update({key: member for key, member in mapping.items() if key not in container.node})
            container.node.update(members)
        # Only when complete, so that no alias can contain itself.
        if container.anchor is not None:
            self._anchors[container.anchor] = container.node

    def _alias(self, name: str) -> None:
        if name not in self._anchors:
            raise self._stop(
                f"the alias *{name} has no anchor, or refers to a value that contains it", "Name an anchor above it."
            )
        value = self._anchors[name]
        if self._at_key():
            if isinstance(value, (dict, list)):
                raise self._stop("a key is a mapping or a list", "Put the key in quotes.")
            self._key(self._anchored_texts[name], False)
        else:
            self._put(self._copy(value, len(self._stack)))

    def _copy(self, value: Json, depth: int) -> Json:
        """Copy an alias's value: each container of a document has one place."""
        self._copied += 1
        if self._copied > MAX_COPIED:
            raise DocumentError([copied_fault(self._label, self._line)])
        if depth > MAX_DEPTH:
            raise DocumentError([nested_fault(self._label, self._line)])
        if isinstance(value, dict):
            return {key: self._copy(member, depth + 1) for key, member in value.items()}
        if isinstance(value, list):
            return [self._copy(member, depth + 1) for member in value]
        return value

    def _scalar(self, event: ScalarEvent) -> Json:
        text = self._unshielded(event.value)
        value: Json = text
        if event.tag not in _TEXT_TAGS:
            if event.tag not in _PLAIN_TAGS:
                raise self._stop(f"the tag {event.tag} has no meaning in JSON", "Write plain values.")
            # A quoted scalar is text unless a tag states another type.
            if (not event.style or event.tag is not None) and not self._is_version():
                value = self._plain(text)
        if event.anchor is not None:
            self._anchors[event.anchor] = value
            self._anchored_texts[event.anchor] = text
        return value

    def _plain(self, text: str) -> Json:
        # Most scalars are longer words, which the pattern cannot match; of these only `false` is one of YAML's.
        match = _PLAIN.fullmatch(text) if len(text) < 5 or text[0] in "-+.0123456789" else None
        kind = "false" if text in ("false", "False", "FALSE") else match and match.lastgroup
        try:
            match kind:
                case "null":
                    return None
                case "true" | "false":
                    return kind == "true"
                case "int":
                    return int(text)
                case "oct" | "hex":
                    # Through decimal digits, of which Python writes only so many: JSON could not have it either.
                    return int(str(int(text, 0)))
                case "float" if math.isfinite(float(text)):
                    return float(text)
                case "float" | "odd":
                    raise ValueError(text)
                case _:
                    return text
        except ValueError as error:
            raise self._stop(
                f"{text[:40]} is outside the range of JSON numbers", "Put it in quotes, or state another."
            ) from error

    def _is_version(self) -> bool:
        around = self._stack[-1] if 0 < len(self._stack) <= 2 else None
        return around is not None and around.key is not None and f"{around.pointer}/{around.key}" in _VERSIONS

    def _shielded(self, text: str) -> str:
        """Replace the braces of `host: {{NAME}}`, which would read as nested mappings, by two characters that do not
        occur in the text.
        """
        if not _PLACEHOLDER.search(text):
            return text
        # Of the private use area, which no document needs.
        free = (char for char in map(chr, range(0xE000, 0xF8FF)) if char not in text)
        self._shields = (next(free), next(free))
        return _PLACEHOLDER.sub(rf"{self._shields[0]}\1{self._shields[1]}", text)

    def _unshielded(self, text: str) -> str:
        opened, closed = self._shields
        return text.replace(opened, "{{").replace(closed, "}}") if opened and opened in text else text

    def _stop(self, message: str, remedy: str, line: int | None = -1) -> DocumentError:
        """Return the error that ends reading, with earlier duplicates."""
        return DocumentError([*self.faults, Fault(message, remedy, self._label, self._line if line == -1 else line)])
