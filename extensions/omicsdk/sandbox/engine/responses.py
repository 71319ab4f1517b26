"""Responses: stored objects and pages of them in the schemas of their operations, and examples."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from omicsdk.sandbox.document import EMPTY, Content, Operation, Schema, as_mapping, media_type_of
from omicsdk.sandbox.engine.fields import at, with_value, wrapped
from omicsdk.sandbox.engine.pages import Page, Paging
from omicsdk.sandbox.engine.plan import Answer, Path, Plan, Resource
from omicsdk.sandbox.engine.requests import Sent
from omicsdk.sandbox.engine.schemas import WORD_SETS, Schemas, words
from omicsdk.sandbox.engine.store import StoredRecord, filled
from omicsdk.sandbox.engine.values import ABSENT, Values
from omicsdk.sandbox.problems import Problem, Refused
from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.state.objects import StoredObject

# The header of responses that come from no state.
EXAMPLE = {"X-Sandbox-Answer": "example"}

# Items of a stream, by its type; others are lines of JSON.
_STREAMED = {"text/event-stream": "data: {}\n\n", "application/json-seq": "\x1e{}\n"}
_TRUE = WORD_SETS["succeeded"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of an operation.

    Attributes:
        call: The request as handlers have it.
        answer: How it is answered.
        values: Values of the path's parameters as they were sent, in their order.
        sent: The decoded request.
    """

    call: Call
    answer: Answer
    values: Sequence[str]
    sent: Sent

    @property
    def operation(self) -> Operation:
        """The operation."""
        return self.call.operation

    @property
    def resource(self) -> Resource:
        """The resource of an operation whose answer has one."""
        assert self.answer.resource is not None, f"{self.operation.name} has no resource"
        return self.answer.resource

    def item(self, resource: Resource) -> tuple[str, str]:
        """The path of a collection that the request's path begins with, and the identity of its item there."""
        return self.filled(resource.segments), self.values[sum(segment.count("{}") for segment in resource.segments)]

    def filled(self, segments: Path) -> str:
        """A path with the values of its parameters, which are the first ones of the request's path."""
        return filled(segments, self.values)

    @property
    def place(self) -> str:
        """The path of the request."""
        return self.filled(self.operation.segments)


@dataclass(frozen=True, slots=True)
class StoredReply:
    """A response with stored bytes.

    Attributes:
        content: The bytes.
        media_type: Their type.
    """

    content: StoredObject
    media_type: str


class Responses:
    """Makes the responses of one service.

    Args:
        name: The service's name.
        plan: How its operations are answered.
        values: Makes values.
    """

    def __init__(self, name: str, plan: Plan, values: Values) -> None:
        self._name = name
        self._plan = plan
        self._schemas = plan.schemas
        self._values = values

    def one(
        self, exchange: Exchange, record: StoredRecord, *, status: int | None = None, is_changed: bool = False
    ) -> Reply:
        """A response with one object, in the fields that the document has around it.

        Args:
            exchange: The request.
            record: The object.
            status: The status; by default that of the operation's successful response.
            is_changed: Whether the response states that the request had success, as well as the object.
        """
        schema, resource = self._content(exchange).schema, exchange.answer.resource
        marks = self._marks(exchange)
        data: Mapping[str, Any] = {**record.data, **marks} if is_changed else record.data
        around = self._plan.around(schema, resource) if resource is not None else ()
        if resource is not None:
            data = self._with_identity(schema, around, data, record.identity, resource)
        value = {**marks, **wrapped(dict(data), around)} if around else dict(data)
        return self.reply(exchange, value, record.path, status)

    def reply(self, exchange: Exchange, value: Any, place: str, status: int | None = None) -> Reply:
        """A response with a value; other arguments are those of `one`.

        Args:
            exchange: The request.
            value: The value as it is stored, or ABSENT.
            place: Names it.
            status: The status.
        """
        content = self._content(exchange)
        if content.schema and content.is_json:
            value = self._values.fitted(content.schema, value, f"{self._name}/{place}")
        return _written(exchange, content, value, status=status)

    def _marks(self, exchange: Exchange) -> dict[str, Any]:
        """Fields of a response that state a success."""
        properties = self._schemas.properties(exchange.operation.response.schema)
        return {name: True for name in properties if words(name) in _TRUE}

    def _with_identity(
        self, schema: object, around: Path, data: Mapping[str, Any], identity: str, resource: Resource
    ) -> dict[str, Any]:
        """An object with its identity under the name that a response has for it."""
        inner = self._plan.inside(schema, around)
        path = self._plan.identity_in(inner, resource)
        named = ((name,) for name in self._schemas.properties(inner) if words(name) == words(resource.parameter))
        result = dict(data)
        for names in dict.fromkeys((path, *named)):
            if names and at(data, names) is None:
                result = with_value(result, names, self._schemas.identity(self._plan.inside(inner, names), identity))
        return result

    def _content(self, exchange: Exchange) -> Content:
        """The body of the response that a request accepts."""
        responses = exchange.operation.responses
        accepted = [media_type_of(part) for part in exchange.call.headers.get("accept", "").split(",")]
        # Some services stream where a field of the body asks for it, whatever is accepted.
        if as_mapping(exchange.sent.body).get("stream") is True:
            accepted.insert(0, "text/event-stream")
        for kind in accepted:
            for content in responses:
                if content.media_type == kind:
                    return content
        return exchange.operation.response

    # -- pages

    def page(
        self, exchange: Exchange, resource: Resource, records: Sequence[StoredRecord], page: Page, paging: Paging
    ) -> Reply:
        """A response with a page of objects.

        Args:
            exchange: The request.
            resource: The objects' resource.
            records: The page's objects.
            page: What is to be stated about it.
            paging: How the operation states that.
        """
        content = self._content(exchange)
        key = as_mapping(exchange.operation.data.get("x-omics-pagination")).get("items")
        around: Path = ()
        items = content.schema
        if not content.is_stream:
            around = self._plan.list_in(content.schema, resource, key if isinstance(key, str) else None) or ()
            items = self._items(self._plan.inside(content.schema, around), resource)
        inner = self._plan.around(items, resource)
        are_objects = self._schemas.is_object(items)
        fitted: list[Any] = []
        for record in records:
            value: Any = record.identity
            if are_objects or not self._schemas.kinds(items):
                value = wrapped(self._with_identity(items, inner, record.data, record.identity, resource), inner)
            fitted.append(self._values.fitted(items, value, f"{self._name}/{record.path}"))
        body: Any = fitted
        if around:
            envelope = self._values.fitted(content.schema, wrapped([], around), "page", partial(paging.fill, page))
            body = with_value(as_mapping(envelope), around, fitted)
        headers = paging.headers(page, exchange.operation.success[1].get("headers") or {})
        return _written(exchange, content, body, headers)

    def _items(self, list_schema: Schema, resource: Resource) -> Schema:
        """The schema of a list's items; of alternative lists that whose items have most of the objects' fields."""
        property_names = self._schemas.properties(self._plan.shape(resource).schema).keys()
        lists = [self._schemas.items(branch) for branch in (*self._schemas.branches(list_schema), list_schema)]
        item_schemas = [schema for schema in lists if schema is not None]
        return max(
            item_schemas,
            key=lambda schema: len(self._schemas.properties(schema).keys() & property_names),
            default=EMPTY,
        )

    # -- examples

    def example(self, exchange: Exchange) -> Reply:
        """The document's example, or one that is made from the schema."""
        content = self._content(exchange)
        value = self._stated_example(content, exchange.operation)
        if value is ABSENT and content.media_type:
            value = self._values.example(content.schema, f"{self._name}/{exchange.place}")
            value = self._with_arguments(value, exchange, content)
        return _written(exchange, content, value, EXAMPLE)

    def _stated_example(self, content: Content, operation: Operation) -> Any:
        """The example of a response as the document states it; ABSENT where it has none that keeps to the schema."""
        media_object = content.media
        named = as_mapping(next(iter(as_mapping(media_object.get("examples")).values()), EMPTY))
        value = media_object.get("example", named.get("value", ABSENT))
        if value is ABSENT or not content.schema or self._schemas.is_valid(content.schema, value):
            return value
        self._schemas.report(f"The example of {operation.method} {operation.path} breaks its schema and is not used")
        return ABSENT

    def _with_arguments(self, value: Any, exchange: Exchange, content: Content) -> Any:
        """An example with the fields that the request's path names."""
        if not isinstance(value, dict):
            return value
        example = cast("dict[str, Any]", value)
        named = {words(name): value for name, value in exchange.sent.path.items()}
        changed = {name: named[words(name)] for name in example if words(name) in named}
        with_names = {**example, **changed}
        return with_names if self._schemas.is_valid(content.schema, with_names) else example


def _written(
    exchange: Exchange, content: Content, value: Any, headers: Mapping[str, str] = EMPTY, status: int | None = None
) -> Reply:
    """A response with a value in the form of its media type."""
    status = exchange.operation.success[0] if status is None else status
    if not content.media_type or status in (204, 304) or exchange.operation.method == "HEAD":
        return Reply(None, status, headers)
    if content.is_stream:
        items = cast("list[Any]", value) if isinstance(value, list) else [value]
        form = _STREAMED.get(content.media_type, "{}\n")
        text = "".join(form.format(json.dumps(item)) for item in items)
        return Reply(None, status, {"Content-Type": content.media_type}, text)
    media_type = "application/json" if content.media_type == "*/*" else content.media_type
    headers = {**headers, "Content-Type": media_type}
    if content.is_json:
        return Reply({} if value is ABSENT else value, status, headers)
    text = value if isinstance(value, str) else "" if value is ABSENT else json.dumps(value)
    return Reply(None, status, headers, text)


PROBLEM = "application/problem+json"

_MESSAGES = WORD_SETS["messages"]
_CODES = WORD_SETS["codes"]
_STATUSES = WORD_SETS["statuses"]
_PLACES = WORD_SETS["places"]


class Errors:
    """The error responses of one document.

    Args:
        schemas: Its schemas.
        values: Makes what nothing is known of.
    """

    def __init__(self, schemas: Schemas, values: Values) -> None:
        self._schemas = schemas
        self._values = values

    def reply(self, problem: Problem, operation: Operation | None) -> Reply:
        """The response of a refused request.

        Args:
            problem: The refusal.
            operation: The operation; None for a request that is none.
        """
        status = problem.status
        content = operation.error(status) if operation is not None else None
        if content is None:
            body = dict[str, Any](type="about:blank", title=problem.code, status=status, detail=problem.title)
            if isinstance(problem, Refused):
                body["errors"] = [
                    {"in": fault.place, "field": _dotted(fault.field), "detail": fault.message}
                    for fault in problem.faults
                ]
            return Reply(body, status, {"Content-Type": PROBLEM, **problem.headers})
        body = self._values.fitted(content.schema, ABSENT, "error", _Filling(self._schemas, problem, status))
        media_type = "application/json" if content.media_type == "*/*" else content.media_type
        return Reply(body, status, {"Content-Type": media_type, **problem.headers})


class _Filling:
    """Fills the fields of an error by their names."""

    def __init__(self, schemas: Schemas, problem: Problem, status: int) -> None:
        self._schemas = schemas
        self._problem = problem
        self._status = status
        self._field: Sequence[str | int] = problem.faults[0].field if isinstance(problem, Refused) else ()
        self._place = problem.faults[0].place if isinstance(problem, Refused) else ""

    def __call__(self, path: Sequence[str], schema: Schema) -> Any:
        last = words(path[-1])
        kinds = self._schemas.kinds(schema)
        if kinds & {"object"} and self._schemas.is_object(schema):
            return {} if last in _MESSAGES | {"errors", "status", "meta", "data"} or len(path) == 1 else ABSENT
        if "array" in kinds:
            return self._listed(last, schema)
        if "string" in kinds:
            return self._text(last, schema)
        if kinds & {"integer", "number"}:
            return self._status if last in _STATUSES else ABSENT
        if "boolean" in kinds:
            if last in ("ok", "success", "successful", "is_success"):
                return False
            return True if last in ("error", "is_error") else ABSENT
        return self._problem.title if not kinds and last in _MESSAGES else ABSENT

    def _listed(self, last: str, schema: Schema) -> Any:
        items = schema.get("items", EMPTY)
        if last in _PLACES:
            return [self._place, *self._field] if self._field else []
        if (
            last not in _MESSAGES | {"errors", "violations", "causes", "fields", "invalid_params", "warnings"}
            or last == "warnings"
        ):
            return ABSENT
        if self._schemas.is_object(items):
            return [{}]
        return [self._problem.title]

    def _text(self, last: str, schema: Schema) -> Any:
        if isinstance(schema.get("enum"), list):
            return self._problem.code if self._problem.code in schema["enum"] else ABSENT
        if last in _STATUSES and last not in _CODES:
            return str(self._status)
        if last in _CODES:
            return self._problem.code
        if last in _PLACES:
            return _dotted(self._field) if self._field else ABSENT
        return self._problem.title if last in _MESSAGES else ABSENT


def _dotted(field: Sequence[str | int]) -> str:
    return ".".join(map(str, field))
