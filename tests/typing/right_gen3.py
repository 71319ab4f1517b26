"""Code of users of Gen3 commons, without errors under a strict type checker."""

from pathlib import Path
from typing import Any, assert_type

from omicsdk.compat.gen3.auth import Gen3Auth, decode_token, get_access_token_with_key
from omicsdk.compat.gen3.file import Gen3File
from omicsdk.compat.gen3.index import Gen3Index
from omicsdk.compat.gen3.jobs import Gen3Jobs
from omicsdk.compat.gen3.metadata import Gen3Metadata
from omicsdk.compat.gen3.object import Gen3Object
from omicsdk.compat.gen3.query import Gen3Query
from omicsdk.compat.gen3.wss import Gen3WsStorage, wsurl_to_tokens
from omicsdk.gen3 import AsyncGen3, Gen3
from omicsdk.gen3.manifests import Missing, Published, Summary


def login() -> Gen3Auth:
    auth = Gen3Auth(refresh_file=Path("credentials.json"))
    assert_type(auth.endpoint, str)
    assert_type(auth.get_access_token(), str)
    assert_type(auth.curl("/user/user").status_code, int)
    assert_type(decode_token("token"), dict[str, Any])
    assert_type(get_access_token_with_key({"api_key": "key"}), str)
    Gen3Auth("https://commons.example.org", client_credentials=("id", "secret"), client_scopes="user data")
    return auth


def clients(auth: Gen3Auth) -> None:
    with Gen3Index(auth) as index:
        assert_type(index, Gen3Index)
        assert_type(index.get_all_records(), list[dict[str, Any]])
        assert_type(index.create_record({"md5": "0" * 32}, 5, urls=["s3://b/x"])["did"], Any)
        assert_type(index.delete_record("guid").to_json(), dict[str, Any])
    assert_type(Gen3Index("https://commons.example.org", ("name", "password")).is_healthy(), bool)
    assert_type(Gen3File(auth).download_single("guid", Path("folder")), bool)
    assert_type(Gen3Metadata(auth).get("guid", use_agg_mds=True), dict[str, Any])
    assert_type(Gen3Object(auth).create_object("name", {"version": 0, "resource_paths": ["/open"]}), tuple[str, str])
    assert_type(Gen3Query(auth).raw_data_download("case", ["id"]), list[dict[str, Any]])
    Gen3WsStorage(auth).copy("ws:///@user/a", "b")
    assert_type(wsurl_to_tokens("ws:///@user/a"), tuple[str, str])
    with Gen3(auth.endpoint, credentials=auth) as commons:
        assert_type(commons.fence.get_presigned_url(file_id="guid").url, str)
        assert_type(commons.index_manifest("files.tsv", Path("indexed.tsv"), threads=2), Summary)
        assert_type(commons.verify_crosswalk("crosswalk.csv"), list[Missing])


async def asynchronous(auth: Gen3Auth) -> None:
    assert_type(await AsyncGen3(credentials=auth).publish_discovery("studies.tsv"), Published)
    assert_type(await Gen3Index(auth).async_get_record("guid", _ssl=False), dict[str, Any])
    assert_type(await Gen3Metadata(auth).async_update("guid", {"a": 1}, merge=True), dict[str, Any])
    assert_type(await Gen3Jobs(auth).async_run_job_and_wait("name", {}), dict[str, Any])
