"""Workflows are run by what runs them, their output is shown and kept, and their exit codes are believed."""

import os
import signal
from pathlib import Path

import pytest
from omicsdk.crunch.workflow import Ended, failure_note, snakemake_command, tail_of
from omicsdk.transfer.engine.control import termination

pytestmark = pytest.mark.skipif(os.name == "nt", reason="scripts are run by their interpreter lines")


@pytest.mark.parametrize(
    ("ended", "note"),
    [
        (Ended(3, "bad input"), "bad input"),
        (Ended(3, ""), "The workflow ended with exit code 3"),
        (Ended(-9, ""), "The workflow was ended by SIGKILL"),
        (Ended(-9, "so far\nso good"), "so far\nso good\nThe workflow was ended by SIGKILL"),
        (Ended(-200, ""), "The workflow was ended by signal 200"),
    ],
)
def test_notes_of_failures(ended: Ended, note: str) -> None:
    assert failure_note(ended) == note


def test_a_tail_begins_with_a_line() -> None:
    assert tail_of(b"one\ntwo\nthree\n", 9) == "three"
    assert tail_of(b"x" * 20, 9) == "x" * 9
    assert tail_of(" \n é\xff \n".encode("latin-1")) == "\ufffd\ufffd"


def test_signals_that_a_program_handles_itself_are_left_alone() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup
    try:
        with termination():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before[signal.SIGHUP])
    assert {number: signal.getsignal(number) for number in before} == before


def test_all_cores() -> None:
    command = snakemake_command("snakemake", 8, Path("S"), Path("d"), "all", conda=False, mamba=False)

    assert command == ["snakemake", "--snakefile", "S", "--cores", "all", "--directory", "d"]
