"""The Upload service's calls: each operation once."""

import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock
from uuid import UUID

from omicsdk.core.credentials import ApiKey
from omicsdk.sandbox import Sandbox
from omicsdk_api.upload import UploadApi
from recording import Recorder

FOLDER = Path(__file__).with_name("upload")
START = 1_767_258_000.0
"""When the recorded calls happen: 2026-01-01 09:00 UTC."""
AREA = "0d4b8a3e-6f2d-4a41-8f0c-1d2e3f405162"
NAME = "metadata/cell suspension 0.json"
QUOTED = "metadata/cell%20suspension%200.json"
CONTENT = '{"biomaterial_core": {"biomaterial_id": "lambda_late"}}\n'
TYPE = 'application/json; dcp-type="metadata/biomaterial"'
IMAGE = "quay.io/humancellatlas/fastq_utils:v0.2.6"


def record_upload() -> None:
    """Record all operations."""
    numbers = random.Random(2)

    def uuid4() -> UUID:
        return UUID(int=numbers.getrandbits(128), version=4)

    with (
        # What the server names by chance, and the S3 server's own time, are the same at each recording.
        mock.patch("uuid.uuid4", uuid4),
        mock.patch("moto.s3.models.utcnow", return_value=datetime.fromtimestamp(START, UTC).replace(tzinfo=None)),
        tempfile.TemporaryDirectory() as folder,
        Sandbox(folder) as sandbox,
    ):
        sandbox.clock.freeze(START)
        key = ApiKey(sandbox.upload_key, header="Api-Key", origins=[sandbox.url])
        with UploadApi(f"{sandbox.url}/upload", credentials=key) as api:
            recorder = Recorder(FOLDER, api, sandbox.url)
            _areas_and_files(recorder, api)
            _jobs(recorder, sandbox)
            for operation in ("get_version", "get_health", "get_v1_health"):
                recorder.call(operation)
            recorder.call("delete_area", upload_area_uuid=AREA)
            recorder.save("/upload")


def _areas_and_files(recorder: Recorder, api: UploadApi) -> None:
    recorder.call("create_area", upload_area_uuid=AREA)
    recorder.call("area_exists", upload_area_uuid=AREA)
    recorder.call("get_credentials", upload_area_uuid=AREA)
    recorder.client = api.with_options(headers={"Content-Type": TYPE})
    recorder.call("store_file", upload_area_uuid=AREA, filename=NAME, body=CONTENT)
    recorder.client = api
    recorder.call("file_info", upload_area_uuid=AREA, filename=NAME)
    recorder.call("files_info", upload_area_uuid=AREA, body=[QUOTED])
    recorder.call("file_upload_notification", upload_area_uuid=AREA, filename=NAME)
    recorder.call("checksum_statuses", upload_area_uuid=AREA)


def _jobs(recorder: Recorder, sandbox: Sandbox) -> None:
    job = sandbox.upload.store.job(AREA, NAME)
    assert job is not None
    report = {"job_id": "batch-1", "payload": {"name": NAME}}
    recorder.call("update_checksum", upload_area_uuid=AREA, checksum_id=job.id, status="CHECKSUMMED", **report)
    recorder.call("checksum_status", upload_area_uuid=AREA, filename=NAME)
    settings = {"upload_area_uuid": AREA, "validator_image": IMAGE, "environment": {"LEVEL": "1"}}
    recorder.call("validate_files", files=[QUOTED], **settings)
    scheduled = recorder.call("validate_file", filename=NAME, **settings)
    recorder.call("validation_statuses", upload_area_uuid=AREA)
    recorder.call(
        "update_validation",
        upload_area_uuid=AREA,
        validation_id=scheduled.validation_id,
        status="VALIDATED",
        **report,
    )
    recorder.call("validation_status", upload_area_uuid=AREA, filename=NAME)
