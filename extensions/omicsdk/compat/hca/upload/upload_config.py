"""`hca.upload.upload_config`."""

from omicsdk.hca.upload import UploadConfig as UploadConfig
