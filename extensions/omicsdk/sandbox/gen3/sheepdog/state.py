"""What the service stands on."""

from dataclasses import dataclass

from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.records.store import Store


@dataclass(frozen=True, slots=True)
class Commons:
    """What of a commons the service needs.

    Attributes:
        access: People and their tokens.
        records: The records.
        index: The index records of files.
    """

    access: Access
    records: Store
    index: Index
