"""Results of shards: whether they are complete, what is raised, and their data."""

import pytest
from omicsdk.core import Interrupted, OmicsError
from omicsdk.core.errors import SomeFailed
from omicsdk.transfer import Outcome
from omicsdk.transfer.scale.plan import ShardResult, ShardsReport

BROKEN, LOST = OmicsError("broken"), OmicsError("lost")
FAILED = ShardResult(0, 2, {"done": 1, "failed": 1}, failures=(Outcome("a", "failed", 1, error=BROKEN),))
UNKEPT = ShardResult(0, 2, {"failed": 1})
STOPPED = ShardResult(1, 2, {"stopped": 2})
DONE = ShardResult(1, 2, {"done": 1}, bytes_fetched=3, seconds=1.23456, worker="node 7")


def test_a_shard_is_complete_without_failures_and_stops() -> None:
    results = (DONE, FAILED, STOPPED, ShardResult(0, 1, error=LOST))
    assert [result.ok for result in results] == [True, False, False, False]


def test_the_only_error_is_raised_and_several_together() -> None:
    ShardsReport((DONE, DONE)).raise_if_failed()
    with pytest.raises(OmicsError) as only:
        ShardsReport((FAILED, DONE)).raise_if_failed()
    assert only.value is BROKEN
    with pytest.raises(SomeFailed, match="2 errors in 2 shards: ") as several:
        ShardsReport((FAILED, ShardResult(1, 2, error=LOST))).raise_if_failed()
    assert list(several.value.errors) == [LOST, BROKEN]
    with pytest.raises(SomeFailed, match=r"1 error in 2 shards\. Run") as unkept:
        ShardsReport((UNKEPT, DONE)).raise_if_failed()
    assert list(unkept.value.errors) == []


@pytest.mark.parametrize(("why", "text"), [("", "it was stopped"), ("budget", "budget")])
def test_a_run_that_ended_early_names_its_open_shards(why: str, text: str) -> None:
    with pytest.raises(Interrupted, match=f"{text}; shards 1 of 2 are open"):
        ShardsReport((DONE, STOPPED), why_stopped=why).raise_if_failed()


def test_data_has_all_that_is_known() -> None:
    data = ShardsReport((DONE,), seconds=2.34567, lost=1).to_dict()
    assert (data["ok"], data["seconds"], data["lost"], data["bytes_fetched"]) == (True, 2.346, 1, 3)
    assert data["shards"] == [
        {
            "index": 1,
            "of": 2,
            "ok": True,
            "counts": {"done": 1},
            "verification": {},
            "bytes_fetched": 3,
            "seconds": 1.235,
            "failures": [],
            "worker": "node 7",
            "report": None,
        }
    ]
    assert ShardResult(0, 1).seconds == ShardResult(0, 1).bytes_fetched == ShardsReport(()).seconds == 0
