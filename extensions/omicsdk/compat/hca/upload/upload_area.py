"""`hca.upload.upload_area`."""

from omicsdk.hca.upload.upload_area import UploadArea as UploadArea
