"""`hca.upload.exceptions`."""

from omicsdk.hca.upload.exceptions import UploadException as UploadException
