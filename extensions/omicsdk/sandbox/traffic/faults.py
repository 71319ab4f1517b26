"""Rules that make the sandbox misbehave on demand: which requests, and how.

A rule is a flat mapping, the same in Python, in the control API and in a YAML or JSON file:

    - {path: "/dss/v1/files/*", method: GET, times: 2, action: status, status: 503, retry_after: 1}
    - {path: "/_objects/*", each: path, nth: 1, action: cut, at: 1048576}
"""

import json
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from math import inf
from pathlib import Path
from typing import Any, Literal, cast, get_args
from urllib.parse import parse_qsl

from omicsdk.core.type_guards import is_mapping
from omicsdk.core.yaml_text import read_yaml

# Prefix of bucket and key in the paths of requests to the S3 server.
S3_PREFIX = "/_s3/"
_OF_S3 = ("status", "reset")

Action = Literal["status", "cut", "short", "reset", "stall", "wrong", "delay", "throttle", "no_range"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault.

    Attributes:
        action: The fault. `status`: answer with this status and nothing else. `cut`: announce the whole body, close the
            connection at byte `at`. `short`: announce and send only `at` bytes. `reset`: reset the connection at
            byte `at` of the body, or instead of a response when `at` is 0. `stall`: send nothing more from byte
            `at` on (0: not even the status) until released. `wrong`: flip the bits of `length` bytes at `at`.
            `delay`: respond after `seconds` of the sandbox's time. `throttle`: send the body at `rate`. `no_range`: respond as if no
            range had been requested.
        path: Shell pattern that the request's path must match; default every path but those of the control API and the
            pages. Requests to the S3 server have the path /_s3/BUCKET/KEY and are meant only by patterns that begin so,
            with the actions `status` and `reset` (no response; with an `at` above 0 the request is carried out before).
        method: HTTP method; default every one.
        query: Query parameters that the request must have.
        nth: Only this match, counted from 1; default every one.
        times: At most N matches; default no limit.
        each: How matches are counted: all together (`rule`), or separately for each `path`.
        at: Offset in the body, in bytes.
        length: Number of wrong bytes.
        status: The status to answer, 400 to 599, or 3xx with `location`.
        code: The error code that a `status` response states; of digits only, the response has the shape of those of the
            Seven Bridges Platform, where codes are numbers.
        retry_after: Retry-After of a `status` response, in seconds or as an HTTP date; default none.
        location: Location of a `status` response; default none.
        seconds: Length of a `delay`.
        rate: Rate of a `throttle`: bytes in a second of the sandbox's time, for each response.
    """

    action: Action
    path: str = "*"
    method: str = ""
    query: Mapping[str, str] | None = None
    nth: int | None = None
    times: int | None = None
    each: Literal["rule", "path"] = "rule"
    at: int = 0
    length: int = 1
    status: int = 503
    code: str = "injected_fault"
    retry_after: int | str | None = None
    location: str | None = None
    seconds: float = 0.0
    rate: float = 1024 * 1024.0

    def __post_init__(self) -> None:
        if self.action not in get_args(Action):
            raise ValueError(f"there is no action {self.action!r}; there are {', '.join(get_args(Action))}")
        if self.each not in ("rule", "path"):
            raise ValueError(f"matches are counted by rule or by path, not by {self.each!r}")
        for name in ("at", "length", "status", "seconds", "rate", "nth", "times"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
                raise ValueError(f"{name} is a number, not {value!r}")
            if value is not None and not abs(value) < inf:
                raise ValueError(f"{name} has an end, {value!r} has none")
            if isinstance(value, float) and name not in ("seconds", "rate"):
                raise ValueError(f"{name} is a whole number, not {value!r}")
        query = cast("object", self.query or {})
        if not is_mapping(query):
            raise ValueError(f"query is an object of texts, not {query!r}")
        texts = {"path": self.path, "method": self.method, "code": self.code, "location": self.location or ""}
        for name, value in {**texts, **query}.items():
            if not isinstance(value, str):  # as YAML has unquoted numbers
                raise ValueError(f"{name} is a text, not {value!r}")
        if self._is_of_s3 and self.action not in _OF_S3:
            raise ValueError(f"the S3 server knows the actions {' and '.join(_OF_S3)}, not {self.action!r}")
        if not 200 <= self.status <= 599:
            raise ValueError(f"{self.status} is not a status that a response can have")
        for name in ("at", "seconds", "length"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is 0 or more")
        if not self.rate > 0:
            raise ValueError("rate is more than 0")

    @property
    def _is_of_s3(self) -> bool:
        return self.path.startswith(S3_PREFIX)

    def matches(self, method: str, path: str, query: Mapping[str, str]) -> bool:
        """Whether a request matches the rule, however often one did before."""
        return (
            path.startswith(S3_PREFIX) == self._is_of_s3
            and (not self.method or self.method.upper() == method)
            and fnmatchcase(path, self.path)
            and all(query.get(name) == value for name, value in (self.query or {}).items())
        )

    def applies(self, count: int) -> bool:
        """Whether the rule acts on its so-manieth match, counted from 1."""
        if self.nth is not None:
            return count == self.nth
        return self.times is None or count <= self.times


class FaultBook:
    """The rules in force and how often each has matched; any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: dict[int, Rule] = {}
        self._counts: Counter[tuple[int, str]] = Counter()
        self._acted: Counter[int] = Counter()
        self._next = 1

    def add(self, rules: Iterable[Rule]) -> list[int]:
        """Put rules in force.

        Returns:
            Their numbers, for `remove`.
        """
        with self._lock:
            numbered = dict(enumerate(rules, self._next))
            self._rules.update(numbered)
            self._next += len(numbered)
        return list(numbered)

    def remove(self, number: int) -> bool:
        """Take one rule out of force; False when there is none of that number."""
        with self._lock:
            return self._rules.pop(number, None) is not None

    def clear(self) -> None:
        """Take all rules out of force and forget the counts."""
        with self._lock:
            self._rules.clear()
            self._counts.clear()
            self._acted.clear()

    def rules(self) -> list[dict[str, Any]]:
        """The rules in force, each with its number and how often it acted."""
        with self._lock:
            return [{"number": n, "acted": self._acted[n], **asdict(rule)} for n, rule in self._rules.items()]

    def act(self, method: str, path: str, query: str) -> Sequence[Rule]:
        """The rules that act on a request, which is counted by this."""
        if not self._rules:
            return ()
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        acting: list[Rule] = []
        with self._lock:
            for number, rule in self._rules.items():
                if not rule.matches(method, path, parameters):
                    continue
                key = (number, path if rule.each == "path" else "")
                self._counts[key] += 1
                if rule.applies(self._counts[key]):
                    self._acted[number] += 1
                    acting.append(rule)
        return acting


def parse_rules(document: object) -> list[Rule]:
    """Read rules from decoded JSON or YAML: one rule, a list of them, or {"faults": [...]}.

    Raises:
        ValueError: Something is not a rule; the message states which and why.
    """
    if isinstance(document, Mapping) and "faults" in document:
        document = cast("Mapping[str, object]", document)["faults"]
    entries = cast("list[object]", document if isinstance(document, list) else [document])
    field_names = {field.name for field in fields(Rule)}
    rules: list[Rule] = []
    for index, entry in enumerate(entries, 1):
        if not isinstance(entry, Mapping) or "action" not in entry:
            raise ValueError(f"fault {index} is not a rule: one is {{action: status, status: 503}}")
        keys = cast("Mapping[str, Any]", entry)
        if unknown := set(keys) - field_names:
            raise ValueError(f"fault {index} has unknown keys: {', '.join(sorted(map(str, unknown)))}")
        try:
            rules.append(Rule(**keys))
        except (TypeError, ValueError) as error:
            raise ValueError(f"fault {index}: {error}") from error
    return rules


def read_rules(file: Path) -> list[Rule]:
    """Read rules from a JSON file, or a YAML file where PyYAML is installed.

    Raises:
        ValueError: The file is not one, or something in it is not a rule.
    """
    text = file.read_text(encoding="utf-8")
    is_yaml = file.suffix.lower() in (".yaml", ".yml")
    try:
        content = read_yaml(text) if is_yaml else json.loads(text)
    except ValueError as error:
        raise ValueError(f"{file} {'cannot be read' if is_yaml else 'is not JSON'}: {error}") from error
    try:
        return parse_rules(content)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error
