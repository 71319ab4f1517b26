"""Downloads from the sandbox's Azul: what is selected, where the bytes come from, and what is reported of lost files."""

import asyncio
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import omicsdk
import pytest
from azul_project import CONTENTS, PROJECT, write_project
from leaving_clock import LeavingClock
from omicsdk import AsyncAzul, Azul
from omicsdk.core import Interrupted, ManualClock, NotFound, Retry, UsageError
from omicsdk.core.plain_client import stopping_by
from omicsdk.hca.azul import ManifestError
from omicsdk.hca.azul.downloads import Sources, names_of, planned
from omicsdk.sandbox import Rule
from omicsdk.transfer import TransferFailed

pytestmark = pytest.mark.sandbox
LOG_OF_FILES = "azul get_file_state"


@pytest.fixture
def seeded(omics_sandbox: Any, tmp_path: Path) -> Any:
    return omics_sandbox.seed(write_project(tmp_path / "bundle"))


@pytest.fixture
def azul(omics_sandbox: Any, seeded: Any) -> Iterator[Azul]:
    del seeded
    with Azul(omics_sandbox.azul_url, environ=omics_sandbox.environment(), retry=Retry(2, base=0.01)) as client:
        yield client


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder, without the engine's own."""
    paths = [path for path in folder.rglob("*") if path.is_file() and ".omics-transfer" not in path.parts]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def requests(sandbox: Any, operation: str) -> int:
    return sum(entry["operation"] == operation for entry in sandbox.request_log.entries())


def test_conditions_select_files_and_all_are_verified(azul: Azul, tmp_path: Path) -> None:
    report = azul.download(["fileFormat=fastq.gz", "organ=eye"], tmp_path / "out")
    assert (report.counts["done"], report.verification["verified"]) == (2, 2)
    assert contents(tmp_path / "out") == {name: CONTENTS[name] for name in CONTENTS if name.startswith("reads/")}
    again = azul.download(["fileFormat=fastq.gz", "organ=eye"], tmp_path / "out")
    assert (again.counts["skipped"], again.summary()["bytes_fetched"]) == (2, 0)
    assert azul.verify("fileFormat=fastq.gz", tmp_path / "out").ok
    (tmp_path / "out/reads/r_1.fastq.gz").write_bytes(b"other")
    assert [outcome.state for outcome in azul.verify("fileFormat=fastq.gz", tmp_path / "out").outcomes] == [
        "failed",
        "done",
    ]


def test_matrices_of_a_project_are_fetched_once_though_they_are_at_many_leaves(azul: Azul, tmp_path: Path) -> None:
    assert [file.name for file in azul.matrices(PROJECT)] == ["counts.h5ad"]
    report = azul.download((), tmp_path / "out", matrices=PROJECT, layout="project")
    assert (report.counts["done"], contents(tmp_path / "out")) == (1, {"Eye/counts.h5ad": CONTENTS["counts.h5ad"]})


def test_a_uuid_of_no_project_is_refused_with_what_it_is(azul: Azul, seeded: Any, tmp_path: Path) -> None:
    file = next(azul.ls("files").rows())["uuid"]
    for uuid, remedy in (
        (file, f"It is the UUID of a file: use fileId={file}"),
        (seeded["bundle_uuid"], "It is the UUID of a bundle: pass it as bundle"),
        ("00000000-0000-4000-8000-000000000000", "Check its UUID"),
    ):
        with pytest.raises(NotFound, match=f"The default catalog has no project {uuid}.*{remedy}"):
            azul.download(uuid, tmp_path / "out")
    assert azul.download([PROJECT, "fileFormat=none"], tmp_path / "out").counts["done"] == 0
    assert azul.download(f"fileId={file}", tmp_path / "out").counts["done"] == 1


@pytest.mark.parametrize("catalog", ["", "anvil8"])
def test_a_bundle_is_fetched_into_its_folder(azul: Azul, seeded: Any, tmp_path: Path, catalog: str) -> None:
    azul.download((), tmp_path / "out", bundle=seeded["bundle_uuid"], layout="bundle", catalog=catalog)
    assert contents(tmp_path / "out") == {
        f"{seeded['bundle_uuid']}/{name}": content for name, content in CONTENTS.items()
    }


def test_a_bundle_that_the_catalog_does_not_have_is_an_error(azul: Azul, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=f"no bundle {PROJECT}"):
        azul.download((), tmp_path / "out", bundle=PROJECT)


@pytest.mark.parametrize("catalog", ["", "dcp42"])
def test_a_manifest_is_fetched_though_its_catalog_is_gone(
    azul: Azul, omics_sandbox: Any, tmp_path: Path, catalog: str
) -> None:
    manifest = azul.manifest("organ=eye", tmp_path / "m.tsv", catalog=catalog).path
    manifest.write_text(manifest.read_text().replace("catalog=dcp4", "catalog=dcp3"))
    report = azul.download((), tmp_path / "out", manifest=manifest)
    assert (report.ok, contents(tmp_path / "out")) == (True, CONTENTS)
    assert requests(omics_sandbox, LOG_OF_FILES) == len(CONTENTS)


@pytest.mark.parametrize(("layout", "folder"), [("flat", ""), ("bundle", "{bundle_uuid}/")])
def test_a_curl_manifest_is_completed_verified_and_resumed(
    azul: Azul, omics_sandbox: Any, seeded: Any, tmp_path: Path, layout: Any, folder: str
) -> None:
    manifest = azul.manifest("organ=eye", tmp_path / "m.curlrc", format="curl").path
    report = azul.download((), tmp_path / "out", manifest=manifest, layout=layout)
    assert {outcome.verified for outcome in report.outcomes} == {"sha256"}
    assert contents(tmp_path / "out") == {folder.format(**seeded) + name: content for name, content in CONTENTS.items()}
    assert requests(omics_sandbox, "azul search_entities") + requests(omics_sandbox, "azul list_entities") == 1
    assert azul.download((), tmp_path / "out", manifest=manifest, layout=layout).counts["skipped"] == len(CONTENTS)


def test_few_files_of_a_long_manifest_are_in_memory(azul: Azul, tmp_path: Path) -> None:
    count, path = 6_000, tmp_path / "long.tsv"
    with path.open("w") as file:
        file.write("file_uuid\tfile_version\tfile_name\tfile_size\tfile_sha256\tfile_azul_url\n")
        for at in range(count):
            uuid = f"{at:08x}-0000-4000-8000-{at:012x}"
            url = f"{azul.base_url}/repository/files/{uuid}?catalog=dcp1"
            file.write(f"{uuid}\t2021-01-01T00:00:00.000000Z\t{at}.fastq.gz\t1\t{at:064x}\t{url}\n")
    tracemalloc.start()
    try:
        plan = planned(azul, (), "", "", path, "")
        assert sum(1 for _ in names_of(plan.files)) == count
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 * 1024**2  # the rows as objects need 5.3


def test_a_curl_manifest_of_other_urls_is_refused(azul: Azul, tmp_path: Path) -> None:
    (tmp_path / "m").write_text('url="https://example.org/a"\noutput="a"\n')
    with pytest.raises(ManifestError, match="line 1: not a file of Azul"):
        azul.download((), tmp_path / "out", manifest=tmp_path / "m")


@pytest.mark.parametrize("to", [".", "/"])
def test_a_manifest_is_not_requested_for_a_folder(azul: Azul, omics_sandbox: Any, to: str) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        azul.manifest("organ=eye", to)
    assert omics_sandbox.requests("/azul/manifest") == []


@pytest.mark.parametrize(("format", "calls"), [("compact", 0), ("curl", 0), ("compact", 4), ("curl", 4)])
def test_a_manifest_is_fetched_by_omics_get(
    azul: Azul, omics_sandbox: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: Any, calls: int
) -> None:
    for name, value in omics_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    omics_sandbox.settings.turn({"azul.mirror": not calls})
    manifest = azul.manifest("organ=eye", tmp_path / "m", format=format).path
    report = omicsdk.get(manifest, tmp_path / "out")
    report.raise_if_failed()
    assert {outcome.verification for outcome in report.outcomes} == {"verified"}
    assert requests(omics_sandbox, LOG_OF_FILES) == calls


def test_an_anvil_manifest_is_verified_by_md5(azul: Azul, tmp_path: Path) -> None:
    manifest = azul.manifest((), tmp_path / "m.tsv", catalog="anvil8").path
    head, *rows = (line.split("\t") for line in manifest.read_text().splitlines())
    rows[0][head.index("files.file_size")] = ""  # a size that the service does not know is looked up
    manifest.write_text("".join("\t".join(row) + "\n" for row in (head, *rows)))
    report = azul.download((), tmp_path / "out", manifest=manifest)
    assert {outcome.verified for outcome in report.outcomes} == {"md5"}
    assert contents(tmp_path / "out") == CONTENTS


def test_an_old_manifest_is_looked_up_and_lost_files_are_reported(
    azul: Azul, omics_sandbox: Any, seeded: Any, tmp_path: Path
) -> None:
    files = {file["name"]: file for file in seeded["files"] if not file["indexed"]}
    rows = [
        ["bundle_uuid", "bundle_version", "file_name", "file_uuid", "file_version", "file_sha256", "file_size"],
        *(
            [seeded["bundle_uuid"], "v", name, f["uuid"], f["version"], f["sha256"], str(f["size"])]
            for name, f in files.items()
        ),
    ]
    rows[1][5] = "0" * 64
    rows[2][3] = "00000000-0000-4000-8000-000000000000"
    manifest = tmp_path / "old.tsv"
    manifest.write_text("".join("\t".join(row) + "\n" for row in rows))
    with pytest.raises(TransferFailed) as caught:
        azul.download((), tmp_path / "out", manifest=manifest)
    report = caught.value.report
    assert (report.counts["done"], report.counts["failed"]) == (len(files) - 2, 2)
    assert set(contents(tmp_path / "out")) == {row[2] for row in rows[3:]}
    messages = [str(outcome.error) for outcome in report.failed]
    assert f"{rows[1][2]} was replaced since the manifest was made" in messages[0]
    assert "Azul no longer has the file 00000000" in messages[1]
    assert requests(omics_sandbox, "azul search_entities") == 0


def test_the_mirror_is_used_without_a_call_for_each_file(azul: Azul, omics_sandbox: Any, tmp_path: Path) -> None:
    omics_sandbox.settings.turn({"azul.mirror": True})
    report = azul.download("organ=eye", tmp_path / "out")
    assert (report.ok, contents(tmp_path / "out")) == (True, CONTENTS)
    assert requests(omics_sandbox, LOG_OF_FILES) == 0
    azul.download("organ=eye", tmp_path / "direct", mirror=False)
    assert requests(omics_sandbox, LOG_OF_FILES) == len(CONTENTS)


def test_files_that_the_mirror_lacks_come_from_the_service(azul: Azul, omics_sandbox: Any, tmp_path: Path) -> None:
    omics_sandbox.settings.turn({"azul.mirror_names": True})
    report = azul.download("organ=eye", tmp_path / "out")
    assert (report.ok, contents(tmp_path / "out")) == (True, CONTENTS)


def test_a_file_that_neither_mirror_nor_service_has_is_requested_once(
    azul: Azul, omics_sandbox: Any, tmp_path: Path
) -> None:
    omics_sandbox.add_faults(Rule("status", path="/azul/fetch/repository/files/*", status=404))
    (failed,) = azul.download("fileFormat=h5ad", tmp_path / "out", check=False).outcomes
    assert failed.state == "failed"
    assert isinstance(failed.error, NotFound)
    assert len(omics_sandbox.requests("/azul/fetch/repository/files")) == 1


def test_a_file_that_is_not_ready_is_waited_for(azul: Azul, omics_sandbox: Any, tmp_path: Path) -> None:
    omics_sandbox.settings.turn({"azul.file_redirects": 2, "azul.retry_after": 0})
    azul.download("fileFormat=h5ad", tmp_path / "out")
    assert requests(omics_sandbox, LOG_OF_FILES) == 3


def test_managed_access_is_explained(azul: Azul, omics_sandbox: Any, tmp_path: Path) -> None:
    omics_sandbox.settings.turn({"azul.managed_access": True})
    with pytest.raises(TransferFailed, match="run `omics login azul`"):
        azul.download("fileFormat=h5ad", tmp_path / "out")
    with Azul(omics_sandbox.azul_url, credentials=omics_sandbox.token()) as client:
        assert client.download("fileFormat=h5ad", tmp_path / "out").ok


class SharedClock(ManualClock):
    """A clock that moves the sandbox's while a client sleeps."""

    def __init__(self, sandbox: Any) -> None:
        super().__init__()
        self._sandbox = sandbox

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._sandbox.clock.advance(seconds)


def test_a_429_is_obeyed_until_the_window_is_over(omics_sandbox: Any) -> None:
    omics_sandbox.settings.turn({"azul.requests": 3})
    clock = SharedClock(omics_sandbox)
    with Azul(omics_sandbox.azul_url, clock=clock) as client:
        assert [client.get_catalogs().default_catalog for _ in range(5)] == ["dcp43"] * 5
    assert set(clock.slept) == {30}
    assert sum(clock.slept) == 300


@pytest.mark.parametrize("settings", [{"azul.requests": 1}, {"azul.file_redirects": 9, "azul.retry_after": 300}])
def test_a_stop_ends_waits_for_the_service(azul: Azul, omics_sandbox: Any, settings: dict[str, Any]) -> None:
    (file,) = azul.matrices(PROJECT)
    omics_sandbox.settings.turn(settings)
    clock = LeavingClock()
    with Azul(omics_sandbox.azul_url, environ=omics_sandbox.environment(), clock=clock) as client:
        sources = Sources(stopping_by(client, clock.stop.is_set))
        with pytest.raises(Interrupted):
            sources.locate(file)
    assert 0.5 <= sum(clock.slept) < 1.5


def test_a_stop_ends_the_listing_of_files(azul: Azul, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Interrupted, match="while listing files"):
        azul.download("organ=eye", tmp_path / "out", stop=stop)
    assert not (tmp_path / "out").exists()


def test_a_dry_run_counts_and_writes_nothing(azul: Azul, omics_sandbox: Any, tmp_path: Path) -> None:
    report = azul.download("organ=eye", tmp_path / "out", dry_run=True)
    assert report.counts["planned"] == len(CONTENTS)
    assert not (tmp_path / "out").exists()
    assert requests(omics_sandbox, LOG_OF_FILES) == 0


@pytest.mark.parametrize("chosen", [{}, {"what": "organ=eye", "matrices": PROJECT}, {"bundle": "b", "manifest": "m"}])
def test_one_thing_must_be_selected(azul: Azul, tmp_path: Path, chosen: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="not clear"):
        azul.download(folder=tmp_path, **chosen)


def test_a_file_is_opened_and_sought(azul: Azul) -> None:
    (file,) = azul.matrices(PROJECT)
    with azul.open(file.uuid) as opened:
        assert (opened.name, opened.mode) == (file.name, "rb")
        opened.seek(-6, 2)
        assert opened.read() == b"counts"
    with pytest.raises(NotFound), azul.open("00000000-0000-4000-8000-000000000000"):
        pass


def test_the_asynchronous_client_has_the_same_workflows(omics_sandbox: Any, seeded: Any, tmp_path: Path) -> None:
    del seeded

    async def run() -> tuple[list[str | None], bool]:
        async with AsyncAzul(omics_sandbox.azul_url) as client:
            projects = [hit.entry_id async for hit in client.ls("projects")]
            report = await client.download("fileFormat=h5ad", tmp_path / "out")
            return projects, report.ok

    assert asyncio.run(run()) == ([PROJECT], True)


def test_a_compact_manifest_is_fetched_by_the_data_stores_command(
    azul: Azul, omics_sandbox: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from omicsdk import Dss

    monkeypatch.chdir(tmp_path)
    manifest = azul.manifest("organ=eye", tmp_path / "azul" / "m.tsv").path
    with Dss("http://127.0.0.1:9/v1", credentials=omics_sandbox.token()) as dss:
        result = dss.download_manifest(manifest, "aws", download_dir=tmp_path / "out")
    assert result.counts["done"] == len(CONTENTS)
    assert "file_path" in (tmp_path / "m.tsv").read_text().splitlines()[0]
