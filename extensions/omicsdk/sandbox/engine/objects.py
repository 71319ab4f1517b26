"""Objects of a service: made from requests, with identities and what the schemas require, and changed by them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from omicsdk.sandbox.document import EMPTY, Schema, as_list, as_mapping
from omicsdk.sandbox.engine.fields import at, merged, patched, sent_fields, slug, stamped, with_value
from omicsdk.sandbox.engine.pages import PAGED, SORTS
from omicsdk.sandbox.engine.plan import Path, Plan, Resource, Shape
from omicsdk.sandbox.engine.requests import Upload
from omicsdk.sandbox.engine.responses import Exchange
from omicsdk.sandbox.engine.schemas import VOCABULARY, WORD_SETS, words
from omicsdk.sandbox.engine.store import Store, StoredRecord
from omicsdk.sandbox.engine.values import Values
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.state.objects import StoredObject

# Identities that servers derive from a name.
_NAMED = WORD_SETS["named"]
# Identities that servers give, even where a request may have them.
_COUNTED = WORD_SETS["made"]
# Keywords of an identity's schema that state values, not a form.
_VALUES = frozenset({"example", "examples", "default", "enum", "const", "oneOf", "anyOf"})
_DERIVED_FROM = VOCABULARY["derived_from"]


class Objects:
    """Makes and changes the objects of one service.

    Args:
        name: The service's name.
        plan: What the schemas state about them.
        values: Makes what nobody set.
        store: Where they are stored.
        now: The sandbox's time in seconds since 1970.
    """

    def __init__(self, name: str, plan: Plan, values: Values, store: Store, now: Callable[[], float]) -> None:
        self._name = name
        self._plan = plan
        self._schemas = plan.schemas
        self._values = values
        self._records = store
        self._now = now
        self._forms: dict[Path, Schema] = {}

    def store(self, exchange: Exchange, fields: dict[str, Any], identity: str = "") -> StoredRecord:
        """Store a new object.

        Args:
            exchange: The request that creates it, which may have a content.
            fields: Its fields.
            identity: Its identity; by default that of the fields, or a new one.
        """
        resource, sent = exchange.resource, exchange.sent
        shape, collection = self._plan.shape(resource), exchange.filled(resource.segments)
        number = self._records.next_number()
        upload = next(iter(sent.files.values()), None)
        content = sent.content if upload is None else upload.content
        media_type = sent.media_type if upload is None else upload.media_type
        if content is not None:
            fields = {**self.of_file(shape.schema, content, media_type, upload), **fields}
        named = next((name for name in fields if words(name) == words(resource.parameter)), None)
        sent_identity = fields[named] if named is not None else at(fields, shape.identity) if shape.identity else None
        if (
            not identity
            and isinstance(sent_identity, str | int)
            and not isinstance(sent_identity, bool)
            and sent_identity != ""
        ):
            identity = str(sent_identity)
            present = self._records.get(self._name, collection, identity)
            if present is not None and not present.deleted:
                if self._is_decided(resource, shape, named or shape.identity[-1], sent_identity):
                    raise Problem(409, "conflict", f"There is already a {resource.noun} {identity!r}")
                identity = ""  # servers that count ignore what a client sends
        identity = identity or self._identity(resource, shape, collection, fields, number)
        if shape.identity:
            fields = with_value(fields, shape.identity, self.typed(shape, identity))
        fields = stamped(self._schemas, shape.schema, fields, self._now(), number)
        parents = [exchange.filled(exchange.operation.segments[:-1])] if exchange.answer.elsewhere else []
        record = StoredRecord(0, self._name, collection, identity, resource.name, fields, parents)
        if content is not None:
            record = replace(record, content=content.sha256, media_type=media_type)
        return self._records.add(replace(record, data=self.complete(shape, fields, record.path)))

    def _is_decided(self, resource: Resource, shape: Shape, name: str, value: object) -> bool:
        """Whether clients decide about an identity: they have to, or it is none that servers count."""
        creator = resource.by_method.get("POST")
        if creator is not None:
            sent = creator.content.schema
            inner = self._plan.inside(sent, self.around(sent, shape, resource))
            if words(name) in map(words, inner.get("required", ())):
                return True
        return not isinstance(value, int) and words(name).rpartition("_")[2] not in _COUNTED

    def _identity(
        self, resource: Resource, shape: Shape, collection: str, fields: Mapping[str, Any], number: int
    ) -> str:
        """A new identity, of the form that the schemas state."""
        identity_schema = self._plan.inside(shape.schema, shape.identity) if shape.identity else EMPTY
        parameter = self._schemas.flat(resource.parameter_schema)
        returned = self._returned_identity(resource, shape)
        kinds = self._schemas.kinds(identity_schema) or self._schemas.kinds(parameter)
        if "integer" in kinds | self._schemas.kinds(parameter) or ("number" in kinds and "string" not in kinds):
            return str(number)
        name = words(shape.identity[-1]) if shape.identity else ""
        text = next((fields[key] for key in _DERIVED_FROM if isinstance(fields.get(key), str)), "")
        base = slug(text) if name in _NAMED else ""
        if (
            base
            and self._records.get(self._name, collection, base) is None
            and self._schemas.is_valid(identity_schema, base)
        ):
            return base
        form = self._forms.get(resource.segments)
        if form is None:  # kept, since schemas are known by their identity
            parts = {**parameter, **returned, **identity_schema, "type": "string"}
            form = {key: value for key, value in parts.items() if key not in _VALUES}
            self._forms[resource.segments] = form
        example = str(identity_schema.get("example", parameter.get("example", "")))
        # As many digits as the example has.
        if example.isdecimal() and "pattern" not in form:
            return str(10 ** (len(example) - 1) + number)
        for attempt in range(1000):
            where = f"{self._name}/{collection}#{number}.{attempt}/{name or resource.noun}"
            candidate = str(self._values.made(form, where))
            if self._records.get(self._name, collection, candidate) is None:
                return candidate
        raise Problem(409, "conflict", f"No identity of a {resource.noun} is left")

    def _returned_identity(self, resource: Resource, shape: Shape) -> Schema:
        """The identity's schema in the response of a creation, which may state its form alone."""
        creator = resource.by_method.get("POST")
        if creator is None or not shape.identity:
            return EMPTY
        schema = creator.response.schema
        return self._plan.inside(schema, (*self._plan.around(schema, resource), *shape.identity))

    def implied(self, resource: Resource, place: str, identity: str) -> StoredRecord:
        """An object that no operation creates, so that those of all identities exist until they are deleted."""
        shape = self._plan.shape(resource)
        record = StoredRecord(0, self._name, place, identity, resource.name, {})
        data = dict(as_mapping(self._values.example(shape.schema, f"{self._name}/{record.path}")))
        if shape.identity:
            data = with_value(data, shape.identity, self.typed(shape, identity))
        return replace(record, data=data)

    def typed(self, shape: Shape, identity: str) -> Any:
        """An identity as the type of its field."""
        return self._schemas.identity(self._plan.inside(shape.schema, shape.identity), identity)

    def complete(self, shape: Shape, fields: Mapping[str, Any], place: str) -> dict[str, Any]:
        """Fields with what the schema requires besides."""
        fitted = self._values.fitted(shape.schema, fields, f"{self._name}/{place}")
        return {**fields, **fitted} if isinstance(fitted, dict) else dict(fields)

    def fields(self, exchange: Exchange, shape: Shape, body: Any) -> dict[str, Any]:
        """The fields of a request's object, those of its query included."""
        operation = exchange.operation
        schema = operation.content.schema
        resource = exchange.answer.resource
        properties = self._schemas.properties(shape.schema)
        around = self.around(schema, shape, resource)
        inner = at(body, around) if around else body
        inner = cast("dict[str, Any]", inner) if isinstance(inner, dict) else {}
        fields = sent_fields(self._schemas, self._plan.inside(schema, around), shape.schema, inner)
        spelled = {words(name): name for name in properties}
        for name, value in exchange.sent.query.items():
            stored_name = spelled.get(words(name))
            if stored_name is not None and stored_name not in fields and words(name) not in PAGED | SORTS:
                fields[stored_name] = value
        return fields

    def around(self, schema: Schema, shape: Shape, resource: Resource | None) -> Path:
        """Names of the fields around an object in a request."""
        sent = self._schemas.properties(schema)
        property_names = {words(name) for name in self._schemas.properties(shape.schema)}
        shared = len({words(name) for name in sent} & property_names)
        nouns = (*shape.around[-1:], "data", *((resource.noun,) if resource is not None else ()))
        for name, property_schema in sent.items():
            if words(name) in property_names and name not in shape.around:
                continue  # a field of the object, which is itself one
            if not self._schemas.is_object(property_schema) or (words(name) not in map(words, nouns) and len(sent) > 1):
                continue
            inner = {words(key) for key in self._schemas.properties(property_schema)}
            if len(inner & property_names) > shared or (name in shape.around and words(name) not in property_names):
                return (name,)
        return ()

    def merged(self, exchange: Exchange, data: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
        """Fields after a merge patch, a JSON patch, or the fields of a body or form."""
        sent = exchange.sent
        if sent.media_type == "application/json-patch+json":
            return patched(data, as_list(sent.body))
        bare = replace(exchange, sent=replace(sent, query={}))
        fields = self.fields(bare, shape, sent.body)
        inner = at(sent.body, self.around(exchange.operation.content.schema, shape, exchange.answer.resource))
        sent_names = {words(name) for part in (sent.body, inner) for name in as_mapping(part)}
        fields = {
            name: value for name, value in fields.items() if words(name) in sent_names
        }  # defaults are for new objects
        return merged(data, fields, null_removes=sent.media_type == "application/merge-patch+json")

    def of_file(self, schema: Schema, content: StoredObject, media_type: str, upload: Upload | None) -> dict[str, Any]:
        """Fields of an object that describe its content: size, checksums, type and name."""
        values: Mapping[str, Any] = {
            "size": content.size,
            "bytes": content.size,
            "content_length": content.size,
            "sha256": content.sha256,
            "sha1": content.sha1,
            "content_type": media_type,
            "mime_type": media_type,
            "media_type": media_type,
            **({"filename": upload.name, "file_name": upload.name, "name": upload.name} if upload is not None else {}),
        }
        return {name: values[words(name)] for name in self._schemas.properties(schema) if words(name) in values}
