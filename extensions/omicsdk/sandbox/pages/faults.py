"""The page of faults: switches for the usual ones, a form for any, and the active ones."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, get_args

from starlette.requests import Request

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
)
from omicsdk.sandbox.traffic.faults import Action, Rule, parse_rules

if TYPE_CHECKING:
    from omicsdk.sandbox.server import Sandbox

PATH = f"{HOME}/faults"

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

MESSAGES = {
    "on": "Fault added.",
    "off": "Fault removed.",
    "clear": "All faults removed.",
    "release": "Stalled responses released.",
}
_NUMBERS = ("status", "times", "nth", "at", "length", "seconds", "rate")


def faults(sandbox: Sandbox, request: Request) -> Page:
    """The page."""
    rules = sandbox.fault_book.rules()
    clear_forms = [
        form(PATH, button("Remove all faults", name="do", value="clear")),
        form(PATH, button("Release stalled responses", name="do", value="release")),
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
        element("ul", [_switch(name, title, rules) for name, (title, _rule) in SWITCHES.items()], class_="switches"),
        element("h2", "Custom fault"),
        _any_fault(),
    ]
    return Page("Faults", content, PATH, message=MESSAGES.get(request.query_params.get("done", ""), ""))


def _switch(name: str, title: str, rules: list[dict[str, Any]]) -> Html:
    on = _active(name, rules) is not None
    state = element("span", "on" if on else "off", class_="state", aria_hidden="true")
    pressed = element(
        "button", title, " ", state, type="submit", name="switch", value=name, aria_pressed="true" if on else "false"
    )
    return element("li", form(PATH, pressed))


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
    end = form(PATH, button(f"Remove fault {rule['number']}", name="end", value=rule["number"]))
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
    return form(PATH, element("div", fields, class_="fields"), button("Add fault", name="do", value="add"))


def change(sandbox: Sandbox, fields: Fields) -> str:
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
    return f"{PATH}?done={action}"
