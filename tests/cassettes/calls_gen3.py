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
COHORT = "5183a350-9d56-4084-8a03-6471cafeb7fe"


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
    for operation in ("get_status", "get_version", "get_jwks", "get_jwt_keys", "get_openid_configuration"):
        recorder.call(operation)
    recorder.call("get_user_info")
    _keys(recorder)
    _downloads(recorder, sandbox)
    _uploads(recorder)
    _as(recorder, Basic(CLIENT_ID, sandbox.gen3_client_secret, origins=[sandbox.url]))
    recorder.call("get_oauth2_token", grant_type="client_credentials", scope="user data")
    recorder.refused(400, "get_oauth2_token", grant_type="password")
    _as(recorder, None)
    recorder.refused(401, "get_user_info")


def _keys(recorder: Recorder) -> None:
    recorder.call("list_credential_sources")
    for kind in ("cdis", "api"):
        made = recorder.call(f"create_{kind}_key", **({"scope": ["data", "user"]} if kind == "api" else {}))
        recorder.call(f"list_{kind}_keys")
        token = "get_access_token" if kind == "api" else "get_cdis_access_token"
        recorder.call(token, api_key=made.api_key, expires_in=600)
        recorder.call(f"delete_{kind}_key", key_id=made.key_id)
        recorder.refused(401, token, api_key=made.api_key)
    recorder.refused(404, "delete_api_key", key_id="none")
    recorder.refused(400, "create_api_key", scope=["everything"])


def _downloads(recorder: Recorder, sandbox: Sandbox) -> None:
    one, closed = (sandbox.gen3.add_file("a.txt", b"ACGT", authz=[authz]) for authz in ("/open", CLOSED))
    recorder.call("get_presigned_url", file_id=closed, protocol="s3", expires_in=60)
    recorder.call("get_presigned_urls", guids=[one, MISSING])
    recorder.call("get_access_url", object_id=one, access_id="s3")
    recorder.call("post_access_url", object_id=one, access_id="s3")
    both = [{"bulk_object_id": id, "bulk_access_ids": ["s3"]} for id in (one, MISSING)]
    recorder.call("get_access_urls", bulk_object_access_ids=both)
    recorder.call("get_buckets")
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
    recorder.call("get_health")
    _resources(recorder)
    _roles_and_policies(recorder)
    _people(recorder)
    _questions(recorder, sandbox)
    _removals(recorder)
    _as(recorder, person(sandbox, READER))
    recorder.refused(403, "list_users")
    _as(recorder, None)
    recorder.refused(401, "create_role", id="reader", permissions=[_permission("read")])


def _permission(method: str) -> dict[str, Any]:
    return {"id": method, "description": "of a test", "action": {"service": "*", "method": method}}


def _resources(recorder: Recorder) -> None:
    below: Any = [{"name": "projects", "subresources": [{"name": "one"}]}]
    recorder.call("create_resource", resource_path="programs", name="demo", description="a test", subresources=below)
    recorder.call("replace_resource", resource_path="programs/demo/projects/two", p="", description="another")
    recorder.call("get_resource", resource_path="programs/demo")
    recorder.call("list_resources")
    recorder.refused(409, "create_resource", resource_path="programs", name="demo")
    recorder.refused(404, "get_resource", resource_path="nowhere")


def _roles_and_policies(recorder: Recorder) -> None:
    recorder.call("create_role", id="reader", permissions=[_permission("read")], description="reads")
    both: Any = [_permission("read"), _permission("create")]
    recorder.call("replace_role", role_id="reader", id="reader", permissions=both)
    recorder.call("update_role", role_id="reader", id="reader", permissions=both, description="reads and adds")
    recorder.call("get_role", role_id="reader")
    recorder.call("list_roles")
    policy: dict[str, Any] = {"id": "demo-reader", "role_ids": ["reader"], "resource_paths": [CLOSED]}
    recorder.call("create_policy", **policy)
    recorder.call("replace_policy", policy_id="demo-reader", **policy)
    recorder.call("update_policy", policy_id="demo-reader", resource_paths=["/programs/demo"])
    recorder.call("replace_policies", body=[{**policy, "id": name} for name in ("demo-reader", "spare")])
    recorder.call("get_policy", policy_id="demo-reader")
    recorder.call("list_policies", expand=True)
    recorder.refused(409, "create_policy", **policy)
    recorder.refused(400, "replace_policy", policy_id="demo-reader", id="demo-reader", role_ids=["none"])


def _people(recorder: Recorder) -> None:
    ada, policy = {"username": "ada@example.org"}, {"policy": "demo-reader"}
    recorder.call("create_user", name="ada@example.org", email="ada@example.org")
    recorder.call("grant_user_policy", **ada, **policy, expires_at="2027-01-01T00:00:00Z")
    recorder.call("grant_user_policies", **ada, body=[policy, {"policy": "spare"}])
    recorder.call("create_group", name="lab", users=[], policies=["spare"])
    recorder.call("replace_group", name="lab", users=[], policies=[])
    lab = {"group_name": "lab"}
    recorder.call("grant_group_policy", **lab, **policy)
    recorder.call("add_group_user", **lab, **ada)
    recorder.call("create_client", client_id="pipeline", policies=["spare"])
    recorder.call("grant_client_policy", client_id="pipeline", **policy)
    recorder.call("get_user", **ada)
    recorder.call("get_group", **lab)
    recorder.call("get_client", client_id="pipeline")
    for operation in ("list_users", "list_groups", "list_clients"):
        recorder.call(operation)
    recorder.refused(404, "grant_user_policy", **ada, policy="none")
    recorder.refused(409, "create_group", name="lab")


def _questions(recorder: Recorder, sandbox: Sandbox) -> None:
    read: dict[str, Any] = {"resource": CLOSED, "action": {"service": "peregrine", "method": "read"}}
    token = sandbox.gen3.access.issue("ada@example.org", sandbox.gen3_url)
    recorder.call("check_auth_request", user={"token": token}, request=read)
    recorder.call("check_auth_proxy", resource=CLOSED, service="peregrine", method="read")
    recorder.call("get_auth_mapping")
    recorder.call("find_auth_mapping", username="ada@example.org")
    recorder.call("list_auth_resources")
    recorder.call("find_auth_resources", user={"token": token})
    recorder.call("list_user_resources", username="ada@example.org", service="peregrine", method="read")
    recorder.refused(400, "check_auth_request", user={"user_id": "ada@example.org"})
    recorder.refused(401, "find_auth_resources", user={"token": "no token of this commons"})


def _removals(recorder: Recorder) -> None:
    ada, lab, pipeline = {"username": "ada@example.org"}, {"group_name": "lab"}, {"client_id": "pipeline"}
    recorder.call("remove_group_user", **lab, **ada)
    recorder.call("revoke_group_policy", **lab, policy_name="demo-reader")
    recorder.call("delete_group", **lab)
    recorder.call("revoke_client_policy", **pipeline, policy_name="demo-reader")
    recorder.call("revoke_client_policies", **pipeline)
    recorder.call("delete_client", **pipeline)
    recorder.call("revoke_user_policy", **ada, policy_name="demo-reader")
    recorder.call("revoke_user_policies", **ada)
    recorder.call("delete_user", **ada)
    recorder.call("delete_policy", policy_id="demo-reader")
    recorder.call("delete_role", role_id="reader")
    recorder.call("delete_resource", resource_path="programs/demo")
    recorder.refused(404, "delete_role", role_id="reader")


def wts(recorder: Recorder, sandbox: Sandbox) -> None:
    """Makes the calls of the Workspace Token Service; the other commons is this one by another name."""
    other = sandbox.gen3_url.replace("127.0.0.1", "localhost")
    key = json.loads(sandbox.gen3_credentials(sandbox.folder / "key.json", READER).read_bytes())
    sandbox.gen3.wts.add_commons("other-google", other, key, name="The other one")
    recorder.call("get_status")
    recorder.call("check_connected", idp="other-google")
    recorder.call("get_token", idp="other-google")
    recorder.call("get_external_oidc", unexpired=True)
    recorder.call("get_aggregate", endpoint="user/user", filters=["username", "is_admin"])
    recorder.refused(400, "get_token", idp="nobody")
    recorder.refused(404, "get_aggregate", endpoint="index/index")
    _as(recorder, None)
    recorder.refused(401, "check_connected")


def manifest(recorder: Recorder, sandbox: Sandbox) -> None:
    """Makes the calls of the manifest service."""
    entries = [{"object_id": "dg.TEST/1", "file_name": "a.txt"}]
    recorder.call("get_status")
    made = recorder.call("create_manifest", body=entries)
    recorder.call("put_manifest", body=entries)
    recorder.call("list_manifests")
    recorder.call("get_manifest", file_name=made.filename)
    recorder.call("create_cohort", guid=COHORT)
    recorder.call("put_cohort", guid=COHORT)
    recorder.call("list_cohorts")
    made = recorder.call("create_metadata", body=[{"study": "one"}])
    recorder.call("put_metadata", body=[{"study": "two"}])
    recorder.call("list_metadata")
    recorder.call("get_metadata", file_name=made.filename)
    recorder.refused(400, "create_manifest", body=[])
    recorder.refused(404, "get_manifest", file_name="none.json")
    _as(recorder, None)
    recorder.refused(403, "list_manifests")
