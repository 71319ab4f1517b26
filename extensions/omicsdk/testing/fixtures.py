"""One fixture for each platform. pytest loads this module in every run, so it imports nothing of weight."""

from collections.abc import Generator
from typing import TYPE_CHECKING, TypeVar

import pytest

from omicsdk.testing import Platform

if TYPE_CHECKING:
    from omicsdk import Fusillade
    from omicsdk.core.platform import Platform as Client
    from omicsdk.crunch import Crunch
    from omicsdk.ga4gh import Htsget, Refget, Trs
    from omicsdk.gen3 import Gen3
    from omicsdk.hca.azul import Azul
    from omicsdk.hca.dss import Dss
    from omicsdk.hca.upload import HcaUpload
    from omicsdk.pangea import Pangea
    from omicsdk.sandbox.server import Sandbox
    from omicsdk.sb.client import SevenBridges


@pytest.fixture
def omics_environment(
    omics_sandbox: "Sandbox", monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The variables that point this SDK, `omics` and the platforms' own clients to the sandbox, set for the test.

    Programs that the test starts inherit them.
    """
    # Settings of a test, such as a selected upload area, must not reach the next one.
    (omics_sandbox.folder / "hca-config.json").unlink(missing_ok=True)
    variables = {**omics_sandbox.environment(), "OMICS_STATE_DIR": str(tmp_path_factory.mktemp("omics-state"))}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
def dss_sandbox(omics_sandbox: "Sandbox", omics_environment: dict[str, str]) -> "Generator[Platform[Dss]]":  # noqa: ARG001 - the environment is set
    """The Data Store, without bundles; `client` is a `Dss` that may do everything."""
    from omicsdk.hca.dss import Dss

    yield from _opened(Dss(), omics_sandbox, "dss")


@pytest.fixture
def azul_sandbox(omics_sandbox: "Sandbox", omics_environment: dict[str, str]) -> "Generator[Platform[Azul]]":  # noqa: ARG001 - the environment is set
    """Azul, without projects; `client` is an `Azul`. It indexes the Data Store's bundles."""
    from omicsdk.hca.azul import Azul

    yield from _opened(Azul(), omics_sandbox, "azul")


@pytest.fixture
def auth_sandbox(omics_sandbox: "Sandbox", omics_environment: dict[str, str]) -> "Generator[Platform[Fusillade]]":  # noqa: ARG001 - the environment is set
    """Fusillade with its first users, groups and roles; `client` is an administrator's `Fusillade`."""
    from omicsdk import Fusillade

    yield from _opened(Fusillade(), omics_sandbox, "auth")


@pytest.fixture
def upload_sandbox(omics_sandbox: "Sandbox", omics_environment: dict[str, str]) -> "Generator[Platform[HcaUpload]]":  # noqa: ARG001 - the environment is set
    """The Upload service, without areas; `client` is an `HcaUpload` with the service's key."""
    from omicsdk.hca.upload import HcaUpload

    yield from _opened(HcaUpload(), omics_sandbox, "upload")


@pytest.fixture
def sb_sandbox(omics_sandbox: "Sandbox", omics_environment: dict[str, str]) -> "Generator[Platform[SevenBridges]]":  # noqa: ARG001 - the environment is set
    """The Seven Bridges Platform, without projects; `client` is the `SevenBridges` of sandbox-user."""
    from omicsdk.sb.client import SevenBridges

    yield from _opened(SevenBridges(omics_sandbox.sb_url, credentials=omics_sandbox.sb_token), omics_sandbox, "sb")


@pytest.fixture
def gen3_sandbox(omics_sandbox: "Sandbox", omics_environment: dict[str, str]) -> "Generator[Platform[Gen3]]":
    """A Gen3 commons, without programs, records and files; `client` is an administrator's `Gen3`.

    Its services are at the root of the server, so faults without a path apply to all platforms.
    """
    from omicsdk.gen3 import Gen3, Gen3Login

    login = Gen3Login(omics_environment["GEN3_ENDPOINT"], refresh_file=omics_environment["GEN3_API_KEY"])
    yield from _opened(Gen3(credentials=login), omics_sandbox, "gen3", "*")


@pytest.fixture
def crunch_sandbox(omics_sandbox: "Sandbox", omics_environment: dict[str, str]) -> "Generator[Platform[Crunch]]":  # noqa: ARG001 - the environment is set
    """A django-crunch site without projects; `client` is an administrator's `Crunch`."""
    from omicsdk.crunch import Crunch

    omics_sandbox.crunch.empty()
    yield from _opened(Crunch(), omics_sandbox, "crunch")


@pytest.fixture
def pangea_sandbox(omics_sandbox: "Sandbox", omics_environment: dict[str, str]) -> "Generator[Platform[Pangea]]":
    """Pangea with an organization and an empty library; `client` is a `Pangea` logged in as their member."""
    from omicsdk.pangea import Pangea, PasswordLogin

    login = PasswordLogin(omics_environment["PANGEA_USER"], omics_environment["PANGEA_PASS"])
    yield from _opened(Pangea(omics_environment["PANGEA_ENDPOINT"], credentials=login), omics_sandbox, "pangea")


@pytest.fixture
def htsget_sandbox(omics_sandbox: "Sandbox", omics_environment: dict[str, str]) -> "Generator[Platform[Htsget]]":  # noqa: ARG001 - the environment is set
    """htsget with its example data sets; `client` is an `Htsget`."""
    from omicsdk.ga4gh import Htsget

    yield from _opened(Htsget(), omics_sandbox, "htsget")


@pytest.fixture
def refget_sandbox(omics_sandbox: "Sandbox", omics_environment: dict[str, str]) -> "Generator[Platform[Refget]]":  # noqa: ARG001 - the environment is set
    """refget with its example sequences; `client` is a `Refget`."""
    from omicsdk.ga4gh import Refget

    yield from _opened(Refget(), omics_sandbox, "refget")


@pytest.fixture
def trs_sandbox(omics_sandbox: "Sandbox", omics_environment: dict[str, str]) -> "Generator[Platform[Trs]]":  # noqa: ARG001 - the environment is set
    """The Tool Registry Service with its example tool; `client` is a `Trs`."""
    from omicsdk.ga4gh import Trs

    yield from _opened(Trs(), omics_sandbox, "trs")


C = TypeVar("C", bound="Client")


def _opened(client: C, sandbox: "Sandbox", service: str, paths: str = "") -> "Generator[Platform[C]]":
    """Yield a platform with its client, and close the client when the test ends."""
    with client:
        yield Platform(client, sandbox, service, paths or f"/{service}/*")
