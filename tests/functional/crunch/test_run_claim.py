"""Two runners of one dataset: the one whose first status came later steps back."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from crunch_runs import HAPPY, Made, PretendedSite, put
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.compat.crunch.client.connections import Connection, CrunchAPIException
from omicsdk.compat.crunch.client.run import Run
from omicsdk.core import DecodeError, FolderBusy, ManualClock
from omicsdk.crunch import (
    Crunch,
    DatasetFolders,
    DatasetTaken,
    RunReport,
    RunResult,
    SharedFolder,
    Stage,
    State,
    WorkflowType,
    newest_status,
)
from omicsdk.crunch.runs import run_pending
from omicsdk.crunch.statuses import PAGES, rival
from omicsdk.sandbox import Sandbox
from omicsdk_api.crunch.models.status import Status


@pytest.fixture
def storage(tmp_path: Path) -> dict[str, str]:
    put(tmp_path / "storage" / "p" / "d", {"a.txt": "alpha"})
    return {"MEDIA_ROOT": str(tmp_path / "storage")}


def a_run(site: PretendedSite, storage: Mapping[str, str], folder: Path, **options: Any) -> Run:
    return Run(site, "p:d", storage, folder / "work", WorkflowType.script, on_message=lambda line: None, **options)


def test_a_runner_that_came_second_steps_back_and_reports_no_failure(storage: dict[str, str], tmp_path: Path) -> None:
    def another_begins(site: PretendedSite, stage: Stage, state: State) -> None:
        if (stage, state) == (Stage.SETUP, State.START):
            site.store(Stage.SETUP, State.START, hostname="node-7")

    site = PretendedSite(before=another_begins)

    with pytest.raises(DatasetTaken, match="p:d is being run already on node-7") as caught:
        a_run(site, storage, tmp_path)()

    assert isinstance(caught.value, CrunchAPIException)
    assert caught.value.status.id == 1
    assert "take_over" in str(caught.value)
    assert site.sent() == [(1, 1)]
    assert not (tmp_path / "work" / "p--d" / "a.txt").exists()


def test_a_runner_that_came_first_continues(storage: dict[str, str], tmp_path: Path) -> None:
    def another_begins(site: PretendedSite, stage: Stage, state: State) -> None:
        if (stage, state) == (Stage.SETUP, State.START):
            site.store(Stage.SETUP, State.START)

    site = PretendedSite(after=another_begins)

    assert a_run(site, storage, tmp_path)() is RunResult.SUCCESS
    assert site.sent() == HAPPY


def test_an_earlier_status_that_appears_late_is_seen_before_the_workflow(
    storage: dict[str, str], tmp_path: Path
) -> None:
    def appears(site: PretendedSite, stage: Stage, state: State) -> None:
        if (stage, state) == (Stage.SETUP, State.SUCCESS):
            site.statuses[0]["dataset"] = 7

    site = PretendedSite(after=appears, workflow="#!/bin/sh\ntouch ran\n")
    site.store(Stage.SETUP, State.START, dataset=8, hostname="elsewhere")

    with pytest.raises(DatasetTaken):
        a_run(site, storage, tmp_path)()

    assert site.sent() == [(1, 1), (1, 2)]
    assert not (tmp_path / "work" / "p--d" / "ran").exists()


@pytest.mark.parametrize(
    "earlier",
    [
        [],
        [(Stage.SETUP, State.START), (Stage.SETUP, State.FAIL)],
        [(Stage.SETUP, State.START), (Stage.WORKFLOW, State.FAIL)],
        [(Stage.UPLOAD, State.START), (Stage.UPLOAD, State.SUCCESS)],
    ],
)
def test_a_run_that_is_over_does_not_prevent_another(
    storage: dict[str, str], tmp_path: Path, earlier: list[tuple[Stage, State]]
) -> None:
    site = PretendedSite()
    for stage, state in earlier:
        site.store(stage, state)

    assert a_run(site, storage, tmp_path)() is RunResult.SUCCESS


def test_a_run_of_a_runner_that_is_gone_can_be_taken_over(storage: dict[str, str], tmp_path: Path) -> None:
    site = PretendedSite()
    site.store(Stage.WORKFLOW, State.START)

    with pytest.raises(DatasetTaken):
        a_run(site, storage, tmp_path)()
    site.store(Stage.WORKFLOW, State.START)

    assert a_run(site, storage, tmp_path, take_over=True)() is RunResult.SUCCESS


def test_taking_over_a_third_runner_still_steps_back(storage: dict[str, str], tmp_path: Path) -> None:
    def another_begins(site: PretendedSite, stage: Stage, state: State) -> None:
        if (stage, state) == (Stage.SETUP, State.START):
            site.store(Stage.SETUP, State.START, hostname="node-7")

    site = PretendedSite(before=another_begins)
    site.store(Stage.WORKFLOW, State.START)

    with pytest.raises(DatasetTaken, match="node-7"):
        a_run(site, storage, tmp_path, take_over=True)()


def test_who_requested_the_next_dataset_notices_a_run_that_is_over_since(
    storage: dict[str, str], tmp_path: Path
) -> None:
    site = PretendedSite()
    for _ in range(50):
        site.store(Stage.UPLOAD, State.SUCCESS)
    since = newest_status(site.api)
    for stage, state in [(Stage.SETUP, State.START), (Stage.UPLOAD, State.SUCCESS)]:
        site.store(stage, state)

    assert since == 50
    with pytest.raises(DatasetTaken):
        a_run(site, storage, tmp_path, since=since)()


@pytest.mark.parametrize(
    ("ends", "sent"),
    [
        ((Stage.WORKFLOW, State.START), [(1, 1)]),
        ((Stage.UPLOAD, State.SUCCESS), [(1, 1)]),
        ((Stage.WORKFLOW, State.FAIL), [(1, 1), (1, 3)]),
    ],
)
def test_who_steps_back_does_not_hide_that_the_other_run_failed(
    storage: dict[str, str], tmp_path: Path, ends: tuple[Stage, State], sent: list[tuple[int, int]]
) -> None:
    """A site takes the newest status for how far a dataset is: after a failure another one's beginning would stay for ever."""

    def another_runs(site: PretendedSite, stage: Stage, state: State) -> None:
        if (stage, state) == (Stage.SETUP, State.START):
            site.store(Stage.SETUP, State.START, hostname="node-7")
            site.store(*ends, hostname="node-7")

    site = PretendedSite(before=another_runs)
    over = ends[1] is not State.START

    with pytest.raises(DatasetTaken, match=f"p:d {'was' if over else 'is being'} run already on node-7") as caught:
        a_run(site, storage, tmp_path, since=0)()

    assert site.sent() == sent
    if len(sent) > 1:
        assert site.notes[-1] == caught.value.message


def test_an_unlocked_dataset_is_run_whatever_its_old_statuses_are(storage: dict[str, str], tmp_path: Path) -> None:
    site = PretendedSite()
    site.store(Stage.WORKFLOW, State.START)
    since = newest_status(site.api)

    assert a_run(site, storage, tmp_path, since=since)() is RunResult.SUCCESS


def test_few_pages_are_read_on_a_site_with_many_statuses(storage: dict[str, str], tmp_path: Path) -> None:
    site = PretendedSite()
    for number in range(20_000):
        site.store(Stage.UPLOAD, State.SUCCESS, dataset=100 + number)
    run = a_run(site, storage, tmp_path)

    run.setup()
    assert site.pages <= PAGES + 1

    site.pages = 0
    a_run(site, storage, tmp_path, since=newest_status(site.api)).setup()
    assert site.pages <= 4


def test_a_new_site_has_no_status() -> None:
    assert newest_status(PretendedSite().api) == 0


STATUSES = st.lists(
    st.tuples(st.sampled_from([7, 8]), st.sampled_from(list(Stage)), st.sampled_from(list(State))), max_size=12
)


@given(STATUSES, st.data())
def test_of_two_runners_never_both_continue(earlier: list[tuple[int, Stage, State]], data: st.DataObject) -> None:
    """Whatever existed, and in whatever order both send their first status: at most one does not see the other's."""
    site = PretendedSite()
    for dataset, stage, state in earlier:
        site.store(stage, state, dataset)
    since = data.draw(st.sampled_from([None, len(earlier)]))

    first = site.store(Stage.SETUP, State.START, hostname="one")
    for _ in range(data.draw(st.integers(0, 3))):
        site.store(Stage.WORKFLOW, State.START, dataset=8)
    second = site.store(Stage.SETUP, State.START, hostname="two")

    newest_first = [Status.from_dict(status) for status in reversed(site.statuses)]
    assert rival(newest_first, 7, second, {second}, since) is not None
    rival_status = rival(newest_first, 7, first, {first}, since)
    assert rival_status is None or rival_status.id <= len(earlier)
    if since is not None:
        assert rival_status is None


def test_on_the_sandbox_the_second_of_two_runners_steps_back(connection: Connection, tmp_path: Path) -> None:
    made = Made(connection, tmp_path, "#!/bin/sh\ntrue", {"a.txt": "alpha"})
    first, second = made.run(), made.run(working_directory=tmp_path / "other")

    assert not first.setup()
    with pytest.raises(DatasetTaken):
        second()
    assert not first.workflow()
    assert not first.upload()

    assert made.statuses() == [(1, 1), (1, 2), (1, 1), (2, 1), (2, 2), (3, 1), (3, 2)]


def test_of_two_runners_at_once_one_runs_the_workflow(connection: Connection, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    made = Made(connection, tmp_path, f"#!/bin/sh\necho ran >> '{ran}'", {"a.txt": "alpha"})
    runs = [made.run(working_directory=tmp_path / name) for name in ("one", "two")]
    together = threading.Barrier(2, timeout=30)

    def begin(run: Run) -> RunResult | None:
        together.wait()
        try:
            return run()
        except DatasetTaken:
            return None

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(begin, runs))

    assert sorted(results, key=str) == [None, RunResult.SUCCESS]
    assert ran.read_text() == "ran\n"
    assert made.statuses()[-1] == (3, 2)


@pytest.mark.parametrize(
    ("folder", "other", "shares"),
    [
        *[("p/d", "p/d", True), ("p/d", "/p//d/", True), ("p/d", "p/./d", True), ("./p/d", "p/d", True)],
        *[("p/d", "p/d/e", True), ("p/d", "p", True), ("p/d", ".", True), ("p/d", "p/d2", False)],
        *[
            ("p/d", "p/D", False),
            ("p/d", "", False),
            ("p/d", "/", False),
            ("p/d", "p/d/../e", False),
            ("p/d", "q/d", False),
        ],
    ],
)
def test_a_dataset_whose_folder_another_has_is_not_run_unless_that_is_allowed(
    storage: dict[str, str], tmp_path: Path, folder: str, other: str, shares: bool
) -> None:
    site = PretendedSite()
    site.folders = {**{f"p:{number}": f"p/{number}" for number in range(30)}, "p:d": folder, "q:other": other}

    if not shares:
        assert a_run(site, storage, tmp_path)() is RunResult.SUCCESS
        return
    before = {path: path.read_bytes() for path in (tmp_path / "storage").rglob("*") if path.is_file()}
    with pytest.raises(SharedFolder, match=r"p:d shares the folder .* with q:other.*allow_shared_folder") as caught:
        a_run(site, storage, tmp_path)()
    assert isinstance(caught.value, CrunchAPIException)
    assert (caught.value.others, site.sent()) == (("q:other",), [])
    with pytest.raises(SharedFolder):
        a_run(site, storage, tmp_path).upload()
    assert {path: path.read_bytes() for path in (tmp_path / "storage").rglob("*") if path.is_file()} == before
    assert site.sent() == []

    assert a_run(site, storage, tmp_path, allow_shared_folder=True)() is RunResult.SUCCESS


def test_a_run_that_leaves_the_storage_alone_may_share_its_folder(storage: dict[str, str], tmp_path: Path) -> None:
    site = PretendedSite()
    site.folders["q:other"] = "p/d"
    alone = a_run(site, storage, tmp_path, download_from_storage=False, upload_to_storage=False)
    assert alone() is RunResult.SUCCESS


def test_folders_are_read_once_for_many_runs_and_again_for_a_dataset_that_is_new(storage: dict[str, str]) -> None:
    read = list[str]()

    class Counted(PretendedSite):
        def response(self, relative_url: str) -> dict[str, Any]:
            read.append(relative_url)
            return super().response(relative_url)

    site = Counted()
    site.folders |= {"p:e": "p/e"}
    folders = DatasetFolders(site.api)
    assert [folders.shared_with(slug, site.folders[slug]) for slug in ("p:d", "p:e", "p:d")] == [[], [], []]
    assert read == ["api/datasets/"]
    site.folders["p:late"] = "p/e"
    assert folders.shared_with("p:late", "p/e") == ["p:e"]
    assert folders.shared_with("p:d", "p/e/moved") == ["p:e", "p:late"]
    assert len(read) == 3


def test_a_list_of_datasets_that_is_none_is_an_error() -> None:
    class Listless(PretendedSite):
        def response(self, relative_url: str) -> dict[str, Any]:
            return {}

    with pytest.raises(DecodeError, match="results"):
        DatasetFolders(Listless().api).shared_with("p:d", "p/d")


def test_two_runs_in_one_folder_are_not_mixed(storage: dict[str, str], tmp_path: Path) -> None:
    refused: list[Run] = []

    def others_begin(site: PretendedSite, *_: Any) -> None:
        for run in (a_run(other, storage, tmp_path), a_run(site, storage, tmp_path, take_over=True)):
            for start in (run, run.setup, run.workflow, run.upload):
                with pytest.raises(FolderBusy, match="p--d"):
                    start()
                refused.append(run)

    site, other = PretendedSite(after=others_begin), PretendedSite()
    assert a_run(site, storage, tmp_path)() is RunResult.SUCCESS
    assert len(refused) == 8 * len(HAPPY)
    assert (site.sent(), other.sent()) == (HAPPY, [])
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["p--d"]
    assert a_run(other, storage, tmp_path)() is RunResult.SUCCESS


@pytest.mark.parametrize("times", [1, 2])
def test_a_dataset_that_another_process_has_just_begun_is_passed_over(
    connection: Connection, sandbox: Sandbox, tmp_path: Path, times: int
) -> None:
    made = Made(connection, tmp_path, "true", None)
    calls, messages = list[str](), list[str]()

    def run(slug: str, **_: Any) -> RunReport:
        calls.append(slug)
        if len(calls) <= times:
            raise FolderBusy("work/p--d")
        return RunReport(slug, RunResult.SUCCESS, made.work, "")

    with Crunch(sandbox.crunch_url, credentials=sandbox.crunch_token, clock=ManualClock()) as client:
        reports = run_pending(client, run, "proj", on_message=messages.append)
        if times == 2:
            with pytest.raises(FolderBusy):
                next(reports)
        else:
            assert next(reports).dataset == made.slug
    assert calls == [made.slug, made.slug]
    assert messages[1] == "Another process is transferring into work/p--d; requesting the next dataset again."
