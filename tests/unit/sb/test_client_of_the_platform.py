"""`SevenBridges` and `AsyncSevenBridges`: where base URL and token are found, and what both wait for."""

import asyncio
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx
import pytest
from leaving_clock import LeavingClock
from nobodys_home import leave_home
from omicsdk import NO_RETRY, AsyncSevenBridges, BearerToken, Retry, SevenBridges
from omicsdk.core import (
    ANONYMOUS,
    ConfigError,
    Forbidden,
    Interrupted,
    ManualClock,
    RateLimited,
    ResponseMismatch,
    ServiceUnavailable,
    json_coding,
)
from omicsdk.core.json_coding import DECODED
from omicsdk.core.plain_client import stopping_by
from omicsdk.core.platform import resolution
from omicsdk.core.response import json_of
from omicsdk.core.threads import in_threads
from omicsdk.sb import WrongPath
from omicsdk.sb.client import DISCOVERY
from omicsdk.sb.moves import delete

CREDENTIALS = """
[default]
api_endpoint = https://default.example.org/v2
auth_token = of-default

[cgc]
api_endpoint = https://cgc.example.org/v2
auth_token = 50%-of-cgc
"""
URL = "https://api.example.org/v2"
VARIABLES = {"SB_API_ENDPOINT": URL, "SB_AUTH_TOKEN": "t"}
USER = {"href": f"{URL}/users/me", "username": "me"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with two profiles, and no variables."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("SB_API_ENDPOINT", "SB_AUTH_TOKEN", "SB_PROFILE", "OMICS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".sevenbridges" / "sevenbridges-python").mkdir(parents=True)
    (tmp_path / ".sevenbridges" / "credentials").write_text(CREDENTIALS)
    return tmp_path


def _sent(**arguments: Any) -> tuple[str, str | None]:
    """The base URL of a client, and the token that it sends."""
    seen: list[httpx.Request] = []

    def response(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=USER)

    with SevenBridges(**arguments, transport=httpx.MockTransport(response)) as client:
        assert client.whoami().username == "me"
        return client.base_url, seen[0].headers.get("x-sbg-auth-token")


def test_a_profile_states_where_and_who(home: Path):
    assert _sent() == ("https://default.example.org/v2", "of-default")
    assert _sent(profile="cgc") == ("https://cgc.example.org/v2", "50%-of-cgc")
    assert _sent(profile="cgc", credentials="mine") == ("https://cgc.example.org/v2", "mine")
    with pytest.raises(ConfigError, match="Profile 'other' not found; the file has default, cgc"):
        SevenBridges(profile="other")


def test_variables_go_before_the_default_profile(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SB_API_ENDPOINT", "https://set.example.org/v2")
    assert _sent()[1] == "of-default"
    assert _sent(credentials="mine") == ("https://set.example.org/v2", "mine")
    monkeypatch.setenv("SB_AUTH_TOKEN", "set")
    assert _sent() == ("https://set.example.org/v2", "set")
    assert _sent(profile="cgc")[1] == "50%-of-cgc"
    monkeypatch.setenv("SB_PROFILE", "cgc")
    assert _sent()[1] == "set"
    monkeypatch.delenv("SB_AUTH_TOKEN")
    assert _sent()[1] == "50%-of-cgc"


def test_a_token_goes_to_no_platform_that_it_was_not_found_beside(home: Path):
    assert _sent(base_url="https://other.example.org/v2", credentials="mine")[1] == "mine"
    assert _sent(base_url="https://default.example.org/v2/")[1] == "of-default"
    with pytest.raises(ConfigError, match=r"No credentials found for https://other.*belong to https://default"):
        SevenBridges("https://other.example.org/v2")


def test_nothing_at_all_states_what_to_set(home: Path):
    (home / ".sevenbridges" / "credentials").unlink()
    with pytest.raises(ConfigError) as caught:
        SevenBridges()
    assert "SB_API_ENDPOINT" in caught.value.remedy


def test_without_a_home_only_what_needs_its_files_fails(monkeypatch: pytest.MonkeyPatch):
    leave_home(monkeypatch)
    assert resolution(DISCOVERY, credentials=ANONYMOUS, environ={}, offline=True).base_url == ""
    for variables, offline in (({}, False), ({"SB_PROFILE": "cgc"}, True)):
        with pytest.raises(ConfigError, match="no home folder"):
            resolution(DISCOVERY, credentials=ANONYMOUS, environ=variables, offline=offline)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[default]\napi_endpoint = https://x/v2\n", "no auth_token"),
        ("api_endpoint\n", "credentials:1: It is not an INI file"),
    ],
)
def test_a_malformed_file_is_named_with_its_line(home: Path, text: str, message: str):
    (home / ".sevenbridges" / "credentials").write_text(text)
    with pytest.raises(ConfigError, match=message):
        SevenBridges()


def test_a_file_may_have_a_byte_order_mark(home: Path):
    (home / ".sevenbridges" / "credentials").write_text(f"\ufeff{CREDENTIALS}")
    SevenBridges()


def test_plain_http_is_for_this_machine_alone(home: Path):
    assert SevenBridges("http://127.0.0.1:8080/sb/v2", credentials="t").base_url == "http://127.0.0.1:8080/sb/v2"
    with pytest.raises(ConfigError, match="is not https"):
        SevenBridges("http://sb.example.org/v2", credentials="t")


def test_settings_beside_the_profiles_state_proxies_and_advance_access(home: Path):
    from omicsdk.core.platform import settings_of

    config = home / ".sevenbridges" / "sevenbridges-python" / "config"
    config.write_text("[proxies]\nhttps_proxy = http://proxy.example.org:3128\n[mode]\nadvance_access = true\n")
    seen: list[str | None] = []

    def response(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("x-sbg-advance-access"))
        return httpx.Response(200, json=USER)

    transport = httpx.MockTransport(response)
    with SevenBridges(transport=transport) as client, SevenBridges(URL, credentials="t", transport=transport) as other:
        client.whoami()
        other.whoami()
        assert (settings_of(client).environ or {})["https_proxy"] == "http://proxy.example.org:3128"
        assert settings_of(other).environ is None
        assert settings_of(SevenBridges("https://default.example.org/v2/")).environ is not None
        assert settings_of(SevenBridges(environ=VARIABLES)).environ == VARIABLES
        assert settings_of(SevenBridges(profile="cgc", environ={"HOME": str(home), **VARIABLES})).environ != VARIABLES
    assert seen == ["Advance", None]
    for text in ("1", "0"):
        config.write_text(f"[mode]\nadvance_access = {text}\n")
        with SevenBridges(transport=transport) as client:
            client.whoami()
    assert seen[2:] == ["Advance", None]
    config.write_text("[mode]\nadvance_access = perhaps\n")
    with pytest.raises(ConfigError, match="neither true nor false"):
        SevenBridges()


def test_a_token_of_oauth_is_sent_as_one():
    def response(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer t"
        assert "x-sbg-auth-token" not in request.headers
        return httpx.Response(200, json=USER)

    with SevenBridges(URL, credentials=BearerToken("t"), transport=httpx.MockTransport(response)) as client:
        client.whoami()


# -- waiting


def _responses(*responses: tuple[int, dict[str, str], dict[str, Any]]) -> Callable[[httpx.Request], httpx.Response]:
    """These responses, the last one for ever."""
    left = list(responses)

    def response(_: httpx.Request) -> httpx.Response:
        status, headers, body = left.pop(0) if len(left) > 1 else left[0]
        return httpx.Response(status, headers=headers, json=body)

    return response


GOOD: tuple[int, dict[str, str], dict[str, Any]] = (200, {}, USER)
MAINTENANCE: tuple[int, dict[str, str], dict[str, Any]] = (503, {}, {"code": 0, "message": "maintenance"})


def _client(clock: ManualClock, *responses: tuple[int, dict[str, str], dict[str, Any]], **more: Any) -> SevenBridges:
    transport = httpx.MockTransport(_responses(*responses))
    return SevenBridges(URL, credentials="t", transport=transport, clock=clock, **more)


@pytest.mark.parametrize(("ahead", "waited"), [(30, 30), (0, 1)])
def test_too_many_requests_are_waited_out_and_logged(ahead: int, waited: int, caplog: pytest.LogCaptureFixture):
    clock = ManualClock()
    refused = (429, {"x-ratelimit-reset": str(clock.now() + ahead)}, {"message": "slow down"})
    with _client(clock, refused, GOOD) as client:
        assert client.whoami().username == "me"
    assert clock.slept == [pytest.approx(waited)]
    assert ("accepts no more requests for now" in caplog.text) is (waited > 1)


def test_the_end_of_a_wait_is_by_the_platform_s_clock():
    clock = ManualClock()
    headers = {"x-ratelimit-reset": str(clock.now() + 3630), "date": formatdate(clock.now() + 3600)}
    with _client(clock, (429, headers, {"message": "slow down"}), GOOD) as client:
        assert client.whoami().username == "me"
    assert clock.slept == [pytest.approx(30, abs=1)]


def test_requests_that_wait_at_once_warn_once(caplog: pytest.LogCaptureFixture):
    refused: tuple[int, dict[str, str], dict[str, Any]] = (429, {"retry-after": "30"}, {"message": "slow down"})
    all_refused = threading.Barrier(4, timeout=30)

    class Waiting(ManualClock):
        def sleep(self, seconds: float) -> None:
            all_refused.wait()  # no time passes before

    with _client(Waiting(), *[refused] * 4, GOOD) as client:
        in_threads(lambda _: client.whoami(), range(4), threads=4)
    assert [record.levelname for record in caplog.records].count("WARNING") == 1


def test_maintenance_is_waited_for_and_ends():
    clock = ManualClock()
    with _client(clock, MAINTENANCE, MAINTENANCE, GOOD) as client:
        client.whoami()
    assert clock.slept == [300, 300]
    with _client(clock, MAINTENANCE) as client, pytest.raises(ServiceUnavailable):
        client.whoami()
    assert sum(clock.slept) - 600 == pytest.approx(6 * 3600, abs=300)


def test_what_may_be_sent_only_once_is_repeated_where_it_was_not_carried_out():
    clock = ManualClock()
    responses = (MAINTENANCE, (503, {"retry-after": "5"}, {"message": "elsewhere"}))
    with _client(clock, *responses) as client, pytest.raises(ServiceUnavailable, match="elsewhere"):
        client.create_project(name="p")
    assert clock.slept == [300]
    clock = ManualClock()
    with _client(clock, responses[1]) as client, pytest.raises(ServiceUnavailable, match="elsewhere"):
        client.whoami()  # as often as any other error is retried
    assert clock.slept == [5] * (Retry().attempts - 1)


@pytest.mark.parametrize("retry", [NO_RETRY, Retry(budget=20)])
def test_retry_bounds_the_waiting(retry: Retry):
    clock = ManualClock()
    refused = (429, {"retry-after": "30"}, {"message": "slow down"})
    with _client(clock, refused, retry=retry) as client, pytest.raises(RateLimited):
        client.whoami()
    with _client(clock, refused) as client, pytest.raises(RateLimited):
        client.with_options(retry=retry).whoami()
    assert clock.slept == []


RUNNING: tuple[int, dict[str, str], dict[str, Any]] = (200, {}, {"id": "job", "state": "RUNNING"})


@pytest.mark.parametrize("response", [MAINTENANCE, RUNNING])
def test_a_stop_ends_the_wait_for_the_platform_and_for_its_jobs(response: tuple[int, dict[str, str], dict[str, Any]]):
    clock = LeavingClock()
    with _client(clock, response) as client, pytest.raises(Interrupted):
        stopping_by(client, clock.stop.is_set).run_file_job("move", [{"file": "f", "parent": "p"}], timeout=3600)
    assert sum(clock.slept) < 1


@pytest.mark.parametrize(("failed", "deleted"), [(0, 1), (1, 1), (2, 0)])
def test_a_folder_of_whose_files_none_is_deleted_is_no_deleted_one(failed: int, deleted: int):
    results = [{"error": {"message": "locked"}}] * failed + [{}] * (2 - failed)
    job = (200, {}, {"id": "job", "state": "FINISHED", "result": results})
    folder = (200, {}, {"id": "1" * 24, "name": "a", "type": "folder", "project": "me/p"})
    with _client(ManualClock(), folder, job) as client:
        changes = delete(client, ["1" * 24], recursive=True)
    assert (len(changes.files), changes.errors) == (deleted, ["locked"] * failed)


IDS = [f"{number:024}" for number in range(102)]
FILES: list[tuple[int, dict[str, str], dict[str, Any]]] = [
    (200, {}, {"id": id, "name": "a", "type": "file", "project": "me/p"}) for id in IDS
]
FINISHED, FINISHED_TWO = ((200, {}, {"id": "job", "state": "FINISHED", "result": [{}] * size}) for size in (100, 2))
REFUSED = (403, {}, {"message": "no"})


@pytest.mark.parametrize(
    ("jobs", "failed", "error"),
    [
        ((FINISHED, REFUSED), IDS[100:], "no"),
        ((FINISHED, RUNNING, RUNNING), IDS[100:], "Job job has not finished"),
        ((RUNNING, RUNNING, FINISHED_TWO), IDS[:100], "Job job has not finished"),
    ],
    ids=["refused", "late", "first is late"],
)
def test_what_other_jobs_did_stays_known(jobs: tuple[Any, ...], failed: list[str], error: str):
    with _client(ManualClock(), *FILES, *jobs) as client:
        changes = delete(client, IDS, timeout=0.1)
    assert [change.source.id for change in changes.files] == [id for id in IDS if id not in failed]
    assert [text.partition(": ")[0] for text in changes.errors] == failed
    assert all(error in text for text in changes.errors)


def test_the_refusal_of_the_first_job_is_that_of_the_call():
    with _client(ManualClock(), *FILES, REFUSED) as client, pytest.raises(Forbidden, match="no"):
        delete(client, IDS)


def test_the_asynchronous_client_waits_too_and_so_do_its_workflows():
    clock = ManualClock()

    async def run() -> None:
        def transport() -> httpx.MockTransport:
            return httpx.MockTransport(_responses(MAINTENANCE, GOOD))

        async with AsyncSevenBridges(
            URL, credentials="t", transport=transport(), blocking_transport=transport(), clock=clock
        ) as client:
            assert (await client.get_current_user()).username == "me"
            assert (await client.whoami()).username == "me"

    asyncio.run(run())
    assert sum(clock.slept) == pytest.approx(600)


def test_a_compared_response_is_decoded_once_and_raw_keeps_none_of_it(home: Path, monkeypatch: pytest.MonkeyPatch):
    times = list[int]()

    def counting(content: bytes) -> Any:
        times.append(len(content))
        return loads(content)

    loads = json.loads
    monkeypatch.setattr(json_coding.json, "loads", counting)
    body = {"items": [{"id": "1", "project": "o/p"}], "links": []}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    with SevenBridges("https://api.example.org/v2", credentials="t", transport=transport) as client:
        calls: list[Callable[[], Any]] = [
            lambda: client.list_files(project="o/p").items,
            lambda: client.list_files.with_headers(project="o/p").value.items,
            lambda: next(iter(client.list_files.pages(project="o/p"))).items,
        ]
        for call in calls:
            times.clear()
            assert [file.id for file in call()] == ["1"]
            assert len(times) == 1
        times.clear()
        request = client.list_files.build(project="o/p")
        assert (json_of(next(client.list_files.responses(request))), len(times)) == (body, 1)
        raw = client.list_files.raw(project="o/p")
        assert (raw.json(), DECODED in raw.extensions) == (body, False)
        with pytest.raises(ResponseMismatch):
            client.list_files(project="o/other")


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (lambda client: client.get_file(file_id="f"), {"id": "other"}),
        (lambda client: client.get_dataset(owner="me", dataset="d"), {"id": "me/other"}),
        (lambda client: client.get_user(username="me"), {"username": "other"}),
    ],
)
def test_what_was_not_requested_is_refused(call: Callable[[SevenBridges], Any], body: dict[str, Any]) -> None:
    with _client(ManualClock(), (200, {}, body)) as client, pytest.raises(ResponseMismatch):
        call(client)


def test_tables_begin_with_the_columns_that_matter() -> None:
    file = {"id": "f", "name": "a", "type": "file", "size": 1, "modified_on": "2026-11-01T00:00:00Z", "project": "me/p"}
    with _client(ManualClock(), (200, {}, {"items": [file], "links": []})) as client:
        assert [*client.ls("sb://me/p").to_frame()][:5] == ["name", "type", "size", "modified_on", "id"]
    with _client(ManualClock(), (200, {}, {"id": "t", "name": "n", "jobs": []})) as client:
        assert [*client.task_logs("t").to_frame()] == ["job", "status", "name", "file_id"]


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="a process keeps its time zone")
@pytest.mark.parametrize(
    ("hours", "zone", "state"), [(1, "", "skipped"), (-1, "", "planned"), (1, "+00:00", "skipped")]
)
def test_a_file_that_changed_here_since_is_no_copy_of_the_platforms(
    hours: int, zone: str, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = tmp_path / "a"
    local.write_text("text")
    sent = datetime.fromtimestamp(local.stat().st_ctime, UTC) + timedelta(hours=hours)
    date = f"{sent:%Y-%m-%dT%H:%M:%S}{zone}"
    assert _planned_upload(local, {"created_on": date}, monkeypatch, "XST5") == state
    assert _planned_upload(local, {"created_on": date}, monkeypatch, "XST-5") == state
    assert _planned_upload(local, {}, monkeypatch, "XST5") == "planned"


def _planned_upload(local: Path, dates: dict[str, str], monkeypatch: pytest.MonkeyPatch, time_zone: str) -> str:
    """What becomes of a file of a size that the platform has, in a time zone."""
    file = {"id": "f" * 24, "name": "a", "type": "file", "size": 4, "project": "me/p", **dates}
    responses = [(200, {}, {"id": "me/p", "name": "p"}), (200, {}, {"items": [file], "links": []})]
    with monkeypatch.context() as patch, _client(ManualClock(), *responses) as client:
        patch.setenv("TZ", time_zone)
        time.tzset()
        report = client.upload(local, "sb://me/p/", dry_run=True)
    time.tzset()
    return report.outcomes[0].state


def test_a_projects_id_in_place_of_its_path_is_explained() -> None:
    with (
        SevenBridges(URL, credentials="token") as client,
        pytest.raises(WrongPath, match="Did you mean sb://me/study/"),
    ):
        next(client.ls("me/study"))


def test_the_next_revision_is_installed_whichever_revision_the_id_names() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":  # YAML, as the request: its id is not read
            return httpx.Response(200, text="class: CommandLineTool\n")
        revision = 4 if request.url.path == "/v2/apps/me/p/a/4" else 3
        return httpx.Response(200, json={"id": f"me/p/a/{revision}", "revision": revision})

    with SevenBridges(URL, credentials="t", transport=httpx.MockTransport(respond), environ={}) as sb:
        assert sb.install_app("me/p/a/2", "class: CommandLineTool\n").revision == 4
