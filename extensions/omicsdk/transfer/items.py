"""What to fetch: a file's name, where its bytes are, and what they must be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

from omicsdk.core.checksums import ALGORITHMS, FORMS, is_checksum
from omicsdk.transfer.arguments import a, number, whole_number
from omicsdk.transfer.requests import Location

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Item:
    """One file to fetch.

    Attributes:
        name: The path of the final file within the target folder, with "/" between its parts.
        locate: A Location, or a function that gives one. The function is called in a thread shortly before the fetch,
            and again when the URL that it gave has ended.
        size: The file's size in bytes as the platform states it; None when it doesn't.
        checksums: What the platform states, from algorithm (omicsdk.core.checksums.ALGORITHMS) to value; all are
            verified. Values are compared without case.
        label: What to call the file in messages; by default its name.
        retries: How many failures in a row end it, 0 for none. Each cell of 4 MiB that arrives wins one back.
        min_delay: Seconds before the first retry; each further one without progress waits twice as long, at most 60 s.
        renew: Where `locate` is a Location, a function that gives another one when that isn't accepted (any longer), called
            in a thread; None when there is no other.

    Raises:
        ValueError: A negative size, retries or delay, an algorithm that isn't known, or a value that is no such checksum.
        TypeError: A field of another type.
    """

    name: str
    locate: Callable[[], Location] | Location = field(repr=False)
    size: int | None = None
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])
    label: str = ""
    retries: int = 10
    min_delay: float = 0.25
    renew: Callable[[], Location] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self._check_types()
        if (self.size or 0) < 0 or self.retries < 0 or self.min_delay < 0:
            raise ValueError(f"{self.name}: size, retries and min_delay cannot be negative")
        checksums = {algorithm.lower(): value.strip().lower() for algorithm, value in self.checksums.items() if value}
        if unknown := [algorithm for algorithm in checksums if algorithm not in ALGORITHMS]:
            known = ", ".join(ALGORITHMS)
            raise ValueError(f"{self.name}: no checksum '{unknown[0]}' can be verified; known are {known}")
        for algorithm, value in checksums.items():
            if not is_checksum(algorithm, value):
                raise ValueError(f"{self.name}: {value!r} is not a valid {algorithm}, which is {FORMS[algorithm]}")
        object.__setattr__(self, "checksums", checksums)

    def _check_types(self) -> None:
        if not isinstance(cast("object", self.name), str):
            raise TypeError(f"an item's name must be text, not {a(self.name)}")
        if not (isinstance(self.locate, Location) or callable(cast("object", self.locate))):
            said = f"{self.name}: locate must be a Location or a function that returns one, not {a(self.locate)}"
            raise TypeError(f"{said}; wrap a URL in Location(url)")
        if self.renew is not None and not callable(cast("object", self.renew)):
            raise TypeError(f"{self.name}: renew must be a function that returns a Location, not {a(self.renew)}")
        if type(self.size) is not int and self.size is not None:
            # numpy's are numbers too, but no journal can write them.
            object.__setattr__(self, "size", whole_number(f"{self.name}: size", self.size, 0, "bytes"))
        if type(self.retries) is not int:
            object.__setattr__(self, "retries", whole_number(f"{self.name}: retries", self.retries, 0))
        if type(self.min_delay) is not float:
            number(f"{self.name}: min_delay", self.min_delay, "seconds")
        if not isinstance(cast("object", self.checksums), Mapping):
            raise TypeError(
                f"{self.name}: checksums must be a mapping from algorithm to value, not {a(self.checksums)}"
            )
        for algorithm, value in self.checksums.items():
            if value and not isinstance(cast("object", value), str):
                raise TypeError(f"{self.name}: the {algorithm} must be text, not {type(value).__name__}")

    @property
    def title(self) -> str:
        """What messages call it."""
        return self.label or self.name


class MappedItems(Iterable[Item], Generic[T]):
    """Items that are made one by one, each time that they are iterated over: many of them need no memory.

    Args:
        make: Makes the item of a thing.
        things: The things; iterated over as often.
    """

    def __init__(self, make: Callable[[T], Item], things: Iterable[T]) -> None:
        self._make = make
        self._things = things

    def __iter__(self) -> Iterator[Item]:
        return map(self._make, self._things)
