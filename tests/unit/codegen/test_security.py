"""Security schemes in terms of the credentials that a client takes."""

from typing import Any

import httpx
import pytest
from omicsdk.core import credentials as ours
from omicsdk_codegen.security import need_of, ways_of
from planned_documents import planned
from small_documents import document

CASES: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "apiKey", "in": "header", "name": "X-Key"}, "ApiKey(key, header='X-Key')", "header X-Key"),
    ({"type": "apiKey", "in": "query", "name": "k"}, "ApiKey(key, query='k')", "query parameter k"),
    ({"type": "apiKey", "in": "header", "name": "Authorization", "description": "Bearer TOKEN"}, "BearerToken(token)", "TOKEN"),
    ({"type": "apiKey", "in": "header", "name": "Authorization"}, "ApiKey(key, header='Authorization')", ""),
    ({"type": "apiKey", "in": "cookie", "name": "sid"}, "ApiKey(key, cookie='sid')", "cookie sid"),
    ({"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}, "BearerToken(token)", "(JWT)"),
    ({"type": "http", "scheme": "Basic"}, "Basic(username, password)", "password"),
    ({"type": "http", "scheme": "digest"}, "httpx.DigestAuth(username, password)", ""),
    ({"type": "http", "scheme": "token"}, "ApiKey(key, header='Authorization', prefix='Token ')", ""),
    ({"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://a.example/t"}}}, "BearerToken(token)",
     "(client credentials from https://a.example/t)"),
    ({"type": "openIdConnect", "openIdConnectUrl": "https://o.example"}, "BearerToken(token)", "https://o.example"),
    ({"type": "mutualTLS"}, "ClientCertificate(certificate, key)", "client certificate"),
    ({}, "", "doesn't say"),
]  # fmt: skip


@pytest.mark.parametrize(("scheme", "code", "description"), CASES)
def test_a_scheme_is_credentials(scheme: dict[str, Any], code: str, description: str) -> None:
    (way,) = ways_of({"components": {"securitySchemes": {"s": scheme}}})
    assert (way.scheme, way.code) == ("s", code)
    assert description in way.description
    if code:
        names = dict.fromkeys(("key", "token", "username", "password", "certificate"), "x")
        assert ours.as_credentials(eval(code, {**vars(ours), "httpx": httpx, **names})) is not None


def _document(**more: Any) -> dict[str, Any]:
    schemes = {"key": CASES[0][0], 'odd`"""\n': {"type": "http", "scheme": 'bearer\n"""; raise SystemExit'}}
    paths = {"/a": {"get": {"responses": {}, "security": [{"key": []}]}}, "/b": {"get": {"responses": {}}}}
    return document(paths, components={"securitySchemes": schemes}, **more)


def test_the_client_states_what_it_takes() -> None:
    package = planned(_document())
    doc = " ".join(package.client_doc.split())
    assert "The service takes ApiKey(key, header='X-Key') for key: A key in the header X-Key; or " in doc
    assert "1 of 2 operations requires them." in doc
    namespace: dict[str, Any] = {}
    exec(f"DOC = {package.client_doc}", namespace)
    assert "raise SystemExit" in namespace["DOC"].lower().replace("systemexit", "SystemExit")


@pytest.mark.parametrize(
    ("security", "extensions", "need"),
    [
        ([{"key": []}], {}, "All operations require them."),
        ([{}], {}, "1 of 2 operations requires them."),
        ([], {}, "1 of 2 operations requires them."),
        ([{"key": []}], {"x-omics-public": True}, "1 of 2 operations requires them."),
    ],
)
def test_how_many_operations_ask(security: Any, extensions: dict[str, bool], need: str) -> None:
    data = _document(security=security)
    data["paths"]["/b"]["get"] |= extensions
    assert need_of(data) == need


def test_a_scheme_whose_type_is_a_list_is_none() -> None:
    schemes = {"key": {"type": ["apiKey"], "in": "header", "name": "X-Key"}}
    assert planned(document({"/a": {"get": {"responses": {}}}}, components={"securitySchemes": schemes})).operations


def test_a_service_that_requests_nothing_reports_nothing() -> None:
    assert need_of({"paths": {}}) == ""
    assert ways_of({}) == []
