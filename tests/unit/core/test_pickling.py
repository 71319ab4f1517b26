"""Clients are pickled as their arguments, for worker processes: without connections, and without what they found by themselves."""

import copy
import copyreg
import importlib
import pickle
import pkgutil
from collections.abc import Callable
from typing import Any

import httpx
import omicsdk
import pytest
from made_errors import made
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
from omicsdk.core import OmicsError, SomeFailed, TransferError, errors
from omicsdk.core.client import Client
from omicsdk.core.plain_client import beside
from omicsdk_api.gen3.indexd import IndexdApi
from rows import check_each

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


@pytest.mark.parametrize("kind", CLIENTS[:-1])
def test_workflows_of_a_client_are_pickled_with_it(kind: Callable[..., Client]) -> None:
    client = kind(URL, credentials="secret-token")

    def check(name: str) -> None:
        workflow = pickle.loads(pickle.dumps(getattr(client, name)))
        assert (workflow.__name__, workflow.__self__.base_url) == (name, URL)

    check_each(client._workflow_names(), str, check)


def test_a_copy_has_its_own_connections() -> None:
    client = Azul(URL, transport=Echo())
    other = copy.copy(client)
    client.close()
    assert headers_of(other)["host"] == "service.example"


@pytest.mark.parametrize(
    "call",
    [
        Azul(URL).list_entities,  # nothing else refers to the client
        Azul(URL).list_entities.iterate,
        AsyncAzul(URL).get_version,
        Gen3(URL).indexd.get,
        Azul(URL).with_options(timeout=3).get_version,
    ],
    ids=repr,
)
def test_an_operation_is_pickled_with_its_client(call: Any) -> None:
    loaded = pickle.loads(pickle.dumps(call))
    assert (type(loaded), repr(loaded)) == (type(call), repr(call))
    assert pickle.loads(pickle.dumps(loaded)).__name__ == call.__name__


def test_an_operation_keeps_its_clients_settings() -> None:
    client = Azul(URL, transport=Echo()).with_options(headers={"a": "1"})
    assert pickle.loads(pickle.dumps(client.get_version.raw))().json()["a"] == "1"


def test_a_service_of_a_commons_is_pickled_with_its_commons() -> None:
    indexd = pickle.loads(pickle.dumps(Gen3(URL).with_options(timeout=3).indexd))
    assert (type(indexd), indexd.base_url) == (IndexdApi, f"{URL}/index")
    clone = indexd.with_options(headers={"a": "1"})
    assert pickle.loads(pickle.dumps(clone)).base_url == indexd.base_url


def test_a_client_that_a_client_made_names_what_to_pickle() -> None:
    twin = beside(Azul(URL), Azul, "https://elsewhere.example", None)
    with pytest.raises(TypeError, match="made from another one; pickle that one"):
        pickle.dumps(twin)


# -- errors cross processes: whole, and without what hangs on them unseen


WAYS = {f"pickle {n}": (lambda e, n=n: pickle.loads(pickle.dumps(e, n))) for n in range(pickle.HIGHEST_PROTOCOL + 1)}
WAYS |= {"copy": copy.copy, "deepcopy": copy.deepcopy}


def every_class():
    for module in pkgutil.walk_packages(omicsdk.__path__, "omicsdk."):
        if not module.name.startswith(("omicsdk.sandbox", "omicsdk.cli")):
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:  # of an extra that the base install lacks
                if (error.name or "").startswith("omicsdk"):
                    raise
    classes, left = {}, [OmicsError]
    while left:
        cls = left.pop()
        if cls.__module__.startswith("omicsdk."):
            classes[f"{cls.__module__}.{cls.__qualname__}"] = cls
            left += cls.__subclasses__()
    return [classes[name] for name in sorted(classes)]


def state_of(error):
    """All that an error holds, errors within it too."""
    fields = {name: [state_of(e) for e in value] if name == "errors" else value for name, value in vars(error).items()}
    return type(error), error.args, str(error), error.remedy, fields


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_every_class_with_all_that_it_holds(way):
    classes = every_class()
    assert errors.TransferError in classes
    for cls in classes:
        error = made(cls)
        error.noted_later = {"by": "whoever caught it"}
        assert state_of(way(error)) == state_of(error)


@pytest.fixture
def unregistered(monkeypatch):
    """Without another way to pickle that importing Dask registers for all exceptions."""
    for kind in (TransferError, SomeFailed):
        monkeypatch.delitem(copyreg.dispatch_table, kind, raising=False)


def test_what_it_was_raised_from_stays_at_home(unregistered):
    def fail():
        canary = "X-Amz-Signature=canary"
        try:
            raise OSError(canary)
        except OSError as error:
            raise TransferError("a.txt: lost", name="a.txt") from error

    with pytest.raises(TransferError) as caught:
        fail()
    assert "canary" in repr(caught.value.__cause__)
    for way in (caught.value, SomeFailed("1 of 2 files failed", [caught.value])):
        assert b"canary" not in pickle.dumps(way)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.__cause__, again.__context__, again.__traceback__) == (None, None, None)
