"""`make cassettes`: record calls of generated clients again, against the sandbox, those of all services or of those named."""

import argparse
import itertools
import random
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

from calls_ga4gh import htsget, refget, trs
from calls_gen3 import arborist, drs, fence, manifest, person, wts
from calls_hca import azul, dss, fusillade, upload
from calls_sb import sb
from omicsdk.core import NO_RETRY, ApiKey, BearerToken, Credentials
from omicsdk.core.client import Client
from omicsdk.sandbox import Sandbox
from omicsdk_api.azul import AzulApi
from omicsdk_api.drs import DrsApi
from omicsdk_api.dss import DssApi
from omicsdk_api.fusillade import FusilladeApi
from omicsdk_api.gen3.arborist import ArboristApi
from omicsdk_api.gen3.fence import FenceApi
from omicsdk_api.gen3.manifest import ManifestApi
from omicsdk_api.gen3.wts import WtsApi
from omicsdk_api.htsget import HtsgetApi
from omicsdk_api.refget import RefgetApi
from omicsdk_api.sb import SbApi
from omicsdk_api.trs import TrsApi
from omicsdk_api.upload import UploadApi
from recording import Cleaner, Recorder

START = 1_767_258_000.0
"""When the recorded calls happen: 2026-01-01 09:00 UTC."""


@dataclass(frozen=True)
class Service:
    """A service whose calls are recorded.

    Attributes:
        client: Its generated client.
        place: Where the sandbox has it.
        login: Makes the credentials that the calls are made with.
        calls: Makes them.
        allow_hosts: Further names of the sandbox that they ask for.
    """

    client: type[Client]
    place: str
    login: Callable[[Sandbox], Credentials]
    calls: Callable[[Recorder, Sandbox], None]
    allow_hosts: Sequence[str] = ()


def _dcp(sandbox: Sandbox) -> Credentials:
    return BearerToken(sandbox.token(), origins=[sandbox.url])


def _upload(sandbox: Sandbox) -> Credentials:
    return ApiKey(sandbox.upload_key, header="Api-Key", origins=[sandbox.url])


def _sb(sandbox: Sandbox) -> Credentials:
    return ApiKey(sandbox.sb_token, header="X-SBG-Auth-Token", origins=[sandbox.url])


SERVICES = {
    "dss": Service(DssApi, "dss/v1", _dcp, dss),
    "azul": Service(AzulApi, "azul", _dcp, azul),
    "fusillade": Service(FusilladeApi, "auth", _dcp, fusillade, ["auth.data.humancellatlas.org"]),
    "upload": Service(UploadApi, "upload", _upload, upload),
    "sb": Service(SbApi, "sb/v2", _sb, sb),
    "drs": Service(DrsApi, "ga4gh/drs/v1", person, drs),
    "htsget": Service(HtsgetApi, "htsget", _dcp, htsget),
    "refget": Service(RefgetApi, "refget", _dcp, refget),
    "trs": Service(TrsApi, "trs/ga4gh/trs/v2", _dcp, trs),
    "gen3/fence": Service(FenceApi, "user", person, fence),
    "gen3/arborist": Service(ArboristApi, "gen3/arborist", person, arborist),
    "gen3/wts": Service(WtsApi, "wts", person, wts),
    "gen3/manifest": Service(ManifestApi, "manifests", person, manifest),
}


def record(name: str, into: Path) -> None:
    """Records the calls of one service.

    Args:
        name: The service.
        into: The folder in which the service has its own.
    """
    service = SERVICES[name]
    numbers, counted = random.Random(name), itertools.count()

    def token_hex(size: int = 32) -> str:
        return f"{next(counted):0{2 * size}x}"

    with ExitStack() as stack:
        # What the server names by chance, and the S3 server's own time, are the same at each recording.
        # The S3 server comes first, whose import draws names too.
        for target, made in (
            ("moto.s3.models.utcnow", lambda: datetime.fromtimestamp(START, UTC).replace(tzinfo=None)),
            ("uuid.uuid4", lambda: UUID(int=numbers.getrandbits(128), version=4)),
            ("secrets.token_hex", token_hex),
            ("secrets.token_urlsafe", token_hex),
        ):
            stack.enter_context(mock.patch(target, made))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()), "sandbox")
        sandbox = Sandbox(folder, allow_hosts=service.allow_hosts)
        sandbox.clock.freeze(START)
        stack.enter_context(sandbox)
        secrets = (sandbox.sb_token, sandbox.upload_key, sandbox.gen3_client_secret, sandbox.password)
        cleaner = Cleaner(sandbox.url, secrets)
        options: dict[str, Any] = {"credentials": service.login(sandbox), "retry": NO_RETRY, "strict": True}
        client = stack.enter_context(service.client(f"{sandbox.url}/{service.place}", **options))
        recorder = Recorder(into / name, client, cleaner)
        service.calls(recorder, sandbox)
        recorder.save(service.place)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("services", nargs="*", help="services to record; all when none is named")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent, help="the folder of all cassettes")
    arguments = parser.parse_args()
    for service in arguments.services or SERVICES:
        record(service, arguments.into)
