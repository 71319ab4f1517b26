"""omicsdk's own client of S3: where requests go, and what is corrected once when a store refuses them."""

import base64
import hashlib
from collections.abc import Callable, Generator, Iterator, Mapping
from email.utils import formatdate
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.configloader import raw_config_parse
from botocore.exceptions import ConfigParseError
from omicsdk.core import (
    AuthError,
    BadRequest,
    ConfigError,
    DecodeError,
    Forbidden,
    Interrupted,
    NotFound,
    PreconditionFailed,
    ServerError,
)
from omicsdk.core.clock import stopping
from omicsdk.core.manual_clock import ManualClock
from omicsdk.core.sigv4 import Keys, moment_of
from omicsdk.transfer import NoSuchUpload
from omicsdk.transfer.engine.options import TransferOptions
from omicsdk.transfer.network.requests import headers_for
from omicsdk.transfer.s3 import client as s3_client
from omicsdk.transfer.s3 import exchanges
from omicsdk.transfer.s3.client import S3Client
from omicsdk.transfer.s3.settings import Settings, read_sections
from s3_service import KEYS, Answer, Request, Service, client_of, page_of, refusal

NOW = 1_790_000_000.0


def in_turn(*answers: Answer) -> Callable[[Request], Answer]:
    left = iter(answers)
    return lambda _: next(left)


# -- addresses


@pytest.mark.parametrize(
    ("options", "environ", "bucket", "expected"),
    [
        ({}, {}, "bkt", "https://bkt.s3.us-east-1.amazonaws.com/a%20b"),
        ({"region": "eu-west-3"}, {}, "bkt", "https://bkt.s3.eu-west-3.amazonaws.com/a%20b"),
        ({}, {"AWS_REGION": "cn-north-1"}, "bkt", "https://bkt.s3.cn-north-1.amazonaws.com.cn/a%20b"),
        ({}, {}, "with.dots", "https://s3.us-east-1.amazonaws.com/with.dots/a%20b"),
        ({}, {}, "Old_Bucket", "https://s3.us-east-1.amazonaws.com/Old_Bucket/a%20b"),
        ({}, {"AWS_USE_DUALSTACK_ENDPOINT": "true"}, "bkt", "https://bkt.s3.dualstack.us-east-1.amazonaws.com/a%20b"),
        ({}, {"AWS_USE_FIPS_ENDPOINT": "true"}, "bkt", "https://bkt.s3-fips.us-east-1.amazonaws.com/a%20b"),
        ({}, {}, "b--use1-az4--x-s3", "https://b--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com/a%20b"),
        ({"endpoint_url": "http://127.0.0.1:9000"}, {}, "bkt", "http://127.0.0.1:9000/bkt/a%20b"),
        ({}, {"AWS_ENDPOINT_URL": "https://store.example/s3/"}, "bkt", "https://store.example/s3/bkt/a%20b"),
        (
            {},
            {"AWS_ENDPOINT_URL": "https://store.example", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
            "bkt",
            "https://bkt.s3.us-east-1.amazonaws.com/a%20b",
        ),
    ],
)
def test_where_a_bucket_is(options: dict[str, Any], environ: dict[str, str], bucket: str, expected: str):
    assert client_of(None, environ={**KEYS, **environ}, **options).url(bucket, "a b") == expected


def profile(tmp_path: Path, config: str = "", keys: str = "") -> dict[str, str]:
    (tmp_path / "config").write_text(config)
    (tmp_path / "keys").write_text(keys)
    return {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "keys")}


def test_a_profile_states_address_style_and_keys(tmp_path: Path):
    config = """
# a comment
[profile lab]
region = eu-west-3
services = lab-services
s3 =
    addressing_style = virtual
    max_concurrent_requests = 20

[services lab-services]
s3 =
  endpoint_url = https://store.example
"""
    keys = "[default]\naws_access_key_id=other\naws_secret_access_key=other\n[lab]\naws_access_key_id = AKIA\naws_secret_access_key = s=c:r#t\n"
    environ = profile(tmp_path, config, keys)
    client = client_of(None, environ=environ, profile_name="lab")
    assert client.url("bkt", "k") == "https://bkt.store.example/k"
    assert Settings("lab", environ).keys()() == Keys("AKIA", "s=c:r#t")
    assert Settings(None, {**environ, "AWS_PROFILE": "lab"}).region == "eu-west-3"
    assert Settings("lab", {**environ, **KEYS, **environ}).keys()() == Keys("AKIA", "s=c:r#t")
    assert Settings(None, {**KEYS, **environ, "AWS_PROFILE": "lab"}).keys()() == Keys("key", "secret")
    described = [
        Settings(name, {**more, **environ}).described_keys()
        for name, more in (
            ("lab", KEYS),
            (None, KEYS),
            (None, {"AWS_PROFILE": "lab"}),
            (None, {"AWS_WEB_IDENTITY_TOKEN_FILE": "t"}),
        )
    ]
    profile_keys = ("AKIA", "profile lab of ~/.aws")
    in_variables, by_token = ("key", "AWS_ACCESS_KEY_ID"), ("", "AWS_WEB_IDENTITY_TOKEN_FILE")
    assert described == [profile_keys, in_variables, profile_keys, by_token]
    assert Settings(None, {"AWS_DEFAULT_REGION": "eu-west-2"}).region == "eu-west-2"
    with pytest.raises(ConfigError, match=r"\(none\) could not be found"):
        Settings("none", environ)
    for name, value in (("AWS_SESSION_TOKEN", "t\u00a0"), ("AWS_SECRET_ACCESS_KEY", "s\udcff")):
        with pytest.raises(ConfigError, match="The keys of AWS_ACCESS_KEY_ID have characters outside ASCII"):
            Settings(None, {**KEYS, name: value}).keys()


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("AWS_REGION", "eu-w\u00e9st-1", "region"),
        ("AWS_DEFAULT_REGION", "e u", "region"),
        ("AWS_ENDPOINT_URL", "https://store.example/\u03bb", "endpoint"),
        ("AWS_ENDPOINT_URL_S3", "https://store.example/\udcff", "endpoint"),
    ],
)
def test_what_cannot_be_sent_is_refused_where_it_is_read(name: str, value: str, problem: str):
    with pytest.raises(ConfigError, match=f"Invalid {problem}"):
        client_of(None, environ={**KEYS, name: value})


@pytest.mark.parametrize(
    "around", ["{}\r", " {}\t", "{}\n"], ids=["botocore-2001", "blanks", "a Kubernetes secret with a line break"]
)
def test_blanks_and_line_breaks_around_variables_are_no_part_of_them(around: str):
    variables = {
        **KEYS,
        "AWS_SESSION_TOKEN": "token",
        "AWS_REGION": "eu-west-2",
        "AWS_ENDPOINT_URL_S3": "https://store.example",
    }
    settings = Settings(None, {name: around.format(value) if value else value for name, value in variables.items()})
    assert settings.keys()() == Keys("key", "secret", "token")
    assert settings.described_keys() == ("key", "AWS_ACCESS_KEY_ID")
    assert (settings.region, settings.endpoint_url) == ("eu-west-2", "https://store.example")


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path):
    environ = profile(tmp_path, keys="\ufeff[default]\r\naws_access_key_id = a \r\naws_secret_access_key = s\r\n")
    assert Settings(None, environ).keys()() == Keys("a", "s")


@pytest.mark.parametrize(
    ("lines", "host"),
    [
        ("use_dualstack_endpoint = true", "s3.dualstack.us-east-1"),
        ("s3 =\n  use_dualstack_endpoint = true", "s3.dualstack.us-east-1"),
        ("use_fips_endpoint = true", "s3-fips.us-east-1"),
        ("use_fips_endpoint = true\nuse_dualstack_endpoint = True", "s3-fips.dualstack.us-east-1"),
        ("use_dualstack_endpoint = false", "s3.us-east-1"),
    ],
)
def test_a_profile_chooses_the_kind_of_address(tmp_path: Path, lines: str, host: str):
    environ = {**KEYS, **profile(tmp_path, f"[default]\n{lines}\n")}
    assert client_of(None, environ=environ).url("bkt", "k") == f"https://bkt.{host}.amazonaws.com/k"
    switch = {"AWS_USE_DUALSTACK_ENDPOINT": "false", "AWS_USE_FIPS_ENDPOINT": "false"}
    assert client_of(None, environ={**environ, **switch}).url("bkt", "k") == "https://bkt.s3.us-east-1.amazonaws.com/k"


@pytest.mark.parametrize(
    "source",
    ["role_arn = arn:aws:iam::1:role/r", "sso_session = s", "credential_process = p", "web_identity_token_file = f"],
)
def test_keys_of_other_sources_are_left_to_botocore(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    static = "aws_access_key_id = AKIA\naws_secret_access_key = s\n"
    environ = profile(tmp_path, f"[profile lab]\n{source}\n{static}")
    profiles = list[str | None]()
    monkeypatch.setattr(
        "omicsdk.transfer.s3.settings._found_by_botocore",
        lambda name: profiles.append(name) or (lambda: Keys("theirs", "x")),
    )
    assert Settings("lab", environ).keys()() == Keys("theirs", "x")
    assert Settings("lab", environ).described_keys() == ("", "profile lab of ~/.aws")
    assert profiles == ["lab"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[default]\nnonsense\n", "no setting"),
        ("region = a\n[default]\n", "no setting: 'region = a'"),
        ("[default]\na = 1\n[profile x]\n[default]\nb = 2\n", "a section that exists already: 'default'"),
        ("[default]\nregion = a\nRegion = b\n", "a setting that exists already: 'region'"),
    ],
)
def test_a_file_of_settings_that_botocore_refuses_is_left_to_it(text: str, fault: str, tmp_path: Path):
    (tmp_path / "config").write_text(text)
    with pytest.raises(ConfigParseError):
        raw_config_parse(str(tmp_path / "config"))
    with pytest.raises(ValueError, match=fault):
        read_sections(text)


def test_settings_may_be_indented():
    text = "[a]\n  s3 =\n    addressing_style = path\n  region = eu\n[profile 'b c'] # x\n\tx = 1\n\t; y\n\tz : 2 # 3\n"
    assert read_sections(text) == {
        "a": {"s3": "", "s3.addressing_style": "path", "region": "eu"},
        "profile b c": {"x": "1", "z": "2 # 3"},
    }
    with pytest.raises(ValueError, match=r"several lines: 'b = c'"):  # only botocore joins them
        read_sections("[a]\nx = 1\n b = c\n")


# -- what is corrected


def test_a_wrong_clock_is_corrected_once():
    clock = ManualClock(NOW + 3600)

    def answer(request: Request) -> Answer:
        if request.headers["x-amz-date"] == moment_of(NOW):
            return Answer(body=page_of({}))
        return refusal("RequestTimeTooSkewed", 403, date=formatdate(NOW, usegmt=True))

    service = Service(answer)
    client = client_of(service, clock=clock)
    for _ in range(2):
        client.request("GET", "bkt", doing="Listing")
    assert len(service.requests) == 3
    always = Service(lambda _: refusal("RequestTimeTooSkewed", 403, date=formatdate(NOW + 9000, usegmt=True)))
    with pytest.raises(Forbidden):
        client_of(always, clock=clock).request("GET", "bkt", doing="Listing")
    assert len(always.requests) == 2


def test_keys_that_ended_are_looked_for_again(tmp_path: Path):
    environ = profile(
        tmp_path, "", "[default]\naws_access_key_id = A\naws_secret_access_key = s\naws_session_token = old\n"
    )

    def answer(request: Request) -> Answer:
        if request.headers["x-amz-security-token"] == "new":
            return Answer(body=page_of({}))
        (tmp_path / "keys").write_text((tmp_path / "keys").read_text().replace("old", "new"))
        return refusal("ExpiredToken", 400)

    service = Service(answer)
    client_of(service, environ=environ).request("GET", "bkt", doing="Listing")
    assert len(service.requests) == 2
    refusing = Service(lambda _: refusal("ExpiredToken", 400))
    with pytest.raises(Exception, match="Check AWS_ACCESS_KEY_ID"):
        client_of(refusing).request("GET", "bkt", doing="Listing")
    assert len(refusing.requests) == 1  # there are no others


def test_a_store_that_is_busy_is_asked_later_and_so_are_other_requests_to_the_bucket():
    clock = ManualClock(NOW)
    service = Service(in_turn(refusal("SlowDown", 503, retry_after="7"), Answer(), Answer()))
    client = client_of(service, clock=clock)
    before = clock.monotonic()
    client.request("GET", "bkt", doing="Listing")
    assert clock.monotonic() - before == 7
    failing = Service(lambda _: refusal("SlowDown", 503))
    with pytest.raises(ServerError):
        client_of(failing, clock=clock).request("GET", "bkt", doing="Listing")
    assert len(failing.requests) > 3


def test_few_results_wait_for_a_slow_exchange(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exchanges, "MOST_RESULTS", 8)
    begun: list[int] = []

    def exchange(number: int) -> Generator[Any, Any, int]:
        begun.append(number)
        yield 1.0 if number == 0 else 0.0
        return number

    wire = SimpleNamespace(flying=0, wake=lambda: None, close=lambda: None)  # nothing is sent
    pool: Any = SimpleNamespace(new_wire=lambda connections: wire)
    options = TransferOptions(connections=2)
    results = exchanges.perform_all(map(exchange, range(99)), pool, ManualClock(), options)
    assert next(results) == 0
    assert len(begun) < 12
    assert list(results) == list(range(1, 99))


@pytest.mark.parametrize(
    ("code", "status"), [("InternalError", 200), ("RequestTimeout", 400), ("OperationAborted", 409)]
)
def test_a_request_that_s3_asks_to_repeat_is_repeated(code: str, status: int):
    """S3 begins the response to a copy before it has copied."""
    copied = Answer(body=b"<CopyObjectResult><ETag>&quot;e&quot;</ETag></CopyObjectResult>")
    service = Service(in_turn(refusal(code, status), copied))
    client = client_of(service, clock=ManualClock())
    result = client.perform(client.copy(("bkt", "a b"), ("to", "c"), 1, doing="Copying"))
    assert result == {"etag": "e"}
    assert service.requests[0].headers["x-amz-copy-source"] == "bkt/a%20b"


@pytest.mark.parametrize(
    ("code", "kind"),
    [("PreconditionFailed", PreconditionFailed), ("InvalidPart", BadRequest), ("AccessDenied", Forbidden)],
)
def test_a_lasting_error_in_a_response_of_success_is_raised_at_once(code: str, kind: type[Exception]):
    """S3 sends the status before it looks at the parts, and at the condition."""
    service = Service(lambda _: refusal(code, 200))
    with pytest.raises(kind):
        client_of(service, clock=ManualClock()).finish_parts("bkt", "k", "id", [], doing="Ending")
    assert len(service.requests) == 1


def test_blanks_that_keep_a_connection_alive_may_come_before_the_document():
    """MinIO sent them while it assembled an object."""
    blanks = b"\n\r" * 30 + b'<?xml version="1.0"?>'
    result = b"<CompleteMultipartUploadResult><ETag>e-3</ETag></CompleteMultipartUploadResult>"
    client = client_of(Service(lambda _: Answer(body=blanks + result)))
    assert client.finish_parts("bkt", "k", "id", [], doing="Ending")["ETag"] == "e-3"


@pytest.mark.parametrize("headers", [{}, {"x-amz-bucket-region": "eu-w\u00e9st-3"}])
def test_a_region_that_only_the_body_states_is_found(headers: dict[str, str]):
    body = b"<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></Error>"
    service = Service(in_turn(Answer(400, body, headers), Answer()))
    client = client_of(service)
    client.request("GET", "bkt", doing="Listing")
    assert [request.host for request in service.requests] == [
        f"bkt.s3.{region}.amazonaws.com" for region in ("us-east-1", "eu-west-3")
    ]


def test_why_a_head_is_refused_is_asked_by_a_get():
    service = Service(lambda request: Answer(403) if request.method == "HEAD" else refusal("AccessDenied", 403))
    client = client_of(service)
    with pytest.raises(Forbidden) as refused:
        client.perform(client.head("bkt", "key", doing="Reading"))
    assert refused.value.code == "AccessDenied"
    assert service.requests[-1].headers["range"] == "bytes=0-0"


def test_an_upload_that_is_gone_is_named_so():
    with pytest.raises(NoSuchUpload):
        client_of(Service(lambda _: refusal("NoSuchUpload", 404))).finish_parts("bkt", "k", "id", [], doing="Ending")


# -- who


def test_without_keys_requests_are_not_signed_unless_that_was_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("omicsdk.transfer.s3.settings._found_by_botocore", lambda _: lambda: None)
    none = {"AWS_CONFIG_FILE": "", "AWS_SHARED_CREDENTIALS_FILE": ""}
    service = Service(lambda _: Answer())
    client_of(service, environ=none).request("GET", "bkt", doing="Listing")
    client_of(service, anonymous=True).request("GET", "bkt", doing="Listing")
    assert [request.headers.get("authorization") for request in service.requests] == [None, None]
    with pytest.raises(AuthError):
        client_of(service, environ=none, anonymous=False).request("GET", "bkt", doing="Listing")


def test_a_payer_is_named_in_each_request_and_signed():
    service = Service(lambda _: Answer())
    client = client_of(service, requester_pays=True)
    client.request("GET", "bkt", doing="Listing")
    sent = [service.requests[0].headers, dict(headers_for(client.location("bkt", "k")))]
    for headers in sent:
        assert headers["x-amz-request-payer"] == "requester"
        assert "x-amz-request-payer" in headers["authorization"]
    assert "x-amz-request-payer=requester" in client.presigned("bkt", "k", 60)


def test_requests_for_bytes_ask_for_checksums_and_are_signed_when_they_are_sent():
    clock = ManualClock(NOW)
    location = client_of(None, clock=clock).location("bkt", "k", version="v/1")
    first = dict(headers_for(location))
    clock.sleep(100)
    second = dict(headers_for(location))
    assert location.url.endswith("/k?versionId=v%2F1")
    assert first["x-amz-checksum-mode"] == "ENABLED"
    assert first["x-amz-date"] != second["x-amz-date"]
    assert first["authorization"] != second["authorization"]


# -- many objects


def test_a_store_that_refuses_to_state_checksums_is_not_asked_for_them_again():
    """As Backblaze did."""
    name = "x-amz-checksum-mode"
    message = f"Unsupported header '{name}' received for this API call."
    body = f"<Error><Code>InvalidArgument</Code><Message>{message}</Message></Error>".encode()

    def answer(request: Request) -> Answer:
        if name in request.headers:
            return Answer(400, b"" if request.method == "HEAD" else body)
        return Answer(headers={"etag": '"e"'})

    service = Service(answer)
    client = client_of(service)
    for _ in range(2):
        assert client.perform(client.head("bkt", "key", doing="Reading"))["etag"] == '"e"'
    assert [request.method for request in service.requests] == ["HEAD", "GET", "HEAD", "HEAD"]
    location = client.location("bkt", "key")
    assert location.sign is not None
    assert name not in location.sign("GET", location.url)


def test_a_thousand_objects_are_deleted_by_one_request_and_odd_keys_alone():
    def answer(request: Request) -> Answer:
        if request.method == "DELETE":
            return Answer(204)
        assert request.headers["content-md5"] == base64.b64encode(hashlib.md5(request.body).digest()).decode()
        refused = "<Error><Key>a&amp;b</Key><Code>AccessDenied</Code><Message>not this</Message></Error>"
        return Answer(body=f"<DeleteResult>{refused}</DeleteResult>".encode())

    service = Service(answer)
    failed = client_of(service).delete_many("bkt", ["a&b", "c<d>", "odd\x01", "é"], doing="Removing")
    assert list(failed) == ["a&b"]
    assert isinstance(failed["a&b"], Forbidden)
    assert [request.method for request in service.requests] == ["DELETE", "POST"]
    assert b"<Key>c&lt;d&gt;</Key>" in service.requests[1].body
    assert "\u00e9".encode() in service.requests[1].body


@pytest.mark.parametrize("status", [200, 204])
def test_a_store_that_says_nothing_of_deletions_has_carried_them_out(status: int):
    """As Baidu's, which is asked for errors alone."""
    assert client_of(Service(lambda _: Answer(status))).delete_many("bkt", ["a", "b"], doing="Removing") == {}


@pytest.mark.parametrize(("code", "status"), [("NotImplemented", 501), ("InvalidArgument", 400)])
def test_a_store_that_deletes_one_by_one_is_asked_so_from_then_on(code: str, status: int):
    """Google's takes the request for many as one for a new bucket."""
    service = Service(lambda request: refusal(code, status) if request.method == "POST" else Answer(204))
    client = client_of(service, clock=ManualClock(NOW))
    for _ in range(2):
        assert client.delete_many("bkt", ["a", "b"], doing="Removing") == {}
    assert [request.method for request in service.requests].count("DELETE") == 4
    assert [request.method for request in service.requests].count("POST") == 1


@pytest.mark.parametrize(
    ("codes", "failed"),
    [
        ({"a": "AccessDenied", "b": "AccessDenied"}, ["a"]),
        ({"a": "InternalError", "b": "SlowDown"}, ["a"]),
        ({"b": "InternalError", "c": "InvalidArgument"}, ["c"]),
    ],
)
def test_objects_that_the_request_for_all_leaves_may_be_deleted_one_by_one(codes: dict[str, str], failed: list[str]):
    # Some stores state no message.
    errors = "".join(f"<Error><Key>{key}</Key><Code>{code}</Code></Error>" for key, code in codes.items())

    def answer(request: Request) -> Answer:
        if request.method == "POST":
            return Answer(body=f"<DeleteResult>{errors}</DeleteResult>".encode())
        return Answer(204) if request.path == "/b" else refusal("AccessDenied", 403)

    assert list(client_of(Service(answer)).delete_many("bkt", [*codes], doing="Removing")) == failed


@pytest.mark.parametrize("many", [False, True])
def test_an_object_in_the_place_of_one_byte_is_not_received_whole(many: bool):
    received = list[int]()

    class Large(Answer):
        def pieces(self) -> Iterator[bytes]:
            mib = bytes(1 << 20)
            for number in range(100):
                received.append(number)
                yield mib

    client = client_of(Service(lambda request: Answer(403) if request.method == "HEAD" else Large()))
    look = client.head("bkt", "a", doing="Reading")
    if many:
        assert [type(result) for result in client.perform_all([look], TransferOptions())] == [Forbidden]
    else:
        with pytest.raises(Forbidden):
            client.perform(look)
    assert len(received) == 64


def test_an_error_is_that_of_its_own_key_where_others_lack_a_part():
    errors = (
        "<Error><Key>a</Key><Code>AccessDenied</Code></Error>"
        "<Error><Key>b</Key><Message>is locked</Message></Error>"
        "<Error><Key>c</Key><Code>NoSuchKey</Code><Message>is missing</Message></Error>"
    )
    service = Service(lambda _: Answer(body=f"<DeleteResult>{errors}</DeleteResult>".encode()))
    failed = client_of(service).delete_many("bkt", ["a", "b", "c", "d"], doing="Removing")
    assert {key: (error.message.partition(": ")[2], getattr(error, "code", "")) for key, error in failed.items()} == {
        "a": ("AccessDenied", "AccessDenied"),
        "b": ("is locked", ""),
        "c": ("is missing", "NoSuchKey"),
    }


@pytest.mark.parametrize("key", ["", "<Key>a%20</Key>"])
def test_an_error_without_a_key_that_was_sent_may_be_any_object_s(key: str):
    refused = f"<Error>{key}<Code>InvalidArgument</Code></Error><Error><Key>b</Key><Code>NoSuchKey</Code></Error>"
    service = Service(lambda _: Answer(body=f"<DeleteResult>{refused}</DeleteResult>".encode()))
    failed = client_of(service).delete_many("bkt", ["a ", "b"], doing="Removing")
    assert {key: getattr(error, "code", "") for key, error in failed.items()} == {
        "a ": "InvalidArgument",
        "b": "NoSuchKey",
    }


def test_a_large_object_is_copied_in_parts_of_one_version(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(s3_client, "COPY_IN_PARTS", 10)
    monkeypatch.setattr(s3_client, "COPY_PART", 4)
    # aws-sdk-java issue 367, aws-c-s3 pull request 641, aws-sdk-cpp pull request 3846: what S3 itself copies with a whole object.
    copied = {"content-type": "text/x", "x-amz-meta-a": "1", "expires": "Thu, 01 Jan 2099 00:00:00 GMT"}

    def answer(request: Request) -> Answer:
        match request.method, dict(request.query):
            case "HEAD", _:
                return Answer(headers={"etag": '"e"', "x-amz-tagging-count": "2", "date": "x", **copied})
            case "GET", {"tagging": ""}:
                tags = "".join(f"<Tag><Key>{k}</Key><Value>{v}</Value></Tag>" for k, v in (("a", "b c"), ("d", "")))
                return Answer(body=f"<Tagging><TagSet>{tags}</TagSet></Tagging>".encode())
            case "POST", {"uploads": ""}:
                return Answer(
                    body=b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
                )
            case "PUT", {"partNumber": number}:
                return Answer(body=f"<CopyPartResult><ETag>p{number}</ETag></CopyPartResult>".encode())
            case _:
                return Answer(body=b"<CompleteMultipartUploadResult><ETag>w</ETag></CompleteMultipartUploadResult>")

    service = Service(answer)
    client = client_of(service)
    assert client.perform(client.copy(("bkt", "a"), ("to", "b"), 10, doing="Copying")) == {"etag": "w"}
    begun = next(request for request in service.requests if "uploads" in request.query)
    assert begun.headers.items() >= {**copied, "x-amz-tagging": "a=b+c&d="}.items()
    spans = sorted(
        request.headers["x-amz-copy-source-range"] for request in service.requests if request.method == "PUT"
    )
    assert spans == ["bytes=0-3", "bytes=4-7", "bytes=8-9"]
    assert {r.headers["x-amz-copy-source-if-match"] for r in service.requests if r.method == "PUT"} == {'"e"'}
    assert service.requests[-1].body.count(b"<Part>") == 3


def test_an_upload_begins_at_servers_that_name_the_document_otherwise():
    document = b"<InitiateMultipartUpload><UploadId>u</UploadId></InitiateMultipartUpload>"  # gofakes3's
    client = client_of(Service(lambda _: Answer(body=document)))
    assert client.begin_parts("bkt", "k", {}, doing="Beginning") == ("u", "")
    with pytest.raises(DecodeError):
        client_of(Service(lambda _: Answer(body=b"<Other/>"))).begin_parts("bkt", "k", {}, doing="Beginning")


@pytest.mark.parametrize("end", [NotFound, KeyboardInterrupt, Interrupted])
@pytest.mark.parametrize("removal", [Answer(), refusal("AccessDenied", 403)])
def test_a_copy_in_parts_that_fails_is_given_up_after_its_parts_in_flight(
    monkeypatch: pytest.MonkeyPatch, removal: Answer, end: type[BaseException]
):
    monkeypatch.setattr(s3_client, "COPY_IN_PARTS", 10)
    monkeypatch.setattr(s3_client, "COPY_PART", 1)
    begun = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
    in_flight, failed, removed, copied_late = Event(), Event(), Event(), list[bool]()

    def part(number: str) -> Answer:
        if number == "1":
            in_flight.wait()
            failed.set()
            if end is KeyboardInterrupt:
                raise KeyboardInterrupt
            return Answer(body=b"<CopyPartResult/>") if end is Interrupted else refusal("NoSuchKey", 404)
        in_flight.set()
        failed.wait()
        copied_late.append(removed.wait(0.2))  # without it nothing shows that the removal does not come before
        return Answer(body=b"<CopyPartResult/>")

    def answer(request: Request) -> Answer:
        if request.method == "PUT":
            return part(request.query["partNumber"])
        if request.method == "DELETE":
            removed.set()
            return removal
        return Answer(body=begun if request.method == "POST" else b"")

    service = Service(answer)
    client = client_of(service)
    with pytest.raises(end), stopping(lambda: end is Interrupted and failed.is_set()):
        client.perform(client.copy(("bkt", "a"), ("to", "b"), 100, doing="Copying"))
    assert (service.requests[-1].method, service.requests[-1].query["uploadId"]) == ("DELETE", "u")
    assert copied_late
    assert not any(copied_late)
    assert len([request for request in service.requests if request.method == "PUT"]) < 100


def test_a_boto3_clients_settings_are_used():
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    made = boto3.Session("AKIA", "s", region_name="eu-west-3").client("s3", endpoint_url="http://127.0.0.1:9")
    client = S3Client(client=made)
    assert client.url("bkt", "k") == "http://127.0.0.1:9/bkt/k"
    assert "AKIA/" in dict(headers_for(client.location("bkt", "k")))["authorization"]
    unsigned = boto3.Session("AKIA", "s").client(
        "s3", region_name="eu-west-3", config=Config(signature_version=UNSIGNED)
    )
    assert S3Client(client=unsigned).is_unsigned
    assert S3Client(client=unsigned).url("bkt", "k") == "https://bkt.s3.eu-west-3.amazonaws.com/k"


def test_secrets_are_in_no_repr():
    shown: Mapping[str, object] = vars(client_of(None))
    assert "secret" not in repr(shown)
