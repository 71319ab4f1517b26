"""The documented client behaves as its documentation shows."""

import httpx
import pytest
from omicsdk.compat.hca.dss import DSSClient
from omicsdk.core import DecodeError, TransportError
from omicsdk.hca.dss import Dss

pytestmark = pytest.mark.sandbox
UUID = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"


def test_an_address_that_was_not_requested_is_no_file():
    def elsewhere(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"location": "s3://bucket/key"})

    with Dss("https://dss.example.org/v1", credentials=None, transport=httpx.MockTransport(elsewhere)) as dss:
        for more in ({}, {"directurl": False}):
            with pytest.raises(TransportError, match="another protocol than http"):
                dss.get_file(uuid=UUID, replica="aws", **more)
        with pytest.raises(TransportError, match="another protocol than http"):
            dss.get_bundle(uuid=UUID, replica="aws", directurls=True)


def test_calls_on_the_class_say_what_to_do():
    with pytest.raises(TypeError, match=r"client = DSSClient\(\)"):
        DSSClient.get_bundle(uuid="x", replica="aws")


@pytest.mark.parametrize("body", ["{}", "null", '{"bundles": null}', '"text"', "5", ""])
def test_a_page_without_its_list_is_an_error(body: str):
    def response(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text=body, headers={"content-type": "application/json"}, request=request)

    url = "https://dss.example.org/v1/swagger.json"
    with DSSClient(swagger_url=url, transport=httpx.MockTransport(response)) as client:
        listing = client.get_bundles_all
        for ask in (
            lambda: listing(replica="aws"),
            lambda: list(listing.iterate(replica="aws")),
            lambda: list(listing.paginate(replica="aws")),
        ):
            with pytest.raises(DecodeError, match="get_bundles_all: the response's field 'bundles'"):
                ask()


def test_names_and_pages_are_those_of_the_operation():
    def response(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"x-dss-size": "3"}, request=request)

    with DSSClient(
        swagger_url="https://dss.example.org/v1/swagger.json", transport=httpx.MockTransport(response)
    ) as client:
        assert client.head_file(uuid=UUID, replica="aws").headers["X-DSS-SIZE"] == "3"
        with pytest.raises(
            TypeError, match=r"^get_bundle\(\) takes arguments by name, as in get_bundle\(uuid=\.\.\., version="
        ):
            client.get_bundle(UUID)
        with pytest.raises(TypeError, match=r"^get_bundle\(\) missing"):
            client.get_bundle(uuid=UUID)
        with pytest.raises(AttributeError, match=r"get_file\(\) returns a single page, and cannot be iterated"):
            _ = client.get_file.iterate
