"""A response is read as what came: by its status and by its media type."""

import asyncio
import inspect
import re
from types import ModuleType
from typing import Any

import httpx
import pytest
from omicsdk.core import DecodeError, NotJson, ResponseTooLarge
from recording_network import RecordingNetwork
from small_documents import content, document, object_of, operation, reference

TEXT = {"type": "string"}
BINARY = {"type": "string", "format": "binary"}
OBJECT = object_of("name")
SAMPLE = reference("Sample")


def _get(name: str, responses: dict[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    response_objects = {
        status: {"description": "", "content": {kind: {"schema": schema} for kind, schema in content.items()}}
        for status, content in responses.items()
    }
    return {"get": {"operationId": name, "responses": response_objects, **more}}


PROBLEMS = {"type": "array", "items": TEXT}
SCHEMAS = {"Sample": OBJECT, "Tree": object_of(branch=reference("Tree"))}
DOCUMENT = document(
    {
        "/table": _get("table", {"200": {"text/csv": TEXT, "application/json": SAMPLE}}),
        "/two": _get(
            "two",
            {
                "200": {"application/json": SAMPLE, "application/problem+json": PROBLEMS},
                "202": {"text/plain": TEXT},
            },
        ),
        "/spelled": _get("spelled", {"200": {"application/json": SAMPLE, "application/xml": SAMPLE}}),
        "/tree": _get("tree", {"200": {"application/json": reference("Tree")}}),
        "/stored": _get("stored", {"200": {"application/octet-stream": OBJECT}}),
    },
    SCHEMAS,
)


def client(package: ModuleType, status: int = 200, kind: str = "", content: bytes = b"", **options: Any) -> Any:
    headers = {"content-type": kind} if kind else {}
    network = httpx.MockTransport(lambda _: httpx.Response(status, headers=headers, content=content))
    return package.ThingApi("https://t.example", transport=network, **options)


@pytest.mark.parametrize("strict", [False, True])
def test_what_came_decides(package: ModuleType, strict: bool) -> None:
    def result_of(status: int, kind: str, content: bytes, operation: str) -> Any:
        return getattr(client(package, status, kind, content, strict=strict), operation)()

    assert result_of(200, "application/json", b'{"name": "a"}', "table").name == "a"
    assert result_of(200, "text/csv; charset=utf-8", b"name\na\n", "table") == "name\na\n"
    assert result_of(200, "application/json", b'{"name": "a"}', "two").name == "a"
    assert result_of(200, "application/problem+json", b'["a"]', "two") == ["a"]
    assert result_of(202, "text/plain", b"wait", "two") == "wait"


@pytest.mark.parametrize(
    ("operation", "returned"), [("table", "str | Sample"), ("two", "list[str] | Sample | str"), ("spelled", "Sample")]
)
def test_the_type_of_a_call_has_all_of_them(package: ModuleType, operation: str, returned: str) -> None:
    assert inspect.signature(getattr(client(package), operation)).return_annotation == returned


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        ("application/octet-stream", b' {"name": "a"}', {"name": "a"}),
        ("application/json", b'{"name": "a"}', {"name": "a"}),
        ("application/octet-stream", b"\x89PNG", b"\x89PNG"),
        ("image/png", b"", b""),
    ],
)
def test_bytes_may_come_where_an_object_is_stated_as_bytes(
    package: ModuleType, kind: str, content: bytes, expected: Any
) -> None:
    result = client(package, 200, kind, content).stored()
    assert (result if isinstance(result, bytes) else result.to_dict()) == expected


TEXTS = document(
    {
        "/words": _get("words", {"200": {"text/csv": TEXT}}),
        "/raw": _get("raw_table", {"200": {"text/csv": BINARY}}),
        "/markup": _get("markup", {"200": {"application/xml": BINARY}}),
        "/closed": _get("closed", {"200": {"text/csv": TEXT}}, **{"x-omics-stream": False}),
        "/import": {
            "post": operation(
                operationId="import_table", requestBody={"required": True, **content(BINARY, "text/csv")}, status=204
            )
        },
    },
    SCHEMAS,
)
LATIN = "Größe\n".encode("latin-1")


@pytest.fixture(scope="module")
def texts(generate: Any) -> ModuleType:
    return generate(TEXTS)


def test_a_text_has_the_charset_that_its_response_states(texts: ModuleType) -> None:
    assert client(texts, 200, "text/csv; charset=iso-8859-1", LATIN).words() == "Größe\n"
    assert client(texts, 200, "text/csv; charset=utf-16", "Größe".encode("utf-16")).words() == "Größe"
    assert client(texts, 200, "text/csv; charset=x-own", "Größe".encode()).words() == "Größe"


@pytest.mark.parametrize(("charset", "encoding"), [("ISO-8859-1", "latin-1"), ("iso-8859-1", "utf-8")])
def test_json_that_is_not_utf_8_has_the_charset_that_its_response_states(
    package: ModuleType, charset: str, encoding: str
) -> None:
    body = '{"name": "Größe"}'.encode(encoding)
    api = client(package, 200, f"application/json;charset={charset}", body)
    assert api.table().name == api.table.raw().json()["name"] == "Größe"


@pytest.mark.parametrize("charset", ["utf-8", "x-own"])
def test_json_in_another_charset_than_stated_is_an_error(package: ModuleType, charset: str) -> None:
    body = '{"name": "Größe"}'.encode("latin-1")
    api = client(package, 200, f"application/json;charset={charset}", body)
    for read in (api.table, lambda: api.table.raw().json()):
        with pytest.raises(NotJson):
            read()


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("text/csv", "utf-8 (assumed"),
        ("text/csv; charset=ascii", "ascii (of its"),
        ("text/csv; charset=x-own", "x-own (of its"),
        ("text/csv; charset=hex", "hex (of its"),
        ("text/csv; charset=idna", "idna (of its"),
    ],
)
def test_a_text_in_another_charset_is_an_error_that_names_it(texts: ModuleType, kind: str, named: str) -> None:
    api = client(texts, 200, kind, LATIN)
    with pytest.raises(DecodeError, match=rf"^words: .*{re.escape(named)}") as raised:
        api.words()
    assert "words.stream()" in (raised.value.remedy or "")
    with api.words.stream() as body:
        assert body.read() == LATIN
    assert api.words.raw().content == LATIN
    lenient = client(texts, 200, kind, LATIN, errors="replace")
    assert lenient.words().startswith("Gr\ufffd")
    assert lenient.with_options(timeout=5).words() == lenient.words()
    assert "\\xf6" in api.with_options(errors="backslashreplace").words()


def test_a_text_is_streamed_for_asyncio_too(texts: ModuleType) -> None:
    network = httpx.MockTransport(lambda _: httpx.Response(200, content=LATIN, headers={"content-type": "text/csv"}))

    async def read() -> tuple[bytes, str]:
        api = texts.AsyncThingApi("https://t.example", transport=network, errors="replace")
        async with api, api.words.stream() as body:
            return await body.read(), await api.words()

    assert asyncio.run(read()) == (LATIN, "Gr\ufffd\ufffde\n")


def test_a_text_has_no_stream_where_the_overlay_excludes_it(texts: ModuleType) -> None:
    assert not hasattr(client(texts).closed, "stream")
    with pytest.raises(ResponseTooLarge):
        client(texts, 200, "text/csv", b"x" * 99, response_limit=50).words()


@pytest.mark.parametrize("name", ["raw_table", "markup"])
def test_text_that_the_schema_states_as_binary_is_bytes(texts: ModuleType, name: str) -> None:
    operation = getattr(client(texts, 200, "text/csv", LATIN), name)
    assert operation() == LATIN
    assert inspect.signature(operation).return_annotation == "bytes"


def test_text_that_the_schema_states_as_binary_is_sent_as_bytes(texts: ModuleType) -> None:
    network = RecordingNetwork()
    texts.ThingApi("https://t.example", transport=network).import_table(body=LATIN)
    (sent,) = network.requests
    assert (sent.content, sent.headers["content-type"]) == (LATIN, "text/csv")


@pytest.mark.parametrize("depth", [900, 100_000])
def test_json_that_is_nested_too_deeply_is_an_error(package: ModuleType, depth: int) -> None:
    nested = b'{"branch":' * depth + b"{}" + b"}" * depth
    with pytest.raises(NotJson, match="nested too deeply"):
        client(package, 200, "application/json", nested, strict=True).tree()
