"""Where datasets' files are stored: folders, S3 and what fsspec opens, from the settings of a Django site, without Django.

storage = open_storage({"MEDIA_ROOT": "/data/crunch"})
print("\\n".join(walk(storage, "crunch/my-project").lines()))
"""

from omicsdk.crunch.storage.base import Storage, StorageMissing
from omicsdk.crunch.storage.files import StorageFolder, walk
from omicsdk.crunch.storage.settings import open_storage

__all__ = ["Storage", "StorageFolder", "StorageMissing", "open_storage", "walk"]
