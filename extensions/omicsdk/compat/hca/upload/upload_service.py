"""`hca.upload.upload_service`."""

from omicsdk.hca.upload.upload_area import UploadService as UploadService
