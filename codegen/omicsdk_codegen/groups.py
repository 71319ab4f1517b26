"""Groups of operations: the part of a client that an operation belongs to, and its name there.

A name depends on its operation and on those of its group that want the same one, so it stays what it is when other operations are added.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from keyword import iskeyword

from .declarations import DeclaredOperation, parents_of, way_to
from .document import Document
from .faults import DocumentError, Fault, Report
from .naming import MAX_LENGTH, operation_name, snake_case
from .texts import clean, one_line
from .values import Json, Object, grouped, join, list_in, object_in


@dataclass(frozen=True)
class Member:
    """An operation's place in a client.

    Attributes:
        group: attributes from the client to the group, with dots between them.
        name: the group's attribute.
        why: what stated the group.
        named: what made the name.
        pinned: whether the document or an overlay states the name.
    """

    group: str
    name: str
    why: str
    named: str
    pinned: bool = False

    @property
    def is_wished(self) -> bool:
        """Whether the document or an overlay states the group or the name."""
        return self.pinned or self.why.startswith("x-")

    @property
    def command_words(self) -> str:
        """The words on the command line."""
        return " ".join(part.strip("_").replace("_", "-") for part in (*self.group.split("."), self.name))


@dataclass(frozen=True)
class Groups:
    """The groups of a client; none if all of its operations are flat.

    Attributes:
        members: by the pointer of the operation.
        about: descriptions of groups, if the document has one.
    """

    members: Mapping[str, Member] = field(default_factory=dict[str, Member])
    about: Mapping[str, str] = field(default_factory=dict[str, str])

    def path_of(self, key: str) -> str:
        """The attributes that lead to an operation; empty for one without a group."""
        member = self.members.get(key)
        return "" if member is None else f"{member.group}.{member.name}"

    def paths(self) -> list[str]:
        """All groups, those with no operation of their own but groups below too, sorted."""
        parts = [member.group.split(".") for member in self.members.values()]
        return sorted({".".join(part[:end]) for part in parts for end in range(1, len(part) + 1)})


def group_operations(
    document: Document, operations: Sequence[DeclaredOperation], names: Mapping[str, str], report: Report
) -> Groups:
    """Assign operations to groups, and name them there.

    Args:
        document: the upgraded document.
        operations: its operations.
        names: their flat names by key.
        report: receives notes of names that could not be shortened.

    Raises:
        DocumentError: two operations of a group have one name that is stated.
    """
    tags = _Tags(document.data)
    members: dict[str, Member] = {}
    for operation in operations:
        member = _member(operation, tags, document.data)
        if member is not None and (risen := _risen(member, names[operation.key])) is not None:
            members[operation.key] = risen
    # A part of a path that one operation has alone is no group, and one group for everything says nothing, unless someone asked for it.
    count = Counter(member.group for member in members.values())
    members = {
        key: member
        for key, member in members.items()
        if count[member.group] > 1 or not member.why.startswith("path ") or member.is_wished
    }
    if len({member.group for member in members.values()}) < 2 and not any(
        member.is_wished for member in members.values()
    ):
        return Groups()
    # Members before groups: a group's attribute gives way to the names of operations.
    members = _named_apart(document, members, names, report)
    attributes = _attributes(document, members, names, report)
    about = {attributes[group]: text for group, text in tags.about.items() if group in attributes and text}
    groups = Groups({key: replace(member, group=attributes[member.group]) for key, member in members.items()}, about)
    _report(document, groups, report)
    return groups


def _report(document: Document, groups: Groups, report: Report) -> None:
    """Add a row for each group: what states it, and the names in it."""
    origin = document.origin("/paths")
    for group, members in grouped((member.group, member) for member in groups.members.values()).items():
        reasons = ", ".join(dict.fromkeys(member.why for member in members))
        names = ", ".join(member.name for member in members)
        report.add(origin.note("group", reasons, f"{group}: {names}"))


def _risen(member: Member, name: str) -> Member | None:
    """Move an operation with the name of its group up: `logout` of the group logout is the client's `logout()`."""
    above, _, leaf = member.group.rpartition(".")
    if leaf != (member.name if above else name) or member.is_wished:
        return member
    return replace(member, group=above) if above else None


class _Tags:
    """The tags of a document, and the groups that they are.

    Attributes:
        about: descriptions by group.
    """

    def __init__(self, data: Object) -> None:
        self._tags = {str(tag.get("name")): tag for tag in list_in(data, "tags") if isinstance(tag, dict)}
        self._above = parents_of(data)
        self.about: dict[str, str] = {}

    def of(self, operation: DeclaredOperation) -> tuple[str, str]:
        """Return the group of an operation's first tag, and that tag; nothing if it has none that is a group."""
        for name in list_in(operation.data, "tags"):
            # A tag of another kind, such as `badge` or `audience`, describes an operation, not its group.
            if isinstance(name, str) and self._tags.get(name, {}).get("kind") in (None, "nav"):
                group = self._group(name)
                return (group, name) if group else ("", "")
        return "", ""

    def _group(self, name: str) -> str:
        group_tag = self._tags.get(name, {})
        wish = group_tag.get("x-omics-group")
        group = dotted(wish) if isinstance(wish, str) else ""
        for tag in way_to(name, self._above) if not isinstance(wish, str) else ():
            group = f"{group}.{_below(_of_tag(tag), group.rpartition('.')[2])}".strip(".")
        self.about.setdefault(group, clean(group_tag.get("description") or group_tag.get("summary")))
        return group


def _below(name: str, above: str) -> str:
    """A group's name without the words of the group above it: `sample_boxes` below samples is `boxes`."""
    name_parts, noun = name.split("_"), above.split("_")
    is_start = len(name_parts) > len(noun) and all(map(same, name_parts[: len(noun)], noun))
    return "_".join(name_parts[len(noun) :]) if is_start else name


def _of_tag(name: str) -> str:
    """The attributes of a tag's group; empty for the tag that frameworks give to operations without one."""
    group = dotted(name)
    # springdoc names tags after classes: `pet-controller`.
    group_name = re.sub(r"(?<=[^_.])_(?:api|controller|endpoints?)$", "", group)
    return "" if group_name in ("default", "untagged") else group_name


def dotted(text: str) -> str:
    """Attributes of a text whose parts are joined by dots; dots within numbers and beside spaces are punctuation."""
    parts = text.split(".") if re.fullmatch(r"[^\W\d][\w-]*(\.[^\W\d][\w-]*)+", text) else [text]
    return ".".join(_attribute(part) for part in parts if snake_case(part) != "unnamed")


def _attribute(text: str) -> str:
    name = operation_name(text)
    return name.encode()[:MAX_LENGTH].decode(errors="ignore").rstrip("_") if len(name.encode()) > MAX_LENGTH else name


def _member(operation: DeclaredOperation, tags: _Tags, data: Object) -> Member | None:
    """Return an operation's group and its shortest name there; None if it belongs to none."""
    group, why = _group_of(operation, tags)
    if not group:
        return None
    wish, key = _member_wish(operation)
    if wish:
        return Member(group, free(operation_name(wish)), why, key, pinned=key.startswith("x-omics"))
    name, named = shortened(operation, group, data)
    return Member(group, name, why, named)


def _group_of(operation: DeclaredOperation, tags: _Tags) -> tuple[str, str]:
    data = operation.data
    if isinstance(data.get("x-omics-group"), str):
        return dotted(str(data["x-omics-group"])), "x-omics-group"
    if (name := _dotted_wish(data.get("x-omics-name"))) is not None:
        return dotted(name.rpartition(".")[0]), f"x-omics-name {name}"
    for key in ("x-speakeasy-group", "x-fern-sdk-group-name"):
        wish = data.get(key)
        text = ".".join(map(str, wish)) if isinstance(wish, list) else wish
        if isinstance(text, str) and dotted(text):
            return dotted(text), key
    group, tag = tags.of(operation)
    if group:
        below = _resource(operation, group)
        return f"{group}{below}", f"tag {one_line(tag)}{' and the path' if below else ''}"
    if (name := _dotted_wish(operation.wish)) is not None:
        return dotted(name.rpartition(".")[0]), f"operationId {name}"
    for segment in operation.path.strip("/").split("/"):
        if segment[:1] not in "{:" and not VERSION.fullmatch(segment) and snake_case(segment) != "unnamed":
            return _attribute(segment), f"path /{segment}"
    return "", ""


_ACTIONS = frozenset({"list", "create", "retrieve", "read", "update", "partial_update", "destroy", "delete"})


def _resource(operation: DeclaredOperation, group: str) -> str:
    """The group below a tag for an operation that is named by its path and an action, as Django's frameworks do.

    Tags are the first part of the path there, so that dozens of resources have one.
    """
    fixed = [snake_case(part) for part in operation.path.strip("/").split("/") if part and "{" not in part]
    while fixed and VERSION.fullmatch(fixed[0]):
        fixed.pop(0)
    name, start = snake_case(operation.wish), "_".join(fixed)
    is_named_so = len(fixed) > 1 and fixed[0] == group and name.removeprefix(f"{start}_") in _ACTIONS
    return f".{_attribute(fixed[1])}" if is_named_so else ""


def _dotted_wish(text: Json) -> str | None:
    return text if isinstance(text, str) and "." in dotted(text) else None


def _member_wish(operation: DeclaredOperation) -> tuple[str, str]:
    for key in ("x-omics-member", "x-speakeasy-name-override", "x-fern-sdk-method-name"):
        wish = operation.data.get(key)
        if isinstance(wish, str) and snake_case(wish) != "unnamed":
            return wish, key
    for key, text in (("x-omics-name", operation.data.get("x-omics-name")), ("operationId", operation.wish)):
        if (name := _dotted_wish(text)) is not None:
            return name.rpartition(".")[2], f"{key} {name}"
    return "", ""


def _named_apart(
    document: Document, members: Mapping[str, Member], names: Mapping[str, str], report: Report
) -> dict[str, Member]:
    """Give all operations of a group that want one name their flat names, unless it is stated for one of them.

    Raises:
        DocumentError: it is stated for several.
    """
    named = dict(members)
    # A whole name may be another member's short one: repeat. It ends, since whole names are unique.
    while True:
        by_path = grouped(((member.group, member.name), key) for key, member in named.items())
        shared = {key: keys for keys in by_path.values() if len(keys) > 1 for key in keys}
        losers = [key for key in shared if not named[key].pinned and named[key].name != names[key]]
        if not losers:
            break
        for key in losers:
            lost = named[key]
            others = ", ".join(sorted(names[other] for other in shared[key] if other != key))
            why = f"its full name, as {lost.name} would be that of {others} too"
            named[key] = replace(lost, name=names[key], named=why)
            _note(document, key, f"the name {lost.name} in the group {lost.group}", f"{names[key]}: {why}", report)
    if shared:
        raise DocumentError(_twice(document, key, named[key]) for key in shared)
    return named


def _twice(document: Document, key: str, member: Member) -> Fault:
    keyword = member.named.partition(" ")[0]  # the keyword, whose line may be an overlay's
    return document.origin(join(key, keyword) if keyword.startswith("x-") else key).fault(
        f"another operation of the group {member.group} is called {member.name} too",
        "State another x-omics-member for one of them.",
    )


def _attributes(
    document: Document, members: Mapping[str, Member], names: Mapping[str, str], report: Report
) -> dict[str, str]:
    """Return the attributes of groups, which give way to an operation of that name."""
    used = {*names.values(), *(f"{member.group}.{member.name}" for member in members.values())}
    groups = Groups(members).paths()
    attributes = {"": ""}
    for group in sorted(groups, key=lambda path: path.count(".")):
        above, _, name = group.rpartition(".")
        free_name = name
        while f"{above}.{free_name}".lstrip(".") in (used if free_name == name else used.union(groups)):
            free_name = f"{free_name}_operations"
        attributes[group] = f"{attributes[above]}.{free_name}".lstrip(".")
        if free_name != name:
            key = next(key for key, member in members.items() if f"{member.group}.".startswith(f"{group}."))
            _note(document, key, f"the group {group}", f"{free_name}: an operation has its name", report)
    return attributes


def _note(document: Document, key: str, before: str, after: str, report: Report) -> None:
    report.add(document.origin(key).note("name", before, after))


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
