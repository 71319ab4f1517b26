"""Files of web servers by their URLs: names, checksums, ranges, redirects, logins, and servers that lack some of it."""

import hashlib
import io
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import omicsdk
import pytest
from breakable import stating
from omicsdk.core import UsageError
from omicsdk.core.credentials import BearerToken
from omicsdk.core.errors import Unauthorized
from omicsdk.fs import PathNotFound, WrongUri, open_store, parse_uri
from omicsdk.transfer import TransferFailed
from unsettled import unsettled

DATA = bytes(range(256)) * 8000
SHA256 = {"Digest": "SHA-256=" + b64encode(hashlib.sha256(DATA).digest()).decode()}


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    unsettled(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)


def refusing(method, status):
    return lambda _, request, response: replace(response, status=status) if request.method == method else None


def looked_up(url):
    with open_store(url.partition(":")[0]) as store:
        return store.entry(parse_uri(url))


def test_a_file_is_read_in_place(server):
    url = server.put("a.bin", DATA)
    with omicsdk.open(url) as file:
        file.seek(-3, io.SEEK_END)
        assert file.read() == DATA[-3:]
        file.seek(5)
        assert file.read(7) == DATA[5:12]
    assert server.sent("a.bin") < 1.5 * len(DATA)


def test_commands_take_urls(server, omics, tmp_path, monkeypatch):
    url = server.put("a.bin", DATA)
    server.always["a.bin"] = stating(**SHA256)
    assert omics("cat", "--range", "5-11", url).stdout == DATA[5:12]
    assert omics("cat", url).stdout == DATA
    assert omics("ls", "--output", "json", url).json[0]["size"] == len(DATA)
    (entry,) = omics("stat", "--output", "json", url).json
    assert entry["checksums"] == {"sha256": hashlib.sha256(DATA).hexdigest()}
    copied = omics("cp", url, "copy/", "--require-checksum", "--output", "json")
    assert (copied.code, copied.json["verification"]["verified"]) == (0, 1), copied.err
    assert Path("copy/a.bin").read_bytes() == DATA
    assert omics("verify", url).json["counts"] == {"verified": 1}
    assert omics("verify", url, "copy/a.bin").json["counts"] == {"verified": 1}
    got = omics("get", url, "--to", "data", "--output", "json")
    assert (got.code, got.json["verification"]["verified"]) == (0, 1), got.err
    Path("list.txt").write_text(f"{url}#sha1={'0' * 40}\n")
    for what in ("list.txt", Path("list.txt").read_text().strip()):
        failed = omics("get", what, "--to", "wrong", "--retries", "0")
        assert (failed.code, f"expected {'0' * 40}" in failed.err) == (1, True), failed.err
    monkeypatch.setenv("OMICS_CACHE", str(tmp_path / "cache"))
    assert omics("cp", url, "cached").code == 0
    before = server.sent("a.bin")
    assert omics("verify", url).json["counts"] == {"verified": 1}
    assert server.sent("a.bin") - before >= len(DATA)  # the server's bytes, not those of the cache


def test_a_flipped_byte_is_found(server):
    url = server.put("a.bin", DATA)

    def flipped(_, request, response):
        body = response.body if request.method == "HEAD" else bytes([response.body[0] ^ 1]) + response.body[1:]
        return replace(response, headers=response.headers | SHA256, body=body)

    server.always["a.bin"] = flipped
    with pytest.raises(TransferFailed, match="sha256"):
        omicsdk.download(url, "data", retries=0)
    assert not Path("data/a.bin").exists()


def header(algorithm):
    return b64encode(hashlib.new(algorithm, DATA).digest()).decode()


CHECKSUM_HEADERS = {
    "Digest": f"SHA-256={header('sha256')}",
    "Repr-Digest": f"sha-256=:{header('sha256')}:",
    "Content-MD5": header("md5"),
    "x-goog-hash": f"md5={header('md5')}",
    "x-amz-checksum-sha256": header("sha256"),
}


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("name", CHECKSUM_HEADERS)
def test_a_flipped_byte_is_found_where_only_the_response_with_bytes_states_a_checksum(server, omics, name, moved):
    is_damaged = True

    def answered(_, request, response):
        if request.method == "HEAD":
            return None
        body = response.body
        if is_damaged and len(body) == len(DATA):
            body = bytes([body[0] ^ 1]) + body[1:]
        return replace(response, headers=response.headers | {name: CHECKSUM_HEADERS[name]}, body=body)

    url = server.put("a.bin", DATA)
    server.always["a.bin"] = answered
    server.ranges = False
    if moved:
        server.put("moved/a.bin", b"")
        there = server.url("a.bin", host="localhost")
        server.always["moved/a.bin"] = lambda _, __, response: replace(
            response, status=302, headers={"Location": there}
        )
        url = server.url("moved/a.bin")
    Path("list.txt").write_text(f"{url}\n")
    commands = (["cp", url, "a.bin"], ["get", url, "--to", "b"], ["get", "list.txt", "--to", "c"], ["cat", url])
    for words in commands:
        ran = omics(*words, *([] if words[0] == "cat" else ["--retries", "0"]))
        assert (ran.code, ", expected " in ran.err) == (1, True), (words, ran.err)
    assert not [path for path in (Path("a.bin"), Path("b/a.bin"), Path("c/a.bin")) if path.exists()]
    is_damaged = False
    ran = omics("cp", url, "a.bin", "--require-checksum", "--output", "json")
    assert (ran.code, ran.json["verification"]["verified"]) == (0, 1), ran.err
    assert omics("cat", url).stdout == DATA


def test_a_part_states_no_checksum_of_the_whole_by_its_own(server, omics):
    url = server.put("a.bin", DATA)
    of_part = stating(Content_MD5=b64encode(hashlib.md5(b"part").digest()).decode())
    server.always["a.bin"] = lambda *arguments: of_part(*arguments) if arguments[2].status == 206 else None
    assert omics("cat", url).stdout == DATA
    assert omics("cp", url, "b.bin", "--connections", "4").code == 0


@pytest.mark.parametrize("status", [403, 405, 501])
def test_a_server_without_head(server, status):
    url = server.put("a.bin", DATA)
    server.always["a.bin"] = refusing("HEAD", status)
    assert looked_up(url).size == len(DATA)
    assert omicsdk.download(url, "data").counts["done"] == 1
    assert Path("data/a.bin").read_bytes() == DATA


@pytest.mark.parametrize("how", [{"chunked": True}, {"unsized": True}])
def test_a_server_without_length_and_ranges(server, omics, how):
    url = server.put("a.bin", DATA)
    server.ranges = False
    server.always["a.bin"] = lambda _, request, response: replace(response, **how)
    assert looked_up(url).size is None
    assert omics("cat", url).stdout == DATA
    assert omics("cp", url, "b.bin").code == 0
    assert Path("b.bin").read_bytes() == DATA


@pytest.mark.parametrize(("name", "count"), [("reads.bam", 1), ("page.html", 0)])
def test_a_web_page_in_place_of_a_file_is_a_warning(server, omics, name, count):
    url = server.put(name, b"<!DOCTYPE html><title>Log in</title>")
    server.always[name] = stating(Content_Type="text/html; charset=utf-8")
    ran = omics("cp", url, ".")
    assert (ran.code, ran.err.count(f"{name}: the server sends a web page, such as a login page")) == (0, count)


def test_names_come_from_the_server_safely(server, omics):
    url = server.put("files/7", DATA)
    server.always["files/7"] = stating(Content_Disposition='attachment; filename="../../reads 1.bam"')
    assert omics("cp", url, "copy/").code == 0
    assert omics("get", url, "--to", "data").code == 0
    assert Path("copy/reads 1.bam").read_bytes() == Path("data/reads 1.bam").read_bytes() == DATA


def test_a_redirect_names_the_file_by_what_was_asked_for(server, omics):
    server.put("storage/0f3a", DATA)
    server.put("a.bin", b"")
    server.always["a.bin"] = lambda server, *_: replace(
        _[1], status=302, headers={"Location": server.url("storage/0f3a", "X-Amz-Signature=canary")}
    )
    copied = omics("cp", server.url("a.bin"), "copy/", "--output", "json")
    assert (copied.code, Path("copy/a.bin").read_bytes() == DATA) == (0, True), copied.err
    assert "canary" not in copied.err + copied.out


def test_secrets_of_a_url_are_not_shown(server, omics, tmp_path):
    server.put("a.bin", DATA)
    url = server.url("a.bin", "token=canary")
    ran = [omics(*words) for words in (["ls", url], ["stat", url], ["cp", url, "b/"], ["get", url, "--to", "c"])]
    assert [result.code for result in ran] == [0] * 4
    assert server.requests[0].query == "token=canary"
    missing = omics("cat", server.url("none", "token=canary"))
    assert missing.code == 1
    shown = "".join(result.err + result.out for result in [*ran, missing]) + repr(parse_uri(url))
    kept = "".join(
        path.read_text("latin-1") for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".bin"
    )
    assert "canary" not in shown + kept


def test_a_login_goes_to_its_origin_only(server):
    server.put("a.bin", DATA)
    there = server.url("a.bin", host="localhost")
    server.put("moved", b"")
    server.always["moved"] = lambda _, __, response: replace(response, status=302, headers={"Location": there})
    login = BearerToken("canary", origins=[server.url("")])
    with open_store("http", credentials=login) as store:
        store.entry(parse_uri(server.url("moved")))
    assert [(request.path, request.headers.get("authorization")) for request in server.requests] == [
        ("moved", "Bearer canary"),
        ("a.bin", None),
    ]
    with pytest.raises(UsageError, match="no origin"):
        open_store("http", credentials=BearerToken("canary"))


def test_a_password_in_a_url(server, omics):
    server.put("a.bin", DATA)
    ran = omics("cat", server.url("a.bin").replace("//", "//me:can%20ary@"))
    assert ran.stdout == DATA
    assert {request.headers["authorization"] for request in server.requests} == {
        "Basic " + b64encode(b"me:can ary").decode()
    }
    with pytest.raises(WrongUri, match=r"\*\*\*@h\.example.* not sent over http"):
        looked_up("http://me:canary@h.example/a")


def test_a_password_in_the_netrc_file(server, omics, tmp_path, monkeypatch):
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password canary")
    server.put("a.bin", DATA)
    there = server.url("a.bin", host="localhost")
    server.put("moved", b"")
    server.always["moved"] = lambda _, __, response: replace(response, status=302, headers={"Location": there})
    assert omics("cat", server.url("moved")).stdout == DATA
    netrc, url = (f"Basic {b64encode(pair).decode()}" for pair in (b"me:canary", b"you:canary"))
    assert {(request.path, request.headers.get("authorization")) for request in server.requests} == {
        ("moved", netrc),
        ("a.bin", None),
    }
    server.requests.clear()
    omics("cat", server.url("a.bin").replace("//", "//you:canary@"))
    assert {request.headers["authorization"] for request in server.requests} == {url}


def test_a_user_of_a_url_has_the_password_in_the_netrc_file(server, omics, tmp_path, monkeypatch):
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    (tmp_path / "netrc").write_text(
        "machine 127.0.0.1 login me password canary machine 127.0.0.1 login you password sparrow"
    )
    url = server.put("a.bin", DATA)
    for user, pair in (("you", "you:sparrow"), ("they", "they:"), ("you:own", "you:own")):
        server.requests.clear()
        omics("cat", url.replace("//", f"//{user}@"))
        sent = {request.headers["authorization"] for request in server.requests}
        assert sent == {f"Basic {b64encode(pair.encode()).decode()}"}


def test_what_web_servers_cannot_do_is_refused(server, omics):
    url = server.url("")
    file = server.put("a.bin", DATA)
    Path("local").write_bytes(b"x")
    for words, message in (
        (["rm", "--yes", file], "cannot be removed"),
        (["mv", file, "b"], "cannot be removed"),
        (["mkdir", f"{url}new/"], "cannot be created"),
    ):
        ran = omics(*words)
        assert (ran.code, message in ran.err, ran.err.count("\n")) == (2, True, 1), ran.err
    requests = len(server.requests)
    ran = omics("cp", "local", f"{url}b")
    assert (ran.code, "cannot be written" in ran.err, len(server.requests)) == (2, True, requests)


def test_errors_of_servers(server):
    with pytest.raises(PathNotFound):
        looked_up(server.url("none"))
    server.put("closed", DATA)
    server.always["closed"] = lambda _, __, response: replace(response, status=401, body=b"")
    with pytest.raises(Unauthorized, match="denies access"):
        looked_up(server.url("closed"))


@pytest.mark.parametrize("text", ["https://", "http://:80/a", "https://h:x/a", "https:///a"])
def test_urls_without_a_host_are_refused(text):
    with pytest.raises(WrongUri, match=r"https?://"):
        parse_uri(text)


@pytest.mark.parametrize("text", ["https://h/a//b/../c?x=1/", "https://h/a b", "http://127.0.0.1:8080/%2e"])
def test_urls_are_used_as_they_are_written(text):
    assert str(parse_uri(text)) == text
    assert parse_uri(f"{text}#part") == parse_uri(text)
