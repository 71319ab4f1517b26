"""From a stated operation to its arguments and responses: the first half of step 6."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from .declarations import DeclaredOperation, Webhook
from .document import Document
from .error_bodies import ErrorBodies
from .faults import Fault, Kind, Report
from .media import (
    REQUEST_ORDER,
    RESPONSE_ORDER,
    SEQUENCES,
    Form,
    accepted,
    essence,
    form_of,
    preferred,
    schema_in,
    sent_type,
)
from .naming import HEADER_MEMBERS, argument_name_request, settle
from .normalise import OTHER_MEMBERS, Normaliser
from .operations import PARAM_HELP, Argument, Case, DeclaredHeader, Draft, Flow, How, Message, Position, SentBody, asks
from .page_recognition import as_words, recognise
from .paging import SETTING, pages_of
from .repetition import KEY_WISH, Repetitions
from .security import settle_security
from .shapes import (
    ANY,
    BYTES,
    STRING,
    Array,
    Enum,
    Map,
    Scalar,
    Type,
    is_plain,
    split_null,
    union_of,
    without_positions,
)
from .values import Json, Object, join, list_in, object_in

# OpenAPI: parameters of these names are ignored, because they are defined elsewhere.
_IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
_IN: dict[str, Position] = {
    "path": "path", "query": "query", "querystring": "querystring", "header": "header", "cookie": "cookie",
}  # fmt: skip
_OPERATION_WISHES: dict[str, type] = {
    "x-omics-name": str,
    "x-omics-group": str,
    "x-omics-member": str,
    SETTING: dict,
    "x-omics-stream": bool,
    "x-omics-idempotent": bool,
    "x-omics-hidden": bool,
    "x-omics-public": bool,
    "x-omics-location": str,
}
_DELIMITED: dict[str, How] = {"space": "space", "tab": "tab", "pipe": "pipe"}
_PARAMETER_WISHES: dict[str, type | Collection[str]] = {
    "x-omics-raw-path": bool,
    "x-omics-delimiter": _DELIMITED,
    "x-omics-prefix": str,
    KEY_WISH: bool,
}
_FORMS: dict[tuple[str, bool], How] = {
    ("form", False): "comma",
    ("spaceDelimited", False): "space",
    ("pipeDelimited", False): "pipe",
    ("deepObject", True): "deep",
    ("deepObject", False): "deep",
}
_RFC_6570: dict[tuple[str, bool], How] = {
    ("simple", True): "simple*",
    ("label", False): "label",
    ("label", True): "label*",
    ("matrix", False): "matrix",
    ("matrix", True): "matrix*",
}


class Drafter:
    """Drafts operations of one document.

    Args:
        document: the upgraded document.
        normaliser: settles types, and collects models.
        report: receives notes on omissions.
        faults: receives faults that make a client impossible.
    """

    def __init__(self, document: Document, normaliser: Normaliser, report: Report, faults: list[Fault]) -> None:
        self._document = document
        self._types = normaliser
        self._report = report
        self._faults = faults
        self._secured = asks(document.data.get("security"))
        self.security = settle_security(document.data)
        self.errors = ErrorBodies(normaliser)
        self._repetitions = Repetitions(
            document.data, lambda pointer, before, after: self._note(pointer, "omission", before, after)
        )

    def draft(self, operation: DeclaredOperation, name: str, server: str = "") -> Draft:
        """Settle one operation, on the document's server or another one."""
        draft = Draft(operation, name, server=server)
        self._wishes(operation.data, _OPERATION_WISHES, operation.key, f"{operation.method} {operation.path}")
        security = operation.data.get("security")
        draft.secured = self._secured if security is None else asks(security)
        requirement = self.security.requirements.get(operation.key, self.security.default)
        draft.public = requirement == () and (
            bool(self.security.schemes) or operation.key in self.security.requirements
        )
        draft.security = () if requirement == self.security.default else requirement
        # Before the body, whose fields give way to parameters of the same name.
        draft.idempotency_key, draft.arguments = self._repetitions.keyed(operation, self._parameters(operation))
        draft.retry = self._repetitions.retry(operation, has_key=draft.idempotency_key != "")
        self._body(draft)
        for argument in draft.arguments:
            if argument.wire == "help":
                self._note(
                    argument.key, "repair", "the name help", f"--{PARAM_HELP.replace('_', '-')} on the command line"
                )
        # After the body, one of whose fields may make the service stream; paging last, which reads both.
        self._responses(draft)
        draft.headers = self._headers(operation)
        draft.errors = self.errors.of(draft)
        self._paging(draft)
        return draft

    def _paging(self, draft: Draft) -> None:
        """Settle the paging of an operation: as stated, or as recognised."""
        setting, key = draft.operation.data.get(SETTING), join(draft.operation.key, SETTING)
        if setting is None:
            recognition = draft.recognition = recognise(
                draft,
                self._document.data,
                self._types,
                lambda key, name, why: self._note(key, "omission", name, f"not followed: {why}"),
            )
            if recognition is None:
                return
            where = self._document.origin(recognition.key).short
            kind = "recognition" if recognition.certain else "suggestion"
            after = f"{'paged' if recognition.certain else 'not paged'}: {as_words(recognition.setting)}; {recognition.reason} ({where})"
            what = f"{draft.operation.method} {draft.operation.path} by {recognition.rule}"
            self._note(draft.operation.key, kind, what, after, certain=recognition.certain)
            setting = recognition.setting if recognition.certain else None
        if isinstance(setting, dict):
            setting_pointer = join(draft.operation.key, SETTING)
            draft.pages = pages_of(
                draft, setting, key, self._types.models, lambda text: self._fault(setting_pointer, text)
            )

    def message(self, webhook: Webhook, name: str, headers: Collection[str] = ()) -> Message | None:
        """Settle the body of a webhook or callback; None, and a note, if there is none that could be read.

        Args:
            webhook: the webhook or callback.
            name: its name.
            headers: those that are read to verify it, in lower case.
        """
        content = object_in(webhook.data.get("requestBody"), "content")
        forms = self._forms(content)
        media_type, form = preferred(forms, REQUEST_ORDER) or ("", "none")
        if form != "json":
            why = f"its body is {', '.join(content)}, no JSON" if content else "it has no body"
            self._note(webhook.key, "omission", webhook.what, f"not generated: {why}")
            return None
        content_pointer = join(webhook.key, "requestBody", "content")
        for other in content:
            if forms[other] != "json":
                self._note(
                    join(content_pointer, other), "omission", f"{webhook.what} as {other}", f"{media_type} is read"
                )
        for index, parameter in enumerate(list_in(webhook.data, "parameters")):
            if isinstance(parameter, dict) and str(parameter.get("name")).lower() not in headers:
                what = (
                    f"parameter {parameter.get('name')!r} in {parameter.get('in')} of the {webhook.kind} {webhook.name}"
                )
                self._note(join(webhook.key, "parameters", index), "omission", what, "the body alone is read")
        schema, pointer = schema_in(content[media_type]), join(content_pointer, media_type, "schema")
        type_, nullable = self._type_of(schema, pointer)
        self._untyped(type_, schema, pointer, f"body of the {webhook.kind} {webhook.name}")
        return Message(webhook, name, pointer, type_, nullable)

    def _parameters(self, operation: DeclaredOperation) -> list[Argument]:
        declared: dict[tuple[Position, str], tuple[Object, str]] = {}
        for index, parameter in enumerate(list_in(operation.data, "parameters")):
            pointer = join(operation.key, "parameters", index)
            if not isinstance(parameter, dict):
                continue
            self._wishes(parameter, _PARAMETER_WISHES, pointer, f"parameter {parameter.get('name')!r}")
            position, wire = _IN.get(str(parameter.get("in"))), str(parameter.get("name", ""))
            reason = self._ignored(operation, position, wire)
            if position is None or reason:
                what = f"parameter {wire!r} in {parameter.get('in')}"
                self._note(pointer, "omission" if reason else "loss", what, reason or "no such place")
                continue
            declared[(position, wire)] = (parameter, pointer)
        for wire in re.findall(r"\{([^}]*)\}", operation.sent):
            if ("path", wire) not in declared:
                self._note(operation.key, "repair", f"{{{wire}}} without a parameter", "taken as required text")
                declared[("path", wire)] = ({"required": True, "schema": {"type": "string"}}, operation.key)
        for wire in self._repetitions.headers(operation):
            if not any(key[0] == "header" and key[1].lower() == wire.lower() for key in declared):
                declared[("header", wire)] = ({"schema": {"type": "string"}}, operation.key)
        names = self._names(list(declared))
        return [self._parameter(*key, *declared[key], names[key]) for key in declared]

    def _ignored(self, operation: DeclaredOperation, position: Position | None, wire: str) -> str:
        if position == "header" and wire.lower() in _IGNORED_HEADERS:
            return "the client sends this header by itself"
        if position == "path" and f"{{{wire}}}" not in operation.sent:
            return "the path has no such placeholder"
        return ""

    def _names(self, places: list[tuple[Position, str]]) -> dict[tuple[Position, str], str]:
        names: dict[tuple[Position, str], str] = {}
        for position in _IN.values():
            candidates = [argument_name_request(wire, position) for where, wire in places if where == position]
            # In a fixed order of places: a path's name never depends on a query parameter that is added later.
            settled = settle(candidates, set(names.values()))
            names |= {(position, wire): name for wire, name in settled.items()}
        return names

    def _parameter(self, position: Position, wire: str, parameter: Object, pointer: str, python: str) -> Argument:
        schema, schema_pointer = parameter.get("schema"), join(pointer, "schema")
        how, content = self._how(position, parameter, pointer), object_in(parameter, "content")
        fields: dict[str, How] = {}
        if schema is None and content:
            media_type, media = next(iter(content.items()))
            schema, schema_pointer = schema_in(media), join(pointer, "content", media_type, "schema")
            form = form_of(media_type, self._types.facts_of(schema))
            how = "json" if form == "json" else "plain"
            if position == "querystring":
                how, fields = self._whole_query(media, form, join(pointer, "content", media_type))
                schema = schema if how != "plain" else None
        type_, nullable = self._type_of(schema, schema_pointer, STRING)
        type_ = type_ if how == "json" else without_positions(type_)
        self._untyped(type_, schema, schema_pointer, f"parameter {wire!r}")
        facts: Object = {**self._types.facts_of(schema), **_without_position(parameter)}
        if how == "simple*" and (is_plain(type_) or isinstance(type_, Array)):  # the same, exploded or not
            how = "comma" if position == "header" else "plain"
        # An object in a path is written as `a,1,b,2` (style simple of RFC 6570), and any value may be one.
        if how == "plain" and position == "path" and (type_ == ANY or not isinstance(type_, (Scalar, Enum, Array))):
            how = "comma"
        required = position == "path" or parameter.get("required") is True
        prefix = str(parameter.get("x-omics-prefix", ""))
        if prefix and (position != "query" or how != "plain" or is_plain(type_) or isinstance(type_, Array)):
            self._note(pointer, "omission", "x-omics-prefix", "only an exploded object of the query has named members")
            prefix = ""
        return Argument(
            schema_pointer,
            wire,
            python,
            position,
            type_,
            required,
            nullable and position != "path",
            facts,
            how,
            parameter.get("x-omics-raw-path") is True,
            prefix,
            fields=fields,
        )

    def _whole_query(self, media: Json, form: Form, pointer: str) -> tuple[How, dict[str, How]]:
        """The encoding of a parameter that is the whole query; anything but JSON and forms is text."""
        if form not in ("json", "form"):
            if form == "multipart":
                self._note(pointer, "untyped", "a whole query as a multipart body", "text")
            return "plain", {}
        if form == "json":
            return "json", {}
        encoding = object_in(media, "encoding")
        for wire, rule in encoding.items():
            lost = sorted({"headers", "contentType"} & rule.keys()) if isinstance(rule, dict) else []
            if lost:
                encoding_pointer = join(pointer, "encoding", wire)
                self._note(encoding_pointer, "omission", f"{', '.join(lost)} of the field {wire!r}", "as is usual")
        return "form", {wire: how for wire, rule in encoding.items() if (how := _how_in_form(rule)) != "plain"}

    def _how(self, position: Position, parameter: Object, pointer: str) -> How:
        if delimited := _DELIMITED.get(str(parameter.get("x-omics-delimiter"))):
            return delimited
        style = str(parameter.get("style") or ("form" if position in ("query", "cookie") else "simple"))
        explode = parameter.get("explode", style == "form") is not False
        if position in ("path", "header"):
            how = _RFC_6570.get((style, explode)) if position == "path" or style == "simple" else None
            if how is None and style != "simple":
                self._note(pointer, "repair", f"style {style}", "style simple", certain=False)
            return how or ("comma" if position == "header" else "plain")
        if position == "cookie" and style == "cookie":
            return "cookie*" if parameter.get("explode", True) is not False else "cookie"
        # A cookie has one value: what browsers send cannot repeat a name.
        return _FORMS.get((style, explode), "comma" if position == "cookie" else "plain")

    def _body(self, draft: Draft) -> None:
        operation = draft.operation
        body = object_in(operation.data, "requestBody")
        content = object_in(body, "content")
        forms = self._forms(content)
        # A range (`*/*`) invites anything, and is read as JSON without a better reason: a type that is named comes first.
        ranges = {name for name, form in forms.items() if "*" in name and form == "json"}
        named: dict[str, Form] = {name: form for name, form in forms.items() if name not in ranges}
        is_named = not {"json", "multipart", "form"}.isdisjoint(named.values())
        preferred_type = preferred(named if is_named else forms, REQUEST_ORDER)
        if preferred_type is None:
            return
        media_type, form = preferred_type
        pointer = join(operation.key, "requestBody", "content", media_type, "schema")
        self._assumed(media_type, form, pointer)
        draft.body = self._sent(draft, content, media_type, form, body)
        bodies = [draft.body]
        for other in forms:
            if other != media_type:
                content_pointer = join(operation.key, "requestBody", "content", other)
                self._other_body(bodies, self._sent(draft, content, other, forms[other], body), other, content_pointer)
        draft.body, *draft.other_bodies = bodies
        draft.arguments = [*_merged(bodies), *draft.arguments]

    def _sent(self, draft: Draft, content: Object, media_type: str, form: Form, body: Object) -> SentBody:
        """Settle the body as one of its media types."""
        media = content[media_type]
        pointer = join(draft.operation.key, "requestBody", "content", media_type, "schema")
        schema, required, encoding = schema_in(media), body.get("required") is True, object_in(media, "encoding")
        self._by_item(media, join(draft.operation.key, "requestBody", "content", media_type), f"body as {media_type}")
        fields = self._flattened(draft, schema, pointer, form, required, encoding)
        files = self._files(schema, pointer) if form == "multipart" and fields is None else ()
        named = {field.wire for field in fields or () if field.type in (BYTES, Array(BYTES))} | set(files)
        self._unheeded(encoding, join(pointer.removesuffix("/schema"), "encoding"), form, named, whole=fields is None)
        return SentBody(
            form,
            sent_type(media_type, form),
            fields is None,
            required,
            _types_of_parts(encoding) if form == "multipart" else {},
            _headers_of_parts(encoding) if form == "multipart" else {},
            tuple(
                replace(field, is_part=form == "multipart", has_files=bool(files))
                for field in (fields if fields is not None else [self._whole(draft, schema, pointer, form, body)])
            ),
            any_type="*" in media_type and form in ("bytes", "text"),
        )

    def _files(self, schema: Json, pointer: str) -> tuple[str, ...]:
        """Names of the files in a multipart body that is one argument."""
        flat = self._types.flat(schema, pointer)
        fields = self._types.fields_of(flat, body=True)
        return tuple(field.wire for field in fields if field.type in (BYTES, Array(BYTES)))

    def _other_body(self, bodies: list[SentBody], other: SentBody, media_type: str, pointer: str) -> None:
        """Add a further way to send a body; a note, if it is none."""
        media_types = [kind for body in bodies for kind in body.media_types]
        if other.media_type in media_types:
            return
        for index, body in enumerate(bodies):
            if _alike(body, other):
                if body.form == other.form and body.form not in ("form", "multipart"):
                    bodies[index] = replace(body, also=(*body.also, other.media_type))
                else:
                    self._note(pointer, "omission", f"body as {media_type}", f"the same is sent as {body.media_type}")
                return
        structured = not {"properties", "items", "allOf", "oneOf", "anyOf"}.isdisjoint(other.arguments[0].schema)
        if other.form in ("text", "bytes") and structured:
            self._note(pointer, "omission", f"body as {media_type}", f"bodies are sent as {bodies[0].media_type}")
            return
        bodies.append(other)

    def _flattened(
        self, draft: Draft, schema: Json, pointer: str, form: Form, required: bool, encoding: Object
    ) -> list[Argument] | None:
        """A body's fields as arguments; None if it is no plain object, or a field's name is taken."""
        flat = self._types.flat(schema, pointer)
        properties = flat.schema.get("properties")
        if (
            form not in ("json", "form", "multipart")
            or flat.unions
            # An object may have more than the base's fields: those of a variant.
            or self._types.is_base(schema)
            or flat.conflict
            or not isinstance(properties, dict)
        ):
            return None
        type_name = flat.schema.get("type")
        if not properties or type_name not in (None, "object", ["object"]):
            return None
        # Arguments cannot carry members whose names are not known.
        if any(flat.schema.get(key) not in (None, False) for key in (*OTHER_MEMBERS, "patternProperties")):
            return None
        sent: Object = {
            name: value for name, value in properties.items() if self._types.facts_of(value).get("readOnly") is not True
        }
        names = settle(map(argument_name_request, sent))
        arguments = {argument.python for argument in draft.arguments}
        # With a part of a body as arguments and the rest in a mapping, one value could be given in two ways.
        if not sent or not arguments.isdisjoint(names.values()):
            return None
        fields: list[Argument] = []
        for field in self._types.fields_of(flat, body=form == "multipart"):
            if field.wire in sent:
                key = flat.pointers[field.wire]
                nullable = field.nullable and field.type != ANY and form == "json"
                type_ = field.type if form == "json" else without_positions(field.type)
                if form == "multipart" and (kind := _types_of_parts(encoding).get(field.wire, "")):
                    type_ = self._as_part(type_, kind, key, field.wire)
                self._untyped(type_, properties[field.wire], key, f"body field {field.wire!r}")
                fields.append(
                    Argument(
                        key,
                        field.wire,
                        names[field.wire],
                        "body",
                        type_,
                        field.required and required,
                        nullable,
                        field.schema,
                        _how_in_form(encoding.get(field.wire)) if form != "json" else "plain",
                    )
                )
        return fields

    def _as_part(self, type_: Type, media_type: str, pointer: str, wire: str) -> Type:
        """The type of a part: an object in XML is written by the caller, and any value in bytes is a file."""
        item = type_.item if isinstance(type_, Array) else type_
        if item == ANY and form_of(media_type.partition(",")[0], None) == "bytes":
            return Array(BYTES) if isinstance(type_, Array) else BYTES
        if isinstance(item, (Scalar, Enum)) or not essence(media_type.partition(",")[0]).endswith(("/xml", "+xml")):
            return type_
        self._note(pointer, "untyped", f"field {wire!r} as {media_type}", "text as it is")
        return Array(STRING) if isinstance(type_, Array) else STRING

    def _unheeded(self, encoding: Object, pointer: str, form: Form, files: set[str], *, whole: bool) -> None:
        """Note the parts of a form's encoding that are not supported."""
        for wire, rule in encoding.items():
            ignored = {"headers", "encoding", "prefixEncoding", "itemEncoding"} | (
                {"style", "explode"} if whole else set[str]()
            )
            ignored |= {"contentType"} if form == "form" else set()
            if isinstance(rule, dict) and form == "multipart" and (wire in files or not _open_headers(rule)):
                ignored -= {"headers"}  # their values are stated, or are given with the file
            lost = sorted(ignored & rule.keys()) if isinstance(rule, dict) and form in ("form", "multipart") else []
            if lost:
                self._note(join(pointer, wire), "omission", f"{', '.join(lost)} of the field {wire!r}", "as is usual")

    def _by_item(self, media: Json, pointer: str, what: str, *, read: bool = False) -> None:
        """Note the parts of a media type about sequence items that are not supported.

        Args:
            media: the media type.
            pointer: its JSON pointer.
            what: its name in the report.
            read: whether items are read one by one.
        """
        for word in ("itemSchema", "prefixEncoding", "itemEncoding"):
            if isinstance(media, dict) and word in media and not (read and word == "itemSchema"):
                kind = "untyped" if word == "itemSchema" and "schema" not in media else "omission"
                self._note(
                    join(pointer, word), kind, f"{word} of the {what}", "items aren't written or read one by one"
                )

    def _whole(self, draft: Draft, schema: Json, pointer: str, form: Form, body: Object) -> Argument:
        if form == "text":
            type_, nullable = STRING, False
        elif form == "bytes":
            type_, nullable = BYTES, False
        else:
            type_, nullable = split_null(self._types.type_of(schema, pointer, body=form == "multipart"))
            self._untyped(type_, schema, pointer, "the body")
        # A form consists of named fields, whatever its schema states.
        if form in ("form", "multipart") and isinstance(type_, (Scalar, Array)):
            if type_ != ANY:
                self._note(pointer, "untyped", "the body", "fields of any names")
            type_ = Map(ANY)
        facts: Object = {**self._types.facts_of(schema), **_without_position(body)}
        if form == "multipart" and isinstance(type_, Map):
            files = self._types.type_of(facts.get("additionalProperties"), join(pointer, "files"), body=True)
            type_ = Map(files) if files == BYTES else type_
        arguments = {argument.python for argument in draft.arguments}
        python = next(name for name in ("body", "body_", "request_body", "whole_body") if name not in arguments)
        required = body.get("required") is True
        nullable = nullable and type_ != ANY
        return Argument(pointer, "body", python, "body", type_, required, nullable, facts, whole=True)

    def _responses(self, draft: Draft) -> None:
        declared = object_in(draft.operation.data, "responses")
        # 304 is a response without a body to a conditional request, not an error.
        success = [status for status in declared if re.fullmatch(r"2\d\d|2XX|304", status)]
        # `default` is the result only if no success is declared; otherwise it describes the errors.
        if all(status == "304" for status in success) and "default" in declared:
            success.append("default")
        media_types: dict[str, Form] = {}
        cases: list[Case] = []
        places: list[tuple[Json, str]] = []
        # Exact statuses precede ranges, and both precede `default` (OpenAPI, Responses Object).
        for status in sorted(success, key=lambda status: (status == "default", status.endswith("XX"))):
            for case in self._response(draft, status, declared[status], media_types, places):
                same = next((n for n, other in enumerate(cases) if other.sort == case.sort), None)
                if same is None:
                    cases.append(case)
                else:
                    previous = cases[same]
                    nullable = previous.nullable or case.nullable
                    cases[same] = replace(previous, statuses=(*previous.statuses, status), nullable=nullable)
        draft.cases = cases or [Case((), "headers" if draft.operation.method == "HEAD" else "none")]
        draft.accept = accepted(media_types)
        wish = draft.operation.data.get("x-omics-stream")
        if not draft.operation.data.get(SETTING) and wish is not False:
            draft.flow = next(filter(None, (self._flow(draft, status, declared[status]) for status in success)), None)
        if draft.flow is not None:
            kinds = {essence(kind) for status in success for kind in object_in(declared[status], "content")}
            endless = bool(draft.flow.data) and len(kinds) == 1
            draft.flow = replace(draft.flow, switch=self._switch(draft), endless=endless)
        flows = any(case.kind == "bytes" for case in cases) or draft.flow is not None
        draft.streams = wish is True or (wish is None and flows)

    def _headers(self, operation: DeclaredOperation) -> list[DeclaredHeader]:
        """The headers of responses that are not errors; those of errors are in the exception's headers."""
        headers: dict[str, tuple[str, Object, str]] = {}
        for status, response in object_in(operation.data, "responses").items():
            response_headers = object_in(response, "headers") if status[:1] in "23" else {}
            for wire, header in response_headers.items():
                # OpenAPI: a response header of this name is ignored, because `content` defines it.
                if isinstance(header, dict) and wire.lower() != "content-type":
                    header_pointer = join(operation.key, "responses", status, "headers", wire)
                    headers.setdefault(wire.lower(), (wire, header, header_pointer))
        names = settle((argument_name_request(wire, "header") for wire, _, _ in headers.values()), HEADER_MEMBERS)
        return [
            self._header(wire, names[wire], header, header_pointer) for wire, header, header_pointer in headers.values()
        ]

    def _header(self, wire: str, python: str, header: Object, at: str) -> DeclaredHeader:
        pointer, schema = join(at, "schema"), header.get("schema")
        type_, _ = self._type_of(schema, pointer, STRING)
        scalar = type_.item if isinstance(type_, Array) else type_
        if not is_plain(scalar) or "content" in header:
            self._note(at, "untyped", f"header {wire}", "its text")
            type_ = STRING
        return DeclaredHeader(
            pointer, wire, python, type_, {**self._types.facts_of(schema), **_without_position(header)}
        )

    def _flow(self, draft: Draft, status: str, response: Json) -> Flow | None:
        """Return how the items of a response are framed, if it is a sequence of them."""
        content = object_in(response, "content")
        name = next((name for name in content if essence(name) in SEQUENCES), None)
        media = content[name] if name is not None else None
        if name is None or not isinstance(media, dict):
            return None
        media_pointer = join(draft.operation.key, "responses", status, "content", name)
        word = "itemSchema" if "itemSchema" in media else "schema"
        schema, pointer = media.get(word), join(media_pointer, word)
        facts = self._types.facts_of(schema)
        is_list = word == "schema" and facts.get("type") == "array" and "items" in facts
        if is_list and isinstance(schema, dict) and "$ref" not in schema:
            schema, pointer = facts["items"], join(pointer, "items")
        key, sent = join(media_pointer, "item"), sent_type(name, "bytes")
        if essence(name) != "text/event-stream":
            return Flow(sent, key, *self._type_of(schema, pointer, body=True))
        types: list[Type] = []
        has_text = False
        members_of_event = self._event_data(schema, pointer)
        # Variants state the data of some events, and text beside them that of all.
        for data, at in (
            members_of_event[1:]
            if len(members_of_event) > 1 and _is_text(self._types.facts_of(members_of_event[0][0]))
            else members_of_event
        ):
            of_data = self._types.facts_of(data)
            is_json = form_of(str(of_data.get("contentMediaType", "application/json")), None) == "json"
            if data is None or not is_json or (_is_text(of_data) and "contentSchema" not in of_data):
                has_text = True
            elif "contentSchema" in of_data:
                types.append(self._types.type_of(of_data["contentSchema"], join(at, "contentSchema")))
            else:
                types.append(self._types.type_of(data, at))
        kind = "text" if not types else "either" if has_text else "json"
        type_, nullable = split_null(union_of([*types, STRING] if has_text else types))
        return Flow(sent, key, type_, nullable and type_ != ANY, kind)

    def _event_data(self, schema: Json, pointer: str) -> list[tuple[Json, str]]:
        """Return the schemas of events' data with their pointers: those of `data` in the schema of an event, whose
        variants may differ in it, else the schema itself.
        """
        if schema is None:
            return [(None, pointer)]
        event = self._types.flat(schema, pointer)
        data_schemas: list[tuple[Json, str]] = []
        # A schema describes the event if it has a member of events besides `data`, else what is in `data`.
        is_event = False
        for flat in [event, *(self._types.flat(member, at) for member, at in event.members)]:
            properties = flat.schema.get("properties")
            if isinstance(properties, dict):
                is_event = is_event or not {"event", "id", "retry"}.isdisjoint(properties)
                if "data" in properties:
                    data_schemas.append((properties["data"], flat.pointers["data"]))
        return (data_schemas if is_event else []) or [(schema, pointer)]

    def _switch(self, draft: Draft) -> tuple[str, ...]:
        """Return the argument `stream`, or the argument and its field, that makes a service stream."""
        for argument in draft.arguments:
            if argument.position in ("query", "body") and not argument.whole and argument.wire == "stream":
                return (argument.python,) if _is_boolean(argument.type) else ()
            fields = object_in(argument.schema, "properties") if argument.whole else {}
            field = self._types.facts_of(fields.get("stream"))
            if field.get("type") == "boolean":
                return (argument.python, "stream")
        return ()

    def _response(
        self, draft: Draft, status: str, response: Json, media_types: dict[str, Form], places: list[tuple[Json, str]]
    ) -> list[Case]:
        """The responses of one status: one for each kind of content of its media types, the best one last."""
        for name in object_in(response, "links"):
            pointer = join(draft.operation.key, "responses", status, "links", name)
            self._note(pointer, "omission", f"link {name} of response {status}", "operations are called by their names")
        if draft.operation.method == "HEAD":
            return [Case((status,), "headers")]
        content = object_in(response, "content")
        forms = self._forms(content)
        best = preferred(forms, RESPONSE_ORDER)
        if best is None:
            return [Case((status,), "none")]
        if self._types.facts_of(schema_in(content[best[0]])).get("format") == "binary":
            # Swagger 2.0 lists the media types of all responses together: those of a file include the JSON of errors.
            best = preferred({name: form for name, form in forms.items() if form == "bytes"}, RESPONSE_ORDER) or best
        paged = bool(draft.operation.data.get(SETTING))
        groups: dict[tuple[Form, str], list[str]] = {}
        for name, form in forms.items():
            schema = schema_in(content[name])
            spelled = json.dumps(schema, sort_keys=True) if form == "json" else ""
            if form != best[1] and (paged or (schema is not None and schema == schema_in(content[best[0]]))):
                # Of equivalent media types, such as the spellings of XML, and of pages, one is requested.
                pointer = join(draft.operation.key, "responses", status, "content", name)
                is_read = (
                    not paged and essence(name) in SEQUENCES and draft.operation.data.get("x-omics-stream") is not False
                )
                if not is_read:  # by iterate
                    self._note(pointer, "omission", f"response {status} as {name}", f"{best[0]} is requested")
                continue
            groups.setdefault((form, spelled), []).append(name)
        cases: list[Case] = []
        for (form, _), names in groups.items():
            if form == best[1]:  # servers that ignore the quality values of Accept would send the others
                media_types |= dict.fromkeys(names, form)
            name = best[0] if best[0] in names else names[0]
            by_item = not paged and draft.operation.data.get("x-omics-stream") is not False
            case = self._of_media(draft, status, name, form, schema_in(content[name]), places, by_item=by_item)
            for media_type in names:
                content_pointer = join(draft.operation.key, "responses", status, "content", media_type)
                read = by_item and essence(media_type) in SEQUENCES
                self._by_item(content[media_type], content_pointer, f"response {status} as {media_type}", read=read)
            cases.append(case if name == best[0] else replace(case, media=tuple(map(essence, names))))
        return sorted(cases, key=lambda case: not case.media)

    def _of_media(
        self,
        draft: Draft,
        status: str,
        media_type: str,
        form: Form,
        schema: Json,
        places: list[tuple[Json, str]],
        *,
        by_item: bool,
    ) -> Case:
        pointer = join(draft.operation.key, "responses", status, "content", media_type, "schema")
        if form != "json":
            kind = "text" if form == "text" else "bytes"
            typed = not {"properties", "items", "allOf", "oneOf", "anyOf"}.isdisjoint(self._types.facts_of(schema))
            if typed and not (by_item and essence(media_type) in SEQUENCES):  # items have the schema's type
                self._note(pointer, "untyped", f"response {status} as {media_type}", f"{kind} as it comes")
            return Case((status,), kind)
        self._assumed(media_type, form, pointer)
        # The same words under two statuses are one model.
        pointer = next((pointer_of_other for other, pointer_of_other in places if other == schema), pointer)
        places.append((schema, pointer))
        type_, nullable = self._type_of(schema, pointer, body=True)
        self._untyped(type_, schema, pointer, f"response {status}")
        if type_ == BYTES:
            return Case((status,), "bytes")
        or_bytes = essence(media_type) == "application/octet-stream"
        return Case((status,), "json", pointer, type_, nullable, or_bytes=or_bytes)

    def _type_of(self, schema: Json, pointer: str, otherwise: Type = ANY, *, body: bool = False) -> tuple[Type, bool]:
        """Return the type of a schema, and whether a value may be null beside it; `otherwise` is that of no schema."""
        type_, nullable = split_null(
            self._types.type_of(schema, pointer, body=body) if schema is not None else otherwise
        )
        return type_, nullable and type_ != ANY

    def _forms(self, content: Object) -> dict[str, Form]:
        return {name: form_of(name, self._types.facts_of(schema_in(media))) for name, media in content.items()}

    def _assumed(self, media_type: str, form: Form, pointer: str) -> None:
        if form == "json" and essence(media_type) == "application/octet-stream":
            self._note(pointer, "repair", f"an object as {media_type}", "JSON", certain=False)

    def _wishes(self, node: Object, allowed: Mapping[str, type | Collection[str]], pointer: str, what: str) -> None:
        """Compare our own keywords with their names, types and words: a misspelt wish would be lost silently."""
        for key, value in node.items():
            rule = allowed.get(key, ())
            is_met = isinstance(value, rule) if isinstance(rule, type) else isinstance(value, str) and value in rule
            is_refusal = key == SETTING and value is False
            if key.startswith("x-omics-") and not is_met and not is_refusal:
                words = (
                    f"a {rule.__name__}" if isinstance(rule, type) else f"one of {', '.join(sorted(rule or allowed))}"
                )
                self._fault(join(pointer, key), f"{key} of {what} must be {words}")

    def _untyped(self, type_: Type, schema: Json, pointer: str, what: str) -> None:
        if pointer in self._types.lost:
            return
        if type_ == ANY and isinstance(schema, dict) and set(schema) - {"description", "title", "example", "default"}:
            self._note(pointer, "untyped", what, "any value")

    def _note(self, pointer: str, kind: Kind, before: str, after: str, *, certain: bool = True) -> None:
        self._report.add(self._document.origin(pointer).note(kind, before, after, certain=certain))

    def _fault(self, pointer: str, message: str) -> None:
        self._faults.append(self._document.origin(pointer).fault(message, "Correct the overlay or the document."))


def _is_boolean(type_: Type) -> bool:
    return isinstance(type_, Scalar) and type_.kind == "boolean"


def _is_text(facts: Object) -> bool:
    return facts.get("type") in ("string", ["string"])


def _types_of_parts(encoding: Object) -> dict[str, str]:
    """Return the stated media types of parts, by field, without those that cannot be in a header."""
    content_types = {wire: rule.get("contentType") for wire, rule in encoding.items() if isinstance(rule, dict)}
    return {
        wire: kind for wire, kind in content_types.items() if isinstance(kind, str) and re.fullmatch(r"[ -~]+", kind)
    }


def _headers_of_parts(encoding: Object) -> dict[str, Mapping[str, str]]:
    """Return the headers of parts whose values are stated, by field."""
    headers_of_parts = {wire: _fixed_headers(rule) for wire, rule in encoding.items() if isinstance(rule, dict)}
    return {wire: headers for wire, headers in headers_of_parts.items() if headers}


def _part_headers(rule: Object) -> Object:
    # OpenAPI: a part's Content-Type is that of `contentType`.
    return {name: header for name, header in object_in(rule, "headers").items() if name.lower() != "content-type"}


def _fixed_headers(rule: Object) -> dict[str, str]:
    """Return the headers of a part that have one value only, or a default."""
    headers: dict[str, str] = {}
    for name, header in _part_headers(rule).items():
        facts = object_in(header, "schema")
        only = list_in(facts, "enum")
        value = facts.get("const", only[0] if len(only) == 1 else facts.get("default"))
        text = value if isinstance(value, str) else json.dumps(value)
        if value is not None and re.fullmatch(r"[ -~]+", text) and re.fullmatch(r"[A-Za-z0-9-]+", name):
            headers[name] = text
    return headers


def _open_headers(rule: Object) -> list[str]:
    """Return the headers of a part whose values a call must give."""
    fixed = _fixed_headers(rule)
    return [name for name in _part_headers(rule) if name not in fixed]


def _alike(first: SentBody, second: SentBody) -> bool:
    """Whether two bodies are made of the same arguments, so that the form of the second adds nothing."""
    mine, theirs = (
        [(argument.wire, without_positions(argument.type), argument.required) for argument in body.arguments]
        for body in (first, second)
    )
    # Files cannot be in a JSON body, also where a mapping of all fields is one argument.
    has_more = (
        second.form == "multipart" and first.form == "json" and any(field.has_files for field in second.arguments)
    )
    return first.whole == second.whole and mine == theirs and not has_more


def _merged(bodies: list[SentBody]) -> list[Argument]:
    """Return the arguments of all ways to send a body; one is required that all of them require."""
    merged: dict[str, Argument] = {}
    for body in bodies:
        for argument in body.arguments:
            previous = merged.get(argument.python)
            if previous is None:
                merged[argument.python] = argument
            elif previous.type == argument.type:
                merged[argument.python] = replace(previous, has_files=previous.has_files or argument.has_files)
            else:
                type_, key = union_of([previous.type, argument.type]), join(previous.key, "~either")
                merged[argument.python] = replace(
                    previous,
                    key=key,
                    type=type_,
                    nullable=previous.nullable or argument.nullable,
                    is_part=previous.is_part or argument.is_part,
                    has_files=previous.has_files or argument.has_files,
                )
    names = [{argument.python for argument in body.arguments if argument.required} for body in bodies]
    return [
        replace(argument, required=all(argument.python in required for required in names))
        for argument in merged.values()
    ]


def _how_in_form(encoding: Json) -> How:
    """How a form's field is written: without a word of it lists repeat its name, and objects are JSON."""
    if not isinstance(encoding, dict) or encoding.keys().isdisjoint({"style", "explode"}):
        return "plain"
    style = str(encoding.get("style") or "form")
    if delimited := _DELIMITED.get(str(encoding.get("x-omics-delimiter"))):
        return delimited
    return _FORMS.get((style, encoding.get("explode", style == "form") is not False), "plain")


def _without_position(schema: Object) -> Object:
    return {key: schema[key] for key in ("description", "deprecated") if schema.get(key)}
