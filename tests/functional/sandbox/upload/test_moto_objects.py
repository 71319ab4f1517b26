"""Objects of the S3 server, examined in its process."""

import threading

from omicsdk.sandbox import STAGING_BUCKET, Sandbox
from omicsdk.sandbox.s3 import staging
from omicsdk.sandbox.s3.staging import find_object, objects_below, remove_objects


def put(sandbox: Sandbox, name: str, content: bytes, **more: object) -> None:
    client = sandbox.dss.context.staging.client()
    client.put_object(Bucket=STAGING_BUCKET, Key=name, Body=content, **more)


def test_an_object_is_described_and_read_block_by_block(sandbox: Sandbox, monkeypatch):
    monkeypatch.setattr(staging, "BLOCK", 4)
    put(sandbox, "a/b", b"0123456789", ContentType="text/plain", Metadata={"Kind": "x"})
    found = find_object(STAGING_BUCKET, "a/b")
    assert found is not None
    assert (found.size, found.content_type, found.metadata) == (10, "text/plain", {"kind": "x"})
    assert list(found.blocks()) == [b"0123", b"4567", b"89"]


def test_readers_do_not_move_each_other(sandbox: Sandbox, monkeypatch):
    monkeypatch.setattr(staging, "BLOCK", 3)
    put(sandbox, "a", b"0123456789")
    found = find_object(STAGING_BUCKET, "a")
    assert found is not None
    one, other = found.blocks(), found.blocks()
    assert [next(one), next(other), next(one), next(other)] == [b"012", b"012", b"345", b"345"]
    client = sandbox.dss.context.staging.client()
    client.get_object(Bucket=STAGING_BUCKET, Key="a")["Body"].read()
    assert next(one) == b"678"


def test_a_missing_object_is_none(sandbox: Sandbox):
    assert sandbox.s3_url
    assert find_object(STAGING_BUCKET, "a") is None
    assert find_object("no-such-bucket", "a") is None
    assert objects_below("no-such-bucket", "") == []


def test_objects_are_listed_by_name_and_removed_with_their_tags(sandbox: Sandbox):
    for name in ("b/2", "b/1", "a", "bb"):
        put(sandbox, name, b"x", Tagging="own=1")
    assert [each.name for each in objects_below(STAGING_BUCKET, "b/")] == ["b/1", "b/2"]
    client = sandbox.dss.context.staging.client()
    for name in ("a", "b/parts"):
        client.create_multipart_upload(Bucket=STAGING_BUCKET, Key=name)
    remove_objects(STAGING_BUCKET, "b/")
    assert [each["Key"] for each in client.list_multipart_uploads(Bucket=STAGING_BUCKET)["Uploads"]] == ["a"]
    assert [each.name for each in objects_below(STAGING_BUCKET, "")] == ["a", "bb"]
    put(sandbox, "b/1", b"new")
    found = find_object(STAGING_BUCKET, "b/1")
    assert found is not None
    assert found.tags == {}


def test_objects_are_listed_while_others_put_some(sandbox: Sandbox):
    put(sandbox, "a", b"x")
    stop = threading.Event()

    def keep_putting() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            put(sandbox, f"more/{number}", b"x")

    thread = threading.Thread(target=keep_putting)
    thread.start()
    try:
        for _ in range(50):
            assert objects_below(STAGING_BUCKET, "")[0].name == "a"
    finally:
        stop.set()
        thread.join()
