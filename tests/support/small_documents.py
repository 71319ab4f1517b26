"""Small OpenAPI documents in code."""

from typing import Any

Json = dict[str, Any]


def content(schema: Json | None, media_type: str = "application/json") -> Json:
    """A body, or a response's, of a schema."""
    return {"content": {media_type: {} if schema is None else {"schema": schema}}}


def operation(response: Json | None = None, body: Json | None = None, *, status: int = 200, **more: Any) -> Json:
    """An operation with JSON of schemas, either of which may be absent."""
    answered = {"description": "done", **(content(response) if response is not None else {})}
    requested = {"requestBody": {"required": True, **content(body)}} if body is not None else {}
    return {"responses": {str(status): answered}, **requested, **more}


def reference(name: str) -> Json:
    """A reference to one of the document's schemas."""
    return {"$ref": f"#/components/schemas/{name}"}


def query(*names: str, **schemas: Json) -> list[Json]:
    """Parameters of the query: texts, and others by their schemas."""
    schemas_by_name = {**{name: {"type": "string"} for name in names}, **schemas}
    return [{"name": name, "in": "query", "schema": schema} for name, schema in schemas_by_name.items()]


def document(paths: Json, schemas: Json | None = None, **more: Any) -> Json:
    """A resolved document."""
    components = {"components": {"schemas": schemas}} if schemas is not None else {}
    return {"openapi": "3.1.0", "info": {"title": "Test", "version": "1"}, "paths": paths, **components, **more}


def object_of(*texts: str, required: tuple[str, ...] = (), **properties: Json) -> Json:
    """The schema of an object with texts and other properties."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**{name: {"type": "string"} for name in texts}, **properties},
    }


def list_of(items: Json, *texts: str, **properties: Json) -> Json:
    """The schema of a page, with its list in `items`."""
    return object_of(*texts, items={"type": "array", "items": items}, **properties)
