"""Destinations of uploads, and uploads that cannot be."""

from typing import Any

import pytest
from omicsdk.transfer import Location, PutTo, Upload
from omicsdk.transfer.uploads.store import Form

URL = "https://store.example/reads?signature"
TO = PutTo(Location(URL))


@pytest.mark.parametrize(
    ("location", "target"),
    [
        (Location(URL), "https://store.example/reads"),
        (Form(URL, fields={"key": "a/${filename}"}), "https://store.example/reads a/file"),
        (Form(URL, fields={"key": "a/${filename}"}, file_name="b"), "https://store.example/reads a/b"),
        (lambda _: Location(URL), ""),
    ],
)
def test_a_target_has_no_secret(location: Any, target: str) -> None:
    assert PutTo(location).target == target


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"retries": -1}, "cannot be negative"),
        ({"path": "a\0b"}, r"'a\\x00b': a path cannot contain a NUL character"),
        ({"path": "a/\ud800"}, r"'a/\\ud800': no file can have this path on this system"),
        ({"min_delay": -0.5}, "cannot be negative"),
        ({"checksums": ["md5", "md6"]}, "unknown checksum 'md6'; known are .*md5"),
        ({"to": PutTo(Location(URL), needs=("md7",))}, "unknown checksum 'md7'"),
    ],
)
def test_an_upload_that_cannot_be_is_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Upload(**{"path": "x/a.txt", "to": TO, **options})


def test_an_upload_is_named_by_its_file() -> None:
    upload = Upload("x/a.txt", TO, checksums=["MD5", "md5"], retries=0, min_delay=0)
    assert (upload.name, upload.checksums) == ("a.txt", ("md5",))
    assert Upload("x/a.txt", TO, checksums="SHA256").checksums == ("sha256",)
    with pytest.raises(TypeError, match="`to` must be a PutTo, an S3Object or another MultipartStore, not a"):
        Upload("x/a.txt", URL)  # type: ignore[arg-type] - what is refused
    with pytest.raises(TypeError, match=r"^b'x': path must be text or a pathlib.Path, not bytes"):
        Upload(b"x", TO)  # type: ignore[arg-type] - what is refused
