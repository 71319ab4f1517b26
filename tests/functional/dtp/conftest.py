"""SDS data sets in folders, dictionaries, a sandbox's commons, and a user without settings of their own."""

from collections.abc import Generator

import pytest
from omicsdk.sandbox import Sandbox
from orthanc import Orthanc, program, running
from sds_data_sets import data_set as data_set
from sds_data_sets import dictionary as dictionary
from sds_data_sets import nothing_around as nothing_around
from sds_data_sets import sds_document as sds_document


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


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(server: Sandbox) -> Sandbox:
    server.reset()
    return server
