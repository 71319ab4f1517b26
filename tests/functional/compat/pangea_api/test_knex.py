"""Knex: its import, who is asked and by whom, what comes of the responses; and the cache of objects fetched by name."""

import copy
import pickle
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from omicsdk.compat import pangea_api
from omicsdk.compat.pangea_api import (
    Knex,
    Organization,
    PangeaForbiddenError,
    PangeaOtherError,
    Sample,
    SampleGroup,
    User,
)
from omicsdk.compat.pangea_api.knex import PangeaLoginError
from omicsdk.core import errors as core
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER

TOKEN = "0123456789abcdef0123456789abcdef01234567"


def test_a_wrong_password(sandbox: Sandbox, anonymous: Knex):
    anonymous.login(SANDBOX_PANGEA_USER, sandbox.password)
    with pytest.raises(PangeaLoginError, match="Unable to log in with provided credentials") as caught:
        anonymous.login(SANDBOX_PANGEA_USER, "another")
    assert isinstance(caught.value, core.AuthError)
    assert isinstance(caught.value, core.BadRequest)
    assert isinstance(caught.value, PangeaOtherError)
    assert "another" not in str(caught.value)


def test_a_user_registers_changes_the_password_and_logs_out(anonymous: Knex):
    user = User(anonymous, "new@example.org", "Quite-long-77")
    assert user.username == "new@example.org"
    assert user.register() is user
    assert user.get_info()["email"] == "new@example.org"
    user.change_password("Even-longer-88")
    with pytest.raises(PangeaLoginError):
        User(anonymous, "new@example.org", "Quite-long-77").login()
    user.login()
    ended = anonymous.auth
    user.logout()
    assert anonymous.auth is None
    anonymous.auth = ended
    with pytest.raises(PangeaForbiddenError, match="Invalid token"):
        anonymous.get("organizations")
    assert User(anonymous, "new@example.org", "Even-longer-88").login().get_info()
    assert "Even" not in repr(user)


def test_a_user_who_is_there_is_not_registered_again(anonymous: Knex):
    with pytest.raises(PangeaOtherError, match="already exists"):
        User(anonymous, SANDBOX_PANGEA_USER, "Quite-long-77").register()


def test_registering_with_a_token_that_has_ended(anonymous: Knex):
    anonymous.add_auth_token(TOKEN)
    user = User(anonymous, "new@example.org", "Quite-long-77").register()
    assert user.get_info()["email"] == "new@example.org"


def test_the_generated_client_has_the_same_login(knex: Knex):
    assert knex.client.get_me().email == SANDBOX_PANGEA_USER


def test_a_knex_is_not_pickled_and_what_knows_it_can_be_copied(knex: Knex):
    with pytest.raises(TypeError, match="create one in each process"):
        pickle.dumps(knex)
    org = Organization(knex, "x")
    assert copy.deepcopy(org).knex is knex


def test_metadata_that_json_cannot_say_creates_nothing(library: SampleGroup):
    sample = library.sample("s", metadata={"ph": float("nan")})
    with pytest.raises(core.UsageError, match=r"metadata\.ph is nan"):
        sample.create()
    assert not library.sample("s").exists()
    sample.metadata = {"ph": 6.5}
    sample.create()
    sample.metadata["when"] = date(2024, 5, 6)
    with pytest.raises(core.UsageError, match=r"metadata\.when"):
        sample.save()
    assert library.sample("s").get().metadata == {"ph": 6.5}


def loaded_by(line: str) -> set[str]:
    program = f"import sys; before = set(sys.modules); {line}; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "line", ["from omicsdk.compat.pangea_api import Knex", "from omicsdk.compat.pangea_api import User"]
)
def test_heavy_libraries_are_loaded_when_something_is_queried(line: str):
    loaded = loaded_by(line)
    heavy = {
        "httpx",
        "logging",
        "dataclasses",
        "platformdirs",
        "pandas",
        "boto3",
        "pycurl",
        "concurrent.futures",
        "rich",
    }
    heavy |= {"json", "omicsdk.core.credentials", "omicsdk.core.sending.transport"}
    assert loaded & heavy == set()


def test_all_that_is_exported_is_there():
    for name in pangea_api.__all__:
        assert getattr(pangea_api, name) is not None
    assert dir(pangea_api) == pangea_api.__all__
    with pytest.raises(AttributeError, match="nothing"):
        pangea_api.nothing  # noqa: B018 - reading the name is what is tested


def kept(tmp_path: Path) -> list[Path]:
    return sorted(path for path in tmp_path.rglob("pangea_api_cache__*.json"))


# -- as objects use it


def test_what_was_fetched_is_not_requested_again(knex: Knex, library: SampleGroup, sandbox: Sandbox):
    library.sample("s").create()
    Organization(knex, "An Org").sample_group("A Library").sample("s").get()
    before = len(sandbox.requests("/pangea/"))
    again = Organization(knex, "An Org").sample_group("A Library").sample("s").get()
    assert again.lib.org.uuid
    assert len(sandbox.requests("/pangea/")) == before > 0


def test_a_change_made_here_is_seen_at_once(knex: Knex, library: SampleGroup):
    sample = library.sample("s", metadata={"city": "Paris"}).create()
    fetched = Organization(knex, "An Org").sample_group("A Library").sample("s").get()
    assert fetched.metadata == {"city": "Paris"}
    knex.patch(f"samples/{sample.uuid}", json={"metadata": {"city": "Rome"}})
    again = Organization(knex, "An Org").sample_group("A Library").sample("s").get()
    assert again.metadata == {"city": "Rome"}
    knex.delete(f"samples/{sample.uuid}")
    assert not library.sample("s").exists()


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_change_made_while_an_object_is_fetched_is_seen(
    knex: Knex, library: SampleGroup, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, elsewhere: bool
):
    sample = library.sample("s", metadata={"city": "Paris"}).create()
    answered = Sample._fetch

    def changed_meanwhile(self: Sample) -> Any:
        response = answered(self)
        (other if elsewhere else knex).patch(f"samples/{sample.uuid}", json={"metadata": {"city": "Rome"}})
        return response

    with monkeypatch.context() as slowly, Knex(sandbox.pangea_url) as other:
        other.auth = knex.auth
        slowly.setattr(Sample, "_fetch", changed_meanwhile)
        assert library.sample("s").get().metadata == {"city": "Paris"}
    assert library.sample("s").get().metadata == {"city": "Rome"}


def test_a_list_is_never_old(knex: Knex, library: SampleGroup, sandbox: Sandbox):
    assert list(library.get_samples()) == []
    with Knex(sandbox.pangea_url) as other:
        other.auth = knex.auth
        other.post("samples", json={"name": "by another program", "library": library.uuid})
    fresh = Organization(knex, "An Org").sample_group("A Library")
    assert [sample.name for sample in fresh.get_samples()] == ["by another program"]


def test_no_token_is_ever_kept(knex: Knex, library: SampleGroup, tmp_path: Path):
    library.get_manifest()
    Organization(knex, "An Org").sample_group("A Library").get()
    assert kept(tmp_path)
    headers = str(knex.auth and knex.auth.headers("GET", ""))
    secret = headers.split("Token ")[1][:40]
    for file in tmp_path.rglob("*"):
        assert secret not in file.name
        assert not file.is_file() or secret not in file.read_text()


def test_after_a_logout_nothing_of_the_user_is_used(knex: Knex, org: Organization):
    org.sample_group("Secret", is_public=False).create()
    assert Organization(knex, "An Org").sample_group("Secret").get().uuid
    auth = knex.auth
    knex.auth = None
    with pytest.raises(PangeaForbiddenError):
        Organization(knex, "An Org").sample_group("Secret").get()
    knex.auth = auth
    assert Organization(knex, "An Org").sample_group("Secret").get().uuid
