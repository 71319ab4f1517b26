"""Numbers that no database takes: each parameter and each field of every operation is tried with them, and none fails."""

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import Operation, operations, read_document
from omicsdk.sandbox.gen3 import ADMINISTRATOR
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER

LARGEST = 2**63 - 1
EDGE = (LARGEST + 1,)
FURTHER = (LARGEST, -LARGEST - 2, 10**25)
PLACES = {
    "dss": "/dss/v1",
    "fusillade": "/auth",
    "upload": "/upload",
    "sb": "/sb/v2",
    "crunch": "/crunch",
    "pangea": "/pangea",
    **{
        f"gen3/{name}": f"/gen3/{name}"
        for name in ("arborist", "fence", "indexd", "manifest", "metadata", "peregrine", "sheepdog", "wts")
    },
}
SAMPLES: Mapping[str, Any] = {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}, "null": None}


def credentials(sandbox: Sandbox, service: str) -> dict[str, str]:
    match service:
        case "dss" | "fusillade":
            return {"Authorization": f"Bearer {sandbox.token()}"}
        case "upload":
            return {"Api-Key": sandbox.upload_key}
        case "sb":
            return {"X-SBG-Auth-Token": sandbox.sb_token}
        case "crunch":
            return {"Authorization": f"Token {sandbox.crunch_token}"}
        case "pangea":
            person = sandbox.pangea.people.by_email(SANDBOX_PANGEA_USER)
            assert person is not None
            return {"Authorization": f"Token {sandbox.pangea.people.token(person)}"}
        case _:
            return {"Authorization": f"bearer {sandbox.gen3.access.issue(ADMINISTRATOR, sandbox.gen3_url)}"}


def sample(schema: Mapping[str, Any], document: Mapping[str, Any], depth: int = 0) -> Any:
    """A value that a schema may take, with what it requires."""
    schema = resolved(schema, document)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "object" and depth < 3:
        stated = schema.get("properties", {})
        return {name: sample(stated.get(name, {}), document, depth + 1) for name in schema.get("required", ())}
    return SAMPLES.get(kind, "dss://a" if schema.get("format") == "uri" else "a")


def resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    found = schema
    while "$ref" in found:
        target: Any = document
        for step in found["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        found = target
    merged: dict[str, Any] = dict(found)
    for part in found.get("allOf", ()):
        inner = resolved(part, document)
        merged["properties"] = {**merged.get("properties", {}), **inner.get("properties", {})}
        merged["required"] = [*merged.get("required", ()), *inner.get("required", ())]
    for part in (*found.get("oneOf", ()), *found.get("anyOf", ())):
        return {**resolved(part, document), **{k: v for k, v in merged.items() if k not in ("oneOf", "anyOf")}}
    return merged


def bodies(operation: Operation, document: Mapping[str, Any], number: int, *, further: bool) -> Iterator[Any]:
    """Bodies with the number in one field each, one level below the top too."""
    if operation.body is None:
        yield None
        return
    schema, right = resolved(operation.body, document), sample(operation.body, document)
    yield right
    yield number
    # A database takes the largest: it is tried as each field itself, and below only what none takes.
    fits = number == LARGEST and not further
    for name, inner in schema.get("properties", {}).items():
        base = right if isinstance(right, dict) else {}
        yield {**base, name: number}
        if fits:
            continue
        yield {**base, name: [number]}
        below = resolved(inner, document)
        below = resolved(below.get("items", {}), document) if below.get("type") == "array" else below
        for field in below.get("properties", {}):
            value = {**(sample(below, document, 1) or {}), field: number}
            yield {**base, name: [value] if resolved(inner, document).get("type") == "array" else value}


def asked(operation: Operation, document: Mapping[str, Any], *, further: bool) -> Iterator[tuple[str, Any]]:
    """Path with query, and body of requests with a number in one place each.

    Each has the least number that a database does not take, and `further` ones if asked.
    """
    numbers = (*EDGE, *(FURTHER if further else ()))

    def request(where: str, number: int, body: Any) -> tuple[str, Any]:
        path, query = operation.path, list[tuple[str, str]]()
        for parameter in operation.parameters:
            given = str(number) if parameter.name == where else str(sample(parameter.schema, document))
            if parameter.place == "path":
                path = path.replace(f"{{{parameter.name}}}", quote(given, safe=""))
            elif parameter.place == "query" and (parameter.required or parameter.name == where):
                query.append((parameter.name, given))
        return (f"{path}?{urlencode(query)}" if query else path), body

    right = None if operation.body is None else sample(operation.body, document)
    for parameter in operation.parameters:
        if parameter.place in ("path", "query"):
            for number in numbers:
                yield request(parameter.name, number, right)
    for number in numbers:
        for body in bodies(operation, document, number, further=further):
            yield request("", number, body)


@pytest.mark.parametrize("further", [False, pytest.param(True, marks=pytest.mark.long)])
@pytest.mark.parametrize("service", PLACES)
def test_no_number_makes_an_operation_fail(sandbox: Sandbox, service: str, further: bool):
    document = read_document(service)
    headers = credentials(sandbox, service)
    typed = {**headers, "Content-Type": "application/json"}
    failed: list[str] = []
    count = 0
    # A client of Python's own: those of the platforms take longer for a request than the sandbox.
    with closing(http.client.HTTPConnection(urlsplit(sandbox.url).netloc)) as connection:
        for operation in operations(document):
            for path, body in asked(operation, document, further=further):
                content = None if body is None else json.dumps(body).encode()
                connection.request(
                    operation.method, f"{PLACES[service]}{path}", content, headers if content is None else typed
                )
                response = connection.getresponse().read()
                count += 1
                if b"failed in the sandbox" in response or b"sandbox failed" in response:
                    failed.append(f"{operation.name} {path} {body}: {response[:100]}")
    assert failed == []
    assert count > len(operations(document))
