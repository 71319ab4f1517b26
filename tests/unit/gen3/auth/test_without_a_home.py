"""A user without a home folder, as in a container: what needs no file of theirs works, and the rest states what is missing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from gen3_commons import COMMONS, FakeCommons
from nobodys_home import leave_home
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.core import ConfigError, ManualClock
from omicsdk.gen3 import Gen3, Gen3Login
from omicsdk.gen3.sources import TokenService


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
