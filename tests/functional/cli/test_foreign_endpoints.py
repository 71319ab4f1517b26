"""What a server gets that nothing but an option, a URI or a list names: requests without any secret of the user."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from omicsdk.cli.main import main
from quiet_server import QuietHandler, running
from unsettled import unsettled

_CLAIMS = urlsafe_b64encode(b'{"iss": "http://127.0.0.1:9/user", "exp": 4000000000}').decode()
GEN3_TOKEN = f"e30.{_CLAIMS}.c2ln"
SECRETS = {
    "OMICS_DSS_TOKEN": "dss-t0ken",
    "OMICS_AZUL_TOKEN": "azul-t0ken",
    "OMICS_GEN3_TOKEN": GEN3_TOKEN,
    "OMICS_SB_TOKEN": "sb-t0ken",
    "OMICS_DRS_TOKEN": "drs-t0ken",
    "OMICS_HTSGET_TOKEN": "htsget-t0ken",
    "CRUNCH_TOKEN": "crunch-t0ken",
    "PANGEA_PASS": "pangea-passw0rd",
    "GDC_TOKEN": "gdc-t0ken",
    "OMICS_GOOGLE_TOKEN": "google-t0ken",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "aws-secret",
    "AWS_SESSION_TOKEN": "aws-sessi0n",
}
_SIGNS = (*SECRETS.values(), "authorization", "x-amz-security-token", "x-auth-token", "cookie")


class Listener(ThreadingHTTPServer):
    """Records requests, and answers each with 403."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(QuietHandler):
    server: Listener

    def _response(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.heard.append(f"{self.requestline}\n{self.headers}{body.decode(errors='replace')}")
        self.reply(403)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _response


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Listener]:
    unsettled(monkeypatch, tmp_path)
    monkeypatch.setenv("PANGEA_USER", "me@example.org")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password netrc-secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)
    server = Listener()
    with running(server):
        yield server


BUNDLE = "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d"


@pytest.mark.parametrize(
    ("words", "is_asked"),
    [
        (["stat", "--option", "dss.base_url={}", f"dss://aws/{BUNDLE}"], True),
        (["stat", "--option", "azul.base_url={}", "azul://default"], True),
        (["stat", "--option", "gen3.endpoint={}", "gen3://dg.1234/0d8b4c1e"], True),
        (["stat", "--option", "pangea.endpoint={}", "pangea://org"], True),
        (["stat", "--option", "pangea.endpoint={}", "--option", "pangea.email=me@example.org", "pangea://org"], True),
        (["stat", "--option", "s3.endpoint_url={}", "s3://bucket/key"], True),
        (["ls", "--option", "s3.endpoint_url={}", "s3://"], True),
        (["cp", "--option", "s3.endpoint_url={}", __file__, "s3://bucket/key"], True),
        (["stat", "--option", "sb.url={}", "sb://me/project"], False),
        (["stat", "--option", "crunch.url={}", "crunch://project"], False),
        (["stat", "drs://{host}/x"], True),
        (["stat", "gen3://{host}/x"], True),
        (["drs", "get", "drs://{host}/x"], True),
        (["htsget", "download", "{}/reads/x", "--to", "x.bam"], True),
        (["get", "{}/data/x", "--to", "."], True),
        (["dss", "--base-url", "{}", "get-bundle", "--uuid", BUNDLE, "--replica", "aws"], True),
        (["azul", "--base-url", "{}", "catalogs"], True),
        (["pangea", "--base-url", "{}", "list", "orgs"], True),
    ],
    ids=str,
)
def test_a_server_that_is_only_named_gets_no_secret(
    words: list[str], is_asked: bool, listener: Listener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    host = listener.url.partition("://")[2]
    code = main(["--call-budget", "2", *(word.replace("{}", listener.url).replace("{host}", host) for word in words)])
    assert code != 0
    assert bool(listener.heard) is is_asked
    # The login that the netrc file has for this very host goes to files at URLs alone.
    login = f"authorization: Basic {b64encode(b'me:netrc-secret').decode()}"
    for request in listener.heard:
        assert (login in request) is (words[0] == "get"), request
        rest = request.replace(login, "").lower()
        assert not [sign for sign in (*_SIGNS, "netrc-secret") if sign.lower() in rest], request


def test_the_same_server_gets_them_where_it_is_configured(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMICS_GEN3_URL", listener.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", listener.url)
    for words in (["--option", f"gen3.endpoint={listener.url}", "gen3://x"], ["s3://bucket/key"]):
        assert main(["--call-budget", "2", "stat", *words]) != 0
    heard = "\n".join(listener.heard)
    assert f"bearer {GEN3_TOKEN}" in heard
    assert "aws-sessi0n" in heard
