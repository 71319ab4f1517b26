"""Downloads: the meaning of a 401, and journals of which another process has one."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import omicsdk.transfer
import pytest
from omicsdk import Drs, Gen3, SevenBridges
from omicsdk.core import Forbidden, Unauthorized
from omicsdk.core.credentials import BearerToken
from omicsdk.gen3.downloads import Logins, download_url
from omicsdk.transfer import Outcome, TransferOptions, TransferReport
from omicsdk.transfer.journal import Journal


@pytest.fixture
def logins() -> Logins:
    commons: Any = SimpleNamespace(base_url="https://a.example.org", credentials=object())
    made = Logins(commons)
    made.refused["b.example.org"] = "nobody logged in"
    return made


@pytest.mark.parametrize("url", ["https://b.example.org/user/data/download/x", "https://B.example.org/x"])
def test_without_a_login_the_commons_is_named(url: str, logins: Logins):
    error = logins.explained(Unauthorized("no", status=401, url=url))
    assert "There is no login for b.example.org: nobody logged in" in error.remedy


def test_another_thread_may_be_refused_meanwhile(logins: Logins):
    class Host(str):
        def lower(self) -> str:
            logins.refused["c.example.org"] = "no"
            return super().lower()

    logins.refused[Host("other.example.org")] = "no"
    assert isinstance(logins.explained(Unauthorized("no", status=401, url="https://d.example.org/x")), Unauthorized)


@pytest.mark.parametrize("url", ["https://a-b.example.org/x", "https://a.example.org/b.example.org/x"])
def test_a_host_or_path_with_its_name_in_it_is_another(url: str, logins: Logins):
    error = Unauthorized("no", status=401, url=url)
    assert logins.explained(error).remedy == Unauthorized.default_remedy


def test_a_commons_alone_means_a_lacking_permission():
    denied = httpx.MockTransport(lambda _: httpx.Response(401, json={"error": "Permission denied."}))
    login: Any = {"base_url": "https://a.example.org", "credentials": BearerToken("t"), "transport": denied}
    with pytest.raises(Forbidden):
        Gen3(**login).indexd.get_record(guid="a")
    with pytest.raises(Forbidden):
        Drs(**login).get_object(object_id="a")
    with pytest.raises(Unauthorized):
        SevenBridges(**login).get_current_user()


# -- journals


def test_a_journal_that_the_same_download_took_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Journal] = []

    def download(*_: Any, journal: Path, **__: Any) -> TransferReport:
        taken.append(Journal(journal, lambda: False))  # of another process, after this one has released the lock
        return TransferReport([Outcome("a", "done", 1)])

    monkeypatch.setattr(omicsdk.transfer, "download", download)
    download_url(lambda: "", "a", tmp_path, what="a", options=TransferOptions())
    assert Path(taken[0].path).exists()
    taken[0].close()
