"""The bodies of errors: their types by operation and status, and by the class of core that is raised."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from .media import form_of, schema_in
from .naming import NameRequest, class_name, settle
from .normalise import Normaliser
from .operations import Draft, ErrorBody, class_stem
from .shapes import ANY, BYTES, Type, union_of
from .values import Json, Object, join, list_in, object_in


class ErrorBodies:
    """Settles the bodies of all errors of one document.

    Args:
        types: settles their types.

    Attributes:
        inline: pointers of the schemas without a name that bodies have.
    """

    def __init__(self, types: Normaliser) -> None:
        self._types = types
        self._places: dict[str, str] = {}
        self.inline: set[str] = set()

    def of(self, draft: Draft) -> list[ErrorBody]:
        """Settle the bodies of an operation's errors; those of any value, and those that are not JSON, are none."""
        bodies = (self._body(draft, status) for status in draft.error_statuses)
        return [body for body in bodies if body is not None]

    def _body(self, draft: Draft, status: str) -> ErrorBody | None:
        content = object_in(object_in(draft.operation.data, "responses")[status], "content")
        first, types = "", list[Type]()
        for name, media in content.items():
            schema = schema_in(media)
            if schema is not None and form_of(name, self._types.facts_of(schema)) == "json":
                pointer = join(draft.operation.key, "responses", status, "content", name, "schema")
                at, type_ = self._schema(schema, pointer)
                first = first or at
                types.append(type_)
        type_ = union_of(types) if types else ANY
        return None if type_ in (ANY, BYTES) else ErrorBody(status, first, type_)

    def _schema(self, schema: Json, pointer: str) -> tuple[str, Type]:
        if isinstance(schema, dict) and "$ref" not in schema:
            base = self._base(schema, pointer)
            if base is not None:
                return pointer, self._types.type_of(base, pointer)
            # Equal schemas are one class, because a document repeats those of its responses in each operation.
            pointer = self._places.setdefault(json.dumps(schema, sort_keys=True), pointer)
            self.inline.add(pointer)
        return pointer, self._types.type_of(schema, pointer)

    def _base(self, schema: Object, pointer: str) -> Object | None:
        """Return the reference to a named schema of which a schema only narrows fields, such as the codes of an operation."""
        for member in list_in(schema, "allOf"):
            if isinstance(member, dict) and "$ref" in member:
                own_fields, fields = (
                    self._types.flat(part, pointer).schema.get("properties") for part in (member, schema)
                )
                if isinstance(own_fields, dict) and isinstance(fields, dict) and own_fields.keys() == fields.keys():
                    return member
        return None

    def names(self, drafts: Iterable[Draft]) -> dict[str, str]:
        """Name the classes of schemas without a name, by pointer: after the error, and after the operation where there are
        several.
        """
        users: dict[str, list[tuple[str, str]]] = {}
        for draft in drafts:
            for body in draft.errors:
                if body.pointer in self.inline:
                    users.setdefault(body.pointer, []).append((draft.name, error_class(body.status)))
        candidates: list[NameRequest] = []
        for key, uses in users.items():
            kinds = {kind for _, kind in uses}
            kind = kinds.pop() if len(kinds) == 1 else "APIError"
            stem = "Error" if kind == "APIError" else kind
            # The first by name, not by place, so that an operation that moves in the document renames no class.
            stem_of_use = class_stem(min(name for name, _ in uses))
            candidates.append(NameRequest(key, (class_name(f"{stem}Data"), class_name(f"{stem_of_use}{stem}Data"))))
        return settle(candidates, [class_name(name) for name in self._types.schemas])


@dataclass(frozen=True)
class ErrorTypes:
    """The types of errors' bodies.

    Attributes:
        classes: of `data` by the names of core's classes: `APIError`, which is all of them, and those that have fewer.
        usual: for each of these the type that most operations state, which is also read where one states none.
        operations: by the names of operations and by statuses, where their type is not the usual one.
    """

    classes: Mapping[str, Type]
    usual: Mapping[str, Type]
    operations: Mapping[str, Mapping[str, Type]]

    def read(self) -> list[Type]:
        """The types that are read."""
        return list(
            dict.fromkeys(
                [*self.usual.values(), *(type_ for types in self.operations.values() for type_ in types.values())]
            )
        )


def error_types(drafts: Iterable[Draft]) -> ErrorTypes | None:
    """Collect the types of errors' bodies; None if no error has one that is known."""
    failing = [draft for draft in drafts if draft.errors]
    if not failing:
        return None
    counts = {kind: Counter[Type]() for kind in ("APIError", *PARENTS)}
    for draft in failing:
        for body, kind in _raised(draft):
            for parent in {kind, PARENTS.get(kind, kind), "APIError"}:  # a base has the types of its subclasses
                counts[parent][body.type] += 1
    # From the base to the subclasses: a class whose types are those of its base inherits `data`.
    classes: dict[str, Type] = {}
    for kind in ("APIError", "ServerError", *ERROR_CLASSES.values()):
        # Sorted, and ties of the most frequent below by text: the order of operations must not change types.
        every = union_of(sorted(counts[kind], key=repr)) if counts[kind] else None
        if every is not None and (not classes or every != classes[nearest(kind, classes)]):
            classes[kind] = every
    usual = {kind: min(counts[kind], key=lambda type_: (-counts[kind][type_], repr(type_))) for kind in classes}
    operations: dict[str, dict[str, Type]] = {}
    for draft in failing:
        differing = {body.status for body, kind in _raised(draft) if usual[nearest(kind, classes)] != body.type}
        if not all(
            status.isdigit() for status in differing
        ):  # a range would also apply to the statuses that are left out
            differing = {body.status for body in draft.errors}
        if differing:
            operations[draft.name] = {body.status: body.type for body in draft.errors if body.status in differing}
    return ErrorTypes(classes, usual, operations)


def error_keys(types: ErrorTypes | None) -> dict[Type, str]:
    """Return the keys by which the parser knows the types of errors' bodies."""
    return {} if types is None else {type_: f"#error {type_!r}" for type_ in (*types.classes.values(), *types.read())}


def _raised(draft: Draft) -> Iterator[tuple[ErrorBody, str]]:
    """The bodies of an operation's errors, each with the names of the classes of core that are raised with it."""
    bodies = {body.status: body for body in draft.errors}
    statuses = draft.error_statuses
    for status, kind in ERROR_CLASSES.items():
        status_key = next((key for key in (str(status), f"{status // 100}XX", "default") if key in statuses), "")
        if status_key in bodies:
            yield bodies[status_key], kind
    for kind, among in (("ServerError", "5XX"), ("APIError", "4XX")):
        others = [key for key in statuses if key == among or (key.isdigit() and error_class(key) == kind)]
        for key in [*others, *(["default"] if among not in statuses else [])]:
            if key in bodies:
                yield bodies[key], kind


def nearest(kind: str, classes: Container[str]) -> str:
    """Return the name of a class of core that is listed: its own, or that of the base that is next to it."""
    while kind not in classes:
        kind = PARENTS[kind]
    return kind


# -- the class of omicsdk.core for a response's status (tests compare them)

ERROR_CLASSES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    410: "Gone",
    412: "PreconditionFailed",
    413: "TooLarge",
    422: "Unprocessable",
    423: "Locked",
    429: "RateLimited",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}
# The base of each class, other than the class of all errors.
PARENTS = {
    **{name: "ServerError" if status >= 500 else "APIError" for status, name in ERROR_CLASSES.items()},
    "ServerError": "APIError",
}


def error_class(status: str) -> str:
    """The class for a status of a document: `404`, `4XX`, `default`."""
    if status.isdigit():
        return ERROR_CLASSES.get(int(status), "ServerError" if status.startswith("5") else "APIError")
    return "ServerError" if status == "5XX" else "APIError"
