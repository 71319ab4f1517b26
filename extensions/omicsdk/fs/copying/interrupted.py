"""Steps of a copy that Ctrl-C ends in order: what they had done until then counts for the copy as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from omicsdk.transfer import Control, Outcome, TransferReport
from omicsdk.transfer.interrupts import report_of


def until_interrupted(step: Callable[[], TransferReport], names: Sequence[str], control: Control) -> TransferReport:
    """Makes a step of a copy.

    Args:
        step: The step; `control` governs it.
        names: The names of its outcomes.
        control: Is stopped when Ctrl-C has ended the step; whoever made the copy raises that at its end.

    Returns:
        The step's report; of one that was interrupted what it tells by these names, the others are stopped.

    Raises:
        KeyboardInterrupt: It ended the step somewhere else than in an engine.
    """
    try:
        return step()
    except KeyboardInterrupt as error:
        report = report_of(error)
        if report is None or not control.stopped:
            raise
        known = {outcome.name: outcome for outcome in report.outcomes}
        return TransferReport(
            (known.get(name) or Outcome(name, "stopped") for name in names),
            report.seconds,
            throughput=report.throughput,
            began=report.began,
            why_stopped=report.why_stopped or control.why,
        )
