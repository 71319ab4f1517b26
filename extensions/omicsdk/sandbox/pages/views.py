"""The sandbox's pages as values: what each shows, and what its forms do."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, get_args
from urllib.parse import quote, urlencode

from omicsdk.sandbox.contents import COLLECTIONS
from omicsdk.sandbox.environment import SHELLS, shell_lines
from omicsdk.sandbox.fusillade.state import ADMINISTRATOR
from omicsdk.sandbox.live import LiveSandbox
from omicsdk.sandbox.problems import Problem, not_found
from omicsdk.sandbox.service import ALL_GROUPS
from omicsdk.sandbox.state.settings import Value
from omicsdk.sandbox.state.shelf import PAGE
from omicsdk.sandbox.traffic.faults import Action, Rule, parse_rules

HOME = "/_sandbox/pages"
"""Below it stand all pages but the first."""
FAULTS = f"{HOME}/faults"
SETTINGS = f"{HOME}/settings"

Query = Mapping[str, str]
Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """A page, before it is written out.

    Attributes:
        template: Which template it is written with.
        values: What stands in it.
        status: The HTTP status.
    """

    template: str
    values: Mapping[str, Any]
    status: int = 200


_DONE = {
    "on": "The fault is in force.",
    "off": "The fault is out of force.",
    "clear": "No fault is in force.",
    "release": "Waiting answers go on.",
    "advance": "Time was moved forward.",
    "freeze": "Time stands still.",
    "resume": "Time runs on.",
    "turn": "The switches are turned.",
}


def _said(query: Query) -> str:
    return _DONE.get(query.get("done", ""), "")


def _after(fields: Fields, place: str, done: str) -> str:
    """Where to go on after a form: to the first page when it was sent from there."""
    return f"{'/' if fields.get('back') == '/' else place}?done={done}"


def _address(path: str, /, **query: str | int) -> str:
    """A path with a query; what is empty or 0 is left out."""
    stated = {name: value for name, value in query.items() if value}
    return f"{quote(path)}?{urlencode(stated, errors='replace')}" if stated else quote(path)


def _pages(query: Query, path: str, count: int, /, **more: str) -> dict[str, Any]:
    """Which page of a list of so many things is shown (the nearest one that there is), and what leads to others."""
    asked, last = query.get("page", "1"), max(1, -(-count // PAGE))
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1
    number = min(max(1, number), last)
    return {
        "number": number,
        "last": last,
        "before": _address(path, **more, page=number - 1) if number > 1 else "",
        "after": _address(path, **more, page=number + 1) if number < last else "",
    }


# -- contents


def _overview(sandbox: LiveSandbox, query: Query) -> Page:
    rules = sandbox.fault_book.rules()
    values = {
        "sandbox": sandbox,
        "clock": sandbox.clock.state(),
        "collections": COLLECTIONS,
        "faults": len(rules),
        "switches": _switches(rules),
        "shells": SHELLS,
        "said": _said(query),
    }
    return Page("overview", values)


def _contents(sandbox: LiveSandbox, query: Query) -> Page:
    collection = next((each for each in COLLECTIONS if each.name == query["platform"]), None)
    shelf = collection.shelf(query["shelf"]) if collection else None
    if collection is None or shelf is None:
        raise not_found("There is no such list.")
    of = query.get("of", "") if shelf.inside else ""
    database = sandbox.grounds.database
    count = shelf.count(database, of)
    home = f"{HOME}/contents/{collection.name}"
    pages = _pages(query, f"{home}/{shelf.name}", count, of=of)
    found = shelf.rows(database, (pages["number"] - 1) * PAGE, of)
    rows = [(name, _address(f"{home}/{shelf.opens}", of=name) if shelf.opens else "", rest) for name, *rest in found]
    caption = f"{count:,} in all" if count > PAGE else shelf.title
    values = {"collection": collection, "shelf": shelf, "of": of, "rows": rows, "caption": caption, "pages": pages}
    return Page("contents", {**values, "place": ""})


# -- requests

_REQUESTS = f"{HOME}/requests"
_EVERY = 5  # seconds


def _requests(sandbox: LiveSandbox, query: Query) -> Page:
    path, still = query.get("path", ""), query.get("still") == "1"
    server = "s3" if query.get("server") == "s3" else ""
    log = sandbox.s3_log if server else sandbox.request_log
    count, _ = log.newest(path, 0, 0)
    pages = _pages(query, _REQUESTS, count, path=path, server=server)
    count, entries = log.newest(path, (pages["number"] - 1) * PAGE, PAGE)
    values = {
        "path": path,
        "server": server,
        "count": count,
        "entries": entries,
        "pages": pages,
        "refresh": 0 if still else _EVERY,
        "turn": _address(_REQUESTS, path=path, server=server, still="" if still else 1),
        "other": _address(_REQUESTS, server="" if server else "s3"),
    }
    return Page("requests", values)


# -- faults

SWITCHES = {
    "unavailable": ("Every service answers 503", Rule("status", status=503, retry_after=1)),
    "flaky": ("The first request for each path is a 503", Rule("status", status=503, each="path", nth=1)),
    "limited": ("The next request is a 429", Rule("status", status=429, retry_after=1, code="rate_limit", times=1)),
    "gone": ("Connections are reset instead of an answer", Rule("reset")),
    "waiting": ("Answers do not come until they are released", Rule("stall")),
    "slow": ("Answers come at 64 KiB a second", Rule("throttle", rate=65536.0)),
    "cut": ("Every body ends after 1,000 bytes", Rule("cut", at=1000)),
    "wrong": ("The 100th byte of every body is wrong", Rule("wrong", at=99)),
}
"""The faults that one button switches: what people read, and the rule."""

Rules = list[dict[str, Any]]
_NUMBERS = ("status", "times", "nth", "at", "length")


def _faults(sandbox: LiveSandbox, query: Query) -> Page:
    rules = sandbox.fault_book.rules()
    values = {
        "rules": [{**each, "text": _text_of(each)} for each in rules],
        "switches": _switches(rules),
        "actions": [(each, each) for each in get_args(Action)],
        "said": _said(query),
    }
    return Page("faults", values)


def _switches(rules: Rules) -> list[dict[str, Any]]:
    return [
        {"name": name, "title": title, "on": _number_of(name, rules) is not None}
        for name, (title, _) in SWITCHES.items()
    ]


def _number_of(switch: str, rules: Rules) -> int | None:
    wanted = asdict(SWITCHES[switch][1])
    return next((each["number"] for each in rules if {**each, **wanted} == each), None)


def _text_of(rule: dict[str, Any]) -> str:
    plain = {**asdict(Rule(rule["action"])), "number": rule["number"], "acted": rule["acted"]}
    return ", ".join(
        [rule["action"], *(f"{name}: {_text(value)}" for name, value in rule.items() if value != plain[name])]
    )


def _change_faults(sandbox: LiveSandbox, fields: Fields) -> str:
    """Does what a form says; a ValueError where what was entered isn't a fault."""
    book, done = sandbox.fault_book, "off"
    match fields:
        case {"switch": name} if name in SWITCHES:
            number = _number_of(name, book.rules())
            if number is None:
                done = "on"
                book.add([SWITCHES[name][1]])
            else:
                book.remove(number)
        case {"end": number}:
            book.remove(int(number))
        case {"do": "clear" as done}:
            book.clear()
        case {"do": "release" as done}:
            sandbox.release()
        case {"do": "add"}:
            done = "on"
            book.add(
                parse_rules(
                    {name: _entered(name, text) for name, text in fields.items() if text and name not in ("do", "back")}
                )
            )
        case _:
            raise ValueError("The form does not say what to do.")
    return _after(fields, FAULTS, done)


def _entered(name: str, text: str) -> str | float | int:
    if name in ("seconds", "rate"):
        return float(text)
    return int(text) if name in _NUMBERS else text


# -- time and switches

_SHOWN = "shown:"
"""What precedes a switch's name where a form says which value the page had."""


def _settings(sandbox: LiveSandbox, query: Query) -> Page:
    groups: dict[str, list[dict[str, Any]]] = {}
    for name, known in sandbox.settings.all().items():
        default = known["default"]
        switch = {
            "name": name,
            "kind": "flag" if isinstance(default, bool) else "text" if isinstance(default, str) else "number",
            "text": _text(known["value"]),
            "hint": f"{known['meaning']}; by default {_text(default) or 'empty'}",
        }
        groups.setdefault(name.partition(".")[0], []).append(switch)
    platforms = {each.name: each.title for each in COLLECTIONS}
    values = {"clock": sandbox.clock.state(), "groups": groups, "platforms": platforms, "shown": _SHOWN}
    return Page("settings", {**values, "said": _said(query)})


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _change_settings(sandbox: LiveSandbox, fields: Fields) -> str:
    """Does what a form says.

    Raises:
        ValueError: What was entered is no time, or no value of a switch.
        Problem: 409; a switch that was changed on the page was turned otherwise meanwhile.
    """
    done = fields.get("do", "")
    if "hours" in fields:
        done = "advance"
        sandbox.clock.advance(3600 * _number("Hours forward", fields["hours"]))
    elif done == "advance":
        sandbox.clock.advance(_number("Seconds forward", fields.get("seconds", "")))
    elif done == "freeze":
        sandbox.clock.freeze(_moment(fields.get("at", "")))
    elif done == "resume":
        sandbox.clock.resume()
    elif done == "turn":
        _turn(sandbox, fields)
    else:
        raise ValueError("The form does not say what to do.")
    return _after(fields, SETTINGS, done)


def _moment(text: str) -> float | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except ValueError as error:
        raise ValueError(f"{text!r} is not a moment such as 2026-01-31T12:00:00.") from error


def _turn(sandbox: LiveSandbox, fields: Fields) -> None:
    """Turns the switches that were changed on the page, and no other."""
    known = sandbox.settings.all()
    wanted = {
        name: _value(name, text, known[name]["default"] if name in known else "")
        for name, text in fields.items()
        if name not in ("do", "back") and not name.startswith(_SHOWN) and fields.get(f"{_SHOWN}{name}") != text
    }
    for name, value in wanted.items():
        shown = fields.get(f"{_SHOWN}{name}")
        at_present = known[name]["value"] if name in known else value
        if shown is not None and at_present != value and _text(at_present) != shown:
            told = (
                f"{name} was turned to {_text(at_present) or 'empty'} since the page was loaded. Nothing was changed."
            )
            raise Problem(409, "conflict", f"{told} Load the page again to see all switches as they are.")
    sandbox.settings.turn(wanted)


def _value(name: str, text: str, default: Value) -> Value:
    if isinstance(default, str):
        return text
    if isinstance(default, bool):
        if text not in ("true", "false"):
            raise ValueError(f"{name} takes true or false, not {text!r}.")
        return text == "true"
    return _number(name, text)


def _number(name: str, text: str) -> float | int:
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError as error:
        raise ValueError(f"{name} takes a number, not {text!r}.") from error


# -- what opens the services

_LONGEST = 10 * 365 * 24 * 3600.0
_GROUPS = (("hca", "may write"), ("admin", "may also delete bundles and administer"))


def _tokens(_sandbox: LiveSandbox, _query: Query) -> Page:
    return _tokens_page()


def _tokens_page(made: str = "", email: str = "", said: str = "") -> Page:
    return Page(
        "tokens", {"made": made, "email": email, "administrator": ADMINISTRATOR, "groups": _GROUPS, "said": said}
    )


def _make_token(sandbox: LiveSandbox, fields: Fields) -> Page:
    """Makes a token and shows it, once; a ValueError where what was entered makes no sense."""
    email = fields.get("email", "").strip()
    if not email:
        raise ValueError("A token needs an address: whose is it?")
    seconds = float(fields.get("seconds") or 3600)
    if not 0 < seconds <= _LONGEST:
        raise ValueError("A token is good for more than 0 seconds and at most ten years.")
    groups = [group for group in ALL_GROUPS if fields.get(f"group-{group}")]
    return _tokens_page(sandbox.token(email, seconds, groups=groups), email, "The token is made.")


def _environment(_sandbox: LiveSandbox, _query: Query) -> Page:
    return Page("environment", {"shells": SHELLS, "shell": "sh", "lines": ""})


def _make_lines(sandbox: LiveSandbox, fields: Fields) -> Page:
    """Makes the lines, which hold a new token; a ValueError where there are none for that shell."""
    shell = fields.get("shell", "sh")
    lines = shell_lines(sandbox.environment(), shell)
    return Page("environment", {"shells": SHELLS, "shell": shell, "lines": lines, "said": "The lines are made."})


PAGES: Mapping[str, Callable[[LiveSandbox, Query], Page]] = {
    "overview": _overview,
    "contents": _contents,
    "requests": _requests,
    "faults": _faults,
    "settings": _settings,
    "tokens": _tokens,
    "environment": _environment,
}
"""What each page shows."""

FORMS: Mapping[str, Callable[[LiveSandbox, Fields], Page | str]] = {
    "faults": _change_faults,
    "settings": _change_settings,
    "tokens": _make_token,
    "environment": _make_lines,
}
"""What a page's forms do; gives a page, or where to go on."""
