"""Answers made from a service's document, for operations of which the sandbox keeps no state."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from omicsdk.sandbox.document import Operation, operations, resolved
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
"""The header that marks such a response; its value is `example`."""

_BY_FORMAT: Mapping[str, str] = {"date-time": "2024-01-01T00:00:00Z", "uri": "https://example.org/"}


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
    def response(call: Call) -> Reply:
        # Only the service itself can verify the credentials, and it takes no part in this response.
        if operation.secured and not call.headers.get("authorization"):
            raise Problem(401, "unauthorized", f"{operation.name} needs an Authorization header")
        return reply_of(operation, document)

    return response


def reply_of(operation: Operation, document: Mapping[str, Any]) -> Reply:
    """Make the response of an operation: that of its first successful status.

    Args:
        operation: The operation; its document states a successful response.
        document: The OpenAPI 3.1 document.

    Returns:
        The response. Its body is JSON where the document has a schema for JSON, a text for other media types, and
        nothing where the response has no content.
    """
    status = min(status for status in operation.responses if status.startswith("2"))
    content: Mapping[str, Any] = resolved(operation.responses[status], document).get("content", {})
    headers = {HEADER: "example"}
    if stated := content.get("application/json"):
        return Reply(example(stated.get("schema", {}), document), int(status), headers)
    for media_type in content:
        return Reply(None, int(status), {**headers, "Content-Type": media_type}, "An example from the document.\n")
    return Reply(None, int(status), headers)


def example(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    """Make a value that conforms to a schema; always the same one.

    Constants, examples, defaults and first choices come first. Objects have all properties, lists one item, and numbers
    are the smallest allowed one from 0 on.

    Args:
        schema: A schema of the document that does not contain itself.
        document: The OpenAPI 3.1 document, which has the schemas referred to.

    Returns:
        Plain JSON.
    """
    schema = resolved(schema, document)
    for key in ("const", "example", "default"):
        if schema.get(key) is not None:
            return schema[key]
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema:
            return example(schema[key][0], document)
    if "enum" in schema:
        return schema["enum"][0]
    kind: Any = schema.get("type", "object" if "properties" in schema else "null")
    match kind if isinstance(kind, str) else kind[0]:
        case "object":
            properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
            return {name: example(each, document) for name, each in properties.items()}
        case "array":
            return [example(schema.get("items", {}), document)]
        case "string":
            return _BY_FORMAT.get(schema.get("format", ""), "string")
        case "integer" | "number":
            return max(0, schema.get("minimum", 0))
        case "boolean":
            return False
        case _:
            return None
