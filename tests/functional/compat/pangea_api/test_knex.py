"""Knex: who is asked and by whom, what goes out and what comes of the responses."""

import copy
import pickle
from datetime import date

import pytest
from omicsdk.compat.pangea_api import Knex, Organization, PangeaForbiddenError, PangeaOtherError, SampleGroup, User
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
