"""Sample values that a service might send or accept, with which a package's own tests call its operations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from .operations import Case, Draft, Flow
from .plan import Package
from .shapes import ANY, Array, Enum, Map, Model, Ref, Scalar, Tuple, Type, Union

# Models of models are filled to this depth; below it only required fields are filled, and below twice that depth none.
_DEEP = 2
_SCALARS: dict[str, object] = {
    "any": "text", "null": None, "string": "text", "integer": 1, "number": 1.5, "boolean": True, "bytes": b"bytes",
    "uuid": "00000000-0000-4000-8000-0000000000AF", "decimal": "0.10", "byte": "Ynl0ZXM=", "duration": "P1DT90M",
    "time": "12:30", "int64": "9007199254740993", "date": "2024-02-29", "date-time": "2016-12-31T23:59:60.123456789Z",
}  # fmt: skip


@dataclass(frozen=True)
class Call:
    """An operation's call and a service's response.

    Attributes:
        name: the client's attribute.
        method: the HTTP method.
        path: pattern of the path that is sent.
        required: arguments without which there is no call.
        every: all arguments.
        status: of the response.
        kind: how the response is read, as in `operations.Case`.
        response: the service's response: JSON, text or bytes; None for an empty one.
    """

    name: str
    method: str
    path: str
    required: dict[str, object]
    every: dict[str, object]
    status: int
    kind: str
    response: object


def calls_of(package: Package) -> list[Call]:
    """A call of each operation, in the document's order."""
    return [_call(draft, package.shapes) for draft in package.drafts]


def _call(draft: Draft, models: Mapping[str, Model]) -> Call:
    usual = draft.body.arguments if draft.body is not None else ()
    others = {argument.python for body in draft.other_bodies for argument in body.arguments} - {
        argument.python for argument in usual
    }
    # A call sends one body: arguments of another one are refused beside it.
    sent = [argument for argument in draft.arguments if argument.python not in others]
    every = {argument.python: sample(argument.type, models) for argument in sent}
    # The arguments of the usual body, of which a call of several bodies may need some.
    needed = {argument.python for argument in usual if argument.required}
    needed |= {argument.python for argument in draft.arguments if argument.required}
    case = next((case for case in draft.cases if case.kind != "none" and not case.media), draft.cases[-1])
    return Call(
        name=draft.name,
        method=draft.operation.method,
        path=_path(draft),
        required={name: value for name, value in every.items() if name in needed},
        every=every,
        status=_status(case),
        kind="events" if draft.flow is not None and draft.flow.endless else case.kind,
        response=_event(draft.flow, models)
        if draft.flow is not None and draft.flow.endless
        else _response(case, models),
    )


def _path(draft: Draft) -> str:
    raw = {argument.wire for argument in draft.arguments if argument.position == "path" and argument.raw}
    pieces: list[str] = []
    for number, piece in enumerate(re.split(r"\{([^}]*)\}", draft.operation.sent.partition("?")[0])):
        pieces.append(
            re.escape(unquote(piece, errors="replace")) if number % 2 == 0 else ".+" if piece in raw else "[^/]+"
        )
    text = "".join(pieces)
    return text if text.startswith("/") else f"/{text}"


def _status(case: Case) -> int:
    exact = [int(status) for status in case.statuses if status.isdigit()]
    return exact[0] if exact else 204 if case.kind == "none" and "2XX" not in case.statuses else 200


def _event(flow: Flow, models: Mapping[str, Model]) -> object:
    return "text" if flow.data == "text" else sample(flow.type, models)


def _response(case: Case, models: Mapping[str, Model]) -> object:
    if case.type is not None:
        return sample(case.type, models)
    return {"text": "text", "bytes": b"bytes"}.get(case.kind)


def sample(type_: Type, models: Mapping[str, Model], depth: int = 0) -> object:
    """Return a value of a type.

    Args:
        type_: the type.
        models: all models by key.
        depth: number of models that contain it.
    """
    if isinstance(type_, Scalar):
        return _SCALARS[type_.kind]
    if isinstance(type_, Enum):
        return type_.values[0]
    if isinstance(type_, Array):
        return [] if depth > 2 * _DEEP else [sample(type_.item, models, depth)]
    if isinstance(type_, Tuple):
        return [sample(item, models, depth) for item in type_.items]
    if isinstance(type_, Map):
        return {} if depth > 2 * _DEEP else {"key": sample(type_.value, models, depth)}
    if isinstance(type_, Union):
        return sample(type_.members[0], models, depth)
    assert isinstance(type_, Ref)
    if depth > 2 * _DEEP:
        return {}
    fields = [field for field in models[type_.key].fields if field.required or depth < _DEEP]
    members = {field.wire: sample(field.type, models, depth + 1) for field in fields}
    return (
        members
        if models[type_.key].extra == ANY
        else members | {"key": sample(models[type_.key].extra, models, depth + 1)}
    )
