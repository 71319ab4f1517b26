"""Code for Gen3 commons that a type checker must reject; marks as in auth.py."""

from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.file import Gen3File
from omicsdk.compat.gen3.index import Gen3Index
from omicsdk.compat.gen3.jobs import Gen3Jobs
from omicsdk.compat.gen3.metadata import Gen3Metadata
from omicsdk.compat.gen3.object import Gen3Object
from omicsdk.compat.gen3.query import Gen3Query
from omicsdk.compat.gen3.wss import Gen3WsStorage
from omicsdk.gen3 import Gen3


def logins(auth: Gen3Auth) -> None:
    Gen3Auth(api_key="key")  # error: No parameter named "api_key"
    Gen3Auth(refresh_token="key")  # error: cannot be assigned to parameter "refresh_token"
    Gen3Auth(client_credentials="id:secret")  # error: cannot be assigned to parameter "client_credentials"
    auth.endpoint = "https://commons.example.org"  # error: Cannot assign to attribute "endpoint"
    auth.access_token  # error: Cannot access attribute "access_token"
    auth.curl()  # error: Argument missing for parameter "path"
    auth.curl("/user/user", data={"a": 1})  # error: cannot be assigned to parameter "data"


def services(auth: Gen3Auth, index: Gen3Index, mds: Gen3Metadata) -> None:
    Gen3Index(5)  # error: cannot be assigned to parameter "endpoint"
    index.create_record("0" * 32, 5)  # error: cannot be assigned to parameter "hashes"
    index.create_record({"md5": "0" * 32}, "5")  # error: cannot be assigned to parameter "size"
    index.get_record(["guid"])  # error: cannot be assigned to parameter "guid"
    index.get_records_on_page(limit="10")  # error: cannot be assigned to parameter "limit"
    index.update_blank("guid")  # error: Arguments missing for parameters "rev", "hashes", "size"
    index.delete_record("guid", "rev")  # error: Expected 1 positional argument
    mds.create("guid", "text")  # error: cannot be assigned to parameter "metadata"
    mds.update_aliases("guid", ["a"], merge="yes")  # error: cannot be assigned to parameter "merge"
    mds.query(["a=1"])  # error: cannot be assigned to parameter "query"
    Gen3File(auth).download_single()  # error: Argument missing for parameter "object_id"
    Gen3File(auth).upload_file("a", expires_in="60")  # error: cannot be assigned to parameter "expires_in"
    Gen3Jobs(auth).create_job("name")  # error: Argument missing for parameter "job_input"
    Gen3Object(auth).create_object("name")  # error: Argument missing for parameter "authz"
    Gen3Query("https://commons.example.org")  # error: cannot be assigned to parameter "auth_provider"
    Gen3WsStorage(auth).copy("a")  # error: Argument missing for parameter "dest_urlstr"
    Gen3(auth=auth)  # error: No parameter named "auth"
    Gen3(credentials=auth).fence.get_presigned_url(guid="guid")  # error: No parameter named "guid"
