"""What commands that move files have in common: how fast, how long, and how they end."""

from __future__ import annotations

import re

from omicsdk.cli.connecting import seconds_of
from omicsdk.core.errors import UsageError
from omicsdk.transfer import Control, Patience

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from omicsdk.transfer import TransferReport

_RATE = re.compile(r"(\d+(?:\.\d+)?)([kmgt]?)(?:i?b)?(?:/s)?", re.IGNORECASE)
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([kmgt]?)(?:i?b)?", re.IGNORECASE)
_FACTORS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}


#: The options that `control_of` reads.
CONTROLS = frozenset(
    {
        "limit_rate",
        "max_wait",
        "min_rate",
        "renewals",
        "require_checksum",
        "resume_unvalidated",
        "stall_timeout",
        "time_budget",
    }
)


def control_of(arguments: Mapping[str, Any]) -> Control:
    """Makes of what was typed what a transfer is controlled by.

    Args:
        arguments: Those of the command; see `CONTROLS`.

    Raises:
        UsageError: One of them can't be read.
    """
    limit_rate, time_budget = arguments.get("limit_rate"), arguments.get("time_budget")
    return Control(
        budget=None if time_budget is None else seconds_of("--time-budget", time_budget),
        rate_limit=None if limit_rate is None else _rate("--limit-rate", limit_rate),
        require_checksum=bool(arguments.get("require_checksum")),
        resume_unvalidated=bool(arguments.get("resume_unvalidated")),
        patience=_patience(arguments),
    )


def _patience(arguments: Mapping[str, Any]) -> Patience | None:
    """How long servers are waited for, None where nothing is said of it."""
    rate, silence, wait = (arguments.get(name) for name in ("min_rate", "stall_timeout", "max_wait"))
    renewals = arguments.get("renewals")
    said: dict[str, Any] = {
        "least_rate": None if rate is None else 0 if rate.strip() == "0" else int(_rate("--min-rate", rate)),
        "silence": None if silence is None else seconds_of("--stall-timeout", silence),
        "retry_after": None if wait is None else seconds_of("--max-wait", wait),
        "renewals": renewals,
    }
    given = {name: value for name, value in said.items() if value is not None}
    return Patience(**given) if given else None


def foreseen(report: TransferReport) -> dict[str, object]:
    """What a dry run prints: counts, bytes that would come, and each file.

    Args:
        report: The dry run's.
    """
    planned = [outcome for outcome in report.outcomes if outcome.state == "planned"]
    return {
        "counts": report.counts,
        "bytes_to_fetch": sum((outcome.size or 0) - outcome.bytes_kept for outcome in planned),
        "files": [
            {
                "name": outcome.label or outcome.name,
                "size": outcome.size,
                "state": outcome.state,
                "plan": outcome.plan or ("nothing to do" if outcome.error is None else str(outcome.error)),
            }
            for outcome in report.outcomes
        ],
    }


def bytes_of(option: str, text: str) -> int:
    """Read a number of bytes.

    Args:
        option: The option.
        text: The number, with K, M or G for powers of 1024.

    Raises:
        UsageError: It is none.
    """
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise UsageError(f"{option} {text}: not a number of bytes", remedy="Give one such as 16M.")
    return int(float(match[1]) * _FACTORS[match[2].lower()])


def _rate(option: str, text: str) -> float:
    match = _RATE.fullmatch(text.strip())
    rate = float(match[1]) * _FACTORS[match[2].lower()] if match else 0.0
    if rate <= 0:
        raise UsageError(
            f"{option} {text}: that is no number of bytes a second", remedy="Give one such as 500K or 10M."
        )
    return rate
