"""Files and folders: `File`, how they are found, copied, changed in bulk and transferred."""

from omicsdk.sb.models.file.bulk import FileBulkRecord as FileBulkRecord
from omicsdk.sb.models.file.resource import File as File
from omicsdk.sb.models.file.search import SearchResponse as SearchResponse
