"""Code that a type checker must reject: each line with a mark must have an error with the mark's words, and no other line any."""

from collections.abc import AsyncIterator, Iterator

import httpx
from omicsdk import AsyncDss, Dss
from omicsdk_api.dss import APIError, AsyncDssApi, DssApi, ServiceUnavailable
from omicsdk_api.dss.models import BundlePage, FileVersion
from omicsdk_api.dss.webhooks import parse_notification

UUID = "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d"


def arguments(api: DssApi, anything: str) -> None:
    api.get_bundle(uuid=UUID, replica="azure")  # error: "Literal['azure']" is not assignable
    api.get_bundle(uuid=UUID, replica=anything)  # error: "str" is not assignable
    api.get_bundle(replica="aws")  # error: Argument missing for parameter "uuid"
    api.get_bundle(uuid=UUID)  # error: Argument missing for parameter "replica"
    api.get_bundle(uuid=UUID, replica="aws", colour="red")  # error: No parameter named "colour"
    api.get_bundle(UUID, "aws")  # error: Expected 0 positional arguments
    api.get_bundle(uuid=UUID, replica="aws", version=None)  # error: "None" is not assignable
    api.get_bundle(uuid=UUID, replica="aws", per_page="many")  # error: is not assignable to "int"
    api.get_bundle.raw(uuid=UUID, replica="azure")  # error: "Literal['azure']" is not assignable
    api.get_bundle.iterate(uuid=UUID, replica="aws").take("all")  # error: is not assignable to "int"
    api.put_file(uuid=UUID, version="v", creator_uid="me", source_url="s3://b/k")  # error: is not assignable to "int"
    api.put_subscription(callback_url="https://a.example.org", replica="aws", method="GET")  # error: is not assignable


def errors(api: DssApi) -> None:
    try:
        api.get_bundle(uuid=UUID, replica="aws")
    except ServiceUnavailable as error:
        print(error.data.colour)  # error: Cannot access attribute "colour" for class "Error"
    except APIError as error:
        print(error.data.message)  # error: Cannot access attribute "message" for class "Error"


def bodies(api: DssApi) -> None:
    entry = {"uuid": UUID}
    api.put_bundle(uuid=UUID, version="v", replica="aws", creator_uid=1, files=[entry])  # error: is not assignable
    api.put_bundle(uuid=UUID, version="v", replica="aws", creator_uid=1, files=["a.json"])  # error: is not assignable


def responses(api: DssApi) -> None:
    page = api.get_bundle(uuid=UUID, replica="aws")
    page.bundel  # error: Cannot access attribute "bundel"
    _: int = page.bundle.uuid  # error: is not assignable to declared type "int"
    for file in api.get_bundle.iterate(uuid=UUID, replica="aws"):
        file.sise  # error: Cannot access attribute "sise"


def items(api: DssApi) -> None:
    _: Iterator[BundlePage] = api.get_bundle.iterate(uuid=UUID, replica="aws")  # error: is not assignable
    api.head_file.iterate(uuid=UUID, replica="aws")  # error: Cannot access attribute "iterate"
    api.get_bundle.stream(uuid=UUID, replica="aws")  # error: Cannot access attribute "stream"
    with api.get_file.stream(uuid=UUID, replica="aws") as body:
        _text: str = body.read()  # error: "bytes" is not assignable to "str"


async def asynchronous(api: AsyncDssApi) -> None:
    api.get_bundle(uuid=UUID, replica="aws").bundle  # error: Cannot access attribute "bundle"
    await api.get_bundle(uuid=UUID, replica="azure")  # error: "Literal['azure']" is not assignable
    for _ in api.get_bundle.iterate(uuid=UUID, replica="aws"):  # error: is not iterable
        break
    _files: AsyncIterator[str] = api.get_bundle.iterate(uuid=UUID, replica="aws")  # error: is not assignable
    with api.get_file.stream(uuid=UUID, replica="aws"):  # error: does not correctly implement
        pass


def client(api: DssApi) -> None:
    DssApi(base_url=5)  # error: is not assignable
    DssApi(tiemout=5)  # error: No parameter named "tiemout"
    DssApi(credentials="token")  # error: is not assignable
    api.get_bundel(uuid=UUID, replica="aws")  # error: Cannot access attribute "get_bundel"
    api.with_options(timeouts=5)  # error: No parameter named "timeouts"


def models() -> None:
    FileVersion(name="a")  # error: Arguments missing
    FileVersion.from_dict("text")  # error: is incompatible with protocol


def workflows(dss: Dss) -> None:
    dss.download(UUID, "azure")  # error: "Literal['azure']" is not assignable
    dss.download(UUID, "aws", download_folder="x")  # error: No parameter named "download_folder"
    dss.download(UUID, "aws").bundle  # error: Cannot access attribute "bundle"
    dss.upload("folder", "aws")  # error: Argument missing for parameter "staging_bucket"


async def asynchronous_workflows(dss: AsyncDss) -> None:
    await dss.download(UUID, "azure")  # error: "Literal['azure']" is not assignable
    await dss.download(UUID, "aws", download_folder="x")  # error: No parameter named "download_folder"
    dss.download(UUID, "aws").report  # error: Cannot access attribute "report"
    await dss.upload("folder", "aws")  # error: Argument missing for parameter "staging_bucket"


def notifications(body: bytes) -> None:
    parse_notification(1)  # error: is not assignable
    parse_notification(body, False)  # error: Expected 1 positional argument
    parse_notification(body).match.uuid  # error: Cannot access attribute "uuid"


def trace(request: httpx.Request) -> None: ...


async def report(response: httpx.Response) -> None: ...


def hooks() -> None:
    DssApi(after_response=report)  # error: is not assignable
    DssApi(after_response=trace)  # error: is not assignable
    DssApi(before_request="trace")  # error: is not assignable
    AsyncDssApi(before_request=[report])  # error: is not assignable
    DssApi(before_requests=trace)  # error: No parameter named "before_requests"
