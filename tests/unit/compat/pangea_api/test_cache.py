"""Objects fetched by name are cached in private files, for their server and user only, and never with a secret."""

import json
import logging
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.compat.pangea_api import Knex, Organization, Sample, SampleGroup
from omicsdk.compat.pangea_api.file_system_cache import FileSystemCache, hash_obj, time_since_file_cached
from omicsdk.core.files import cache_folder as user_caches

TOKEN = "0123456789abcdef0123456789abcdef01234567"


def an_org(endpoint: str = "https://a.example.org", token: str | None = None, name: str = "Org") -> Organization:
    knex = Knex(endpoint)
    if token:
        knex.add_auth_token(token)
    return Organization(knex, name)


def kept(tmp_path: Path) -> list[Path]:
    return sorted(path for path in tmp_path.rglob("pangea_api_cache__*.json"))


def test_a_blob_is_kept_and_forgotten():
    cache, org = FileSystemCache(), an_org()
    assert cache.get_cached_blob(org) is None
    cache.cache_blob(org, {"name": "Org"})
    assert cache.get_cached_blob(org) == {"name": "Org"}
    path, there = cache.get_cached_blob_filepath(org)
    assert there
    assert json.loads(Path(path).read_text()) == {"name": "Org"}
    cache.clear_blob(org)
    cache.clear_blob(org)
    assert cache.get_cached_blob(org) is None
    assert cache.get_cached_blob_filepath(org) == (path, False)


def test_a_text_names_a_blob_too():
    cache = FileSystemCache()
    cache.cache_blob("anything", [1, 2])
    assert cache.get_cached_blob("anything") == [1, 2]


def test_keys_are_cached_as_texts():
    cache = FileSystemCache()
    cache.cache_blob("anything", {1: {None: "x"}})
    assert cache.get_cached_blob("anything") == {"1": {"null": "x"}}
    cache.cache_blob("anything", {1: {"token": "canary"}})
    assert cache.get_cached_blob("anything") is None


def test_a_later_blob_takes_the_place_of_an_earlier_one(tmp_path: Path):
    cache, org = FileSystemCache(), an_org()
    cache.cache_blob(org, {"n": 1})
    cache.cache_blob(org, {"n": 2})
    assert cache.get_cached_blob(org) == {"n": 2}
    assert len(kept(tmp_path)) == 1


@pytest.mark.skipif(os.name == "nt", reason="modes say nothing there")
def test_others_cannot_read_it(tmp_path: Path):
    FileSystemCache().cache_blob(an_org(), {"name": "Org"})
    (file,) = kept(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name == "nt", reason="modes say nothing there")
def test_a_file_that_others_could_have_changed_is_not_believed(tmp_path: Path):
    cache, org = FileSystemCache(), an_org()
    cache.cache_blob(org, {"name": "Org"})
    kept(tmp_path)[0].chmod(0o666)
    assert cache.get_cached_blob(org) is None


@pytest.mark.parametrize(
    "other",
    [
        an_org("https://b.example.org"),
        an_org(token=TOKEN),
        an_org(name="org"),
    ],
    ids=["another server", "another user", "another name"],
)
def test_what_is_kept_of_one_is_not_used_for_another(other: Organization):
    cache, org = FileSystemCache(), an_org()
    cache.cache_blob(org, {"name": "Org"})
    assert cache.get_cached_blob(other) is None


def test_names_that_read_alike_when_joined_are_distinguished():
    knex = Knex("https://a.example.org")
    one = SampleGroup(knex, Organization(knex, "bORGc"), "a")
    other = SampleGroup(knex, Organization(knex, "c"), "aORGb")
    assert hash_obj(one) != hash_obj(other)
    assert hash_obj(Sample(knex, one, "x")) != hash_obj(Sample(knex, other, "x"))


def test_a_blob_with_a_secret_is_not_kept_nor_an_earlier_one(tmp_path: Path):
    cache, org = FileSystemCache(), an_org()
    cache.cache_blob(org, {"name": "Org"})
    cache.cache_blob(org, {"name": "Org", "url": "https://s3.example.org/a?X-Amz-Signature=abc"})
    assert cache.get_cached_blob(org) is None
    assert kept(tmp_path) == []


def test_no_file_name_contains_the_token():
    assert TOKEN not in an_org(token=TOKEN).knex.cache_scope


@pytest.mark.parametrize(
    "blob",
    [
        {"auth_token": TOKEN},
        {"stored_data": {"__type__": "s3", "presigned_url": "https://s3.example.org/b/k?X-Amz-Signature=abc"}},
        {"url": "https://s3.example.org/b/k?AWSAccessKeyId=AK&Signature=abc&Expires=1"},
        {"results": [{"a": {"private_key": "SK"}}]},
    ],
)
def test_nothing_with_a_secret_is_kept(tmp_path: Path, blob: Any):
    FileSystemCache().cache_blob(an_org(), blob)
    assert kept(tmp_path) == []


@pytest.mark.parametrize("step", [1, -1])
def test_it_is_used_for_three_hours_also_if_the_clock_is_set_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
):
    cache, org, now = FileSystemCache(), an_org(), 1_800_000_000
    monkeypatch.setattr("omicsdk.compat.pangea_api.file_system_cache.time", lambda: now)
    cache.cache_blob(org, {"name": "Org"})
    (file,) = kept(tmp_path)
    os.utime(file, (now, now - 10_800 * step))
    assert cache.get_cached_blob(org) == {"name": "Org"}
    os.utime(file, (now, now - 10_801 * step))
    assert FileSystemCache(timeout=20_000).get_cached_blob(org) == {"name": "Org"}
    assert cache.get_cached_blob(org) is None
    assert not file.exists()


def test_how_long_a_file_is_kept_is_reported_as_by_the_published_client(tmp_path: Path):
    file = tmp_path / "blob"
    assert time_since_file_cached(file) == 0
    file.touch()
    moment = time.time() - 10_700
    os.utime(file, (moment, moment))
    assert time_since_file_cached(file) in (10_700, 10_701)


def test_after_something_was_written_all_is_fetched_again():
    cache, org, elsewhere = FileSystemCache(), an_org(), an_org("https://b.example.org")
    cache.cache_blob(org, {"name": "Org"})
    cache.cache_blob(elsewhere, {"name": "Org"})
    cache.outdate(org.knex.cache_scope)
    assert cache.get_cached_blob(org) is None
    assert cache.get_cached_blob(elsewhere) == {"name": "Org"}


@pytest.mark.parametrize("value", ["false", "FALSE", "no, false"])
def test_it_can_be_switched_off_at_any_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str):
    cache, org = FileSystemCache(), an_org()
    cache.cache_blob(org, {"name": "Org"})
    monkeypatch.setenv("USE_PANGEA_CACHE", value)
    assert cache.no_cache
    assert cache.get_cached_blob(org) is None
    cache.cache_blob("other", {})
    assert len(kept(tmp_path)) == 1
    monkeypatch.setenv("USE_PANGEA_CACHE", "true")
    assert cache.get_cached_blob(org) == {"name": "Org"}


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PANGEA_API_CACHE_DIR", str(tmp_path / "mine"))
    path = Path(FileSystemCache().get_cached_blob_filepath("x")[0])
    # Not v1, where the published client's files are.
    assert path.parent == tmp_path / "mine" / ".pangea_api_cache" / "v2"
    monkeypatch.delenv("PANGEA_API_CACHE_DIR")
    assert Path(FileSystemCache().get_cached_blob_filepath("x")[0]).parent == user_caches() / "pangea"


def test_nothing_waits_for_the_disk(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(os, "fsync")
    cache, org = FileSystemCache(), an_org()
    cache.cache_blob(org, {"name": "Org"})
    assert cache.get_cached_blob(org) == {"name": "Org"}
    cache.outdate(org.knex.cache_scope)
    assert cache.get_cached_blob(org) is None


def _garbage(file: Path) -> None:
    file.write_text("{")


def _gone(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize("harm", [_garbage, _gone])
def test_a_file_that_cannot_be_read_is_as_good_as_none(tmp_path: Path, harm: Callable[[Path], None]):
    cache, org = FileSystemCache(), an_org()
    cache.cache_blob(org, {"name": "Org"})
    harm(kept(tmp_path)[0])
    assert cache.get_cached_blob(org) is None
    cache.cache_blob(org, {"name": "Org"})
    assert cache.get_cached_blob(org) == {"name": "Org"}


def test_a_folder_that_cannot_be_written_to_does_no_harm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PANGEA_API_CACHE_DIR", str(tmp_path / "file"))
    cache, org = FileSystemCache(), an_org()
    cache.cache_blob(org, {"name": "Org"})
    assert cache.get_cached_blob(org) is None
    cache.clear_blob(org)
    cache.outdate(org.knex.cache_scope)


def test_what_fails_of_it_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    cache, org = FileSystemCache(), an_org()
    cache.cache_blob(org, {"name": "Org"})
    cache.outdate(org.knex.cache_scope)
    for file in tmp_path.rglob("pangea_api_cache__*"):
        file.unlink()
        file.mkdir()
    with caplog.at_level(logging.DEBUG, "omicsdk"):
        cache.cache_blob(org, {"name": "Org"})
        assert cache.get_cached_blob(org) is None
        cache.clear_blob(org)
        cache.outdate(org.knex.cache_scope)
    assert {record.name for record in caplog.records} == {"omicsdk.pangea"}
    assert [message.partition(":")[0] for message in caplog.messages] == [
        "a blob isn't cached",
        "a cached blob isn't used",
        "a cached blob stays",
        "cached blobs stay",
    ]
