"""Recordings of a real django-crunch site, sent again to the sandbox.

Since a site numbers what it makes, answers are the same to the letter; of pages for browsers only the status is compared.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import recorded_steps
from recorded_steps import Step, read_steps, respond, short

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


class Replay(recorded_steps.Replay):
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

    def _difference(self, step: Step) -> str:
        status, headers, response = self._send(step)
        if status != step.status:
            return f"recorded {step.status}, not {status}: {short(response)}"
        for name in _COMPARED if status < _FAILURE else ():
            if step.headers.get(name) != headers.get(name):
                return f"{name}: recorded {step.headers.get(name)}, not {headers.get(name)}"
        if isinstance(step.response, str) and step.response.startswith(_PAGES):
            return "" if isinstance(response, str) else f"recorded a page, not {short(response)}"
        return "" if step.response == response else f"recorded {short(step.response)}, not {short(response)}"

    def _send(self, step: Step) -> tuple[int, dict[str, str], Any]:
        base = urlsplit(self._url)
        headers = {name: self._credentials(value) for name, value in step.request["headers"].items()}
        kind = headers.get("content-type", "")
        if kind.startswith("multipart/"):
            headers["content-type"] = f"multipart/form-data; boundary={_BOUNDARY}"
        path = self._paths.get(step.request["path"], step.request["path"])
        status, response_headers, content = respond(
            f"{base.scheme}://{base.netloc}{base.path}{path}", step.request["method"], _content(step, kind), headers
        )
        if "location" in response_headers:
            response_headers["location"] = response_headers["location"].removeprefix(base.path)
        text = content.decode().replace(self._url, "http://{server}")
        return status, response_headers, _read(text, response_headers.get("content-type", ""))

    def _credentials(self, value: str) -> str:
        def encoded(match: re.Match[str]) -> str:
            name, password = match.groups()
            if name is None:
                return "!!!"
            right = self._password if password == f"{name}pw" else password
            return base64.b64encode(f"{name}:{right}".encode()).decode()

        return _TOKEN.sub(lambda match: self._tokens[match.group(1)], _PASSWORDS.sub(encoded, value))


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
