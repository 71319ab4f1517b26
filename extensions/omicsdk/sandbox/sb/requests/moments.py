"""Times in queries."""

from datetime import UTC, datetime

from omicsdk.sandbox.sb.problems import bad


def moment(text: str) -> float:
    """Seconds since 1970 of a time in a query; without a zone it is UTC.

    Raises:
        Problem: 90000; it is no time.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise bad(f"{text!r} is no time: write it as 2020-01-31T10:20:30") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def span(first: str | None, last: str | None) -> tuple[float, float]:
    """A span of time from the first second to the last, whole; one that isn't given doesn't bound it.

    Returns:
        Its beginning, and the time before which it ends.
    """
    return moment(first) if first else float("-inf"), moment(last) + 1 if last else float("inf")
