"""An upload that ended before its end continues where it was, in whatever process."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.transfer.upload import CodePackageUpload, Upload
from omicsdk.core import SourceChanged

MIB = 1024 * 1024


def failed(
    platform: Any, upload: Any, error: Any, kind: str = "upload/multipart", there: Callable[[], int] | None = None
) -> None:
    """An upload whose third part cannot be signed after the others were sent: reported, or as `there` counts them."""

    def others_first(_: Any) -> Any:
        while (there() if there is not None else len(platform.uploads["up1"]["parts"])) < 2:
            platform.closing.wait(0.01)
        return error(403, 8002)

    platform.fault(f"GET v2/{kind}/up1/part/3", others_first)
    upload.start()
    with pytest.raises(SbgError) as caught:
        upload.wait()
    assert caught.value.code == 8002


def done(upload: Any) -> Any:
    upload.start()
    upload.wait()
    return upload.result()


def journals(state: Path) -> list[Path]:
    return list(state.rglob("*.journal"))


def parts_of(state: Path) -> int:
    """Counts the parts that journals have."""
    return sum(journal.read_bytes().count(b'["part",') for journal in journals(state))


def test_the_parts_that_exist_are_not_sent_again(platform: Any, api: Any, large: Path, error: Any, state: Path):
    failed(platform, Upload(large, "me/project", part_size=5 * MIB, api=api), error)
    assert len(journals(state)) == 1
    sent = len(platform.of("PUT", ".*"))
    assert platform.contents[done(Upload(large, "me/project", part_size=5 * MIB, api=api)).id] == large.read_bytes()
    assert len(platform.of("PUT", ".*")) == sent + 1
    assert len(platform.of("POST", "v2/upload/multipart")) == 1
    assert [request.query for request in platform.of("GET", "v2/upload/multipart/up1")] == [{"list_parts": "true"}]
    assert journals(state) == []


def test_by_the_platforms_word_alone(platform: Any, api: Any, large: Path, error: Any, state: Path):
    failed(platform, Upload(large, "me/project", part_size=5 * MIB, resume=False, api=api), error)
    assert journals(state) == []
    sent = len(platform.of("PUT", ".*"))
    assert platform.contents[done(Upload(large, "me/project", upload_id="up1", api=api)).id] == large.read_bytes()
    assert len(platform.of("PUT", ".*")) == sent + 1


def test_a_file_that_has_changed_since(platform: Any, api: Any, large: Path, error: Any):
    failed(platform, Upload(large, "me/project", part_size=5 * MIB, api=api), error)
    large.write_bytes(large.read_bytes() + b"more")
    again = Upload(large, "me/project", part_size=5 * MIB, api=api)
    with pytest.raises(SourceChanged):
        done(again)
    assert platform.aborted == ["up1"]
    third = Upload(large, "me/project", part_size=5 * MIB, api=api)
    assert platform.contents[done(third).id] == large.read_bytes()


def test_an_upload_that_the_platform_has_forgotten(platform: Any, api: Any, large: Path, error: Any):
    failed(platform, Upload(large, "me/project", part_size=5 * MIB, api=api), error)
    platform.uploads.clear()
    assert platform.contents[done(Upload(large, "me/project", part_size=5 * MIB, api=api)).id] == large.read_bytes()
    assert len(platform.of("POST", "v2/upload/multipart")) == 2


def test_code_continues_too(platform: Any, api: Any, large: Path, error: Any, state: Path):
    upload = CodePackageUpload(large, "a1", part_size=5 * MIB, api=api)  # whose parts the journal alone knows
    failed(platform, upload, error, "automation/upload", lambda: parts_of(state))
    sent = len(platform.of("PUT", ".*"))
    done(CodePackageUpload(large, "a1", part_size=5 * MIB, api=api))
    assert len(platform.of("PUT", ".*")) == sent + 1


def test_a_state_folder_that_cannot_be_written(
    platform: Any, api: Any, large: Path, state: Path, caplog: pytest.LogCaptureFixture
):
    state.write_text("in the way")
    upload = Upload(large, "me/project", part_size=5 * MIB, api=api)
    assert platform.contents[done(upload).id] == large.read_bytes()
    assert "cannot be written" in caplog.text
