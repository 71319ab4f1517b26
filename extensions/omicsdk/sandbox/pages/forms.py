"""The pages with forms: tokens, lines that point programs at the sandbox, faults, and time and settings.

A token and the lines are shown once, in the response to their form.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

from starlette.requests import Request

from omicsdk.sandbox.contents import platforms
from omicsdk.sandbox.environment import SHELLS, shell_lines
from omicsdk.sandbox.fusillade.state import ADMINISTRATOR
from omicsdk.sandbox.pages.layout import (
    HOME,
    Content,
    Fields,
    Html,
    Page,
    button,
    chosen,
    element,
    form,
    labelled,
    number,
    readable,
    table,
    time_text,
)
from omicsdk.sandbox.service import ALL_GROUPS, grouped
from omicsdk.sandbox.state.settings import Value
from omicsdk.sandbox.traffic.faults import Action, Rule, parse_rules

if TYPE_CHECKING:
    from omicsdk.sandbox.server import Sandbox

TOKENS, ENVIRONMENT, FAULTS, SETTINGS = (f"{HOME}/{name}" for name in ("tokens", "environment", "faults", "settings"))
# What a page says after a form that it carried out.
_MESSAGES = {
    "on": "Fault added.",
    "off": "Fault removed.",
    "clear": "All faults removed.",
    "release": "Stalled responses released.",
    "advance": "Time advanced.",
    "freeze": "Time frozen.",
    "resume": "Time resumed.",
    "turn": "Settings saved.",
}
_LONGEST = 10 * 365 * 24 * 3600.0
_GROUPS = dict(zip(ALL_GROUPS, ("may write", "may also delete bundles and administer"), strict=True))


def tokens(_sandbox: Sandbox, _request: Request) -> Page:
    """The form for a token."""
    return Page("Tokens", _token_form(), TOKENS)


def make_token(sandbox: Sandbox, fields: Fields) -> Page:
    """Make a token and show it.

    Raises:
        ValueError: The input is invalid.
    """
    email = fields.get("email", "").strip()
    if not email:
        raise ValueError("Token not created: missing owner.")
    seconds = number("Lifetime", fields.get("seconds") or "3600")
    if not 0 < seconds <= _LONGEST:
        raise ValueError("Token not created: the lifetime must be more than 0 seconds and at most ten years.")
    token = sandbox.token(email, seconds, groups=[group for group in ALL_GROUPS if fields.get(f"group-{group}")])
    content = [
        element("p", f"Token of {email}. It is not shown again."),
        _copyable("New token", token),
        element("h2", "Another token"),
        _token_form(),
    ]
    return Page("Tokens", content, TOKENS, message="Token created.")


def _token_form() -> Content:
    boxes = [
        element(
            "div",
            element("input", type="checkbox", id=f"group-{group}", name=f"group-{group}", value=1, checked=True),
            element("label", f"{group}: {meaning}", for_=f"group-{group}"),
            class_="check",
        )
        for group, meaning in _GROUPS.items()
    ]
    return [
        element(
            "p",
            "Tokens of the Data Store and Fusillade. Credentials of the other platforms are among the ",
            element("a", "environment variables", href=ENVIRONMENT),
            ".",
        ),
        form(
            TOKENS,
            labelled("Owner", "email", "email address", type="email", required=True, value=ADMINISTRATOR, size=32),
            labelled("Lifetime", "seconds", "in seconds of the sandbox's time", type="number", min=1, value=3600),
            element("fieldset", element("legend", "Groups"), boxes),
            button("Create token"),
        ),
    ]


def environment(_sandbox: Sandbox, _request: Request) -> Page:
    """The form for lines; they contain tokens, so they are made on request."""
    return Page("Environment", _lines_form("sh"), ENVIRONMENT)


def make_lines(sandbox: Sandbox, fields: Fields) -> Page:
    """Make the lines and show them.

    Raises:
        ValueError: There are no lines for that shell.
    """
    shell = fields.get("shell", "sh")
    lines = shell_lines(sandbox.environment(), shell)
    content = [_copyable(f"Variables for {SHELLS[shell]}", lines), element("h2", "Another shell"), _lines_form(shell)]
    return Page("Environment", content, ENVIRONMENT, message="Variables created.")


def _lines_form(shell: str) -> Content:
    what = "Paste the lines into a shell. Programs started from it use this sandbox. The lines contain its tokens."
    choice = chosen("Shell", "shell", list(SHELLS.items()), shell)
    return [element("p", what), form(ENVIRONMENT, choice, button("Create variables"), class_="inline")]


def _copyable(label: str, text: str) -> Html:
    """A text with a button that copies it, for browsers with scripts."""
    lines = min(24, text.count("\n") + 1)
    box = element("textarea", text, id="copied", readonly=True, rows=lines, spellcheck="false", wrap="off")
    copy = element("button", "Copy", type="button", data_copies="copied", hidden=True)
    status = element("span", role="status", id="copied-said")
    return element("div", element("label", label, for_="copied"), box, copy, status, class_="copyable")


# -- faults


def _message(request: Request) -> str:
    return _MESSAGES.get(request.query_params.get("done", ""), "")


# The faults of one button: its label, and the rule.
SWITCHES = {
    "unavailable": ("All requests: 503", Rule("status", status=503, retry_after=1)),
    "flaky": ("First request to each path: 503", Rule("status", status=503, each="path", nth=1)),
    "limited": ("Next request: 429", Rule("status", status=429, retry_after=1, code="rate_limit", times=1)),
    "gone": ("Connections are reset", Rule("reset")),
    "waiting": ("Responses stall until released", Rule("stall")),
    "slow": ("Responses limited to 64 KiB/s", Rule("throttle", rate=65536.0)),
    "cut": ("Bodies cut off after 1,000 bytes", Rule("cut", at=1000)),
    "wrong": ("Byte 100 of each body corrupted", Rule("wrong", at=99)),
}

_NUMBERS = ("status", "times", "nth", "at", "length", "seconds", "rate")


def faults(sandbox: Sandbox, request: Request) -> Page:
    """Switches for the usual faults, a form for any, and the active ones."""
    rules = sandbox.fault_book.rules()
    clear_forms = [
        form(FAULTS, button("Remove all faults", name="do", value="clear")),
        form(FAULTS, button("Release stalled responses", name="do", value="release")),
    ]
    in_force = table(
        "Active faults",
        ("Fault", "Times applied", "Action"),
        [_rule(rule) for rule in rules],
        empty="No active faults. Add one with a switch or with the form below.",
    )
    content = [
        element("h2", "Active"),
        in_force,
        element("div", clear_forms, class_="row"),
        element("h2", "Switches"),
        element(
            "ul", [_switch_form(name, title, rules) for name, (title, _rule) in SWITCHES.items()], class_="switches"
        ),
        element("h2", "Custom fault"),
        _any_fault(),
    ]
    return Page("Faults", content, FAULTS, message=_message(request))


def _switch_form(name: str, title: str, rules: list[dict[str, Any]]) -> Html:
    on = _active(name, rules) is not None
    state = element("span", "on" if on else "off", class_="state", aria_hidden="true")
    pressed = element(
        "button", title, " ", state, type="submit", name="switch", value=name, aria_pressed="true" if on else "false"
    )
    return element("li", form(FAULTS, pressed))


def _active(name: str, rules: list[dict[str, Any]]) -> int | None:
    fields = asdict(SWITCHES[name][1])
    return next((rule["number"] for rule in rules if {**rule, **fields} == rule), None)


def _rule(rule: dict[str, Any]) -> list[Content]:
    plain = asdict(Rule(rule["action"]))
    fields = [
        f"{name}: {readable(value)}"
        for name, value in rule.items()
        if name not in ("number", "acted", "action") and (value != plain[name])
    ]
    end = form(FAULTS, button(f"Remove fault {rule['number']}", name="end", value=rule["number"]))
    return [", ".join([rule["action"], *fields]), f"{rule['acted']:,}", end]


def _any_fault() -> Html:
    def whole(label: str, name: str, hint: str, least: int = 0) -> Html:
        return labelled(label, name, hint, type="number", min=least, inputmode="numeric")

    fields = [
        chosen("Action", "action", [(action, action) for action in get_args(Action)]),
        labelled("Path", "path", "shell pattern; default all", type="text", placeholder="/dss/v1/*", size=30),
        labelled("Method", "method", "default all", type="text", size=8),
        whole("Status", "status", "for status; default 503", 200),
        whole("Limit", "times", "number of times; default unlimited", 1),
        whole("Only match number", "nth", "from 1; default every match", 1),
        chosen("Count matches", "each", [("rule", "together"), ("path", "per path")]),
        whole("At byte", "at", "offset in the body; default 0"),
        whole("Wrong bytes", "length", "for wrong; default 1"),
        labelled("Seconds", "seconds", "for delay", type="number", min=0, step="any"),
        whole("Bytes per second", "rate", "for throttle", 1),
        labelled("Retry-After", "retry_after", "for status", type="text", size=8),
    ]
    return form(FAULTS, element("div", fields, class_="fields"), button("Add fault", name="do", value="add"))


def change_faults(sandbox: Sandbox, fields: Fields) -> str:
    """Carry out one of the page's forms, and return the address to continue at.

    Raises:
        ValueError: The input is not a fault.
    """
    book = sandbox.fault_book
    switch = fields.get("switch", "")
    active = _active(switch, book.rules()) if switch in SWITCHES else None
    match "switch" if switch in SWITCHES else "end" if "end" in fields else fields.get("do"):
        case "switch" if active is None:
            book.add([SWITCHES[switch][1]])
            action = "on"
        case "switch" | "end":
            book.remove(active or int(fields["end"]))
            action = "off"
        case "clear":
            book.clear()
            action = "clear"
        case "release":
            sandbox.release()
            action = "release"
        case "add":
            submitted = {name: text for name, text in fields.items() if text and name != "do"}
            values = {name: number(name, text) if name in _NUMBERS else text for name, text in submitted.items()}
            book.add(parse_rules(values))
            action = "on"
        case _:
            raise ValueError("The form has no known action.")
    return f"{FAULTS}?done={action}"


# -- time and settings


def settings(sandbox: Sandbox, request: Request) -> Page:
    """Time and settings, which tests and teachers change while the sandbox runs."""
    all_settings = sandbox.settings.all()
    groups = grouped((name.partition(".")[0], name) for name in all_settings)
    titles = {"sandbox": "All services", **{platform.name: platform.title for platform in platforms()}}
    fieldsets = [
        element(
            "section",
            element("h3", titles.get(group, group), id=f"of-{group}"),
            element("div", [_setting(name, **all_settings[name]) for name in names], class_="fields"),
            aria_labelledby=f"of-{group}",
        )
        for group, names in groups.items()
    ]
    content = [
        element("h2", "Time"),
        _time(sandbox),
        element("h2", "Services"),
        form(SETTINGS, fieldsets, element("p", button("Save settings", name="do", value="turn"))),
    ]
    return Page("Settings", content, SETTINGS, message=_message(request))


def _time(sandbox: Sandbox) -> list[Content]:
    state = sandbox.clock.state()
    still = state["frozen"]
    return [
        element("p", f"{time_text(state['now'])} UTC, {'frozen' if still else 'running'}"),
        form(
            SETTINGS,
            labelled("Seconds", "seconds", type="number", min=0, step="any", required=True, value=3600),
            button("Advance", name="do", value="advance"),
            class_="inline",
        ),
        form(
            SETTINGS,
            labelled("Time (UTC); empty for now", "at", type="datetime-local", step=1, min="1970-01-01T00:00"),
            button("Freeze", name="do", value="freeze"),
            class_="inline",
        ),
        form(SETTINGS, button("Resume", name="do", value="resume")) if still else None,
    ]


def _setting(name: str, value: Value, default: Value, meaning: Value) -> Html:
    hint = f"{str(meaning)[:1].upper()}{str(meaning)[1:].rstrip('.')}. Default: {readable(default) or 'empty'}."
    text = readable(value)
    if isinstance(default, bool):
        box = chosen(name, name, [("true", "true"), ("false", "false")], text, hint=hint)
    elif isinstance(default, str):
        box = labelled(name, name, hint, type="text", value=text, autocomplete="off")
    else:
        box = labelled(name, name, hint, type="number", min=0, step="any", required=True, value=text)
    return box


def change_settings(sandbox: Sandbox, fields: Fields) -> str:
    """Carry out one of the page's forms, and return the address to continue at.

    Raises:
        ValueError: The input is no time, or no value of a setting.
    """
    action = fields.get("do", "")
    match action:
        case "advance":
            sandbox.clock.advance(number("Seconds", fields.get("seconds", "0")))
        case "freeze":
            sandbox.clock.freeze(_moment(fields.get("at", "")))
        case "resume":
            sandbox.clock.resume()
        case "turn":
            all_settings = sandbox.settings.all()
            submitted = {name: text for name, text in fields.items() if name != "do"}
            defaults = {name: all_settings[name]["default"] if name in all_settings else "" for name in submitted}
            sandbox.settings.turn({name: _value(name, text, defaults[name]) for name, text in submitted.items()})
        case _:
            raise ValueError("The form has no known action.")
    return f"{SETTINGS}?done={action}"


def _moment(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() if text else None
    except ValueError as error:
        raise ValueError(f"{text!r} is not a moment such as 2026-01-31T12:00:00.") from error


def _value(name: str, text: str, default: Value) -> Value:
    if isinstance(default, bool):
        return {"true": True, "false": False}.get(text, text)
    return text if isinstance(default, str) else number(name, text)
