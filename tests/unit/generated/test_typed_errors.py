"""Errors with the body that the document describes: by operation and status, sync and async, in every form of a call."""

import asyncio
import copy
import importlib
import importlib.util
import pickle
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import httpx
import pytest
from omicsdk.core import errors as core
from omicsdk.core.client import AsyncClient, Client
from omicsdk.core.retry import NO_RETRY
from small_documents import content, document, object_of, query, reference

TEXT = {"type": "string"}
PROBLEM, FAULTS = reference("Problem"), reference("Faults")
FAILURE = {"type": "object", "properties": {"why": TEXT, "where": {"type": "object", "properties": {"line": TEXT}}}}


def _body(schema: Any, media_type: str = "application/json") -> Any:
    return {"description": "Said.", **content(schema, media_type)}


def _get(name: str, responses: dict[str, Any], *parameters: Any, good: Any = None) -> Any:
    success = {"200": good or _body({"type": "array", "items": TEXT})}
    return {"get": {"operationId": name, "parameters": list(parameters), "responses": {**success, **responses}}}


def _document(paths: dict[str, Any], **schemas: Any) -> dict[str, Any]:
    problem = object_of("title", "code", required=("title",), status={"type": "integer"})
    faults = object_of(required=("faults",), faults={"type": "array", "items": TEXT})
    components = {"Problem": problem, "Faults": faults, **schemas}
    return document(paths, components, servers=[{"url": "https://errors.example"}])


PAGE = _body(object_of("next", things={"type": "array", "items": TEXT}))
PAGED = {"style": "token", "items": "things", "token": "token", "next": "next"}
NARROW = {"allOf": [PROBLEM, {"type": "object", "properties": {"code": {"enum": ["a", "b"]}}, "required": ["code"]}]}
DOCUMENT = _document(
    {
        "/one": _get("one", {"404": _body(PROBLEM, "application/problem+json"), "409": _body(FAULTS), "default": _body(PROBLEM)}),
        "/two": _get("two", {"404": _body(FAULTS), "4XX": _body(FAULTS), "5XX": _body(FAILURE)}),
        "/bare": _get("bare", {"404": {"description": ""}, "422": _body(TEXT, "text/plain"), "423": _body({})}),
        "/narrow": _get("narrow", {"403": _body(NARROW)}),
        "/inline": _get("inline", {"503": _body(dict(reversed(FAILURE.items()))), "410": _body({"oneOf": [PROBLEM, {"type": "null"}]})}),
        "/lists": _get("lists", {"413": _body({"type": "array", "items": FAULTS}), "412": _body(TEXT), "423": _body({"type": ["integer", "boolean"]})}),
        "/either": _get(
            "either",
            {"429": {"description": "", "content": {**_body(PROBLEM)["content"], **_body(FAULTS, "application/faults+json")["content"]}}},
        ),
        "/bytes": _get("download", {"404": _body(PROBLEM)}, good=_body({"type": "string", "format": "binary"}, "application/octet-stream")),
        "/events": _get("events", {"404": _body(PROBLEM)}, good=_body(TEXT, "text/event-stream")),
        "/lines": _get("lines", {"404": _body(PROBLEM)}, good={"description": "", "content": {"application/jsonl": {"itemSchema": PROBLEM}}}),
        "/pages": {
            "get": {
                **_get("pages", {"404": _body(PROBLEM)}, *query("token"), good=PAGE)["get"],
                "x-omics-pagination": PAGED,
            }
        },
    }
)  # fmt: skip


def test_the_module_of_errors_needs_no_import_of_its_own(generate: Any) -> None:
    package = generate(DOCUMENT)
    assert package.errors.NotFound is package.NotFound
    with pytest.raises(AttributeError, match="has no attribute 'mistakes'"):
        _ = package.mistakes


def _transport(*responses: tuple[int, Any], headers: dict[str, str] | None = None) -> httpx.MockTransport:
    waiting = list(responses)

    def answer(_: httpx.Request) -> httpx.Response:
        status, body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        return httpx.Response(status, headers=headers, **content)

    return httpx.MockTransport(answer)


def _raised(package: ModuleType, name: str, status: int, body: Any, *, strict: bool = False, **headers: str) -> Any:
    transport = _transport((status, body), headers={key.replace("_", "-"): value for key, value in headers.items()})
    client = package.ThingApi(transport=transport, retry=NO_RETRY, strict=strict)
    with pytest.raises(core.APIError) as raised:
        getattr(client, name)()
    return raised.value


THING = {"title": "Gone fishing", "status": 404, "code": "x", "more": 1}


@pytest.mark.parametrize(
    ("name", "status", "class_", "body", "data"),
    [
        ("one", 404, "NotFound", THING, "Problem"),
        ("one", 409, "Conflict", {"faults": ["a"]}, "Faults"),
        ("one", 400, "BadRequest", THING, "Problem"),
        ("one", 418, "APIError", THING, "Problem"),
        ("one", 500, "ServerError", THING, "Problem"),
        ("one", 503, "ServiceUnavailable", THING, "Problem"),
        ("two", 404, "NotFound", {"faults": []}, "Faults"),
        ("two", 401, "Unauthorized", {"faults": []}, "Faults"),
        ("two", 402, "APIError", {"faults": []}, "Faults"),
        ("two", 504, "GatewayTimeout", {"why": "late"}, "ErrorData"),
        ("inline", 503, "ServiceUnavailable", {"why": "late", "where": {"line": "1"}}, "ErrorData"),
        ("inline", 410, "Gone", THING, "Problem"),
        ("narrow", 403, "Forbidden", THING, "Problem"),
        ("either", 429, "RateLimited", {"faults": ["a"]}, "Faults"),
        ("either", 429, "RateLimited", THING, "Problem"),
    ],
)
def test_data_is_what_the_document_describes(
    package: ModuleType, name: str, status: int, class_: str, body: Any, data: str
) -> None:
    error = _raised(package, name, status, body, content_type="application/problem+json")
    assert type(error) is getattr(package.errors, class_)
    assert getattr(package, class_) is type(error)
    assert isinstance(error, getattr(core, class_))
    assert isinstance(error, package.APIError)
    assert type(error.data) is getattr(package.models, data)
    assert error.data.to_dict() == body
    assert (error.body, error.status, error.operation) == (body, status, name)


def test_data_need_not_be_an_object(package: ModuleType) -> None:
    assert [faults.to_dict() for faults in _raised(package, "lists", 413, [{"faults": ["a"]}]).data] == [
        {"faults": ["a"]}
    ]
    assert _raised(package, "lists", 412, "say").data == "say"
    assert _raised(package, "lists", 423, 12).data == 12
    assert _raised(package, "lists", 423, False).data is False
    assert _raised(package, "inline", 410, None).data is None


@pytest.mark.parametrize(("name", "status"), [("bare", 404), ("bare", 422), ("bare", 423), ("inline", 401)])
def test_an_error_whose_body_is_not_described_is_read_as_those_of_others(
    package: ModuleType, name: str, status: int
) -> None:
    error = _raised(package, name, status, THING)
    assert type(error) is getattr(package.errors, core.error_class(status).__name__)
    assert error.data.to_dict() == THING


FORMS: dict[str, Callable[[Any], Any]] = {
    "download": lambda call: call(),
    "download.raw": lambda call: call.raw(),
    "download.with_headers": lambda call: call.with_headers(),
    "download.stream": lambda call: call.stream().__enter__(),
    "events.iterate": lambda call: list(call.iterate()),
    "lines.iterate": lambda call: list(call.iterate()),
    "pages.pages": lambda call: list(call.pages()),
    "pages.iterate": lambda call: list(call.iterate()),
}


async def _first(call: Any, form: str) -> None:
    if form == "stream":
        async with call.stream():
            return
    if form in ("iterate", "pages"):
        async for _ in getattr(call, form)():
            pass
        return
    await (getattr(call, form) if form else call)()


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_call_raises_it(package: ModuleType, form: str) -> None:
    name, _, way = form.partition(".")
    responses = [(200, {"things": ["a"], "next": "2"})] * (name == "pages") + [(404, THING)]
    client = package.ThingApi(transport=_transport(*responses), retry=NO_RETRY)
    with pytest.raises(package.errors.NotFound) as raised:
        FORMS[form](getattr(client, name))
    assert raised.value.data.title == THING["title"]

    async def called() -> None:
        async with package.AsyncThingApi(transport=_transport(*responses), retry=NO_RETRY) as client:
            await _first(getattr(client, name), way)

    with pytest.raises(package.errors.NotFound) as raised:
        asyncio.run(called())
    assert raised.value.data.title == THING["title"]


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (b"<html><title>Proxy</title></html>", "text/html", "web page titled 'Proxy'"),
        (b"", "application/json", "None, not an object"),
        (b"no route", "text/plain", "'no route', not JSON"),
        (b"no route", "application/json", "'no route', not an object"),
        (b"[1]", "application/json", r"\[1\], not an object"),
    ],
)
def test_a_body_of_another_form_hides_no_error(package: ModuleType, body: bytes, content_type: str, words: str) -> None:
    error = _raised(package, "one", 404, body, content_type=content_type)
    assert type(error) is package.errors.NotFound
    with pytest.raises(core.DecodeError, match=words) as raised:
        _ = error.data
    assert raised.value.__cause__ is error
    assert "`body`" in raised.value.remedy


def test_only_a_strict_client_requires_each_field(package: ModuleType) -> None:
    assert _raised(package, "one", 404, {"status": "x"}).data.status == "x"
    error = _raised(package, "one", 404, {"status": "x"}, strict=True)
    for same in (error, pickle.loads(pickle.dumps(error))):
        with pytest.raises(core.DecodeError, match="title"):
            _ = same.data


def test_secrets_are_in_neither(package: ModuleType) -> None:
    error = _raised(package, "one", 404, {**THING, "token": "s3cret"}, set_cookie="id=s3cret")
    for shown in (repr(error), str(error), repr(error.data), repr(error.data.to_dict()), repr(vars(error))):
        assert "s3cret" not in shown


def test_an_error_is_copied_and_pickled_whole(package: ModuleType) -> None:
    error = _raised(package, "two", 404, {"faults": ["a"]})
    for same in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(same) is type(error)
        assert same.data == error.data
        assert vars(same) == vars(error)


def test_data_is_separate_from_the_body(package: ModuleType) -> None:
    error = _raised(package, "two", 404, {"faults": ["a"]})
    error.data.faults.append("b")
    assert error.body == {"faults": ["a"]}


def test_clones_and_options_keep_the_classes(package: ModuleType) -> None:
    client = package.ThingApi(transport=_transport((404, {"title": 1})), retry=NO_RETRY).with_options(strict=True)
    with pytest.raises(package.errors.NotFound) as raised:
        client.one()
    with pytest.raises(core.DecodeError, match="title"):
        _ = raised.value.data


def test_errors_are_imported_when_one_is_raised_or_named(generate: Any) -> None:
    package = generate(DOCUMENT)
    module = f"{package.__name__}.errors"
    client = package.ThingApi(transport=_transport((404, {"faults": []})), retry=NO_RETRY)
    assert module not in sys.modules
    with pytest.raises(core.NotFound) as raised:
        client.two()
    assert module in sys.modules
    assert f"{package.__name__}.models.faults" not in sys.modules
    assert raised.value.data.faults == []


def test_a_document_without_bodies_of_errors_has_no_such_module(generate: Any) -> None:
    package = generate(_document({"/bare": DOCUMENT["paths"]["/bare"]}))
    assert importlib.util.find_spec(f"{package.__name__}.errors") is None
    assert package.ThingApi._error_module == Client._error_module == AsyncClient._error_module == ""
    error = _raised(package, "bare", 404, THING)
    assert type(error) is core.NotFound
    assert not hasattr(package, "NotFound")


def test_one_schema_types_all_errors(generate: Any) -> None:
    package = generate(_document({"/one": _get("one", {"default": _body(PROBLEM)})}))
    assert package.NotFound.data is package.APIError.data
    assert not hasattr(package.errors, "_OPERATIONS")


def test_schemas_may_be_called_as_errors(generate: Any) -> None:
    paths = {"/one": _get("one", {"404": _body(reference("NotFound"))})}
    package = generate(_document(paths, NotFound=object_of("APIError")))
    error = _raised(package, "one", 404, {"APIError": "a"})
    assert type(error) is package.errors.NotFound
    assert type(error.data) is package.models.NotFound


def test_classes_of_schemas_without_a_name_are_called_after_their_errors(generate: Any) -> None:
    other = {"type": "object", "properties": {"reason": TEXT}}
    paths = {
        "/two": _get("two", {"404": _body(FAILURE), "409": _body(other)}),
        "/one": _get("one", {"404": _body(FAILURE)}),  # the first by name
    }
    assert {"NotFoundData", "NotFoundDataWhere", "ConflictData"} <= _models(generate(_document(paths)))
    package = generate(_document({**paths, "/three": _get("three", {"404": _body(other)})}))
    assert {"NotFoundData", "NotFoundDataWhere", "ErrorData"} <= _models(package)
    package = generate(
        _document({**paths, "/three": _get("three", {"404": _body({**other, "description": "Another."})})})
    )
    assert {"OneNotFoundData", "OneNotFoundDataWhere", "ConflictData", "ThreeNotFoundData"} <= _models(package)


def _models(package: ModuleType) -> set[str]:
    return set(importlib.import_module(f"{package.__name__}.models").__all__)


def test_documentation_names_the_types_of_bodies(package: ModuleType) -> None:
    described = package.ThingApi.one.__doc__
    assert "    NotFound (Problem): 404: Said.\n" in described
    assert "    Conflict (Faults): 409: Said.\n" in described
    assert "    APIError (Problem): Any other error: Said." in described
    assert "    NotFound: 404.\n" in package.ThingApi.bare.__doc__
    assert "Gone (Problem | None): 410" in package.ThingApi.inline.__doc__
