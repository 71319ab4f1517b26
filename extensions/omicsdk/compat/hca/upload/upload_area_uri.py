"""`hca.upload.upload_area_uri`."""

from omicsdk.hca.upload import UploadAreaURI as UploadAreaURI
