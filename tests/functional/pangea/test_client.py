"""The typed clients: logging in when it is needed, again when the token has ended, and finding things by their names."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from omicsdk.compat.pangea_api import Knex, Organization, SampleGroup
from omicsdk.core import ANONYMOUS, NO_RETRY, AuthError, ConfigError, Forbidden, NotFound, OmicsError
from omicsdk.pangea import AsyncPangea, Pangea, PasswordLogin
from omicsdk.pangea.login import LoginRequired
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER

PASSWORD = "canary-password"
LOGIN = PasswordLogin(SANDBOX_PANGEA_USER, PASSWORD)
"""For servers that are none."""


def login_of(sandbox: Sandbox) -> PasswordLogin:
    return PasswordLogin(SANDBOX_PANGEA_USER, sandbox.password)


@pytest.fixture
def pangea(sandbox: Sandbox) -> Iterator[Pangea]:
    with Pangea(sandbox.pangea_url, credentials=login_of(sandbox)) as pangea:
        yield pangea


def logins(sandbox: Sandbox) -> int:
    return len(sandbox.requests("/pangea/api/auth/token/login"))


def test_the_server_is_found_as_knex_finds_it(monkeypatch: pytest.MonkeyPatch):
    assert Pangea().base_url == "https://pangeabio.io"
    monkeypatch.setenv("PANGEA_ENDPOINT", "https://mine.example.org/")
    assert Pangea().base_url == "https://mine.example.org"
    assert AsyncPangea("https://other.example.org/api").base_url == "https://other.example.org"
    with pytest.raises(ConfigError, match="does not begin with"):
        Pangea("pangeabio.io")


def test_it_logs_in_when_something_is_queried_and_only_once(pangea: Pangea, sandbox: Sandbox):
    assert logins(sandbox) == 0
    assert pangea.get_me().email == SANDBOX_PANGEA_USER
    assert pangea.create_organization(name="Mine").name == "Mine"
    assert logins(sandbox) == 1


def test_threads_share_one_login(pangea: Pangea, sandbox: Sandbox):
    begin = threading.Barrier(4)

    def ask() -> None:
        begin.wait()
        pangea.get_me()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert logins(sandbox) == 1


def test_a_token_that_has_ended_is_renewed_and_the_request_sent_again(pangea: Pangea, sandbox: Sandbox):
    pangea.get_me()
    with Knex(sandbox.pangea_url) as elsewhere:
        elsewhere.login(username=SANDBOX_PANGEA_USER, password=sandbox.password).post("auth/token/logout")
    assert pangea.create_organization(name="After all").name == "After all"
    assert [org.name for org in pangea.list_organizations.iterate(name="After all")] == ["After all"]


def test_a_refusal_for_another_reason_is_one(pangea: Pangea, sandbox: Sandbox):
    with Pangea(sandbox.pangea_url) as anonymous, pytest.raises(LoginRequired, match="were not provided"):
        anonymous.create_organization(name="x")
    with Pangea(sandbox.pangea_url, credentials="0" * 40) as wrong, pytest.raises(Forbidden, match="Invalid token"):
        wrong.list_organizations()


def test_a_wrong_password(sandbox: Sandbox):
    with (
        Pangea(sandbox.pangea_url, credentials=PasswordLogin(SANDBOX_PANGEA_USER, "another")) as pangea,
        pytest.raises(AuthError, match="Unable to log in") as caught,
    ):
        pangea.create_organization(name="x")
    assert "another" not in str(caught.value)
    with pytest.raises(ConfigError, match="no password"):
        PasswordLogin(SANDBOX_PANGEA_USER, "")


def test_a_login_that_is_refused_is_an_error_for_what_is_public_too(sandbox: Sandbox):
    wrong = PasswordLogin(SANDBOX_PANGEA_USER, "another")
    with (
        Pangea(sandbox.pangea_url, credentials=wrong) as pangea,
        pytest.raises(AuthError, match="Unable to log in"),
    ):
        pangea.list_organizations()

    async def listed() -> None:
        async with AsyncPangea(sandbox.pangea_url, credentials=wrong) as pangea:
            await pangea.list_organizations()

    with pytest.raises(AuthError, match="Unable to log in"):
        asyncio.run(listed())


def test_a_password_is_changed_by_the_login_that_has_the_present_one(sandbox: Sandbox):
    login = PasswordLogin(SANDBOX_PANGEA_USER, sandbox.password)
    with Pangea(sandbox.pangea_url, credentials=login) as pangea:
        assert pangea.change_password("Newpass99-") == SANDBOX_PANGEA_USER
        assert pangea.change_password("Newpass98-") == SANDBOX_PANGEA_USER
    with (
        Pangea(sandbox.pangea_url, credentials="0" * 40) as other,
        pytest.raises(AuthError, match="current password"),
    ):
        other.change_password("x")


def test_the_login_of_the_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PANGEA_ENDPOINT", sandbox.pangea_url)
    monkeypatch.setenv("PANGEA_USER", SANDBOX_PANGEA_USER)
    with pytest.raises(AuthError, match="Set PANGEA_PASS"):
        Pangea()
    monkeypatch.setenv("PANGEA_PASS", sandbox.password)
    with Pangea() as pangea:
        assert pangea.whoami().email == SANDBOX_PANGEA_USER
    with Pangea(credentials=ANONYMOUS) as anonymous, pytest.raises(LoginRequired, match="were not provided"):
        anonymous.create_organization(name="x")
    monkeypatch.setenv("OMICS_PANGEA_TOKEN", "0" * 40)
    with Pangea() as wrong, pytest.raises(Forbidden, match="Invalid token"):
        wrong.list_organizations()


def test_one_login_for_two_servers_keeps_their_tokens_apart():
    sent: list[tuple[str, str | None]] = []

    def response(request: httpx.Request) -> httpx.Response:
        sent.append((request.url.host, request.headers.get("authorization")))
        if request.url.path.endswith("/login/"):
            return httpx.Response(200, json={"auth_token": f"of-{request.url.host}"})
        return httpx.Response(200, json={"count": 0, "next": None, "previous": None, "results": []})

    transport = httpx.MockTransport(response)
    for host in ("a.example.org", "b.example.org"):
        with Pangea(f"https://{host}", credentials=LOGIN, transport=transport) as pangea:
            pangea.list_organizations()
    assert sent == [
        ("a.example.org", None), ("a.example.org", "Token of-a.example.org"),
        ("b.example.org", None), ("b.example.org", "Token of-b.example.org"),
    ]  # fmt: skip


def test_a_server_that_fails_at_the_login_reveals_nothing_of_the_password():
    down = httpx.MockTransport(lambda _: httpx.Response(502, text="Bad Gateway"))
    with (
        Pangea("https://pangea.test", credentials=LOGIN, transport=down, retry=NO_RETRY) as pangea,
        pytest.raises(AuthError, match="502") as caught,
    ):
        pangea.create_organization(name="x")
    assert PASSWORD not in str(caught.value)


def test_a_password_is_not_sent_unencrypted():
    requests: list[httpx.Request] = []

    def response(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"count": 0, "next": None, "previous": None, "results": []})

    pangea = Pangea(
        "http://pangea.example.org", credentials=LOGIN, transport=httpx.MockTransport(response), retry=NO_RETRY
    )
    with pytest.raises(AuthError, match="is not encrypted"):
        pangea.create_organization(name="x")
    assert requests == []


def test_clones_keep_the_login(pangea: Pangea, sandbox: Sandbox):
    assert pangea.with_options(timeout=30).get_me().email == SANDBOX_PANGEA_USER
    assert sandbox.password not in repr(pangea) + repr(pangea._exchange) + repr(pangea._exchange.transport.credentials)


def test_the_login_goes_the_same_way(sandbox: Sandbox):
    dead = {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "none"}
    with (
        Pangea("http://localhost:1", credentials=LOGIN, environ=dead, retry=NO_RETRY) as pangea,
        pytest.raises(OmicsError, match="by way of the proxy") as caught,
    ):
        pangea.create_organization(name="x")
    assert PASSWORD not in str(caught.value)
    with Pangea(sandbox.pangea_url, credentials=login_of(sandbox), retry=None, timeout=30) as pangea:
        assert pangea.get_me().email == SANDBOX_PANGEA_USER


# -- by name


@pytest.fixture
def odd(knex: Knex, library: SampleGroup) -> SampleGroup:
    odd = library.org.sample_group("a/b", is_library=True, is_public=True).create()
    for name in ("s/1", "s?2", "case", "CASE"):
        odd.sample(name).create()
    return odd


def test_objects_by_their_names(pangea: Pangea, odd: SampleGroup):
    assert pangea.find_organization("An Org").uuid == odd.org.uuid
    assert pangea.find_organization(str(odd.org.uuid)).name == "An Org"
    assert pangea.find_sample_group("An Org", "A Library").is_library
    assert pangea.find_sample_group("An Org", "a/b").uuid == odd.uuid
    assert pangea.find_sample_group("An Org", str(odd.uuid)).name == "a/b"
    for name in ("s/1", "s?2", "case", "CASE"):
        assert pangea.find_sample("An Org", "a/b", name).name == name
        assert pangea.find_sample(str(odd.org.uuid), str(odd.uuid), name).name == name
    uuid = odd.sample("case").get().uuid
    assert pangea.find_sample("An Org", "a/b", str(uuid)).name == "case"
    assert [sample.name for sample in pangea.samples_of("An Org", "a/b")] == ["s/1", "s?2", "case", "CASE"]


def test_names_that_do_not_exist(pangea: Pangea, odd: SampleGroup):
    for find in (
        lambda: pangea.find_organization("an org"),
        lambda: pangea.find_sample_group("An Org", "none"),
        lambda: pangea.find_sample_group("An Org", "none/none"),
        lambda: pangea.find_sample("An Org", "a/b", "none"),
        lambda: pangea.find_sample("An Org", "A Library", "s/1"),
    ):
        with pytest.raises(NotFound):
            find()


def test_the_same_for_asyncio(sandbox: Sandbox, odd: SampleGroup, knex: Knex):
    async def ask() -> None:
        async with AsyncPangea(sandbox.pangea_url, credentials=login_of(sandbox)) as pangea:
            assert (await pangea.get_me()).email == SANDBOX_PANGEA_USER
            assert (await pangea.find_organization("An Org")).uuid == odd.org.uuid
            assert (await pangea.find_organization(str(odd.org.uuid))).name == "An Org"
            assert (await pangea.find_sample_group("An Org", "a/b")).uuid == odd.uuid
            assert (await pangea.find_sample_group("An Org", "A Library")).is_library
            assert (await pangea.find_sample_group("An Org", str(odd.uuid))).name == "a/b"
            for name in ("s/1", "s?2", "case"):
                assert (await pangea.find_sample("An Org", "a/b", name)).name == name
                assert (await pangea.find_sample("An Org", str(odd.uuid), name)).name == name
            uuid = str(odd.sample("case").get().uuid)
            assert (await pangea.find_sample("An Org", "a/b", uuid)).name == "case"
            with pytest.raises(NotFound):
                await pangea.find_organization("none")
            knex.post("auth/token/logout")
            assert (await pangea.create_organization(name="After all")).name == "After all"
        async with AsyncPangea(sandbox.pangea_url) as anonymous:
            with pytest.raises(Forbidden):
                await anonymous.create_organization(name="x")

    asyncio.run(ask())


# -- files


def test_the_data_of_a_field_are_opened(pangea: Pangea, library: SampleGroup):
    library.sample("s").create().analysis_result("m").create().field("value", {"reads": 25}).create()
    with pangea.open("An Org", "A Library", "s", "m", "value") as file:
        assert json.load(file) == {"reads": 25}
    with pytest.raises(NotFound), pangea.open("An Org", "A Library", "s", "m", "none"):
        pytest.fail("there is no such field")


def test_the_file_of_a_field_is_opened_as_it_was_uploaded(pangea: Pangea, knex: Knex, tmp_path: Path):
    where = "Sandbox", "Sandbox Library"
    library = Organization(knex, where[0]).sample_group(where[1]).get()
    (tmp_path / "reads.txt").write_bytes(b"ACGT" * 500)
    sample = library.sample("s").create()
    sample.analysis_result("m").create().field("reads").create().upload_file(tmp_path / "reads.txt")
    with pangea.open(*where, "s", "m", "reads") as file:
        assert file.read() == b"ACGT" * 500
    pangea.download(*where, tmp_path / "dl", samples=["s"]).raise_if_failed()
    assert (tmp_path / "dl" / "s" / "s.m.reads.txt").read_bytes() == b"ACGT" * 500
    pangea.verify(*where, tmp_path / "dl", samples=["s"]).raise_if_failed()


def test_objects_are_listed_and_who_asks_is_known(pangea: Pangea, library: SampleGroup):
    library.sample("s").create()

    def named(*where: str) -> list[str]:
        return [item.name for item in pangea.ls(*where)]

    assert "An Org" in named()
    assert named("An Org") == ["A Library"]
    assert named("An Org", "A Library") == ["s"]
    with pytest.raises(NotFound):
        named("none")
    assert pangea.whoami().email == SANDBOX_PANGEA_USER
