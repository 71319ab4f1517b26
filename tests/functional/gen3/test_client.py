"""`Gen3` and `AsyncGen3`: where the commons and the login come from, one pool for all services, and workflows on both."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from omicsdk import AsyncGen3, Gen3
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.jobs import Gen3Jobs
from omicsdk.core import ANONYMOUS, ChecksumMismatch, UsageError
from omicsdk.drs import ResolutionSettings
from omicsdk.gen3 import Gen3AuthError, Gen3JobError, Gen3Login
from omicsdk.gen3.dictionary import Dictionary, Link
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR

NOBODY = ResolutionSettings(order=())


# -- its workflows, on a sandbox


@pytest.fixture
def gen3(sandbox: Sandbox, tmp_path: Path) -> Iterator[Gen3]:
    with Gen3(credentials=Gen3Login(refresh_file=sandbox.gen3_credentials(tmp_path / "key.json"))) as client:
        yield client


def test_whoami_names_the_user(gen3: Gen3) -> None:
    assert gen3.whoami().username == ADMINISTRATOR


def test_whoami_without_a_login_states_how_to_have_one(sandbox: Sandbox) -> None:
    with (
        Gen3(sandbox.gen3_url, credentials=ANONYMOUS) as gen3,
        pytest.raises(Gen3AuthError, match="no login") as failed,
    ):
        gen3.whoami()
    assert "GEN3_API_KEY" in failed.value.remedy


def test_files_are_uploaded_listed_read_downloaded_and_verified(gen3: Gen3, tmp_path: Path) -> None:
    content = bytes(range(256)) * 2000
    (tmp_path / "reads.bin").write_bytes(content)
    uploaded = gen3.upload(tmp_path / "reads.bin")
    uploaded.raise_if_failed()
    guid = uploaded.transferred[0].guid
    (listed,) = gen3.ls(guid, settings=NOBODY)
    assert listed.found is not None
    assert (listed.name, listed.found.size) == ("reads.bin", len(content))
    with gen3.open(guid, settings=NOBODY) as file:
        assert file.read(300) == content[:300]
        file.seek(-300, 2)
        assert file.read() == content[-300:]
        file.seek(256 * 999)
        assert file.read(256) == bytes(range(256))
    gen3.download(guid, tmp_path / "out", settings=NOBODY)
    assert gen3.verify(guid, tmp_path / "out", settings=NOBODY).verification["verified"] == 1
    (tmp_path / "out/reads.bin").write_bytes(content[:-1] + b"x")
    (wrong,) = gen3.verify([guid], tmp_path / "out", settings=NOBODY).failed
    assert isinstance(wrong.error, ChecksumMismatch)
    (tmp_path / "out/reads.bin").unlink()
    assert "reads.bin is missing" in str(gen3.verify(guid, tmp_path / "out", settings=NOBODY).failed[0].error)


def test_a_bundle_is_listed_and_cannot_be_opened(sandbox: Sandbox, gen3: Gen3) -> None:
    guids = [sandbox.gen3.add_file(name, name.encode()) for name in ("one", "two")]
    bundle = gen3.indexd.create_bundle.raw(name="study", bundles=guids).json()["bundle_id"]
    assert [file.name for file in gen3.ls(bundle, settings=NOBODY)] == ["study/one", "study/two"]
    with pytest.raises(UsageError, match="is a bundle"), gen3.open(bundle, settings=NOBODY):
        pass


def test_workflows_of_the_asynchronous_client(sandbox: Sandbox, tmp_path: Path) -> None:
    guid = sandbox.gen3.add_file("a.bin", b"abc" * 50_000)

    async def run() -> tuple[Any, ...]:
        login = Gen3Login(refresh_file=sandbox.gen3_credentials(tmp_path / "key.json"))
        async with AsyncGen3(credentials=login) as gen3:
            report = await gen3.download(guid, tmp_path / "out", settings=NOBODY)
            names = [file.name async for file in gen3.ls(guid, settings=NOBODY)]
            async with gen3.open(guid, settings=NOBODY) as file:
                await file.seek(3)
                start = await file.read(6)
            return report.counts["done"], names, start, (await gen3.whoami()).username

    assert asyncio.run(run()) == (1, ["a.bin"], b"abcabc", ADMINISTRATOR)


# -- its dictionary


def test_a_commons_gives_its_dictionary_without_a_login(sandbox: Sandbox) -> None:
    with Gen3(sandbox.gen3_url) as commons:
        dictionary = Dictionary.of(commons)
    case = dictionary.node("case")
    assert case.links == {
        "experiments": Link("experiments", "experiment", "cases", "member_of", "many_to_one", required=True)
    }
    assert "strain" in case.required
    assert case.properties["disease_or_disorder"].choices == ("disease", "disorder")
    assert case.unique_keys == (("id",), ("project_id", "submitter_id"))
    assert case.properties["created_datetime"].system
    assert dictionary.backrefs["experiment"]["cases"][0] is case


# -- its jobs


def test_jobs_of_the_sandbox(auth: Gen3Auth):
    with Gen3Jobs(auth) as jobs:
        assert jobs.is_healthy()
        assert jobs.get_version() == "sandbox"
        begun = jobs.create_job("download-indexd-manifest", {})
        assert begun["uid"] in [job["uid"] for job in jobs.list_jobs()]
        assert jobs.get_status(begun["uid"])["uid"] == begun["uid"]
        with pytest.raises(Gen3JobError, match="no job make-coffee"):
            jobs.create_job("make-coffee", {})
        with pytest.raises(Gen3JobError, match="no job make-coffee"):
            asyncio.run(jobs.async_create_job("make-coffee", {}))
