"""The names of operations in their groups: the words of the group are left out of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from keyword import iskeyword

from .declarations import DeclaredOperation
from .naming import snake_case
from .values import Json, Object, list_in, object_in

# Parts of a path that name nothing.
VERSION = re.compile(r"(?i)api|rest|v\d+[\w.]*|latest")
_GENERIC = frozenset(
    {"api", "apis", "list", "management", "operations", "resource", "resources", "service", "services"}
)
_VERBS = frozenset(
    {
        "abort", "accept", "activate", "add", "approve", "archive", "assign", "attach", "batch", "bulk", "cancel", "change", "check",
        "clear", "clone", "close", "complete", "confirm", "copy", "count", "create", "deactivate", "delete", "describe", "destroy",
        "detach", "disable", "download", "edit", "enable", "execute", "exists", "export", "fetch", "find", "generate", "get", "head",
        "import", "index", "insert", "invite", "join", "leave", "list", "lock", "merge", "modify", "move", "open", "options", "patch",
        "post", "preview", "publish", "put", "query", "read", "refresh", "register", "reject", "remove", "rename", "replace", "request",
        "reset", "restart", "restore", "resume", "retrieve", "retry", "revoke", "rotate", "run", "save", "search", "send", "set",
        "show", "start", "stop", "submit", "sync", "test", "transfer", "trigger", "unlock", "unpublish", "update", "upgrade", "upload",
        "upsert", "used", "validate", "verify", "view", "write",
    }
)  # fmt: skip
_ADJECTIVES = frozenset(
    {
        "active", "all", "archived", "available", "bulk", "current", "default", "deleted", "draft", "first", "latest", "last", "many",
        "multiple", "my", "new", "own", "pending", "private", "public", "raw", "recent", "several", "single", "unread",
    }
)  # fmt: skip
_BESIDE = _ADJECTIVES | _VERBS | {"and", "or"}
_ARTICLES = frozenset({"a", "an", "the"})
_AFTER = frozenset({"to", "from", "of", "in", "for", "with", "on", "at", "into", "as", "within", "under"})
_BEFORE = _AFTER | {"by", "out", "off", "up", "down"}
_LISTS = frozenset(
    {"data", "entries", "items", "list", "objects", "records", "resources", "results", "value", "values"}
)


def shortened(operation: DeclaredOperation, group: str, data: Object) -> tuple[str, str]:
    """Return an operation's name without the words of its group, and how it was made.

    Args:
        operation: the operation.
        group: its group.
        data: the document, whose schemas state whether the response is a list.
    """
    above, _, leaf = group.rpartition(".")
    namespace, _, own_name = operation.wish.partition("/")
    if own_name and snake_case(namespace) == leaf:  # `repos/list-for-user`: the author has named it in its group
        return free(snake_case(own_name)), f"{operation.wish} without {namespace}"
    name_parts = _words_of(operation)
    base = "_".join(name_parts)
    whole = [word for word in leaf.strip("_").split("_") if word]
    if operation.wish and name_parts[: len(whole)] != whole:  # the tag is a namespace before the resource
        name_parts = _start_cut(name_parts, above.replace(".", "_").split("_"))
    specific = [word for word in whole if word not in _GENERIC] or whole
    length = 1 if "and" in specific or "or" in specific else len(specific)
    last = [word for word in above.rpartition(".")[2].split("_") if word]
    # From the most words to the fewest: `api_keys` before `keys`, so that no part of a noun is left over.
    for noun in ([*last, *whole], whole, *(specific[end:] for end in range(length))):
        short, is_several = _without(name_parts, noun, operation)
        if short:
            break
    else:
        return free(base), f"{base} as it is"
    is_several = is_several or short == ["get", "list"]
    if short[0] == "get" and is_several and is_list(operation.data, noun[-1], data):
        short = ["list", *(short[1:] if short != ["get", "list"] else ())]
    if short == ["post"] and "201" in object_in(operation.data, "responses"):
        short = ["create"]
    if short[0] in ("post", "put") and len(short) > 1 and short[1] in _VERBS:
        short.pop(0)  # `post_copy` by method and path
    if short == ["patch"]:
        short = ["update"]
    return free("_".join(short)), f"{base} without {' '.join(noun)}"


@cache
def _split(text: str) -> tuple[str, ...]:
    return tuple(snake_case(text).split("_"))


def _start_cut(name_parts: list[str], start: list[str]) -> list[str]:
    return (
        name_parts[len(start) :] if len(name_parts) > len(start) and name_parts[: len(start)] == start else name_parts
    )


def _words_of(operation: DeclaredOperation) -> list[str]:
    """The words of an operation's name; of one by method and path those of its fixed parts, with `id` after them for one of several."""
    path = re.sub(r"#.*", "", operation.path)
    placed = {word for name in re.findall(r"\{([^}]*)\}", path) for word in _split(name)} | {"id"}
    fixed = [
        segment for segment in path.split("/") if segment and not VERSION.fullmatch(segment) and "{" not in segment
    ]
    by_path = [operation.method.lower(), *(word for segment in fixed for word in _split(segment))]
    # FastAPI adds the path and the method to a function's name.
    tail = f"{re.sub(r'[^A-Za-z0-9_]', '_', operation.path)}_{operation.method.lower()}"
    name_parts = (
        snake_case(operation.wish.removesuffix(tail) or operation.wish).strip("_").split("_")
        if operation.wish
        else by_path
    )
    if "".join(word for word in name_parts if word not in placed) == "".join(
        word for word in by_path if word not in placed
    ):
        return [*by_path, *(["id"] if path.endswith("}") else [])]
    return name_parts


def _without(name_parts: Sequence[str], noun: Sequence[str], operation: DeclaredOperation) -> tuple[list[str], bool]:
    """Return words without those of a group, and whether they ask for several; nothing if they cannot be left out."""
    span = _find(name_parts, noun)
    if span is None:
        return [], False
    first, last = span
    before, after = list(name_parts[:first]), list(name_parts[last:])
    # `users_list`: what follows a noun is its name only if it has a verb, or a sign shows that the noun is a namespace.
    if not before:
        after = after[after[:1] == ["controller"] :]
        if after and not _is_namespace(operation.wish) and _VERBS.isdisjoint(after):
            return [], False  # a verb, or a noun before another one: `link_account` of the group link
        if (again := _without(after, noun, operation))[0]:
            return again
    is_several = name_parts[last - 1].endswith("s") and not name_parts[last - 1].endswith("ss")
    if after[:1] == ["id"] and operation.method != "POST":
        after, is_several = after[1:], False
    if not after and before:
        before, after = _of_parent(before, noun, operation.path)
        if not before:
            return [], False
    rest = [*before, *after]
    starts_badly = not before and after[:1] and after[0] in _BEFORE
    fits = rest and rest[-1] != "by" and not starts_badly and rest[0][0].isalpha()
    return (rest, is_several and before == ["get"]) if fits else ([], False)


def _of_parent(before: list[str], noun: Sequence[str], path: str) -> tuple[list[str], list[str]]:
    """Return the words before a group's noun, and those after: what remains of `get_user_roles` in roles is `get_for_user`.

    Nothing if what precedes the noun is a part of it (`get_api_key` in keys), or an owner that the path does not name: `delete_user` in
    roles would be understood as something else.
    """
    if before[-1] in _ARTICLES | _AFTER:
        while before and before[-1] in _ARTICLES | _AFTER:
            before.pop()
        return before, []
    verb, further = before[:1], before[1:]
    segments = path.strip("/").split("/")
    fixed = [_split(segment) for segment in segments if "{" not in segment]
    for number, segment in enumerate(segments):
        if further and same("".join(further), "".join(_split(segment))):
            is_owner = "{" in segment or "{" in "".join(segments[number + 1 : number + 2])
            nouns = (segment for segment in segments[number + 1 :] if same("".join(_split(segment)), "".join(noun)))
            return (verb, ["for", *further]) if is_owner and ("{" in segment or any(nouns)) else (before, [])
    if all(word in _BESIDE or any(same(word, "".join(parts)) for parts in fixed) for word in further):
        return before, []
    return [], []


def _is_namespace(wish: str) -> bool:
    """Whether a name states by a sign what its first word is: `search/code`, `Accounts_GetAccount`."""
    return re.match(r"\w+[/.:]|[A-Za-z0-9]+_(?=[a-z]*[A-Z])|[A-Z]\w*[a-z]\w*-", wish) is not None


def _find(name_parts: Sequence[str], noun: Sequence[str]) -> tuple[int, int] | None:
    """Return where words first are those of a noun, in either number, and joined or not: `webhook` for `web_hooks`."""
    joined = "".join(noun)
    for first in range(len(name_parts)):
        for last in range(first + 1, min(first + len(noun) + 2, len(name_parts)) + 1):
            run = name_parts[first:last]
            if same("".join(run), joined) or (len(run) == len(noun) and all(map(same, run, noun))):
                return first, last
    return None


def same(word: str, other: str) -> bool:
    """Whether two words are one noun, in the singular or plural."""
    return not _stems(word).isdisjoint(_stems(other))


def _stems(word: str) -> set[str]:
    stems = {word}
    if len(word) > 2 and word.endswith("s") and not word.endswith("ss"):
        stems.add(word[:-1])
    if len(word) > 4 and word.endswith("es"):
        stems |= {word[:-2], f"{word[:-3]}y"} if word.endswith("ies") else {word[:-2]}
    return stems


def is_list(operation: Object, noun: str, data: Object) -> bool:
    """Return whether the response of an operation is a list, or an object that holds one as services name it.

    Args:
        operation: the operation object.
        noun: what is listed.
        data: the document.
    """
    if isinstance(operation.get("x-omics-pagination"), dict):
        return True
    responses = object_in(operation, "responses").items()
    response = next((response for status, response in responses if status.startswith("2")), None)
    media = next(iter(object_in(response, "content").values()), None)
    schema = _resolved(media.get("schema") if isinstance(media, dict) else None, data)
    if _is_array(schema):
        return True
    parts = [_resolved(part, data) for part in list_in(schema, "allOf")]
    for part in (schema, *parts):
        for name, value in object_in(part, "properties").items():
            if (name in _LISTS or same(snake_case(name).replace("_", ""), noun)) and _is_array(_resolved(value, data)):
                return True
    return False


def _resolved(schema: Json, data: Object) -> Object:
    """A schema behind its reference; nothing if it is none."""
    seen = 0
    # References may form a circle.
    while isinstance(schema, dict) and isinstance(reference := schema.get("$ref"), str) and seen < 10:
        name = reference.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        schema, seen = object_in(data.get("components"), "schemas").get(name), seen + 1
    return schema if isinstance(schema, dict) else {}


def _is_array(schema: Object) -> bool:
    kind = schema.get("type")
    return kind == "array" or (isinstance(kind, list) and "array" in kind)


def free(name: str) -> str:
    return f"{name}_" if iskeyword(name) else name
