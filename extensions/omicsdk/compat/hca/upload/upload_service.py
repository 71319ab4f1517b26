"""`hca.upload.upload_service`."""

from omicsdk.compat.hca.upload.upload_area import UploadService as UploadService
