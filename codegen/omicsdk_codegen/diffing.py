"""The changes of a client from one document to the next, which of them break its users' code, and the report: Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import TypeAlias, TypeVar

from .operations import Argument, Draft, Pages
from .plan import Package
from .plan_webhooks import WebhookFunction
from .security import Requirement, kind_of
from .shapes import ANY, MOST_VALUES, Field, Model, Type, choices, opened, python_text, reached, union_of, within
from .texts import as_markdown, literal, one_line, whole
from .values import Json, Object, grouped, list_in, object_in

M = TypeVar("M", Argument, Field)
_Outcomes: TypeAlias = Iterator[tuple[bool, str]]
_BOUNDS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
)


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes:
        breaking: whether code that used the old client may fail with the new one, or a type checker refuse it.
        kind: "client", "operation", "webhook" or "model".
        name: the client's attribute, or the model's class; empty for the client itself.
        what: the change in words.
        tag: the first tag of the operation; empty for one without, and for anything else.
    """

    breaking: bool
    kind: str
    name: str
    what: str
    tag: str = ""


def compare(old: Package, new: Package) -> list[Change]:
    """Compare two packages.

    Args:
        old: the earlier package.
        new: the present one.

    Returns:
        Changes, without repetition: of the client, of operations by name, of models by name.
    """
    pair = _Pair(old, new)
    differences = [*_client(old, new), *_operations(pair), *_models(pair)]
    return list(dict.fromkeys(differences))


@dataclass(frozen=True)
class _Pair:
    """The earlier package and the present one."""

    old: Package
    new: Package

    def was(self, type_: Type) -> str:
        """Write a type of the earlier package."""
        return python_text(type_, self.old.names.classes)

    def now(self, type_: Type) -> str:
        """Write a type of the present package."""
        return python_text(type_, self.new.names.classes)

    def is_kept(self, was: Type, now: Type) -> bool:
        """Whether all values of an earlier type are ones of a present type."""
        return within(was, now, self.old.names.classes, self.new.names.classes)

    def adds_none(self, was: Type, now: Type) -> bool:
        """Whether all values of a present type are ones of an earlier type."""
        return within(now, was, self.new.names.classes, self.old.names.classes)

    def members(
        self, what: str, sides: tuple[Sequence[M], Sequence[M]], compare: Callable[[M, M], _Outcomes], sent: bool
    ) -> _Outcomes:
        """Compare the arguments of an operation, or the fields of a model."""
        was, now = ({member.python: member for member in side} for side in sides)
        for name, member in was.items():
            if name not in now:
                yield True, f"{what} {name} is gone"
            else:
                yield from compare(member, now[name])
        for name, member in now.items():
            if name not in was:
                need = "required" if member.required else "optional"
                kind = python_text(member.type, self.new.names.classes, nullable=member.nullable)
                yield sent and member.required, f"{what} {name} is new and {need}: {kind}"


def _client(old: Package, new: Package) -> Iterator[Change]:
    if old.base_url != new.base_url:
        has_base_url = new.base_url != "''"
        what = f"the default base_url is {new.base_url}" if has_base_url else "there is no default base_url any more"
        yield Change(not has_base_url, "client", "", f"{what}; it was {old.base_url}" if old.base_url != "''" else what)
    was, now = old.servers, new.servers
    removed = [
        f"server={server.key!r}"
        for server in was.document_servers
        # A client of a single server has no argument for it.
        if len(was.document_servers) > 1 and server.key not in {s.key for s in now.document_servers}
    ]
    removed += [f"servers={{{key!r}: ...}}" for key in was.others if key not in now.others]
    removed += [name for wire, name in was.arguments.items() if now.arguments.get(wire) != name]
    # Credentials of a single scheme are passed without its name.
    if len(old.security.schemes) > 1:
        removed += [
            f"credentials={{{name!r}: ...}}" for name in old.security.schemes if name not in new.security.schemes
        ]
    for argument in removed:
        yield Change(True, "client", "", f"the argument {one_line(argument)} is gone")
    before, after = old.security.schemes, new.security.schemes
    pairs = [(name, before[name], after[name]) for name in before if name in after]
    if len(before) == len(after) == 1:  # credentials without a name fit the only scheme
        pairs = [(next(iter(after)), *before.values(), *after.values())]
    for name, old_scheme, new_scheme in pairs:
        if kind_of(old_scheme) != kind_of(new_scheme):
            what = f"credentials for {one_line(name)} are {kind_of(new_scheme)}; they were {kind_of(old_scheme)}"
            yield Change(True, "client", "", what)
    if old.title != new.title:
        yield Change(
            False, "client", "", f"the title, by default the package's name, is {new.title}; it was {old.title}"
        )
    parsers, others = ({str(function.name): function for function in _parsers(package)} for package in (old, new))
    for name in sorted(parsers.keys() | others.keys()):
        if name not in others:
            yield Change(True, "webhook", f"webhooks.{name}", "is gone")
        elif name not in parsers:
            yield Change(False, "webhook", f"webhooks.{name}", "is new")
        elif parsers[name].type != others[name].type:
            what = f"returns {others[name].type}; it was {parsers[name].type}"
            yield Change(True, "webhook", f"webhooks.{name}", what)


def _parsers(package: Package) -> list[WebhookFunction]:
    return package.webhooks.functions if package.webhooks is not None else []


def _operations(pair: _Pair) -> Iterator[Change]:
    before, after = ({draft.name: draft for draft in package.drafts} for package in (pair.old, pair.new))
    # An operation with the request of one that is gone is the same one by another name.
    places = {
        (draft.operation.method, draft.operation.path): name for name, draft in after.items() if name not in before
    }
    renamed: set[str] = set()
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            now = places.get((before[name].operation.method, before[name].operation.path))
            if now is None:
                yield Change(True, "operation", name, "is gone", _tag(before[name]))
                continue
            renamed.add(now)
            yield Change(True, "operation", name, f"is called {now} now", _tag(after[now]))
            changed = _operation(before[name], after[now], pair)
            yield from (replace(change, name=now) for change in changed)
        elif name in before:
            yield from _operation(before[name], after[name], pair)
    for name in sorted(after.keys() - before.keys() - renamed):
        operation = after[name].operation
        yield Change(
            False, "operation", name, f"is new: {operation.method} {one_line(operation.path)}", _tag(after[name])
        )


def _tag(draft: Draft) -> str:
    return next((one_line(tag) for tag in list_in(draft.operation.data, "tags") if isinstance(tag, str)), "")


def _operation(before: Draft, after: Draft, pair: _Pair) -> Iterator[Change]:
    def change(breaking: bool, what: str) -> Change:
        return Change(breaking, "operation", before.name, what, _tag(after))

    was, now = (
        package.groups.path_of(draft.operation.key) for package, draft in ((pair.old, before), (pair.new, after))
    )
    is_moved = was.rpartition(".")[0] != now.rpartition(".")[0]
    if was != now and (is_moved or before.name == after.name):
        # An operation that gets a group keeps its flat name too; one that changes groups loses its path.
        yield change(bool(was), f"is {now or after.name} now; it was {was or before.name}")
    arguments = pair.members("argument", (before.arguments, after.arguments), partial(_argument, pair), sent=True)
    results = (compared(before, after, pair) for compared in (_responses, _errors, _paging))
    yield from (change(breaking, what) for breaking, what in chain(arguments, *results))
    if before.has_stream != after.has_stream:
        yield change(before.has_stream, "has no stream any more" if before.has_stream else "can be streamed")
    before_text, after_text = (
        f"{draft.operation.method} {one_line(draft.operation.sent)}" for draft in (before, after)
    )
    if before_text != after_text:
        yield change(False, f"is sent as {after_text}; it was {before_text}")
    if before.server != after.server:
        before_text, after_text = (one_line(draft.server) or "the client's server" for draft in (before, after))
        yield change(False, f"is sent to {after_text}; it was {before_text}")
    if after.operation.data.get("deprecated") is True and before.operation.data.get("deprecated") is not True:
        yield change(False, "is deprecated")
    if after.secured and not before.secured:
        yield change(False, "asks for credentials")
    before_text, after_text = (
        " or ".join(" and ".join(names) for names in _required(*side))
        for side in ((before, pair.old), (after, pair.new))
    )
    if before_text != after_text:
        yield change(
            False,
            f"takes credentials for {one_line(after_text) or 'nothing'}; it took them for {one_line(before_text) or 'nothing'}",
        )


def _required(draft: Draft, package: Package) -> Requirement:
    return () if draft.public else draft.security or package.security.default


def _argument(pair: _Pair, was: Argument, now: Argument) -> _Outcomes:
    what = f"argument {was.python}"
    if was.required != now.required:
        yield now.required, f"{what} is required now" if now.required else f"{what} is optional now"
    yield from _sent(what, was.type, now.type, pair)
    if was.nullable != now.nullable and ANY not in (was.type, now.type):
        yield was.nullable, f"{what} can't be None any more" if was.nullable else f"{what} may be None"
    yield from _bounds(what, was.schema, now.schema)
    if (was.position, was.wire) != (now.position, now.wire):
        sending = f"{one_line(now.wire)} in the {now.position}"
        yield False, f"{what} is sent as {sending}; it was {one_line(was.wire)} in the {was.position}"


def _bounds(what: str, was: Object, now: Object) -> _Outcomes:
    if was.get("default") != now.get("default"):
        yield False, f"{what}: the service's default is {_as_text(now.get('default'))}"
    for keyword in _BOUNDS:
        before, after = was.get(keyword), now.get(keyword)
        if before == after:
            continue
        if not isinstance(after, (int, float)):
            yield False, f"{what} has no {keyword} any more"
        elif not isinstance(before, (int, float)):
            yield True, f"{what} has {keyword} {whole(after)} now"
        else:
            is_narrower = after > before if "min" in keyword.lower() else after < before
            yield is_narrower, f"{what} has {keyword} {whole(after)}; it was {whole(before)}"
    if was.get("pattern") != now.get("pattern"):
        pattern = now.get("pattern")
        yield pattern is not None, f"{what} has {f'the pattern {pattern}' if pattern else 'no pattern'} now"
    item, other = was.get("items"), now.get("items")
    if isinstance(item, dict) and isinstance(other, dict):
        yield from _bounds(f"an item of {what}", item, other)


def _sent(what: str, was: Type, now: Type, pair: _Pair) -> _Outcomes:
    """Values that could be sent must be taken still."""
    # Arguments and responses are compared in opposite directions: calls have to be accepted by the new document.
    yield from _retyped(what, was, now, pair, breaking=not pair.is_kept(was, now))


def _received(what: str, was: Type, now: Type, pair: _Pair) -> _Outcomes:
    """Compare received types: they must be those that code was written for; new members of a choice are accepted, as
    before.
    """
    yield from _retyped(what, was, now, pair, breaking=not pair.adds_none(opened(was), opened(now)))


def _retyped(what: str, was: Type, now: Type, pair: _Pair, *, breaking: bool) -> _Outcomes:
    if pair.is_kept(was, now) and pair.adds_none(was, now):
        return
    before_values, lists = choices(was), choices(now)
    lost, gained = [v for v in before_values if v not in lists], [v for v in lists if v not in before_values]
    if before_values and lists and (lost or gained) and opened(was) == opened(now):
        parts = [f"{word} {_value_list(values)}" for word, values in (("loses", lost), ("gains", gained)) if values]
        yield breaking, f"{what} {' and '.join(parts)}"
        return
    yield breaking, f"{what} is {pair.now(now)}; it was {pair.was(was)}"


def _responses(before: Draft, after: Draft, pair: _Pair) -> _Outcomes:
    was, now = _response(before), _response(after)
    if isinstance(was, str) or isinstance(now, str):
        before_text = was if isinstance(was, str) else pair.was(was)
        after_text = now if isinstance(now, str) else pair.now(now)
        if before_text != after_text:
            yield True, f"returns {after_text}; it was {before_text}"
        return
    yield from _received("the response", was, now, pair)


def _response(draft: Draft) -> Type | str:
    """The type of an operation's JSON, or a word for another body."""
    kinds = {"text": "str", "bytes": "bytes", "headers": "headers", "none": "None"}
    types: list[Type] = []
    others: list[str] = []
    for case in draft.cases:
        if case.type is None:
            others.append(kinds[case.kind])
        else:
            types.append(case.type)
    if types and set(others) <= {"None"}:
        return union_of(types)
    return " | ".join(sorted({*others, *(["JSON"] if types else [])}))


def _errors(before: Draft, after: Draft, pair: _Pair) -> _Outcomes:
    """Compare described errors; a status that only one document states is compared with what applies to it in the other."""
    bodies, others = ({body.status: body.type for body in draft.errors} for draft in (before, after))
    statuses, present = before.error_statuses, after.error_statuses
    for status in sorted({*statuses, *present}):
        was = bodies.get(_applying(status, statuses))
        now = others.get(_applying(status, present))
        data = f"the data of {_spoken(status)}"
        if status not in statuses:
            kind = "" if now is None else f": {pair.now(now)}"
            yield False, f"describes {_spoken(status)}{kind}"
        elif status not in present:
            yield False, f"describes {_spoken(status)} no longer"
        elif was is None and now is not None:
            yield False, f"{data} is {pair.now(now)}; it was not described"
        if was is not None and now is None:
            yield True, f"{data} is not described any more; it was {pair.was(was)}"
        elif was is not None and now is not None:
            yield from _received(data, was, now, pair)


def _applying(status: str, responses: Collection[str]) -> str:
    """The status of a document that applies to one: itself, its range, or `default`; empty if none does."""
    return next((key for key in (status, f"{status[0]}XX", "default") if key in responses), "")


def _spoken(status: str) -> str:
    return "other errors" if status == "default" else f"error {status}" if status.isdigit() else f"errors {status}"


def _paging(before: Draft, after: Draft, pair: _Pair) -> _Outcomes:
    if before.pages is None or after.pages is None:
        if before.pages is not None:
            yield True, "has no pages and iterate any more"
        elif after.pages is not None:
            yield False, f"has pages and iterate, by {after.pages.style}"
        return
    before_text, after_text = (_follow(pages) for pages in (before.pages, after.pages))
    if before_text != after_text:
        yield False, f"pages follow by {after_text}; it was by {before_text}"
    yield from _received("an item of iterate", before.pages.item, after.pages.item, pair)


def _follow(pages: Pages) -> str:
    """Describe how a page refers to the next one."""
    settings = {**pages.more, **({"in": "body"} if pages.in_body else {})}
    more = ", ".join(f"{name} {one_line(value)}" for name, value in sorted(settings.items()))
    return f"{pages.style} ({more})" if more else pages.style


def _models(pair: _Pair) -> Iterator[Change]:
    before, after = _by_class(pair.old), _by_class(pair.new)
    sent, received = (_reached(pair.old, sent=sent) | _reached(pair.new, sent=sent) for sent in (True, False))
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield Change(True, "model", name, "is gone")
        elif name not in before:
            yield Change(False, "model", name, "is new")
        else:
            # A model that no operation uses is made and read by the user alone.
            compare = partial(_field, pair, name in sent, name in received or name not in sent)
            sides = before[name].fields, after[name].fields
            for breaking, what in pair.members("field", sides, compare, sent=name in sent):
                yield Change(breaking, "model", name, what)


def _by_class(package: Package) -> dict[str, Model]:
    return {package.names.classes[key]: model for key, model in package.shapes.items()}


def _reached(package: Package, *, sent: bool) -> set[str]:
    """Return the classes of the models in requests, or in responses."""
    types: list[Type | None] = []
    for draft in package.drafts:
        responses = [*(case.type for case in draft.cases), *(body.type for body in draft.errors)]
        types += [argument.type for argument in draft.arguments] if sent else responses
    keys = reached(package.shapes, (type_ for type_ in types if type_ is not None))
    return {package.names.classes[key] for key in keys}


def _field(pair: _Pair, sent: bool, received: bool, was: Field, now: Field) -> _Outcomes:
    what = f"field {was.python}"
    if was.required != now.required:
        yield (sent, f"{what} is required now") if now.required else (received, f"{what} may be missing now")
    if was.nullable != now.nullable and ANY not in (was.type, now.type):
        yield (sent, f"{what} can't be null any more") if was.nullable else (received, f"{what} may be null")
    if sent:
        yield from _bounds(what, was.schema, now.schema)
    parts: dict[str, bool] = {}
    for breaking, text in [
        *(_sent(what, was.type, now.type, pair) if sent else ()),
        *(_received(what, was.type, now.type, pair) if received else ()),
    ]:
        parts[text] = parts.get(text, False) or breaking
    yield from ((breaking, text) for text, breaking in parts.items())


def _value_list(values: list[str | int]) -> str:
    listing = ", ".join(literal(value) for value in values[:MOST_VALUES])
    return listing if len(values) <= MOST_VALUES else f"{listing} and {len(values) - MOST_VALUES} more"


def _as_text(value: object) -> str:
    text = one_line(value) if isinstance(value, str) else str(value)
    return f"{text[:60]!r}" if isinstance(value, str) else "none" if value is None else text[:60]


_GROUPS = ((True, "Breaking"), (False, "Other"))
_KINDS = ("client", "operation", "webhook", "model")
# What fits a terminal's window needs no table of contents.
MOST_UNGROUPED = 20
_OF_MANY = {"is": "are", "has": "have", "asks": "ask", "describes": "describe", "responses": "response"}


def as_report(old: Package, new: Package, changes: Sequence[Change]) -> str:
    """Format changes as Markdown for a changelog, the breaking ones first, one per line.

    More than `MOST_UNGROUPED` changes begin with their counts and are grouped by the tags of their operations; there a
    line is a change with all that it affects.

    Args:
        old: the earlier package.
        new: the present one.
        changes: from `compare`.
    """
    lines = [f"## {as_markdown(new.title)}: from {as_markdown(_version(old))} to {as_markdown(_version(new))}"]
    grouped = len(changes) > MOST_UNGROUPED
    if grouped:
        lines += ["", *_counts(changes)]
    for breaking, heading in _GROUPS:
        group = [change for change in changes if change.breaking is breaking]
        if group:
            lines += ["", f"### {heading} changes"]
            lines += _sections(group) if grouped else ["", *(_line([change.name], change.what) for change in group)]
    if not changes:
        lines += ["", "Nothing changes for users of the client."]
    return "\n".join(lines) + "\n"


def _counts(changes: Sequence[Change]) -> Iterator[str]:
    yield "| what | breaking | other |"
    yield "|---|---:|---:|"
    for subject, entries in _by_subject(changes).items():
        yield _count(as_markdown(subject), entries)
    yield _count("**together**", changes)


def _count(subject: str, changes: Sequence[Change]) -> str:
    breaking = sum(change.breaking for change in changes)
    return f"| {subject} | {breaking:,} | {len(changes) - breaking:,} |"


def _by_subject(changes: Sequence[Change]) -> dict[str, list[Change]]:
    """Changes of the client, then of operations by their tags, then of models."""
    subjects = grouped(((_KINDS.index(change.kind), change.tag), change) for change in changes)
    return {_subject(_KINDS[kind], tag): subjects[kind, tag] for kind, tag in sorted(subjects)}


def _subject(kind: str, tag: str) -> str:
    operations = f"Operations of {tag}" if tag else "Operations"
    return {"client": "The client", "operation": operations, "webhook": "Webhooks", "model": "Models"}[kind]


def _sections(changes: Sequence[Change]) -> Iterator[str]:
    for subject, entries in _by_subject(changes).items():
        befallen = grouped((change.what, change.name) for change in entries)
        yield from ("", f"#### {as_markdown(subject)}", "")
        yield from (_line(names, what) for what, names in befallen.items())


def as_json(old: Package, new: Package, changes: Sequence[Change]) -> str:
    """The same for programs: `old`, `new` (title and version), `breaking` and `other` (kind, name, change, any tag)."""
    payload: Object = {
        "old": {"title": old.title, "version": _version(old)},
        "new": {"title": new.title, "version": _version(new)},
    }
    for breaking, heading in _GROUPS:
        rows: list[Json] = [_row(change) for change in changes if change.breaking is breaking]
        payload[heading.lower()] = rows
    return json.dumps(payload, indent=1) + "\n"


def _row(change: Change) -> Object:
    row: Object = {"kind": change.kind, "name": change.name, "change": change.what}
    return {**row, "tag": change.tag} if change.tag else row


def _version(package: Package) -> str:
    return one_line(object_in(package.document, "info").get("version"))


def _line(names: Sequence[str], what: str) -> str:
    if len(names) > 1:
        verb, _, rest = what.partition(" ")
        what = f"{_OF_MANY.get(verb, verb)} {rest}"
    return f"- {', '.join(f'`{name}`' if name else 'the client' for name in names)}: {_prose(what)}"


def _prose(text: str) -> str:
    """Escape a line for Markdown: types stay readable unrendered, and nothing is HTML, a link or code."""
    return "".join(f"\\{char}" if char in "\\`*<>" else char for char in text).replace("](", "]\\(")
