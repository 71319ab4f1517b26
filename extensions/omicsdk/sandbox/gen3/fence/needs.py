"""What Fence needs of the commons."""

from typing import Protocol

from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.files import Files
from omicsdk.sandbox.gen3.files_indexing import Indexing
from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.storage_uploads import PartUploads
from omicsdk.sandbox.service import Grounds


class Needs(Protocol):
    """The parts of a commons.

    Attributes:
        grounds: What it stands on.
        access: People and their tokens.
        files: The contents of its buckets.
        uploads: Uploads in parts that aren't complete.
        indexing: Uploads whose records wait for size and hashes.
        index: The records of files.
    """

    grounds: Grounds
    access: Access
    files: Files
    uploads: PartUploads
    indexing: Indexing
    index: Index
