"""The plan of an operation: the code of its request, its responses and its signature, and its docstring."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .annotations import Annotations
from .decoding import Decoding, typed
from .descriptions import headline, operation_doc
from .imports import Imports
from .model_names import Names
from .operations import Argument, Case, Draft
from .options import TypeOptions
from .parser import DictOf, ListOf, Parsed
from .request_code import HIDEABLE, REQUEST, path_code, sent_code
from .security import requirement_code
from .shapes import Map, Ref, Type, is_list_of_texts
from .texts import Code, as_docstring, as_lines, as_literal

# Names in each module of an operation.
_MODULE_NAMES = frozenset({"build", "parse", "items", "item", "annotations"})
# Classes of core with names that models have in documents.
_OF_MODELS = frozenset({"Repetition", "Retry"})


# The descriptors of omicsdk.core with their modules: a package contains those that it uses.
_KINDS = {
    "Operation": "omicsdk.core.operation",
    "StreamOperation": "omicsdk.core.streaming",
    "ItemStreamOperation": "omicsdk.core.sequences",
    "EventStreamOperation": "omicsdk.core.events",
    "EndlessStreamOperation": "omicsdk.core.events",
    "PagedOperation": "omicsdk.core.pages",
    "PagedStreamOperation": "omicsdk.core.page_streams",
}


@dataclass(frozen=True)
class ResponseCase:
    """One way to read a response.

    Attributes:
        condition: of `response.status`; empty for all other statuses.
        imports: of models, which it alone needs.
        value: the expression.
    """

    condition: Code
    imports: list[Code]
    value: Code


@dataclass(frozen=True)
class PagedItems:
    """The function that returns a page's items."""

    type: Code
    value: Code


@dataclass(frozen=True)
class StreamedItem:
    """The function that parses an item of a sequence, and the requested media type.

    Attributes:
        type: of an item.
        imports: of models, which it needs.
        value: the expression.
        media_type: the requested type; empty for events.
        switch: what `iterate` sets to True.
    """

    type: Code
    imports: list[Code]
    value: Code
    media_type: Code
    switch: Code


@dataclass(frozen=True)
class OperationModule:
    """A module of one operation.

    Attributes:
        name: the client's attribute, and the module.
        symbol: the module's name for what `build`, `parse` and `items` make together.
        kind: the class of core that binds them.
        title: the module's docstring.
        doc: the docstring of `build`.
        imports: those that run.
        late: those under TYPE_CHECKING.
        facts: the arguments of OperationFacts.
        signature: the keyword arguments.
        path: expression of the sent path.
        sent: further arguments of `request`.
        request: what `request` is called here.
        response: what the call returns.
        cases: how a response is read.
        paged: how pages follow.
        item: how one of a sequence of items is read.
        headers: the class of the response's headers; empty if it declares none.
    """

    name: Code
    symbol: Code
    kind: Code
    title: Code
    doc: Code
    imports: Code
    late: Code
    facts: list[Code]
    signature: list[Code]
    path: Code
    sent: list[Code]
    request: Code
    response: Code
    cases: list[ResponseCase]
    paged: PagedItems | None
    item: StreamedItem | None
    headers: Code


class OperationPlanner:
    """Plans operations of one document.

    Args:
        names: what models and operations are called.
        parsed: the parser's responses.
        headers: classes of responses' headers by the operations' names.
        types: how types are written, where there is a choice.
        errors: the types of errors' bodies as texts.
    """

    def __init__(
        self,
        names: Names,
        parsed: Parsed,
        headers: Mapping[str, str],
        types: TypeOptions,
        errors: Mapping[Type, str],
    ) -> None:
        self._names = names
        self._parsed = parsed
        self._headers = headers
        self._types = types
        self._errors = errors

    def plan(self, draft: Draft) -> OperationModule:
        """Plan one module."""
        imports = Imports({argument.python for argument in draft.arguments} & HIDEABLE | _OF_MODELS)
        annotations = Annotations(self._names.classes, self._names.modules, imports, open_enums=self._types.open_enums)
        ordered = sorted(draft.arguments, key=lambda argument: not argument.required)
        types = {argument.python: self._annotation(argument, annotations) for argument in ordered}
        selected = _content_type(draft, imports)
        response = self._response_type(draft, annotations)
        kind = f"{'Paged' if draft.pages is not None else ''}{'Stream' if draft.has_stream else ''}Operation"
        if draft.flow is not None:
            kind = "Endless" if draft.flow.endless else "Event" if draft.flow.data else "Item"
            kind = f"{kind}StreamOperation"
        imports.add(_KINDS[kind], kind)
        for name in ("Request", "OperationFacts"):
            imports.add(REQUEST, name)
        imports.add("omicsdk.core.response", "Response")
        if any(not argument.required for argument in ordered) or draft.other_bodies:
            imports.add("omicsdk.core.omit", "OMIT")
            imports.add("omicsdk.core.omit", "Omit")
        paged = self._paged(draft, annotations, imports)
        cases = self._cases(draft, annotations, imports)
        path, sent, facts = path_code(draft, imports), sent_code(draft, imports), _facts(draft, imports)
        item = self._item(draft, annotations, imports)
        headers = imports.add("..headers", self._headers[draft.name]) if draft.name in self._headers else ""
        request = imports.add(REQUEST, "request")
        # An operation called `list` or `request` would hide what its own module uses.
        hidden = draft.name in imports.locals() or draft.name in _MODULE_NAMES or hasattr(builtins, draft.name)
        return OperationModule(
            name=Code(draft.name),
            symbol=Code(f"{draft.name}_" if hidden else draft.name),
            kind=Code(kind),
            title=as_docstring(headline(draft)),
            doc=as_docstring(operation_doc(draft, ordered, types, response, self._errors), 4),
            path=path,
            sent=sent,
            request=Code(request),
            facts=facts,
            signature=[*(_parameter(argument, types[argument.python]) for argument in ordered), *selected],
            response=Code(response),
            cases=cases,
            paged=paged,
            item=item,
            headers=Code(headers),
            imports=as_lines(imports.lines()),
            late=as_lines(imports.late_lines()),
        )

    def _annotation(self, argument: Argument, annotations: Annotations) -> str:
        python = self._parsed.types[argument.key]
        written = annotations.write(python, "argument", optional=argument.nullable, files=argument.is_part)
        if argument.has_files:
            written = f"{written} | {annotations.fields()}"
        # In place of several texts a call may pass one; of an object's members only a query's, since those are sent one by one.
        several = argument.type
        if isinstance(several, Map) and argument.position == "query" and argument.how == "plain":
            several, python = several.value, python.value if isinstance(python, DictOf) else python
        if not is_list_of_texts(several) or not isinstance(python, ListOf):
            return written
        list_annotation, item_annotation = (annotations.write(type_, "argument") for type_ in (python, python.item))
        return written.replace(list_annotation, f"{item_annotation.removesuffix(' | None')} | {list_annotation}", 1)

    def _response_type(self, draft: Draft, annotations: Annotations) -> str:
        parts = [self._case_type(case, annotations) for case in draft.cases]
        return _union(parts)

    def _case_type(self, case: Case, annotations: Annotations) -> str:
        if case.kind == "json":
            annotation = annotations.write(self._parsed.types[case.key], "response", optional=case.nullable)
            return _union([*annotation.split(" | "), "bytes"]) if case.or_bytes else annotation
        if case.kind == "headers":
            return annotations.headers()
        return {"text": "str", "bytes": "bytes"}.get(case.kind, "None")

    def _cases(self, draft: Draft, annotations: Annotations, imports: Imports) -> list[ResponseCase]:
        # Other statuses are read by the first response with a content; an undeclared body is read so, too.
        ordered = sorted(draft.cases, key=lambda case: (not case.media, case.kind != "none"))
        whole = [case for case in draft.cases if not case.media]
        fallback = next((case for case in whole if case.kind != "none"), whole[0])
        ordered = [case for case in ordered if case is not fallback] + [fallback]
        return [self._case(case, annotations, imports, last=case is fallback) for case in ordered]

    def _case(self, case: Case, annotations: Annotations, imports: Imports, *, last: bool) -> ResponseCase:
        used: list[str] = []
        value = {
            "none": "None",
            "text": "response.text()",
            "bytes": "response.content",
            "headers": "response.headers",
        }.get(case.kind)
        if value is None:
            assert case.type is not None
            annotation = self._case_type(case, annotations)
            used, value = decoded_code(case.type, case.nullable, annotation, self._names, imports)
        if case.or_bytes:
            value = f"{value} if response.holds_json else response.content"
        condition = "" if last else _condition(case.statuses, case.media)
        return ResponseCase(Code(condition), [Code(line) for line in used], Code(value))

    def _item(self, draft: Draft, annotations: Annotations, imports: Imports) -> StreamedItem | None:
        flow = draft.flow
        if flow is None:
            return None
        kind = "text" if flow.data == "text" else "json"
        case = Case((), kind, flow.key, flow.type if kind == "json" else None, flow.nullable)
        item_case = self._case(case, annotations, imports, last=True)
        value = (
            f"{item_case.value} if response.holds_json else response.text()"
            if flow.data == "either"
            else item_case.value
        )
        media_type = "" if flow.data else as_literal(flow.media_type)
        switch = "".join(f"{as_literal(name)}, " for name in flow.switch)
        type_ = self._case_type(case, annotations)
        return StreamedItem(Code(type_), item_case.imports, Code(value), Code(media_type), Code(switch))

    def _paged(self, draft: Draft, annotations: Annotations, imports: Imports) -> PagedItems | None:
        pages = draft.pages
        if pages is None:
            return None
        imports.late("collections.abc", "Sequence")
        item = annotations.write(self._parsed.types[pages.key], "response")
        if not pages.paths:
            value = (
                f"{imports.add('omicsdk.core.page_items', 'items_at')}(page, {as_literal(pages.items)})"
                if pages.items
                else "page"
            )
        else:
            lists = [_attribute(path) for path in pages.paths]
            value = " else ".join(
                [*(f"{expression} if {expression} is not None" for expression in lists[:-1]), lists[-1]]
            )
        return PagedItems(Code(f"Sequence[{item}] | None"), Code(value))


def decoded_code(type_: Type, nullable: bool, annotation: str, names: Names, imports: Imports) -> tuple[list[str], str]:
    """Return code that decodes the JSON of `response`.

    Args:
        type_: its type, without null.
        nullable: whether it may be null.
        annotation: what the code returns.
        names: what models are called.
        imports: receives the imports of core.

    Returns:
        The imports of models from a module of an operation, and the expression.
    """
    used: dict[str, None] = {}

    def use(key: str) -> None:
        used[f"from ..models.{names.modules[key]} import {names.classes[key]}"] = None

    if isinstance(type_, Ref) and not nullable:
        use(type_.key)
        return list(used), f"response.model({names.classes[type_.key]})"
    decoding = Decoding(names.classes, imports, use)
    expression = decoding.expression(type_, "data", "the response")
    shape = decoding.shape(type_, nullable=nullable)
    if expression == "data":
        decode = imports.add("omicsdk.core.response", "as_it_came")
    else:
        decode = f"lambda data: {expression}"
    return sorted(used), typed(f"response.json({decode}, {shape})", annotation, imports)


def _attribute(path: tuple[str, ...]) -> str:
    """Return the attributes that lead from a page to its list."""
    attribute = f"page.{path[0]}"
    for step in path[1:]:
        attribute = f"getattr({attribute}, {as_literal(step)}, None)"
    return attribute


def _parameter(argument: Argument, annotation: str) -> Code:
    if argument.required:
        return Code(f"{argument.python}: {annotation}")
    return Code(f"{argument.python}: {annotation} | Omit = OMIT")


def _content_type(draft: Draft, imports: Imports) -> list[Code]:
    """Return the argument that selects one of the media types of a body, or states any."""
    if draft.default_type:
        return [Code(f"{draft.content_type}: str = {as_literal(draft.default_type)}")]
    kinds = draft.content_types
    if not kinds:
        return []
    imports.typing("Literal")
    type_ = f"Literal[{', '.join(map(as_literal, kinds))}]"
    default = f"{type_} | Omit = OMIT" if draft.other_bodies else f"{type_} = {as_literal(kinds[0])}"
    return [Code(f"{draft.content_type}: {default}")]


def _facts(draft: Draft, imports: Imports) -> list[Code]:
    operation = draft.operation
    facts = [f"name={draft.name!r}", f"method={as_literal(operation.method)}", f"path={as_literal(operation.sent)}"]
    if draft.accept != "application/json":
        facts.append(f"accept={as_literal(draft.accept)}")
    if draft.secured:
        facts.append("secured=True")
    if draft.public:
        facts.append("public=True")
    # QUERY sends a body, and may be repeated like GET.
    if operation.data.get("x-omics-idempotent", operation.method == "QUERY") is True:
        facts.append("idempotent=True")
    if draft.streams:
        facts.append("streams=True")
    if draft.pages is not None:
        body_paging = ("omicsdk.core.pages", "BodyPaging")
        paging = imports.add(*(body_paging if draft.pages.in_body else (REQUEST, "Paging")))
        arguments = [as_literal(draft.pages.style), as_literal(draft.pages.items)]
        arguments += [f"{name}={as_literal(value)}" for name, value in draft.pages.more.items()]
        facts.append(f"paging={paging}({', '.join(arguments)})")
    if location := operation.data.get("x-omics-location"):
        facts.append(f"location={as_literal(location)}")
    if draft.server:
        facts.append(f"server={as_literal(draft.server)}")
    if draft.security:
        facts.append(f"security={requirement_code(draft.security)}")
    if draft.idempotency_key or draft.retry:
        stated_retry = ", ".join(f"{name}={value}" for name, value in draft.retry.items())
        parts = [f"key={as_literal(draft.idempotency_key)}"] if draft.idempotency_key else []
        parts += [f"retry={imports.add('omicsdk.core.retry', 'Retry')}({stated_retry})"] if draft.retry else []
        facts.append(f"repetition={imports.add(REQUEST, 'Repetition')}({', '.join(parts)})")
    return [Code(fact) for fact in facts]


def _union(parts: Iterable[str]) -> str:
    ordered = sorted(dict.fromkeys(parts), key=lambda part: part == "None")
    return "Any" if "Any" in ordered else " | ".join(ordered)


def _condition(statuses: tuple[str, ...], media: tuple[str, ...]) -> str:
    conditions: list[str] = []
    exact = sorted(int(status) for status in statuses if status.isdigit())
    if len(exact) == 1:
        conditions.append(f"response.status == {exact[0]}")
    elif exact:
        conditions.append(f"response.status in ({', '.join(map(str, exact))})")
    if "2XX" in statuses:
        conditions.append("200 <= response.status < 300")
    of_status = " or ".join(conditions) or "response.status >= 300"
    if not media:
        return of_status
    of_status = f"({of_status})" if len(conditions) > 1 else of_status
    return f"{of_status} and response.comes_as({', '.join(map(as_literal, media))})"
