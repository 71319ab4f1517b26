"""Credentials by host, as several threads use them."""

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from weakref import WeakSet

import pytest
from omicsdk import BearerToken
from omicsdk.core.credentials import ApiKey, Credentials
from omicsdk.core.errors import ConfigError
from omicsdk.drs import HostCredentials, Passports
from omicsdk.drs.credentials import Storage

FIRST, SECOND = "https://first.example/objects/a", "https://second.example/objects/a"


def test_the_token_that_was_refused_is_renewed_whatever_hosts_were_used_before() -> None:
    tokens = {
        "first.example": BearerToken("1", refresh=lambda: "2"),
        "second.example": BearerToken("3", refresh=lambda: "4"),
    }
    credentials = HostCredentials(tokens)
    credentials.headers("GET", FIRST)
    refused = credentials.headers("GET", SECOND)
    assert credentials.renew(refused)
    assert credentials.headers("GET", SECOND) == {"authorization": "Bearer 4"}
    assert credentials.headers("GET", FIRST) == {"authorization": "Bearer 1"}


def test_tokens_that_were_replaced_long_ago_are_forgotten() -> None:
    class Text(str):
        """Text that can be referenced weakly."""

    class Signing(Credentials):
        def headers(self, method: str, url: str) -> dict[str, str]:
            texts.add(text := Text(f"{len(url)} {next(numbers)}"))
            return {"authorization": text}

    texts, numbers = WeakSet[Text](), count()
    tokens = {"first.example": Signing("*"), "second.example": BearerToken("1", refresh=lambda: "2")}
    credentials = HostCredentials(tokens)
    refused = credentials.headers("GET", SECOND)
    for _ in range(1000):
        credentials.headers("GET", FIRST)
    assert len(texts) <= 128
    assert credentials.renew(refused), "that of another host is remembered"


def test_a_refusal_that_no_host_can_renew_is_final() -> None:
    tokens = {"first.example": BearerToken("1", refresh=lambda: "2"), "second.example": BearerToken("3")}
    credentials = HostCredentials(tokens)
    credentials.headers("GET", FIRST)
    assert not credentials.renew(credentials.headers("GET", SECOND))


def test_a_host_that_is_added_meanwhile_disturbs_nothing() -> None:
    class Adding(Credentials):
        def ready(self) -> bool:
            return credentials.of("second.example") is None

    credentials = HostCredentials({"first.example": Adding("*")})
    credentials.of("first.example")
    assert credentials.ready()


def test_threads_share_one_call_of_the_function_for_a_host() -> None:
    both, calls = threading.Barrier(2), list[str]()

    def login(host: str) -> Credentials:
        calls.append(host)
        with suppress(threading.BrokenBarrierError):
            both.wait(0.2)
        return Credentials("*")

    credentials = HostCredentials(login)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(credentials.of, ["first.example"] * 2)
    assert (first is second, calls) == (True, ["first.example"])


def test_hosts_are_found_in_any_case() -> None:
    token = BearerToken("1")
    assert HostCredentials({"First.example": token}).of("First.example") is token
    assert HostCredentials({"first.example": token}.get).of("FIRST.example") is token


def test_they_can_be_sent_to_another_process_after_their_use() -> None:
    credentials = HostCredentials({"first.example": BearerToken("1")})
    headers = credentials.headers("GET", FIRST)
    assert pickle.loads(pickle.dumps(credentials)).headers("GET", FIRST) == headers


def test_credentials_by_host_are_ready_when_all_that_were_used_are() -> None:
    class Slow(Credentials):
        def ready(self) -> bool:
            return False

    credentials = HostCredentials({"first.example": ApiKey("k", query="key"), "slow.example": Slow()})
    assert (credentials.origins, credentials.ready()) == ({"*"}, False)
    assert credentials.query("GET", FIRST) == {"key": "k"}
    credentials.of("other.example")
    assert credentials.ready()
    credentials.of("slow.example")
    assert not credentials.ready()


PASSPORT = "a-1.b_2.c"


@pytest.mark.parametrize("tokens", [PASSPORT, [PASSPORT], iter([PASSPORT])])
def test_passports_are_tokens_for_their_servers(tokens: str | list[str]) -> None:
    passports = Passports(tokens, origins="https://first.example")
    assert (passports.tokens, passports.goes_to(FIRST), passports.goes_to(SECOND)) == ((PASSPORT,), True, False)


@pytest.mark.parametrize(
    ("tokens", "problem"),
    [
        ((), "There is no passport"),
        ("a.b", "Passport 1 is not a JSON Web Token"),
        ([PASSPORT, f"{PASSPORT}\n"], "Passport 2 is not a JSON Web Token"),
    ],
)
def test_what_is_no_passport_is_refused(tokens: str | list[str], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        Passports(tokens)


@pytest.mark.parametrize(
    ("environ", "url", "headers"),
    [
        ({}, "https://storage.googleapis.com/b%20c/a%3F/k", {}),
        ({"OMICS_GOOGLE_PROJECT": "p q"}, "https://storage.googleapis.com/b%20c/a%3F/k?userProject=p%20q", {}),
        ({"OMICS_GOOGLE_URL": "http://127.0.0.1:1/"}, "http://127.0.0.1:1/b%20c/a%3F/k", {}),
        (
            {"OMICS_GOOGLE_TOKEN": "t"},
            "https://storage.googleapis.com/b%20c/a%3F/k",
            {"authorization": "Bearer t"},
        ),
    ],
)
def test_an_object_of_google_has_a_url_and_the_login_of_the_user(
    environ: dict[str, str], url: str, headers: dict[str, str], tmp_path: Path
) -> None:
    location = Storage({"CLOUDSDK_CONFIG": str(tmp_path), **environ}).location("gs://b c/a?/k")
    assert (location.url, dict(location.headers)) == (url, headers)


def test_a_google_token_is_not_sent_over_http() -> None:
    storage = Storage({"OMICS_GOOGLE_TOKEN": "t", "OMICS_GOOGLE_URL": "http://storage.example.org"})
    with pytest.raises(ConfigError, match=r"http://storage\.example\.org: credentials are not sent over http"):
        storage.location("gs://b/k")


@pytest.mark.parametrize(("pays", "is_paid"), [("", False), ("no", False), ("true", True), ("ON", True), ("1", True)])
def test_an_object_of_s3_has_a_signed_url_that_states_who_pays(
    pays: str, is_paid: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Signer:
        """Signs without asking for the bucket's region."""

        def __init__(self, requester_pays: bool) -> None:
            self.requester_pays = requester_pays

        def presigned(self, bucket: str, key: str, seconds: int) -> str:
            return f"https://{bucket}.s3.test/{key}?seconds={seconds}&paid={self.requester_pays}"

        def checksums_of(self, bucket: str) -> object:
            return None

    monkeypatch.setattr("omicsdk.transfer.s3.client.S3Client", Signer)
    storage = Storage({"OMICS_S3_REQUESTER_PAYS": pays})
    assert storage.location("s3://bucket/a/k").url == f"https://bucket.s3.test/a/k?seconds=3600&paid={is_paid}"
