"""Outcomes: any number, put in any order, read in the items' order, in little memory; reports as JSON lines: what is written comes back,
and nothing that is secret is in it."""

import copy
import json
import math
import os
import pickle
import threading
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import (
    ChecksumMismatch,
    DiskFull,
    Interrupted,
    NotFound,
    NotWritable,
    SomeFailed,
    TransferError,
    UsageError,
)
from omicsdk.transfer import Outcome, Outcomes, Report, TransferFailed, TransferReport, read_jsonl
from omicsdk.transfer.reports import report as module
from omicsdk.transfer.reports.progress import Throughput
from omicsdk.transfer.reports.report import ReportedError, Spool, recorded_verification, verification_of
from omicsdk.transfer.reports.units import counted_words

STATES = st.sampled_from(["done", "skipped", "failed", "stopped"])


def outcome_of(number, state="done"):
    error = NotFound("no such file", status=404) if state == "failed" else None
    return Outcome(f"f{number}", state, number, number, 1, {"sha256": f"{number:x}"}, "sha256", 2, 0.5, error)


def plain(outcomes):
    return [outcome.to_dict() for outcome in outcomes]


@given(
    st.dictionaries(st.integers(0, 300), STATES, max_size=60).flatmap(
        lambda states: st.tuples(st.just(states), st.permutations(sorted(states)))
    ),
    st.integers(1, 9),
)
def test_reads_as_a_list_does_whatever_the_order_and_however_few_stay_in_memory(numbers, in_memory):
    states, order = numbers
    outcomes = Outcomes(held=in_memory)
    for number in order:
        outcomes.put(number, outcome_of(number, states[number]))
    expected = [outcome_of(number, states[number]) for number in sorted(states)]

    assert len(outcomes) == len(expected)
    assert plain(outcomes) == plain(expected)
    assert plain(outcomes[1:-1]) == plain(expected[1:-1])
    assert plain(outcomes[::-1]) == plain(expected[::-1])
    assert [outcomes[index].name for index in range(-len(expected), len(expected))] == [
        o.name for o in expected + expected
    ]
    for state, count in outcomes.counts.items():
        chosen = [outcome for outcome in expected if outcome.state == state]
        assert plain(outcomes.of(state)) == plain(chosen)
        assert len(outcomes.of(state)) == count == len(chosen)
    assert outcomes.bytes_fetched == sum(states)
    assert outcomes.ok == all(outcome.state in ("done", "skipped") for outcome in expected)


@given(st.sets(st.integers(0, 40)), st.integers(0, 40), st.integers(1, 9))
def test_what_was_never_begun_is_reported_as_stopped(begun, count, in_memory):
    outcomes = Outcomes(held=in_memory)
    for number in begun:
        if number < count:
            outcomes.put(number, outcome_of(number))
    outcomes.fill((f"f{number}", number, "called so") for number in range(count))

    assert {outcome.label for outcome in outcomes.of("stopped")} <= {"called so"}
    assert [outcome.name for outcome in outcomes] == [f"f{number}" for number in range(count)]
    assert [outcome.state for outcome in outcomes] == ["done" if n in begun else "stopped" for n in range(count)]


def test_an_index_that_does_not_exist():
    outcomes = Outcomes([outcome_of(0), outcome_of(1)], held=1)
    for index in (2, -3):
        with pytest.raises(IndexError, match=f"no outcome has the index {index}: there are 2"):
            outcomes[index]
        with pytest.raises(IndexError):
            outcomes.of("done")[index]
    assert outcomes.of("done")[-1].name == outcomes.of("done")[1:][0].name == "f1"


def test_counts_can_be_read_while_another_thread_puts():
    outcomes = Outcomes(held=10)
    thread = threading.Thread(target=lambda: [outcomes.put(number, outcome_of(number)) for number in range(2000)])
    thread.start()
    seen = [0]
    while thread.is_alive():
        seen.append(sum(outcomes.counts.values()))
    thread.join()
    assert seen == sorted(seen)
    assert outcomes.counts["done"] == len(outcomes) == 2000


def test_many_cost_little_memory():
    tracemalloc.start()
    outcomes = Outcomes(held=256)
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    for number in range(6_000):
        outcomes.put(number, outcome_of(number))
    assert sum(outcome.size for outcome in outcomes) == sum(range(6_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - before < 1_500_000


def test_the_first_failures_keep_their_errors_and_the_others_what_pickle_keeps(monkeypatch):
    monkeypatch.setattr(module, "KEPT_FAILURES", 3)
    errors = [ChecksumMismatch(f"f{n}", algorithm="md5", expected="a", actual="b") for n in range(10)]
    outcomes = Outcomes((Outcome(error.name, "failed", error=error) for error in errors), held=2)

    assert [outcome.error for outcome in outcomes.failures] == errors[:3]
    assert [outcome.error for outcome in outcomes][:3] == errors[:3]
    assert outcomes[9].error is not errors[9]
    assert type(outcomes[9].error) is ChecksumMismatch
    assert [str(outcome.error) for outcome in outcomes] == [str(error) for error in errors]

    with pytest.raises(SomeFailed, match=r"^10 of 10 files failed: .*; and 7 more") as caught:
        Report(outcomes).raise_if_failed()
    assert list(caught.value.errors) == errors[:3]


def test_the_message_and_the_remedy_of_the_only_failure_are_those_of_the_whole():
    error = TransferError("one: lost", remedy="Look for it.")
    report = TransferReport([outcome_of(0), Outcome("one", "failed", error=error)])
    with pytest.raises(TransferFailed) as caught:
        report.raise_if_failed()
    assert caught.value.__cause__ is error
    assert (str(caught.value), caught.value.errors) == ("one: lost. Look for it.", (error,))
    assert caught.value.report is report


class Numbered(TransferReport):
    """A platform's report."""

    first = 0

    def details(self, number: int):
        return {"id": self.first + number}


def test_a_platforms_report_adds_to_the_rows_of_its_files():
    report = Numbered.of(TransferReport([outcome_of(0), outcome_of(1)], title="Some"))
    report.first = 7
    assert [row["id"] for row in report.rows()] == [7, 8]
    assert list(report.to_frame()["name"]) == [outcome.name for outcome in report.files]
    other = report.with_outcomes([outcome_of(2)], seconds=5)
    assert (type(other), other.first, other.title, other.seconds, len(other.files)) == (Numbered, 7, "Some", 5, 1)
    assert len(report.files) == 2


def test_an_error_that_no_other_process_could_read_keeps_its_words():
    class Local(TransferError):
        pass

    outcomes = Outcomes([Outcome("one", "failed", error=Local("one: odd", remedy="Ask."))])
    error = pickle.loads(pickle.dumps(outcomes))[0].error
    assert (type(error), str(error)) == (TransferError, "Local: one: odd. Ask.")
    assert type(outcomes[0].error) is Local


def test_a_generator_that_yields_the_outcome_of_an_error_is_continued():
    def outcomes():
        for name in ("a", "b", "c"):
            try:
                raise TransferError(name, name=name)
            except TransferError as error:
                yield Outcome.of_error(name, error, 1)

    assert [outcome.name for outcome in Outcomes(outcomes())] == ["a", "b", "c"]


def test_errors_hold_no_frames():
    events = []

    class Block:
        def __init__(self):
            events.append(self)

        def __del__(self):
            events.append("freed")

    def fail():
        block = Block()
        events.clear()
        raise TransferError(f"{type(block).__name__} lost")

    try:
        fail()
    except TransferError as error:
        outcomes = Outcomes([Outcome("one", "failed", error=error)])
    assert events == ["freed"]
    assert outcomes[0].error.__traceback__ is not None


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_copies_are_whole(copied):
    outcomes = Outcomes([outcome_of(n, "failed" if n % 3 else "done") for n in range(20)], held=4)
    again = copied(outcomes)
    assert plain(again) == plain(outcomes)
    assert again.counts == outcomes.counts


def test_without_room_for_temporary_files_nothing_is_lost(tmp_path):
    outcomes = Outcomes([outcome_of(number) for number in range(50)], held=4, folder=str(tmp_path / "missing"))
    assert [outcome.name for outcome in outcomes] == [f"f{number}" for number in range(50)]


def test_a_disk_that_fills_up_loses_nothing(monkeypatch):
    outcomes = Outcomes([outcome_of(number) for number in range(8)], held=4)

    def full(self, entries):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Spool, "add", full)
        for number in range(8, 20):
            outcomes.put(number, outcome_of(number))
    for number in range(20, 40):
        outcomes.put(number, outcome_of(number))
    assert [outcome.name for outcome in outcomes] == [f"f{number}" for number in range(40)]


def test_nothing_stays_on_disk(tmp_path):
    Outcomes([outcome_of(number) for number in range(50)], held=4, folder=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_no_files_for_few():
    outcomes = Outcomes([outcome_of(number) for number in range(3)], folder="/nowhere")
    assert repr(outcomes) == "<Outcomes: 3 done>"


def test_an_outcome_cannot_be_changed():
    with pytest.raises(AttributeError):
        outcome_of(1).state = "done"


def test_a_second_run_takes_the_place_of_what_it_ran_again():
    first = TransferReport([outcome_of(0), outcome_of(1, "failed"), outcome_of(2, "failed")], 2.0, title="Upload")
    again = TransferReport([outcome_of(2, "stopped"), outcome_of(1)], 3.0, why_stopped="it was stopped")
    both = first.with_rerun([2, 1], again)
    assert [outcome.state for outcome in both.outcomes] == ["done", "done", "stopped"]
    assert (both.seconds, both.why_stopped, both.title) == (5.0, "it was stopped", "Upload")


def test_totals_are_stated_by_these_names():
    entries = [
        Outcome("a", "done", 5, 4, 1, attempts=2, retries=1, verification="verified", warning="odd"),
        Outcome("b", "done", verification="size only"),
        Outcome("c", "skipped", 7, from_cache=True),
    ]
    report = TransferReport(entries, 1.5, began=3.0, title="Download", services={"data": "1"})
    assert report.summary() == {
        "title": "Download",
        "target": "",
        "ok": True,
        "why_stopped": "",
        "files": 3,
        "counts": {"done": 2, "skipped": 1, "failed": 0, "stopped": 0},
        "verification": {"verified": 1, "size only": 1, "unverified": 1},
        "bytes_fetched": 4,
        "bytes_kept": 1,
        "attempts": 2,
        "retries": 1,
        "warnings": 1,
        "from_cache": 1,
        "began": 3.0,
        "seconds": 1.5,
        "throughput": report.throughput.to_dict(),
        "services": {"data": "1"},
    }
    assert (report.outcomes.bytes_done, report.outcomes.unsized_done) == (5, 1)
    assert [outcome.is_present for outcome in report.files] == [True] * 3
    assert [file["name"] for file in report.rows() if "from_cache" in file] == ["c"]


@pytest.mark.parametrize("state", ["failed", "stopped"])
def test_a_report_with_a_file_that_is_not_at_its_target_is_not_ok(state):
    assert not TransferReport([Outcome("a", state)]).ok
    assert not TransferReport([Outcome("a", "done")], why_stopped="it was stopped").ok


def test_what_differs_is_replaced_in_a_copy_of_a_report():
    first = TransferReport([outcome_of(0)], 2.0, title="Upload", target="s3://b")
    assert first.with_outcomes([]).target == "s3://b"
    other = first.with_outcomes([], target="s3://c")
    assert (other.target, other.title, other.seconds, len(other.outcomes)) == ("s3://c", "Upload", 2.0, 0)


def test_what_an_error_states_of_a_file():
    stopped = Outcome.of_error("a", Interrupted("it was stopped"), 5)
    assert (stopped.name, stopped.state, stopped.size) == ("a", "stopped", 5)
    assert Outcome.of_error("a", TransferError("no", name="a")).state == "failed"
    refused = NotFound("no such file", status=404)
    assert Outcome("a", "failed", error=refused, attempts=1).is_gone
    assert not Outcome("a", "failed", error=refused).is_gone
    assert not Outcome("a", "failed", error=TransferError("no", name="a"), attempts=1).is_gone


# -- files without a checksum to compare are never reported as verified, and are errors if a checksum is required


@pytest.mark.parametrize(
    ("checksums", "size", "expected"),
    [
        ({"md5": "0"}, 1, "verified"),
        ({"md5": "0"}, None, "verified"),
        ({}, 0, "size only"),
        ({}, 7, "size only"),
        ({}, None, "unverified"),
    ],
)
def test_what_it_is_called(checksums: Any, size: int | None, expected: str) -> None:
    assert verification_of(checksums, size) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [(["a", "verified"], "verified"), (["size only"], "size only"), (["unverified"], "unverified"), ([], "unverified")],
)
def test_a_record_states_how_a_file_was_verified_unless_an_earlier_version_wrote_it(fields, expected) -> None:
    assert recorded_verification(fields) == expected


def test_words_name_only_what_there_is() -> None:
    assert counted_words({"verified": 1200, "size only": 0, "unverified": 1}) == "1,200 verified, 1 unverified"
    assert counted_words({}) == ""


texts = st.text(st.characters(codec=None), max_size=30)
counts = st.integers(0, 10**15)
errors = st.one_of(
    st.builds(TransferError, texts, name=texts, remedy=texts),
    st.just(NotFound("no such file", status=404, method="GET", url="https://h/a")),
    st.just(ChecksumMismatch("a", algorithm="md5", expected="1", actual="2")),
)
outcomes = st.builds(
    Outcome,
    name=texts,
    state=st.sampled_from(["done", "skipped", "failed", "stopped", "planned"]),
    size=st.none() | counts,
    bytes_fetched=counts,
    bytes_kept=counts,
    checksums=st.dictionaries(texts, texts, max_size=3),
    verified=texts,
    attempts=counts,
    seconds=st.floats(0, 10**6),
    error=st.none() | errors,
    retries=counts,
    plan=texts,
    label=texts,
    verification=st.sampled_from(["verified", "size only", "unverified"]),
    warning=texts,
    source=texts,
)
reports = st.builds(
    TransferReport,
    st.lists(outcomes, max_size=6),
    st.floats(0, 10**6),
    began=st.none() | st.floats(0, 2e9),
    title=texts,
)


@given(reports)
def test_what_is_written_comes_back(tmp_path_factory, report):
    path = tmp_path_factory.getbasetemp() / "report.jsonl"
    report.throughput.record(3, 1000)
    report.write_jsonl(path)
    again = read_jsonl(path)
    assert again.to_dict() == report.to_dict()
    assert again.summary() == report.summary()
    first, *files = [json.loads(line) for line in path.read_text("ascii").splitlines()]
    assert (first["record"], first["files"], first["ok"]) == ("summary", len(files), report.ok)
    assert [file.pop("record") for file in files] == ["file"] * len(files)
    assert files == report.to_dict()["files"]


def test_no_query_of_a_url_gets_into_a_file(tmp_path):
    signed = "https://s3.example.org/b/k?X-Amz-Signature=canary&x=canary#canary"
    plain = "https://h.example.org/k?page=canary"
    errors = [
        TransferError(f"a: requesting its URL failed: HTTPError('403 for {signed}')", remedy=f"See {plain}."),
        NotFound("no", status=404, url=plain),
        TransferError("token: Bearer canarycanary1234567890"),
    ]
    report = TransferReport([Outcome(f"f{n}", "failed", error=error) for n, error in enumerate(errors)])
    report.write_jsonl(tmp_path / "r.jsonl")
    report.write_html(tmp_path / "r.html")
    for path in tmp_path.iterdir():
        text = path.read_text()
        assert "https://s3.example.org/b/k" in text
        assert "canary" not in text
    assert "canary" not in json.dumps(report.to_dict())


@pytest.mark.parametrize("write", ["write_jsonl", "write_html"])
def test_a_file_is_whole_or_as_it_was(tmp_path, write, monkeypatch):
    path = tmp_path / "report"
    path.write_text("before")
    report = TransferReport([Outcome("a", "done", 1), Outcome("b", "done", 1)])

    def broken(self):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("omicsdk.transfer.reports.report.Outcomes.__iter__", broken)
        with pytest.raises(KeyboardInterrupt):
            getattr(report, write)(path)
    assert [p.name for p in tmp_path.iterdir()] == ["report"]
    assert path.read_text() == "before"
    getattr(report, write)(path)
    assert path.read_text() != "before"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX's named pipes")
def test_an_invalid_file_is_never_replaced(tmp_path):
    pipe, link = tmp_path / "pipe", tmp_path / "r.jsonl"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        with pytest.raises(NotWritable, match="it is not a regular file"):
            TransferReport().write_jsonl(path)
    assert pipe.is_fifo()


def test_a_place_that_cannot_be_written(tmp_path):
    report = TransferReport([Outcome("a", "done", 1)])
    with pytest.raises(NotWritable, match=r"Cannot write .*r\.jsonl: No such file"):
        report.write_jsonl(tmp_path / "missing" / "r.jsonl")
    with pytest.raises(NotWritable):
        report.write_html(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DiskFull):
        TransferReport().write_jsonl(tmp_path / "r.jsonl")
    assert list(tmp_path.iterdir()) == []


def lines(tmp_path):
    report = TransferReport([Outcome("a", "failed", 1, error=TransferError("a: lost")), Outcome("b", "done", 2)], 1.5)
    report.throughput.record(1, 5)
    report.write_jsonl(tmp_path / "r.jsonl")
    return [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]


def test_an_error_that_was_read_keeps_its_words(tmp_path):
    lines(tmp_path)
    report = read_jsonl(tmp_path / "r.jsonl")
    (failed,) = report.failed
    assert isinstance(failed.error, ReportedError)
    assert (failed.error.kind, str(failed.error), failed.error.name) == ("TransferError", "a: lost", "a")
    with pytest.raises(TransferFailed, match="a: lost"):
        report.raise_if_failed()


def cut_last(records):
    del records[-1]


def change(number, **values):
    return lambda records: records[number].update(values)


def remove(number, name):
    return lambda records: records[number].pop(name)


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (cut_last, "line 1: .* states 2 files, but 1 follow"),
        (change(0, record="file"), "line 1: .* no summary record"),
        (change(1, record="summary"), "line 2: .* no file record"),
        (change(2, state="lost"), "line 3: .* unknown state 'lost'"),
        (change(2, size="big"), "line 3: .* 'big' is not a whole number"),
        (change(2, size=True), "line 3: .* True is not a whole number"),
        (change(2, checksums=3), "line 3"),
        (change(1, error={}), "line 2: .* KeyError"),
        (remove(1, "retries"), "line 2: .* KeyError: 'retries'"),
        (remove(0, "throughput"), "line 1: .* KeyError: 'throughput'"),
        (change(0, throughput={"step": 0, "bytes": [1], "seconds": 1}), "line 1"),
        (change(0, began=1e18), "line 1: .* is not a time"),
        (change(0, began=253_402_300_800), "line 1: .* is not a time"),
        (change(0, seconds="long"), "line 1: .* 'long' is not a number"),
        (change(1, seconds=False), "line 2: .* False is not a number"),
        (change(1, bytes_fetched=10**400), "line 2: .*0 is not a whole number"),
        (change(0, seconds=math.inf), "line 1: .* inf is not a number"),
        (change(1, seconds=math.nan), "line 2: .* nan is not a number"),
        (change(0, seconds=10**400), "line 1: .*0 is not a number"),
        (change(0, throughput={"step": math.nan, "bytes": [1], "seconds": 1}), "line 1: .* nan is not a number"),
        (change(0, throughput={"step": 1, "bytes": [1e308], "seconds": 1}), r"line 1: .* 1e\+308 is not a number"),
        (change(0, format=2), "of format 2, this version reads 1"),
    ],
)
def test_a_file_that_is_no_report_is_refused_with_its_line(tmp_path, spoil, where):
    records = lines(tmp_path)
    spoil(records)
    path = tmp_path / "r.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in records))
    with pytest.raises(UsageError, match=where):
        read_jsonl(path)


@pytest.mark.parametrize("text", ["", "{", "[1]", "name,state\n", "[" * 100_000])
def test_any_other_file_is_refused(tmp_path, text):
    (tmp_path / "r.jsonl").write_text(text)
    with pytest.raises(UsageError, match="line 1: not a transfer's report"):
        read_jsonl(tmp_path / "r.jsonl")


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "r.jsonl").write_bytes(b"\x1f\x8b\xff\xfe")
    with pytest.raises(UsageError, match="line 1: not a transfer's report"):
        read_jsonl(tmp_path / "r.jsonl")


def test_the_curve_comes_back(tmp_path):
    curve = Throughput()
    for second in range(1000):
        curve.record(second + 1, second)
    TransferReport(throughput=curve).write_jsonl(tmp_path / "r.jsonl")
    again = read_jsonl(tmp_path / "r.jsonl").throughput
    assert again.to_dict() == curve.to_dict()
    assert len(again.points) == len(curve.points)
    for point, recorded in zip(again.points, curve.points, strict=True):
        assert point == pytest.approx(recorded, abs=1)
