"""Recordings of a real django-crunch site, sent again to the sandbox: where it answers otherwise than the site did.

A line of a recording is one exchange: `step`, `request` and `response`. All steps are sent in order, and since a site
numbers what it makes, answers are the same to the letter; of pages for browsers only the status is compared.
"""

import base64
import hashlib
import http.client
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from recorded_steps import Step, read_steps

RECORDINGS = Path(__file__).parents[1] / "data" / "sandbox" / "crunch" / "recordings"

_PASSWORDS = re.compile(r"\{base64 of (?:(\S+) and (\S+))?\}")
_TOKEN = re.compile(r"\{token-of-(\w+)\}")
_PAGES = ("[debug page", "[plain-text debug page", "\n")
_COMPARED = ("allow", "location", "www-authenticate")
_FAILURE = 500
_BOUNDARY = "crunch-recording"
_UNREADABLE = b'{"name":"\xff"}'
"""The one body that the recording has only the digest of."""


def read_recording(name: str = "crunch") -> list[Step]:
    """The steps of a recording.

    Args:
        name: `crunch`, a walk over every operation, or `crunch.client`, what the published client sent.
    """
    return read_steps(RECORDINGS / f"{name}.recording.jsonl.gz")


class Replay:
    """Sends recorded steps to a site.

    Args:
        url: The site's URL.
        tokens: Whose token is what.
        password: What everybody's password is.
        paths: Paths that are others there, recorded to sent.
    """

    def __init__(
        self, url: str, tokens: Mapping[str, str], password: str, paths: Mapping[str, str] | None = None
    ) -> None:
        self._url = url
        self._tokens = tokens
        self._password = password
        self._paths = paths or {}

    def differences(self, steps: list[Step]) -> dict[int, str]:
        """Send steps in order.

        Args:
            steps: The steps.

        Returns:
            For each step that was answered otherwise, by its number: its name, what was recorded, and what came.
        """
        found = {step: self._difference(step) for step in steps}
        return {step.number: f"{step.name}: {text}" for step, text in found.items() if text}

    def _difference(self, step: Step) -> str:
        status, headers, response = self._send(step)
        if status != step.status:
            return f"recorded {step.status}, not {status}: {_short(response)}"
        for name in _COMPARED if status < _FAILURE else ():
            if step.headers.get(name) != headers.get(name):
                return f"{name}: recorded {step.headers.get(name)}, not {headers.get(name)}"
        if isinstance(step.response, str) and step.response.startswith(_PAGES):
            return "" if isinstance(response, str) else f"recorded a page, not {_short(response)}"
        return "" if step.response == response else f"recorded {_short(step.response)}, not {_short(response)}"

    def _send(self, step: Step) -> tuple[int, dict[str, str], Any]:
        base = urlsplit(self._url)
        headers = {name: self._credentials(value) for name, value in step.request["headers"].items()}
        kind = headers.get("content-type", "")
        if kind.startswith("multipart/"):
            headers["content-type"] = f"multipart/form-data; boundary={_BOUNDARY}"
        path = self._paths.get(step.request["path"], step.request["path"])
        connection = http.client.HTTPConnection(base.netloc, timeout=60)
        try:
            connection.request(step.request["method"], f"{base.path}{path}", _content(step, kind), headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        told = {name.lower(): value for name, value in response.getheaders()}
        if "location" in told:
            told["location"] = told["location"].removeprefix(base.path)
        return response.status, told, _read(text.replace(self._url, "http://{server}"), told.get("content-type", ""))

    def _credentials(self, value: str) -> str:
        def encoded(found: re.Match[str]) -> str:
            name, password = found.groups()
            if name is None:
                return "!!!"
            right = self._password if password == f"{name}pw" else password
            return base64.b64encode(f"{name}:{right}".encode()).decode()

        return _TOKEN.sub(lambda found: self._tokens[found.group(1)], _PASSWORDS.sub(encoded, value))


def _content(step: Step, kind: str) -> bytes | None:
    body = step.request["body"]
    match body:
        case None:
            return b"null" if step.name == "JSON null literal" else None
        case {"binary": {"md5": digest}}:
            assert hashlib.md5(_UNREADABLE, usedforsecurity=False).hexdigest() == digest
            return _UNREADABLE
        case {"multipart": parts}:
            fields = (
                f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{part["name"]}"\r\n\r\n{part["value"]}\r\n'
                for part in parts
            )
            return f"{''.join(fields)}--{_BOUNDARY}--\r\n".encode()
        case _ if kind.endswith("urlencoded"):
            return urlencode(body, doseq=True).encode()
        case _ if kind == "application/json" and step.name != "malformed JSON":
            return json.dumps(body).encode()
        case _:
            return str(body).encode()


def _read(text: str, kind: str) -> Any:
    if not text:
        return None
    return json.loads(text) if kind == "application/json" else text


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 600 else f"{text[:600]}..."
