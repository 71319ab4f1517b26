"""The Data Store's calls: each operation once, with pages where there are some."""

import random
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

import boto3
from omicsdk.core.checksums import Digests
from omicsdk.core.credentials import BearerToken
from omicsdk.sandbox import Sandbox
from omicsdk_api.dss import DssApi
from recording import Recorder

FOLDER = Path(__file__).with_name("dss")
START = 1_767_258_000.0
"""When the recorded calls happen: 2026-01-01 09:00 UTC."""
VERSION = "2026-01-01T080000.000000Z"
BUNDLES = 12


def _uuid(kind: int, number: int = 0) -> str:
    return str(UUID(int=kind << 96 | 4 << 76 | 8 << 60 | number))


FILE, BUNDLE, OTHER, COLLECTION = _uuid(0xF11E), _uuid(0xB0D1E), _uuid(0x07E), _uuid(0xC011)


def record_dss() -> None:
    """Record all operations."""
    numbers = random.Random(1)

    def uuid4() -> UUID:
        return UUID(int=numbers.getrandbits(128), version=4)

    with (
        # What the server names by chance has the same name at each recording.
        mock.patch("uuid.uuid4", uuid4),
        tempfile.TemporaryDirectory() as folder,
        Sandbox(Path(folder) / "sandbox") as sandbox,
    ):
        sandbox.clock.freeze(START)
        _stage(sandbox, Path(folder))
        token = BearerToken(sandbox.token(), origins=[sandbox.url])
        with DssApi(f"{sandbox.url}/dss/v1", credentials=token) as api:
            recorder = Recorder(FOLDER, api, sandbox.url)
            _files(recorder, sandbox)
            _bundles(recorder, api, sandbox)
            _collections(recorder, api)
            _subscriptions(recorder)
            recorder.save("/dss/v1")


def _stage(sandbox: Sandbox, folder: Path) -> None:
    document = folder / "cell_suspension_0.json"
    document.write_text('{"biomaterial_core": {"biomaterial_id": "lambda_late"}, "minutes_after_induction": 60}\n')
    names = sandbox.environment()
    s3: Any = boto3.client(
        "s3",
        endpoint_url=sandbox.s3_url,
        region_name=names["AWS_DEFAULT_REGION"],
        aws_access_key_id=names["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=names["AWS_SECRET_ACCESS_KEY"],
    )
    content = document.read_bytes()
    digests = Digests(("s3_etag", "sha1", "sha256", "crc32c"), size=len(content))
    digests.update(content)
    labels = {f"hca-dss-{name}": value for name, value in digests.values().items()}
    where = {"Bucket": sandbox.staging_bucket, "Key": document.name, "ContentType": "application/json"}
    s3.put_object(**where, Body=content, Metadata=labels)
    s3.close()


def _files(recorder: Recorder, sandbox: Sandbox) -> None:
    source = f"s3://{sandbox.staging_bucket}/cell_suspension_0.json"
    recorder.call("put_file", uuid=FILE, version=VERSION, creator_uid=8008, source_url=source)
    recorder.call("head_file", uuid=FILE, replica="aws")
    recorder.stream("get_file", uuid=FILE, replica="aws")


def _bundles(recorder: Recorder, api: DssApi, sandbox: Sandbox) -> None:
    def entry(name: str) -> Any:
        return {"uuid": FILE, "version": VERSION, "name": name, "indexed": name.endswith(".json")}

    entries = [entry("cell_suspension_0.json"), *(entry(f"lane_{number}.txt") for number in range(BUNDLES))]
    recorder.call("put_bundle", uuid=BUNDLE, version=VERSION, replica="aws", creator_uid=8008, files=entries)
    for number in range(BUNDLES):
        api.put_bundle(
            uuid=_uuid(0xE0, number), version=VERSION, replica="aws", creator_uid=8008, files=[entry("cell_0.json")]
        )
    recorder.iterate("get_bundle", uuid=BUNDLE, replica="aws", per_page=10)
    recorder.iterate("get_bundles_all", replica="aws", per_page=10)
    query = {"query": {"match": {"files.cell_suspension_json.biomaterial_core.biomaterial_id": "lambda_late"}}}
    recorder.call("post_search", replica="aws", es_query=query)
    recorder.call("patch_bundle", uuid=BUNDLE, version=VERSION, replica="aws", remove_files=[entry("lane_0.txt")])
    job = recorder.call("post_bundles_checkout", uuid=BUNDLE, replica="aws")
    sandbox.finish()
    recorder.call("get_bundles_checkout", replica="aws", checkout_job_id=job.checkout_job_id)
    recorder.iterate("get_events", replica="aws")
    recorder.call("get_event", uuid=BUNDLE, version=VERSION, replica="aws")
    recorder.call("delete_bundle", uuid=_uuid(0xE0, 0), replica="aws", version=VERSION, reason="a test")


def _collections(recorder: Recorder, api: DssApi) -> None:
    link: Any = {"type": "bundle", "uuid": BUNDLE, "version": VERSION}
    stated: Any = {"replica": "aws", "description": "of a test", "details": {"kind": "recorded"}, "contents": [link]}
    recorder.call("put_collection", uuid=COLLECTION, version=VERSION, name="lambda", **stated)
    for number in range(10):
        api.put_collection(uuid=_uuid(0xC0, number), version=VERSION, name=f"further {number}", **stated)
    recorder.call("get_collection", uuid=COLLECTION, replica="aws")
    recorder.iterate("get_collections", per_page=10)
    recorder.call("patch_collection", uuid=COLLECTION, version=VERSION, replica="aws", description="changed")
    recorder.call("delete_collection", uuid=COLLECTION, replica="aws")


def _subscriptions(recorder: Recorder) -> None:
    made = recorder.call(
        "put_subscription",
        replica="aws",
        callback_url="https://notify.example.org/bundles",
        jmespath_query="files[?name=='cell_suspension_0.json']",
        hmac_key_id="first",
        hmac_secret_key="never to be seen in a recording",
    )
    recorder.call("get_subscription", uuid=made.uuid, replica="aws")
    recorder.call("get_subscriptions", replica="aws")
    recorder.call("delete_subscription", uuid=made.uuid, replica="aws")
