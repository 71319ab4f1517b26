"""Tools of a registry and their files: listed, fetched, verified, kept in the folder."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from omicsdk import NO_RETRY, AsyncTrs, Interrupted, NotFound, Trs, UsageError
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.ga4gh.state import EXAMPLE_TOOL
from omicsdk.transfer import Progress, TransferFailed
from omicsdk.transfer.engine.options import InvalidOption


@pytest.fixture
def trs(omics_sandbox: Sandbox) -> Iterator[Trs]:
    with Trs(omics_sandbox.trs_url, retry=NO_RETRY, environ={}) as client:
        yield client


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_version_is_written_with_its_paths(trs: Trs, tmp_path: Path) -> None:
    report = trs.download(EXAMPLE_TOOL, tmp_path / "a", version="v1.0", type="CWL")
    assert files(tmp_path / "a") == ["Dockerfile", "main.cwl", "tests/reads.json", "tools/count.cwl"]
    assert report.verification["verified"] == 4
    assert "run: tools/count.cwl" in (tmp_path / "a" / "main.cwl").read_text()
    again = trs.download(EXAMPLE_TOOL, tmp_path / "a", version="v1.0")
    assert again.counts["skipped"] == 4
    (tmp_path / "a" / "main.cwl").write_text("changed")
    assert trs.download(EXAMPLE_TOOL, tmp_path / "a", version="v1.0").counts["done"] == 1


def test_a_dry_run_writes_nothing(trs: Trs, tmp_path: Path) -> None:
    report = trs.download(EXAMPLE_TOOL, tmp_path / "a", version="v1.1", dry_run=True)
    assert report.counts["planned"] == 4
    assert not (tmp_path / "a").exists()


def test_a_tool_with_several_versions_needs_one_named(trs: Trs, omics_sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"2 versions: v1\.0 \(release 1\.0\), v1\.1"):
        trs.download(EXAMPLE_TOOL, tmp_path)
    state = omics_sandbox.ga4gh.trs
    for kind in ("CWL", "WDL"):
        state.add("#workflow/a/b", "main/next", kind, {"main": f"text {kind}"}, name="the next one")
    with pytest.raises(UsageError, match="2 descriptor types: CWL, WDL"):
        trs.files("#workflow/a/b")
    trs.download("#workflow/a/b", tmp_path, type="WDL")
    assert (tmp_path / "main").read_text() == "text WDL"


def test_tools_are_listed_to_the_last_page(trs: Trs, omics_sandbox: Sandbox) -> None:
    for number in range(5):
        omics_sandbox.ga4gh.trs.add(f"#workflow/org/tool-{number}", "1", "WDL", {"main.wdl": "version 1.0"})
    assert [tool["id"].rpartition("/")[2] for tool in trs.ls(organization="org")] == [f"tool-{n}" for n in range(5)]
    more: list[bool] = []
    assert len(list(trs.ls(limit=2, on_more=lambda: more.append(True)))) == 2
    assert more == [True]
    assert [tool["name"] for tool in trs.ls(descriptor_type="CWL")] == ["count"]
    assert list(trs.ls(author="nobody")) == []
    assert trs.describe(EXAMPLE_TOOL)["name"] == "count"
    assert [version["id"] for version in trs.versions(EXAMPLE_TOOL)] == ["v1.0", "v1.1"]


def test_a_registry_that_always_states_a_next_page_is_read_to_its_end(trs: Trs, omics_sandbox: Sandbox) -> None:
    for number in range(3):
        omics_sandbox.ga4gh.trs.add(f"tool-{number}", "1", "WDL", {"main.wdl": "version 1.0"})
    requests = dict[bool, int]()
    for endless in (False, True):
        omics_sandbox.settings.turn({"trs.endless_pages": endless})
        before = len(omics_sandbox.requests("/trs"))
        assert len(list(trs.list_tools.iterate(limit=2))) == len(list(trs.ls())) == 4
        requests[endless] = len(omics_sandbox.requests("/trs")) - before
    assert "next_page" in trs.list_tools.raw(offset="1000").headers
    assert requests == {False: 3, True: 4}  # a page that is not full is the last one


def test_what_the_registry_does_not_have_is_not_found(trs: Trs, tmp_path: Path) -> None:
    for work in (
        lambda: trs.describe("none"),
        lambda: trs.versions("none"),
        lambda: trs.files(EXAMPLE_TOOL, version="v9"),
        lambda: trs.download(EXAMPLE_TOOL, tmp_path, version="v1.0", type="SMK"),
    ):
        with pytest.raises(NotFound):
            work()


def test_the_asynchronous_client_has_the_same(omics_sandbox: Sandbox, tmp_path: Path) -> None:
    async def work() -> Any:
        async with AsyncTrs(omics_sandbox.trs_url, environ={}) as client:
            report = await client.download(EXAMPLE_TOOL, tmp_path, version="v1.0")
            return [tool["id"] async for tool in client.ls()], report.ok

    assert anyio.run(work) == ([EXAMPLE_TOOL], True)


def test_the_options_of_transfers_are_followed_or_refused(trs: Trs, omics_sandbox: Sandbox, tmp_path: Path) -> None:
    to, reports, stop = tmp_path / "a", list[Progress](), threading.Event()
    state = omics_sandbox.ga4gh.trs
    state.add("#workflow/a/b", "1", "CWL", {"../main": "text", "other": "text"})
    with pytest.raises(TransferFailed) as caught:
        trs.download("#workflow/a/b", to)
    assert sorted(file.state for file in caught.value.report.files) == ["done", "failed"]
    assert trs.download("#workflow/a/b", to, check=False).counts["failed"] == 1
    for name, value in (("renewals", 3), ("resume_unvalidated", True)):
        with pytest.raises(InvalidOption, match=f"{name} cannot be set"):
            trs.download(EXAMPLE_TOOL, to, version="v1.0", **{name: value})
    stop.set()
    with pytest.raises(Interrupted):
        trs.download(EXAMPLE_TOOL, to, version="v1.0", stop=stop)
    report = trs.download(
        EXAMPLE_TOOL, to, version="v1.0", progress=reports.append, connections=1, limit_rate="1G", require_checksum=True
    )
    assert report.counts["done"] == 4
    assert (reports[-1].final, reports[-1].files_done, reports[-1].bytes_done) == (True, 4, report.bytes_fetched)
