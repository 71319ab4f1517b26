"""The documented client of workspace storage."""

import httpx
import pytest
from omicsdk.compat.gen3.wss import Gen3WsStorage, wsurl_to_tokens
from omicsdk.core import DecodeError, NotFound
from omicsdk.gen3 import Gen3Error, Gen3UserError


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("ws:///@user/a/b.txt", ("@user", "a/b.txt")),
        ("ws:///@user/a%20b", ("@user", "a b")),
        ("ws:///@user/run#1.txt?x=%23", ("@user", "run#1.txt?x=#")),
        ("ws:///@user/", ("@user", "")),
        ("ws:///@user", ("@user", "")),
    ],
)
def test_a_url_is_taken_apart(url: str, parts: tuple[str, str]):
    assert wsurl_to_tokens(url) == parts


@pytest.mark.parametrize("url", ["ws:///", "ws://@user/a", "s3:///a/b", "a/b", "", "ws://["])
def test_an_invalid_url_of_a_workspace(url: str):
    with pytest.raises(Gen3UserError, match="is not a URL of a workspace"):
        wsurl_to_tokens(url)


def test_an_error_that_is_answered_as_if_all_were_well():
    told = {"Result": "error - illegal path", "Data": None}
    answering = httpx.MockTransport(lambda request: httpx.Response(200, json=told))
    storage = Gen3WsStorage(endpoint="https://commons.example.org", transport=answering)
    with pytest.raises(Gen3Error, match="illegal path"):
        storage.download_url("@user", "x")
    missing = httpx.MockTransport(lambda request: httpx.Response(404, json={"Result": "no"}))
    with pytest.raises(NotFound):
        Gen3WsStorage(endpoint="https://commons.example.org", transport=missing).ls("@user", "")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (None, "Data.Objects"),
        ({}, "Data.Objects"),
        ({"Objects": None, "Prefixes": []}, "Data.Objects"),
        ({"Objects": {}, "Prefixes": []}, "Data.Objects"),
        ({"Objects": []}, "Data.Prefixes"),
        ([], "Data.Objects"),
    ],
)
def test_a_list_that_is_absent_is_not_an_empty_one(data: object, field: str):
    answering = httpx.MockTransport(lambda request: httpx.Response(200, json={"Result": "ok", "Data": data}))
    storage = Gen3WsStorage(endpoint="https://commons.example.org", transport=answering)
    with pytest.raises(DecodeError, match="list of ws:///@user/x") as caught:
        storage.ls("@user", "x")
    assert caught.value.field == field
