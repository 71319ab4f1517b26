"""Configuration files: layered JSON with array operators, read and changed with the origin of each value."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from json import decoder, scanner

from omicsdk.core.errors import ConfigError
from omicsdk.core.files import CORRECT_OR_MOVE, locked, settings_text, write_private, write_text
from omicsdk.core.frozen import NamedTuple
from omicsdk.core.redaction import MASK, is_secret_name, mask_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any, Never, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Keys: TypeAlias = tuple[str, ...]
Mark: TypeAlias = tuple[str, str]

#: Members of an object that changes an array.
ARRAY_OPERATORS = frozenset({"$append", "$extend", "$extendleft", "$insert", "$remove"})
#: Maximum number of levels of a settings file; far more than users write.
DEPTH_LIMIT = 50

# No dataclasses in this module: every command of the platforms that have settings imports it, and they take 8 ms.
_NO_LINES: Mapping[Keys, int] = {}


class Layer(NamedTuple):
    """One source of settings.

    Attributes:
        origin: Its name in messages: a file's path, "the environment", "built in".
        values: Its settings; they are not changed.
        lines: For a file, the line of each setting by its names.
    """

    origin: str
    values: Mapping[str, Json]
    lines: Mapping[Keys, int] = _NO_LINES

    def location(self, keys: Keys) -> str:
        """Return the place of a setting for messages: the origin, with the line if known."""
        line = self.lines.get(keys)
        return self.origin if line is None else f"{self.origin}:{line}"


class Setting(NamedTuple):
    """One value with its place and its origin.

    Attributes:
        keys: The names of its path.
        value: The value; never an object with members.
        origin: The layer that it comes from; for an array that several layers changed, all of them.
        location: The origin with the line, if it comes from a file.
    """

    keys: Keys
    value: Json
    origin: str
    location: str = ""

    @property
    def name(self) -> str:
        """The setting's name as users write it, see `name_of`."""
        return name_of(self.keys)


class Settings:
    """Layers merged into one.

    Args:
        values: The merged settings.
        marks: The origin and place of each value that is not an object with members.
    """

    __slots__ = ("_marks", "values")

    def __init__(self, values: dict[str, Json], marks: Mapping[Keys, Mark]) -> None:
        self.values = values
        self._marks = marks

    def get(self, *keys: str, default: Json = None) -> Json:
        """Return a value.

        Args:
            *keys: The names of its path.
            default: The result if it does not exist.

        Returns:
            The value.
        """
        value: Json = self.values
        for key in keys:
            if not isinstance(value, dict) or key not in value:
                return default
            value = value[key]
        return value

    def origin(self, *keys: str) -> str | None:
        """Return the origin of a value.

        Args:
            *keys: The names of its path.

        Returns:
            The layer's origin; None if there is no such value or it is an object with members.
        """
        return self._marks[keys][0] if keys in self._marks else None

    def place_of(self, keys: Keys) -> str | None:
        """Return the place of a value, with its line; for an object with members, that of the first of them.

        Args:
            keys: The names of its path.

        Returns:
            The place; None if there is no such value.
        """
        return next((location for other, (_, location) in self._marks.items() if other[: len(keys)] == keys), None)

    def __iter__(self) -> Iterator[Setting]:
        """Iterate over all values that are not objects with members, in the order of the settings."""
        for keys, value in _leaves(self.values, ()):
            yield Setting(keys, value, *self._marks[keys])


def name_of(keys: Iterable[str]) -> str:
    """Return a setting's name as users write it: names joined by dots; a dot within a name has a backslash before it."""
    return ".".join(key.replace("\\", "\\\\").replace(".", "\\.") for key in keys)


def keys_of(name: str) -> Keys:
    """Return the path of a setting from its name as users write it; the inverse of `name_of`.

    Raises:
        ConfigError: A name is empty.
    """
    # A backslash escapes the next character; one at the end is kept.
    pieces = [re.sub(r"\\(.)", r"\1", piece) for piece in re.findall(r"(?:^|\.)((?:[^.\\]|\\.|\\$)*)", name)]
    if not all(pieces):
        raise ConfigError(
            f"{name!r} is not a valid name of a setting", remedy="Separate names by dots, as in DSSClient.swagger_url."
        )
    return tuple(pieces)


def check_kinds(settings: Settings, kinds: Mapping[str, str]) -> None:
    """Check the kinds of settings.

    Args:
        settings: The merged settings.
        kinds: The kind of each setting by name, as for `is_of_kind`.

    Raises:
        ConfigError: A setting is of another kind; names it with file and line.
    """
    for name, kind in kinds.items():
        keys = keys_of(name)
        value = settings.get(*keys)
        if not is_of_kind(kind, value) and (location := settings.place_of(keys)) is not None:
            excerpt = MASK if any(map(is_secret_name, keys)) else json.dumps(mask_json(value))[:60]
            raise ConfigError(f"{location}: {name}: expected {kind}, got {excerpt}", remedy="Correct it, or remove it.")


def is_of_kind(kind: str, value: Json) -> bool:
    """Whether a value is text, an object, or (any other kind) a whole number, which may be digits in quotes."""
    if kind == "text":
        return isinstance(value, str)
    if kind == "an object":
        return isinstance(value, dict)
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and value.isdecimal())


def merged(layers: Iterable[Layer]) -> Settings:
    """Merge layers.

    Args:
        layers: From the lowest precedence to the highest.

    Returns:
        The settings, independent of the layers' own objects.

    Raises:
        ConfigError: An array operator has no array to change, or an invalid value.
    """
    values: dict[str, Json] = {}
    marks: dict[Keys, Mark] = {}
    for layer in layers:
        _merge(values, layer.values, (), layer, marks)
    return Settings(values, marks)


def copied(value: Any) -> Any:
    """Return a copy of a decoded JSON value."""
    plain: Json = value
    if isinstance(plain, dict):
        return {name: copied(member) for name, member in plain.items()}
    return [copied(item) for item in plain] if isinstance(plain, list) else plain


def merge(into: dict[str, Json], layer: Layer) -> None:
    """Merge one more layer into settings, in place.

    Args:
        into: The settings; objects in them keep their identity.
        layer: The layer, which takes precedence.

    Raises:
        ConfigError: As for `merged`; changes until then are kept.
    """
    _merge(into, layer.values, (), layer, {})


def _merge(into: dict[str, Json], values: Mapping[str, Json], at: Keys, layer: Layer, marks: dict[Keys, Mark]) -> None:
    if len(at) > DEPTH_LIMIT:
        raise ConfigError(f"{layer.origin}: settings are nested deeper than {DEPTH_LIMIT} levels")
    for key, value in values.items():
        keys = (*at, key)
        below = into.get(key)
        operator = _operator(value)
        if operator is not None:
            name, operand = operator
            # tweak ignores this silently; here the user learns which file is wrong.
            if below is not None and not isinstance(below, list):
                raise ConfigError(
                    f"{layer.location(keys)}: {name_of(keys)} has {name}, but what it changes is not an array"
                )
            into[key] = _changed(below or [], name, operand, f"{layer.location(keys)}: {name_of(keys)}")
            # Both files are the origin: the array has items of each.
            before = marks.get(keys)
            origin, location = layer.origin, layer.location(keys)
            marks[keys] = (
                (origin, location) if before is None else (f"{before[0]}, {origin}", f"{before[1]}, {location}")
            )
        elif isinstance(value, dict) and value:
            if not isinstance(below, dict):
                into[key] = below = {}
            marks.pop(keys, None)  # it has members now
            _merge(below, value, keys, layer, marks)
        elif value == {} and isinstance(below, dict) and below:
            continue  # nothing to merge
        else:
            # What is replaced may be an object, whose members have a mark each.
            for other in [other for other in marks if other[: len(keys)] == keys]:
                del marks[other]
            # A copy, because later layers change it in place.
            into[key] = copied(value)
            marks[keys] = (layer.origin, layer.location(keys))


def _operator(value: Json) -> tuple[str, Json] | None:
    if isinstance(value, dict) and len(value) == 1:
        name, operand = next(iter(value.items()))
        if name in ARRAY_OPERATORS:
            return name, operand
    return None


def _changed(array: list[Json], name: str, operand: Json, location: str) -> list[Json]:
    """Return the array after an operator."""
    # Copies: the layers stay as they were read, whatever later ones change.
    result, operand = list(array), copied(operand)
    if name == "$append":
        return [*result, operand]
    if name == "$remove":
        if operand in result:
            result.remove(operand)
        return result
    if name == "$insert":
        if not isinstance(operand, dict) or not all(_is_position(key) for key in operand):
            raise ConfigError(f'{location}: $insert takes an object of positions and values, such as {{"0": 1}}')
        for position, value in operand.items():
            result.insert(int(position), value)
        return result
    if not isinstance(operand, list):
        raise ConfigError(f"{location}: {name} takes an array")
    return result + operand if name == "$extend" else operand + result


def _is_position(text: str) -> bool:
    return re.fullmatch("-?[0-9]{1,9}", text) is not None


def _leaves(values: dict[str, Json], at: Keys) -> Iterator[tuple[Keys, Json]]:
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*at, key))
        else:
            yield (*at, key), value


def read_layer(path: str | os.PathLike[str]) -> Layer | None:
    """Read a settings file.

    Args:
        path: The file.

    Returns:
        Its layer, or None if it does not exist or is the null device, which means none.

    Raises:
        ConfigError: It cannot be read, or `parsed` refuses it.
    """
    return next(iter(_layers_of([path])), None)


def read_layers(built_in: Layer, files: Iterable[str], kinds: Mapping[str, str]) -> tuple[list[Layer], Settings]:
    """Read settings files, merge them and check them.

    Args:
        built_in: The defaults.
        files: The files, existing or not, from the lowest precedence to the highest.
        kinds: As for `check_kinds`.

    Returns:
        The existing layers, and the merged settings.

    Raises:
        ConfigError: As for `read_layer`, `merged` and `check_kinds`.
    """
    layers = [built_in, *_layers_of(files)]
    settings = merged(layers)
    check_kinds(settings, kinds)
    return layers, settings


def _layers_of(files: Iterable[str | os.PathLike[str]]) -> list[Layer]:
    texts = [(file, settings_text(file)) for file in files if os.fspath(file) != os.devnull]
    return [parsed(text, file) for file, text in texts if text is not None]


def parsed(text: str, path: str | os.PathLike[str]) -> Layer:
    """Parse a settings file's text.

    Args:
        text: The text; a byte order mark is skipped.
        path: The file, for errors.

    Raises:
        ConfigError: It is not a JSON object, a name occurs twice in one object (JSON does not define which one
            applies), or a number is not valid in JSON (NaN, Infinity); the error names line and column.
    """
    text = text.removeprefix("\ufeff")
    # The decoder of `json` in Python is slower, but it alone states where each value is, and refuses what is ambiguous.
    located = _LocatingDecoder(text)
    try:
        value: Any = located.decode(text)
    except json.JSONDecodeError as error:
        message = error.msg if isinstance(error, _Unusable) else f"not JSON: {error.msg}"
        raise ConfigError(
            message, remedy=CORRECT_OR_MOVE, file=os.fspath(path), line=error.lineno, column=error.colno
        ) from error
    except ValueError as error:  # a whole number of thousands of digits
        raise ConfigError(f"not usable: {error}", remedy=CORRECT_OR_MOVE, file=os.fspath(path)) from error
    except RecursionError as error:
        raise ConfigError("nested too deeply", remedy=CORRECT_OR_MOVE, file=os.fspath(path)) from error
    if value.__class__ is not dict:
        raise ConfigError("not a JSON object", remedy=CORRECT_OR_MOVE, file=os.fspath(path), line=1, column=1)
    return Layer(os.fspath(path), value, dict(located.lines_of(value)))


# The standard library's own, which typeshed leaves out.
_parse_object: Any = vars(decoder)["JSONObject"]
# In Python, because the scanner in C never calls `parse_object`.
_make_scanner: Any = vars(scanner)["py_make_scanner"]


class _Unusable(json.JSONDecodeError):
    """Valid by the grammar or for Python's reader, but ambiguous."""


class _LocatingDecoder(json.JSONDecoder):
    """Decodes JSON as `json` does and records where each member begins; refuses ambiguous input.

    The C scanner does not report positions, so this is the standard library's scanner in Python, whose hooks for
    objects and constants are attributes.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text
        self._starts: dict[int, dict[str, int]] = {}  # by the identity of each object
        self._objects: list[object] = []  # an identity is unique among living objects only
        self.parse_object = self._object
        self.parse_constant = self._refused  # NaN and Infinity
        self.parse_float = self._finite
        self.scan_once: Any = _make_scanner(self)

    def _object(self, s_and_end: tuple[str, int], strict: bool, scan_once: Any, *_: Any) -> tuple[dict[str, Any], int]:
        starts: list[int] = []

        def scan(text: str, at: int) -> Any:
            # Called once for each value, in the order of the pairs.
            starts.append(at)
            return scan_once(text, at)

        # With `list` for the pairs, members that appear twice are kept; a dict would hide them.
        pairs, end = _parse_object(s_and_end, strict, scan, None, list, {})
        members: dict[str, Any] = {}
        places: dict[str, int] = {}
        for (key, value), start in zip(pairs, starts, strict=True):
            at = self._name_before(start)
            if key in places:
                first = self._text.count("\n", 0, places[key]) + 1
                raise _Unusable(f'"{key}" appears twice, first in line {first}', self._text, at)
            members[key], places[key] = value, at
        self._starts[id(members)] = places
        self._objects.append(members)
        return members, end

    def _name_before(self, at: int) -> int:
        """Return the place of the name whose value begins at a place."""
        at = self._text.rfind('"', 0, self._text.rfind('"', 0, at))
        while self._text[at - 1] == "\\":  # a quote within the name has a backslash before it, its first one never does
            at = self._text.rfind('"', 0, at)
        return at

    def _refused(self, name: str) -> Never:
        raise _Unusable(f"{name} is not JSON", self._text, self._place_of(name))

    def _finite(self, text: str) -> float:
        # `float` turns 1e999 into infinity without an error.
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise _Unusable(f"{text} is too large", self._text, self._place_of(text))
        return number

    def _place_of(self, token: str) -> int:
        """Return the place of the first such token; texts may contain the same characters."""
        tokens = re.finditer(rf'"(?:[^"\\]|\\.)*"|{re.escape(token)}', self._text)
        return next(match.start() for match in tokens if match[0] == token)

    def lines_of(self, object_: dict[str, Any], before: Keys = ()) -> Iterator[tuple[Keys, int]]:
        """Yield the line of each member of an object and of the objects in it, with the path of its names."""
        for key, start in self._starts[id(object_)].items():
            yield (*before, key), self._text.count("\n", 0, start) + 1
            if isinstance(object_[key], dict):
                yield from self.lines_of(object_[key], (*before, key))


_READABLE = 0o644
INDENT = 4

#: The content of a settings file.
Values = dict[str, Json]


def set_value(path: Path, keys: Sequence[str], value: Json) -> None:
    """Set one setting in a file; all others are kept.

    Args:
        path: The file; created if missing, with its folders. Afterwards only its owner can read it.
        keys: The names of the setting's path, 1 to DEPTH_LIMIT of them.
        value: The value, or an array operator as in `{"$append": 1}`.

    Raises:
        ConfigError: The file is malformed or not writable, or a parent of the setting is not an object.
    """
    if not 0 < len(keys) <= DEPTH_LIMIT:
        raise ConfigError(f"a setting has 1 to {DEPTH_LIMIT} names, not {len(keys)}")
    change(path, lambda values: set_in(values, path, keys, value))


def unset(path: Path, keys: Sequence[str], *, shared: bool = False) -> bool:
    """Remove one setting from a file; all others are kept.

    Args:
        path: The file.
        keys: The names of the setting's path.
        shared: As for `change`.

    Returns:
        Whether it existed.

    Raises:
        ConfigError: The file is malformed or not writable.
    """
    if not keys or not path.exists():
        return False
    removals: list[bool] = []

    def edit(values: Values) -> None:
        removals.append(remove_in(values, keys))

    change(path, edit, shared=shared)
    return removals[-1]


def change(path: Path, edit: Callable[[Values], object], *, shared: bool = False) -> None:
    """Change a settings file under its lock, atomically.

    Args:
        path: The file; where it is a link, its target is changed and the link stays.
        edit: Changes the values in place. When they stay equal, nothing is written.
        shared: The file belongs to all users: it keeps its mode, and a new one is readable by all. Others are readable
            by their owner only.

    Raises:
        ConfigError: The file is malformed before or after, or cannot be read or written.
    """
    with locked(path):
        exists = path.exists()
        before = values_of(path)
        values = copied(before)
        edit(values)
        # An unchanged file is not written: its format and its time stay.
        if values == before:
            return
        text = json.dumps(values, indent=INDENT, ensure_ascii=False) + "\n"
        # What cannot be read back, such as values that are nested too deeply, is never written.
        parsed(text, path)
        if shared:
            write_text(path, text, stat.S_IMODE(path.stat().st_mode) if exists else _READABLE)
        else:
            write_private(path, text)


def values_of(path: Path) -> Values:
    """Return the values of a settings file; empty where it does not exist or is blank.

    Raises:
        ConfigError: It is malformed, or cannot be read.
    """
    text = settings_text(path)
    return dict(parsed(text, path).values) if text is not None and text.strip() else {}


def set_in(values: Values, path: Path, keys: Sequence[str], value: Json) -> None:
    """Set one of the values of a settings file, in place.

    Args:
        values: The values.
        path: The file, for errors.
        keys: The names of the setting's path.
        value: Its value.

    Raises:
        ConfigError: A value on the way is not an object, or changes an array.
    """
    node: Values = values
    for depth, key in enumerate(keys[:-1], 1):
        below = node.setdefault(key, {})
        if not isinstance(below, dict):
            raise _not_an_object(path, keys[:depth], "is not an object")
        if len(below) == 1 and ARRAY_OPERATORS.intersection(below):
            raise _not_an_object(path, keys[:depth], "changes an array")
        node = below
    node[keys[-1]] = value


def remove_in(values: Values, keys: Sequence[str]) -> bool:
    """Remove one of the values of a settings file, in place; its parent object is kept.

    Args:
        values: The values.
        keys: The names of the setting's path, one or more.

    Returns:
        Whether it existed.
    """
    node: Json = values
    for key in keys[:-1]:
        node = node.get(key) if isinstance(node, dict) else None
    if not isinstance(node, dict) or keys[-1] not in node:
        return False
    del node[keys[-1]]
    return True


def _not_an_object(path: Path, keys: Sequence[str], what: str) -> ConfigError:
    return ConfigError(
        f"{os.fspath(path)}: {name_of(keys)} {what}, so {name_of(keys)} cannot contain more",
        remedy=f"Remove it first: omics config unset {name_of(keys)}",
    )
