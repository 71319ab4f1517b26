"""Recordings of real servers, as lines of JSON: one exchange a line, with `step`, `request` and `response`.

All steps of a recording are sent again in order, to the sandbox: a replay states where it answers otherwise than the server did.
"""

import gzip
import http.client
import json
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One recorded exchange.

    Attributes:
        number: Which line of the recording it is, from 0.
        name: What it shows.
        request: The request: method, path, headers and body.
        status: The response's status.
        headers: The response's headers, names in lower case.
        response: The response's body: None, a text, or the value of a JSON document.
    """

    number: int
    name: str
    request: Mapping[str, Any]
    status: int
    headers: Mapping[str, str]
    response: Any


def read_steps(path: Path) -> list[Step]:
    """The steps of a recording, which may be packed by gzip."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [_step(number, json.loads(line)) for number, line in enumerate(content.decode().splitlines())]


def _step(number: int, line: Mapping[str, Any]) -> Step:
    response = line["response"]
    return Step(
        number, line["step"], line["request"], response["status"], response.get("headers", {}), response["body"]
    )


class Replay:
    """Sends recorded steps to a sandbox."""

    def differences(self, steps: Iterable[Step]) -> dict[int, str]:
        """Send steps in order.

        Args:
            steps: The steps.

        Returns:
            For each step that was answered otherwise, by its number: its name, what was recorded, and what came.
        """
        texts = {step: self._difference(step) for step in steps}
        return {step.number: f"{step.name}: {text}" for step, text in texts.items() if text}

    @abstractmethod
    def _difference(self, step: Step) -> str:
        """Where the response to a step differs; empty if it does not."""


def respond(url: str, method: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    """What a server answers to a request that is sent to the letter: status, headers in lower case, and body."""
    host = urlsplit(url).netloc
    connection = http.client.HTTPConnection(host, timeout=60)
    try:
        connection.request(method, url.split(host, 1)[1], body, dict(headers))
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def short(value: Any) -> str:
    """A value as a line of JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=repr)
    return text if len(text) <= 600 else f"{text[:600]}..."
