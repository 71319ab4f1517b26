"""Credentials by host, as several threads use them."""

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from weakref import WeakSet

import pytest
from omicsdk import BearerToken
from omicsdk.core.credentials import ApiKey, Credentials
from omicsdk.core.errors import ConfigError
from omicsdk.drs import HostCredentials, Passports

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
