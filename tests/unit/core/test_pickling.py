"""Clients are pickled as their arguments, for worker processes: without connections, and without what they found by themselves."""

import copy
import pickle
from collections.abc import Callable

import httpx
import pytest
from omicsdk import (
    AsyncAzul,
    Azul,
    Crunch,
    Drs,
    Dss,
    Fusillade,
    Gen3,
    HcaUpload,
    Htsget,
    Pangea,
    Refget,
    SevenBridges,
    Trs,
)
from omicsdk.core.client import Client

URL = "https://service.example/v1"
CLIENTS = (Azul, Crunch, Drs, Dss, Fusillade, Gen3, HcaUpload, Htsget, Pangea, Refget, SevenBridges, Trs, AsyncAzul)


class Echo(httpx.BaseTransport):
    """Answers with the headers of each request."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=dict(request.headers))


def headers_of(client: Azul) -> dict[str, str]:
    return client.get_version.raw().json()


@pytest.mark.parametrize("kind", CLIENTS)
def test_a_client_is_the_same_after_pickling(kind: Callable[..., Client]) -> None:
    client = kind(URL, credentials="secret-token")
    loaded = pickle.loads(pickle.dumps(client))
    assert type(loaded) is kind
    assert (loaded.base_url, repr(loaded)) == (client.base_url, repr(client))
    assert pickle.loads(pickle.dumps(client.with_options(timeout=3))).base_url == client.base_url


def test_what_was_given_is_kept_and_what_was_found_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMICS_AZUL_URL", URL)
    monkeypatch.setenv("OMICS_AZUL_TOKEN", "found-token")
    pickled = pickle.dumps(Azul(headers={"a": "1"}, transport=Echo()).with_options(headers={"b": "2"}))
    assert b"found-token" not in pickled
    monkeypatch.delenv("OMICS_AZUL_TOKEN")
    monkeypatch.setenv("OMICS_AZUL_URL", "https://elsewhere.example")
    loaded = pickle.loads(pickled)
    assert loaded.base_url == URL
    sent = headers_of(loaded)
    assert (sent["a"], sent["b"]) == ("1", "2")
    assert "authorization" not in sent


def test_a_workflow_of_a_client_is_pickled_with_it() -> None:
    client = Azul(URL)
    workflow = pickle.loads(pickle.dumps(client.download))
    assert (workflow.__name__, workflow.__self__.base_url) == ("download", URL)


def test_a_copy_has_its_own_connections() -> None:
    client = Azul(URL, transport=Echo())
    other = copy.copy(client)
    client.close()
    assert headers_of(other)["host"] == "service.example"


def test_a_part_names_what_to_pickle() -> None:
    with pytest.raises(TypeError, match="part of another client; pickle that one"):
        pickle.dumps(Gen3(URL).indexd)
