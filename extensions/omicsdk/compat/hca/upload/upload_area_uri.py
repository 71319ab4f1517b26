"""`hca.upload.upload_area_uri`."""

from omicsdk.hca.upload.upload_area_uri import UploadAreaURI as UploadAreaURI
