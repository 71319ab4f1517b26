"""The commands of the Atlas's smaller services: of Upload, and of authorisation those that have the words of all platforms."""

from __future__ import annotations

from omicsdk import HcaUpload
from omicsdk.cli.commands import login, upload
from omicsdk.cli.index import Entry, operations
from omicsdk.hca.upload.client import COLUMNS

_USER, _GROUP, _ROLE, _RESOURCE = "ada@example.org", "curators", "reader", "dss:collection"


class UploadTable:
    """Upload areas and their files."""

    READS = ("list", "areas", "status", "report")
    WRITES = ("files",)
    PRIVATE = ("creds", "select", "forget")

    COMMANDS = (
        Entry(
            "select",
            upload.select,
            positional=("uri_or_alias",),
            quick=True,
            examples=("s3://org-hca-upload-prod/ffffffff-0000-4000-8000-000000000001/", "ffff"),
        ),
        Entry(
            "files",
            HcaUpload.upload,
            positional=("paths",),
            flags={"paths": "--upload-paths", "name": "--target-filename", "accelerate": "--transfer-acceleration"},
            hidden=("area", "dcp_type", "resume"),
            switches=("sync", "dry_run"),
            opposites={"accelerate": "--no-transfer-acceleration"},
            defaults={"sync": False},
            short={"name": "-t", "sync": "-s"},
            title="Upload of",
            examples=("reads.fastq.gz", "data/ --file-extension fastq.gz"),
        ),
        Entry("list", upload.list_files, columns=COLUMNS, examples=("", "--long")),
        Entry("areas", upload.areas, quick=True, examples=("",)),
        Entry("forget", upload.forget, positional=("uuid_or_alias",), quick=True, examples=("ffff",)),
        Entry("creds", upload.creds, positional=("uuid_or_alias",), like=(upload.forget,), examples=("ffff",)),
        Entry("status", upload.status, positional=("filename",), examples=("reads.fastq.gz",)),
        Entry(
            "report",
            upload.report,
            also={"output_file_name": ("--output_file_name",)},
            like=(upload.status,),
            examples=("--output-file-name report.txt",),
        ),
    )


class AuthTable:
    """Users, groups, roles and resources."""

    BY_SIGNATURE = False
    PRIVATE = ("login", "logout")

    COMMANDS = (
        *operations(
            ("users ls", "get-v1-users", "", ""),
            ("users get", "get-v1-user", "user_id", _USER),
            ("users create", "post-v1-user", "", f"--user-id {_USER}"),
            ("users update", "put-v1-user", "user_id", f"{_USER} --status disabled"),
            ("groups ls", "get-v1-groups", "", ""),
            ("groups get", "get-v1-group", "group_id", _GROUP),
            ("groups create", "post-v1-group", "", f"--group-id {_GROUP}"),
            ("groups update", "put-v1-group-policy", "group_id", f"{_GROUP} --policy @policy.json"),
            ("groups rm", "delete-v1-group", "group_id", _GROUP),
            ("roles ls", "get-v1-roles", "", ""),
            ("roles get", "get-v1-role", "role_id", _ROLE),
            ("roles create", "post-v1-role", "", f"--role-id {_ROLE} --policy @policy.json"),
            ("roles update", "put-v1-role-policy", "role_id", f"{_ROLE} --policy @policy.json"),
            ("roles rm", "delete-v1-role", "role_id", _ROLE),
            ("resources ls", "get-v1-resources", "", ""),
            ("resources get", "get-v1-resource", "resource_type_name", _RESOURCE),
            ("resources create", "post-v1-resource", "resource_type_name", f"{_RESOURCE} --actions dss:GetCollection"),
            ("resources rm", "delete-v1-resource", "resource_type_name", _RESOURCE),
        ),
        Entry("login", login.service_login, examples=("", "--remote")),
        Entry("logout", login.service_logout, examples=("",)),
    )


TABLES = {"auth": AuthTable, "upload": UploadTable}
