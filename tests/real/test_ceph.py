"""`s3://` with Ceph's object gateway, as clouds run it: tenants, quotas, limits, and a gateway that is restarted in the midst."""

import hmac
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from claimed_ports import free_port
from command_line import Ran
from real_results import differences
from real_servers import ACCESS, SECRET, Server, ceph, ceph_admin, ceph_gateway, ceph_user, peer, program

MIB = 1024 * 1024
POLICY = """{"Statement": [{
    "Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"],
    "Principal": {"AWS": "arn:aws:iam:::user/tests"}
}]}"""
OTHER, LAB, LIMITED = "AKIAOFANOTHERUSER001", "AKIAOFATENANTSUSER01", "AKIAOFALIMITEDUSER01"
Run = Callable[..., Ran]
As = Callable[..., None]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    with ceph(tmp_path_factory.mktemp("ceph")) as server:
        ceph_user(server.folder, "other", OTHER)
        ceph_user(server.folder, "limited", LIMITED)
        ceph_user(server.folder, "lab", LAB, "--tenant", "lab")
        for access, bucket in ((ACCESS, "data"), (LAB, "data"), (LIMITED, "limited")):
            client(server, access).create_bucket(Bucket=bucket)
        client(server, LAB).put_bucket_policy(Bucket="data", Policy=POLICY)
        yield server


def client(server: Server, access: str = ACCESS) -> Any:
    config = Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required")
    keys = {"aws_access_key_id": access, "aws_secret_access_key": SECRET, "region_name": "us-east-1"}
    return boto3.client("s3", endpoint_url=server.url, config=config, **keys)


@pytest.fixture(autouse=True)
def user(server: Server, run: Run, monkeypatch: pytest.MonkeyPatch) -> As:
    """Uses the keys of a user, at the server or at another gateway of it; at first those of `tests`."""

    def use(access: str, url: str = server.url) -> None:
        keys = {"AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1"}
        for name, value in {**keys, "AWS_ENDPOINT_URL_S3": url}.items():
            monkeypatch.setenv(name, value)

    use(ACCESS)
    return use


def keys(client: Any, bucket: str) -> list[str]:
    return [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket).get("Contents", ())]


@pytest.mark.tried("buckets of another tenant; copies between two of one name")
def test_buckets_of_another_tenant(run: Run, server: Server) -> None:
    assert "copy-of-tenants" in differences(server.name)
    ours, theirs = client(server), client(server, LAB)
    Path("a").write_text("a")
    assert run("cp", "a", "s3://lab:data/in/a").code == 0
    assert run("cat", "s3://lab:data/in/a").out == "a"
    assert [row["uri"] for row in run("find", "s3://lab:data/", "--output", "json").json] == ["s3://lab:data/in/a"]
    assert run("mv", "s3://lab:data/in/a", "s3://data/out/a").code == 0
    assert (keys(ours, "data"), keys(theirs, "data")) == (["out/a"], [])
    assert run("cp", "-r", "s3://data/out/", "s3://lab:data/back/").code == 0
    assert (keys(ours, "data"), keys(theirs, "data")) == (["out/a"], ["back/a"])
    # As the server says of itself: the copy is where its source is.
    copied = ours.copy_object(Bucket="data", Key="lost", CopySource="lab:data/back/a")
    assert "ETag" in copied["CopyObjectResult"]
    assert (keys(ours, "data"), keys(theirs, "data")) == (["out/a"], ["back/a", "lost"])


@pytest.mark.tried("objects that rclone, s3cmd and s5cmd uploaded in parts: copied, verified; ours are read by them")
def test_objects_of_other_clients(run: Run, server: Server) -> None:
    Path("large").write_bytes(os.urandom(13 * MIB))
    Path(".s3cfg").write_text("use_https = False\n")
    keys, host = f"access_key_id={ACCESS},secret_access_key={SECRET}", server.url.removeprefix("http://")
    remote, s3cmd = (
        f":s3,provider=Ceph,endpoint='{server.url}',{keys}:",
        ["--config", ".s3cfg", "--host", host, "--host-bucket", host],
    )
    copies = {
        "rclone": [program("rclone"), "--config", "/dev/null", "copyto", "--s3-upload-cutoff=5M", "{}", "{}"],
        "s3cmd": [peer("s3_clients", "bin/s3cmd"), *s3cmd, "put", "--multipart-chunk-size-mb=5", "{}", "{}"],
        "s5cmd": [peer("s3_clients", "bin/s5cmd"), "--endpoint-url", server.url, "cp", "--part-size=6", "{}", "{}"],
    }
    assert run("cp", "large", "s3://data/ours").code == 0
    for name, command in copies.items():
        bucket = f"{remote}data" if name == "rclone" else "s3://data"
        for source, target in (("large", f"{bucket}/{name}"), (f"{bucket}/ours", f"back-{name}")):
            words = ["get" if word == "put" and source != "large" else word for word in command]
            words[-2:] = source, target
            subprocess.run(words, capture_output=True, check=True, timeout=60)
        (row,) = run("cp", f"s3://data/{name}", f"from-{name}", "--output", "json").json["files"]
        # s5cmd notes no checksum of the whole.
        assert row["verification"] == ("size only" if name == "s5cmd" else "verified")
        assert Path(f"from-{name}").read_bytes() == Path(f"back-{name}").read_bytes() == Path("large").read_bytes()
        assert run("verify", f"s3://data/{name}", "large", "--output", "json").json["counts"] == {"verified": 1}


@pytest.mark.tried("large objects of its Swift API, over S3 and by their temporary URLs")
def test_large_objects_of_swift(run: Run, server: Server) -> None:
    names = ("--uid", "tests", "--subuser", "tests:swift")
    ceph_admin(
        server.folder, "subuser", "create", *names, "--access", "full", "--key-type", "swift", "--secret", SECRET
    )
    login = {"X-Auth-User": "tests:swift", "X-Auth-Key": SECRET}
    token = httpx.get(f"{server.url}/auth/1.0", headers=login).headers["X-Auth-Token"]
    parts = [os.urandom(2 * MIB) for _ in range(2)]
    with httpx.Client(base_url=f"{server.url}/swift/v1/", headers={"X-Auth-Token": token}) as swift:
        for number, part in enumerate(parts):
            swift.put(f"data/segments/{number}", content=part).raise_for_status()
        swift.put("data/large", headers={"X-Object-Manifest": "data/segments/"}).raise_for_status()
        swift.post("", headers={"X-Account-Meta-Temp-Url-Key": "key"}).raise_for_status()
    sizes = {row["name"]: row["size"] for row in run("ls", "s3://data/", "--output", "json").json}
    assert sizes["large"] == (0 if "swift-sizes" in differences(server.name) else 4 * MIB)
    assert run("cp", "s3://data/large", "from-s3").code == 0
    ends = int(time.time()) + 600
    signature = hmac.new(b"key", f"GET\n{ends}\n/swift/v1/data/large".encode(), "sha1").hexdigest()
    url = f"{server.url}/swift/v1/data/large?temp_url_sig={{}}&temp_url_expires={ends}"
    assert run("cp", url.format(signature), "from-swift").code == 0
    assert Path("from-s3").read_bytes() == Path("from-swift").read_bytes() == b"".join(parts)
    denied = run("cp", url.format("canary"), "denied")
    assert (denied.code, "canary" in denied.err) == (4, False), denied.err


@pytest.mark.tried("buckets of another user")
def test_denied_access(run: Run, server: Server, user: As) -> None:
    client(server).put_object(Bucket="data", Key="closed", Body=b"closed")
    user(OTHER)
    Path("a").write_text("a")
    for words in (
        ["ls", "s3://data/"],
        ["cp", "s3://data/closed", "got"],
        ["cp", "a", "s3://data/a"],
        ["--yes", "rm", "s3://data/closed"],
        ["ls", "s3://lab:data/"],
    ):
        denied = run(*words)
        assert (denied.code, "AccessDenied" in denied.err, "access" in denied.err) == (4, True, True), denied.err
    assert "closed" in keys(client(server), "data")


@pytest.mark.tried("a quota that is used up in the midst of an upload, which resumes with a larger one")
def test_a_quota_is_used_up(run: Run, server: Server, user: As) -> None:
    def limit(size: str) -> None:
        quota = ["--quota-scope", "bucket", "--uid", "limited"]
        ceph_admin(server.folder, "quota", "set", *quota, "--max-size", size)
        ceph_admin(server.folder, "quota", "enable", *quota)

    limit("15M")
    user(LIMITED)
    data = os.urandom(40 * MIB)
    Path("large").write_bytes(data)
    refused = run("cp", "large", "s3://limited/large")
    assert (refused.code, "QuotaExceeded" in refused.err, "larger quota" in refused.err) == (4, True, True)
    (upload,) = client(server, LIMITED).list_multipart_uploads(Bucket="limited")["Uploads"]
    stored = client(server, LIMITED).list_parts(Bucket="limited", Key="large", UploadId=upload["UploadId"])["Parts"]
    assert 0 < sum(part["Size"] for part in stored) < len(data)
    limit("100M")
    (row,) = run("cp", "large", "s3://limited/large", "--output", "json").json["files"]
    assert (row["state"], row["verification"]) == ("done", "verified")
    assert "Uploads" not in client(server, LIMITED).list_multipart_uploads(Bucket="limited")
    assert client(server, LIMITED).get_object(Bucket="limited", Key="large")["Body"].read() == data


@pytest.mark.tried("more requests at once than the gateway takes (503 SlowDown), up and down")
def test_too_many_requests_are_repeated(run: Run, server: Server, user: As) -> None:
    Path("many").mkdir()
    for number in range(4):
        Path("many", str(number)).write_bytes(os.urandom(4 * MIB))
    port, log = free_port(), server.folder / "client.admin.log"
    before = log.stat().st_size
    limits = ("--rgw-scheduler-type=throttler", "--rgw-max-concurrent-requests=1")
    with ceph_gateway(server.folder, port, *limits):
        user(ACCESS, f"http://127.0.0.1:{port}")
        for words in (["many", "s3://data/many"], ["s3://data/many/", "back"], ["s3://data/many/", "s3://data/more/"]):
            copied = run("cp", "-r", *words)
            assert copied.code == 0, copied.err
    assert all(Path("back", str(number)).read_bytes() == Path("many", str(number)).read_bytes() for number in range(4))
    assert b" 503 " in log.read_bytes()[before:]


@pytest.mark.tried("a gateway that is killed and started again, in the midst of an upload and of a download")
def test_a_gateway_is_restarted(run: Run, server: Server, user: As) -> None:
    port, log = free_port(), server.folder / "client.admin.log"
    user(ACCESS, f"http://127.0.0.1:{port}")
    Path("large").write_bytes(os.urandom(24 * MIB))
    uri = "s3://data/large"
    # The requests before the first one for bytes, whose beginning the gateway's log states.
    for words, last in (
        (["large", uri], r"POST /data/large\?uploads"),
        ([uri, "back"], r"HEAD /data/large\?partNumber"),
    ):
        with ceph_gateway(server.folder, port) as gateway, ThreadPoolExecutor(1) as thread:
            ended, before = threading.Event(), log.stat().st_size

            def restart(gateway: Any, last: str, ended: threading.Event, before: int) -> None:
                begun, end = re.compile(f"(?s){last}.*starting new request"), time.monotonic() + 20
                while not begun.search(log.read_text(errors="replace")[before:]):
                    assert time.monotonic() < end
                    time.sleep(0.01)  # nothing else states what the gateway has received
                gateway.kill()
                gateway.wait()
                with ceph_gateway(server.folder, port):
                    ended.wait(60)

            restarting = thread.submit(restart, gateway, last, ended, before)
            copied = run("cp", *words, "--limit-rate", "12M")
            ended.set()
            restarting.result()
            assert (copied.code, "retrying" in copied.err) == (0, True), copied.err
    assert Path("back").read_bytes() == Path("large").read_bytes()
