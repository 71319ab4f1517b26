"""Objects of what the server says of them, and by their uuids: where the published client has these functions."""

from omicsdk.pangea.objects.of_blobs import org_from_blob as org_from_blob
from omicsdk.pangea.objects.of_blobs import sample_ar_from_blob as sample_ar_from_blob
from omicsdk.pangea.objects.of_blobs import sample_ar_from_uuid as sample_ar_from_uuid
from omicsdk.pangea.objects.of_blobs import sample_from_blob as sample_from_blob
from omicsdk.pangea.objects.of_blobs import sample_from_uuid as sample_from_uuid
from omicsdk.pangea.objects.of_blobs import sample_group_from_blob as sample_group_from_blob
from omicsdk.pangea.objects.of_blobs import sample_group_from_uuid as sample_group_from_uuid
