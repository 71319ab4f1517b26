"""A program that replaces how `requests` sends observes and answers the requests of the faces, as those of the published clients."""

import io
import json
from collections.abc import Iterator
from typing import Any
from unittest.mock import MagicMock, patch

import httpx
import omicsdk.compat.gen3.metadata
import pytest
import requests
from omicsdk.compat.gen3.file import Gen3File
from omicsdk.compat.gen3.metadata import Gen3Metadata
from omicsdk.compat.gen3.submission import Gen3Submission
from omicsdk.compat.hca.dss import DSSClient
from omicsdk.compat.pangea_api import Knex
from omicsdk.compat.sevenbridges import Api, NotFound, SbgError
from omicsdk.core import NotJson

BASE = "https://api.example.org/v2"


class Adapter(requests.adapters.HTTPAdapter):
    """Answers like requests_mock's: each request with the next response, or the next exception."""

    def __init__(self, *responses: Any) -> None:
        self.responses = list(responses)
        self.requests: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self.requests.append(request)
        status, outcome = self.responses.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        response = requests.Response()
        response.status_code, response.url, response.request = status, str(request.url), request
        response.headers["Content-Encoding"] = "gzip"  # `requests` has decoded the body
        response.raw = io.BytesIO(json.dumps(outcome).encode())
        return response


def network(request: httpx.Request) -> httpx.Response:
    """Responses what is sent although the program has replaced nothing."""
    return httpx.Response(200, json={"username": f"from the network, {request.url}"})


@pytest.fixture
def api() -> Iterator[Api]:
    with Api(BASE, "secret-token", retry_count=0, transport=httpx.MockTransport(network)) as made:
        yield made


def test_a_replaced_adapter_sees_the_requests_of_a_session(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = Adapter((200, {"username": "mocked"}), (404, {"message": "none", "code": 9}), (201, {"id": "me/p"}))
    assert api.users.me().username.startswith("from the network")
    with monkeypatch.context() as patched:
        patched.setattr(requests.Session, "get_adapter", lambda *_, **__: adapter)
        assert api.users.me().username == "mocked"
        with pytest.raises(NotFound, match="none"):
            api.projects.get("me/p")
        api.projects.create("p", billing_group="b")
    assert api.users.me().username.startswith("from the network")
    sent = adapter.requests
    assert [(request.method, request.url) for request in sent] == [
        ("GET", f"{BASE}/user"),
        ("GET", f"{BASE}/projects/me/p"),
        ("POST", f"{BASE}/projects"),
    ]
    assert sent[0].headers["X-SBG-Auth-Token"] == "secret-token"
    assert json.loads(sent[2].body or b"") == {"name": "p", "billing_group": "b"}


@pytest.mark.parametrize("raised", [requests.ConnectTimeout, requests.ReadTimeout, requests.ConnectionError])
def test_an_exception_of_a_replaced_session_is_the_published_one(
    api: Api, monkeypatch: pytest.MonkeyPatch, raised: type[Exception]
) -> None:
    monkeypatch.setattr(requests.Session, "send", Adapter((0, raised("mocked"))).send)
    with pytest.raises(SbgError):
        api.users.me()


def test_an_exception_of_the_program_is_raised_without_a_cause(metadata: Gen3Metadata) -> None:
    with patch("requests.get", side_effect=KeyError("odd")), pytest.raises(KeyError) as raised:
        metadata.get("guid")
    assert raised.value.__cause__ is None


def test_functions_that_are_replaced_matter_to_clients_that_call_them_only(api: Api) -> None:
    with patch("requests.get") as get:
        assert api.users.me().username.startswith("from the network")
    get.assert_not_called()


@pytest.fixture
def metadata() -> Iterator[Gen3Metadata]:
    with Gen3Metadata("https://commons.example.org", transport=httpx.MockTransport(network)) as made:
        yield made


def test_a_replaced_function_gets_what_the_published_client_passes(metadata: Gen3Metadata) -> None:
    response = MagicMock(requests.Response, status_code=201)  # a double that has only what its program needs
    response.json.return_value = {"a": 1}
    with patch.object(omicsdk.compat.gen3.metadata.requests, "post", return_value=response) as post:
        assert metadata.create("guid", {"a": 1}) == {"a": 1}
    url = "https://commons.example.org/mds-admin/metadata/guid?overwrite=False"
    post.assert_called_once_with(url, json={"a": 1})


def test_a_text_of_a_double_is_returned_in_place_of_json() -> None:
    with patch("omicsdk.compat.gen3.file.requests") as library:
        library.post().text = library.get().text = library.delete().text = "not allowed"
        with Gen3File("https://commons.example.org") as files:
            assert {files.upload_file("a.txt"), files.get_presigned_url("g"), files.delete_file(None)} == {
                "not allowed"
            }
            library.post().text = "<html>"
            with pytest.raises(NotJson):
                files.upload_file("a.txt")
    assert library.delete.call_args.args == ("https://commons.example.org/user/data/None",)


def test_the_path_of_a_key_is_sent_as_it_is(metadata: Gen3Metadata) -> None:
    with patch.object(omicsdk.compat.gen3.metadata.requests, "post") as post:
        post().json.return_value = "/a/b"
        assert metadata.create_index_key_path("/a/b") == "/a/b"
    assert post.call_args.args == ("https://commons.example.org/mds-admin/metadata_index//a/b",)


def test_the_value_of_a_double_is_returned_as_it_is() -> None:
    with patch("omicsdk.compat.gen3.submission.requests") as library:
        assert Gen3Submission("https://commons.example.org").create_program({}) is library.post().json()


def test_the_login_is_passed_to_a_replaced_function() -> None:
    login = ("name", "password")
    with patch("requests.delete", return_value=MagicMock(requests.Response, status_code=200, text="{}")) as delete:
        Gen3Submission("https://commons.example.org", login).delete_project("p", "q")
    delete.assert_called_once_with("https://commons.example.org/api/v0/submission/p/q", auth=login)


def test_the_attribute_of_a_module_may_be_replaced(metadata: Gen3Metadata) -> None:
    with patch("omicsdk.compat.gen3.metadata.requests") as library:
        library.get().text = '{"a": 1}'
        assert metadata.get("guid") == {"a": 1}
    assert "username" in metadata.get("guid")


def test_only_the_module_requests_is_offered() -> None:
    with pytest.raises(AttributeError, match="no attribute 'json'"):
        omicsdk.compat.gen3.metadata.json  # noqa: B018


def test_every_face_is_observed(monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = Adapter((200, {"bundle": {"files": []}}), (200, {"uuid": "u"}))
    monkeypatch.setattr(requests.Session, "get_adapter", lambda *_, **__: adapter)
    with DSSClient(swagger_url="https://dss.example.org/v1/swagger.json") as dss:
        assert dss.get_bundle(uuid="u", replica="aws") == {"bundle": {"files": []}}
    assert Knex("https://pangea.example.org").get("samples/u") == {"uuid": "u"}
    assert [request.url.partition("?")[0] for request in adapter.requests if request.url] == [
        "https://dss.example.org/v1/bundles/u",
        "https://pangea.example.org/api/samples/u",
    ]


def test_a_subclass_of_a_program_is_observed_as_its_base() -> None:
    class Own(Gen3Metadata):
        __module__ = "no.such.module"

    with Own("https://commons.example.org") as metadata, patch("omicsdk.compat.gen3.metadata.requests") as library:
        library.get().text = '{"a": 1}'
        assert metadata.get("guid") == {"a": 1}
