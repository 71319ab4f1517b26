"""A user with a configuration of their own, and an upload area of the sandbox."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from breakable import noise as noise
from omicsdk.core import Retry
from upload_user import home as home
from upload_user import user_file as user_file


@pytest.fixture
def service(omics_sandbox: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The sandbox, which that user's configuration and credentials point at."""
    for name, value in omics_sandbox.environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    config = home / "config" / "hca" / "config.json"
    config.parent.mkdir(parents=True)
    upload = {"preprod_api_url_template": omics_sandbox.upload_url, "production_api_url": omics_sandbox.upload_url}
    config.write_text(json.dumps({"upload": upload}))
    config.chmod(0o600)
    return omics_sandbox


@pytest.fixture
def area(service: Any) -> Iterator[Any]:
    """A new upload area."""
    from omicsdk.compat.hca.upload import UploadArea, UploadService
    from omicsdk.hca.upload import HcaUpload

    class Area(UploadArea):
        """An area with the platform's own upload beside what is published."""

        def send(self, paths: Any, *, check: bool = False, **options: Any) -> Any:
            return self.upload_service.client.upload(paths, self.uri, check=check, **options)

    client = HcaUpload(retry=Retry(attempts=3, base=0.0))
    with client:
        yield Area(service.area(), UploadService(client=client))


@pytest.fixture
def stored(service: Any, area: Any) -> Any:
    """Gives an object of the area as S3 has it: its bytes and what is said of it."""

    def read(name: str) -> dict[str, Any]:
        client = service._up.context.staging.client()
        response = client.get_object(Bucket=area.uri.bucket_name, Key=f"{area.uuid}/{name}")
        return {**response, "bytes": response["Body"].read()}

    return read
