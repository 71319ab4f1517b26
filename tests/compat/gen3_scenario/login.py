"""Logging in: keys, tokens, programs, the workspace token service."""

import json
import os
from pathlib import Path

from noted import Noted
from party import Party


def auth(party: Party, note: Noted) -> None:
    module = party.module("auth")
    login = party.auth
    token = login.get_access_token()
    claims = module.decode_token(token)
    note("endpoint", [login.endpoint, module.endpoint_from_token(token)])
    note("whose it is", [claims["pur"], claims["iss"], claims["context"]["user"]["name"]])
    note("the same again", login.get_access_token() == token)
    note("renewed", login.refresh_access_token() != token)
    me = login.curl("/user/user")
    note("by hand", [me.status_code, me.json()["username"], me.json()["is_admin"]])
    note("without a slash", login.curl("user/user").status_code)
    key = json.loads(Path(os.environ["GEN3_API_KEY"]).read_text())
    made = module.get_access_token_with_key(key)
    note("of a key", module.decode_token(made)["pur"])
    note("an object", module.Gen3Auth(refresh_token=key).curl("/user/user").json()["username"])
    note("a file", module.Gen3Auth(refresh_file=os.environ["GEN3_API_KEY"]).endpoint)
    note("a file and its commons", module.Gen3Auth(party.url, refresh_file=os.environ["GEN3_API_KEY"]).endpoint)
    note("a slash at the end", module.Gen3Auth(f"{party.url}/", refresh_token=key).endpoint)
    note("a token", module.Gen3Auth(access_token=made).curl("/user/user").status_code)
    from_file = module.Gen3Auth(refresh_file=f"accesstoken:///{made}")
    note("a token as a file", [from_file.endpoint, from_file.get_access_token() == made])
    home = Path.home() / ".gen3"
    home.mkdir()
    (home / "mine.json").write_text(json.dumps(key))
    (home / "mine.json").chmod(0o600)
    note("by name", module.Gen3Auth(refresh_file="mine").endpoint)
    cached = [Path(module.get_token_cache_file_name(name)).name for name in ("a", "b")]
    note("caches", [cached[0] != cached[1], cached[0] == Path(module.get_token_cache_file_name("a")).name])


def wrong_logins(party: Party, note: Noted) -> None:
    module = party.module("auth")
    key = json.loads(Path(os.environ["GEN3_API_KEY"]).read_text())
    broken = {"api_key": f"{key['api_key'][:-20]}{'A' * 20}", "key_id": "x"}
    note.outcome("a key that isn't one", lambda: module.get_access_token_with_key(broken))
    note.outcome("file and object", lambda: module.Gen3Auth(refresh_file="a", refresh_token=key))
    note.outcome("commons and login", lambda: module.Gen3Auth(party.url, idp="x", refresh_token=key))
    note.outcome("a program without a commons", lambda: module.Gen3Auth(client_credentials=("a", "b")))
    note.outcome("scopes without a program", lambda: module.Gen3Auth(party.url, client_scopes="user"))
    note.outcome("no method", lambda: party.auth.curl("/user/user", request="FETCH"))
    note.outcome("no such page", lambda: party.auth.curl("/user/nope"))
    note.outcome("a file without a key", lambda: module.Gen3Auth(refresh_file=party.local("empty.json", "{}")))


def programs_login(party: Party, note: Noted) -> None:
    module = party.module("auth")
    program = (os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
    token = module.get_access_token_with_client_credentials(party.url, program, "user data openid")
    note("scopes", sorted(module.decode_token(token)["scope"]))
    login = module.Gen3Auth(party.url, client_credentials=program, client_scopes="user data")
    note("chosen scopes", sorted(module.decode_token(login.get_access_token())["scope"]))
    wrong = (program[0], "wrong")
    note.outcome(
        "a wrong secret", lambda: module.get_access_token_with_client_credentials(party.url, wrong, "user data")
    )


def token_service(party: Party, note: Noted) -> None:
    module = party.module("auth")
    other = os.environ["OTHER_COMMONS"]
    note("in a workspace", module.get_wts_endpoint("jupyter"))
    payload = module.get_wts_idps(external_wts_host=f"{party.url}/wts")
    note("other commons", [provider["idp"] for provider in payload["providers"]])
    login = module.Gen3Auth(other, refresh_file=os.environ["GEN3_API_KEY"])
    note("a token of another commons", module.endpoint_from_token(login.get_access_token()) == other)
    note("there", login.curl("/user/user").json()["username"])
    by_name = module.Gen3Auth(refresh_file=os.environ["GEN3_API_KEY"], idp="other")
    note("by the name of its login", module.endpoint_from_token(by_name.get_access_token()) == other)
    note.outcome(
        "an unknown commons",
        lambda: module.Gen3Auth(
            "http://nowhere.example.org", refresh_file=os.environ["GEN3_API_KEY"]
        ).get_access_token(),
    )


def with_other_clients(party: Party, note: Noted) -> None:
    import requests

    note("requests", requests.get(f"{party.url}/user/user", auth=party.auth, timeout=60).json()["username"])
    with requests.Session() as session:
        session.auth = party.auth
        note("a session", session.get(f"{party.url}/user/user", timeout=60).json()["username"])


GROUPS = (auth, wrong_logins, programs_login, token_service, with_other_clients)
