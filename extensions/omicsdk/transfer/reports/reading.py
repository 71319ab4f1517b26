"""Reading a report that was written as JSON lines."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from omicsdk.core.errors import UsageError
from omicsdk.transfer.reports.lines import FORMAT
from omicsdk.transfer.reports.outcome import STATES, VERIFICATIONS, Outcome, ReportedError, State, Verification
from omicsdk.transfer.reports.outcomes import Outcomes
from omicsdk.transfer.reports.report import TransferReport
from omicsdk.transfer.reports.throughput import Throughput


def read_jsonl(path: str | os.PathLike[str]) -> TransferReport:
    """Reads what `TransferReport.write_jsonl` wrote; its lines are never all in memory.

    Args:
        path: The file.

    Returns:
        The report; its errors are `ReportedError`, which have the words of those that were raised.

    Raises:
        UsageError: It isn't such a file, or not a whole one.
        OSError: It can't be read.
    """
    outcomes = Outcomes()
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        first = _summary(path, file.readline())
        for number, outcome in enumerate(_outcomes(path, file)):
            outcomes.put(number, outcome)
    _check_count(path, first, len(outcomes))
    try:
        told = _mapping(first["throughput"])
        curve = Throughput.of(
            _number(told["step"]), [_number(n) for n in cast("list[object]", told["bytes"])], _number(told["seconds"])
        )
        began = first["began"]
        return TransferReport(
            outcomes,
            _number(first["seconds"]),
            throughput=curve,
            began=None if began is None else _number(began),
            title=str(first["title"]),
            why_stopped=str(first["why_stopped"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _not_a_report(path, 1, f"{type(error).__name__}: {error}") from error


def outcomes_in(path: str | os.PathLike[str]) -> Iterator[Outcome]:
    """Reads the outcomes of such a file one by one.

    Args:
        path: The file.

    Raises:
        UsageError: It isn't such a file, or not a whole one; that is known at its end.
        OSError: It can't be read.
    """
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        first, count = _summary(path, file.readline()), 0
        for outcome in _outcomes(path, file):
            count += 1
            yield outcome
    _check_count(path, first, count)


def _summary(path: str | os.PathLike[str], line: str) -> Mapping[str, object]:
    first = _record(path, 1, line, "summary")
    if first.get("format") != FORMAT:
        raise UsageError(
            f"{os.fspath(path)} is a report of format {first.get('format')!r}, this version reads {FORMAT}",
            remedy="Read it with the version of omicsdk that wrote it, or a newer one.",
        )
    return first


def _check_count(path: str | os.PathLike[str], first: Mapping[str, object], count: int) -> None:
    if first.get("files") != count:
        raise _not_a_report(path, 1, f"it states {first.get('files')} files, but {count} follow")


def _outcomes(path: str | os.PathLike[str], lines: Iterable[str]) -> Iterator[Outcome]:
    for number, line in enumerate(lines, 2):
        record = _record(path, number, line, "file")
        try:
            yield _outcome(record)
        except (KeyError, TypeError, ValueError) as error:
            raise _not_a_report(path, number, f"{type(error).__name__}: {error}") from error


def _record(path: str | os.PathLike[str], line: int, text: str, kind: str) -> Mapping[str, object]:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _not_a_report(path, line, "it is not JSON, or was cut") from error
    if not isinstance(value, dict) or cast("dict[str, object]", value).get("record") != kind:
        raise _not_a_report(path, line, f"it has no {kind} record")
    return cast("Mapping[str, object]", value)


def _outcome(told: Mapping[str, object]) -> Outcome:
    state = cast("State", told["state"])
    if state not in STATES:
        raise ValueError(f"unknown state {state!r}")
    verification = cast("Verification", told.get("verification") or "unverified")
    if verification not in VERIFICATIONS:
        raise ValueError(f"unknown verification {verification!r}")
    name, size = str(told["name"]), told["size"]
    error = None if told.get("error") is None else _mapping(told["error"])
    return Outcome(
        name=name,
        state=state,
        size=None if size is None else _whole(size),
        bytes_fetched=_whole(told["bytes_fetched"]),
        bytes_kept=_whole(told["bytes_kept"]),
        checksums={str(algorithm): str(value) for algorithm, value in _mapping(told["checksums"]).items()},
        verified=str(told["verified"]),
        attempts=_whole(told["attempts"]),
        retries=_whole(told["retries"]),
        seconds=_number(told["seconds"]),
        error=None
        if error is None
        else ReportedError(str(error["type"]), str(error["message"]), remedy=str(error["remedy"]), name=name),
        plan=str(told.get("plan", "")),
        label=str(told.get("label", "")),
        verification=verification,
    )


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is not an object")
    return cast("Mapping[str, object]", value)


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is not a whole number")
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return value


def _not_a_report(path: str | os.PathLike[str], line: int, why: str) -> UsageError:
    return UsageError(
        f"{os.fspath(path)}, line {line}: not a transfer's report: {why}",
        remedy="Give a file that write_jsonl (or --report FILE.jsonl) wrote.",
    )
