"""Requests and downloads that follow the options of a transfer."""

import threading
from typing import Any

import pytest
from omicsdk.core import ManualClock
from omicsdk.core.plain_client import exchange_of, network_of
from omicsdk.ga4gh import Trs, requests
from omicsdk.ga4gh.requests import Run, client_of
from omicsdk.transfer import Control, Progress, TransferOptions

USUAL = Trs("https://trs.example")


@pytest.mark.parametrize(
    ("options", "limits"),
    [({}, {}), ({"min_rate": 10}, {"least_rate": 10}), ({"stall_timeout": 7}, {"read": 7, "body": 7})],
)
def test_a_client_waits_as_the_options_state(options: dict[str, Any], limits: dict[str, float]) -> None:
    client = client_of(USUAL, TransferOptions(retries=3, min_delay=0.5, max_wait=9, **options))
    retry, timeout, usual = exchange_of(client).transport.retry, network_of(client)[1], network_of(USUAL)[1]
    assert (retry.attempts, retry.base, retry.budget) == (4, 0.5, 9)
    names = ("least_rate", "read", "body", "connect", "write")
    assert {name: getattr(timeout, name) for name in names} == {
        name: limits.get(name, getattr(usual, name)) for name in names
    }


@pytest.mark.parametrize("size", [100, None])
def test_a_run_reports_its_bytes_and_ends(monkeypatch: pytest.MonkeyPatch, size: int | None) -> None:
    clock, reports, stop = ManualClock(), list[Progress](), threading.Event()
    monkeypatch.setattr(requests, "SYSTEM_CLOCK", clock)
    control = Control()
    run = Run(size, TransferOptions(progress=reports.append, stop=stop, control=control))
    assert (run.present, run.bytes_kept) == (0, 0)
    run.present = run.bytes_kept = 10
    assert run.is_over(30) is False  # reported at once; then ten times a second
    assert run.is_over(5) is False
    clock.advance(1)
    control.pause()
    assert run.is_over(15) is False
    run.report(is_done=True)
    shown = [
        (
            report.phase,
            report.bytes_done,
            report.bytes_fetched,
            report.bytes,
            report.unsized,
            report.files_done,
            report.connections,
        )
        for report in reports
    ]
    total, unsized = size or 0, int(size is None)
    assert shown == [
        ("moving", 40, 30, max(total, 40), unsized, 0, 1),
        ("paused", 60, 50, max(total, 60), unsized, 0, 1),
        ("over", 60, 50, 60, 0, 1, 0),
    ]
    assert {report.files for report in reports} == {1}
    stop.set()
    assert run.is_over(1) is True
    assert run.present == 60


def test_a_run_without_a_progress_function_counts_alone() -> None:
    run = Run(1, TransferOptions())
    assert not run.is_over(1)
    run.report(is_done=True)
    assert run.present == 1
