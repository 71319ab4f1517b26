"""The page of time and settings, which tests and teachers change while the sandbox runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.requests import Request

from omicsdk.sandbox.contents import platforms
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
    time_text,
)
from omicsdk.sandbox.service import grouped
from omicsdk.sandbox.state.settings import Value

if TYPE_CHECKING:
    from omicsdk.sandbox.server import Sandbox

PATH = f"{HOME}/settings"

MESSAGES = {"advance": "Time advanced.", "freeze": "Time frozen.", "resume": "Time resumed.", "turn": "Settings saved."}


def settings(sandbox: Sandbox, request: Request) -> Page:
    """The page."""
    all_settings = sandbox.settings.all()
    groups = grouped((name.partition(".")[0], name) for name in all_settings)
    titles = {"sandbox": "All services", **{platform.name: platform.title for platform in platforms()}}
    fieldsets = [
        element(
            "section",
            element("h3", titles.get(group, group), id=f"of-{group}"),
            element("div", [_switch(name, **all_settings[name]) for name in names], class_="fields"),
            aria_labelledby=f"of-{group}",
        )
        for group, names in groups.items()
    ]
    content = [
        element("h2", "Time"),
        _time(sandbox),
        element("h2", "Services"),
        form(PATH, fieldsets, element("p", button("Save settings", name="do", value="turn"))),
    ]
    return Page("Settings", content, PATH, message=MESSAGES.get(request.query_params.get("done", ""), ""))


def _time(sandbox: Sandbox) -> list[Content]:
    state = sandbox.clock.state()
    still = state["frozen"]
    return [
        element("p", f"{time_text(state['now'])} UTC, {'frozen' if still else 'running'}"),
        form(
            PATH,
            labelled("Seconds", "seconds", type="number", min=0, step="any", required=True, value=3600),
            button("Advance", name="do", value="advance"),
            class_="inline",
        ),
        form(
            PATH,
            labelled("Time (UTC); empty for now", "at", type="datetime-local", step=1, min="1970-01-01T00:00"),
            button("Freeze", name="do", value="freeze"),
            class_="inline",
        ),
        form(PATH, button("Resume", name="do", value="resume")) if still else None,
    ]


def _switch(name: str, value: Value, default: Value, meaning: Value) -> Html:
    hint = f"{str(meaning)[:1].upper()}{str(meaning)[1:].rstrip('.')}. Default: {_text(default) or 'empty'}."
    text = _text(value)
    if isinstance(default, bool):
        box = chosen(name, name, [("true", "true"), ("false", "false")], text, hint=hint)
    elif isinstance(default, str):
        box = labelled(name, name, hint, type="text", value=text, autocomplete="off")
    else:
        box = labelled(name, name, hint, type="number", min=0, step="any", required=True, value=text)
    return box


def _text(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def change(sandbox: Sandbox, fields: Fields) -> str:
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
    return f"{PATH}?done={action}"


def _moment(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() if text else None
    except ValueError as error:
        raise ValueError(f"{text!r} is not a moment such as 2026-01-31T12:00:00.") from error


def _value(name: str, text: str, default: Value) -> Value:
    if isinstance(default, bool):
        return {"true": True, "false": False}.get(text, text)
    return text if isinstance(default, str) else number(name, text)
