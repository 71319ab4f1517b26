"""Logins that a user has stored or states, and whether there is one, without a request."""

import json
from collections.abc import Callable
from pathlib import Path

from gen3_commons import COMMONS
from omicsdk.core.credentials import Token
from omicsdk.core.platform import resolution
from omicsdk.core.token_file import StoredLogin
from omicsdk.gen3.discovery import DISCOVERY, has_login, stated_login, stored_login


def test_what_a_user_stored_or_states_is_a_key_a_token_or_a_file(
    api_key: dict[str, str], make_token: Callable[..., str]
) -> None:
    logins = [stored_login(StoredLogin(Token(api_key["api_key"]), kind="api_key"), COMMONS)]
    logins += [stored_login(StoredLogin(Token(make_token())), COMMONS)]
    logins += [stated_login(text, COMMONS, {}) for text in ("keys\\mine", "keys/mine", "mine.json", make_token())]
    assert [login.is_of_any_commons for login in logins] == [True, False, True, True, True, False]


def test_a_login_is_found_and_states_its_commons(home: Path, api_key: dict[str, str]) -> None:
    assert not has_login({})
    assert has_login({"OMICS_GEN3_TOKEN": "no token"})
    assert has_login({"NAMESPACE": "x"})
    (home / "mine.json").write_text(json.dumps(api_key))
    found = resolution(DISCOVERY, environ={"GEN3_API_KEY": str(home / "mine.json")}, offline=True)
    assert found.base_url == COMMONS
    (home / ".gen3").mkdir()
    (home / ".gen3" / "credentials.json").write_text(json.dumps(api_key))
    assert has_login({})
