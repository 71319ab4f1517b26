"""The async client awaits operations and runs workflows in a thread that a cancellation stops."""

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import BearerToken
from omicsdk.hca.dss import AsyncDss
from omicsdk.sandbox import Rule

pytestmark = pytest.mark.sandbox


@pytest.fixture
def client_of(omics_sandbox: Any) -> Any:
    url = omics_sandbox.swagger_url.rpartition("/")[0]
    return lambda: AsyncDss(url, credentials=BearerToken(omics_sandbox.token()))


def test_operations_are_awaited_and_iterated(client_of: Any, bundle: Any):
    async def run() -> list[str]:
        async with client_of() as dss:
            page = await dss.get_bundle(uuid=bundle["bundle_uuid"], replica="aws")
            assert page.bundle.uuid == bundle["bundle_uuid"]
            return [bundle.uuid async for bundle in dss.get_bundles_all.iterate(replica="aws")]

    assert asyncio.run(run()) == [bundle["bundle_uuid"]]


def test_a_workflow_runs_beside_the_loop(client_of: Any, bundle: Any, folder: Path):
    async def run() -> None:
        async with client_of() as dss:
            await dss.download(bundle["bundle_uuid"], "aws")

    asyncio.run(run())
    assert len(list(folder.glob("*/reads/R1.fastq"))) == 1


def test_cancelling_stops_the_transfer_and_the_next_run_continues(
    client_of: Any, bundle: Any, folder: Path, omics_sandbox: Any
):
    omics_sandbox.add_faults(Rule("stall", path="/_objects/*", at=1000))

    async def run() -> None:
        async with client_of() as dss:
            transfer = asyncio.ensure_future(dss.download(bundle["bundle_uuid"], "aws", no_metadata=True))
            async with asyncio.timeout(30):
                while not omics_sandbox.stalled:
                    await asyncio.sleep(0.01)
            transfer.cancel()
            with pytest.raises(asyncio.CancelledError):
                await transfer
            assert not list(folder.glob("*/reads/R1.fastq"))
            omics_sandbox.fault_book.clear()
            omics_sandbox.release()
            await dss.download(bundle["bundle_uuid"], "aws", no_metadata=True)

    asyncio.run(run())
    assert len(list(folder.glob("*/reads/R1.fastq"))) == 1


def test_cancelling_an_upload_ends_it_without_a_complaint(
    client_of: Any, omics_sandbox: Any, source: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    for name, value in omics_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    omics_sandbox.add_faults(Rule("stall", path="/dss/v1/files/*"))

    async def run() -> None:
        async with client_of() as dss:
            transfer = asyncio.ensure_future(dss.upload(source, "aws", omics_sandbox.staging_bucket))
            async with asyncio.timeout(30):
                while not omics_sandbox.stalled:
                    await asyncio.sleep(0.01)
            transfer.cancel()
            await asyncio.sleep(0)  # the cancellation sets out
            omics_sandbox.fault_book.clear()
            omics_sandbox.release()
            with pytest.raises(asyncio.CancelledError):
                await transfer

    asyncio.run(run())
    gc.collect()
    assert "never retrieved" not in caplog.text
    assert omics_sandbox.requests("/dss/v1/bundles/") == []
