"""Errors as the document states them: in the schema of the operation's response, else as problem details (RFC 9457)."""

from collections.abc import Sequence
from typing import Any

from omicsdk.sandbox.document import EMPTY, Operation, Schema
from omicsdk.sandbox.engine.schemas import Schemas, words
from omicsdk.sandbox.engine.values import ABSENT, Values
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Reply
from omicsdk.sandbox.validation import Refused

PROBLEM = "application/problem+json"

_MESSAGES = frozenset(
    {"message", "msg", "detail", "details", "title", "description", "error_description", "error_message", "reason", "text",
     "error", "errors", "error_msg", "user_message", "summary", "context_info", "errmsg", "non_field_errors"}
)  # fmt: skip
_CODES = frozenset({"code", "error_code", "error", "type", "error_type", "name", "kind", "key", "category"})
_STATUSES = frozenset({"status", "status_code", "http_status", "code", "http_code", "status_code_value", "error_code"})
_PLACES = frozenset({"loc", "path", "field", "pointer", "location", "property", "param", "parameter", "source"})


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
            body: dict[str, Any] = {
                "type": "about:blank",
                "title": problem.code,
                "status": status,
                "detail": problem.title,
            }
            if isinstance(problem, Refused):
                body["errors"] = [
                    {"in": each.place, "field": _dotted(each.field), "detail": each.message} for each in problem.faults
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

    def __call__(self, place: Sequence[str], schema: Schema) -> Any:
        last = words(place[-1])
        kinds = self._schemas.kinds(schema)
        if kinds & {"object"} and self._schemas.is_object(schema):
            return {} if last in _MESSAGES | {"errors", "status", "meta", "data"} or len(place) == 1 else ABSENT
        if "array" in kinds:
            return self._listed(last, schema)
        if "string" in kinds:
            return self._text(last, schema)
        if kinds & {"integer", "number"}:
            return self._status if last in _STATUSES else ABSENT
        if "boolean" in kinds:
            return (
                False
                if last in ("ok", "success", "successful", "is_success")
                else True
                if last in ("error", "is_error")
                else ABSENT
            )
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
        if last in _CODES and last != "error":
            return self._problem.code
        if last in _PLACES:
            return _dotted(self._field) if self._field else ABSENT
        return self._problem.title if last in _MESSAGES else ABSENT


def _dotted(field: Sequence[str | int]) -> str:
    return ".".join(map(str, field))
