"""Documents of services as the sandbox reads and serves them, and their operations."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, TypeVar, cast

from omicsdk.sandbox.routing import PATH_PARAMETER

T = TypeVar("T")

Schema = Mapping[str, Any]
# Names and texts of a query or of a form, in their order.
Pairs = Sequence[tuple[str, str]]
EMPTY: Schema = {}

METHODS = ("get", "head", "put", "post", "patch", "delete", "options", "query")
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
STREAMS = frozenset(
    {"text/event-stream", "application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-seq",
     "application/x-jsonlines", "application/jsonlines"}
)  # fmt: skip

_SUFFIX = re.compile(r"\.(json|xml)$")
_DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|"}


def as_mapping(value: object) -> Mapping[str, Any]:
    """A value that is an object of JSON; an empty one for another value."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else EMPTY


def as_list(value: object) -> list[Any]:
    """A value that is a list; an empty one for another value."""
    return cast("list[Any]", value) if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument outside the body.

    Attributes:
        name: Its name on the wire.
        place: Its place: path, query, header or cookie.
        required: Whether a request without it is refused.
        schema: Its schema.
        raw: Whether it is the part of a path in which slashes stay.
        delimiter: What is between the items of a list in one text; empty where each item is a parameter.
        is_deep: Whether an object's members are sent as `name[member]`.
        is_encoded: Whether its value is a text of JSON or of another media type.
        mark: What precedes it in a path: `.` in style label, `;` in style matrix.
        is_exploded: Whether an object's members are one text of `member=value`.
    """

    name: str
    place: str
    required: bool
    schema: Schema
    raw: bool = False
    delimiter: str = ""
    is_deep: bool = False
    is_encoded: bool = False
    mark: str = ""
    is_exploded: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """A body of one media type.

    Attributes:
        media_type: In small letters, without parameters; empty for no body.
        schema: Its schema.
        media: Its media type object.
    """

    media_type: str
    schema: Schema
    media: Mapping[str, Any]

    @property
    def is_json(self) -> bool:
        """Whether it is JSON."""
        return is_json(self.media_type)

    @property
    def is_stream(self) -> bool:
        """Whether it is a stream of events or of lines of JSON."""
        return self.media_type in STREAMS

    @property
    def is_text(self) -> bool:
        """Whether it is decoded, and not stored as bytes."""
        return (self.is_json and self.schema.get("format") != "binary") or self.media_type in (FORM, MULTIPART)


NO_CONTENT = Content("", {}, {})


def is_json(media_type: str) -> bool:
    """Whether a media type is one of JSON, or of anything."""
    return media_type in ("application/json", "*/*", "text/json") or media_type.endswith("+json")


def media_type_of(header: str) -> str:
    """A Content-Type in small letters, without its parameters."""
    return header.partition(";")[0].strip().lower()


@dataclass(frozen=True, eq=False)
class Operation:
    """One method of one path; equal to itself alone.

    Attributes:
        name: Its name: x-omics-name, which is also its handler's, operationId, or method and path.
        method: The HTTP method in capitals.
        path: The path template, such as /files/{uuid}.
        data: The operation object.
        parameters: Its arguments outside the body.
        secured: Whether it needs credentials.
    """

    name: str
    method: str
    path: str
    data: Mapping[str, Any]
    parameters: tuple[Parameter, ...]
    secured: bool

    @cached_property
    def route(self) -> str:
        """The path template as routers take it: in raw parameters slashes stay."""
        path = self.path
        for parameter in self.parameters:
            if parameter.raw:
                path = path.replace(f"{{{parameter.name}}}", f"{{{parameter.name}:path}}")
        return path

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path's segments, `{}` for each parameter, without a suffix such as `.json` and a slash at the end."""
        return tuple(PATH_PARAMETER.sub("{}", _SUFFIX.sub("", part)) for part in self.path.strip("/").split("/"))

    @cached_property
    def path_parameters(self) -> tuple[str, ...]:
        """Names of the path's parameters, in their order."""
        return tuple(match[1] for match in PATH_PARAMETER.finditer(self.path))

    def sent(self, place: str) -> Iterator[Parameter]:
        """Its parameters of one place: path, query, header or cookie."""
        return (parameter for parameter in self.parameters if parameter.place == place)

    @cached_property
    def bodies(self) -> Sequence[Content]:
        """The bodies that its requests may have, JSON first."""
        return _contents(self.data.get("requestBody"))

    @cached_property
    def content(self) -> Content:
        """The first of the bodies that state fields: JSON, else a form."""
        return next((body for body in self.bodies if body.is_json or body.media_type in (FORM, MULTIPART)), NO_CONTENT)

    @property
    def body(self) -> Schema | None:
        """The schema of its JSON body; None where it has none."""
        return self.content.schema if self.content.is_json else None

    @property
    def needs_body(self) -> bool:
        """Whether a request without a body is refused."""
        return bool(self.bodies) and bool(self.data["requestBody"].get("required"))

    @cached_property
    def success(self) -> tuple[int, Mapping[str, Any]]:
        """The status of its successful response, and the response as stated."""
        responses: Mapping[str, Any] = self.data.get("responses", {})
        successful = sorted(status for status in responses if re.fullmatch(r"2(\d\d|XX)", status, re.IGNORECASE))
        usual = {"POST": ("201", "200"), "DELETE": ("204", "200"), "PUT": ("200", "201")}.get(self.method, ("200",))
        status = next((code for code in usual if code in successful), successful[0] if successful else "")
        if status:
            return int(status) if status.isdigit() else 200, responses[status]
        redirect = next((status for status in sorted(responses) if re.fullmatch(r"3\d\d", status)), "")
        if redirect and "default" not in responses:
            return int(redirect), responses[redirect]
        default: Mapping[str, Any] = responses.get("default", {})
        return 200 if default.get("content") else 204, default

    @cached_property
    def responses(self) -> Sequence[Content]:
        """The bodies of its successful response, JSON first."""
        return _contents(self.success[1])

    @property
    def response(self) -> Content:
        """The first body of its successful response."""
        return next(iter(self.responses), NO_CONTENT)

    def error(self, status: int) -> Content | None:
        """The JSON of its response of a status that is an error; None where the document states none."""
        responses: Mapping[str, Any] = self.data.get("responses", {})
        for key in (str(status), f"{status // 100}XX", f"{status // 100}xx", "default"):
            if key in responses:
                return next((body for body in _contents(responses[key]) if body.is_json and body.schema), None)
        return None

    def states(self, status: int) -> bool:
        """Whether the document states a response of a status."""
        return str(status) in self.data.get("responses", {})


def _contents(holder: object) -> Sequence[Content]:
    media_types = as_mapping(as_mapping(holder).get("content"))
    contents = [
        Content(media_type_of(kind), _schema_of(as_mapping(media)), as_mapping(media))
        for kind, media in media_types.items()
    ]
    return sorted(contents, key=lambda content: (not content.is_json, content.media_type not in (FORM, MULTIPART)))


def _schema_of(media: Mapping[str, Any]) -> Schema:
    """The schema of a body, or of the items of a stream; that of an event is the one of its data."""
    schema = as_mapping(media.get("schema", media.get("itemSchema")))
    data = as_mapping(as_mapping(schema.get("properties")).get("data"))
    return as_mapping(data.get("contentSchema")) or schema


def once_a_document(function: Callable[[Mapping[str, Any]], T]) -> Callable[[Mapping[str, Any]], T]:
    """Make a function of a document cache its results: each sandbox of a process starts with the same documents."""
    results: dict[int, tuple[Mapping[str, Any], T]] = {}

    def remembered(document: Mapping[str, Any]) -> T:
        result = results.get(id(document))
        if result is None or result[0] is not document:
            # A reference to the document is kept, so that its id is not reused.
            result = results[id(document)] = (document, function(document))
        return result[1]

    return remembered


@cache
def read_table(name: str) -> Mapping[str, Any]:
    """Read a table of the sandbox, once.

    Args:
        name: Its file below the package, such as azul/fields.toml.
    """
    return tomllib.loads(files("omicsdk.sandbox").joinpath(name).read_text(encoding="utf-8"))


@cache
def read_document(service: str) -> Mapping[str, Any]:
    """Read the document that was generated for a service, once: each sandbox of a process starts with it.

    Args:
        service: The service's name, such as dss.

    Returns:
        The OpenAPI 3.1 document.

    Raises:
        FileNotFoundError: The generated package has none.
    """
    import omicsdk_api

    path = files(omicsdk_api).joinpath(service, "openapi.json")
    if not path.is_file():
        raise FileNotFoundError(f"{path} not found: run `make codegen`")
    return json.loads(path.read_bytes())


@once_a_document
def operations(document: Mapping[str, Any]) -> Sequence[Operation]:
    """All operations of a document, in its order.

    Args:
        document: A resolved OpenAPI 3.1 document; one without paths has none.
    """
    paths: Mapping[str, Any] = document.get("paths") or EMPTY
    return [
        _operation(
            document, template.partition("#")[0].partition("?")[0], method, item[method], item.get("parameters", ())
        )
        for template, item in paths.items()
        for method in METHODS
        if isinstance(item.get(method), Mapping)
    ]


def _operation(
    document: Mapping[str, Any], path: str, method: str, data: Mapping[str, Any], shared: Sequence[Any]
) -> Operation:
    name = data.get("x-omics-name") or data.get("operationId") or f"{method.upper()} {path}"
    all_parameters = [*shared, *data.get("parameters", ())]
    parameters = {(entry.get("in"), entry["name"]): entry for entry in all_parameters if "name" in entry}
    security: Sequence[Any] = data.get("security", document.get("security") or ())
    return Operation(
        str(name),
        method.upper(),
        path,
        data,
        tuple(map(_parameter, parameters.values())),
        # An empty requirement among the alternatives means that credentials are optional.
        secured=bool(security) and {} not in security,
    )


def _parameter(data: Mapping[str, Any]) -> Parameter:
    location = str(data.get("in"))
    content = as_mapping(data.get("content"))
    holder = as_mapping(next(iter(content.values()), EMPTY)) if content else data
    mark = {"label": ".", "matrix": ";"}.get(str(data.get("style")), "")
    # A cookie has one value, and in a query each member is a parameter.
    is_exploded = data.get("explode") is True and location in ("path", "header")
    return Parameter(
        name=str(data["name"]),
        place=location,
        required=bool(data.get("required")),
        schema=as_mapping(holder.get("schema")),
        raw=bool(data.get("x-omics-raw-path")),
        delimiter=mark if mark and is_exploded else delimiter_of(data, is_joined=location != "query"),
        is_deep=data.get("style") == "deepObject",
        is_encoded=bool(content),
        mark=mark,
        is_exploded=is_exploded,
    )


def delimiter_of(data: Mapping[str, Any], *, is_joined: bool = False) -> str:
    """What is between the items of a list; empty where each item is separate.

    Args:
        data: A parameter, or the encoding of a form's field.
        is_joined: Whether the items are joined also where its style is exploded.
    """
    return _DELIMITERS.get(str(data.get("style")), "," if is_joined or data.get("explode") is False else "")


def secured_everywhere(document: Mapping[str, Any]) -> dict[str, Any]:
    """Restrict a document: every operation needs what the secured ones need."""
    all_operations = [item[method] for item in document["paths"].values() for method in METHODS if method in item]
    none: list[Any] = []
    security: list[Any] = next((item["security"] for item in all_operations if item.get("security")), none)

    def secured(item: Mapping[str, Any]) -> dict[str, Any]:
        return {key: {**value, "security": security} if key in METHODS else value for key, value in item.items()}

    return {**document, "paths": {path: secured(item) for path, item in document["paths"].items()}}


def plain_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same document, with every schema that an allOf of one adds text to written out, and null as `nullable`.

    Args:
        document: An OpenAPI 3.1 document whose references point to its own schemas only.

    Returns:
        A new document; the old one is unchanged.
    """
    return {**cast("dict[str, Any]", _plain(document, document)), "openapi": "3.0.3"}


def _plain(value: Any, document: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_plain(item, document) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    object_ = cast("dict[str, Any]", value)
    alone = object_.get("allOf")
    # Published clients read the type of a field, and nothing behind an allOf.
    if isinstance(alone, list) and len(cast("list[Any]", alone)) == 1 and "properties" not in object_:
        rest = {key: member for key, member in object_.items() if key != "allOf"}
        return _plain({**resolved(cast("list[Any]", alone)[0], document), **rest}, document)
    kinds = object_.get("type")
    if isinstance(kinds, list) and "null" in kinds:
        real = [kind for kind in cast("list[Any]", kinds) if kind != "null"]
        object_ = {**object_, "type": real[0] if len(real) == 1 else real, "nullable": True}
    elif kinds == "null":
        object_ = {**object_, "type": "string", "nullable": True, "enum": [None]}
    return {key: _plain(member, document) for key, member in object_.items()}


def resolved(node: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Replace a reference into the document by what it refers to, keeping the keys beside it.

    Args:
        node: A schema, response or other object of the document.
        document: The document.
    """
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return node
