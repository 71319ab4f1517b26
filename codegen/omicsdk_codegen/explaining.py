"""The explanation of one operation: its name, arguments, responses and pages with their places, repairs and losses."""

from __future__ import annotations

import difflib
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from .directions import place_of
from .document import Document
from .faults import Note
from .generate import Planned
from .operations import Argument, Case, Draft, command_word, wished_name
from .paging import SETTING
from .plan import Package
from .render import operation_modules
from .shapes import Type, python_text, reached
from .source import SourceLocation
from .texts import one_line
from .values import join


class UnknownOperation(LookupError):
    """No operation matches; its text names similar ones."""


@dataclass(frozen=True)
class Part:
    """An argument, a response, a wish or a model.

    Attributes:
        name: its name.
        what: the result, in a few words.
        place: `file:line` where the document, or an overlay, states it.
    """

    name: str
    what: str
    place: str


@dataclass(frozen=True)
class Explanation:
    """The explanation of an operation.

    Attributes:
        name: the client's attribute.
        method: the HTTP method.
        path: as the document has it.
        place: JSON pointer of the operation.
        command: its words on the command line.
        named: the reason for its name.
        group: the attributes that lead to its group; empty if it has none.
        member: its name there.
        grouped: the reasons for both.
        module: of the package.
        arguments: in the order of the call.
        responses: by status.
        retries: what the document states about sending a request again.
        wishes: x-omics-... values of overlays or the document.
        models: those that arguments and responses are made of.
        notes: repairs, omissions and lost types of the operation and its models.
    """

    name: str
    method: str
    path: str
    place: str
    command: str
    named: str
    group: str
    member: str
    grouped: str
    module: str
    arguments: list[Part]
    responses: list[Part]
    retries: list[Part]
    wishes: list[Part]
    models: list[Part]
    notes: list[Note]


def explain(planned: Planned, selector: str) -> Explanation:
    """Explain an operation.

    Args:
        planned: the document and what will be made of it.
        selector: the operation's name, that in its group (`samples.list`), its word on the command line, its operationId, or `METHOD /path`.

    Raises:
        UnknownOperation: there is none, or there are several.
    """
    document, package = planned.document, planned.package
    draft = _draft_of(package, selector)
    member = package.groups.members.get(draft.operation.key)
    # Notes of the models that it uses as well: a lost type is reported at its schema, not at the operation.
    models = _models(draft, package)
    return Explanation(
        name=draft.name,
        method=draft.operation.method,
        path=draft.operation.path,
        place=_at(document, draft.operation.key),
        command=_command(draft, package) if member is None else f"{member.command_words}, {_command(draft, package)}",
        named=_named(draft),
        group=member.group if member is not None else "",
        member=member.name if member is not None else "",
        grouped="; ".join(dict.fromkeys((member.why, member.named))) if member is not None else "",
        module=f"operations/{operation_modules(package)[draft.name]}.py",
        arguments=[
            Part(argument.python, _argument(argument, draft, package), _at(document, argument.key))
            for argument in sorted(draft.arguments, key=lambda argument: not argument.required)
        ],
        responses=list(_responses(draft, document, package)),
        retries=list(_retries(draft, document)),
        wishes=list(_wishes(draft, document)),
        models=[
            Part(package.names.classes[key], f"models/{package.names.modules[key]}.py", _at(document, place_of(key)))
            for key in models
        ],
        notes=_notes(planned, draft, models),
    )


def requests_of(package: Package) -> dict[str, str]:
    """Return the request of each operation (`GET /samples`) by its name, with its group if it has one."""
    return {
        package.groups.path_of(draft.operation.key) or draft.name: f"{draft.operation.method} {draft.operation.path}"
        for draft in package.drafts
    }


def _command(draft: Draft, package: Package) -> str:
    rows = [row for row in package.commands if isinstance(row, dict) and row["name"] == draft.name]
    return f"{rows[0]['command']}{', hidden' if rows[0].get('hidden') else ''}"


def _draft_of(package: Package, selector: str) -> Draft:
    name = unicodedata.normalize("NFKC", selector)  # as Python reads names; terminals may write an accent as a letter
    method, _, path = selector.strip().partition(" ")
    drafts, path_of = package.drafts, package.groups.path_of
    # From the most exact to the loosest: an operation's name precedes the operationId of another one.
    ways: list[Callable[[Draft], bool]] = [
        lambda draft: name in (draft.name, path_of(draft.operation.key)),
        lambda draft: command_word(draft.operation, draft.name) == name,
        lambda draft: selector in (draft.operation.wish, draft.operation.data.get("operationId")),
        lambda draft: draft.operation.method.upper() == method.upper() and draft.operation.path == path.strip(),
    ]
    for matches in ways:
        matching = [draft for draft in drafts if matches(draft)]
        if len(matching) == 1:
            return matching[0]
        if matching:
            names = ", ".join(draft.name for draft in matching)
            raise UnknownOperation(f"several operations are called {one_line(selector)!r}: name one of {names}")
    near = " or ".join(_near(package, selector))
    remedy = f"did you mean {near}?" if near else "without one, all are listed; 'METHOD /path' does as well"
    raise UnknownOperation(f"unknown operation {one_line(selector)!r}: {remedy}")


def _near(package: Package, selector: str) -> list[str]:
    """Return up to five similar operations, the most similar first: by path if a path was requested, else by name."""
    spellings: dict[str, dict[str, None]] = {}
    for draft in package.drafts:
        operation = draft.operation
        path = package.groups.path_of(operation.key)
        if "/" in selector:
            spellings[f"{operation.method} {operation.path}".casefold()] = {
                f"'{operation.method} {one_line(operation.path)}'": None
            }
            continue
        whole = (
            draft.name,
            operation.wish,
            str(operation.data.get("operationId", "")),
            command_word(operation, draft.name),
        )
        grouped = (path, path.rpartition(".")[2])
        for name, names in ((draft.name, whole), (path, grouped)):
            for spelling in filter(None, names):
                spellings.setdefault(spelling.casefold(), {})[name] = None
    # More than are shown: several spellings are of one operation.
    near = difflib.get_close_matches(selector.strip().casefold(), spellings, 15)
    return list(dict.fromkeys(name for spelling in near for name in spellings[spelling]))[:5]


def _at(document: Document, pointer: str) -> str:
    origin = document.origin(pointer)
    return origin.file if origin.line is None else f"{origin.file}:{origin.line}"


def _named(draft: Draft) -> str:
    data, wish = draft.operation.data, draft.operation.wish
    if not wish:
        return "method and path, for it has no operationId"
    source = "x-omics-name" if data.get("x-omics-name") else "operationId"
    spelled = wished_name(draft.operation)
    if spelled == draft.name:
        return f"{source} {one_line(wish)}"
    return f"{source} {one_line(wish)}, which is {spelled} here; another operation has that name or comes nearer to it"


def _argument(argument: Argument, draft: Draft, package: Package) -> str:
    kind = python_text(argument.type, package.names.classes, nullable=argument.nullable)
    need = "required" if argument.required else "optional"
    if argument.position == "querystring":
        where = f"the whole query string ({one_line(argument.wire)})"
    elif argument.position != "body":
        where = f"{argument.position} parameter {one_line(argument.wire)}"
    elif argument.whole:
        where = f"the whole body as {draft.body.media_type}" if draft.body is not None else "the whole body"
    else:
        where = f"field {one_line(argument.wire)} of the body"
    how = {
        "comma": "joined by commas",
        "space": "joined by spaces",
        "tab": "joined by tabs",
        "pipe": "joined by |",
        "json": "written as JSON",
        "form": "written as a form",
    }
    prefix = f"{one_line(argument.prefix)} precedes the names of members" if argument.prefix else ""
    forms = [how.get(argument.how, ""), "slashes stay" if argument.raw else "", prefix]
    return ", ".join(text for text in (kind, need, where, *forms) if text)


def _responses(draft: Draft, document: Document, package: Package) -> Iterator[Part]:
    for case in draft.cases:
        for status in case.statuses or ("any",):
            yield Part(status, _response(case, package), _at(document, join(draft.operation.key, "responses", status)))
    if draft.pages is not None:
        item = python_text(draft.pages.item, package.names.classes)
        items = f"of {draft.pages.items.removesuffix('?')}" if draft.pages.items else "of the response itself"
        pointer, why = join(draft.operation.key, SETTING), ""
        if draft.recognition is not None:
            pointer, why = (
                draft.recognition.key,
                f", recognised by {draft.recognition.rule}: {draft.recognition.reason}",
            )
        yield Part("pages", f"by {draft.pages.style}{why}; iterate gives {item} {items}", _at(document, pointer))
    elif draft.recognition is not None:
        recognition = draft.recognition
        yield Part(
            "pages", f"none; suggested by {recognition.rule}, {recognition.reason}", _at(document, recognition.key)
        )
    if draft.flow is not None:
        item = python_text(draft.flow.type, package.names.classes, nullable=draft.flow.nullable)
        item = f"events with {item}" if draft.flow.data else item
        yield Part("items", f"iterate gives {item} as they arrive", _at(document, draft.flow.key))
    if draft.has_stream:
        yield Part("stream", "the response's bytes as they arrive", _at(document, draft.operation.key))


def _response(case: Case, package: Package) -> str:
    if case.type is not None:
        return python_text(case.type, package.names.classes, nullable=case.nullable)
    return {"text": "str", "bytes": "bytes", "headers": "the headers"}.get(case.kind, "None")


def _wishes(draft: Draft, document: Document) -> Iterator[Part]:
    for key, value in draft.operation.data.items():
        if key.startswith("x-omics-"):
            yield Part(
                key, one_line(json.dumps(value, ensure_ascii=False)), _at(document, join(draft.operation.key, key))
            )


def _retries(draft: Draft, document: Document) -> Iterator[Part]:
    origin = _at(document, draft.operation.key)
    if draft.idempotency_key:
        yield Part("key", f"a UUID for each call in the header {one_line(draft.idempotency_key)}", origin)
    if draft.retry:
        text = ", ".join(f"{name}={value}" for name, value in draft.retry.items())
        yield Part("retry", f"Retry({text})", origin)


def _models(draft: Draft, package: Package) -> list[str]:
    types: list[Type] = [argument.type for argument in draft.arguments]
    types += [case.type for case in draft.cases if case.type is not None]
    types += [draft.flow.type] if draft.flow is not None else []
    return reached(package.shapes, types)


def _notes(planned: Planned, draft: Draft, models: list[str]) -> list[Note]:
    inside = [draft.operation.key, *(argument.key for argument in draft.arguments), *map(place_of, models)]
    places = [planned.document.origin(pointer) for pointer in inside]
    item = planned.document.origin(join("/paths", draft.operation.path))
    return [
        note
        for note in planned.report.notes
        if (note.file, note.pointer) == (item.file, item.pointer) or any(_inside(note, origin) for origin in places)
    ]


def _inside(note: Note, origin: SourceLocation) -> bool:
    same = note.file == origin.file and origin.pointer != ""
    return same and (note.pointer == origin.pointer or note.pointer.startswith(f"{origin.pointer}/"))


# -- the explanation as text and JSON

_KINDS = {
    "repair": "repaired",
    "omission": "not taken over",
    "loss": "lost",
    "untyped": "without a type",
    "fault": "broken",
    "recognition": "recognised",
    "suggestion": "suggested",
    "name": "named in full",
    "group": "grouped",
    "pruned": "left out",
}


def as_text(explanation: Explanation) -> str:
    """Lines for a terminal, each part with its place."""
    lines = [
        f"{explanation.name}: {explanation.method} {one_line(explanation.path)}",
        f"  stated at {explanation.place}",
        f"  named by {explanation.named}",
        *(
            [f"  in its group {explanation.group}.{explanation.member}: {explanation.grouped}"]
            if explanation.group
            else []
        ),
        f"  {explanation.module}",
        f"  on the command line: {explanation.command}",
    ]
    for title, parts in (
        ("Arguments", explanation.arguments),
        ("Responses", explanation.responses),
        ("Retries", explanation.retries),
        ("Wishes of overlays", explanation.wishes),
        ("Models", explanation.models),
    ):
        if parts:
            lines += ["", title, *_table(parts)]
    if explanation.notes:
        lines += ["", "Otherwise than the document has it", *(_note(note) for note in explanation.notes)]
    return "\n".join(lines) + "\n"


def as_json(explanation: Explanation) -> str:
    """The same for programs."""
    return json.dumps({**asdict(explanation), "notes": [note.row() for note in explanation.notes]}, indent=1) + "\n"


def _table(parts: Sequence[Part]) -> Iterable[str]:
    width = max(len(part.name) for part in parts)
    return [f"  {part.name:<{width}}  {part.what}  ({part.place})" for part in parts]


def _note(note: Note) -> str:
    origin = note.file if note.line is None else f"{note.file}:{note.line}"
    sure = "" if note.certain else ", which isn't certain"
    return f"  {_KINDS[note.kind]}: {one_line(note.before)} -> {one_line(note.after)}{sure}  ({origin})"
