"""The source of a login, determined without a request."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from gen3_commons import COMMONS, FakeCommons
from nobodys_home import leave_home
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.core import ConfigError, ManualClock
from omicsdk.gen3 import Gen3, Gen3AuthError, Gen3Login, Gen3UserError
from omicsdk.gen3.sources import ApiKey, Arguments, ClientLogin, GivenToken, Login, TokenService, login_of

OTHER = "https://other.example.org"
Write = Callable[[str], Path]


@pytest.fixture
def write(home: Path, api_key: dict[str, str]) -> Write:
    def put(name: str) -> Path:
        file = home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(api_key))
        return file

    return put


@pytest.mark.parametrize("name", ["credentials.json", "credentials"])
def test_the_profile_s_file_in_the_users_folder_is_found_by_itself(write: Write, home: Path, name: str):
    file = write(f".gen3/{name}")
    login = login_of(Arguments(), {}, lambda: home)
    assert isinstance(login.source, ApiKey)
    assert (login.source.file, login.endpoint) == (file, COMMONS)


def test_the_variable_names_another_file(write: Write, home: Path):
    write(".gen3/credentials.json")
    file = write(".gen3/second.json")
    login = login_of(Arguments(), {"GEN3_API_KEY": "second"}, lambda: home)
    assert isinstance(login.source, ApiKey)
    assert login.source.file == file


def test_an_argument_counts_more_than_the_variable(write: Write, home: Path):
    file = write("elsewhere/mine.json")
    write(".gen3/second.json")
    login = login_of(Arguments(refresh_file=str(file)), {"GEN3_API_KEY": "second"}, lambda: home)
    assert isinstance(login.source, ApiKey)
    assert login.source.file == file


def test_a_name_that_is_nowhere_is_searched_where_it_would_be(home: Path):
    for name in ("mine", "mine.json"):
        login = login_of(Arguments(refresh_file=name), {}, lambda: home)
        assert isinstance(login.source, TokenService)
        assert login.source.missing == home / ".gen3" / "mine.json"


@pytest.mark.skipif(os.name == "nt", reason="files have no mode there")
@pytest.mark.parametrize("named", [None, "lab", "/elsewhere/lab.json"])
def test_a_folder_of_credentials_that_this_user_may_not_enter_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, named: str | None
):
    def refuse(path: Path, **_: bool) -> os.stat_result:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(ConfigError, match=r"(credentials|lab)(\.json)? cannot be read: Permission denied"):
        login_of(Arguments(refresh_file=named), {}, lambda: home)


def test_a_path_that_is_longer_than_any_is_not_shown(home: Path):
    with pytest.raises(Gen3AuthError, match="not the path of a credentials file") as raised:
        login_of(Arguments(refresh_file="secret/" * 700), {}, lambda: home)
    assert "secret" not in str(raised.value)


def test_a_key_that_others_can_read_is_warned_of(write: Write, home: Path, caplog: pytest.LogCaptureFixture):
    file = write("mine.json")
    file.chmod(0o600)
    login_of(Arguments(refresh_file=str(file)), {}, lambda: home)
    assert not caplog.records
    file.chmod(0o644)
    login_of(Arguments(refresh_file=str(file)), {}, lambda: home)
    assert caplog.messages == [f"{file} contains a key and other users can read it; run: chmod 600 {file}"]


def test_a_tilde_is_the_users_folder(write: Write, home: Path):
    file = write("keys/mine.json")
    login = login_of(Arguments(refresh_file="~/keys/mine.json"), {}, lambda: home)
    assert isinstance(login.source, ApiKey)
    assert login.source.file == file


def test_what_a_file_holds_can_be_given_as_it_is(api_key: dict[str, str], home: Path):
    login = login_of(Arguments(refresh_token=api_key), {}, lambda: home)
    assert login == Login(ApiKey(api_key["api_key"], COMMONS), COMMONS)


def test_a_token_can_be_given_in_two_ways(make_token: Callable[..., str], home: Path):
    token = make_token()
    assert login_of(Arguments(access_token=token), {}, lambda: home) == Login(GivenToken(token), COMMONS)
    assert login_of(Arguments(), {"GEN3_API_KEY": f"accesstoken:///{token}"}, lambda: home) == Login(
        GivenToken(token), COMMONS
    )


def test_a_token_that_is_none_needs_an_endpoint(home: Path):
    with pytest.raises(Gen3AuthError, match="is not a JSON Web Token"):
        login_of(Arguments(access_token="opaque"), {}, lambda: home)
    assert login_of(Arguments(endpoint=COMMONS, access_token="opaque"), {}, lambda: home).endpoint == COMMONS


def test_an_endpoint_is_kept_without_blanks_and_slashes(api_key: dict[str, str], home: Path):
    assert login_of(Arguments(f" {COMMONS}/ ", refresh_token=api_key), {}, lambda: home).endpoint == COMMONS
    assert login_of(Arguments("commons.example.org", refresh_token=api_key), {}, lambda: home).endpoint == COMMONS


def test_another_commons_than_the_key_s_is_requested_through_the_issuer_s_token_service(
    api_key: dict[str, str], home: Path
):
    login = login_of(Arguments(OTHER, refresh_token=api_key), {}, lambda: home)
    assert login == Login(TokenService(f"{COMMONS}/wts", credentials=ApiKey(api_key["api_key"], COMMONS)), OTHER)


def test_a_login_of_the_issuer_s_token_service_can_be_named(api_key: dict[str, str], home: Path):
    login = login_of(Arguments(refresh_token=api_key, idp="other-fence"), {}, lambda: home)
    assert login.source == TokenService(f"{COMMONS}/wts", "other-fence", ApiKey(api_key["api_key"], COMMONS))


def test_without_a_file_the_workspace_s_token_service_is_queried(home: Path):
    inside = "http://workspace-token-service.{}.svc.cluster.local"
    missing = home / ".gen3" / "credentials.json"
    assert login_of(Arguments(), {}, lambda: home).source == TokenService(inside.format("default"), missing=missing)
    login = login_of(Arguments(idp="x"), {"NAMESPACE": "jupyter"}, lambda: home)
    assert login.source == TokenService(inside.format("jupyter"), "x", missing=missing)


@pytest.mark.parametrize("arguments", [Arguments(refresh_file="idp://wts/x"), Arguments()])
def test_a_login_of_the_workspace_s_token_service_can_be_written_as_a_url(arguments: Arguments, home: Path):
    login = login_of(arguments, {"GEN3_API_KEY": "idp://wts/x"}, lambda: home)
    assert isinstance(login.source, TokenService)
    assert (login.source.idp, login.source.missing) == ("x", None)


def test_a_namespace_cannot_lead_the_request_elsewhere(home: Path):
    with pytest.raises(Gen3UserError, match="not a Kubernetes namespace"):
        login_of(Arguments(), {"NAMESPACE": "x.evil.example.org/"}, lambda: home)


def test_a_program_s_login(home: Path):
    login = login_of(Arguments(COMMONS, client_credentials=("id", "secret")), {}, lambda: home)
    assert login == Login(ClientLogin("id", "secret", "user data openid"), COMMONS)
    scoped = Arguments(COMMONS, client_credentials=("id", "secret"), client_scopes=["user", "data"])
    assert login_of(scoped, {}, lambda: home).source == ClientLogin("id", "secret", "user data")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            Arguments(refresh_file="a", refresh_token={"api_key": "b"}),
            "refresh_file and refresh_token are mutually exclusive",
        ),
        (Arguments(refresh_file="a", access_token="b"), "refresh_file and access_token are mutually exclusive"),
        (Arguments(endpoint=COMMONS, idp="x"), "endpoint and idp are mutually exclusive"),
        (Arguments(client_scopes="user"), "client_scopes without client_credentials"),
        (Arguments(client_credentials=("a", "b")), "client_credentials without endpoint"),
        (Arguments(COMMONS, client_credentials=("a", "")), "are two texts"),
    ],
)
def test_arguments_that_contradict_each_other(arguments: Arguments, message: str, home: Path):
    with pytest.raises(ValueError, match=message) as caught:
        login_of(arguments, {}, lambda: home)
    assert isinstance(caught.value, Gen3UserError)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"key_id": "x"}', "has no api_key"),
        ('{"api_key": "opaque"}', "is not a JSON Web Token"),
        ('{"api_key": 5}', "has no api_key"),
    ],
)
def test_a_file_that_is_no_credentials_file_is_named_with_what_to_do(home: Path, text: str, message: str):
    file = home / "mine.json"
    file.write_text(text)
    with pytest.raises(Gen3AuthError, match=message) as caught:
        login_of(Arguments(refresh_file=str(file)), {}, lambda: home)
    assert "mine.json" in str(caught.value)
    assert "Download credentials.json again" in str(caught.value)


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [("ftp://x", ": it does not"), ("https://", ": it has no host"), ("x:99999", ": it has a port")],
)
def test_an_endpoint_that_is_none_is_refused(api_key: dict[str, str], home: Path, endpoint: str, why: str):
    with pytest.raises(ConfigError, match=f"'{endpoint}' is not the endpoint of a Gen3 commons{why}"):
        login_of(Arguments(endpoint, refresh_token=api_key), {}, lambda: home)


def test_a_password_in_an_endpoint_is_not_reported(api_key: dict[str, str], home: Path):
    with pytest.raises(ConfigError) as caught:
        login_of(Arguments("https://me:secret@x.org", refresh_token=api_key), {}, lambda: home)
    assert "secret" not in str(caught.value)


def test_secrets_do_not_show(api_key: dict[str, str], make_token: Callable[..., str], home: Path):
    secrets = [api_key["api_key"], make_token(name="given"), "pass-word"]
    all_arguments = [
        Arguments(refresh_token=api_key),
        Arguments(access_token=secrets[1]),
        Arguments(COMMONS, client_credentials=("id", secrets[2])),
        Arguments(OTHER, refresh_token=api_key),
    ]
    shown = repr([(arguments, login_of(arguments, {}, lambda: home)) for arguments in all_arguments])
    assert not [secret for secret in secrets if secret in shown]


def test_a_key_that_names_no_issuer_is_of_the_endpoint_that_it_is_given_with(home: Path):
    login = login_of(Arguments(endpoint=COMMONS, refresh_token={"api_key": "whatever"}), {}, lambda: home)
    assert login == Login(ApiKey("whatever", COMMONS), COMMONS)
    with pytest.raises(Gen3AuthError, match="The api_key of refresh_token is invalid"):
        login_of(Arguments(refresh_token={"api_key": "whatever"}), {}, lambda: home)
    (home / "own.json").write_text('{"api_key": "whatever"}')
    with pytest.raises(Gen3AuthError, match=r"The api_key of .*own.json is invalid"):
        login_of(Arguments(endpoint=COMMONS, refresh_file=str(home / "own.json")), {}, lambda: home)


# -- a user without a home folder, as in a container


@pytest.fixture(autouse=True)
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GEN3_API_KEY", "NAMESPACE", "GEN3_ENDPOINT", "OMICS_GEN3_URL", "OMICS_GEN3_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    leave_home(monkeypatch)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)


def test_what_is_open_can_be_had():
    with Gen3(COMMONS) as gen3:
        assert (gen3.base_url, gen3.credentials) == (COMMONS, None)


def test_a_token_that_is_given_will_do(make_token: Callable[..., str], clock: ManualClock):
    token = make_token()
    assert Gen3Auth(endpoint=COMMONS, access_token=token, clock=clock).get_access_token() == token
    with Gen3(COMMONS, credentials=token) as gen3:
        assert gen3.credentials is not None


def test_a_key_gets_tokens_which_are_kept_nowhere(commons: FakeCommons, api_key: dict[str, str], clock: ManualClock):
    auth = Gen3Auth(refresh_token=api_key, transport=commons.transport, clock=clock)
    assert auth.get_access_token() == auth.get_access_token()


def test_no_folder_is_made_where_they_are(
    commons: FakeCommons, api_key: dict[str, str], clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (here := tmp_path / "here").mkdir()
    monkeypatch.chdir(here)
    Gen3Auth(refresh_token=api_key, transport=commons.transport, clock=clock).get_access_token()
    assert [*here.iterdir()] == []


def test_in_a_workspace_its_token_service_is_queried(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NAMESPACE", "jupyter")
    with Gen3(COMMONS) as gen3:
        assert isinstance(gen3.credentials, Gen3Login)
        assert isinstance(gen3.credentials._login.source, TokenService)


@pytest.mark.parametrize("named", ["mine", "~/mine.json", "~somebody/mine.json"])
def test_a_file_in_their_folder_is_reported_without_one(named: str):
    with pytest.raises(ConfigError, match="no home folder"):
        Gen3Auth(refresh_file=named)
