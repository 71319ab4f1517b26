"""Code with the Data Store's clients that a type checker must accept, with the expected types of responses. Never run."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, assert_type

import httpx
from omicsdk.compat.hca.dss import DSSClient
from omicsdk.core.credentials import BearerToken
from omicsdk.core.errors import NotFound
from omicsdk.core.items import AsyncItems, Items
from omicsdk.core.response import ResponseHeaders
from omicsdk.core.retry import Retry
from omicsdk.core.streaming import AsyncBody, Body
from omicsdk.hca.dss import AsyncDss, Dss
from omicsdk_api.dss import AsyncDssApi, DssApi
from omicsdk_api.dss.models import (
    BundleEnumerationResult,
    BundleIdentifier,
    BundlePage,
    BundleStored,
    BundleVersion,
    FileQueued,
    FileStored,
    FileVersion,
    Notification,
    NotifiedBundle,
    SearchHit,
    SearchResult,
    Subscription,
)
from omicsdk_api.dss.types import BundlePageDict
from omicsdk_api.dss.webhooks import parse_notification

UUID = "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d"


def constructors() -> None:
    DssApi()
    DssApi("https://dss.example.org/v1", credentials=BearerToken("token"), timeout=5, retry=Retry(attempts=2))
    DssApi(
        credentials=httpx.BasicAuth("user", "password"), transport=httpx.MockTransport(lambda _: httpx.Response(200))
    )
    AsyncDssApi("https://dss.example.org/v1", headers={"x-purpose": "typing"}, http2=True, strict=True)


def calls(api: DssApi) -> None:
    page = assert_type(api.get_bundle(uuid=UUID, replica="aws"), BundlePage)
    if page.bundle:
        assert_type(page.bundle, BundleVersion)
    for file in api.get_bundle.iterate(uuid=UUID, replica="aws"):
        assert_type(file.name, str)
        assert_type(file.size, int)
        assert_type(file.indexed, bool)
        assert_type(file.content_type, str)
        assert_type(file.url, str | None)
        assert_type(file.additional_properties, dict[str, Any] | None)
    assert_type(page.to_dict(), dict[str, Any])
    assert_type(BundlePage.from_dict({"bundle": {}}), BundlePage)
    assert_type(api.head_file(uuid=UUID, replica="gcp", version="v"), Mapping[str, str])
    assert_type(api.get_file(uuid=UUID, replica="aws"), bytes)
    stored = api.put_file(uuid=UUID, version="v", creator_uid=1, source_url="s3://bucket/key")
    assert_type(stored, FileStored | FileQueued)
    if isinstance(stored, FileQueued):
        assert_type(stored.version, str)
    assert_type(api.post_search(es_query={"query": {"match_all": {}}}, replica="aws"), SearchResult)
    assert_type(
        api.put_subscription(callback_url="https://notify.example.org", replica="aws", method="PUT"), Subscription
    )


def bodies(api: DssApi) -> None:
    from omicsdk_api.dss.models import BundleFile

    by_model = BundleFile(uuid=UUID, version="v", name="a.json", indexed=True)
    stored = api.put_bundle(uuid=UUID, version="v", replica="aws", creator_uid=1, files=[by_model])
    assert_type(stored, BundleStored)
    api.put_bundle(
        uuid=UUID,
        version="v",
        replica="aws",
        creator_uid=1,
        files=[{"uuid": UUID, "version": "v", "name": "a.json", "indexed": True}],
    )


def pages_and_items(api: DssApi) -> None:
    assert_type(api.get_bundles_all.pages(replica="aws"), Iterator[BundleEnumerationResult])
    assert_type(api.get_bundles_all.iterate(replica="aws").take(3), Items[BundleIdentifier])
    for hit in api.post_search.iterate(es_query={}, replica="aws"):
        assert_type(hit, SearchHit)
        assert_type(hit.bundle_fqid, str)
        assert_type(hit.search_score, float | None)


def bytes_and_responses(api: DssApi) -> None:
    with api.get_file.stream(uuid=UUID, replica="aws") as body:
        assert_type(body, Body)
        assert_type(body.read(10), bytes)
        for chunk in body.iter_bytes():
            assert_type(chunk, bytes)
    assert_type(api.get_bundle.raw(uuid=UUID, replica="aws"), httpx.Response)
    assert_type(api.with_options(timeout=5), DssApi)


def errors(api: DssApi) -> None:
    try:
        api.get_bundle(uuid=UUID, replica="aws")
    except NotFound as error:
        assert_type(error.status, int)
        assert_type(error.code, str | None)


def a_replica_chosen_at_run_time(api: DssApi, replica: Literal["aws", "gcp"]) -> None:
    api.get_bundle(uuid=UUID, replica=replica)


async def asynchronous(api: AsyncDssApi) -> None:
    assert_type(await api.get_bundle(uuid=UUID, replica="aws"), BundlePage)
    assert_type(api.get_bundle.iterate(uuid=UUID, replica="aws"), AsyncItems[FileVersion])
    async for bundle in api.get_bundles_all.iterate(replica="aws"):
        assert_type(bundle, BundleIdentifier)
    async for page in api.get_bundles_all.pages(replica="aws"):
        assert_type(page, BundleEnumerationResult)
    async with api.get_file.stream(uuid=UUID, replica="aws") as body:
        assert_type(body, AsyncBody)
        assert_type(await body.read(), bytes)
    assert_type(await api.get_bundle.raw(uuid=UUID, replica="aws"), httpx.Response)
    assert_type(api.with_options(retry=Retry(attempts=1)), AsyncDssApi)


def headers(client: DssApi) -> None:
    response = client.get_bundle.with_headers(uuid=UUID, replica="aws")
    assert_type(response.value, BundlePage)
    assert_type(response.headers.retry_after, int | None)
    assert_type(response.headers.link, str | None)
    assert_type(client.get_file.with_headers(uuid=UUID, replica="aws").headers.x_dss_size, int | None)
    # Without declared headers there are those that every response has, by name.
    assert_type(client.get_subscriptions.with_headers(replica="aws").headers, ResponseHeaders)


async def asynchronous_headers(client: AsyncDssApi) -> None:
    response = await client.get_bundle.with_headers(uuid=UUID, replica="aws")
    assert_type(response.headers.x_open_api_pagination, bool | None)
    assert_type(response.headers["link"], str)


def workflows() -> None:
    with Dss() as dss:
        assert_type(dss, Dss)
        assert_type(dss.get_bundle(uuid=UUID, replica="aws"), BundlePage)
        result = dss.download(UUID, "aws", download_dir="bundles", metadata_filter=("*.json",))
        assert_type(result.bundles[0].folder, str)
        assert_type(result.ok, bool)
        dss.download_manifest("manifest.tsv", replica="aws", layout="bundle")
        assert_type(dss.create_version(), str)
        assert_type(dss.with_options(timeout=1), Dss)


async def asynchronous_workflows() -> None:
    async with AsyncDss() as dss:
        result = await dss.download(UUID, "aws", download_dir="bundles")
        assert_type(result.ok, bool)


def documented() -> None:
    client = DSSClient(swagger_url="https://dss.example.org/v1/swagger.json")
    response = assert_type(client.get_bundle(uuid=UUID, replica="aws"), BundlePageDict)
    for file in client.get_bundle.iterate(uuid=UUID, replica="aws"):
        print(file["name"])
    print(response.get("bundle"), client.head_file(uuid=UUID, replica="aws").status_code)


def notifications(body: bytes, data: Mapping[str, Any]) -> None:
    notification = parse_notification(body)
    assert_type(notification, Notification)
    assert_type(notification.match, NotifiedBundle)
    assert_type(notification.event_type, str | None)
    assert_type(parse_notification(data, strict=False).attachments, dict[str, Any] | None)
    parse_notification("{}")
