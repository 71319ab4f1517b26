"""`omics dss download`: the rate, the time, the dry run, and how SIGTERM ends it."""

import pytest
from omicsdk.cli.commands.transfers import control_of
from omicsdk.core import UsageError
from omicsdk.transfer import Patience

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("text", "rate"), [("500", 500), ("10K", 10240), ("1.5M", 1.5 * MIB), ("2g", 2 * 1024 * MIB), ("3MiB/s", 3 * MIB)]
)
def test_rates_are_read(text: str, rate: float) -> None:
    assert control_of({"limit_rate": text}).rate_limit == rate


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("1.5s", 1.5), ("90m", 5400), ("2h30m", 9000), ("1h5s", 3605)]
)
def test_times_are_read(text: str, seconds: float) -> None:
    control = control_of({"time_budget": text})
    control.begin(0.0)
    assert not control.over(seconds - 0.01)
    assert control.over(seconds)


@pytest.mark.parametrize("text", ["", "fast", "0", "-5", "10X", "1e6"])
def test_an_invalid_rate_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--limit-rate"):
        control_of({"limit_rate": text})


@pytest.mark.parametrize("text", ["", "soon", "0", "0h", "-5", "5d"])
def test_an_invalid_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--time-budget"):
        control_of({"time_budget": text})


def test_what_is_unvalidated_is_resumed_when_it_is_stated() -> None:
    assert not control_of({}).resume_unvalidated
    assert control_of({"resume_unvalidated": True}).resume_unvalidated


def test_how_long_servers_are_waited_for_is_stated() -> None:
    assert control_of({}).patience is None
    said = {"min_rate": "2K", "stall_timeout": "5m", "renewals": 0, "max_wait": "10m"}
    assert control_of(said).patience == Patience(least_rate=2048, silence=300, renewals=0, retry_after=600)
    assert control_of({"min_rate": "0"}).patience == Patience(least_rate=0)
    with pytest.raises(UsageError, match="--stall-timeout soon"):
        control_of({"stall_timeout": "soon"})
