"""Answers made from a service's document, for operations of which the sandbox keeps no state."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from omicsdk.sandbox.document import Operation, operations
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, Handler, Reply, Service

ANSWERED: Mapping[str, Sequence[str]] = {
    "gen3/fence": (
        # Google accounts and service accounts
        *("list_google_keys", "create_google_key", "delete_google_key", "delete_all_google_keys"),
        *("extend_google_link", "unlink_google_account", "get_billing_projects", "get_monitoring_account"),
        *("list_service_accounts", "register_service_account", "check_service_account"),
        *("check_service_account_update", "update_service_account", "delete_service_account"),
        "ensure_primary_service_account",
        # keys of other providers, sessions, and the deployment itself
        *("list_provider_keys", "create_provider_key", "delete_provider_key"),
        *("check_token_denylisted", "revoke_token", "get_contents", "get_metrics", "get_privacy_policy"),
    ),
    "gen3/sheepdog": ("mark_records",),
}
"""Operations answered from the document, by service. No published client and no workflow of omicsdk calls them."""

HEADER = "X-Sandbox-Answer"
"""The header that marks such an answer; its value is `example`."""

MIME_JSON = "application/json"

# By format first; for a pattern the first one that matches. Both lists cover what the documents use.
_BY_FORMAT: Mapping[str, str] = {
    "date": "2024-01-01",
    "date-time": "2024-01-01T00:00:00Z",
    "decimal": "0",
    "DSS_VERSION": "2024-01-01T000000.000000Z",
    "email": "user@example.org",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_BY_PATTERN = (
    "string",
    "https://example.org/",
    *("0" * length for length in (1, 8, 32, 40, 64, 128)),
    "00000000-0000-4000-8000-000000000000",
    "aa:aa",
    "arn:aws:iam::0:user/example",
)


def with_examples(service: Service) -> Service:
    """A service that answers its operations of `ANSWERED` from its document in place of refusing them."""
    names = ANSWERED.get(service.name, ())
    if not names:
        return service
    examples = {
        each.name: _handler(each, service.document) for each in operations(service.document) if each.name in names
    }
    absent = {name: reason for name, reason in service.absent.items() if name not in examples}
    return replace(service, handlers={**examples, **service.handlers}, absent=absent)


def _handler(operation: Operation, document: Mapping[str, Any]) -> Handler:
    def answer(call: Call) -> Reply:
        # Only the service itself can verify the credentials, and it has no part in this answer.
        if operation.secured and not call.headers.get("authorization"):
            raise Problem(401, "unauthorized", f"{operation.name} needs an Authorization header")
        return reply_of(operation, document)

    return answer


def reply_of(operation: Operation, document: Mapping[str, Any]) -> Reply:
    """Make the answer of an operation: that of its first successful status.

    Args:
        operation: The operation; its document states a successful response.
        document: The OpenAPI 3.1 document.

    Returns:
        The answer. Its body is JSON where the document has a schema for JSON, a text for other media types, and
        nothing where the response has no content.
    """
    status = min(status for status in operation.responses if status.startswith("2"))
    response = resolved(operation.responses[status], document)
    content: Mapping[str, Any] = response.get("content", {})
    headers = {HEADER: "example"}
    if MIME_JSON in content:
        return Reply(example(content[MIME_JSON].get("schema", {}), document), int(status), headers)
    if content:
        media_type = next(iter(content))
        return Reply(None, int(status), {**headers, "Content-Type": media_type}, "An example from the document.\n")
    return Reply(None, int(status), headers)


def example(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    """Make a value that keeps to a schema; always the same one.

    The schema's own `const`, `example`, `default` or first `enum` value comes first. Otherwise objects have all
    properties, without the optional ones that would contain themselves, lists have as few items as they may but one
    where that is possible, texts keep to format and pattern, and numbers are the smallest allowed one from 0 on.

    Args:
        schema: A schema of the document.
        document: The OpenAPI 3.1 document, which has the schemas referred to.

    Returns:
        Plain JSON.

    Raises:
        ValueError: The schema requires an object to contain itself, or a text has a pattern without an example here.
    """
    return _Examples(document).of(schema, ())


def resolved(stated: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Replace a reference into the document by what it refers to, keeping the keys beside it."""
    while "$ref" in stated:
        found: Any = document
        for step in stated["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        stated = {**found, **{key: value for key, value in stated.items() if key != "$ref"}}
    return stated


class _SelfContained(ValueError):
    """An object would have to contain itself."""


class _Examples:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def of(self, schema: Mapping[str, Any], around: tuple[str, ...]) -> Any:
        """The example; `around` are the references that lead to the schema."""
        if "$ref" in schema:
            if schema["$ref"] in around:
                raise _SelfContained(f"{schema['$ref']} requires itself")
            around = (*around, schema["$ref"])
        stated = self._merged(schema)
        for key in ("const", "example", "default"):
            if stated.get(key) is not None:
                return stated[key]
        if "enum" in stated:
            return stated["enum"][0]
        for choices in ("oneOf", "anyOf"):
            if choices in stated:
                return self._first(stated[choices], around)
        return self._of_type(stated, around)

    def _merged(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """A schema with the parts of its allOf in it, which may be references."""
        stated = dict(resolved(schema, self._document))
        parts: list[Mapping[str, Any]] = stated.pop("allOf", [])
        for part in (self._merged(each) for each in parts):
            properties = dict(part.get("properties", {}))
            for name, own in cast("Mapping[str, Any]", stated.get("properties", {})).items():
                properties[name] = {"allOf": [properties[name], own]} if name in properties else own
            required = [*part.get("required", []), *stated.get("required", [])]
            stated = {**part, **stated, "properties": properties, "required": required}
            if not properties:
                del stated["properties"], stated["required"]
        return stated

    def _first(self, choices: Sequence[Mapping[str, Any]], around: tuple[str, ...]) -> Any:
        """The example of the first choice that has one."""
        for each in choices[:-1]:
            try:
                return self.of(each, around)
            except _SelfContained:
                continue
        return self.of(choices[-1], around)

    def _of_type(self, stated: Mapping[str, Any], around: tuple[str, ...]) -> Any:
        kinds: Any = stated.get("type", "object" if "properties" in stated else "null")
        match kinds if isinstance(kinds, str) else kinds[0]:
            case "object":
                return self._object(stated, around)
            case "array":
                return self._list(stated, around)
            case "string":
                return _text(stated)
            case "integer" | "number":
                return max(0, stated.get("minimum", 0))
            case "boolean":
                return False
            case _:
                return None

    def _object(self, stated: Mapping[str, Any], around: tuple[str, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, schema in cast("Mapping[str, Mapping[str, Any]]", stated.get("properties", {})).items():
            try:
                found[name] = self.of(schema, around)
            except _SelfContained:
                if name in stated.get("required", ()):
                    raise
        return found

    def _list(self, stated: Mapping[str, Any], around: tuple[str, ...]) -> list[Any]:
        least = stated.get("minItems", 0)
        try:
            return [self.of(stated.get("items", {}), around)] * max(1, least)
        except _SelfContained:
            if least:
                raise
            return []


def _text(stated: Mapping[str, Any]) -> str:
    plain = _BY_FORMAT.get(stated.get("format", ""), "string")
    if "pattern" not in stated:
        return plain.ljust(stated.get("minLength", 0), "x")[: stated.get("maxLength")]
    found = next((each for each in (plain, *_BY_PATTERN) if re.search(stated["pattern"], each)), None)
    if found is None:
        raise ValueError(f"no example for the pattern {stated['pattern']}")
    return found
