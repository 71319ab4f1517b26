"""Which files of a list are wanted: names, metadata, tags, the task that made them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from omicsdk.sandbox.sb.stores.files import FileRecord


@dataclass(frozen=True, slots=True)
class Filter:
    """What files have to be like. Values of one kind are alternatives, kinds and keys go together.

    Attributes:
        names: Whole names; empty takes any.
        metadata: Values by key.
        tags: Tags of which a file has one; empty takes any.
        task: The task that made it; None takes any.
    """

    names: Sequence[str] = ()
    metadata: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    tags: Sequence[str] = ()
    task: str | None = None

    @property
    def open(self) -> bool:
        """Whether it takes everything."""
        return not (self.names or self.metadata or self.tags or self.task)

    def takes(self, record: FileRecord) -> bool:
        """Whether a file is wanted."""
        return (
            (not self.names or record.name in self.names)
            and (not self.tags or any(tag in record.tags for tag in self.tags))
            and (not self.task or record.task == self.task)
            and all(_has(record.metadata.get(key), values) for key, values in self.metadata.items())
        )


def _has(value: Any, wanted: Sequence[str]) -> bool:
    return bool(set(texts(value)) & set(wanted))


def texts(value: Any) -> list[str]:
    """The texts of a metadata value: one, several, or none."""
    if value is None:
        return []
    if isinstance(value, list):
        return [str(each) for each in cast("list[Any]", value)]
    if isinstance(value, bool):
        return [str(value).lower()]
    return [str(value)]
