"""An exchange of a recording, and what is told of those that were looked at."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import unquote


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer.

    Attributes:
        method: The method, in capitals.
        path: The path with its query, as it was sent.
        status: The status of the answer.
        sent: The request's body; decoded where it was JSON.
        body: The answer's body, likewise.
    """

    method: str
    path: str
    status: int
    sent: Any
    body: Any

    @property
    def succeeded(self) -> bool:
        """Whether the server did what it was asked for."""
        return 200 <= self.status < 300

    @property
    def steps(self) -> list[str]:
        """The steps of the path, decoded, without the query."""
        return [unquote(each) for each in self.path.partition("?")[0].split("/") if each]

    def after(self, *steps: str) -> list[str] | None:
        """The steps that follow some others; None when the path hasn't these."""
        found = self.steps
        for start in range(len(found) - len(steps) + 1):
            if tuple(found[start : start + len(steps)]) == steps:
                return found[start + len(steps) :]
        return None


@dataclass(frozen=True, slots=True)
class Told:
    """What came of it.

    Attributes:
        taken: How many things were made, by what they are.
        left: How many weren't, by the reason.
    """

    taken: Counter[str]
    left: Counter[str]


def members(value: object) -> Mapping[str, Any] | None:
    """A JSON object as one; None for anything else."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else None


def things_of(body: object, *lists: str) -> Iterable[Mapping[str, Any]]:
    """The objects of an answer.

    Args:
        body: The answer.
        lists: Members that hold several; without one of them the answer itself is the object.
    """
    if not isinstance(body, Mapping):
        return ()
    found = cast("Mapping[str, Any]", body)
    listed: Any = next((found[name] for name in lists if isinstance(found.get(name), list)), [found])
    return [cast("Mapping[str, Any]", each) for each in listed if isinstance(each, Mapping)]


def has_texts(stated: Mapping[str, Any], *names: str) -> bool:
    """Whether all of some members are there and are texts."""
    return all(isinstance(stated.get(name), str) for name in names)


def is_finite(value: object) -> bool:
    """Whether a decoded value has no number that JSON hasn't; some servers answer NaN."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True
