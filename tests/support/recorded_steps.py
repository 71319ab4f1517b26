"""Recordings of real servers, as lines of JSON: one exchange a line, with `step`, `request` and `response`."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


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
    """The steps of a recording, which is packed by gzip."""
    content = gzip.decompress(path.read_bytes())
    return [_step(number, json.loads(line)) for number, line in enumerate(content.decode().splitlines())]


def _step(number: int, line: Mapping[str, Any]) -> Step:
    response = line["response"]
    return Step(number, line["step"], line["request"], response["status"], response["headers"], response["body"])
