"""`s3://` with servers of S3 that others wrote: the documented workflow, keys that are no paths, multipart uploads, wrong keys."""

import hashlib
import os
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from command_line import Ran
from omicsdk.fs import Entry
from omicsdk.fs.copying import copies
from omicsdk.transfer import S3Object, Upload, upload
from omicsdk.transfer.s3 import client as s3_client
from omicsdk.transfer.s3.uploads import BucketObject
from real_results import differences
from real_servers import ACCESS, KEYS, S3, SECRET, Server

MIB = 1024 * 1024


@pytest.fixture(scope="module", params=[*S3])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    with S3[request.param](tmp_path_factory.mktemp(request.param)) as server:
        yield server


@pytest.fixture
def differs(server: Server) -> dict[str, str]:
    """How this server differs from S3."""
    return differences(server.name)


@pytest.fixture
def client(server: Server, run: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of the server, whose settings the environment has."""
    access, secret = KEYS.get(server.name, (ACCESS, SECRET))
    for name, value in {
        "AWS_ACCESS_KEY_ID": access,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": server.url,
    }.items():
        monkeypatch.setenv(name, value)
    made = Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required")
    client = boto3.client("s3", config=made)
    yield client
    client.close()


@pytest.fixture
def bucket(client: Any) -> str:
    """A bucket of the test's own."""
    name = f"bucket-{uuid4().hex[:12]}"
    client.create_bucket(Bucket=name)
    return name


def keys(client: Any, bucket: str, prefix: str = "") -> list[str]:
    return sorted(entry["Key"] for entry in client.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", ()))


def put(client: Any, bucket: str, *names: str) -> None:
    for name in names:
        client.put_object(Bucket=bucket, Key=name, Body=name.encode())


def write(folder: str, *names: str) -> None:
    for name in names:
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def files(folder: str) -> dict[str, str]:
    paths = (path for path in Path(folder).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in paths}


def same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


Run = Callable[..., Ran]


@pytest.mark.tried("a file and a folder up and down, verified; ls, stat, find, du, mv, rm -r")
def test_the_documented_workflow(run: Run, client: Any, bucket: str) -> None:
    write("reads", "a.fastq", "lane 1/b.fastq", "lane 1/deep/c.fastq")
    one = run("cp", "reads/a.fastq", f"s3://{bucket}/one.fastq")
    assert one.code == 0, one.err
    assert run("stat", f"s3://{bucket}/one.fastq", "--output", "json").json[0]["size"] == len("a.fastq")
    assert run("cp", "-r", "reads", f"s3://{bucket}/reads").code == 0
    below = ["a.fastq", "lane 1/b.fastq", "lane 1/deep/c.fastq"]
    assert keys(client, bucket, "reads/") == [f"reads/{name}" for name in below]
    listed = run("ls", f"s3://{bucket}/reads/", "--output", "json").json
    assert {row["uri"] for row in listed} == {f"s3://{bucket}/reads/a.fastq", f"s3://{bucket}/reads/lane 1/"}
    assert {row["name"] for row in run("find", f"s3://{bucket}/reads/", "--output", "json").json} == {*below}
    assert run("du", f"s3://{bucket}/reads/", "--output", "json").json[0]["files"] == 3
    back = run("cp", "-r", f"s3://{bucket}/reads/", "back", "--output", "json")
    assert (back.code, files("back")) == (0, same(*below))
    assert run("mv", f"s3://{bucket}/reads/", f"s3://{bucket}/moved/").code == 0
    assert keys(client, bucket) == [*(f"moved/{name}" for name in below), "one.fastq"]
    assert run("--yes", "rm", "-r", f"s3://{bucket}/moved/").code == 0
    assert keys(client, bucket) == ["one.fastq"]


@pytest.mark.tried("sync --delete both ways; a second run copies nothing")
def test_sync_deletes_what_the_source_lacks(run: Run, client: Any, bucket: str) -> None:
    write("here", "kept", "sub/new")
    put(client, bucket, "data/gone", "data/sub/gone", "other")
    assert run("--yes", "sync", "--delete", "here", f"s3://{bucket}/data").code == 0
    assert keys(client, bucket) == ["data/kept", "data/sub/new", "other"]
    modified = {entry["Key"]: entry["LastModified"] for entry in client.list_objects_v2(Bucket=bucket)["Contents"]}
    assert run("--yes", "sync", "--delete", "here", f"s3://{bucket}/data").code == 0
    again = {entry["Key"]: entry["LastModified"] for entry in client.list_objects_v2(Bucket=bucket)["Contents"]}
    assert again == modified
    write("there", "gone", "sub/gone")
    assert run("--yes", "sync", "--delete", f"s3://{bucket}/data", "there").code == 0
    assert files("there") == same("kept", "sub/new")


@pytest.mark.tried("an object P beside keys below P/")
def test_an_object_beside_the_folder_of_its_name(run: Run, client: Any, bucket: str, differs: dict[str, str]) -> None:
    put(client, bucket, "P")
    if "object-beside-folder" in differs:
        with pytest.raises(Exception, match=r"500|InternalError|Connection was closed"):
            put(client, bucket, "P/x")
        return
    put(client, bucket, "P/x", "P/deep/w")
    for words in (["cp", "-r", f"s3://{bucket}/P", "out"], ["--yes", "rm", "-r", f"s3://{bucket}/P"]):
        refused = run(*words)
        assert (refused.code, f"s3://{bucket}/P/" in refused.err) == (1, True), refused.err
    assert run("cp", "-r", f"s3://{bucket}/P/", "out").code == 0
    assert files("out") == {"x": "P/x", "deep/w": "P/deep/w"}
    assert run("cp", f"s3://{bucket}/P", "single").code == 0
    assert Path("single").read_text() == "P"
    assert run("--yes", "rm", "-r", f"s3://{bucket}/P/").code == 0
    assert keys(client, bucket) == ["P"]


@pytest.mark.tried("markers of folders, and data under a key that ends in a slash")
def test_keys_that_end_in_a_slash(run: Run, client: Any, bucket: str, differs: dict[str, str]) -> None:
    if "slash-refused" in differs:
        with pytest.raises(ClientError, match=r"400|InvalidArgument"):
            put(client, bucket, "data/")
        return
    put(client, bucket, "data/")
    assert keys(client, bucket) == (["data"] if "slash-removed" in differs else ["data/"])
    if "slash-removed" in differs:
        return  # what would be below it cannot be written
    put(client, bucket, "data/in", "made/x")
    client.put_object(Bucket=bucket, Key="made/", Body=b"")
    assert run("stat", f"s3://{bucket}/made/", "--output", "json").json[0]["kind"] == "folder"
    assert run("cp", "-r", f"s3://{bucket}/made/", "out").code == 0
    assert files("out") == {"x": "made/x"}
    put(client, bucket, "made/deep/y")
    client.put_object(Bucket=bucket, Key="made/empty/", Body=b"")
    removed = run("--yes", "rm", "-r", f"s3://{bucket}/made/")
    assert (removed.code, keys(client, bucket, "made")) == (0, []), removed.err
    copied = run("cp", "-r", f"s3://{bucket}/data/", "data")
    assert (copied.code != 0, files("data"), "data/" in copied.err) == (True, {"in": "data/in"}, True), copied.err


@pytest.mark.tried("keys with blanks, letters beyond ASCII, '#', '?', '+' and '%2F'")
def test_odd_keys_come_back(run: Run, client: Any, bucket: str, differs: dict[str, str]) -> None:
    names = ["a b/ü#1?.txt", "100%/%2F.txt", "a+b.txt", "quote'\"&<>.txt", "new/日本.txt"]
    write("here", *names)
    assert run("cp", "-r", "here", f"s3://{bucket}/odd").code == 0
    assert keys(client, bucket, "odd/") == sorted(f"odd/{name}" for name in names)
    assert run("cp", "-r", f"s3://{bucket}/odd/", "back").code == 0
    assert files("back") == same(*names)
    copied = run("cp", "-r", f"s3://{bucket}/odd/", f"s3://{bucket}/copy/")
    there = [] if "copy-source" in differs else names
    assert copied.code == (3 if "copy-source" in differs else 0), copied.err
    assert {*keys(client, bucket, "copy/")} >= {f"copy/{name}" for name in there}


@pytest.mark.tried("listing more keys than a page has, prefixes with and without a slash")
def test_long_lists_are_read_to_their_end(
    run: Run, client: Any, server: Server, bucket: str, differs: dict[str, str]
) -> None:
    count = server.page * 6 // 5
    names = [f"many/{number:04}" for number in range(count)] + ["many-others"]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda name: put(client, bucket, name), names))
    listed = {row["uri"] for row in run("find", f"s3://{bucket}/", "--output", "json").json}
    lost = {f"s3://{bucket}/{name}" for name in names} - listed
    assert lost == ({f"s3://{bucket}/many-others"} if "page-order" in differs else set())
    assert len(run("ls", f"s3://{bucket}/many/", "--output", "json").json) == count
    assert [row["uri"] for row in run("ls", f"s3://{bucket}/", "--output", "json").json] == [
        f"s3://{bucket}/many/",
        f"s3://{bucket}/many-others",
    ]
    missing = run("ls", f"s3://{bucket}/man/")
    assert (missing.code, "not found" in missing.err) == (1, True), missing.err


@pytest.mark.tried("multipart uploads, their ETags, and downloads of them")
def test_multipart_uploads_are_verified(
    run: Run, client: Any, bucket: str, tmp_path: Path, differs: dict[str, str]
) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(os.urandom(12 * MIB))
    to = S3Object(client, bucket, "large.bin", part_size=5 * MIB, checksum=None)
    (outcome,) = upload([Upload(large, to)]).outcomes
    assert outcome.verified == "md5 of every part"
    etag = client.head_object(Bucket=bucket, Key="large.bin")["ETag"].strip('"')
    whole = hashlib.md5(large.read_bytes()).hexdigest()
    assert etag == whole if "multipart-etag" in differs else etag.endswith("-3")
    (row,) = run("cp", f"s3://{bucket}/large.bin", "back.bin", "--output", "json").json["files"]
    assert Path("back.bin").read_bytes() == large.read_bytes()
    verification = "size only" if "no-part-numbers" in differs else "verified"
    assert (row["state"], row["verification"]) == ("done", verification)
    again = run("cp", f"s3://{bucket}/large.bin", "back.bin", "--output", "json").json
    assert again["counts"]["skipped"] == 1
    verified = run("verify", f"s3://{bucket}/large.bin", "back.bin", "--output", "json")
    assert verified.json["counts"] == {"verified": 1}, verified
    if "no-part-numbers" in differs:
        return
    Path("back.bin").write_bytes(bytes(12 * MIB))
    assert "large.bin: wrong" in run("verify", f"s3://{bucket}/large.bin", "back.bin").err


@pytest.mark.tried("a multipart upload of one part")
def test_an_upload_in_one_part_is_verified(run: Run, client: Any, bucket: str, differs: dict[str, str]) -> None:
    place = {"Bucket": bucket, "Key": "one.bin"}
    upload_id = client.create_multipart_upload(**place)["UploadId"]
    part = client.upload_part(**place, UploadId=upload_id, PartNumber=1, Body=b"one part")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    client.complete_multipart_upload(**place, UploadId=upload_id, MultipartUpload=parts)
    etag = client.head_object(**place)["ETag"].strip('"')
    assert "multipart-etag" in differs or etag.endswith("-1")
    (row,) = run("cp", f"s3://{bucket}/one.bin", ".", "--output", "json").json["files"]
    assert (row["state"], row["verification"], Path("one.bin").read_bytes()) == ("done", "verified", b"one part")
    Path("one.bin").write_bytes(b"One part")
    wrong = run("verify", f"s3://{bucket}/one.bin", "one.bin")
    assert (wrong.code, "one.bin: wrong" in wrong.err) == (1, True), wrong


@pytest.mark.tried("a wrong secret key, and an unknown access key")
def test_wrong_keys_are_refused(
    run: Run, bucket: str, client: Any, monkeypatch: pytest.MonkeyPatch, differs: dict[str, str]
) -> None:
    put(client, bucket, "a")
    for name, value in {"AWS_SECRET_ACCESS_KEY": "canary-wrong", "AWS_ACCESS_KEY_ID": "AKIAUNKNOWN000000001"}.items():
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            listed = run("ls", f"s3://{bucket}/")
        accepted = ("wrong-secret" if "SECRET" in name else "unknown-access-key") in differs
        assert (listed.code == 0) is accepted, listed.err
        assert accepted or (listed.code, "canary" in listed.err) == (4, False)


@pytest.mark.tried("buckets and keys that are not there")
def test_what_is_not_there_is_said(run: Run, bucket: str) -> None:
    for uri in (f"s3://{bucket}/none", f"s3://no-such-{uuid4().hex[:12]}/a"):
        for words in (["cp", uri, "out"], ["ls", uri], ["stat", uri]):
            ran = run(*words)
            assert (ran.code, "not found" in ran.err) == (1, True), (words, ran.err)


@pytest.mark.tried("presigned URLs, also of keys with blanks, and their ranges")
def test_presigned_urls_are_accepted(run: Run, client: Any, bucket: str, differs: dict[str, str]) -> None:
    for key in ("plain.txt", "a b+c/ü&%.txt"):
        put(client, bucket, key)
        url = run("presign", "--expires", "5m", f"s3://{bucket}/{key}").out.strip()
        assert httpx.get(url, trust_env=False).content == key.encode()
        part = httpx.get(url, headers={"range": "bytes=1-3"}, trust_env=False)
        assert (part.status_code, part.content) == (200 if "part-as-whole" in differs else 206, key.encode()[1:4])


@pytest.mark.tried("removing more objects than a page of a list has, by requests for many")
def test_many_objects_are_removed(run: Run, client: Any, server: Server, bucket: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: put(client, bucket, f"gone/{number} &<é>"), range(server.page * 11 // 10)))
    put(client, bucket, "kept")
    removed = run("--yes", "rm", "-r", f"s3://{bucket}/gone/")
    assert (removed.code, keys(client, bucket)) == (0, ["kept"]), removed.err


@pytest.mark.tried("uploads whole and in parts that state CRC32C, downloads and omics verify of them")
def test_our_own_uploads_are_verified(run: Run, client: Any, bucket: str, differs: dict[str, str]) -> None:
    Path("here").mkdir()
    for name, size in {"small": 1000, "large": 20 * MIB}.items():
        Path("here", name).write_bytes(os.urandom(size))
    sent = run("cp", "-r", "here", f"s3://{bucket}/sent", "--output", "json").json
    assert sent["verification"]["verified"] == 2
    checked = run("verify", f"s3://{bucket}/sent/", "--output", "json")
    states = {row["name"]: row["state"] for row in checked.json["files"]}
    of_parts = "wrong" if "parts-crc32c" in differs else "size only" if "no-part-numbers" in differs else "verified"
    assert states == {"small": "verified", "large": of_parts}, checked.err
    metadata = client.head_object(Bucket=bucket, Key="sent/large", ChecksumMode="ENABLED")
    assert ("ChecksumCRC32C" in metadata) is ("no-checksums" not in differs)
    if of_parts != "verified":
        return
    back = run("cp", "-r", f"s3://{bucket}/sent/", "back", "--require-checksum", "--output", "json").json
    assert back["verification"]["verified"] == 2
    assert all(Path("back", name).read_bytes() == Path("here", name).read_bytes() for name in states)


@pytest.mark.tried("copies within the store, whole and in parts, between buckets")
def test_copies_within_the_store(
    run: Run, client: Any, bucket: str, monkeypatch: pytest.MonkeyPatch, differs: dict[str, str]
) -> None:
    other = f"{bucket}-2"
    client.create_bucket(Bucket=other)
    data = os.urandom(11 * MIB)
    client.put_object(Bucket=bucket, Key="large", Body=data)
    assert run("cp", f"s3://{bucket}/large", f"s3://{other}/whole").code == 0
    monkeypatch.setattr(s3_client, "COPY_IN_PARTS", 5 * MIB)
    monkeypatch.setattr(s3_client, "COPY_PART", 5 * MIB)
    copied = run("cp", f"s3://{bucket}/large", f"s3://{other}/parts")
    assert copied.code == 0, copied.err
    etag = client.head_object(Bucket=other, Key="parts")["ETag"]
    assert etag.endswith('-3"') is ("copy-in-parts" not in differs and "multipart-etag" not in differs)
    for key in ("whole", "parts"):
        assert client.get_object(Bucket=other, Key=key)["Body"].read() == data


@pytest.mark.tried("cp --no-clobber while another client creates the object: whole, in parts, copied within the store")
def test_what_another_client_creates_meanwhile_is_kept(
    run: Run, client: Any, bucket: str, monkeypatch: pytest.MonkeyPatch, differs: dict[str, str]
) -> None:
    check, entry_at = BucketObject._check_free, copies.entry_at

    def checked(to: BucketObject) -> None:
        check(to)
        put(client, bucket, "new")  # after it was looked for

    def looked_up(*of: Any) -> Entry | None:
        entry = entry_at(*of)
        put(client, bucket, "new")
        return entry

    monkeypatch.setattr(BucketObject, "_check_free", checked)
    monkeypatch.setattr(copies, "entry_at", looked_up)
    Path("whole").write_bytes(b"whole")
    Path("parts").write_bytes(os.urandom(9 * MIB))
    put(client, bucket, "source")
    replaced = set[str]()
    for name in ("whole", "parts", f"s3://{bucket}/source"):
        client.delete_object(Bucket=bucket, Key="new")
        ran = run("cp", "-n", name, f"s3://{bucket}/new")
        is_kept = client.get_object(Bucket=bucket, Key="new")["Body"].read() == b"new"
        assert (ran.code, "1 skipped" in ran.err) == (0, is_kept), ran.err
        replaced |= set() if is_kept else {name.rpartition("/")[2]}
    expected = {"conditions": {"whole", "source"}, "conditions-of-copies": {"source"}}
    assert replaced == next((names for name, names in expected.items() if name in differs), set())


@pytest.mark.tried("versions of an object: stat, cat, cp, presign, rm")
def test_versions_are_read(run: Run, client: Any, bucket: str, differs: dict[str, str]) -> None:
    put(client, bucket, "a")
    if "no-versions" in differs:
        for words in (["cat"], ["--yes", "rm"]):
            refused = run(*words, f"s3://{bucket}/a?versionId=older")
            assert (refused.code, keys(client, bucket)) == (1, ["a"]), refused.err
        return
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old, new = (client.put_object(Bucket=bucket, Key="a", Body=text)["VersionId"] for text in (b"old", b"new"))
    uri = f"s3://{bucket}/a?versionId={old}"
    assert run("stat", uri, "--output", "json").json[0]["details"]["version_id"] == old
    assert run("cat", uri).out == "old"
    assert httpx.get(run("presign", uri).out.strip(), trust_env=False).content == b"old"
    assert run("cp", uri, f"s3://{bucket}/b").code == 0
    assert client.get_object(Bucket=bucket, Key="b")["Body"].read() == b"old"
    assert run("--yes", "rm", uri).code == 0
    assert [version["VersionId"] for version in client.list_object_versions(Bucket=bucket, Prefix="a")["Versions"]][
        :1
    ] == [new]


@pytest.mark.tried("keys with dots, empty parts, control characters, and of 1,024 bytes: list, read, copy, remove")
def test_keys_that_are_no_paths(run: Run, client: Any, bucket: str, differs: dict[str, str]) -> None:
    odd = ["double//slash", "dots/../x", "./y", "ends ", "nfd e\u0301"]
    odd += [] if "control-keys" in differs else ["tab\t", "bell\x07"]
    odd += [] if "long-keys" in differs else ["é" * 120, "l" * (1024 - len("odd/"))]
    taken = set[str]()
    for key in odd:
        try:
            put(client, bucket, f"odd/{key}")
        except ClientError:
            continue
        taken.add(key)
    stored = {key.removeprefix("odd/") for key in keys(client, bucket, "odd/")}
    assert (stored == {*odd}) is ("odd-keys" not in differs), {*odd} - stored
    listed = run("ls", "-r", f"s3://{bucket}/odd/", "--output", "json").json
    assert {row["name"] for row in listed} == stored
    for key in stored & taken:
        assert run("cat", f"s3://{bucket}/odd/{key}").out == f"odd/{key}"
    removed = run("--yes", "rm", "-r", f"s3://{bucket}/odd/")
    left = keys(client, bucket, "odd/")
    assert (removed.code == 0, bool(left) and "odd-keys" not in differs) == (not left, False), removed.err


@pytest.mark.tried("a folder in a storage of DVC, whose configuration names the server")
def test_a_storage_of_dvc_is_read_at_its_endpoint(
    run: Run, client: Any, server: Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The digests are those of DVC 3.67, which names the list of a folder by its own bytes.
    stored = {
        "8b/699176e0ce77d32e75bf6bff7e074a.dir": b'[{"md5": "84bc3da1b3e33a18e8d5e1bdd7a18d7a", "relpath": "7"}]',
        "84/bc3da1b3e33a18e8d5e1bdd7a18d7a": b"7\n",
    }
    for key, body in stored.items():
        client.put_object(Bucket=bucket, Key=f"dvc/files/md5/{key}", Body=body)
    config = f"[core]\n    remote = s\n['remote \"s\"']\n    url = s3://{bucket}/dvc\n    endpointurl = {server.url}\n"
    Path(".dvc").mkdir()
    Path(".dvc/config").write_text(config)
    Path("d.dvc").write_text("outs:\n- md5: 8b699176e0ce77d32e75bf6bff7e074a.dir\n  hash: md5\n  path: d\n")
    ran = run("get", "d.dvc", "--to", "got", "--require-checksum")
    assert (ran.code, Path("got/d/7").read_bytes()) == (0, b"7\n"), ran.err
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3")
    assert "is read without credentials" in run("get", "d.dvc", "--to", "again", "--retries", "0").err
