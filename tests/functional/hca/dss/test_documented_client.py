"""The documented client behaves as its documentation shows."""

import asyncio
import inspect
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import requests
from omicsdk.compat.hca.dss import DSSClient
from omicsdk.compat.hca.util.exceptions import SwaggerAPIException
from omicsdk.core import ConnectFailed, NotFound, Retry
from omicsdk.hca.dss import AsyncDss, Dss
from omicsdk.hca.dss.staging import StagingRefused
from omicsdk.sandbox import Rule

pytestmark = pytest.mark.sandbox


def swagger_base(sandbox: Any) -> str:
    return sandbox.swagger_url.rpartition("/")[0]


@pytest.fixture
def client(omics_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("OMICS_DSS_TOKEN", omics_sandbox.token())
    monkeypatch.setenv("OMICS_DSS_URL", omics_sandbox.swagger_url.rpartition("/")[0])
    with DSSClient(swagger_url=omics_sandbox.swagger_url) as made:
        yield made


def test_where_the_service_is(client: DSSClient, omics_sandbox: Any):
    assert f"{client.host}/swagger.json" == omics_sandbox.swagger_url


def test_responses_are_plain_json(client: DSSClient, bundle: Any):
    response = client.get_bundle(uuid=bundle["bundle_uuid"], replica="aws")
    assert type(response) is dict
    assert json.loads(json.dumps(response))["bundle"]["uuid"] == bundle["bundle_uuid"]


def test_items_of_all_pages(client: DSSClient, bundle: Any):
    assert [row["uuid"] for row in client.get_bundles_all.iterate(replica="aws")] == [bundle["bundle_uuid"]]
    pages = list(client.post_search.paginate(replica="aws", es_query={}))
    assert pages[0]["results"][0]["bundle_fqid"] == f"{bundle['bundle_uuid']}.{bundle['version']}"


def test_a_file_as_a_stream_as_bytes_and_as_json(client: DSSClient, bundle: Any, source: Path):
    files = {
        file["name"]: file for file in client.get_bundle(uuid=bundle["bundle_uuid"], replica="aws")["bundle"]["files"]
    }
    with client.get_file.stream(uuid=files["reads/R1.fastq"]["uuid"], replica="aws") as handle:
        assert handle.raw.read(5) == b"\0\1\2\3\4"
        assert len(handle.read()) == (source / "reads/R1.fastq").stat().st_size - 5
    with client.get_file.stream(uuid=files["reads/R1.fastq"]["uuid"], replica="aws") as handle:
        handle.raise_for_status()
        assert (handle.ok, handle.status_code, handle.url.startswith("http")) == (True, 200, True)
        assert b"".join(handle.iter_content(chunk_size=1000)) == (source / "reads/R1.fastq").read_bytes()
        handle.close()
    with client.get_file.stream(uuid=files["links.json"]["uuid"], replica="aws") as handle:
        assert (handle.json(), handle.content) == ({"links": []}, (source / "links.json").read_bytes())
    assert client.get_file(uuid=files["reads/R1.fastq"]["uuid"], replica="aws")[:3] == b"\0\1\2"
    assert client.get_file(uuid=files["links.json"]["uuid"], replica="aws") == {"links": []}


@pytest.mark.parametrize(("replica", "scheme"), [("aws", "s3"), ("gcp", "gs")])
@pytest.mark.parametrize("directurl", [True, "true"])
def test_the_direct_url_of_a_file_is_what_is_answered(
    client: DSSClient, bundle: Any, omics_sandbox: Any, replica: str, scheme: str, directurl: Any
):
    file = client.get_bundle(uuid=bundle["bundle_uuid"], replica=replica)["bundle"]["files"][0]
    arguments: dict[str, Any] = {"uuid": file["uuid"], "replica": replica, "directurl": directurl}
    url = client.get_file(**arguments)
    assert isinstance(url, str)
    assert url.startswith(f"{scheme}://")
    assert file["sha256"] in url
    with client.get_file.stream(**arguments) as handle:
        assert handle.raw.read() == url.encode()
        assert handle.headers["x-dss-sha256"] == file["sha256"]
    with Dss(swagger_base(omics_sandbox)) as dss:
        typed: dict[str, Any] = {**arguments, "directurl": True}
        assert dss.get_file(**typed) == url.encode()
        raw = dss.get_file.raw(**typed)
        assert (raw.status_code, raw.headers["location"], raw.text) == (302, url, url)
    # The service's own redirect is to the file.
    assert client.get_file(uuid=file["uuid"], replica=replica, directurl=False) != url


async def _direct_url(omics_sandbox: Any, **arguments: Any) -> tuple[Any, bytes]:
    async with AsyncDss(swagger_base(omics_sandbox)) as dss:
        async with dss.get_file.stream(directurl=True, **arguments) as body:
            streamed = await body.read()
        return await dss.get_file(directurl=True, **arguments), streamed


def test_the_direct_url_in_asyncio(client: DSSClient, bundle: Any, omics_sandbox: Any):
    file = client.get_bundle(uuid=bundle["bundle_uuid"], replica="aws")["bundle"]["files"][0]
    whole, streamed = asyncio.run(_direct_url(omics_sandbox, uuid=file["uuid"], replica="aws"))
    assert whole == streamed
    assert whole.startswith(b"s3://")


def test_head_file_returns_status_and_headers(client: DSSClient, bundle: Any):
    file = client.get_bundle(uuid=bundle["bundle_uuid"], replica="aws")["bundle"]["files"][0]
    response = client.head_file(uuid=file["uuid"], replica="aws")
    assert response.status_code == 200
    assert response.headers["X-DSS-SHA256"] == file["sha256"]


def test_numbers_may_be_strings(client: DSSClient, bundle: Any):
    assert client.get_bundles_all(replica="aws", per_page="10")["bundles"]


@pytest.mark.parametrize(
    ("name", "argument"), [("get_bundle", "uuid"), ("download", "bundle_uuid"), ("download_collection", "uuid")]
)
def test_errors_are_the_documented_ones_and_ours(client: DSSClient, name: str, argument: str):
    with pytest.raises(SwaggerAPIException) as caught:
        getattr(client, name)(**{argument: "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"}, replica="aws")
    assert (caught.value.code, caught.value.reason) == (404, "not_found")
    assert isinstance(caught.value, NotFound)
    assert isinstance(caught.value, requests.HTTPError)  # as published
    assert (caught.value.response.status_code, caught.value.response.json()["code"]) == (404, "not_found")


class Refusing:
    """A client of the Data Store whose workflows are all refused."""

    def __getattr__(self, name: str) -> Any:
        raise NotFound(f"{name}: no", status=404)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, member in vars(DSSClient).items()
        if inspect.isfunction(member) and name[0] != "_" and name != "create_version"
    ],
)
def test_every_workflow_raises_them(client: DSSClient, name: str):
    workflow = getattr(client, name)
    required = [item for item in inspect.signature(workflow).parameters.values() if item.default is item.empty]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "_api", Refusing())
        with pytest.raises(SwaggerAPIException):
            workflow(*["aws" for _ in required])


def test_no_network_is_a_documented_error_and_ours():
    client = DSSClient(swagger_url="http://127.0.0.1:1/v1/swagger.json", retry=Retry(attempts=1))
    with client, pytest.raises(SwaggerAPIException) as caught:
        client.get_bundles_all(replica="aws")
    assert isinstance(caught.value, ConnectFailed)
    assert caught.value.code is None
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_an_unknown_argument_names_the_nearest_one(client: DSSClient):
    with pytest.raises(TypeError, match=r"get_bundle\(\) has no argument 'uid'; did you mean 'uuid'"):
        client.get_bundle(uid="x", replica="aws")


def test_arguments_have_names(client: DSSClient):
    call: Any = client.get_bundle
    with pytest.raises(TypeError, match=r"get_bundle\(\) takes arguments by name, as in get_bundle\(uuid=\.\.\., "):
        call("x", "aws")


def test_a_missing_argument_is_named(client: DSSClient):
    with pytest.raises(TypeError, match=r"get_bundle\(\) missing .*'replica'"):
        client.get_bundle(uuid="x")


def test_an_argument_of_an_example_that_the_operation_lacks_is_ignored(client: DSSClient):
    call = client.get_collections
    with pytest.warns(UserWarning, match="no argument 'replica'") as caught:
        results = call(replica="aws"), [*call.paginate(replica="aws")], [*call.iterate(replica="aws")]
    page = {"collections": []}
    assert results == (page, [page], [])
    assert [warning.filename for warning in caught] == [__file__] * 3


def test_download_returns_the_manifest_and_the_folder(client: DSSClient, bundle: Any, folder: Path):
    response = client.download(bundle["bundle_uuid"], "aws", download_dir="there")
    assert response["bundle"]["uuid"] == bundle["bundle_uuid"]
    assert Path(response["path"]) == Path("there") / f"{bundle['bundle_uuid']}.{bundle['version']}"
    assert (folder / response["path"] / "links.json").exists()


def test_iterating_over_one_response_is_a_mistake(client: DSSClient):
    with pytest.raises(AttributeError, match="cannot be iterated"):
        client.get_subscriptions.iterate(replica="aws")
    assert not hasattr(client.get_subscriptions, "iterate")


def test_failures_of_transfers_are_raised_as_published(
    client: DSSClient, omics_sandbox: Any, bundle: Any, source: Path, staged: str, folder: Path
):
    with pytest.raises(StagingRefused):
        client.upload(str(source), "aws", "no-such-bucket")
    omics_sandbox.add_faults(Rule("status", path="/dss/v1/files/*", method="PUT", status=422, nth=1, times=1))
    with pytest.raises(RuntimeError, match=r"1 of 4 files failed: .* No bundle was registered"):
        client.upload(str(source), "aws", staged)
    omics_sandbox.add_faults(Rule("status", path="/dss/v1/bundles/*", method="PUT", status=409, times=1))
    with pytest.raises(SwaggerAPIException):
        client.upload(str(source), "aws", staged)
    omics_sandbox.add_faults(Rule("status", path="/_objects/*", status=404))
    with pytest.raises(RuntimeError, match=r"4 download task\(s\) failed: "):
        client.download(bundle["bundle_uuid"], "aws", num_retries=0)
