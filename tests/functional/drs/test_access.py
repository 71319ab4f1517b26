"""Access to bytes: storage with the user's own credentials, passports in the place of a login, and what a refusal names as remedy."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from breakable import Faults, Server
from drs_download import OFFLINE, download
from omicsdk.core import BearerToken, ConfigError, Forbidden, NotFound, Unauthorized
from omicsdk.drs import AccessMethod, Drs, DrsServer, HostCredentials, Passports, ResolutionSettings, parse_drs_id
from omicsdk.drs.credentials import Storage, google_path
from omicsdk.drs.identifiers import KNOWN_HOSTS, known_host, login_remedy
from omicsdk.transfer import Location

PASSPORT = "eyJh.eyJi.c2ln"
API = "ga4gh/drs/v1/objects"


@pytest.fixture
def google() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


# -- storage


def test_an_object_of_googles_storage_comes_with_the_users_token_and_project(
    host: Any, google: Server, tmp_path: Path
) -> None:
    content = b"ACGT" * 100
    uri = host.add("x", content, access_methods=[{"type": "gs", "access_url": {"url": "gs://b/a b/x.bam"}}])
    google.put("storage/b/a%20b/x.bam", content)
    environ = {
        "OMICS_GOOGLE_URL": google.url("storage").rstrip("/"),
        "OMICS_GOOGLE_TOKEN": "ya29.x",
        "OMICS_GOOGLE_PROJECT": "payer",
    }
    with Drs(environ=environ) as drs:
        drs.download(uri, tmp_path, settings=OFFLINE)
    assert (tmp_path / "x.bin").read_bytes() == content
    request = google.requests[-1]
    assert (request.headers.get("authorization"), request.query) == ("Bearer ya29.x", "userProject=payer")
    assert "authorization" not in host.requests[-1][2]


def test_a_bucket_that_bills_the_reader_names_the_variable(host: Any, google: Server, tmp_path: Path) -> None:
    uri = host.add("x", b"ACGT", access_methods=[{"type": "gs", "access_url": {"url": "gs://b/x"}}])
    refusal = b"<Error><Code>UserProjectMissing</Code><Message>Bucket is a requester pays bucket but no user project provided."
    refusal += b"</Message></Error>"
    google.always["b/x"] = Faults.status(400, {"Content-Type": "application/xml"}, refusal)
    with Drs(environ={"OMICS_GOOGLE_URL": google.url("").rstrip("/"), "CLOUDSDK_CONFIG": str(tmp_path)}) as drs:
        report = drs.download(uri, tmp_path / "to", settings=OFFLINE, retries=0, check=False)
    error = report.outcomes[0].error
    assert error is not None
    assert "requester pays" in error.message
    assert "--google-project" in error.remedy
    host.responses["storage/gs/y"] = [(400, {"Content-Type": "application/xml"}, refusal)] * 2
    with Drs(environ={}) as drs:
        report = drs.download(host.add("y", b"ACGT", ways=("gs",)), tmp_path / "to", settings=OFFLINE, check=False)
    error = report.outcomes[0].error
    assert error is not None
    assert "signed names no project" in error.remedy


def test_the_project_that_pays_may_be_an_argument(host: Any, google: Server, tmp_path: Path) -> None:
    google.put("b/x", b"ACGT")
    uri = host.add("x", b"ACGT", access_methods=[{"type": "gs", "access_url": {"url": "gs://b/x"}}])
    with Drs(environ={"OMICS_GOOGLE_URL": google.url("").rstrip("/"), "CLOUDSDK_CONFIG": str(tmp_path)}) as drs:
        drs.download(uri, tmp_path / "to", settings=OFFLINE, google_project="payer")
    assert {request.query for request in google.requests} == {"userProject=payer"}


def test_a_token_does_not_go_to_google_over_plain_http() -> None:
    storage = Storage({"OMICS_GOOGLE_URL": "http://storage.example.org", "OMICS_GOOGLE_TOKEN": "ya29.x"})
    with pytest.raises(ConfigError, match="http"):
        storage.location("gs://b/k")
    assert google_path("gs://b/a b/c#1") == "/b/a%20b/c%231"


@pytest.mark.parametrize("is_signed", [True, False])
def test_an_object_of_s3_is_signed_where_there_are_credentials(
    is_signed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/no/such/file")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/no/such/file")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    if is_signed:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    storage = Storage({"OMICS_S3_REQUESTER_PAYS": "true"} if is_signed else {})
    location = storage.location("s3://bucket/a b")
    assert isinstance(location, Location)
    assert location.url.startswith("http://127.0.0.1:9/bucket/a%20b")
    assert ("X-Amz-Signature" in location.url) is is_signed
    assert ("x-amz-request-payer=requester" in location.url) is is_signed
    assert location.headers == {}
    assert "secret" not in repr(location)


def test_terras_objects_come_by_the_url_that_it_signs(host: Any, google: Server, tmp_path: Path) -> None:
    uri = host.add("v2_x", b"ACGT", ways=("gs",))  # an access_id, and a gs:// URL
    download(uri, tmp_path, settings=OFFLINE)
    assert google.requests == []
    assert (tmp_path / "v2_x.bin").read_bytes() == b"ACGT"


def test_a_compact_identifier_is_tried_in_its_next_form_where_the_first_is_malformed(host: Any, tmp_path: Path) -> None:
    host.bulk = False
    host.add("v2_x", b"ACGT")
    host.responses[f"{API}/dg.ANV0/v2_x"] = [(400, {}, {"msg": "Invalid DRS object id"})]
    settings = ResolutionSettings(hosts={"dg.anv0": host.name}, order=())
    download("drs://dg.ANV0:v2_x", tmp_path, settings=settings)
    assert (tmp_path / "v2_x.bin").read_bytes() == b"ACGT"


# -- URLs of the server itself


@pytest.mark.parametrize(
    ("is_own", "query", "url_headers", "gets_login"),
    [
        (True, "", [], True),
        (False, "", [], False),
        (True, "sig=1", [], False),  # signed
        (True, "", ["X-Key: k"], False),
    ],
)
def test_a_stated_url_that_refuses_requests_gets_the_login_of_its_own_server_alone(
    host: Any, drs_host: Any, tmp_path: Path, *, is_own: bool, query: str, url_headers: list[str], gets_login: bool
) -> None:
    place = host if is_own else drs_host()
    url = {"url": place.url("objects/x/download", query), "headers": url_headers}
    uri = host.add("x", b"ACGT", access_methods=[{"type": "https", "access_url": url}])
    host.token = "t0ken"
    place.responses["objects/x/download"] = [(401, {}, b""), (200, {}, b"ACGT") if gets_login else (401, {}, b"")]
    report = download(uri, tmp_path, credentials={host.name: BearerToken("t0ken")}, settings=OFFLINE, check=False)
    sent = [headers.get("authorization") for _, path, headers in place.requests if path == "objects/x/download"]
    assert (report.ok, sent[0], "Bearer t0ken" in sent) == (gets_login, None, gets_login)


# -- passports


def test_an_own_url_that_the_server_creates_on_request_gets_the_login_too(host: Any, tmp_path: Path) -> None:
    host.token, host.bulk = "t0ken", False
    uri = host.add("x", b"ACGT", access_methods=[{"type": "https", "access_id": "own"}])
    host.responses[f"{API}/x/access/own"] = [(200, {}, {"url": host.url("stream/x/own")})] * 2
    host.responses["stream/x/own"] = [(401, {}, b""), (200, {}, b"ACGT")]
    download(uri, tmp_path, credentials={host.name: BearerToken("t0ken")}, settings=OFFLINE)
    assert [headers.get("authorization") for _, path, headers in host.requests if path == "stream/x/own"] == [
        None,
        "Bearer t0ken",
    ]


def test_passports_are_shown_where_a_request_is_refused_without(host: Any, tmp_path: Path) -> None:
    uris = [host.add(name, name.encode()) for name in ("a", "b")]
    host.token, host.passports = "t0ken", {PASSPORT}
    refused = download(uris, tmp_path / "no", settings=OFFLINE, check=False)
    assert all(isinstance(outcome.error, Unauthorized) for outcome in refused.outcomes)
    host.requests.clear()
    credentials = {host.name: Passports([PASSPORT])}
    download(uris, tmp_path / "yes", credentials=credentials, settings=OFFLINE)
    assert sorted(path.name for path in (tmp_path / "yes").glob("*.bin")) == ["a.bin", "b.bin"]
    assert all("authorization" not in headers for _, _, headers in host.requests)
    assert PASSPORT not in repr(credentials)


def test_open_objects_need_no_passport(host: Any) -> None:
    host.bulk = False
    uri = host.add("a", b"a")
    with Drs(credentials=HostCredentials({host.name: Passports([PASSPORT])}), environ={}) as drs:
        assert drs.locate(uri, settings=OFFLINE)["access"]
    assert {method for method, _, _ in host.requests} == {"GET"}


def test_passports_go_to_their_own_host_only(host: Any, drs_host: Any, tmp_path: Path) -> None:
    there = drs_host()
    there.token, there.passports = "t0ken", {PASSPORT}
    report = download(
        there.add("a", b"a"), tmp_path, credentials={host.name: Passports([PASSPORT])}, settings=OFFLINE, check=False
    )
    assert isinstance(report.outcomes[0].error, Unauthorized)
    assert {method for method, _, _ in there.requests} == {"GET"}


def test_passports_are_not_repeated_where_their_host_redirects(host: Any, drs_host: Any, tmp_path: Path) -> None:
    there = drs_host()
    uri = host.add("a", b"a")
    host.bulk = False
    host.responses[f"{API}/a"] = [(401, {}, b""), (307, {"Location": there.url("elsewhere")}, b"")]
    report = download(uri, tmp_path, credentials={host.name: Passports([PASSPORT])}, settings=OFFLINE, check=False)
    assert [outcome.state for outcome in report.outcomes] == ["failed"]
    assert there.requests == []


def test_one_access_url_after_another_comes_by_post_once_passports_were_taken(host: Any) -> None:
    host.add("a", b"a")
    host.token, host.passports = "t0ken", {PASSPORT}
    with DrsServer(host.name, Passports([PASSPORT]), environ={}) as server:
        drs_object = server.describe(parse_drs_id(f"drs://{host.name}/a"))
        host.requests.clear()
        assert server.locate(drs_object, AccessMethod("s3", "s3")).url
    assert [(method, path) for method, path, _ in host.requests] == [("POST", f"{API}/a/access/s3")]


@pytest.mark.parametrize("tokens", [[], ["not a passport"], [PASSPORT, "a.b"], [""]])
def test_an_invalid_passport_is_refused_without_showing_it(tokens: list[str]) -> None:
    with pytest.raises(ConfigError) as refused:
        Passports(tokens)
    assert not any(token and token in str(refused.value) for token in tokens)


# -- remedies


def test_a_refusal_of_a_known_server_names_its_login(host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    host.token = "t0ken"
    host.responses[f"{API}/b"] = [(403, {}, {"msg": "not for you"})]
    with DrsServer(host.name, environ={}) as server:
        with pytest.raises(Unauthorized) as unknown:
            server.describe(parse_drs_id("a"))
        monkeypatch.setattr("omicsdk.drs.identifiers.KNOWN_HOSTS", (KNOWN_HOSTS[0]._replace(host=host.name),))
        for name, kind in (("a", Unauthorized), ("b", Forbidden)):
            with pytest.raises(kind, match="omics login gen3") as refused:
                server.describe(parse_drs_id(name))
            assert "--passport" in refused.value.remedy
    assert "omics login gen3" not in unknown.value.remedy


def test_each_known_server_has_a_remedy_and_others_have_none() -> None:
    words = {"gen3": "omics login gen3", "google": "gcloud auth application-default login", "sb": "omics login sb"}
    for server in KNOWN_HOSTS:
        assert words[server.login] in login_remedy(server.host.replace("*", "x"))
        assert bool(server.api) == (server.login == "sb")
    assert login_remedy("drs.example.org") == ""
    assert known_host("notdata.terra.bio") is None
    assert known_host("theanvil.io") is None


# -- what the standard does not foresee


@pytest.mark.parametrize("with_passports", [False, True])
def test_a_redirect_in_place_of_a_url_leads_to_the_bytes(host: Any, tmp_path: Path, *, with_passports: bool) -> None:
    host.bulk = False
    uri = host.add("x", b"ACGT", access_methods=[{"type": "https", "access_id": "own"}])
    place = host.url("storage/own/x", "signature=secret")
    host.responses[f"{API}/x/access/own"] = [(401, {}, b"")] * with_passports + [(302, {"Location": place}, b"")]
    credentials = {host.name: Passports([PASSPORT])} if with_passports else None
    download(uri, tmp_path, credentials=credentials, settings=OFFLINE)
    assert (tmp_path / "x.bin").read_bytes() == b"ACGT"
    assert host.count("storage/") == 1


def test_a_redirect_to_the_same_request_elsewhere_is_followed(host: Any, drs_host: Any, tmp_path: Path) -> None:
    host.bulk, other = False, drs_host()
    uri = host.add("x", b"ACGT", access_methods=[{"type": "https", "access_id": "own"}])
    other.add("x", b"ACGT")
    path = f"{API}/x/access/own"
    host.responses[path] = [(301, {"Location": other.url(path)}, b"")] * 2
    download(uri, tmp_path, settings=OFFLINE)
    assert (tmp_path / "x.bin").read_bytes() == b"ACGT"
    assert (host.count("storage/"), other.count("storage/")) == (0, 1)


@pytest.mark.parametrize("path", [f"{API}/x", f"{API}/x/access/s3"])
def test_an_error_with_the_status_of_a_success_is_an_error(host: Any, tmp_path: Path, path: str) -> None:
    host.bulk = False
    uri = host.add("x", b"ACGT")
    host.responses[path] = [(200, {"Content-Type": "application/json"}, {"msg": "no bucket of it", "status_code": 404})]
    report = download(uri, tmp_path, settings=OFFLINE, check=False)
    error = report.outcomes[0].error
    assert isinstance(error, NotFound)
    assert "no bucket of it" in error.message
