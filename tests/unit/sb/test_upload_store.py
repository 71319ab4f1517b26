"""A file on its way to Seven Bridges: which parts can work, and how the platform's responses count."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from omicsdk.core.errors import APIError, ConnectionLost, OmicsError, ServiceUnavailable, TransferError
from omicsdk.sb.store import LARGEST_PART, MOST_PARTS, PlatformStore
from omicsdk.transfer.uploads.store import Cut, NoSuchUpload
from omicsdk_api.sb.models import MultipartUpload, UploadPartUrl

MD5 = "0" * 32


def store(client: Any, size: int = 10, **more: Any) -> PlatformStore:
    return PlatformStore(client, "a", {"project": "me/p"}, size, **more)


def source(size: int) -> Any:
    return SimpleNamespace(size=size, part_size=5)


@pytest.mark.parametrize(
    ("upload_id", "size", "part_size", "works"),
    [
        ("u", 10, None, True),
        ("u", LARGEST_PART, LARGEST_PART, True),
        ("u", 10, LARGEST_PART + 1, False),
        ("u", 10, 0, False),
        ("u", MOST_PARTS, 1, True),
        ("u", MOST_PARTS + 1, 1, False),
        ("", 10, 5, False),
    ],
)
def test_an_upload_that_cannot_work_is_not_begun(upload_id: str, size: int, part_size: int | None, works: bool) -> None:
    client = Mock()
    client.start_upload.return_value = Mock(upload_id=upload_id, part_size=part_size)
    upload = store(client, size)
    if works:
        assert (upload.begin(source(size)), upload.part_size("u")) == ("u", part_size or 5)
        assert upload.part_size("another") is None
    else:
        with pytest.raises(TransferError):
            upload.begin(source(size))
    # No run could resume it.
    assert [call.kwargs for call in client.abort_upload.mock_calls] == [{"upload_id": "u"}] * (
        not works and bool(upload_id)
    )


def test_parts_that_were_reported_are_known() -> None:
    reported = {0: MD5, 1: f'"{MD5}"', 2: "e-1", 3: MD5}
    parts = [{"part_number": number, "response": {"headers": {"etag": etag}}} for number, etag in reported.items()]
    client = Mock()
    client.get_upload.return_value = MultipartUpload.from_dict({"upload_id": "u", "part_size": 6, "parts": parts})
    by_number = store(client).known("u")
    assert by_number is not None
    assert [(part.number, part.size, part.etag, dict(part.checksums)) for part in by_number.values()] == [
        (1, 6, MD5, {"md5": MD5}),
        (2, 4, "e-1", {}),
    ]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (APIError("later", status=400, code="8008"), ServiceUnavailable),
        (APIError("later", status=408), ServiceUnavailable),
        (APIError("no", status=400), APIError),
    ],
)
def test_what_may_succeed_later_is_tried_again(error: APIError, kind: type[APIError]) -> None:
    with pytest.raises(APIError) as caught:
        store(Mock(start_upload=Mock(side_effect=error))).begin(source(10))
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("error", "overwrite", "is_looked_for", "facts"),
    [
        (ConnectionLost("lost"), True, True, {"size": "10"}),
        (ConnectionLost("lost"), False, True, {"size": "10"}),
        (APIError("no", status=400), True, False, None),
        (APIError("no", status=400), False, True, {"size": "10", "doubtful": "by name and size"}),
    ],
)
def test_a_file_whose_completion_was_lost_is_looked_for(
    error: OmicsError, overwrite: bool, is_looked_for: bool, facts: dict[str, str] | None
) -> None:
    files = [Mock(size=size) for size in (9, 10)]
    for file in files:
        file.name = "a"
        file.to_dict.return_value = {"size": file.size}
    client = Mock()
    client.complete_upload.side_effect = error
    client.list_files.return_value = Mock(items=files)
    upload = store(client, overwrite=overwrite)
    with pytest.raises(OmicsError):
        upload.complete("u", [], {})
    assert upload.finished([]) == facts
    assert client.list_files.called == is_looked_for
    assert upload.created_file == ({"size": 10} if is_looked_for else {})


@pytest.mark.parametrize(("reported", "facts"), [({"size": 10}, {"size": "10"}), ({}, {})])
def test_a_complete_file_is_compared_by_its_size(reported: dict[str, Any], facts: dict[str, str]) -> None:
    client = Mock()
    client.complete_upload.return_value.to_dict.return_value = {"name": "a", **reported}
    upload = store(client)
    assert upload.complete("u", [], {}) == facts
    assert upload.created_file == {"name": "a", **reported}
    client.complete_upload.side_effect = APIError("gone", status=404)
    with pytest.raises(NoSuchUpload):
        upload.complete("u", [], {})


def test_a_status_that_the_platform_does_not_accept_is_an_error() -> None:
    client = Mock()
    part_url = {"url": "https://s3.example/p", "method": "PUT", "report": {"success_codes": [200]}}
    client.get_upload_part_url.return_value = UploadPartUrl.from_dict(part_url)
    upload = store(client)
    upload.sign("u", Cut(1, 0, 10), {})
    part: Any = SimpleNamespace(number=1, etag=MD5)
    upload.sent("u", part, 200, {})
    with pytest.raises(TransferError, match="answered part 1 with 201, not with 200"):
        upload.sent("u", part, 201, {})
    client.report_upload_part.assert_called_once_with(upload_id="u", part_number=1, response={"headers": {"ETag": MD5}})


@pytest.mark.parametrize("headers", [{"x-a": "b\r\nc"}, {"x a": "b"}, {"": "b"}, {"x-a": "\u00e9"}])
def test_headers_that_cannot_be_sent_fail_the_file_alone(headers: dict[str, str]) -> None:
    client = Mock()
    part_url = {"url": "https://s3.example/p", "method": "PUT", "headers": headers}
    client.get_upload_part_url.return_value = UploadPartUrl.from_dict(part_url)
    with pytest.raises(TransferError, match="has characters that cannot be sent"):
        store(client).sign("u", Cut(1, 0, 10), {})
