"""Many calls that don't depend on each other: several at once, and what becomes of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from omicsdk.cli.commands.reports import tell_failures
from omicsdk.core.errors import OmicsError, SomeFailed
from omicsdk.transfer.calls import side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from omicsdk.cli.console import Console

T = TypeVar("T")
R = TypeVar("R")


STEP = 1000
"""How many calls are made between two words on how far it is."""


class Failure(NamedTuple):
    """A call that failed.

    Attributes:
        label: What it was for.
        error: Why.
    """

    label: str
    error: OmicsError


def each(
    items: Sequence[T],
    work: Callable[[T], R],
    label: Callable[[T], str],
    *,
    in_order: bool = False,
    console: Console | None = None,
) -> tuple[list[R], list[Failure]]:
    """Does the same with each of several things.

    Args:
        items: The things.
        work: What is done with one; called in several threads.
        label: What one is called.
        in_order: One after the other, so that the service sees them in order.
        console: Where it is told how far it is, where there are many.

    Returns:
        What came back, in order, and what failed.
    """

    def tried(item: T) -> R | OmicsError:
        try:
            return work(item)
        except OmicsError as error:
            return error

    outcomes = map(tried, items) if in_order or len(items) < 2 else side_by_side(work, items)
    good: list[R] = []
    failed: list[Failure] = []
    for number, (item, outcome) in enumerate(zip(items, outcomes, strict=True), 1):
        if console is not None and number % STEP == 0 and number < len(items):
            console.message(f"{number} of {len(items)}")
        if isinstance(outcome, OmicsError):
            failed.append(Failure(label(item), outcome))
        else:
            good.append(outcome)
    return good, failed


def tell(failed: Sequence[Failure], number: int, what: str, console: Console) -> None:
    """Tells what of a batch failed; the process will end with 3.

    Args:
        failed: What failed.
        number: How many there were in all.
        what: What they are, such as samples.
        console: Where to.

    Raises:
        OmicsError: All failed: the only one, or one for all.
    """
    if not failed:
        return
    errors = [_named(each) for each in failed]
    if len(failed) == number:
        if number == 1:
            raise failed[0].error
        raise SomeFailed(
            f"all of {number} {what} failed", errors, remedy="Put right what is told of each, then run it again."
        )
    tell_failures(errors, console)
    console.message(f"{number - len(failed)} of {number} {what} are done, {len(failed)} failed")


def _named(failure: Failure) -> OmicsError:
    if failure.label not in str(failure.error):
        failure.error.message = f"{failure.label}: {failure.error.message}"
    return failure.error
