"""Numbers that a command line gives, within their bounds."""

from __future__ import annotations

from omicsdk.core.errors import UsageError


def at_least_1(number: float) -> float:
    """Takes a number of things, or of seconds between two looks.

    Args:
        number: What was typed, or stands in the configuration.

    Returns:
        The number.

    Raises:
        UsageError: It is below 1.
    """
    return _at_least(1, number)


def at_least_0(number: float) -> float:
    """Takes a number of things that may be none.

    Args:
        number: What was typed, or stands in the configuration.

    Returns:
        The number.

    Raises:
        UsageError: It is below 0.
    """
    return _at_least(0, number)


def above_0(number: float) -> float:
    """Takes a number of seconds.

    Args:
        number: What was typed, or stands in the configuration.

    Returns:
        The number.

    Raises:
        UsageError: It is 0 or below.
    """
    if number <= 0:
        raise UsageError(f"{number:g} isn't above 0", remedy="Give seconds above 0.")
    return number


def port(number: int) -> int:
    """Takes a TCP port to listen at, 0 for any.

    Args:
        number: What was typed, or stands in the configuration.

    Returns:
        The number.

    Raises:
        UsageError: It is no port.
    """
    if not 0 <= number <= 65535:
        raise UsageError(f"{number} isn't a port", remedy="Give 1 to 65535, or 0 for a free one.")
    return number


def _at_least(least: int, number: float) -> float:
    if number < least:
        raise UsageError(f"{number:g} is below {least}", remedy=f"Give {least} or more.")
    return number
