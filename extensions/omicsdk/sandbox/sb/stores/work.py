"""The stores of files and uploads, and the storage that serves their bytes."""

from collections.abc import Callable

from omicsdk.sandbox.sb.stores.blobs import Blobs
from omicsdk.sandbox.sb.stores.files import FileStore
from omicsdk.sandbox.sb.stores.presigned import Storage
from omicsdk.sandbox.sb.stores.uploads import Uploads
from omicsdk.sandbox.service import Grounds


class Work:
    """What people work with on the platform.

    Args:
        grounds: What it stands on.
        new_id: Makes identities of files.

    Attributes:
        blobs: The bytes of files.
        files: Files and folders.
        uploads: Uploads that aren't complete.
        storage: The ASGI application of presigned URLs.
    """

    def __init__(self, grounds: Grounds, new_id: Callable[[], str]) -> None:
        self.blobs = Blobs(grounds.objects)
        self.files = FileStore(grounds.database, new_id, grounds.clock.now)
        self.uploads = Uploads(grounds.database, grounds.objects)
        self.storage = Storage(grounds.objects, grounds.signer, self.uploads.place, self.uploads.written)

    def clear(self) -> None:
        """Removes the bytes of uploads, when the tables were emptied."""
        self.uploads.clear()
