"""A document's operations: their names, arguments and responses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from .declarations import DeclaredOperation, Webhook
from .media import Form
from .naming import NameRequest, operation_name, pascal_case, settle, snake_case, spelled_operation
from .shapes import Type
from .values import Json, Object, list_in, object_in

Position: TypeAlias = Literal["path", "query", "querystring", "header", "cookie", "body"]
# How a value is written: as it is, its items joined by something, its members named one by one, as JSON, as a form, in a style
# of RFC 6570, or as cookies in which nothing is percent-encoded; exploded where a star follows.
How: TypeAlias = Literal[
    "plain", "comma", "space", "tab", "pipe", "deep", "json", "form", "simple*", "label", "label*", "matrix", "matrix*",
    "cookie", "cookie*",
]  # fmt: skip

PARAM_HELP = "param_help"
"""The option of a parameter called help: `--help` prints the help of every command and never sends a request."""


@dataclass(frozen=True)
class Argument:
    """A keyword argument.

    Attributes:
        key: pointer of its schema.
        wire: its name in the document.
        python: its name here.
        position: where it is sent.
        type: without null.
        required: whether a call must pass it.
        nullable: whether None may be given, and is sent as null.
        schema: its schema in the document, with `description`.
        how: how its value is written.
        raw: whether slashes stay slashes in a path.
        prefix: what precedes the names of an exploded object's members where it is sent.
        whole: whether it is the whole body, not a field of it.
        fields: for a whole query that is a form, the fields with a special encoding, and the encoding.
        is_part: whether it is a part of a multipart body, or its parts: a file may have a name and headers.
        has_files: whether it is a multipart body whose declared fields contain files, which its models cannot hold.
    """

    key: str
    wire: str
    python: str
    position: Position
    type: Type
    required: bool
    nullable: bool
    schema: Object
    how: How = "plain"
    raw: bool = False
    prefix: str = ""
    whole: bool = False
    fields: Mapping[str, How] = field(default_factory=dict[str, How])
    is_part: bool = False
    has_files: bool = False


@dataclass(frozen=True)
class SentBody:
    """The body of a request.

    Attributes:
        form: how it is written.
        media_type: its media type.
        whole: whether it is one argument, not one a field.
        required: whether the document demands it.
        types: of a multipart body the fields whose media types are stated, and these.
        headers: of a multipart body the fields with headers whose values are stated, and these.
        arguments: the arguments that it is made of.
        also: further media types that differ from `media_type` in nothing but their name.
        any_type: whether the document has a range of media types, of bytes or texts: `media_type` is the usual one.
    """

    form: Form
    media_type: str
    whole: bool
    required: bool
    types: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    arguments: tuple[Argument, ...] = ()
    also: tuple[str, ...] = ()
    any_type: bool = False

    @property
    def media_types(self) -> list[str]:
        """All media types that it can be sent as."""
        return [self.media_type, *self.also]


@dataclass(frozen=True)
class Case:
    """A response.

    Attributes:
        statuses: its statuses, as the document has them: `200`, `2XX`, `default`.
        kind: how it is read.
        key: key of its type, if it has one.
        type: of a JSON response.
        nullable: whether a JSON response may be null.
        media: its media types, if another response has the same status; empty for any other.
        or_bytes: whether bytes may be sent where JSON is stated.
    """

    statuses: tuple[str, ...]
    kind: Literal["json", "text", "bytes", "none", "headers"]
    key: str = ""
    type: Type | None = None
    nullable: bool = False
    media: tuple[str, ...] = ()
    or_bytes: bool = False

    @property
    def sort(self) -> tuple[object, ...]:
        """What is equal in two responses that are treated as one."""
        return (self.kind, self.type, self.media, self.or_bytes)


@dataclass(frozen=True)
class Pages:
    """The paging of an operation's list.

    Attributes:
        style: where the next page is found.
        items: dotted key of the list in a page, or several with `|` between them.
        paths: for each key the attributes from a page to its list; nothing when a page's form is not known.
        item: an item's type.
        key: key of the item's type.
        more: further arguments of core's Paging, by name.
        in_body: whether its parameters are members of the request's body.
    """

    style: str
    items: str
    paths: tuple[tuple[str, ...], ...]
    item: Type
    key: str
    more: Mapping[str, str | int] = field(default_factory=dict[str, str | int])
    in_body: bool = False


@dataclass(frozen=True)
class Recognition:
    """The paging of an operation for which the document has no x-omics-pagination.

    Attributes:
        rule: what recognises it.
        reason: the evidence; of an uncertain one, what is doubtful too.
        key: pointer of the evidence.
        setting: the x-omics-pagination that states the same.
        certain: whether the operation has pages by it; otherwise it is a suggestion.
    """

    rule: str
    reason: str
    key: str
    setting: Object
    certain: bool


@dataclass(frozen=True)
class Flow:
    """A response that is a sequence of items, each of which is read as it arrives.

    Attributes:
        media_type: the requested type.
        key: key of an item's type.
        type: of an item.
        nullable: whether it may be null.
        data: of events, what their data is; empty for other sequences.
        switch: the argument, or an argument and its field, that makes the service stream.
        endless: whether the operation has no other response.
    """

    media_type: str
    key: str
    type: Type
    nullable: bool
    data: Literal["", "json", "text", "either"] = ""
    switch: tuple[str, ...] = ()
    endless: bool = False


@dataclass(frozen=True)
class Message:
    """A webhook or callback whose body is read.

    Attributes:
        webhook: as the document states it.
        name: its name.
        key: key of its body's type.
        type: of the body.
        nullable: whether the body may be null.
    """

    webhook: Webhook
    name: str
    key: str
    type: Type
    nullable: bool

    def types_by_key(self) -> dict[str, Type]:
        """The type of its body by its key."""
        return {self.key: self.type}


@dataclass(frozen=True)
class DeclaredHeader:
    """A header of responses.

    Attributes:
        key: pointer of its schema.
        wire: its name in the document.
        python: its attribute.
        type: a scalar, or a list of scalars.
        schema: the document's schema, `description` included.
    """

    key: str
    wire: str
    python: str
    type: Type
    schema: Object


@dataclass(frozen=True)
class ErrorBody:
    """The JSON body of an error.

    Attributes:
        status: as the document has it: `404`, `4XX`, `default`.
        pointer: pointer of its schema; several equal schemas have one.
        type: of the body, null included.
    """

    status: str
    pointer: str
    type: Type


@dataclass
class Draft:
    """An operation with its arguments and responses in our own shapes."""

    operation: DeclaredOperation
    name: str
    arguments: list[Argument] = field(default_factory=list[Argument])
    body: SentBody | None = None
    other_bodies: list[SentBody] = field(default_factory=list[SentBody])
    cases: list[Case] = field(default_factory=list[Case])
    accept: str = "application/json"
    pages: Pages | None = None
    recognition: Recognition | None = None
    streams: bool = False
    flow: Flow | None = None
    secured: bool = False
    public: bool = False
    server: str = ""
    security: tuple[tuple[str, ...], ...] = ()
    idempotency_key: str = ""
    retry: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: list[DeclaredHeader] = field(default_factory=list[DeclaredHeader])
    errors: list[ErrorBody] = field(default_factory=list[ErrorBody])

    def types_by_key(self) -> dict[str, Type]:
        """The types of its arguments, headers, responses and items by their keys."""
        types = {part.key: part.type for part in (*self.arguments, *self.headers, *self.cases) if part.type is not None}
        if self.flow is not None:
            types[self.flow.key] = self.flow.type
        if self.pages is not None:
            types[self.pages.key] = self.pages.item
        return types

    @property
    def content_types(self) -> list[str]:
        """The media types among which a call selects, the usual one first; none if there is one alone."""
        kinds = [kind for body in (self.body, *self.other_bodies) if body is not None for kind in body.media_types]
        return kinds if len(kinds) > 1 else []

    @property
    def default_type(self) -> str:
        """The media type of a body that a call may state, and does not; empty if the document states all types."""
        body = self.body
        return body.media_type if body is not None and body.any_type and not self.content_types else ""

    @property
    def content_type(self) -> str:
        """The argument that selects among them, or states any other."""
        arguments = {argument.python for argument in self.arguments}
        # A field of the body may be called content_type.
        return next(name for name in ("content_type", "content_type_", "media_type_of_body") if name not in arguments)

    @property
    def has_stream(self) -> bool:
        """Whether its responses can be read as bytes while they arrive; texts too, which are no longer than others."""
        by_wish = self.operation.data.get("x-omics-stream") is not False
        return self.streams or (by_wish and any(case.kind == "text" for case in self.cases))

    @property
    def error_statuses(self) -> list[str]:
        """The statuses of errors that the document states, with or without a body."""
        # A `default` that is read as the result is no error: it is in a case.
        read = {status for case in self.cases for status in case.statuses}
        declared = object_in(self.operation.data, "responses")
        return [
            status for status in declared if (status[:1] in ("4", "5") or status == "default") and status not in read
        ]


def asks(security: Json) -> bool:
    """Whether a list of security requirements is mandatory; an empty alternative means that it is not."""
    return (
        isinstance(security, list)
        and bool(security)
        and all(isinstance(requirement, dict) and requirement for requirement in security)
    )


def name_operations(operations: list[DeclaredOperation]) -> dict[str, str]:
    """Names of operations by their keys."""
    # A name by method and path that an overlay replaces goes to no other operation, which programs would call in its place.
    unnamed = [operation for operation in operations if operation.wish and not operation.data.get("operationId")]
    freed = [_candidates(replace(operation, key=f"{operation.key}#", wish="")) for operation in unnamed]
    apart = [old for old, new in zip(freed, unnamed, strict=True) if wished_name(new) not in old.candidates]
    names = settle([*map(_candidates, operations), *apart])
    return {operation.key: names[operation.key] for operation in operations}


def name_webhooks(webhooks: list[Webhook], operations: Mapping[str, str]) -> dict[str, str]:
    """Names of webhooks and callbacks by their keys.

    Args:
        webhooks: all of them.
        operations: operations' names by key.
    """
    return settle(_webhook_name_request(webhook, operations) for webhook in webhooks)


def _webhook_name_request(webhook: Webhook, operations: Mapping[str, str]) -> NameRequest:
    of = operations[webhook.of.key] if webhook.of is not None else ""
    wish = webhook.data.get("operationId")
    texts = (
        *(webhook.name, f"{of} {webhook.name}", wish if isinstance(wish, str) else ""),
        *(
            f"{of} {webhook.name} {webhook.method.lower()}",
            f"{of} {webhook.name} {webhook.method.lower()} {webhook.expression}",
        ),
    )
    names = dict.fromkeys(snake_case(text) for text in texts if text.strip())
    return NameRequest(webhook.key, tuple(names), exact=snake_case(webhook.name) == webhook.name)


def _candidates(operation: DeclaredOperation) -> NameRequest:
    method = operation.method.lower()
    fixed = re.sub(r"\{[^}]*\}", " ", operation.path)
    # From the shortest name to the longest: without placeholders, with them, with the tag, with the signs as words.
    by_path = operation_name(f"{method} {fixed}")
    longer = operation_name(f"{method} {operation.path}")
    tag = next((tag for tag in list_in(operation.data, "tags") if isinstance(tag, str)), "")
    if not operation.wish or snake_case(operation.wish) == "unnamed":
        further = (operation_name(f"{tag} {longer}"), spelled_operation(method, operation.path))
        return NameRequest(operation.key, (by_path, longer, *further))
    name = wished_name(operation)
    further = (operation_name(f"{tag} {name}"), spelled_operation(method, operation.path))
    return NameRequest(
        operation.key,
        (name, operation_name(f"{name}_{by_path}"), operation_name(f"{name}_{longer}"), *further),
        exact=name in (operation.wish, f"{operation.wish}_"),
    )


def wished_name(operation: DeclaredOperation) -> str:
    """Return the name that an operation's document or overlay states.

    An overlay may end it with an underscore, which leaves the name itself to a workflow of the handwritten client.
    """
    name = operation_name(operation.wish)
    is_freed = operation.data.get("x-omics-name") == operation.wish and operation.wish.endswith("_")
    return f"{name}_" if is_freed and not name.endswith("_") else name


def command_word(operation: DeclaredOperation, name: str) -> str:
    """The word on the command line: the operation's name with dashes; a dot that the document has stays."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", operation.wish) and snake_case(operation.wish) == name:
        return operation.wish.lower().replace("_", "-") if "." in operation.wish else name.replace("_", "-")
    return name.strip("_").replace("_", "-")


def class_stem(name: str) -> str:
    """Return the beginning of an operation's class names; the async one has `Async` before it."""
    stem = pascal_case(name)
    return f"{stem}Call" if stem.startswith("Async") else stem
