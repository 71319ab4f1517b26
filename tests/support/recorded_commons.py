"""Recordings of real Gen3 services, sent again to the sandbox.

Identifiers that servers make (UUIDs, revisions of eight hex digits, digests) are learnt from the responses
and put in place of the recorded ones, so that later steps name what the sandbox made.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import recorded_steps
from recorded_steps import Step, read_steps, respond, short

RECORDINGS = Path(__file__).parents[1] / "data" / "sandbox" / "gen3" / "recordings"

_MADE = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|\b[0-9a-f]{40}\b|\b[0-9a-f]{8}\b")
_CUT = "{...truncated"


def read_recording(service: str) -> list[Step]:
    """The steps of a recording, whose running numbers are the first word of their names.

    Args:
        service: The service's name; the file is `recordings/<service>.recording.jsonl`, or that with `.gz`.
    """
    plain = RECORDINGS / f"{service}.recording.jsonl"
    steps = read_steps(plain if plain.exists() else plain.with_name(f"{plain.name}.gz"))
    return [replace(step, number=int(step.name.partition(" ")[0])) for step in steps]


class Replay(recorded_steps.Replay):
    """Sends recorded steps to a commons.

    Args:
        url: The commons' address.
        token: The access token that represents `bearer {token}`.
        authorization: The whole `Authorization` header of some steps, by running number; it replaces the recorded one.

    Attributes:
        replacements: What the sandbox made in place of what the real service made.
    """

    def __init__(self, url: str, token: str, authorization: Mapping[int, str] | None = None) -> None:
        self._host = urlsplit(url).netloc
        self._token = token
        self._authorization = authorization or {}
        self.replacements: dict[str, str] = {}

    def _difference(self, step: Step) -> str:
        status, response = self._send(step)
        self._learn(step.response, response)
        if status != step.status:
            return f"recorded {step.status}, not {status}: {short(response)}"
        recorded, actual = (_value(body) for body in (self._carried(step.response), response))
        if not _fits(recorded, actual):
            return f"another shape: recorded {short(recorded)}, not {short(actual)}"
        return ""

    def _send(self, step: Step) -> tuple[int, Any]:
        headers = dict(step.request["headers"])
        if step.number in self._authorization:
            headers["authorization"] = self._authorization[step.number]
        elif "authorization" in headers:
            headers["authorization"] = headers["authorization"].replace("{token}", self._token)
        self._keep(step)
        request, url = step.request, f"http://{self._host}{self._carried(step.request['path'])}"
        status, _, content = respond(url, request["method"], self._content(request["body"]), headers)
        text = content.decode("utf-8", "replace").replace(self._host, "{commons}")
        return status, _read(text)

    def _content(self, body: Any) -> bytes | None:
        if body is None:
            return None
        if isinstance(body, dict) and "$base64" in body:
            return base64.b64decode(cast("dict[str, str]", body)["$base64"])
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        return self._carried(text).replace("{commons}", self._host).encode()

    def _keep(self, step: Step) -> None:
        """Identifiers that a client chose are no server's: they stay."""
        body = step.request["body"]
        text = body if isinstance(body, str) else json.dumps(body)
        for identifier in _MADE.findall(f"{step.request['path']} {text}"):
            self.replacements.setdefault(identifier, identifier)

    def _learn(self, recorded: Any, answered: Any) -> None:
        match recorded, answered:
            case dict(), dict():
                one, other = cast("dict[str, Any]", recorded), cast("dict[str, Any]", answered)
                for key in one.keys() & other.keys():
                    self._learn(one[key], other[key])
            case list(), list():
                for one, other in zip(cast("list[Any]", recorded), cast("list[Any]", answered), strict=False):
                    self._learn(one, other)
            case str(), str():
                one, other = _MADE.findall(recorded), _MADE.findall(answered)
                if len(one) == len(other):
                    for before, here in zip(one, other, strict=True):
                        self.replacements.setdefault(before, here)
            case _:
                pass

    def _carried(self, value: Any) -> Any:
        """A recorded value with the sandbox's identifiers in place of the recorded ones."""
        match value:
            case str():
                return _MADE.sub(lambda match: self.replacements.get(match.group(), match.group()), value)
            case dict():
                members = cast("dict[str, Any]", value).items()
                return {self._carried(key): self._carried(item) for key, item in members}
            case list():
                return [self._carried(item) for item in cast("list[Any]", value)]
            case _:
                return value


def _read(text: str) -> Any:
    """A body as recordings have it: nothing, a JSON document's value, or a text, such as a document that is a text."""
    if not text:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(value, str) or value is None else value


def _value(body: Any) -> Any:
    """A body's value: documents that the recording left as text are read too."""
    return _read(body) if isinstance(body, str) and not _is_cut(body) else body


def _is_cut(body: Any) -> bool:
    return isinstance(body, str) and _CUT in body


def _fits(recorded: Any, answered: Any, *, top: bool = True) -> bool:
    """Whether a response has a recorded one's shape: keys, kinds, and what members of lists look like."""
    if top and _is_cut(recorded):
        return answered is not None
    if recorded is None or answered is None:
        return not top or recorded is answered
    match recorded, answered:
        case dict(), dict():
            one, other = cast("dict[str, Any]", recorded), cast("dict[str, Any]", answered)
            return one.keys() == other.keys() and all(_fits(one[key], other[key], top=False) for key in one)
        case list(), list():
            members, others = cast("list[Any]", recorded), cast("list[Any]", answered)
            if not members or not others:
                return not members and not others
            return all(any(_fits(member, other, top=False) for member in members) for other in others)
        case _:
            return _kind(recorded) == _kind(answered)


def _kind(value: object) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
