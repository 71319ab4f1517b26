"""Access tokens: got once, kept, renewed early and after a refusal, sent to their commons only."""

import asyncio
import logging
import os
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from gen3_commons import COMMONS, FakeCommons
from omicsdk.compat.gen3.auth import (
    Gen3Auth,
    decode_token,
    endpoint_from_token,
    get_access_token_with_client_credentials,
    get_access_token_with_key,
    get_token_cache_file_name,
    get_wts_endpoint,
    get_wts_idps,
)
from omicsdk.core import NO_RETRY, AuthError, ConnectFailed, Forbidden, ManualClock, NotFound, Unauthorized
from omicsdk.gen3 import AsyncGen3, Gen3, Gen3AuthError, Gen3UserError
from omicsdk.gen3.login import Gen3Login

Make = Callable[..., Gen3Auth]
TOKEN_PATH = "POST /user/credentials/cdis/access_token"


@pytest.fixture
def make(commons: FakeCommons, clock: ManualClock, api_key: dict[str, str]) -> Make:
    def made(**arguments: Any) -> Gen3Auth:
        if not arguments.keys() & {"refresh_file", "access_token", "client_credentials"}:
            arguments.setdefault("refresh_token", api_key)
        return Gen3Auth(**arguments, transport=commons.transport, clock=clock, retry=NO_RETRY)

    return made


def ask(auth: Gen3Auth, commons: FakeCommons, endpoint: str = COMMONS) -> Any:
    with Gen3(endpoint, credentials=auth, transport=commons.transport, retry=NO_RETRY) as asking:
        return asking.fence.get_user_info.raw()


def sent(request: httpx.Request) -> str:
    return request.headers.get("authorization", "")


def test_a_request_carries_a_token_that_the_key_s_commons_gave(
    make: Make, commons: FakeCommons, api_key: dict[str, str]
):
    ask(make(), commons)
    assert commons.paths == [TOKEN_PATH, "GET /user/user"]
    assert api_key["api_key"] in commons.requests[0].content.decode()
    assert sent(commons.requests[0]) == ""
    assert sent(commons.requests[1]) == f"bearer {commons.issued_tokens[0]}"


def test_a_token_serves_many_requests(make: Make, commons: FakeCommons):
    auth = make()
    for _ in range(3):
        ask(auth, commons)
    assert len(commons.issued_tokens) == 1


def test_a_token_is_renewed_five_minutes_before_it_ends(make: Make, commons: FakeCommons, clock: ManualClock):
    auth = make()
    first = auth.get_access_token()
    clock.advance(1200 - 301)
    assert auth.get_access_token() == first
    assert auth.ready()
    clock.advance(2)
    assert not auth.ready()
    assert auth.get_access_token() == commons.issued_tokens[1] != first


def test_a_clock_that_is_wrong_does_not_request_a_token_each_time(make: Make, commons: FakeCommons, clock: ManualClock):
    commons.clock = ManualClock(clock.now() - 7200)
    auth = make()
    assert auth.get_access_token() == auth.get_access_token()
    assert len(commons.issued_tokens) == 1


def test_a_token_that_is_short_lived_is_used_for_half_its_life(
    make: Make,
    commons: FakeCommons,
    clock: ManualClock,
    make_token: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(
        commons,
        "new_token",
        lambda issuer: commons.issued_tokens.append(make_token(seconds=60)) or commons.issued_tokens[-1],
    )
    auth = make()
    auth.get_access_token()
    clock.advance(29)
    auth.get_access_token()
    assert len(commons.issued_tokens) == 1


def test_a_token_serves_to_its_end_where_no_other_can_be_had(
    api_key: dict[str, str], clock: ManualClock, make_token: Callable[..., str], caplog: pytest.LogCaptureFixture
):
    responses = [httpx.Response(200, json={"access_token": make_token()})]
    down = httpx.MockTransport(lambda request: responses.pop() if responses else httpx.Response(503))
    auth = Gen3Auth(refresh_token=api_key, transport=down, clock=clock, retry=NO_RETRY)
    first = auth.get_access_token()
    clock.advance(1000)
    assert auth.get_access_token() == first
    assert "is used until it expires" in caplog.text
    clock.advance(300)
    with pytest.raises(Gen3AuthError, match="503"):
        auth.get_access_token()


def test_a_refused_token_is_renewed_once_and_the_request_sent_again(make: Make, commons: FakeCommons):
    auth = make()
    commons.refused.add(auth.get_access_token())
    assert ask(auth, commons).status_code == 200
    assert [sent(request) for request in commons.requests] == [
        "",
        *[f"bearer {commons.issued_tokens[0]}", "", f"bearer {commons.issued_tokens[1]}"],
    ]


def test_what_is_refused_again_is_reported(make: Make, commons: FakeCommons):
    commons.response = lambda request: httpx.Response(401, json={"error": "no"})
    with pytest.raises(Unauthorized):
        ask(make(), commons)
    assert len(commons.issued_tokens) == 2


def test_what_may_not_be_done_is_requested_once(make: Make, commons: FakeCommons):
    commons.response = lambda request: httpx.Response(403, json={"error": "no"})
    with pytest.raises(Forbidden):
        ask(make(), commons)
    assert commons.paths == [TOKEN_PATH, "GET /user/user"]


def test_files_that_may_not_be_read_do_not_cost_a_token_each(make: Make, commons: FakeCommons, clock: ManualClock):
    commons.response = lambda request: httpx.Response(401, json={"error": "no access"})
    auth = make()
    for _ in range(5):
        with pytest.raises(Unauthorized):
            ask(auth, commons)
    assert len(commons.issued_tokens) == 2
    clock.advance(61)
    with pytest.raises(Unauthorized):
        ask(auth, commons)
    assert len(commons.issued_tokens) == 3


def test_a_key_that_was_refused_is_not_shown_with_each_request(api_key: dict[str, str], clock: ManualClock):
    paths: list[str] = []

    def response(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        refused = request.url.path.endswith("access_token")
        return httpx.Response(401 if refused else 200, json={"message": "key revoked"})

    transport = httpx.MockTransport(response)
    auth = Gen3Auth(refresh_token=api_key, transport=transport, clock=clock, retry=NO_RETRY)
    with Gen3(COMMONS, credentials=auth, transport=transport) as commons:
        for _ in range(3):
            commons.indexd.get_stats.raw()  # open to everybody
        assert len(paths) == 4
        clock.advance(31)
        commons.indexd.get_stats.raw()
        assert len(paths) == 6
        with pytest.raises(Gen3AuthError, match="key revoked"):
            commons.fence.get_user_info.raw()


class SetBack(ManualClock):
    """A clock that is set back by a number of seconds; time passes as before."""

    behind = 0.0

    def now(self) -> float:
        return super().now() - self.behind


def test_a_clock_that_is_set_back_does_not_prolong_the_wait_after_a_refusal(api_key: dict[str, str]):
    clock, commons = SetBack(), FakeCommons(ManualClock())
    commons.response = lambda request: httpx.Response(401, json={"error": "no access"})
    auth = Gen3Auth(refresh_token=api_key, transport=commons.transport, clock=clock, retry=NO_RETRY)
    with pytest.raises(Unauthorized):
        ask(auth, commons)
    assert len(commons.issued_tokens) == 2
    clock.behind = 3600.0
    clock.advance(61)
    with pytest.raises(Unauthorized):
        ask(auth, commons)
    assert len(commons.issued_tokens) == 3


def test_a_clock_that_is_set_back_does_not_prolong_the_wait_after_a_failure(api_key: dict[str, str]):
    clock, paths = SetBack(), list[str]()

    def response(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        return httpx.Response(401, json={"message": "key revoked"})

    auth = Gen3Auth(refresh_token=api_key, transport=httpx.MockTransport(response), clock=clock, retry=NO_RETRY)
    for count in (1, 1, 2):
        with pytest.raises(Gen3AuthError, match="key revoked"):
            auth.get_access_token()
        assert len(paths) == count
        if len(paths) == 1:
            clock.behind += 1800.0
            clock.advance(16)


def test_many_threads_get_one_token(make: Make, commons: FakeCommons):
    at_once, auth = threading.Barrier(8), make()
    got: list[str] = []

    def get() -> None:
        at_once.wait(60)
        got.append(auth.get_access_token())

    threads = [threading.Thread(target=get) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert got == commons.issued_tokens * 8


def _is_waiting(thread: threading.Thread) -> bool:
    frame = sys._current_frames().get(thread.ident or 0)
    return frame is not None and frame.f_code.co_name == "instead_of"


def test_threads_that_wait_for_a_failure_do_not_repeat_it(api_key: dict[str, str], clock: ManualClock):
    entered, release, requests = threading.Event(), threading.Event(), []

    def refuse(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        entered.set()
        release.wait(60)
        return httpx.Response(401, json={"message": "key revoked"})

    auth = Gen3Auth(refresh_token=api_key, transport=httpx.MockTransport(refuse), clock=clock, retry=NO_RETRY)
    failures: list[Exception] = []

    def get() -> None:
        with pytest.raises(Gen3AuthError) as caught:
            auth.get_access_token()
        failures.append(caught.value)

    threads = [threading.Thread(target=get) for _ in range(4)]
    threads[0].start()
    assert entered.wait(60)
    for thread in threads[1:]:
        thread.start()
    # They compare with what they saw before the lock: they have to wait when it is released.
    while sum(_is_waiting(thread) for thread in threads) < 3:
        pass
    release.set()
    for thread in threads:
        thread.join(60)
    assert len(failures) == 4
    assert len(requests) == 1


# -- kept for the next process


def test_a_token_is_kept_for_the_next_process(make: Make, commons: FakeCommons, tmp_path: Path):
    assert make().get_access_token() == make().get_access_token()
    (kept,) = (tmp_path / "cache" / "omicsdk" / "gen3").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.read_text() == commons.issued_tokens[0]
    assert len(commons.issued_tokens) == 1


def test_a_token_that_is_kept_is_not_used_from_five_minutes_before_its_end(
    make: Make, commons: FakeCommons, clock: ManualClock
):
    make().get_access_token()
    clock.advance(901)
    assert make().get_access_token() == commons.issued_tokens[1]


def test_what_others_could_have_written_is_not_used(make: Make, commons: FakeCommons, tmp_path: Path):
    make().get_access_token()
    (kept,) = (tmp_path / "cache" / "omicsdk" / "gen3").iterdir()
    kept.chmod(0o644)
    assert make().get_access_token() == commons.issued_tokens[1]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_cache_that_holds_nonsense_is_as_good_as_none(make: Make, commons: FakeCommons, tmp_path: Path):
    make().get_access_token()
    (kept,) = (tmp_path / "cache" / "omicsdk" / "gen3").iterdir()
    kept.write_text("nonsense")
    assert make().get_access_token() == commons.issued_tokens[1]


def test_a_cache_that_cannot_be_written_does_not_prevent_working(
    make: Make, commons: FakeCommons, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (tmp_path / "cache").write_text("a file in the folder's place")
    with caplog.at_level(logging.WARNING):
        assert make().get_access_token() == commons.issued_tokens[0]
    assert "is not stored" in caplog.text


def test_a_token_that_another_process_got_after_a_refusal_is_used(make: Make, commons: FakeCommons):
    mine, other = make(), make()
    commons.refused.add(mine.get_access_token())
    other.refresh_access_token()
    assert ask(mine, commons).status_code == 200
    assert len(commons.issued_tokens) == 2


def test_the_cache_s_file_reveals_nothing_of_the_key(api_key: dict[str, str], tmp_path: Path):
    name = get_token_cache_file_name(api_key["api_key"])
    assert name.startswith(str(tmp_path / "cache"))
    assert api_key["api_key"][:20] not in name


# -- where it goes


def test_a_token_does_not_go_to_another_commons(make: Make, commons: FakeCommons):
    with pytest.raises(AuthError, match="another service"):
        ask(make(), commons, "https://evil.example.org")
    assert commons.requests == []


def test_a_key_does_not_go_over_an_open_connection(make: Make, commons: FakeCommons, make_token: Callable[..., str]):
    auth = make(refresh_token={"api_key": make_token(issuer="http://commons.example.org")})
    with pytest.raises(Gen3AuthError, match="is not encrypted"):
        auth.get_access_token()
    assert commons.requests == []


def test_a_key_goes_to_this_machine_over_an_open_connection(
    make: Make, commons: FakeCommons, make_token: Callable[..., str]
):
    local = "http://127.0.0.1:8000"
    assert ask(make(refresh_token={"api_key": make_token(issuer=local)}), commons, local).status_code == 200


def test_a_token_does_not_follow_a_redirect_to_elsewhere(make: Make, commons: FakeCommons):
    def elsewhere(request: httpx.Request) -> httpx.Response:
        if request.url.host == "commons.example.org":
            return httpx.Response(302, headers={"location": "https://storage.example.org/x"})
        return httpx.Response(200, json={})

    commons.response = elsewhere
    ask(make(), commons)
    assert sent(commons.requests[-1]) == ""


# -- the other ways


def test_a_token_that_was_given_is_used_as_it_is(make: Make, commons: FakeCommons, make_token: Callable[..., str]):
    token = make_token()
    auth = make(access_token=token)
    ask(auth, commons)
    assert sent(commons.requests[0]) == f"bearer {token}"
    with pytest.raises(Gen3AuthError, match="cannot be renewed"):
        auth.refresh_access_token()
    commons.refused.add(token)
    with pytest.raises(Unauthorized):
        ask(auth, commons)
    assert len(commons.requests) == 2


def test_a_token_that_was_given_and_has_ended(make: Make, clock: ManualClock, make_token: Callable[..., str]):
    auth = make(access_token=make_token())
    clock.advance(1201)  # its commons may have another clock
    assert auth.get_access_token()
    clock.advance(99)
    with pytest.raises(Gen3AuthError, match="expired on 2020-09-13"):
        auth.get_access_token()


def test_the_end_and_the_commons_that_a_login_states(make: Make, clock: ManualClock, make_token: Callable[..., str]):
    key, token, program = (
        make(),
        make(access_token=make_token(seconds=60)),
        make(endpoint=COMMONS, client_credentials=("a", "b")),
    )
    ends = [login.expires_at for login in (key, token, program)]
    assert ends == [int(clock.now()) + 30 * 86400, int(clock.now()) + 60, None]
    workspace, of_commons = Gen3Auth(clock=clock), Gen3Auth(endpoint=COMMONS, clock=clock)
    logins = (key, token, program, workspace, of_commons)
    assert [login.is_workspaces for login in logins] == [False, False, False, True, False]


def test_a_program_s_login(make: Make, commons: FakeCommons):
    commons.response = lambda request: httpx.Response(200, json={"access_token": commons.new_token()})
    auth = make(endpoint=COMMONS, client_credentials=("my-id", "my-secret"), client_scopes="user data")
    assert auth.get_access_token() == commons.issued_tokens[0]
    (token_request,) = commons.requests
    assert str(token_request.url) == f"{COMMONS}/user/oauth2/token?grant_type=client_credentials&scope=user%20data"
    assert sent(token_request).startswith("Basic ")
    assert "my-secret" not in repr(auth)


def token_service(commons: FakeCommons, mine: str = "") -> None:
    """Another commons' tokens, behind the token service of this one."""
    other = "https://other.example.org"

    def response(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/external_oidc/"):
            providers = [{"idp": "default", "base_url": COMMONS}, {"idp": "other-fence", "base_url": f"{other}/"}]
            return httpx.Response(200, json={"providers": providers})
        if request.url.path.endswith("/token/"):
            idp = request.url.params.get("idp")
            if idp is None and "authorization" in request.headers:  # its own tokens are for its workspaces alone
                return httpx.Response(403, json={"message": "You need to be authenticated to use this resource"})
            return httpx.Response(200, json={"token": commons.new_token(other if idp == "other-fence" else COMMONS)})
        return httpx.Response(200, json={})

    commons.response = response


def test_another_commons_is_reached_through_the_issuer_s_token_service(make: Make, commons: FakeCommons):
    token_service(commons)
    auth = make(endpoint="https://other.example.org")
    ask(auth, commons, "https://other.example.org")
    assert commons.paths == [TOKEN_PATH, "GET /wts/external_oidc/", "GET /wts/token/", "GET /user/user"]
    assert sent(commons.requests[2]) == f"bearer {commons.issued_tokens[0]}"
    assert commons.requests[2].url.query == b"idp=other-fence"
    assert (commons.requests[3].url.host, sent(commons.requests[3])) == (
        "other.example.org",
        f"bearer {commons.issued_tokens[1]}",
    )


@pytest.mark.parametrize("inside", [True, False])
def test_of_several_logins_of_a_commons_the_connected_one_is_used(
    make: Make, commons: FakeCommons, clock: ManualClock, inside: bool
):
    other = "https://other.example.org"

    def response(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/external_oidc/"):  # it does not know users within a workspace there
            ends = None if "authorization" not in request.headers else "29 days"
            logins = [("other-google", None), ("other-orcid", ends)]
            providers = [{"idp": idp, "base_url": other, "refresh_token_expiration": end} for idp, end in logins]
            return httpx.Response(200, json={"providers": providers})
        if request.url.params["idp"] != "other-orcid":
            return httpx.Response(403, json={"message": "User doesn't have a refresh token"})
        return httpx.Response(200, json={"token": commons.new_token(other)})

    commons.response = response
    options: Any = {"transport": commons.transport, "clock": clock, "retry": NO_RETRY}
    auth = Gen3Auth(endpoint=other, **options) if inside else make(endpoint=other)
    assert endpoint_from_token(auth.get_access_token()) == other
    idps = [request.url.params["idp"] for request in commons.requests if request.url.path.endswith("/token/")]
    assert idps == (["other-google", "other-orcid"] if inside else ["other-orcid"])


def test_tokens_of_different_commons_are_kept_apart(make: Make, commons: FakeCommons):
    token_service(commons)
    here, there = make(), make(endpoint="https://other.example.org")
    assert here.get_access_token() != there.get_access_token()
    assert endpoint_from_token(make().get_access_token()) == COMMONS
    assert (
        endpoint_from_token(make(endpoint="https://other.example.org").get_access_token())
        == "https://other.example.org"
    )


def test_a_commons_that_the_token_service_has_no_login_of(make: Make, commons: FakeCommons):
    token_service(commons)
    with pytest.raises(
        Gen3AuthError, match=r"has no login of https://third.example.org.*https://other.example.org/"
    ) as caught:
        make(endpoint="https://third.example.org").get_access_token()
    message = str(caught.value)
    assert "a credentials file from the profile page of https://third.example.org" in message
    assert "endpoint=" not in message  # the command line has another message


def test_a_workspace_s_token_service_is_not_reached_from_elsewhere(clock: ManualClock):
    def unknown(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("[Errno -2] Name or service not known", request=request)

    auth = Gen3Auth(refresh_file="idp://wts/x", transport=httpx.MockTransport(unknown), clock=clock, retry=NO_RETRY)
    with pytest.raises(ConnectFailed, match=r"is reached within a workspace only\. Elsewhere use a credentials file"):
        auth.get_access_token()


def test_a_token_of_the_token_service_can_be_requested_explicitly(make: Make, commons: FakeCommons):
    token_service(commons)
    auth = make()
    assert (
        endpoint_from_token(auth.get_access_token_from_wts("https://other.example.org")) == "https://other.example.org"
    )
    assert endpoint_from_token(auth.refresh_access_token("https://other.example.org")) == "https://other.example.org"
    assert endpoint_from_token(auth.get_access_token()) == COMMONS


def test_a_program_s_workspace_is_that_of_its_environment(commons: FakeCommons, clock: ManualClock):
    token_service(commons)
    environ = {"NAMESPACE": "lab"}
    login = Gen3Login(
        COMMONS, client_credentials=("id", "secret"), transport=commons.transport, clock=clock, environ=environ
    )
    login.get_access_token_from_wts()
    assert commons.requests[-1].url.host == "workspace-token-service.lab.svc.cluster.local"


def test_a_workspace_s_own_login_states_its_commons(
    commons: FakeCommons, clock: ManualClock, caplog: pytest.LogCaptureFixture
):
    token_service(commons)
    auth = Gen3Auth(transport=commons.transport, clock=clock, retry=NO_RETRY)
    assert auth.endpoint == COMMONS
    (token_request,) = commons.requests
    assert str(token_request.url) == "http://workspace-token-service.default.svc.cluster.local/token/"
    assert "not found; using the workspace token service" in caplog.text
    ask(auth, commons)
    assert sent(commons.requests[-1]) == f"bearer {commons.issued_tokens[0]}"


def test_the_token_of_a_workspace_s_own_commons_goes_to_no_other(commons: FakeCommons, clock: ManualClock):
    token_service(commons)
    auth = Gen3Auth(endpoint="https://third.example.org", transport=commons.transport, clock=clock, retry=NO_RETRY)
    with pytest.raises(Gen3AuthError, match=r"has no login of https://third\.example\.org"):
        auth.get_access_token()


def test_a_workspace_s_other_login(commons: FakeCommons, clock: ManualClock):
    token_service(commons)
    auth = Gen3Auth(refresh_file="idp://wts/other-fence", transport=commons.transport, clock=clock, retry=NO_RETRY)
    assert auth.endpoint == "https://other.example.org"
    assert commons.requests[0].url.query == b"idp=other-fence"


def test_without_a_key_and_outside_of_a_workspace(clock: ManualClock, home: Path):
    def unknown(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("[Errno -2] Name or service not known", request=request)

    auth = Gen3Auth(transport=httpx.MockTransport(unknown), clock=clock)
    with pytest.raises(Gen3AuthError) as caught:
        auth.get_access_token()
    assert str(home / ".gen3" / "credentials.json") in str(caught.value)
    assert "Download credentials.json from your profile page" in str(caught.value)


# -- what goes wrong


def test_a_key_that_has_ended_is_named_with_its_file_its_end_and_what_to_do(
    home: Path, clock: ManualClock, make_token: Callable[..., str]
):
    file = home / "mine.json"
    file.write_text(f'{{"api_key": "{make_token(seconds=-86400)}"}}')
    refusing = httpx.MockTransport(lambda request: httpx.Response(401, json={"message": "Signature has expired"}))
    with pytest.raises(Gen3AuthError) as caught:
        Gen3Auth(refresh_file=file, transport=refusing, clock=clock, retry=NO_RETRY).get_access_token()
    message = str(caught.value)
    assert str(file) in message
    assert "401: Signature has expired" in message
    assert "The key expires on 2020-09-12" in message
    assert "create another on your profile page of https://commons.example.org" in message


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (httpx.Response(200, text="<html>"), "did not respond like a Gen3 commons"),
        (httpx.Response(200, json=[]), "did not respond like a Gen3 commons"),
        (httpx.Response(200, json={"token": "x"}), "no access_token"),
    ],
)
def test_an_invalid_commons(api_key: dict[str, str], clock: ManualClock, response: httpx.Response, message: str):
    auth = Gen3Auth(
        refresh_token=api_key, transport=httpx.MockTransport(lambda _: response), clock=clock, retry=NO_RETRY
    )
    with pytest.raises(Gen3AuthError, match=message):
        auth.get_access_token()


def test_a_key_is_not_repeated_where_a_commons_redirects(api_key: dict[str, str], clock: ManualClock):
    hosts: list[str] = []

    def elsewhere(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(307, headers={"location": "https://elsewhere.example.org/"})

    auth = Gen3Auth(refresh_token=api_key, transport=httpx.MockTransport(elsewhere), clock=clock, retry=NO_RETRY)
    with pytest.raises(Gen3AuthError, match="did not respond like a Gen3 commons"):
        auth.get_access_token()
    assert hosts == ["commons.example.org"]


def test_a_commons_that_is_down_is_reported_as_such(api_key: dict[str, str], clock: ManualClock):
    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused", request=request)

    auth = Gen3Auth(refresh_token=api_key, transport=httpx.MockTransport(down), clock=clock, retry=NO_RETRY)
    with pytest.raises(ConnectFailed):
        auth.get_access_token()


def test_secrets_show_nowhere(
    make: Make, commons: FakeCommons, api_key: dict[str, str], caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.DEBUG):
        auth = make()
        ask(auth, commons)
        commons.response = lambda request: httpx.Response(404, json={"error": "nothing"})
        with pytest.raises(NotFound) as caught:
            ask(auth, commons)
    shown = repr(auth) + str(caught.value) + repr(vars(caught.value)) + caplog.text
    assert not [secret for secret in (api_key["api_key"], *commons.issued_tokens) if secret in shown]
    assert repr(auth) == "<Gen3Auth https://commons.example.org by the API key>"


# -- manually


def test_a_request_manually(make: Make, commons: FakeCommons):
    response = make().curl("/user/user?x=1")
    assert (response.status_code, response.json()) == (200, {"path": "/user/user"})
    assert str(commons.requests[-1].url) == f"{COMMONS}/user/user?x=1"
    assert sent(commons.requests[-1]) == f"bearer {commons.issued_tokens[0]}"


@pytest.mark.parametrize("request_", [None, "put", "patch"])
def test_json_manually_goes_unchanged(make: Make, commons: FakeCommons, tmp_path: Path, request_: str | None):
    file = tmp_path / "body.json"
    file.write_text('{"a": [1, "é"]}', encoding="utf-8")
    for data in ('{"a": [1, "é"]}', f"@{file}"):
        make().curl("index/index", request=request_, data=data)
        sent_request = commons.requests[-1]
        assert sent_request.content.decode() == '{"a": [1, "é"]}'
        assert sent_request.headers["content-type"] == "application/json"
        assert sent_request.method == (request_ or "post").upper()


def test_other_text_manually(make: Make, commons: FakeCommons):
    make().curl("/x", data="type\tid\n")
    assert commons.requests[-1].content == b"type\tid\n"
    assert commons.requests[-1].headers["content-type"].startswith("text/plain")
    make().curl("/x", data=os.fsdecode(b"caf\xe9"))
    assert commons.requests[-1].content == b"caf\xe9"


def test_manually_the_login_stays_with_its_commons(make: Make, commons: FakeCommons):
    with pytest.raises(Gen3UserError, match="is not below"):
        make().curl("https://evil.example.org/x")
    with pytest.raises(Gen3UserError, match="is not below"):
        make().curl(f"{COMMONS}.evil.example.org/x")
    with pytest.raises(Gen3UserError, match="is not below") as refused:
        make().curl(COMMONS.replace("://", "://me:pa55word@") + "/x?token=pa55word")
    assert "pa55word" not in str(refused.value)
    make().curl(f"{COMMONS}/user/user")
    assert commons.requests[-1].url.path == "/user/user"


def test_mistakes_manually(make: Make):
    with pytest.raises(Gen3UserError, match="Unknown method"):
        make().curl("/x", request="BREW")
    with pytest.raises(Gen3UserError, match="cannot be read"):
        make().curl("/x", data="@nowhere.json")


def test_a_commons_says_no_manually(make: Make, commons: FakeCommons):
    commons.response = lambda request: httpx.Response(404, json={"error": "nothing"})
    with pytest.raises(NotFound):
        make().curl("/x")


def test_functions_beside_the_class(
    commons: FakeCommons, api_key: dict[str, str], make_token: Callable[..., str], monkeypatch: pytest.MonkeyPatch
):
    options = {"transport": commons.transport}
    assert decode_token(make_token(name="x"))["jti"] == "x"
    assert endpoint_from_token(make_token(issuer="http://localhost:8000")) == "http://localhost:8000"
    assert get_access_token_with_key(api_key, options=options) == commons.issued_tokens[0]
    token_service(commons)
    assert [idp["idp"] for idp in get_wts_idps(options=options)["providers"]] == ["default", "other-fence"]
    assert commons.requests[-1].url.host == "workspace-token-service.default.svc.cluster.local"
    get_wts_idps(external_wts_host=f"{COMMONS}/wts/", options=options)
    assert str(commons.requests[-1].url) == f"{COMMONS}/wts/external_oidc/"
    commons.response = lambda request: httpx.Response(200, json={"access_token": "abc"})
    assert get_access_token_with_client_credentials(COMMONS, ("a", "b"), "user", options=options) == "abc"
    monkeypatch.setenv("NAMESPACE", "lab")
    assert get_wts_endpoint() == "http://workspace-token-service.lab.svc.cluster.local"
    assert get_wts_endpoint("other").split(".")[1] == "other"
    for wrong in ("", "a.b", "a.b.c"):
        with pytest.raises(Gen3AuthError, match="is not a JSON Web Token"):
            decode_token(wrong)


# -- asynchronous


def test_an_event_loop_is_not_held_up_by_a_token(make: Make, commons: FakeCommons):
    auth, threads = make(), []
    real = commons.new_token

    def noted(issuer: str = COMMONS) -> str:
        threads.append(threading.current_thread())
        return real(issuer)

    commons.new_token = noted

    async def several() -> None:
        async with AsyncGen3(COMMONS, credentials=auth, transport=commons.transport) as asking:
            await asyncio.gather(*(asking.fence.get_user_info.raw() for _ in range(5)))

    asyncio.run(several())
    assert len(commons.issued_tokens) == 1
    assert threads != [threading.main_thread()]
