"""Files without a checksum to compare are never reported as verified, and are errors if a checksum is required."""

from typing import Any

import pytest
from omicsdk.transfer.reports.report import verification_of
from omicsdk.transfer.reports.units import counted_words


@pytest.mark.parametrize(
    ("checksums", "size", "expected"),
    [
        ({"md5": "0"}, 1, "verified"),
        ({"md5": "0"}, None, "verified"),
        ({}, 0, "size only"),
        ({}, 7, "size only"),
        ({}, None, "unverified"),
    ],
)
def test_what_it_is_called(checksums: Any, size: int | None, expected: str) -> None:
    assert verification_of(checksums, size) == expected


def test_words_name_only_what_there_is() -> None:
    assert counted_words({"verified": 1200, "size only": 0, "unverified": 1}) == "1,200 verified, 1 unverified"
    assert counted_words({}) == ""
