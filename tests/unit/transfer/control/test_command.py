"""The options of transfers as texts: rates, times, and how long servers are waited for."""

import pytest
from omicsdk.transfer import Patience, TransferOptions
from omicsdk.transfer.engine.options import InvalidOption
from omicsdk.transfer.network.requests import PATIENCE

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("text", "rate"), [("500", 500), ("10K", 10240), ("1.5M", 1.5 * MIB), ("2g", 2 * 1024 * MIB), ("3MiB/s", 3 * MIB)]
)
def test_rates_are_read(text: str, rate: float) -> None:
    assert TransferOptions(limit_rate=text).control.rate_limit == rate


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("1.5s", 1.5), ("90m", 5400), ("2h30m", 9000), ("1h5s", 3605), ("2w", 1_209_600), ("1.5D", 129_600)],
)
def test_times_are_read(text: str, seconds: float) -> None:
    control = TransferOptions(time_budget=text).control
    control.begin(0.0)
    assert not control.over(seconds - 0.01)
    assert control.over(seconds)


@pytest.mark.parametrize("text", ["", "fast", "0", "-5", "10X", "1e6", -5, 0])
def test_an_invalid_rate_is_refused(text: float | str) -> None:
    with pytest.raises(InvalidOption, match=f"limit_rate {text}: not a number of bytes per second") as caught:
        TransferOptions(limit_rate=text)
    assert caught.value.option == "limit_rate"


@pytest.mark.parametrize("text", ["", "soon", "0", "0h", "-5", "5y", 0, float("nan")])
def test_an_invalid_time_is_refused(text: float | str) -> None:
    with pytest.raises(InvalidOption, match=f"time_budget {text}: not a duration"):
        TransferOptions(time_budget=text)


def test_how_long_servers_are_waited_for_is_stated() -> None:
    assert TransferOptions().patience == PATIENCE
    options = TransferOptions(min_rate="2K", stall_timeout="5m", renewals=0, max_wait="10m")
    assert options.patience == Patience(least_rate=2048, silence=300, renewals=0, retry_after=600)
    assert TransferOptions(min_rate="0").patience == Patience(least_rate=0)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"limt_rate": "10M"}, "unknown option 'limt_rate'; did you mean 'limit_rate'?"),
        ({"colour": "red"}, "unknown option 'colour'"),
        ({"retries": "many"}, "retries must be a whole number"),
        ({"limit_rate": True}, "limit_rate must be a number of bytes per second, not a bool"),
        ({"control": "fast"}, "control must be a Control, not a str"),
    ],
)
def test_keywords_that_are_no_options_are_named(keywords: dict[str, object], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        TransferOptions.of(keywords)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"retries": -1}, "retries is -1"),
        ({"connections": 0}, "connections is 0"),
        ({"min_delay": -0.1}, "min_delay is -0.1"),
    ],
)
def test_numbers_out_of_range_are_named(keywords: dict[str, float], message: str) -> None:
    with pytest.raises(InvalidOption, match=message):
        TransferOptions.of(keywords)


def test_options_may_be_changed_and_share_their_control() -> None:
    base = TransferOptions(limit_rate="1M", retries=3)
    changed = TransferOptions.of({"retries": 5, "control": None}, base, connections=7)
    assert (changed.retries, changed.connections, changed.limit_rate) == (5, 7, MIB)
    assert changed.control is base.control
    assert TransferOptions.of({}, changed, connections=2) is changed
