"""The published client's upload areas."""

from omicsdk.compat.hca.upload.exceptions import UploadException as UploadException
from omicsdk.compat.hca.upload.upload_area import UploadArea as UploadArea
from omicsdk.compat.hca.upload.upload_area_uri import UploadAreaURI as UploadAreaURI
from omicsdk.compat.hca.upload.upload_config import UploadConfig as UploadConfig
from omicsdk.compat.hca.upload.upload_service import UploadService as UploadService
