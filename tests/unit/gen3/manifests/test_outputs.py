"""The output of a killed run over a manifest, and the point at which the next run resumes."""

import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from omicsdk.core import ConnectFailed, DiskFull, FolderBusy, Interrupted, NotWritable, SomeFailed
from omicsdk.core.files import put_in_place
from omicsdk.gen3.manifests import Summary
from omicsdk.gen3.manifests.runs import AHEAD, NOTED_ROWS, Outcome, Outputs, in_order, run
from omicsdk.transfer.journal import JournalFile


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., Outputs]:
    def make(noted_rows: int = 2, **identity: object) -> Outputs:
        return Outputs([tmp_path / "out.tsv", tmp_path / "failures.tsv"], identity or {"of": "m"}, noted_rows)

    return make


def killed(outputs: Outputs, tmp_path: Path, rows: int) -> None:
    """A run that is killed after some rows: what it has open is lost, nothing is noted any more."""
    outputs.__enter__()
    outputs.write(0, "header\n")
    for row in range(rows):
        outputs.write(0, f"{row}\n")
        outputs.counts["created"] += 1
        outputs.resume_after = f"at {row}"
        outputs.count_done(1)
    outputs._open.close()


def test_the_next_run_continues_after_what_was_noted(opened, tmp_path: Path):
    killed(opened(), tmp_path, 5)
    with (tmp_path / "out.tsv.journal").open("ab") as journal:
        journal.write(b'00000000 ["done", 5, [1')
    with opened() as outputs:
        assert (outputs.resumed, outputs.rows, outputs.resume_after) == (True, 4, "at 3")
        assert outputs.counts == {"created": 4}
        assert not outputs.fresh
        outputs.write(0, "again\n")
        outputs.count_done(1)
    with opened() as outputs:
        assert outputs.rows == 5
        outputs.finish([True, False])
    assert (tmp_path / "out.tsv").read_text() == "header\n0\n1\n2\n3\nagain\n"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["out.tsv"]


def test_a_run_that_has_noted_nothing_begins_again_and_reports_it(opened, tmp_path: Path):
    killed(opened(), tmp_path, 1)
    with opened() as outputs:
        assert (outputs.resumed, outputs.rows, outputs.fresh) == (True, 0, True)
        outputs.finish()
    assert (tmp_path / "out.tsv").read_text() == ""


def test_another_run_begins_again(opened, tmp_path: Path):
    killed(opened(), tmp_path, 5)
    with opened(of="another") as outputs:
        assert (outputs.resumed, outputs.rows, outputs.fresh) == (False, 0, True)
        outputs.finish()
    assert (tmp_path / "out.tsv").read_text() == ""


def test_files_that_lost_their_end_are_treated_as_far_as_they_go(opened, tmp_path: Path):
    killed(opened(), tmp_path, 5)
    part = tmp_path / "out.tsv.part"
    part.write_bytes(part.read_bytes()[: len("header\n0\n1\n2")])
    with opened() as outputs:
        assert outputs.rows == 2
        outputs.finish()
    assert (tmp_path / "out.tsv").read_text() == "header\n0\n1\n"


def test_what_exists_stays_until_a_run_is_whole(opened, tmp_path: Path):
    (tmp_path / "out.tsv").write_text("old")

    def broken() -> None:
        with opened() as outputs:
            outputs.write(0, "new")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        broken()
    assert (tmp_path / "out.tsv").read_text() == "old"
    journal = (tmp_path / "out.tsv.journal").read_text().splitlines()
    assert json.loads(journal[-1][9:]) == ["done", 0, [0, 0], {}, ""]


def test_what_was_written_of_rows_that_are_not_done_is_written_again(opened, tmp_path: Path):
    def interrupted() -> None:
        with opened() as outputs:
            outputs.write(0, "one\n")
            outputs.counts["created"] += 1
            outputs.count_done(1)
            outputs.write(0, "half of")
            outputs.counts["created"] += 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with opened() as outputs:
        assert (outputs.rows, outputs.counts) == (1, {"created": 1})
        outputs.write(0, "two\n")
        outputs.finish()
    assert (tmp_path / "out.tsv").read_text() == "one\ntwo\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_a_full_disk_is_reported(opened):
    with Path("/dev/full").open("wb", buffering=0) as full, opened() as outputs:
        outputs._files[0] = full
        with pytest.raises(DiskFull):
            outputs.write(0, "x")


@pytest.mark.parametrize(
    ("failed", "step"), [*[(False, step) for step in range(7)], *[(True, step) for step in range(5)]]
)
def test_a_run_that_is_killed_while_its_files_are_renamed_is_complete_after_the_next(
    failed: bool, step: int, opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    steps = iter(range(step))

    def kill() -> None:
        if next(steps, None) is None:
            raise KeyboardInterrupt

    def killing(function: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: Path, **options: bool) -> None:
            kill()
            function(*arguments, **options)
            kill()

        return call

    def work(rows: Sequence[int], _perhaps: bool) -> list[Outcome]:
        worked.extend(rows)
        return [Outcome(row, "", "failed" if failed and row == 2 else "created", f"{row}\n") for row in rows]

    worked = list[int]()
    (tmp_path / "failures.tsv").write_text("of an earlier run")
    outputs = opened()
    outputs.__enter__()
    run(iter(range(5)), work, outputs, threads=1, batch=2, header="header\n")
    with monkeypatch.context() as patch:
        patch.setattr("omicsdk.gen3.manifests.runs.put_in_place", killing(put_in_place))
        patch.setattr(Path, "unlink", killing(Path.unlink))
        patch.setattr(JournalFile, "remove", killing(JournalFile.remove))
        with pytest.raises(KeyboardInterrupt):
            outputs.__exit__(None, None, None)
    with opened() as outputs:
        summary = run(iter(range(5)), work, outputs, threads=1, batch=2, header="header\n")
    assert worked == [0, 1, 2, 3, 4]
    assert summary.counts == ({"created": 4, "failed": 1} if failed else {"created": 5})
    assert (tmp_path / "out.tsv").read_text() == "header\n0\n1\n2\n3\n4\n"
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [*["failures.tsv"] * failed, "out.tsv"]


def test_two_runs_at_once_are_refused(opened):
    with opened(), pytest.raises(FolderBusy), opened():
        pass


def test_a_folder_that_does_not_exist(tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(NotWritable), Outputs([file / "out.tsv"], {}):
        pass


def test_a_folder_where_an_output_is_to_be(opened, tmp_path: Path):
    (tmp_path / "failures.tsv").mkdir()
    with pytest.raises(NotWritable, match=r"failures.tsv: Is a directory"), opened():
        pass
    assert not (tmp_path / "out.tsv.journal").exists()


def test_what_more_threads_had_under_way_is_looked_up_by_a_run_with_fewer(opened):
    made, lock, others = set[int](), threading.Lock(), threading.Event()
    ahead = 50 * AHEAD * 10

    def work(rows: Sequence[int], _perhaps: bool) -> list[Outcome]:
        if 0 in rows:
            assert others.wait(60)
            raise ConnectFailed("down")
        with lock:
            made.update(rows)
            if len(made) == ahead - len(rows):
                others.set()
        return [Outcome(row, "", "created") for row in rows]

    with pytest.raises(ConnectFailed), opened() as outputs:
        run(iter(range(3000)), work, outputs, threads=50, batch=10)
    stop = threading.Event()
    stop.set()
    looked = set[int]()

    def again(rows: Sequence[int], perhaps: bool) -> list[Outcome]:
        looked.update(rows if perhaps else ())
        return [Outcome(row, "", "created") for row in rows]

    with pytest.raises(Interrupted), opened() as outputs:
        run(iter(range(3000)), again, outputs, threads=1, batch=10, stop=stop)
    looked.clear()
    with opened() as outputs:
        run(iter(range(3000)), again, outputs, threads=1, batch=10)
    assert looked >= made
    assert max(looked) < NOTED_ROWS + ahead + 20


def test_results_come_in_order_and_a_run_can_be_stopped():
    assert list(in_order(range(100), lambda number: number * 2, 7)) == list(range(0, 200, 2))
    stop = threading.Event()
    results = in_order(range(100), lambda number: number, 3, stop)
    assert next(results) == 0
    stop.set()
    with pytest.raises(Interrupted, match="Repeat the call to resume"):
        list(results)


def test_items_with_a_key_in_common_are_worked_on_in_their_order():
    begun, third = list[int](), threading.Event()

    def work(item: int) -> int:
        begun.append(item)
        if item == 0:
            assert third.wait(60)
        elif item == 2:
            third.set()
        return item

    keys = [["a"], ["b", "a"], ["c"], ["a"], ["c"]]
    assert list(in_order(range(5), work, 5, keys=lambda item: keys[item])) == [0, 1, 2, 3, 4]
    assert begun.index(2) < begun.index(1) < begun.index(3)
    assert begun.index(2) < begun.index(4)


def test_an_item_is_not_worked_on_after_one_before_it_failed():
    begun = list[int]()

    def work(item: int) -> None:
        begun.append(item)
        raise ConnectFailed("down")

    with pytest.raises(ConnectFailed):
        list(in_order(range(3), work, 3, keys=lambda _: ["a"]))
    assert begun == [0]


def test_items_are_taken_as_they_are_needed():
    taken: list[int] = []

    def items():
        for number in range(1000):
            taken.append(number)
            yield number

    results = in_order(items(), lambda number: number, 2)
    next(results)
    assert len(taken) < 20
    results.close()


def test_failures_before_an_interrupt_are_raised_by_the_run_that_resumes(tmp_path: Path):
    summary = Summary(10, {"created": 9, "failed": 1}, tmp_path / "out.tsv", tmp_path / "out.failures.tsv", ())
    with pytest.raises(SomeFailed, match="1 of 10 rows could not be indexed"):
        summary.raise_if_failed("indexed")
    assert summary._replace(counts={"created": 10}).raise_if_failed().rows == 10
