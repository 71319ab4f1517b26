"""SDS data sets in folders, dictionaries, a sandbox's commons, and a user without settings of their own."""

from collections.abc import Generator
from pathlib import Path

import pytest
from dtp_project import login
from omicsdk.dtp import Auth
from omicsdk.sandbox import Sandbox
from orthanc import Orthanc, program, running
from reset_sandbox import sandbox as sandbox
from reset_sandbox import sandbox_server as sandbox_server
from sds_data_sets import data_set as data_set
from sds_data_sets import dictionary as dictionary
from sds_data_sets import sds_document as sds_document
from unsettled import nothing_around as nothing_around


@pytest.fixture(scope="session")
def _archive(tmp_path_factory: pytest.TempPathFactory) -> Generator[Orthanc]:
    if program() is None:
        pytest.skip("Orthanc is not installed: apt install orthanc")
    with running(tmp_path_factory.mktemp("orthanc")) as archive:
        yield archive


@pytest.fixture
def empty_archive(_archive: Orthanc) -> Orthanc:
    """Orthanc without images; skipped where it isn't installed."""
    _archive.empty()
    return _archive


@pytest.fixture
def auth(omics_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Auth:
    """The login of a user of the project."""
    return login(omics_sandbox, monkeypatch, tmp_path)
