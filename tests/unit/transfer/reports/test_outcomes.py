"""Outcomes: any number, put in any order, read in the items' order, in little memory."""

import copy
import pickle
import threading
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import ChecksumMismatch, Interrupted, NotFound, SomeFailed, TransferError
from omicsdk.transfer import Outcome, Outcomes, Report, TransferFailed, TransferReport
from omicsdk.transfer.reports import report as module
from omicsdk.transfer.reports.report import Spool, verification_of
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
def test_reads_as_a_list_does_whatever_the_order_and_however_few_stay_in_memory(numbers, held):
    states, order = numbers
    outcomes = Outcomes(held=held)
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
def test_what_was_never_begun_is_reported_as_stopped(begun, count, held):
    outcomes = Outcomes(held=held)
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
    told = pickle.loads(pickle.dumps(outcomes))[0].error
    assert (type(told), str(told)) == (TransferError, "Local: one: odd. Ask.")
    assert type(outcomes[0].error) is Local


def test_errors_hold_no_frames():
    held = []

    class Block:
        def __init__(self):
            held.append(self)

        def __del__(self):
            held.append("freed")

    def fail():
        block = Block()
        held.clear()
        raise TransferError(f"{type(block).__name__} lost")

    try:
        fail()
    except TransferError as error:
        outcomes = Outcomes([Outcome("one", "failed", error=error)])
    assert held == ["freed"]
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


def test_words_name_only_what_there_is() -> None:
    assert counted_words({"verified": 1200, "size only": 0, "unverified": 1}) == "1,200 verified, 1 unverified"
    assert counted_words({}) == ""
