"""One call for each of several objects, and the results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Generic, TypeVar

from omicsdk.core.batches import named_error
from omicsdk.core.errors import OmicsError, raise_failed
from omicsdk.core.threads import side_by_side

T = TypeVar("T")
R = TypeVar("R")

# Calls between two messages about the progress.
REPORTED = 1000


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """The result for each of several objects.

    Attributes:
        action: What was done with them: "created".
        kind: What they are, in the plural: "samples".
        items: The successful ones, in order, including skipped ones.
        skipped: The number of those that needed no change.
        errors: Why the others failed; each message names its object.
    """

    action: str
    kind: str
    items: Sequence[T]
    skipped: int = 0
    errors: Sequence[OmicsError] = attribute(default=(), repr=False)

    def __str__(self) -> str:
        number = len(self.items) - self.skipped
        parts = [f"{number} {self.kind if number != 1 else self.kind.removesuffix('s')} {self.action}"]
        parts += [f"{self.skipped} skipped"] if self.skipped else []
        parts += [f"{len(self.errors)} failed"] if self.errors else []
        return ", ".join(parts)

    def raise_if_failed(self) -> None:
        """Raise when one failed.

        Raises:
            OmicsError: The error of the only one that failed.
            SomeFailed: Several failed.
        """
        raise_failed(self.errors, len(self.items) + len(self.errors), self.kind)


def for_each(
    items: Sequence[T],
    work: Callable[[T], R],
    name: Callable[[T], str],
    *,
    in_order: bool = False,
    on_message: Callable[[str], None] | None = None,
) -> tuple[list[R], list[OmicsError]]:
    """Do the same with each of several objects; a failure does not stop the others.

    Args:
        items: The objects.
        work: The function to call with each; called in threads.
        name: The object's name in errors.
        in_order: Whether to process them one after the other, so that the server sees them in order.
        on_message: Called with the progress of many.

    Returns:
        The results in order, and the errors.
    """

    def tried(item: T) -> R | OmicsError:
        try:
            return work(item)
        except OmicsError as error:
            return error

    results: list[R] = []
    errors: list[OmicsError] = []
    outcomes = map(tried, items) if in_order or len(items) < 2 else side_by_side(work, items)
    for number, (item, outcome) in enumerate(zip(items, outcomes, strict=True), 1):
        if on_message is not None and number % REPORTED == 0 and number < len(items):
            on_message(f"{number} of {len(items)}")
        if isinstance(outcome, OmicsError):
            errors.append(named_error(outcome, name(item)))
        else:
            results.append(outcome)
    return results, errors
