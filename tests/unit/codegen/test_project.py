"""The project around a generated package."""

import pytest
from omicsdk_codegen.project import distribution_version
from packaging.version import Version


@pytest.mark.parametrize(
    ("stated", "version"),
    [
        ("1.2.0", "1.2.0"),
        ("v1", "1"),
        ("2026-11-07", "2026.11.7"),
        ("2026-11-07-preview", "2026.11.7rc0"),
        ("1.0.0-beta.2+build.7", "1.0.0b2"),
        ("2.0-RC1", "2.0rc1"),
        ("0.0.1-dev", "0.0.1.dev0"),
        ("1.2.0 (old)", None),
        ("latest", None),
        ("", None),
    ],
)
def test_a_documents_version_is_the_distributions(stated: str, version: str | None) -> None:
    assert distribution_version(stated) == version
    assert version is None or str(Version(version)) == version
