"""Where credentials go: every platform, every way to give a token, every way to name a server. Nothing is sent."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from omicsdk.cli.commands.files.listings import Places
from omicsdk.cli.invoke import connected
from omicsdk.cli.services import SERVICES, stated_by_variables
from omicsdk.compat.hca.dss import DSSClient
from omicsdk.core import ConfigError, OmicsError
from omicsdk.core.credentials import Token
from omicsdk.core.platform import Discovery, UnboundUrl, resolution
from omicsdk.core.retry import NO_RETRY
from omicsdk.core.sending.adapters import may_send
from omicsdk.core.token_file import StoredLogin, token_file
from omicsdk.drs.client import Drs
from omicsdk.drs.credentials import Storage
from omicsdk.fs import open_store
from omicsdk.fs.stores.drs import found_login
from omicsdk.ga4gh import Trs
from omicsdk.logins import KINDS
from omicsdk.pangea.login import PasswordLogin
from omicsdk.portals.sources import Gdc, SourceOptions
from omicsdk.transfer.s3.client import S3Client
from unsettled import unsettled

CONFIGURED, OTHER = "https://own.example.org", "https://other.example.org"
TOKEN = "t0ken"


def _jwt(issuer: str) -> str:
    parts = ({"alg": "none"}, {"iss": f"{issuer}/user", "exp": 4e9}, {})
    return ".".join(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


@dataclass(frozen=True)
class Case:
    """A platform, and what its own sources are called.

    Attributes:
        word: Its word on the command line and in variables.
        option: Scheme and name of its store's option that names a server; "" without one.
        url: Its own variable of the base URL.
        token: Its own variables of credentials without a server, each with a value.
        default: Whether it has a base URL without any setting.
        path: What a base URL ends with.
    """

    word: str
    option: str = ""
    url: str = ""
    token: Mapping[str, str] = field(default_factory=dict[str, str])
    default: bool = False
    path: str = ""


CASES = (
    Case("dss", "dss.base_url", default=True, path="/v1"),
    Case("auth", default=True),
    Case("upload", default=True),
    Case("azul", "azul.base_url", default=True),
    Case("sb", "sb.url", "SB_API_ENDPOINT", path="/v2"),
    Case("gen3", "gen3.endpoint", "GEN3_ENDPOINT", {"GEN3_API_KEY": f"accesstoken:///{_jwt(CONFIGURED)}"}),
    Case("drs", path="/ga4gh/drs/v1"),
    Case("htsget"),
    Case("refget"),
    Case("trs"),
    Case("crunch", "crunch.url", "CRUNCH_URL", {"CRUNCH_TOKEN": TOKEN}),
    Case("pangea", "pangea.endpoint", "PANGEA_ENDPOINT", {"PANGEA_USER": "me@example.org", "PANGEA_PASS": "secret"}),
)

Connect = Callable[[Case, "str | None", "str | None"], Any]


def _constructed(case: Case, base_url: str | None, token: str | None) -> Any:
    client: Any = SERVICES[case.word].get("client")
    module, _, name = str(client).partition(":")
    made = getattr(__import__(module, fromlist=[name]), name)
    return made(base_url, credentials=token)


def _by_command(case: Case, base_url: str | None, token: str | None) -> Any:
    settings = {"base-url": base_url, "access-token": token}
    entry: Any = SimpleNamespace(path=[case.word], package=case.word)
    return connected(entry, SERVICES[case.word], {name: text for name, text in settings.items() if text})


def _by_option(case: Case, base_url: str | None, token: str | None) -> Any:
    scheme = case.option.partition(".")[0]
    options = [f"{case.option}={base_url}"] if base_url else []
    options += [f"{scheme}.token={token}"] if token else []
    store: Any = Places(option=options).stores().of(f"{scheme}://x")
    return store._home if scheme == "gen3" else store.client


WAYS: Mapping[str, Connect] = {"argument": _constructed, "--base-url": _by_command, "--option": _by_option}


def _goes_out(case: Case, way: str, base_url: str | None, token: str | None = None) -> str:
    """Return the base URL that the client sends credentials to; "" if it sends none."""
    try:
        client = WAYS[way](case, base_url, token)
    except OmicsError:  # platforms that require credentials have none
        return ""
    credentials, url = client.credentials, client.base_url
    if credentials is None or not may_send(credentials, url, base_url=url):
        return ""
    return url if isinstance(credentials, PasswordLogin) or credentials.headers("GET", url) else ""


def _pairs(cases: Iterable[Case]) -> list[Any]:
    """Each platform with each way to name a server that it has."""
    ways = ((case, way) for case in cases for way in WAYS if way != "--option" or case.option)
    return [pytest.param(case, way, id=f"{case.word}-{way}") for case, way in ways]


def _walk() -> Iterator[Any]:
    for case, way in (pair.values for pair in _pairs(CASES)):
        tokens = {"OMICS": {f"OMICS_{case.word.upper()}_TOKEN": TOKEN}, **({"own": case.token} if case.token else {})}
        for name, variables in tokens.items():
            yield pytest.param(case, variables, way, id=f"{case.word}-{name}-{way}")


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    unsettled(monkeypatch, tmp_path)
    for name in ("HCA_CONFIG_FILE", "GDC_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMICS_SETTINGS_FILE", str(tmp_path / "settings.toml"))
    monkeypatch.setenv("OMICS_TOKEN_FILE", str(tmp_path / "tokens.json"))


def _configured(case: Case, how: str, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Configure a platform's base URL, in one of the ways."""
    if how == "OMICS_URL":
        monkeypatch.setenv(f"OMICS_{case.word.upper()}_URL", url)
    elif how == "own variable":
        monkeypatch.setenv(case.url, url)
    elif how == "profile":
        (tmp_path / "settings.toml").write_text(f'[profiles.default.{case.word}]\nbase_url = "{url}"\n', "utf-8")
    elif how == "configuration":
        sections = {"dss": "DSSClient", "auth": "AuthClient"}
        settings: dict[str, Any] = (
            {"upload": {"production_api_url": f"{url}/v1"}}
            if case.word == "upload"
            else {sections[case.word]: {"swagger_url": f"{url}/swagger.json"}}
        )
        file = tmp_path / "hca.json"
        file.write_text(json.dumps(settings))
        monkeypatch.setenv("HCA_CONFIG_FILE", str(file))


def _ways_to_configure(case: Case) -> list[str]:
    return [
        "OMICS_URL",
        *(["profile"] if case.word != "azul" else []),
        *(["own variable"] if case.url else []),
        *(["configuration"] if case.word in ("dss", "auth", "upload") else []),
    ]


@pytest.mark.parametrize(("case", "variables", "way"), list(_walk()))
def test_a_token_of_a_variable_goes_to_the_configured_server_and_to_no_other(
    case: Case, variables: Mapping[str, str], way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    configured, other = f"{CONFIGURED}{case.path}", f"{OTHER}{case.path}"
    for how in _ways_to_configure(case):
        with monkeypatch.context() as patched:
            _configured(case, how, configured, patched, tmp_path)
            assert _goes_out(case, way, None) == configured, how
            assert _goes_out(case, way, configured) == configured, how
            assert _goes_out(case, way, other) == "", how
        (tmp_path / "settings.toml").unlink(missing_ok=True)


@pytest.mark.parametrize(("case", "variables", "way"), list(_walk()))
def test_a_token_where_nothing_is_configured_goes_to_the_default_or_to_the_programs_own_argument(
    case: Case, variables: Mapping[str, str], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    other = f"{OTHER}{case.path}"
    assert (_goes_out(case, way, None) != "") == (
        case.default or case.word in ("pangea",) or "GEN3_API_KEY" in variables
    )
    is_bound = case.default or case.word == "pangea" or way == "--option"
    assert _goes_out(case, way, other) == ("" if is_bound else other)


@pytest.mark.parametrize(("case", "way"), _pairs(CASES))
def test_a_token_goes_to_the_server_that_is_named_beside_it(
    case: Case, way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configured, other = f"{CONFIGURED}{case.path}", f"{OTHER}{case.path}"
    assert _goes_out(case, way, other, TOKEN) == other
    for how in _ways_to_configure(case):
        with monkeypatch.context() as patched:
            _configured(case, how, configured, patched, tmp_path)
            assert _goes_out(case, way, None, TOKEN) == configured, how
        (tmp_path / "settings.toml").unlink(missing_ok=True)


@pytest.mark.parametrize(("case", "way"), _pairs(case for case in CASES if case.word in KINDS))
def test_a_stored_login_goes_to_the_server_that_it_was_made_for(case: Case, way: str) -> None:
    url, other = f"{CONFIGURED}{case.path}", f"{OTHER}{case.path}"
    token_file(platform=case.word).keep(url, StoredLogin(Token(TOKEN)))
    assert _goes_out(case, way, url) == url
    assert _goes_out(case, way, other) == ""


LOOKALIKES = [
    f"{CONFIGURED}.evil.example",
    "https://evil.example/own.example.org",
    "https://sub.own.example.org",
    "https://example.org",
    "https://own.example.org:8443",
    "http://own.example.org",
    "http://own.example.org:443",
    "https://own.example.org@evil.example",
    "https://own.example.org:443@evil.example",
    "https://evil.example\\@own.example.org",
    "https://evil.example#@own.example.org",
    "https://evil.example?@own.example.org",
    "https://own.example.org%2eevil.example",
    "https://evil.example%2Fown.example.org",
    "https://own.example.org%2F.evil.example",
    "https://\N{CYRILLIC SMALL LETTER O}wn.example.org",
    "https://own\N{IDEOGRAPHIC FULL STOP}example.org.evil.example",
    "https://[own.example.org]",
    "https://own.example.org\t.evil.example",
    "https:///own.example.org",
    "//own.example.org",
]
SPELLINGS = ["https://OWN.example.org", "https://own.example.org:443/", "HTTPS://own.example.org/"]


@pytest.mark.parametrize(
    ("url", "is_own"), [*((url, False) for url in LOOKALIKES), *((url, True) for url in SPELLINGS)]
)
@pytest.mark.parametrize(("case", "way"), _pairs(case for case in CASES if case.option))
def test_only_spellings_of_the_configured_server_get_its_login(
    case: Case, way: str, url: str, is_own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"OMICS_{case.word.upper()}_URL", f"{CONFIGURED}{case.path}")
    monkeypatch.setenv(f"OMICS_{case.word.upper()}_TOKEN", TOKEN)
    assert bool(_goes_out(case, way, url)) is is_own


def test_half_a_login_of_an_option_is_completed_for_the_configured_server_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANGEA_PASS", "secret")
    monkeypatch.setenv("PANGEA_ENDPOINT", CONFIGURED)
    for url, expected in ((CONFIGURED, True), (OTHER, False)):
        store: Any = open_store("pangea", endpoint=url, email="me@example.org")
        assert (store.client.credentials is not None) is expected
    command = SERVICES["pangea"]
    entry: Any = SimpleNamespace(path=["pangea"], package="pangea")
    for url, expected in ((CONFIGURED, True), (OTHER, False)):
        client = connected(entry, command, {"base-url": url}, {"email": "me@example.org"})
        assert (client.credentials is not None) is expected


def test_a_key_file_goes_to_its_issuer_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps({"api_key": _jwt(CONFIGURED), "key_id": "k"}))
    file.chmod(0o600)
    for variable in ("GEN3_API_KEY", "OMICS_GEN3_TOKEN"):
        with monkeypatch.context() as patched:
            patched.setenv(variable, str(file))
            gen3 = next(case for case in CASES if case.word == "gen3")
            assert _constructed(gen3, None, None).base_url == CONFIGURED
            login: Any = _by_option(gen3, OTHER, None).credentials
            # The other commons gets a token of its own, from the issuer's workspace token service.
            assert login._login.source.base == f"{CONFIGURED}/wts"


def test_a_service_account_goes_to_the_configured_service_and_where_a_program_of_the_published_client_names_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    dss = CASES[0]
    for url, expected in ((None, True), (f"{OTHER}/v1", False)):
        assert (_constructed(dss, url, None).credentials is not None) is expected
    documented: Any = DSSClient(swagger_url=f"{OTHER}/v1/swagger.json")
    assert documented._api.credentials is not None


def test_credentials_that_are_kept_back_are_reported(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OMICS_PANGEA_TOKEN", TOKEN)
    client: Any = open_store("pangea", endpoint=OTHER)
    assert client.client.credentials is None
    assert "those of OMICS_PANGEA_TOKEN belong to https://pangeabio.io. Set OMICS_PANGEA_URL" in caplog.text
    monkeypatch.setenv("OMICS_CRUNCH_TOKEN", TOKEN)
    with pytest.raises(ConfigError, match="OMICS_CRUNCH_TOKEN belong to no base URL that is configured") as failed:
        _ = open_store("crunch", url=OTHER).client
    assert failed.value.remedy.startswith("Set OMICS_CRUNCH_URL to the base URL that they are for.")


def test_a_service_without_a_client_of_its_own_gets_its_token_at_its_own_server_only(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OMICS_DTP_TOKEN", TOKEN)
    assert stated_by_variables("dtp", OTHER, None) == (OTHER, TOKEN)  # nothing is configured
    assert stated_by_variables("dtp", OTHER, None, CONFIGURED) == (OTHER, None)
    monkeypatch.setenv("OMICS_DTP_URL", CONFIGURED)
    assert stated_by_variables("dtp", None, None) == (CONFIGURED, TOKEN)
    assert stated_by_variables("dtp", f"{CONFIGURED}:443/x", None) == (f"{CONFIGURED}:443/x", TOKEN)
    caplog.clear()
    assert stated_by_variables("dtp", OTHER, None) == (OTHER, None)
    assert f"OMICS_DTP_TOKEN is for {CONFIGURED}, and not sent to {OTHER}" in caplog.text
    assert TOKEN not in caplog.text


def test_hosts_of_uris_get_the_logins_of_their_own_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMICS_GEN3_TOKEN", _jwt(CONFIGURED))
    monkeypatch.setenv("OMICS_SB_TOKEN", TOKEN)
    monkeypatch.setenv("OMICS_DRS_TOKEN", TOKEN)
    monkeypatch.setenv("OMICS_GOOGLE_TOKEN", TOKEN)
    assert found_login("other.example.org") is None
    assert found_login("own.example.org") is not None  # the commons that issued the token
    assert found_login("own.example.org.evil.example") is None
    assert found_login("data.terra.bio.evil.example") is None


LOOKALIKES = (
    f"{CONFIGURED}.evil.example",
    "https://sub.own.example.org",
    "https://own.example.org:8443",
    "http://own.example.org",
    "http://own.example.org:443",
    "https://own.example.org@evil.example",
    "https://evil.example#@own.example.org",
    "https://evil.example?@own.example.org",
    "//evil.example",
    "https://\N{CYRILLIC SMALL LETTER O}wn.example.org",
)


@pytest.mark.parametrize(("place", "follows"), [*((url, False) for url in LOOKALIKES), (CONFIGURED, True), ("", True)])
def test_a_token_follows_redirects_within_its_origin_only(place: str, follows: bool) -> None:
    seen: list[httpx.Request] = []

    def response(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if len(seen) == 1:
            return httpx.Response(307, headers={b"location": f"{place}/service-info/next".encode()})
        return httpx.Response(200, json={})

    with (
        Trs(CONFIGURED, credentials=TOKEN, retry=NO_RETRY, transport=httpx.MockTransport(response)) as trs,
        suppress(OmicsError),
    ):
        trs.get_service_info()
    assert seen[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert [request.headers.get("authorization") for request in seen[1:]] in (
        [[f"Bearer {TOKEN}"]] if follows else [[None], []]
    )


# -- S3


def _s3(**options: Any) -> str:
    """The signature in a URL that a client signs: AWS's, or "" for an unsigned one."""
    client = S3Client(**options)
    client._regions["b"] = "us-east-1"
    url = client.presigned("b", "k", 60)
    return "signed" if "Signature" in url or "Security-Token" in url else ""


@pytest.mark.parametrize(
    ("configured", "option", "expected"),
    [
        ("", None, "signed"),
        ("", OTHER, ""),
        ("", "https://s3.eu-west-3.amazonaws.com", "signed"),
        ("", "https://s3-evil-1.us-east-1.elb.amazonaws.com", ""),
        ("", "https://s3.us-east-1.amazonaws.com.evil.example", ""),
        ("", "http://s3.us-east-1.amazonaws.com", ""),
        (CONFIGURED, None, "signed"),
        (CONFIGURED, f"{CONFIGURED}:443/", "signed"),
        (CONFIGURED, "http://own.example.org", ""),
        (CONFIGURED, OTHER, ""),
        (CONFIGURED, "https://s3.eu-west-3.amazonaws.com", ""),
    ],
)
def test_keys_of_aws_sign_requests_to_the_configured_endpoint_only(
    configured: str, option: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")
    if configured:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", configured)
    assert _s3(endpoint_url=option) == expected
    store: Any = open_store("s3", **({} if option is None else {"endpoint_url": option}))
    with store:
        store.client._regions["b"] = "us-east-1"
        url: str = store.client.presigned("b", "k", 60)
    assert ("session" in url) is bool(expected)


def test_a_profile_that_an_option_names_signs_for_its_own_endpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"[profile lab]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\nendpoint_url = {CONFIGURED}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    assert _s3(profile_name="lab") == "signed"
    assert _s3(profile_name="lab", endpoint_url=CONFIGURED) == "signed"
    assert _s3(profile_name="lab", endpoint_url=OTHER) == ""


# -- what is no token


PATHS = (
    "/path/that/does/not/exist",
    "~/token.txt",
    "./token",
    "../token",
    "C:\\token.txt",
    "token.json",
    "file:///token",
)
NO_TOKENS = (*PATHS, '"quoted"', "two words", "{}", "<html>", "naïve", "a,b")


@pytest.mark.parametrize("text", NO_TOKENS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.word)
def test_a_value_that_is_no_token_is_an_error_that_names_its_variable(
    case: Case, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = f"OMICS_{case.word.upper()}_TOKEN"
    monkeypatch.setenv(variable, text)
    monkeypatch.setenv(f"OMICS_{case.word.upper()}_URL", f"{CONFIGURED}{case.path}")
    with pytest.raises(OmicsError, match=variable) as failed:
        _constructed(case, None, None)
    assert text not in str(failed.value)


@pytest.mark.parametrize("text", NO_TOKENS)
@pytest.mark.parametrize(
    ("url", "variable", "word"), [("SB_API_ENDPOINT", "SB_AUTH_TOKEN", "sb"), ("CRUNCH_URL", "CRUNCH_TOKEN", "crunch")]
)
def test_the_same_for_a_platforms_own_variable(
    url: str, variable: str, word: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(url, CONFIGURED)
    monkeypatch.setenv(variable, text)
    with pytest.raises(OmicsError, match=variable):
        _constructed(next(case for case in CASES if case.word == word), None, None)


@pytest.mark.parametrize("text", NO_TOKENS)
def test_the_same_for_the_file_of_sevenbridges(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / ".sevenbridges" / "credentials"
    file.parent.mkdir()
    file.write_text(f"[default]\napi_endpoint = {CONFIGURED}/v2\nauth_token = {text}\n", "utf-8")
    with pytest.raises(OmicsError, match="auth_token") as failed:
        _constructed(next(case for case in CASES if case.word == "sb"), None, None)
    assert text not in str(failed.value)


@pytest.mark.parametrize("text", NO_TOKENS)
def test_the_same_for_an_argument(text: str) -> None:
    with pytest.raises(OmicsError, match=r"--access-token|The access token is") as failed:
        _constructed(next(case for case in CASES if case.word == "htsget"), CONFIGURED, text)
    assert text not in str(failed.value)


@pytest.mark.parametrize("text", [*NO_TOKENS, "/tmp", "/abc"])
def test_the_same_for_the_gdc(text: str) -> None:
    with pytest.raises(ConfigError, match="GDC_TOKEN"):
        Gdc("gdc", SourceOptions((), {"GDC_TOKEN": text}))


def test_a_file_of_the_gdcs_token_is_read_and_checked(tmp_path: Path) -> None:
    file = tmp_path / "gdc-user-token.txt"
    file.write_text(f"{TOKEN}\n")
    gdc = Gdc("gdc", SourceOptions((), {"GDC_TOKEN": str(file)}))
    assert gdc.located(f"{gdc.base_url}/data/x").headers == {"x-auth-token": TOKEN}
    file.write_text("<html>\n<title>Log in</title>\n")
    with pytest.raises(ConfigError, match="The file of GDC_TOKEN"):
        Gdc("gdc", SourceOptions((), {"GDC_TOKEN": str(file)}))


def test_a_token_longer_than_any_name_of_a_file_is_one_of_the_gdc() -> None:
    token = "t" * 600
    gdc = Gdc("gdc", SourceOptions((), {"GDC_TOKEN": token}))
    assert gdc.located(f"{gdc.base_url}/data/x").headers == {"x-auth-token": token}


@pytest.mark.parametrize("text", NO_TOKENS)
def test_the_same_for_google(text: str) -> None:
    with pytest.raises(ConfigError, match="OMICS_GOOGLE_TOKEN"):
        Storage({"OMICS_GOOGLE_TOKEN": text}).location("gs://bucket/key")


@pytest.mark.parametrize(
    "text", ['{"type": "service_account", "private_key": "PRIVATE"}', "ya29.PRIVATE", _jwt(CONFIGURED)]
)
def test_a_key_in_the_place_of_a_path_is_not_quoted(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OmicsError, match="GOOGLE_APPLICATION_CREDENTIALS is a key or a token") as failed:
        Storage({"GOOGLE_APPLICATION_CREDENTIALS": text}).location("gs://bucket/key")
    assert text not in str(failed.value)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", text)
    with pytest.raises(OmicsError, match="GOOGLE_APPLICATION_CREDENTIALS is a key or a token"):
        _constructed(CASES[0], None, None)


@pytest.mark.parametrize("text", [_jwt(CONFIGURED), '{"api_key": "x"}', "k" * 251])
def test_a_gen3_key_in_the_place_of_a_path_is_not_quoted(
    text: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GEN3_API_KEY", text)
    gen3 = next(case for case in CASES if case.word == "gen3")
    with pytest.raises(OmicsError, match="GEN3_API_KEY is a key or token") as failed:
        _constructed(gen3, CONFIGURED, None)
    assert text not in str(failed.value) + caplog.text


def test_tokens_of_every_alphabet_are_accepted() -> None:
    for token in (
        TOKEN,
        _jwt(CONFIGURED),
        "AbC+/d==",
        "/Ab+c",
        "ya29.a0-_x",
        "tok:en|x$!",
        "d41d8cd98f00b204e9800998ecf8427e",
    ):
        environ = {
            "OMICS_HTSGET_URL": CONFIGURED,
            "OMICS_HTSGET_TOKEN": token,
            "OMICS_SETTINGS_FILE": "/dev/null/nowhere",
        }
        connection = resolution(Discovery(platform="htsget"), environ=environ)
        assert connection.credentials is not None
        assert connection.credentials.headers("GET", CONFIGURED) == {"authorization": f"Bearer {token}"}


def test_nothing_is_bound_to_an_unbound_url_that_is_none() -> None:
    connection = resolution(
        Discovery(platform="toy"), base_url=UnboundUrl("nowhere"), environ={"OMICS_TOY_TOKEN": TOKEN}
    )
    assert connection.credentials is None


@pytest.mark.parametrize(("client", "variable"), [(Drs, "OMICS_DRS_TOKEN"), (Trs, "OMICS_TRS_TOKEN")])
def test_nothing_is_bound_to_the_unbound_url_of_a_client(client: type[Drs | Trs], variable: str) -> None:
    assert client(UnboundUrl(OTHER), environ={variable: TOKEN}).credentials is None
