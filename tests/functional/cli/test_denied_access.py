"""Denied access on servers of others: moto with IAM policies, `rclone serve s3` and `rclone serve http` with other keys."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from claimed_ports import free_port
from unsettled import unsettled

RCLONE = shutil.which("rclone", path=str(Path(sys.executable).parent)) or shutil.which("rclone")
needs_rclone = pytest.mark.skipif(RCLONE is None, reason="rclone is not there")


@pytest.fixture
def user(omics: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """A user in a folder with two files."""
    unsettled(monkeypatch, tmp_path)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    (tmp_path / "work/tree").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    for name in "ab":
        Path(f"tree/{name}.txt").write_text(name * 30)
    return lambda *words: omics(*words, installed=True)


# -- moto

ALLOWED = {
    "none": [],
    "lists": [("s3:ListBucket", "*")],
    "one": [
        ("s3:ListBucket", "*"),
        *((f"s3:{verb}Object", "arn:aws:s3:::bucket/in/a.txt") for verb in ("Get", "Delete")),
        ("s3:PutObject", "arn:aws:s3:::bucket/up/a.txt"),
    ],
}
"""What the users of the bucket may do."""
ACCOUNT = "123456789012"
"""That of moto."""


def header_of_signed_url(application: Any) -> Any:
    """Return an application in which moto's IAM finds the key of a signed URL: it looks for it in a header only."""

    def response(environ: dict[str, Any], start: Any) -> Any:
        key = parse_qs(environ.get("QUERY_STRING", "")).get("X-Amz-Credential")
        if key:
            environ["HTTP_AUTHORIZATION"] = f"AWS4-HMAC-SHA256 Credential={key[0]}, SignedHeaders=host, Signature=url"
        return application(environ, start)

    return response


@pytest.fixture(scope="module")
def moto() -> Iterator[tuple[str, Mapping[str, tuple[str, str]]]]:
    """The URL of a server of moto with IAM, and the keys of its users by what they may do."""
    pytest.importorskip("moto.server", reason="needs the extra sandbox")
    import boto3
    from moto.iam.access_control import IAMRequestBase
    from moto.iam.models import iam_backends
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    verify = IAMRequestBase.check_signature
    server = make_server(
        "127.0.0.1", 0, header_of_signed_url(DomainDispatcherApplication(create_backend_app)), threaded=True
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.port}"
    iam = boto3.Session("owner", "owner", region_name="us-east-1").client("iam", endpoint_url=url)
    logins = {}
    for name, allowed in ALLOWED.items():
        iam.create_user(UserName=name)
        for number, (action, resource) in enumerate(allowed):
            rule = {"Effect": "Allow", "Action": action, "Resource": resource}
            document = json.dumps({"Version": "2012-10-17", "Statement": [rule]})
            iam.put_user_policy(UserName=name, PolicyName=f"p{number}", PolicyDocument=document)
        made = iam.create_access_key(UserName=name)["AccessKey"]
        logins[name] = made["AccessKeyId"], made["SecretAccessKey"]
    iam.close()
    logins["wrong secret"] = logins["one"][0], "another"
    logins["unknown key"] = "AKIAUNKNOWNUNKNOWN00", "another"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            IAMRequestBase,
            "check_signature",
            lambda self: self._headers["Authorization"].endswith("Signature=url") or verify(self),
        )
        yield url, logins
    server.shutdown()
    thread.join()
    server.server_close()
    iam_backends[ACCOUNT]["aws"].reset()  # those of the process, which may have other servers of moto


@pytest.fixture
def bucket(
    moto: tuple[str, Mapping[str, tuple[str, str]]], user: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], None]]:
    """A bucket of moto with two objects; the function logs in one of its users."""
    from moto import settings
    from moto.s3.models import s3_backends

    url, logins = moto
    buckets = s3_backends[ACCOUNT]["aws"]
    buckets.create_bucket("bucket", "us-east-1")
    for name in "ab":
        buckets.put_object("bucket", f"in/{name}.txt", name.encode())
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setattr(settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)

    def log_in(name: str) -> None:
        for variable, value in zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), logins[name], strict=True):
            monkeypatch.setenv(variable, value)

    yield log_in
    buckets.get_bucket("bucket").keys.clear()
    buckets.delete_bucket("bucket")


BUCKET = "s3://bucket"
ONE = {
    "stat": ["stat", f"{BUCKET}/in/b.txt"],
    "cat": ["cat", f"{BUCKET}/in/b.txt"],
    "presign": ["presign", f"{BUCKET}/in/b.txt"],
    "verify": ["verify", f"{BUCKET}/in/b.txt", "tree/b.txt"],
    "cp": ["cp", f"{BUCKET}/in/b.txt", "to/"],
    "cp up": ["cp", "tree/b.txt", f"{BUCKET}/up/"],
    "cp within": ["cp", f"{BUCKET}/in/b.txt", f"{BUCKET}/up/b.txt"],
    "mv": ["mv", f"{BUCKET}/in/b.txt", "to/"],
    "mv up": ["mv", "tree/b.txt", f"{BUCKET}/up/"],
    "rm": ["rm", f"{BUCKET}/in/b.txt", "--yes"],
    "get": ["get", f"{BUCKET}/in/b.txt", "--to", "to"],
}
SEVERAL = {
    "cp": ["cp", "-r", f"{BUCKET}/in/", "to"],
    "cp up": ["cp", "-r", "tree/", f"{BUCKET}/up/"],
    "cp within": ["cp", "-r", f"{BUCKET}/in/", f"{BUCKET}/up/"],
    "sync": ["sync", f"{BUCKET}/in/", "to"],
    "sync up": ["sync", "tree/", f"{BUCKET}/up/"],
    "mv": ["mv", f"{BUCKET}/in/", "to", "--unverified"],
    "mv up": ["mv", "tree/", f"{BUCKET}/up/"],
    "rm": ["rm", "-r", f"{BUCKET}/in/", "--yes"],
    "get": ["get", f"{BUCKET}/in/a.txt", f"{BUCKET}/in/b.txt", "--to", "to"],
}
LISTINGS = {"ls": ["ls", f"{BUCKET}/in/"], "find": ["find", f"{BUCKET}/in/"], "du": ["du", f"{BUCKET}/in/"]}
MESSAGES = {
    "wrong secret": "The request signature we calculated does not match",
    "unknown key": "The AWS Access Key Id you provided does not exist in our records",
}


def refused(ran: Any, code: int, message: str) -> None:
    assert ran.code == code, ran.err
    assert message in ran.err
    for word in ("requesting another", "no longer accepted", "Traceback", "bug in omics", "may write"):
        assert word not in ran.err


@pytest.mark.parametrize("who", ["lists", "one"])
@pytest.mark.parametrize("words", ONE.values(), ids=ONE)
def test_a_file_that_a_policy_denies(user: Any, bucket: Any, words: list[str], who: str) -> None:
    bucket(who)
    refused(user(*words), 4, "Access Denied (403 AccessDenied")
    assert Path("tree/b.txt").exists()
    assert not Path("to/b.txt").exists()


@pytest.mark.parametrize(("who", "code"), [("lists", 4), ("one", 3), ("none", 4)])
@pytest.mark.parametrize("words", SEVERAL.values(), ids=SEVERAL)
def test_files_of_which_a_policy_denies_all_or_some(
    user: Any, bucket: Any, words: list[str], who: str, code: int
) -> None:
    bucket(who)
    refused(user(*words), code, "Access Denied (403 AccessDenied")
    assert Path("tree/b.txt").exists()
    assert not Path("to/b.txt").exists()


@pytest.mark.parametrize("words", LISTINGS.values(), ids=LISTINGS)
def test_a_bucket_that_a_policy_denies(user: Any, bucket: Any, words: list[str]) -> None:
    bucket("none")
    refused(user(*words), 4, "Access Denied (403 AccessDenied")
    bucket("lists")
    assert user(*words).code == 0


@pytest.mark.parametrize("who", MESSAGES)
@pytest.mark.parametrize("words", [*ONE.values(), *SEVERAL.values(), *LISTINGS.values()], ids=" ".join)
def test_keys_that_moto_does_not_know(user: Any, bucket: Any, words: list[str], who: str) -> None:
    bucket(who)
    refused(user(*words), 4, MESSAGES[who])


# -- rclone


@contextmanager
def serving(kind: str, folder: Path, *options: str) -> Iterator[int]:
    """Serve a folder by rclone."""
    assert RCLONE is not None
    port = free_port()
    command = [RCLONE, "serve", kind, "--config", "/dev/null", "--addr", f"127.0.0.1:{port}", *options, str(folder)]
    served = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert served.stderr is not None
        for line in served.stderr:
            if f"http://127.0.0.1:{port}" in line:
                break
        yield port
    finally:
        served.terminate()
        served.communicate()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "served/bucket/in").mkdir(parents=True)
    for name in "ab":
        (tmp_path / f"served/bucket/in/{name}.txt").write_text(name)
    return tmp_path / "served"


@needs_rclone
@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (("key", "another"), "403 SignatureDoesNotMatch"),
        (("another", "secret"), "403 InvalidAccessKeyId"),
        (None, "The request was not signed: set AWS_ACCESS_KEY_ID"),
    ],
    ids=["wrong secret", "unknown key", "unsigned"],
)
def test_keys_that_rclone_does_not_know(
    user: Any, folder: Path, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, str] | None, message: str
) -> None:
    with serving("s3", folder, "--auth-key", "key,secret") as port:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        if keys:
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys[0])
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys[1])
        for words in (*ONE.values(), *SEVERAL.values(), *LISTINGS.values()):
            refused(user(*words), 4, message)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        assert user(*SEVERAL["cp"]).code == 0


@needs_rclone
@pytest.mark.parametrize("kind", ["http", "webdav"])
def test_a_password_that_rclone_does_not_accept(user: Any, folder: Path, kind: str) -> None:
    with serving(kind, folder, "--user", "me", "--pass", "right") as port:
        for login, code in (("", 4), ("me:wrong@", 4), ("me:right@", 0)):
            urls = [f"http://{login}127.0.0.1:{port}/bucket/in/{name}.txt" for name in "ab"]
            for arguments in (urls[:1], urls):
                ran = user("get", *arguments, "--to", "to")
                assert ran.code == code, ran.err
                assert not code or "the server denies access to this file: 401 Unauthorized" in ran.err
        Path("list.txt").write_text(f"{urls[0]}\n{urls[1].replace('right', 'wrong')}\n")
        refused(user("get", "list.txt", "--to", "other"), 3, "b.txt: the server denies access to this file")
