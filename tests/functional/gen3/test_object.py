"""The documented client of objects."""

import httpx
import pytest
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.file import Gen3File
from omicsdk.compat.gen3.index import Gen3Index
from omicsdk.compat.gen3.metadata import Gen3Metadata
from omicsdk.compat.gen3.object import Gen3Object, Gen3ObjectError
from omicsdk.core import NotFound, Retry, ServiceUnavailable
from omicsdk.sandbox import Sandbox

COMMONS = "https://commons.example.org"
AUTHZ = {"version": 0, "resource_paths": ["/open"]}


def test_an_object_s_life(sandbox: Sandbox, auth: Gen3Auth):
    with Gen3Object(auth) as objects, Gen3Metadata(auth) as mds, Gen3File(auth) as files, Gen3Index(auth) as index:
        guid, url = objects.create_object("x.txt", AUTHZ, {"k": "v"}, ["my-alias"])
        assert httpx.put(url, content=b"hello").status_code == 200
        sandbox.finish()  # the commons sees what has arrived
        assert mds.get(guid)["k"] == "v"
        assert index.get("my-alias")["did"] == guid
        assert httpx.get(files.get_presigned_url(guid)["url"]).content == b"hello"
        assert objects.delete_object(guid, delete_file_locations=True) is None
        with pytest.raises(NotFound):
            mds.get(guid)
        with pytest.raises(NotFound):
            objects.delete_object(guid)


@pytest.mark.parametrize(
    ("told", "said"), [({"guid": "g"}, "made g, without a URL"), ({}, "made no object, without a GUID")]
)
def test_a_response_that_lacks_something(told: dict[str, str], said: str):
    answering = httpx.MockTransport(lambda request: httpx.Response(201, json=told))
    with pytest.raises(Gen3ObjectError, match=said):
        Gen3Object(endpoint=COMMONS, transport=answering).create_object("x", AUTHZ)


def test_what_is_sent():
    asked: list[httpx.Request] = []

    def down(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(503)

    objects = Gen3Object(endpoint=COMMONS, transport=httpx.MockTransport(down), retry=Retry(attempts=2, base=0))
    with pytest.raises(ServiceUnavailable):
        objects.create_object("x", AUTHZ)
    assert len(asked) == 1
    for keep in (False, True):
        with pytest.raises(ServiceUnavailable):
            objects.delete_object("dg.1/a", keep)
    assert [str(each.url) for each in asked[1::2]] == [
        f"{COMMONS}/mds/objects/dg.1/a",
        f"{COMMONS}/mds/objects/dg.1/a?delete_file_locations",
    ]


@pytest.mark.parametrize("missing", [404, 405])
def test_an_object_is_created_where_the_service_has_it(missing: int):
    asked: list[str] = []

    def response(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        is_new = request.url.path.endswith("/upload")
        return httpx.Response(201, json={"guid": "g", "upload_url": "u"}) if is_new else httpx.Response(missing)

    with Gen3Object(endpoint=COMMONS, transport=httpx.MockTransport(response)) as objects:
        assert objects.create_object("x", AUTHZ) == ("g", "u")
    assert asked == ["/mds/objects", "/mds/objects/upload"]
