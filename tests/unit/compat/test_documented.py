"""Documented facades: arguments that are judged, answers as plain JSON."""

import copy
import io
import pickle
import sys
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import requests
from omicsdk.compat.errors import (
    NO_RESPONSE_OF_REQUESTS,
    OF_AIOHTTP,
    OF_REQUESTS,
    DocumentedError,
    catchable,
    documented,
)
from omicsdk.compat.hca.operations import as_typed, plain_response
from omicsdk.compat.responses import DocumentedBody, DocumentedResponse
from omicsdk.core import ConnectFailed, NotFound, TimedOut
from omicsdk.core.streaming import Body


@pytest.mark.parametrize(
    ("value", "kind", "typed"),
    [("10", "integer", 10), ("1.5", "number", 1.5), ("x", "integer", "x"), ("10", "string", "10"), (3, "integer", 3)],
)
def test_numbers_as_strings(value: object, kind: str, typed: object):
    assert as_typed(value, kind) == typed


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (httpx.Response(200, json={"a": 1}), {"a": 1}),
        (httpx.Response(200, content=b"ACGT", headers={"content-type": "text/plain"}), b"ACGT"),
        (httpx.Response(200, content=b"s3://b/k", headers={"content-type": "text/uri-list"}), "s3://b/k"),
        (httpx.Response(204), None),
    ],
)
def test_responses(response: httpx.Response, expected: object):
    assert plain_response(response) == expected


def test_a_response_has_the_names_of_requests():
    request = httpx.Request("GET", "https://dss.example.org/v1")
    response = DocumentedResponse(httpx.Response(200, json=[1], headers={"X-Y": "z"}, request=request))
    assert (response.status_code, response.ok, response.reason) == (200, True, "OK")
    assert (response.json(), response.text, response.content) == ([1], "[1]", b"[1]")
    assert response.headers["x-y"] == "z"
    assert response.url == "https://dss.example.org/v1"
    assert response.request is request
    response.raise_for_status()


@pytest.mark.parametrize("end", ["letzte", "\n", "\xe2\x82"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_body_is_iterated_over_as_requests_does(encoding: str, end: str):
    content = ("zwölf\n" * 50).encode(encoding) + end.encode("latin-1")
    theirs = requests.Response()
    theirs.raw, theirs.encoding = io.BytesIO(content), encoding
    assert theirs.content == content  # which it keeps from now on
    ours = DocumentedResponse(
        httpx.Response(
            200,
            content=content,
            headers={"content-type": f"text/plain; charset={encoding}"},
            request=httpx.Request("GET", "https://dss.example.org"),
        )
    )
    assert list(ours) == list(theirs)
    assert list(ours.iter_lines()) == list(theirs.iter_lines())
    assert list(ours.iter_content(7, decode_unicode=True)) == list(theirs.iter_content(7, decode_unicode=True))
    assert ours.text == theirs.text


# -- what programs that were written for the published clients catch

GONE = NotFound(
    "no such bundle",
    status=404,
    code="not_found",
    method="GET",
    url="https://x.example.org/y",
    body={"title": "gone"},
    headers={"x-y": "z", "transfer-encoding": "chunked", "content-encoding": "gzip", "content-length": "999"},
)
SILENT = TimedOut("no response")


class OfAClient(DocumentedError):
    """A published client's own exception, which was an HTTPError."""

    prefix = "Own"
    foreign = OF_REQUESTS


@pytest.mark.parametrize(
    ("error", "kinds", "others"),
    [
        (documented(GONE, OfAClient), (OfAClient, NotFound, requests.HTTPError), (requests.ConnectionError,)),
        (documented(SILENT, OfAClient), (OfAClient, TimedOut, requests.Timeout, requests.ConnectionError), ()),
        (catchable(GONE, OF_REQUESTS), (NotFound, requests.HTTPError), (requests.ConnectionError,)),
        (catchable(ConnectFailed("nobody there"), OF_REQUESTS), (ConnectFailed, requests.ConnectionError), (requests.HTTPError,)),
        (catchable(GONE, NO_RESPONSE_OF_REQUESTS), (NotFound,), (requests.RequestException,)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("way", [lambda e: e, copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_an_error_is_also_what_requests_raised(error: Any, kinds: Any, others: Any, way: Any):
    same = way(error)
    assert all(isinstance(same, kind) for kind in kinds)
    assert not isinstance(same, others)
    assert (str(same), repr(same), vars(same)) == (str(error), repr(error), vars(error))
    assert same.args == (same.message,)


def test_its_response_is_there_without_secrets():
    error = documented(GONE, OfAClient)
    assert (error.response.status_code, error.response.json()) == (404, {"title": "gone"})
    assert dict(error.response.headers) == {"x-y": "z", "content-length": "17"}
    assert not error.response
    with pytest.raises(OfAClient):
        error.response.raise_for_status()
    assert documented(SILENT, OfAClient).response is None


def test_an_error_is_no_other_than_ours_where_no_program_has_imported_requests(monkeypatch: pytest.MonkeyPatch):
    pickled = pickle.dumps(documented(GONE, OfAClient))
    monkeypatch.delitem(sys.modules, "requests")
    monkeypatch.delitem(sys.modules, "requests.exceptions")
    assert catchable(GONE, OF_REQUESTS) is GONE
    for error in (documented(GONE, OfAClient), pickle.loads(pickled)):
        assert isinstance(error, OfAClient)
        assert not isinstance(error, OSError)


def test_what_is_set_on_an_error_goes_before_the_others_properties(monkeypatch: pytest.MonkeyPatch):
    class ClientResponseError(Exception):
        @property
        def code(self) -> int:
            return 0

        def __repr__(self) -> str:
            return self.request_info.url

    monkeypatch.setitem(sys.modules, "aiohttp", SimpleNamespace(ClientResponseError=ClientResponseError))
    error = catchable(GONE, OF_AIOHTTP)
    assert isinstance(error, ClientResponseError)
    assert (error.code, error.status, repr(error)) == ("not_found", 404, "NotFound('no such bundle')")


def test_no_response_is_what_it_was_before_it_was_made_catchable_twice():
    once = catchable(GONE, OF_REQUESTS)
    assert catchable(once, OF_REQUESTS) is once
    assert type(documented(once, OfAClient)) is type(documented(GONE, OfAClient))


# -- answers


def streamed(*pieces: bytes, **headers: str) -> tuple[DocumentedBody, list[str]]:
    closed: list[str] = []
    response = httpx.Response(
        200, headers=headers, content=iter(pieces), request=httpx.Request("GET", "https://x.example.org/y")
    )
    return DocumentedBody(Body(response, lambda _: None), lambda: closed.append("closed"), "asked"), closed


def test_a_streamed_response_has_the_names_of_requests():
    body, closed = streamed(b'{"a"', b": 1}", **{"Content-Type": "application/json"})
    with body as response:
        assert (response.status_code, response.ok, response.reason) == (200, True, "OK")
        assert (response.url, response.request) == ("https://x.example.org/y", "asked")
        assert response.headers["CONTENT-TYPE"] == "application/json"
        assert (response.json(), response.text, response.content) == ({"a": 1}, '{"a": 1}', b'{"a": 1}')
        assert list(response.iter_content(3)) == [b'{"a', b'": ', b"1}"]  # what was read whole is held
        response.raise_for_status()
    assert closed == ["closed"]


def test_what_was_read_in_pieces_is_not_held():
    body, _ = streamed(b"abc", b"def", b"g")
    assert body.raw.read(2) == b"ab"
    assert list(body.iter_content(2)) == [b"cd", b"ef", b"g"]
    assert body.read() == b""
    with pytest.raises(RuntimeError, match="already read"):
        _ = body.content


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_letters_and_lines_that_pieces_cut(size: int):
    text = "eins\nzwölf\n\nletzte"
    for encoding in ("utf-8", "utf-16-le"):
        body, _ = streamed(text.encode(encoding), **{"Content-Type": f'text/plain; charset="{encoding}"'})
        assert "".join(body.iter_content(size, decode_unicode=True)) == text
    for encoding in ("no-such-thing", "hex", "rot13", "idna", "punycode", "undefined"):  # most are codecs of Python
        body, _ = streamed(text.encode(), **{"Content-Type": f"text/plain; charset={encoding}"})
        assert list(body.iter_lines(size, decode_unicode=True)) == ["eins", "zwölf", "", "letzte"]
