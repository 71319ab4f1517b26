"""Summaries and reports of transfers."""

import io
import json
import tracemalloc

import pytest
from omicsdk.cli.commands.transfers import (
    MAX_LISTED_FILES,
    finish,
    foreseen,
    summary,
    transfer_data,
    transferred,
    watched,
)
from omicsdk.cli.output import Call, Console, Output, TextAndData
from omicsdk.core import DiskFull, SomeFailed, TransferError, UsageError
from omicsdk.transfer import Outcome, TransferReport
from omicsdk.transfer.disk import SIZE_LIMIT
from omicsdk.transfer.engine.control import report_stopped
from user_commands import Stream

MIXED = TransferReport(
    [
        Outcome("a", "done", 1024, verification="verified"),
        Outcome("b", "done", 512, verification="size only"),
        Outcome("c", "skipped", 10**9, verification="verified"),
        Outcome("d", "failed", error=TransferError("d is out of reach")),
        Outcome("e", "stopped"),
    ],
    2.5,
)


def call(console, **arguments):
    return Call("Download of m.tsv", arguments, {}, console)


def test_the_line_has_every_count():
    line = summary(MIXED, "copied", "out", failed=1, more=["2 removed"])
    assert line == (
        "2 files (1.50 KiB) copied to out in 2.5 s: 2 verified, 1 size only, 1 skipped, 1 stopped, 1 failed, 2 removed"
    )
    assert summary(TransferReport(), "downloaded") == "0 files (0 B) downloaded in 0.00 s"


def test_a_transfer_prints_failures_and_the_line_and_ends_with_3(capsys):
    console = Console()
    transferred(MIXED, call(console, folder="data"))
    assert console.exit_code == 3
    failure, line, _ = capsys.readouterr().err.splitlines()
    assert failure == "omics: d is out of reach"
    assert line.startswith("omics: 2 files (1.50 KiB) downloaded to data in 2.5 s: 2 verified, 1 size only, 1 skipped")


def test_where_nothing_arrived_the_error_is_raised(capsys):
    errors = [TransferError("x"), TransferError("y")]
    lost = TransferReport(Outcome(str(error), "failed", error=error) for error in errors)
    with pytest.raises(SomeFailed, match="2 of 2 files failed"):
        finish(lost, call(Console()))
    with pytest.raises(TransferError, match="x"):
        finish(TransferReport([Outcome("x", "failed", error=errors[0])]), call(Console()))
    assert capsys.readouterr().err == ""


def test_files_that_do_not_fit_state_the_space_that_they_need(capsys):
    unfit = [
        Outcome("x", "failed", 2048, bytes_kept=512, bytes_fetched=512, error=DiskFull("x")),
        Outcome("y", "failed", 1024, error=DiskFull("y")),
        Outcome("z", "failed", 10**9, error=DiskFull("z", reason=SIZE_LIMIT)),
    ]
    with pytest.raises(SomeFailed, match=r"3 of 3 files failed, 2.00 KiB more disk space needed"):
        finish(TransferReport(unfit), call(Console()))
    finish(TransferReport([*unfit, Outcome("a", "done", 1024, verification="verified")]), call(Console()))
    assert capsys.readouterr().err.endswith("1 verified, 3 failed, 2.00 KiB more disk space needed\n")


def test_a_stopped_transfer_states_why_and_is_listed(capsys):
    stopped = TransferReport([Outcome("a", "done", 1), Outcome("b", "stopped")], why_stopped="its time is over")
    console = Console()
    Output("json").result(transferred(stopped, call(console)))
    output = capsys.readouterr()
    assert console.exit_code == 3
    assert "omics: Download of m.tsv: its time is over; 1 of 2 files exist. Run the same command again" in output.err
    assert [file["state"] for file in json.loads(output.out)["files"]] == ["done", "stopped"]


@pytest.mark.parametrize(
    ("form", "lines"), [(None, 0), ("jsonl", MAX_LISTED_FILES + 1), ("json", MAX_LISTED_FILES + 1)]
)
def test_very_many_results_are_counted_unless_a_form_is_chosen(capsys, form, lines):
    report = TransferReport(Outcome(f"f{number}", "done", 1) for number in range(MAX_LISTED_FILES + 1))
    Output(form).result(transfer_data(report, ({"name": outcome.name} for outcome in report.outcomes)))
    out = capsys.readouterr().out
    assert out.count('"name"') == lines
    if form is None:
        assert json.loads(out)["files"].startswith("not listed: 1,001 results; --output jsonl or --report FILE")
    if form == "jsonl":
        assert json.loads(out.splitlines()[0]) == {"name": "f0"}


@pytest.mark.parametrize("is_dry_run", [True, False])
def test_results_that_are_only_counted_are_not_made(capsys, is_dry_run):
    state = "planned" if is_dry_run else "done"
    report = TransferReport(Outcome(f"f{number}", state, 1) for number in range(20_000))
    tracemalloc.start()
    try:
        Output().result(transferred(report, call(Console(), dry_run=is_dry_run)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.6 * 1024**2  # as objects, they need 6
    assert json.loads(capsys.readouterr().out)["counts"][state] == 20_000


def test_a_long_dry_run_is_listed_where_a_form_is_chosen(capsys):
    report = TransferReport(Outcome(f"f{number}", "planned", 2) for number in range(MAX_LISTED_FILES + 1))
    Output("json").result(transferred(report, call(Console(), dry_run=True)))
    result = json.loads(capsys.readouterr().out)
    assert (result["bytes_to_fetch"], len(result["files"])) == (2 * (MAX_LISTED_FILES + 1), MAX_LISTED_FILES + 1)


@pytest.mark.parametrize(
    ("sizes", "to_fetch", "line"),
    [
        ((None, None), None, "2 files to fetch (unknown size); nothing was done"),
        ((2048, None), None, "2 files to fetch (2.00 KiB and 1 of unknown size); nothing was done"),
        ((0, 0), 0, "2 files to fetch (0 B); nothing was done"),
    ],
)
def test_unknown_sizes_are_not_counted_as_nothing(sizes, to_fetch, line):
    report = TransferReport(Outcome(f"f{number}", "planned", size) for number, size in enumerate(sizes))
    report.target = "data"
    result = foreseen(report)
    assert (result.data["bytes_to_fetch"], result.text.splitlines()[-1]) == (to_fetch, line)
    removed = TransferReport(Outcome("f", "done", size) for size in sizes)
    assert summary(removed, "removed").startswith(f"2 files {line[17:].partition(';')[0]} removed in")


def test_few_results_are_listed(capsys):
    Output().result(transfer_data(MIXED, [{"name": "a"}], same=3))
    assert json.loads(capsys.readouterr().out) == {
        "counts": MIXED.counts,
        "verification": MIXED.verification,
        "files": [{"name": "a"}],
        "same": 3,
    }


def test_what_was_done_until_ctrl_c_is_in_the_report(tmp_path):
    path, err = tmp_path / "report.jsonl", io.StringIO()
    done = TransferReport([Outcome("a.bam", "done", 3), Outcome("b.bam", "stopped", 4)], 1.0)

    def work(progress, control):
        control.stop("interrupt")
        report_stopped(control, done)

    with pytest.raises(KeyboardInterrupt):
        watched(work, {"report": str(path)}, Console(stderr=err), "downloading")
    rows = map(json.loads, path.read_text().splitlines())
    assert {row["name"]: row["state"] for row in rows if "state" in row} == {"a.bam": "done", "b.bam": "stopped"}
    assert f"report written to {path}" in err.getvalue()


def test_a_report_that_cannot_be_written_is_reported_before_anything_is_moved(tmp_path):
    with pytest.raises(UsageError, match=r"--report: .*does not exist"):
        watched(
            lambda progress, control: pytest.fail("moved"), {"report": str(tmp_path / "gone/r.html")}, Console(), "x"
        )


@pytest.mark.parametrize("form", ["json", "jsonl", "tsv"])
def test_results_are_printed_while_they_are_read(form):
    out, seen = Stream(), list[int]()

    def rows():
        for number in range(2500):
            if number == 1500:
                seen.append(len(out.content()))
            yield {"name": f"{number}.txt", "state": "done"}

    def data(files):
        return {"counts": {"done": 2500}, "files": files, "more": 1}

    whole = TextAndData("", data(list(rows())), terminal_only=True, items="files")
    seen.clear()
    Output(form, stdout=out).result(TextAndData("", dict, terminal_only=True, items="files", streamed=(data, rows())))
    assert seen[0] > 10_000
    at_once = Stream()
    Output(form, stdout=at_once).result(whole)
    assert out.content() == at_once.content()
