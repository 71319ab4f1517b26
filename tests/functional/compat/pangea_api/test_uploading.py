"""`upload_file` and its kin: what the published client documents of them; uploads themselves are tested in tests/pangea."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.compat.pangea_api import PangeaForbiddenError, RemoteObjectError, SampleAnalysisResultField
from omicsdk.core.checksums import MIB
from pangea_fields import FieldServer
from pangea_fields import pangea as pangea
from sink import sink as sink

PART = 5 * MIB


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.fastq.gz"
    path.write_bytes(b"ACGT" * 1000)
    return path


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Two parts of 5 MiB and a little."""
    path = tmp_path / "large.fastq.gz"
    path.write_bytes(b"ACGT" * (2 * PART // 4) + b"A" * 1000)
    return path


def test_a_field_has_the_servers_data_when_its_file_was_uploaded(pangea: FieldServer, sink: Any, small: Path):
    messages: list[str] = []
    field = pangea.field()
    assert field.upload_file(small, logger=messages.append) is field
    assert field.stored_data["uri"].endswith("/small.fastq.gz")
    assert messages[0] == f'[INFO] Starting upload for "{small}"'
    assert pangea.field("f2").upload_small_file(str(small)).stored_data["__type__"] == "s3"
    assert [request.path for request in sink.requests] == ["bkt", "bkt"]


def test_a_large_file_goes_in_parts_by_its_size_or_by_the_call(pangea: FieldServer, large: Path, small: Path):
    messages: list[str] = []
    field = pangea.field().upload_large_file(large, 0, chunk_size=PART, logger=messages.append)
    assert field.stored_data["__type__"] == "s3"
    assert sorted(messages[1:-1]) == [f'[INFO] Uploaded part {n} of 3 for "{large}"' for n in (1, 2, 3)]
    pangea.field("f2").upload_file(large, multipart_thresh=PART, chunk_size=PART)
    assert pangea.body("up2") == large.read_bytes()
    pangea.objects.clear()  # that server has one object
    pangea.field("f3").upload_large_file(small)
    assert [body.get("n_parts") for body in pangea.of("/upload_s3")] == [3, 3, 1]


def test_a_missing_permission_is_reported(pangea: FieldServer, small: Path):
    field = pangea.field()
    pangea.faults = [httpx.Response(403, json={"detail": "You do not have permission to perform this action."})]
    with pytest.raises(PangeaForbiddenError, match="permission"):
        field.upload_file(small)


def test_a_field_that_does_not_exist_takes_no_file(pangea: FieldServer, small: Path, sink: Any):
    field = pangea.field().parent.field("new")
    assert isinstance(field, SampleAnalysisResultField)
    with pytest.raises(RemoteObjectError):
        field.upload_file(small)
    assert not sink.requests


def test_who_works_off_an_order_uploads_by_it(pangea: FieldServer, small: Path):
    field = pangea.field()
    field.parent.parent.url_options["work_order_uuid"] = "0d8b4c1e-8f0e-4a7c-9a0a-6f6f3a1c2b3d"
    field.upload_file(small)
    assert set(pangea.orders) == {"0d8b4c1e-8f0e-4a7c-9a0a-6f6f3a1c2b3d"}
