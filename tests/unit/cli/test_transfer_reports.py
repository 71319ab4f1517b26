"""The behaviour of every command that moves files when it is interrupted."""

import io
import json

import pytest
from omicsdk.cli.commands.transfers import watched
from omicsdk.cli.output import Console, Output, TextAndData
from omicsdk.core import UsageError
from omicsdk.transfer import Outcome, TransferReport
from omicsdk.transfer.engine.control import report_stopped
from user_commands import Stream


def test_what_was_done_until_ctrl_c_is_in_the_report(tmp_path):
    path, said = tmp_path / "report.jsonl", io.StringIO()
    done = TransferReport([Outcome("a.bam", "done", 3), Outcome("b.bam", "stopped", 4)], 1.0)

    def work(progress, control):
        control.stop("interrupt")
        report_stopped(control, done)

    with pytest.raises(KeyboardInterrupt):
        watched(work, {"report": str(path)}, Console(stderr=said), "downloading")
    rows = map(json.loads, path.read_text().splitlines())
    assert {row["name"]: row["state"] for row in rows if "state" in row} == {"a.bam": "done", "b.bam": "stopped"}
    assert f"report written to {path}" in said.getvalue()


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
