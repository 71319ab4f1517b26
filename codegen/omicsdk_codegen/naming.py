"""Names for Python and for file systems, made of a document's. Pure; what clashes is settled without counters."""

from __future__ import annotations

import hashlib
import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

# A path component has 255 bytes at most, and Windows 260 characters for a whole path.
MAX_LENGTH = 60
_HASH = 6

# Names that Windows keeps for devices, whatever the suffix.
DEVICES = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}
)

# Public names of omicsdk.core's clients (a test compares), and the argument of `iterate`.
RESERVED = frozenset({"base_url", "with_options", "close", "aclose", "max_items"})

# Names that a method's first argument has.
_SELF = frozenset({"self", "cls"})

# What an attrs model has of its own, and the builtins that its annotations are made of.
MODEL_MEMBERS = frozenset({"from_dict", "to_dict", "additional_properties", "null_fields"})
ANNOTATION_WORDS = frozenset({"str", "int", "float", "bool", "bytes", "list", "dict", "frozenset", "tuple"})

# What the package of the models calls, whose modules become its attributes when they are imported.
_MODULE_WORDS = ANNOTATION_WORDS | {"importlib", "sorted", "globals", "getattr", "object"}

# Class names that generated modules import or use themselves.
CLASS_WORDS = frozenset(
    {
        "Answer", "Any", "AsyncBody", "AsyncClient", "AsyncIterator", "AsyncOperation", "BinaryIO", "Body", "Callable", "ClassVar",
        "Client", "Field", "Iterator", "JsonObject", "Literal", "Mapping", "Model", "NotRequired", "Omit", "Operation",
        "OperationFacts", "Paging", "PathLike", "Request", "Required", "Sequence", "Shape", "TypeAlias", "TypedDict",
        "AbstractContextManager", "AbstractAsyncContextManager", "False", "None", "True",
    }
)  # fmt: skip


def snake_case(text: str) -> str:
    """Spell a name as Python's variables are: ASCII letters and digits, words joined by underscores.

    Returns:
        The name, without regard to reserved words; `unnamed` when nothing of the text is left.
    """
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    split = re.sub(r"([A-Z]+)([A-Z](?!s(?![a-z]))[a-z])", r"\1_\2", folded)
    split = re.sub(r"([a-z])([A-Z])|([0-9])(?=[A-Z][a-z])", lambda m: f"{m[1]}_{m[2]}" if m[1] else f"{m[3]}_", split)
    joined = "_".join(word for word in re.split(r"[^0-9A-Za-z]+", split.lower()) if word)
    if not joined:
        return "unnamed"
    return f"n{joined}" if joined[0].isdigit() else joined


def pascal_case(text: str) -> str:
    """Spell a name as Python's classes are; one that is spelled so already is kept (`DRSObject`)."""
    if re.fullmatch(r"[A-Z][A-Za-z0-9]*", text) and not text.isupper():
        return text
    return "".join(word[0].upper() + word[1:] for word in snake_case(text).split("_"))


def argument_name(text: str) -> str:
    """A keyword argument's name."""
    name = snake_case(text)
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED or name in _SELF else name


def field_name(text: str) -> str:
    """A model's attribute."""
    name = snake_case(text)
    taken = keyword.iskeyword(name) or name in MODEL_MEMBERS or name in ANNOTATION_WORDS or name in _SELF
    return f"{name}_" if taken else name


def operation_name(text: str) -> str:
    """A client's attribute, which is its module's name as well."""
    name = snake_case(text)
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED or name in DEVICES else name


def class_name(text: str) -> str:
    """A model's class; names that end in Dict are kept for the TypedDicts beside the models."""
    name = pascal_case(text)
    return f"{name}_" if name in CLASS_WORDS or keyword.iskeyword(name) or name.endswith("Dict") else name


def module_name(class_: str) -> str:
    """The module of a class."""
    trailing = class_.endswith("_")
    head, _, suffix = class_.rstrip("_").partition("_")
    name = snake_case(head) + (f"_{suffix}" if suffix else "")
    taken = keyword.iskeyword(name) or name in DEVICES or name in _MODULE_WORDS
    return f"{name}_" if trailing or taken else name


@dataclass(frozen=True)
class Wanted:
    """A thing that needs a name.

    Attributes:
        key: what it is, for ever: the pointer of its place in the document.
        candidates: names from the shortest to the longest; when all are taken the last gets a short hash of the key.
        exact: whether the document spells the first candidate itself; that one has the better claim.
    """

    key: str
    candidates: tuple[str, ...]
    exact: bool = False


def settle(wanted: Iterable[Wanted], taken: Collection[str] = ()) -> dict[str, str]:
    """Give each thing a name of its own, compared without case, whatever the order that they come in.

    Args:
        wanted: the things.
        taken: names that none may have.

    Returns:
        Names by key.
    """
    things = sorted(wanted, key=lambda thing: thing.key)
    levels = dict.fromkeys((thing.key for thing in things), 0)
    used = {name.casefold() for name in taken}
    while True:
        groups: dict[str, list[Wanted]] = {}
        for thing in things:
            groups.setdefault(_candidate(thing, levels[thing.key]).casefold(), []).append(thing)
        losers = [loser for name, group in groups.items() for loser in _losers(group, levels, name in used)]
        if not losers:
            return {thing.key: _candidate(thing, levels[thing.key]) for thing in things}
        for loser in losers:
            levels[loser.key] += 1


def _losers(group: Sequence[Wanted], levels: dict[str, int], taken: bool) -> list[Wanted]:
    if len(group) == 1 and not taken:
        return []
    claims = [thing for thing in group if thing.exact and levels[thing.key] == 0]
    keeps = claims[0] if len(claims) == 1 and not taken else None
    return [thing for thing in group if thing is not keeps]


def _candidate(thing: Wanted, level: int) -> str:
    if level < len(thing.candidates):
        return _bounded(thing.candidates[level], thing.key)
    # Each level beyond the candidates lengthens the hash.
    return _hashed(thing.candidates[-1], thing.key, _HASH + 2 * (level - len(thing.candidates)))


def _bounded(name: str, key: str) -> str:
    return name if len(name) <= MAX_LENGTH else _hashed(name, key, _HASH)


def _hashed(name: str, key: str, length: int) -> str:
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:length]
    return f"{name[: MAX_LENGTH - 1 - length].rstrip('_')}_{digest}"
