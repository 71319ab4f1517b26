"""The calls of a Gen3 commons' services, and of its DRS server, that are recorded; those of fewer rights are refusals."""

import json
from typing import Any

import httpx
from omicsdk.core import Basic, BearerToken
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR, CLIENT_ID, READER
from recording import Recorder

SCOPES = ("openid", "user", "data", "credentials", "fence", "admin")
CENTURY = 100 * 365 * 24 * 3600.0
CLOSED = "/programs/demo/projects/one"
MISSING = "dg.TEST/00000000-0000-0000-0000-000000000000"


def person(sandbox: Sandbox, name: str = ADMINISTRATOR) -> BearerToken:
    """The login of somebody, with all that one in a browser gives; clients, who know the real time, think it good too."""
    token = sandbox.gen3.access.issue(name, sandbox.gen3_url, seconds=CENTURY, audience=SCOPES)
    return BearerToken(token, origins=[sandbox.url])


def _as(recorder: Recorder, credentials: Any) -> None:
    """Has the calls that follow made by another user; None makes them without a login."""
    recorder.client = recorder.client.with_options(credentials=credentials)


def drs(recorder: Recorder, sandbox: Sandbox) -> None:
    """Makes the calls of a DRS server."""
    one, closed = (
        sandbox.gen3.add_file(f"{authz}.txt", b"ACGT", authz=[f"/{authz}"]) for authz in ("open", "programs")
    )
    both = [{"bulk_object_id": id, "bulk_access_ids": ["s3"]} for id in (one, closed, MISSING)]
    recorder.call("get_service_info")
    recorder.call("get_object", object_id=one, expand=True)
    recorder.call("post_object", object_id=one, expand=False)
    recorder.call("options_object", object_id=closed)
    recorder.call("get_bulk_objects", bulk_object_ids=[one, MISSING])
    recorder.call("options_bulk_object", bulk_object_ids=[one, closed])
    recorder.call("get_access_url", object_id=closed, access_id="s3")
    recorder.call("post_access_url", object_id=closed, access_id="s3")
    recorder.refused(404, "get_object", object_id=MISSING)
    recorder.refused(400, "post_access_url", object_id=closed, access_id="s3", passports=["a passport of somebody"])
    _as(recorder, person(sandbox, READER))
    recorder.call("get_bulk_access_url", bulk_object_access_ids=both)
    _as(recorder, None)
    recorder.refused(401, "get_access_url", object_id=closed, access_id="s3")


def fence(recorder: Recorder, sandbox: Sandbox) -> None:
    """Makes the calls of Fence."""
    for operation in ("get_status", "get_version", "get_jwks"):
        recorder.call(operation)
    recorder.call("get_user_info")
    _keys(recorder, sandbox)
    _downloads(recorder, sandbox)
    _uploads(recorder)
    _as(recorder, Basic(CLIENT_ID, sandbox.gen3_client_secret, origins=[sandbox.url]))
    recorder.call("get_oauth2_token", grant_type="client_credentials", scope="user data")
    recorder.refused(400, "get_oauth2_token", grant_type="password")
    _as(recorder, None)
    recorder.refused(401, "get_user_info")


def _keys(recorder: Recorder, sandbox: Sandbox) -> None:
    key = json.loads(sandbox.gen3_credentials(sandbox.folder / "key.json").read_bytes())
    for operation in ("get_access_token", "get_cdis_access_token"):
        recorder.call(operation, api_key=key["api_key"], expires_in=600)
    recorder.refused(401, "get_access_token", api_key="no key of this commons")


def _downloads(recorder: Recorder, sandbox: Sandbox) -> None:
    one, closed = (sandbox.gen3.add_file("a.txt", b"ACGT", authz=[authz]) for authz in ("/open", CLOSED))
    recorder.call("get_presigned_url", file_id=closed, protocol="s3", expires_in=60)
    recorder.call("get_presigned_urls", guids=[one, MISSING])
    recorder.call("get_access_url", object_id=one, access_id="s3")
    recorder.call("post_access_url", object_id=one, access_id="s3")
    both = [{"bulk_object_id": id, "bulk_access_ids": ["s3"]} for id in (one, MISSING)]
    recorder.call("get_access_urls", bulk_object_access_ids=both)
    recorder.refused(404, "get_presigned_url", file_id=MISSING)
    recorder.refused(400, "post_access_url", object_id=one, access_id="s3", passports=["a passport of somebody"])


def _uploads(recorder: Recorder) -> None:
    whole = recorder.call("upload_file", file_name="reads.txt", authz=[CLOSED])
    recorder.call("upload_file_to_guid", file_id=whole.guid, file_name="reads.txt", expires_in=60)
    begun = recorder.call("init_multipart_upload", file_name="large.bam")
    part: dict[str, Any] = {"key": f"{begun.guid}/large.bam", "upload_id": begun.upload_id}
    place = recorder.call("get_multipart_upload_url", **part, part_number=1)
    etag = httpx.put(place.presigned_url, content=b"ACGT", trust_env=False).headers["ETag"]
    recorder.call("complete_multipart_upload", **part, parts=[{"PartNumber": 1, "ETag": etag}])
    recorder.call("delete_file_locations", file_id=whole.guid)
    recorder.refused(404, "delete_file_locations", file_id=whole.guid)
    recorder.refused(403, "upload_file", file_name="reads.txt", bucket="of-others")


def arborist(recorder: Recorder, sandbox: Sandbox) -> None:
    """Makes the calls of Arborist."""
    sandbox.gen3.access.add("ada@example.org", [(CLOSED, "*", "read")])
    token = sandbox.gen3.access.issue("ada@example.org", sandbox.gen3_url)
    action = {"service": "peregrine", "method": "read"}
    recorder.call("get_health")
    recorder.call("get_auth_mapping")
    recorder.call("list_auth_resources")
    recorder.call("check_auth_proxy", resource=CLOSED, **action)
    recorder.call("check_auth_request", user={"token": token}, request={"resource": CLOSED, "action": action})
    recorder.refused(400, "check_auth_request", user={"user_id": "ada@example.org"})
    _as(recorder, person(sandbox, READER))
    recorder.refused(403, "list_users")
    _as(recorder, None)
    recorder.refused(401, "list_users")


def wts(recorder: Recorder, sandbox: Sandbox) -> None:
    """Makes the calls of the Workspace Token Service; the other commons is this one by another name."""
    other = sandbox.gen3_url.replace("127.0.0.1", "localhost")
    key = json.loads(sandbox.gen3_credentials(sandbox.folder / "key.json", READER).read_bytes())
    sandbox.gen3.wts.add_commons("other-google", other, key, name="The other one")
    recorder.call("get_status")
    recorder.call("get_token", idp="other-google")
    recorder.call("get_external_oidc", unexpired=True)
    recorder.refused(400, "get_token", idp="nobody")
    _as(recorder, None)
    recorder.refused(403, "get_token")


def manifest(recorder: Recorder, _sandbox: Sandbox) -> None:
    """Makes the call of the manifest service that the engine does not answer."""
    recorder.call("get_status")
