"""Refusals in the error schemas of documents, such as those of published services."""

from typing import Any

import pytest
from omicsdk.sandbox.document import operations
from omicsdk.sandbox.engine.responses import Errors
from omicsdk.sandbox.engine.schemas import Schemas
from omicsdk.sandbox.engine.values import Values
from omicsdk.sandbox.problems import Fault, Refused
from small_documents import content, document, object_of, operation

TEXT, INTEGER, BOOLEAN = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
PROBLEM = Refused([Fault("query", ("size",), "has the minimum 1, not 0", "minimum")], 422, "bad_size")
TITLE = "The query parameter 'size' has the minimum 1, not 0"


def array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        pytest.param(
            object_of(detail=array(object_of("msg", "type", loc=array({"anyOf": [TEXT, INTEGER]})))),
            {"detail": [{"msg": TITLE, "type": "bad_size", "loc": ["query", "size"]}]},
            id="FastAPI",
        ),
        pytest.param(
            object_of("message", errors=array(object_of("resource", "field", "code"))),
            {"message": TITLE, "errors": [{"field": "size", "code": "bad_size"}]},
            id="GitHub",
        ),
        pytest.param(
            object_of(error=object_of("message", code=INTEGER)), {"error": {"code": 422, "message": TITLE}}, id="Google"
        ),
        pytest.param(object_of("error", ok=BOOLEAN), {"error": TITLE, "ok": False}, id="Slack"),
        pytest.param(object_of("text", isError=BOOLEAN), {"text": TITLE, "isError": True}, id="MCP"),
        pytest.param(
            object_of("status", "kind", "detail", errors=array(TEXT)),
            {"status": "422", "kind": "bad_size", "detail": TITLE, "errors": [TITLE]},
            id="texts",
        ),
        pytest.param(
            object_of(error_msg={}, error_message={}, errors={}),
            {"error_msg": TITLE, "error_message": TITLE, "errors": TITLE},
            id="any",
        ),
        pytest.param(
            object_of(code={"type": "string", "enum": ["bad_size"]}, type={"type": "string", "enum": ["other"]}),
            {"code": "bad_size"},
            id="enum",
        ),
    ],
)
def test_a_refusal_fills_the_fields_of_the_documents_error(schema: dict[str, Any], body: dict[str, Any]):
    described = document({"/things": {"get": operation()}})
    described["paths"]["/things"]["get"]["responses"]["422"] = {"description": "wrong", **content(schema)}
    schemas = Schemas(described)
    reply = Errors(schemas, Values(schemas)).reply(PROBLEM, operations(described)[0])
    assert (reply.status, reply.body) == (422, body)
    assert reply.headers["Content-Type"] == "application/json"


def test_a_refusal_without_an_error_in_the_document_is_a_problem():
    schemas = Schemas(document({}))
    reply = Errors(schemas, Values(schemas)).reply(PROBLEM, None)
    assert reply.body == {
        "type": "about:blank",
        "title": "bad_size",
        "status": 422,
        "detail": TITLE,
        "errors": [{"in": "query", "field": "size", "detail": "has the minimum 1, not 0"}],
    }
