"""What the metadata service knows."""

from omicsdk.sandbox.gen3.metadata.aggregate import Aggregate
from omicsdk.sandbox.gen3.metadata.store import Documents
from omicsdk.sandbox.state.database import Database


class Metadata:
    """The metadata service's state.

    Args:
        database: Where it is kept.

    Attributes:
        documents: The commons' own documents.
        aggregate: Metadata of other commons.
    """

    def __init__(self, database: Database) -> None:
        self.documents = Documents(database)
        self.aggregate = Aggregate(database)
