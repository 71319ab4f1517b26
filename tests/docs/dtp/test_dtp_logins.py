"""The logins that the package's own documentation shows: their imports are changed, and nothing else."""

import pytest
from dtp_page import EXAMPLES
from omicsdk.dtp import Auth
from omicsdk.sandbox.gen3 import CLIENT_ID

pytestmark = pytest.mark.sandbox


@pytest.fixture
def auth(reader, tmp_path, monkeypatch):
    """Runs an example, and gives the login that it makes."""
    home = tmp_path / "home"
    (home / ".gen3").mkdir(parents=True)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("credentials", "crdc"):
        reader.sandbox.gen3_credentials(home / ".gen3" / f"{name}.json")
    reader.sandbox.gen3_credentials(tmp_path / "key.json")
    monkeypatch.chdir(tmp_path)

    def logging_in(name, **instead):
        text = EXAMPLES["auth_import.py"] + EXAMPLES[name]
        for old, new in instead.items():
            text = text.replace(old, new)
        return reader.within(name, text).auth

    return logging_in


def username(login):
    return login.curl("/user/user").json()["username"]


def test_a_variable_names_the_file(auth):
    assert username(auth("auth_default.py")) == "sandbox-user@example.org"


def test_the_home_has_the_file(auth, monkeypatch):
    monkeypatch.delenv("GEN3_API_KEY")
    login = auth("auth_default.py")
    assert isinstance(login, Auth)
    assert username(login) == "sandbox-user@example.org"


@pytest.mark.parametrize("name", ["auth_name.py", "auth_file.py"])
def test_a_file_is_named(auth, monkeypatch, name):
    monkeypatch.delenv("GEN3_API_KEY")
    assert username(auth(name)) == "sandbox-user@example.org"


def test_a_program_logs_in(auth, reader, monkeypatch):
    monkeypatch.setenv("GEN3_OIDC_CLIENT_CREDS_SECRET", reader.sandbox.gen3_client_secret)
    login = auth("auth_client.py", **{"https://datacommons.example": reader.sandbox.gen3_url, "client ID": CLIENT_ID})
    assert login.get_access_token().count(".") == 2
