"""`hca.upload.upload_config`."""

from omicsdk.hca.upload.upload_config import UploadConfig as UploadConfig
