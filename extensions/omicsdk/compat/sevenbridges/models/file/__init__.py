"""Files and folders: `File`, how they are found, copied, changed in bulk and transferred."""

from omicsdk.compat.sevenbridges.models.file.bulk import FileBulkRecord as FileBulkRecord
from omicsdk.compat.sevenbridges.models.file.resource import File as File
from omicsdk.compat.sevenbridges.models.file.search import SearchResponse as SearchResponse
