"""Code for upload areas that a type checker must reject; marks as in auth.py."""

from omicsdk.compat.hca.upload import UploadArea, UploadService
from omicsdk.hca.upload import AsyncHcaUpload, HcaUpload, UploadAreaURI, UploadConfig, UploadResult


def areas(area: UploadArea) -> None:
    UploadArea(3)  # error: cannot be assigned to parameter "uri"
    UploadArea(uuid=3)  # error: cannot be assigned to parameter "uuid"
    UploadArea("s3://a-b/c/", "prod")  # error: cannot be assigned to parameter "upload_service"
    UploadArea.from_alias()  # error: Argument missing for parameter "uuid_or_alias"
    UploadAreaURI(b"s3://a-b/c/")  # error: cannot be assigned to parameter "uri"
    area.nothing  # error: Cannot access attribute "nothing"
    area.uuid = "x"  # error: Cannot assign to attribute "uuid"
    area.is_selected()  # error: Object of type "bool" is not callable
    UploadConfig().areas[0].uri  # error: Cannot access attribute "uri"
    UploadConfig().select_area(area)  # error: cannot be assigned to parameter "area_uuid"


def files(area: UploadArea, result: UploadResult) -> None:
    area.upload_files([3])  # error: cannot be assigned to parameter "file_paths"
    area.upload_files(["a.txt"], sync="no")  # error: cannot be assigned to parameter "sync"
    HcaUpload().upload(["a.txt"], wrong=1)  # error: No parameter named "wrong"
    HcaUpload().upload(["a.txt"], area)  # error: cannot be assigned to parameter
    area.list(detail="yes")  # error: cannot be assigned to parameter "detail"
    area.store_file("a.txt", 3, "text/plain")  # error: cannot be assigned to parameter "file_content"
    result.files[0].nothing  # error: Cannot access attribute "nothing"
    _: int = area.get_credentials()["expiry_time"]  # error: is not assignable to "int"


async def services(area: UploadArea) -> None:
    UploadService(api_token=3)  # error: cannot be assigned to parameter "api_token"
    UploadService().upload_area("s3://a-b/c/")  # error: cannot be assigned to parameter "area_uri"
    HcaUpload(deployment_stage=1)  # error: No parameter named "deployment_stage"
    HcaUpload().area_exists("uuid")  # error: Expected 0 positional arguments
    await AsyncHcaUpload().upload("a.txt", dryrun=True)  # error: No parameter named "dryrun"
    await AsyncHcaUpload().get_credentials()  # error: Argument missing for parameter "upload_area_uuid"
