"""Operations of platforms without a handler: the engine answers them, and what it sends keeps to the document."""

import re

import httpx
import pytest
from jsonschema import Draft202012Validator
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import operations, read_document
from omicsdk.sandbox.gen3 import ADMINISTRATOR

SERVICES = ("gen3/arborist", "gen3/fence", "gen3/manifest", "gen3/sheepdog", "gen3/wts")


@pytest.mark.parametrize("service", SERVICES)
def test_operations_without_a_handler_keep_to_the_document(sandbox: Sandbox, service: str):
    document = read_document(service)
    declared = {operation.name: operation for operation in operations(document)}
    explained = [explanation for explanation in sandbox.explain()[service] if explanation.kind != "handler"]
    assert explained
    token = sandbox.gen3.access.issue(ADMINISTRATOR, sandbox.gen3_url)
    with httpx.Client(base_url=sandbox.url, trust_env=False) as web:
        for explanation in explained:
            operation = declared[explanation.operation]
            path = f"/{service}" + re.sub(r"\{.*?\}", "x", explanation.path)
            body = {"json": {}} if operation.content.is_json else {}
            response = web.request(explanation.method, path, headers={"Authorization": f"Bearer {token}"}, **body)
            assert response.status_code < 500, explanation
            if response.is_success and operation.response.is_json and response.content:
                schema = {**operation.response.schema, "components": document.get("components", {})}
                Draft202012Validator(schema).validate(response.json())
            security = operation.data.get("security")
            if security and {} not in security:
                assert web.request(explanation.method, path, **body).status_code == 401, explanation
