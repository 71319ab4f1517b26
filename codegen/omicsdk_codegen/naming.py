"""Names for Python and for file systems, from a document's. Pure; clashes are resolved without counters."""

from __future__ import annotations

import builtins
import hashlib
import keyword
import re
import sys
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

from .values import grouped

# Bytes of UTF-8. A path component has 255 bytes at most, and Windows 260 characters for a whole path.
MAX_LENGTH = 60
_HASH = 6
_LongerEnd: TypeAlias = Literal["both", "tail", "head", "new"]

# Names that Windows reserves for devices, regardless of the suffix.
DEVICES = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}
)

# Public names of omicsdk.core's clients (a test compares), and the argument of `iterate`.
RESERVED = frozenset({"base_url", "with_options", "close", "aclose", "max_items"})

# Options of all commands, by their keys in Python (a test compares with core's).
GENERAL_OPTIONS = frozenset(
    {"help", "version", "output", "columns", "output_file", "base_url", "server", "servers", "call_timeout", "call_budget", "yes",
     "quiet", "log_level", "debug"}
)  # fmt: skip

# Packages that a client's own would hide: ours, and what a client and its tests import, with the dependencies of those.
_PACKAGES = frozenset(
    {"omicsdk", "omicsdk_api", "omicsdk_codegen", "aiohttp", "anyio", "attr", "attrs", "certifi", "h11", "httpcore", "httpx",
     "idna", "msgspec", "pandas", "pytest", "sniffio", "typing_extensions"}
)  # fmt: skip

# Names that a method's first argument has.
_SELF = frozenset({"self", "cls"})

# Attributes of a model, the builtins that its class body uses, and those in its annotations.
MODEL_MEMBERS = frozenset({"from_dict", "to_dict", "additional_properties", "null_fields", "classmethod", "locals"})
ANNOTATION_WORDS = frozenset({"str", "int", "float", "bool", "bytes", "list", "dict", "frozenset", "tuple"})

# Attributes of a mapping, and the builtins in annotations of headers.
HEADER_MEMBERS = frozenset({"get", "items", "keys", "values"}) | ANNOTATION_WORDS

# The types of dates in Python, which are also names of fields.
DATE_WORDS = frozenset({"date", "datetime", "time", "timedelta"})

# Functions of the models' package, whose modules become its attributes when they are imported.
_MODULE_WORDS = ANNOTATION_WORDS | {"importlib", "sorted", "globals", "getattr", "object"}

# Class names that generated modules import or use themselves, and builtins: mypy takes an annotation for the builtin if the class
# of that name is defined further down, as in a circle of models.
CLASS_WORDS = frozenset(
    {
        "Response", "Any", "AsyncBody", "AsyncClient", "AsyncIterator", "AsyncOperation", "BinaryIO", "Body", "Callable", "ClassVar",
        "Client", "Field", "Iterator", "JsonObject", "Literal", "Mapping", "Model", "MultipartFile", "NotRequired", "Omit", "Operation",
        "BodyPaging", "OperationFacts", "Paging", "PathLike", "Request", "Required", "Sequence", "Shape", "TypeAlias", "TypedDict",
        "AbstractContextManager", "AbstractAsyncContextManager", *(name for name in vars(builtins) if name[0].isupper()),
    }
)  # fmt: skip


# Letters and marks that Python allows in a name and that are invisible (Unicode's Default_Ignorable_Code_Point, less
# Cf).
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_SEPARATORS = re.compile(r"[\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+")

# Names of signs, if a name without them is another's.
_SIGNS = {
    "!": "not", "#": "hash", "$": "dollar", "%": "percent", "&": "and", "(": "open", ")": "close", "*": "star", "+": "plus",
    ",": "comma", "-": "dash", ".": "dot", "/": "slash", ":": "colon", ";": "semicolon", "<": "less", "=": "equal",
    ">": "greater", "?": "question", "@": "at", "[": "of", "]": "", "^": "caret", "|": "or", "~": "tilde",
}  # fmt: skip


def letters(text: str) -> str:
    """Return the letters of a text for a name: Latin ones in ASCII, of other scripts those that Python allows (NFKC).

    What no identifier has is transliterated (`€` is EUR), punctuation separates words, and what cannot be seen goes.
    """
    if text.isascii():
        return text
    ascii_text = ""
    for char in unicodedata.normalize("NFKC", text):
        ascii_text += char if char.isascii() else _letter(char, ascii_text[-1:])
    return unicodedata.normalize("NFKC", ascii_text)


def _letter(char: str, before: str) -> str:
    kind = unicodedata.category(char)
    if kind == "Cf" or _INVISIBLE.match(char):
        return ""
    if kind[0] == "M":  # an accent is part of the letter before it, and Latin letters have none here
        return "" if before.isascii() or not f"a{char}".isidentifier() else char
    if kind[0] in "PZC":
        return " "
    if unicodedata.name(char, "").startswith("LATIN") or "\u02b0" <= char <= "\u02ff":
        folded = unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode()
        return folded or ascii_of(char)
    return char if kind[0] in "LN" and f"a{char}".isidentifier() else f" {ascii_of(char)} "


def ascii_of(text: str) -> str:
    """A text in ASCII: other scripts are transliterated sign by sign, without the apostrophes for their soft signs."""
    if text.isascii():
        return text
    from anyascii import anyascii

    return re.sub("['`\"]", "", anyascii(text))


def _with_signs(text: str) -> str:
    """A text with the names of its signs in their place: `@id` is "at id", `-1` "minus 1"."""
    spelled = re.sub(r"^-(?=\d)", "minus ", text)
    spelled = re.sub(r"^_+|_+$", " underscore ", spelled)
    return "".join(f" {_SIGNS[char]} " if char in _SIGNS else char for char in spelled)


def _spaced(text: str) -> str:
    """Insert underscores before capitals that begin a word."""
    if not text.isascii():
        return _spaced_by_case(text)
    # A plural of an abbreviation stays one word: `userIDs` is user_ids, not user_i_ds.
    split = re.sub(r"([A-Z]+)([A-Z](?!s(?![a-z]))[a-z])", r"\1_\2", text)
    return re.sub(r"([a-z\0])([A-Z])|([0-9])(?=[A-Z][a-z])", lambda m: f"{m[1]}_{m[2]}" if m[1] else f"{m[3]}_", split)


def _spaced_by_case(text: str) -> str:
    """The same for other scripts, whose letters are separated by case; a capital after a letter without case begins a word too."""
    cases = ("A" if char.isupper() else "a" if char.islower() else "\0" for char in text)
    shadow = "".join(char if char.isascii() else case for char, case in zip(text, cases, strict=True))
    spaced, at = "", 0
    for char in _spaced(shadow):
        if char == shadow[at]:
            spaced, at = spaced + text[at], at + 1
        else:
            spaced += char
    return spaced


def snake_case(text: str) -> str:
    """Spell a name as Python's variables are: words in small letters, joined by underscores.

    Returns:
        The name, without regard to reserved words; `unnamed` when nothing of the text is left.
    """
    parts = _SEPARATORS.split(unicodedata.normalize("NFKC", _spaced(letters(text)).lower()))
    joined = "_".join(word for word in parts if word)
    if not joined:
        return "unnamed"
    return joined if joined.isidentifier() else f"n{joined}"


def pascal_case(text: str) -> str:
    """Convert a name to the spelling of Python classes; one in this spelling is unchanged (`DRSObject`)."""
    spelled = letters(text)
    if spelled[:1].isupper() and spelled.isidentifier() and "_" not in spelled and not spelled.isupper():
        return spelled
    return unicodedata.normalize("NFKC", "".join(word[0].title() + word[1:] for word in snake_case(text).split("_")))


def argument_name(text: str) -> str:
    """A keyword argument's name."""
    name = snake_case(text)
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED or name in _SELF else name


def field_name(text: str) -> str:
    """A model's attribute."""
    name = snake_case(text)
    is_reserved = keyword.iskeyword(name) or name in MODEL_MEMBERS or name in ANNOTATION_WORDS or name in _SELF
    return f"{name}_" if is_reserved else name


def operation_name(text: str) -> str:
    """A client's attribute, which is its module's name as well."""
    name = snake_case(text)
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED or name in DEVICES else name


def class_name(text: str) -> str:
    """Return a model's class name; names that end in Dict are reserved for TypedDicts."""
    name = pascal_case(text)
    return f"{name}_" if name in CLASS_WORDS or keyword.iskeyword(name) or name.endswith("Dict") else name


def module_name(class_: str) -> str:
    """The module of a class, in ASCII: not all file systems give letters of other scripts back as they were written."""
    trailing = class_.endswith("_")
    head, _, suffix = ascii_of(class_).rstrip("_").partition("_")
    name = snake_case(head) + (f"_{suffix}" if suffix else "")
    is_reserved = keyword.iskeyword(name) or name in DEVICES or name in _MODULE_WORDS
    return f"{name}_" if trailing or is_reserved else name


def operation_module(operation: str) -> str:
    """The module of an operation: its name, in ASCII."""
    return operation if operation.isascii() else operation_name(ascii_of(operation))


def name_problem(name: str) -> str:
    """Return why a package's name is invalid; empty if it is valid."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", name) or keyword.iskeyword(name):
        return "it must be a Python package's name: a-z, 0-9 and _, a letter first, at most 60 characters, no keyword"
    if name in sys.stdlib_module_names or name in _PACKAGES:
        return "another package has it already"
    return ""


def package_name(title: str) -> str:
    """Return the name of a document's package, and of its service in the sandbox, where the user gives no other.

    Args:
        title: The document's title. Its words are the name, in ASCII; one that is not valid, such as a module's of Python, ends in _api.
    """
    name = snake_case(ascii_of(title))
    if name == "unnamed":
        return "api"
    name = _bounded(name, "head")
    return f"{_bounded(name, 'head', MAX_LENGTH - len('_api'))}_api" if name_problem(name) else name


def credential_names(schemes: Iterable[str], reserved: Collection[str] = ()) -> dict[str, str]:
    """Return the options of security schemes, as keys in Python: in capitals, the ends of their environment variables.

    Args:
        schemes: The schemes' names in the document.
        reserved: Further options of the command line.
    """
    # OAuth is one word: not `o-auth`.
    spellings = {
        scheme: argument_name(re.sub("oauth", "oauth", scheme, flags=re.IGNORECASE)).strip("_") for scheme in schemes
    }
    return settle(
        (NameRequest(scheme, (word, f"{word}_credentials"), word == scheme) for scheme, word in spellings.items()),
        GENERAL_OPTIONS | set(reserved),
    )


def settle_modules(names: Iterable[str], make: Callable[[str], str]) -> dict[str, str]:
    """Give each name a unique module: names in ASCII get the one of `make`, the others are changed if they clash."""
    ordered = sorted(names)
    plain = {name: make(name) for name in ordered if name.isascii()}
    others = (NameRequest(name, (make(name),)) for name in ordered if not name.isascii())
    return plain | settle(others, plain.values())


@dataclass(frozen=True)
class NameRequest:
    """An object that needs a name.

    Attributes:
        key: its permanent identity: the pointer of its place in the document.
        candidates: names from the shortest to the longest; when all are taken the first gets a short hash of the key.
        exact: whether the document spells the first candidate itself; that one has the better claim.
    """

    key: str
    candidates: tuple[str, ...]
    exact: bool = False


@cache  # most names of a large document are those of its other parts
def argument_name_request(wire: str, position: str = "") -> NameRequest:
    """The names that an argument may have; one that is not a body's field may have its position in it."""
    name = argument_name(wire)
    longer = (f"{name.rstrip('_')}_{position}",) if position else ()
    return NameRequest(wire, (name, *longer, *_spelled(wire, argument_name)), name.rstrip("_") == wire)


@cache
def field_name_request(wire: str) -> NameRequest:
    """The names that a model's attribute may have."""
    name = field_name(wire)
    return NameRequest(wire, (name, *_spelled(wire, field_name)), name.rstrip("_") == wire.rstrip("_"))


def _spelled(wire: str, make: Callable[[str], str]) -> tuple[str, ...]:
    """Return a name with its signs in words, and in the document's spelling if that is neither private nor reserved."""
    normalised = unicodedata.normalize("NFKC", wire)
    fits = (
        normalised.isidentifier()
        and normalised[0] != "_"
        and not normalised[0].isupper()
        and not _INVISIBLE.search(normalised)
    )
    return (make(_with_signs(wire)), *((normalised,) if fits and normalised != snake_case(normalised) else ()))


def spelled_operation(method: str, path: str) -> str:
    """An operation's name from its path with the signs in words."""
    return operation_name(f"{method} {_with_signs(re.sub('[/{}]', ' ', path))}")


def settle(candidates: Iterable[NameRequest], reserved: Collection[str] = ()) -> dict[str, str]:
    """Give each object a unique name, compared without case, independent of their order.

    Args:
        candidates: the objects.
        reserved: names that none may have.

    Returns:
        Names by key.
    """
    claimants = sorted(candidates, key=lambda claimant: claimant.key)
    levels = dict.fromkeys((claimant.key for claimant in claimants), 0)
    used = {name.casefold() for name in reserved}
    while True:
        groups = grouped((_candidate(claimant, levels[claimant.key]).casefold(), claimant) for claimant in claimants)
        # All losers of a round move on at once: one after the other, their order would decide which keeps a name.
        losers = [loser for name, group in groups.items() for loser in _losers(group, levels, name in used)]
        if not losers:
            return {claimant.key: _candidate(claimant, levels[claimant.key]) for claimant in claimants}
        for loser in losers:
            levels[loser.key] += 1


def _losers(group: Sequence[NameRequest], levels: dict[str, int], is_reserved: bool) -> list[NameRequest]:
    if len(group) == 1 and not is_reserved:
        return []
    claims = [
        claimant for claimant in group if claimant.exact and levels[claimant.key] == 0 and _fits(claimant.candidates[0])
    ]
    # Of several that claim a name as it is, none keeps it: their order must not decide.
    keeps = claims[0] if len(claims) == 1 and not is_reserved else None
    return [claimant for claimant in group if claimant is not keeps]


def _candidate(claimant: NameRequest, level: int) -> str:
    if level < len(claimant.candidates):
        return _bounded(claimant.candidates[level], "both")
    # Names that are too long are each cut in the middle before any is cut at its end.
    level -= len(claimant.candidates)
    long = [name for name in claimant.candidates if not _fits(name)]
    if level < len(_OTHER_CUTS) * len(long):
        return _bounded(long[level % len(long)], _OTHER_CUTS[level // len(long)])
    # Each level beyond these lengthens the hash.
    length = _HASH + 2 * (level - len(_OTHER_CUTS) * len(long))
    # A document may escape half of a surrogate pair in a key, which UTF-8 cannot encode.
    digest = hashlib.sha256(claimant.key.encode("utf-8", "surrogatepass")).hexdigest()[:length]
    return f"{_bounded(claimant.candidates[0], 'head', MAX_LENGTH - 1 - len(digest)).rstrip('_')}_{digest}"


_OTHER_CUTS: tuple[_LongerEnd, ...] = ("tail", "head", "new")


def _fits(name: str, room: int = MAX_LENGTH) -> bool:
    return len(name.encode()) <= room


def _bounded(name: str, more: _LongerEnd, room: int = MAX_LENGTH) -> str:
    return name if _fits(name, room) else _cut(name, more, room)


@cache
def _cut(name: str, more: _LongerEnd, room: int) -> str:
    """A name of at most `room` bytes: its first and last words, without some between.

    Args:
        name: in snake or Pascal case.
        more: of which end more is kept; `new` keeps the last of the words that have not come before.
        room: how many bytes of UTF-8 there are.
    """
    end = "_" if name.endswith("_") else ""
    between = "_" if "_" in name.rstrip("_") else ""
    parts = _spaced(name.rstrip("_")).split("_")
    if more == "new":
        parts = [word for number, word in enumerate(parts) if word not in parts[:number]]

    def shortened(head: int, tail: int) -> str:
        return between.join((*parts[:head], *parts[len(parts) - tail :])) + end

    if len(parts) == 1 or not _fits(shortened(1, 1), room):
        return _cut_letters(name.rstrip("_"), room - len(end)) + end
    head, tail = 1, 1
    while head + tail < len(parts):
        grown = [(head, tail + 1), (head + 1, tail)]
        if more == "head" or (more == "both" and tail > head):
            grown.reverse()
        step = next((lengths for lengths in grown if _fits(shortened(*lengths), room)), None)
        if step is None:
            break
        head, tail = step
    return shortened(head, tail)


def _cut_letters(name: str, room: int) -> str:
    """The beginning of a name that has no words to leave out; a letter keeps its accents."""
    shortened = name.encode()[:room].decode(errors="ignore")
    while len(shortened) > 1 and unicodedata.category(name[len(shortened)])[0] == "M":
        shortened = shortened[:-1]
    return shortened.rstrip("_")
