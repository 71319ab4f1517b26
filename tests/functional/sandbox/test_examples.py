"""Responses made from documents: they keep to their schemas, and replace refusals of operations without state."""

import re

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import operations, read_document
from omicsdk.sandbox.examples import ANSWERED, HEADER, reply_of
from omicsdk.sandbox.gen3 import ADMINISTRATOR

OPERATIONS = [(service, name) for service, names in ANSWERED.items() for name in names]


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_an_operation_without_state_is_answered_from_the_document(sandbox: Sandbox, service: str, name: str):
    document = read_document(service)
    operation = next(each for each in operations(document) if each.name == name)
    path = f"/gen3/{service.removeprefix('gen3/')}" + re.sub(r"\{.*?\}", "x", operation.path)
    token = sandbox.gen3.access.issue(ADMINISTRATOR, sandbox.gen3_url)
    with httpx.Client(base_url=sandbox.url, trust_env=False) as web:
        response = web.request(operation.method, path, headers={"Authorization": f"Bearer {token}"})
        unknown = web.request(operation.method, path)
    expected = reply_of(operation, document)
    told = response.json() if response.headers.get("content-type") == "application/json" else response.text
    assert (response.status_code, response.headers[HEADER]) == (expected.status, "example")
    assert told == (expected.body or expected.text or "")
    assert unknown.status_code == (401 if operation.secured else response.status_code)
