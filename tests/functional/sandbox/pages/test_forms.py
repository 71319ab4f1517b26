"""Actions of users on the pages, and those that other sites cannot trigger in their browser."""

import logging
import re

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pages.forms import SWITCHES

FAULTS = "/_sandbox/pages/faults"
TOKENS = "/_sandbox/pages/tokens"
SETTINGS = "/_sandbox/pages/settings"


def form_token(page: str) -> str:
    """What the forms of a page send along."""
    match = re.search(r'name="form_token" value="([^"]+)"', page)
    assert match is not None
    return match[1]


def _post(visitor: httpx.Client, place: str, **fields: str) -> httpx.Response:
    return visitor.post(place, data={"form_token": form_token(visitor.get(place).text), **fields})


@pytest.mark.parametrize("name", sorted(SWITCHES))
def test_each_switch_puts_its_fault_in_force_and_ends_it(sandbox: Sandbox, visitor: httpx.Client, name):
    page = _post(visitor, FAULTS, switch=name).text
    [rule] = sandbox.fault_book.rules()
    assert rule["action"] == SWITCHES[name][1].action
    assert page.count('aria-pressed="true"') == 1
    assert "Fault added." in page
    page = _post(visitor, FAULTS, switch=name).text
    assert sandbox.fault_book.rules() == []
    assert page.count('aria-pressed="true"') == 0


def test_a_switch_has_its_effect_and_never_on_the_pages(sandbox: Sandbox, visitor: httpx.Client, web: httpx.Client):
    _post(visitor, FAULTS, switch="unavailable")
    assert web.get("/bundles/all", params={"replica": "aws"}).status_code == 503
    assert visitor.get("/").status_code == 200
    assert ">1</td>" in visitor.get(FAULTS).text
    _post(visitor, FAULTS, do="clear")
    assert web.get("/bundles/all", params={"replica": "aws"}).status_code == 200


def test_any_fault_can_be_entered_and_ended(sandbox: Sandbox, visitor: httpx.Client):
    entered = {"action": "delay", "path": "/dss/<v1>/*", "seconds": "0.5", "times": "2", "each": "path", "method": ""}
    page = _post(visitor, FAULTS, do="add", **entered).text
    [rule] = sandbox.fault_book.rules()
    assert (rule["action"], rule["path"], rule["seconds"], rule["times"]) == ("delay", "/dss/<v1>/*", 0.5, 2)
    assert "path: /dss/&lt;v1&gt;/*" in page
    _post(visitor, FAULTS, end=str(rule["number"]))
    assert sandbox.fault_book.rules() == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"do": "add", "action": "burn"}, "there is no action"),
        ({"do": "add", "action": "status", "status": "x"}, "takes a number"),
        ({"do": "add", "action": "cut", "wat": "1"}, "unknown keys: wat"),
        ({"do": "wat"}, "no known action"),
        ({"end": "x"}, "invalid literal"),
    ],
)
def test_what_makes_no_sense_is_reported(sandbox: Sandbox, visitor: httpx.Client, fields, words):
    response = _post(visitor, FAULTS, **fields)
    assert response.status_code == 400
    assert words in response.text
    assert sandbox.fault_book.rules() == []


def test_time_is_moved_stopped_and_runs_on(sandbox: Sandbox, visitor: httpx.Client):
    before = sandbox.clock.now()
    assert "Time advanced." in _post(visitor, SETTINGS, do="advance", seconds="7200").text
    assert sandbox.clock.now() - before >= 7200
    page = _post(visitor, SETTINGS, do="freeze", at="2031-02-03T04:05").text
    assert "2031-02-03 04:05:00 UTC, frozen" in page
    assert sandbox.clock.state()["frozen"]
    assert "UTC, running" in _post(visitor, SETTINGS, do="resume").text
    assert not sandbox.clock.state()["frozen"]


def test_switches_are_turned(sandbox: Sandbox, visitor: httpx.Client):
    turned = {"dss.restricted": "true", "dss.retry_after": "2.5", "sb.failing_tasks": '"><b>*'}
    page = _post(visitor, SETTINGS, do="turn", **turned).text
    assert sandbox.settings.flag("dss.restricted")
    assert sandbox.settings.number("dss.retry_after") == 2.5
    assert sandbox.settings.text("sb.failing_tasks") == '"><b>*'
    assert 'value="&quot;&gt;&lt;b&gt;*"' in page
    assert "<b>" not in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"do": "advance", "seconds": "-1"}, "only moves forward"),
        ({"do": "advance", "seconds": "soon"}, "takes a number"),
        ({"do": "advance", "seconds": "inf"}, "the year 9000"),
        ({"do": "freeze", "at": "noon"}, "is not a moment"),
        ({"do": "turn", "dss.restricted": "true", "dss.retry_after": "nan"}, "takes 0 or more"),
        ({"do": "turn", "dss.restricted": "perhaps"}, "takes true or false"),
        ({"do": "turn", "dss.nothing": "1"}, "unknown setting"),
        ({}, "no known action"),
    ],
)
def test_an_invalid_time_and_no_switch_changes_nothing(sandbox: Sandbox, visitor: httpx.Client, fields, words):
    before = sandbox.settings.all()
    response = _post(visitor, SETTINGS, **fields)
    assert response.status_code == 400
    assert words in response.text
    assert sandbox.settings.all() == before


def test_a_token_is_shown_once_and_works(visitor: httpx.Client, web: httpx.Client, caplog):
    caplog.set_level(logging.DEBUG)
    fields = {"email": "ada@example.org", "seconds": "60", "group-hca": "1"}
    made = _post(visitor, TOKENS, **fields)
    token = made.text.partition('id="copied"')[2].partition(">")[2].partition("<")[0]
    assert made.headers["cache-control"] == "no-store"
    assert token not in visitor.get(TOKENS).text
    assert token not in caplog.text
    headers = {"Authorization": f"Bearer {token}"}
    assert web.get("/subscriptions", params={"replica": "aws"}, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "fields", [{"email": " "}, {"email": "a@b", "seconds": "-1"}, {"email": "a@b", "seconds": "x"}]
)
def test_no_token_is_issued_without_a_user(visitor: httpx.Client, fields):
    assert _post(visitor, TOKENS, **fields).status_code == 400


@pytest.mark.parametrize(
    ("shell", "line"),
    [("sh", "export SB_AUTH_TOKEN="), ("fish", "set -gx SB_AUTH_TOKEN "), ("powershell", "$env:SB_AUTH_TOKEN = ")],
)
def test_lines_for_a_shell(visitor: httpx.Client, shell, line):
    assert line in _post(visitor, "/_sandbox/pages/environment", shell=shell).text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example.org"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_form_of_another_site_changes_nothing(sandbox: Sandbox, visitor: httpx.Client, headers):
    token = form_token(visitor.get(FAULTS).text)
    response = visitor.post(FAULTS, data={"form_token": token, "switch": "unavailable"}, headers=headers)
    assert response.status_code == 403
    assert sandbox.fault_book.rules() == []


@pytest.mark.parametrize("token", [None, "", "x", "\u00e9"])
def test_a_form_without_the_token_changes_nothing(sandbox: Sandbox, visitor: httpx.Client, token):
    data = {"switch": "unavailable"} if token is None else {"switch": "unavailable", "form_token": token}
    assert visitor.post(FAULTS, data=data).status_code == 403
    assert visitor.post(FAULTS, content=b"\xff" * 10).status_code == 400
    assert visitor.post(FAULTS, content=b"a" * 100_000).status_code == 403
    assert sandbox.fault_book.rules() == []


def test_a_browser_may_run_our_own_script_only(visitor: httpx.Client):
    for place in ("/", FAULTS, "/_sandbox/pages/live.js", "/_sandbox/pages/style.css"):
        policy = visitor.get(place).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
