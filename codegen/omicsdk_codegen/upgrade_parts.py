"""Step 4, parts of operations: parameters, bodies, responses and headers are converted to 3.1."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .source import brief
from .texts import one_line
from .upgrade_context import Context
from .upgrade_schema import SCHEMA_WORDS, Schemas
from .values import Json, Node, Object

# Swagger 2.0's way to write a list, as style and explode (OpenAPI 3.0.3, 4.7.12.2).
_COLLECTIONS: dict[str, tuple[str, bool]] = {
    "csv": ("form", False),
    "ssv": ("spaceDelimited", False),
    "pipes": ("pipeDelimited", False),
    "multi": ("form", True),
    "tsv": ("form", False),
}
# Separators of items that no style states: tabs have none, and paths and headers only commas.
_DELIMITERS = {"ssv": "space", "tsv": "tab", "pipes": "pipe"}
DELIMITER = "x-omics-delimiter"
_PLACES = ("path", "query", "header", "cookie", "querystring")
# Characters that names cannot have (RFC 9110, section 5.6.2); of a cookie's name, servers would read a part.
_UNSENDABLE = {"header": re.compile(r'[^!-~]|["(),/:;<=>?@[\\\]{}]'), "cookie": re.compile("[^!-~]|[,;=]")}
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_STATUS = re.compile("[1-5](?:[0-9]{2}|[xX]{2})")
# RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5.
_WITHOUT_CONTENT = frozenset({"204", "205", "304"})


class Parts:
    """Upgrades the parts of operations."""

    def __init__(self, context: Context, schemas: Schemas) -> None:
        self._context = context
        self._schemas = schemas

    # -- parameters

    def parameter(self, old: Object) -> Object | None:
        """Upgrade a parameter that is not a body's part; None (and a fault of it) when it has no name or place."""
        name, position = old.get("name"), old.get("in")
        lowered = position.strip().lower() if isinstance(position, str) else ""
        if not isinstance(name, str) or not name:
            self._context.leave_out(old, None, "a parameter has no name", "it is left out", "State its name.")
            return None
        if lowered not in _PLACES:
            message, remedy = f"the parameter {name} has no valid `in`", f"State in: {', '.join(_PLACES)}."
            self._context.leave_out(old, "in", message, "it is left out", remedy)
            return None
        if lowered != position:
            self._context.repair(old, "in", brief(position), lowered)
        if lowered in _UNSENDABLE and _UNSENDABLE[lowered].search(name):
            message = f"the name {one_line(name)} cannot be sent as a {lowered}"
            self._context.leave_out(old, "name", message, "the parameter is left out", "State the name that is sent.")
            return None
        new = self._context.plain("parameter", old, {"name", "in", "required", "schema", "content", *SCHEMA_WORDS})
        for word in ("allowEmptyValue", "allowReserved"):
            if word in new and lowered != "query":
                del new[word]
                self._context.omit(old, word, "it is one of parameters in queries")
        if lowered == "path" and old.get("x-ms-skip-url-encoding") is True:  # AutoRest's: the value is itself a path
            new.setdefault("x-omics-raw-path", True)
        required = old.get("required") is True
        new = self._context.record_origin({"name": name, "in": lowered, "required": required, **new}, old)
        self._typed(new, old, lowered)
        return new

    def _typed(self, new: Object, old: Object, position: str) -> None:
        """Give a parameter or header its schema, which 2.0 writes straight into it."""
        if position == "querystring" and not old.get("content"):
            schema = self._schemas.schema(old.get("schema", {"type": "object"}), old, "schema")
            self._context.repair(old, None, "a whole query without content", "a form", certain=False)
            new["content"] = self._content_of(["application/x-www-form-urlencoded"], {"schema": schema}, old)
        elif isinstance(old.get("content"), dict) and old["content"]:
            new["content"] = self.content(old["content"], old, "content")
        elif "schema" in old:
            new["schema"] = self._schemas.schema(old["schema"], old, "schema")
            loose = sorted(SCHEMA_WORDS & old.keys() - {"required", "collectionFormat"})
            for word in loose:
                self._context.omit(old, word, "its schema states its type")
        elif keywords := _schema_words(old):
            if self._context.dialect != "2.0":
                self._context.repair(
                    old, None, f"{', '.join(keywords)} straight in a {position} parameter", "a schema of it"
                )
            new["schema"] = self._of_keywords(keywords, old)
            if keywords.get("type") == "array":
                new |= self._collection(old, position)
        elif position == "path":
            self._context.repair(old, None, "neither schema nor type", "string, as all of a path is", certain=False)
            new["schema"] = {"type": "string"}
        else:
            self._context.note(old, None, "untyped", "neither schema nor type", "any value", certain=False)
            new["schema"] = {}

    def _collection(self, old: Object, position: str) -> Object:
        """Return how a list is written: style, explode, and the separator of items if these cannot state it."""
        form = old.get("collectionFormat", "csv")
        in_fields = position in ("query", "formData", "cookie")
        if not isinstance(form, str) or form not in _COLLECTIONS or (form == "multi" and not in_fields):
            why = "csv: a name can't be repeated there" if form == "multi" else "csv: there is no such format"
            self._context.repair(old, "collectionFormat", brief(form), why, certain=False)
            form = "csv"
        style, explode = _COLLECTIONS[form] if in_fields else ("simple", False)
        serialisation: Object = {"style": style, "explode": explode}
        return (
            {**serialisation, DELIMITER: _DELIMITERS[form]}
            if form == "tsv" or (form in _DELIMITERS and not in_fields)
            else serialisation
        )

    def _of_keywords(self, keywords: Object, old: Object) -> Object:
        """Return the schema whose keywords are directly in a parameter."""
        self._collect(keywords, old)
        return self._schemas.schema(self._context.record_origin(keywords, old), old, "type")

    def _collect(self, keywords: Object, old: Object) -> None:
        """A list in a list has no style in 3.1."""
        items = keywords.get("items")
        if isinstance(items, dict) and items.get("collectionFormat") not in (None, "csv"):
            self._context.omit(items, "collectionFormat", "a list in a list is written with commas")
        if isinstance(items, dict) and "collectionFormat" in items:
            inner: Object = {key: value for key, value in items.items() if key != "collectionFormat"}
            keywords["items"] = self._context.record_origin(inner, items)
            self._collect(inner, old)

    # -- bodies

    def body(self, parameters: Sequence[Object], consumes: Sequence[str]) -> Object | None:
        """Make a request body of the parameters of Swagger 2.0 that are in one.

        Args:
            parameters: those with `in: body` or `in: formData`.
            consumes: the media types that the operation accepts.
        """
        whole = [parameter for parameter in parameters if parameter.get("in") == "body"]
        fields = [parameter for parameter in parameters if parameter.get("in") == "formData"]
        for parameter in [*whole[1:], *(fields if whole else [])]:
            self._context.lose(parameter, None, "a second body", "left out: a request has one body")
        if whole:
            return self._whole(whole[0], consumes)
        return self._form(fields, consumes) if fields else None

    def _whole(self, old: Object, consumes: Sequence[str]) -> Object:
        handled = {"name", "in", "required", "schema", *SCHEMA_WORDS}
        body: Object = {"required": old.get("required") is True, **self._context.plain("requestBody", old, handled)}
        if isinstance(old.get("name"), str):
            body.setdefault("x-body-name", old["name"])
        schema = self._straight(old, "a body")
        content: Object = {}
        for media_type in consumes or ["application/json"]:
            media: Object = {"schema": self._schemas.schema({}, old, "schema") if schema is None else schema}
            content[media_type] = self._context.record_origin(media, old)
        body["content"] = self._context.record_origin(content, old)
        return self._context.record_origin(body, old)

    def _form(self, fields: Sequence[Object], consumes: Sequence[str]) -> Object:
        properties: Object = {}
        encoding: Object = {}
        required: list[Json] = []
        for field in fields:
            name = field.get("name")
            if not isinstance(name, str) or not name:
                self._context.leave_out(field, None, "a form's field has no name", "it is left out", "State its name.")
                continue
            properties[name] = self._field(field)
            if field.get("required") is True:
                required.append(name)
            if field.get("type") == "array" and not _is_file(field):  # files cannot be joined: each is a part
                encoding[name] = self._collection(field, "formData")
        schema: Object = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        media: Object = {"schema": schema}
        if encoding:
            media["encoding"] = encoding
        for part in (schema, properties):
            self._context.record_origin(part, fields[0])
        files = any(map(_is_file, fields))
        form_types = [form for form in consumes if form in _FORMS]
        # Files can be sent in no other form (Swagger 2.0, Parameter Object).
        forms = ["multipart/form-data"] if files else form_types or ["application/x-www-form-urlencoded"]
        content = self._content_of(forms, media, fields[0])
        return self._context.record_origin({"required": bool(required), "content": content}, fields[0])

    def _field(self, old: Object) -> Object:
        keywords = _schema_words(old)
        if "schema" in old:
            upgraded = dict(self._schemas.schema(old["schema"], old, "schema"))
        else:
            upgraded = dict(self._of_keywords(keywords, old))
        for key, value in self._context.plain(
            "requestBody", old, {"name", "in", "required", "schema", "allowEmptyValue", *SCHEMA_WORDS}
        ).items():
            upgraded.setdefault(key, value)
        return self._context.record_origin(upgraded, old)

    def request_body(self, old: Object) -> Object:
        """Upgrade a request body of OpenAPI 3."""
        body: Object = {"required": old.get("required") is True}
        body |= self._context.plain("requestBody", old, {"required", "content", "schema", *SCHEMA_WORDS})
        body["content"] = self._content_or_schema(old, "a request body")
        return self._context.record_origin(body, old)

    def content(self, value: Json, around: Node, key: str) -> Object:
        """Upgrade media types by their names."""
        content: Object = {
            name.strip(): self._media(media) for name, media in self._context.mappings(value, around, key)
        }
        return self._context.record_origin(content, value)

    def _content_of(self, media_types: Sequence[str], media: Object, old: Object) -> Object:
        """Return the same form of a body for each media type."""
        content: Object = dict.fromkeys(media_types, self._context.record_origin(media, old))
        return self._context.record_origin(content, old)

    def _media(self, old: Object) -> Object:
        new = self._context.plain("mediaType", old, {"schema", "itemSchema", "encoding", *SCHEMA_WORDS})
        schema = self._straight(old, "a media type")
        if schema is not None:
            new["schema"] = schema
        if "itemSchema" in old:
            new["itemSchema"] = self._schemas.schema(old["itemSchema"], old, "itemSchema")
        encoding: Object = {}
        for name, rule in self._context.mapping(old.get("encoding"), old, "encoding").items():
            if isinstance(rule, dict):
                upgraded = self._context.plain("encoding", rule, {"headers"})
                if "headers" in rule:
                    upgraded["headers"] = self._headers(rule)
                encoding[name] = upgraded
        if encoding:
            new["encoding"] = encoding
        return new

    def _content_or_schema(self, old: Object, what: str) -> Object:
        """A schema straight in a body or response is what 2.0 has; in 3 it can only mean JSON."""
        content = self.content(old.get("content"), old, "content")
        schema = None if content else self._straight(old, what)
        if schema is not None:
            if "schema" in old:
                self._context.repair(old, "schema", f"a schema straight in {what}", "that of application/json")
            content["application/json"] = self._context.record_origin({"schema": schema}, old)
            self._context.record_origin(content, old)
        elif "schema" in old:
            self._context.omit(old, "schema", "the content has its own")
        return content

    def _straight(self, old: Object, what: str) -> Object | None:
        """Return the schema that is directly in a body, response or media type, as such or by its keywords."""
        if "schema" in old:
            return self._schemas.schema(old["schema"], old, "schema")
        keywords = _schema_words(old)
        if not keywords:
            return None
        self._context.repair(old, next(iter(keywords)), f"{', '.join(keywords)} straight in {what}", "a schema of it")
        return self._schemas.schema(self._context.record_origin(keywords, old), old, "type")

    # -- responses

    def responses(self, value: Json, around: Object, produces: Sequence[str]) -> Object:
        """Upgrade an operation's responses, by status.

        Args:
            value: the responses.
            around: the operation.
            produces: the media types that the operation of Swagger 2.0 returns.
        """
        upgraded_responses: Object = self._context.record_origin({}, value)
        source = self._context.mapping(value, around, "responses")
        for status, response in source.items():
            if status.startswith("x-"):
                upgraded_responses[status] = response
                continue
            spelled = "default" if status.strip().lower() == "default" else status.strip().upper()
            if spelled != "default" and not _STATUS.fullmatch(spelled):
                self._context.omit(source, status, "it is no status", "loss")
                continue
            if spelled != status and spelled in source:
                self._context.omit(source, status, f"{spelled} is stated too", "loss")
                continue
            if spelled != status:
                self._context.repair(source, status, status, spelled)
            stated = self._context.mapping(response, source, status, "loss")
            upgraded = upgraded_responses[spelled] = self._response(stated, produces)
            if spelled in _WITHOUT_CONTENT and upgraded.pop("content", None):
                self._context.note(stated, None, "omission", f"content of a response {spelled}", "HTTP has none in it")
        return upgraded_responses

    def _response(self, old: Object, produces: Sequence[str]) -> Object:
        new: Object = {"description": old.get("description") if isinstance(old.get("description"), str) else ""}
        new |= self._context.plain(
            "response", old, {"description", "headers", "content", "schema", "examples", *SCHEMA_WORDS}
        )
        self._context.record_origin(new, old)
        if old.get("headers"):
            new["headers"] = self._headers(old)
        if self._context.dialect == "2.0" and "content" not in old:
            content = self._produced(old, produces)
        else:
            content = self._content_or_schema(old, "a response")
            if "examples" in old:
                self._context.omit(old, "examples", "it doesn't belong here")
        if content:
            new["content"] = content
        return new

    def _produced(self, old: Object, produces: Sequence[str]) -> Object:
        examples = self._context.mapping(old.get("examples"), old, "examples")
        schema = self._straight(old, "a response")
        # Without `produces` most services return JSON; `type: file` is a response that is none.
        is_file = schema is not None and schema.get("format") == "binary"
        kinds = list(produces) or ["application/octet-stream" if is_file else "application/json"]
        content: Object = {}
        for kind in kinds if schema is not None else examples:
            media: Object = {} if schema is None else {"schema": schema}
            if kind in examples:
                media["example"] = examples[kind]
            content[kind] = self._context.record_origin(media, old)
        return self._context.record_origin(content, old)

    def _headers(self, old: Object) -> Object:
        headers: Object = {}
        for name, header in self._context.mappings(old.get("headers"), old, "headers"):
            upgraded = self._context.plain("header", header, {"schema", "content", "name", "in", *SCHEMA_WORDS})
            self._typed(upgraded, header, "header")
            headers[name] = upgraded
        return self._context.record_origin(headers, old.get("headers"))


def _is_file(field: Object) -> bool:
    """Whether a field of a form is a file, or a list of files."""
    items = field.get("items") if field.get("type") == "array" else None
    return _is_file(items) if isinstance(items, dict) else str(field.get("type")).lower() == "file"


def _schema_words(old: Object) -> Object:
    """Return the members of a parameter that belong to its schema."""
    return {
        key: value for key, value in old.items() if key in SCHEMA_WORDS and key not in ("required", "collectionFormat")
    }
