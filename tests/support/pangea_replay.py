"""A recording of a real Pangea, sent again to the sandbox.

What servers make up
(UUIDs, numbers of accounts, tokens, replicates, addresses with signatures) is learnt from the responses and put in place of the
recorded values, so that later steps name what the sandbox made. With that done, answers must be equal, but for moments and the
order of lists; of pages for browsers only the status is compared.

By hand, for some steps: `python tests/support/pangea_replay.py tag pipeline`, with words that the names of steps contain.
"""

import json
import re
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import recorded_steps
from omicsdk.sandbox.pangea.contrib import INDEXED_EVERY
from recorded_steps import Step, read_steps, respond, short

RECORDINGS = Path(__file__).parents[1] / "data" / "sandbox" / "pangea" / "recordings"

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_TOKEN = re.compile(r"\{token-of-[^}]+\}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_NUMBER = re.compile(r"(?:(?<=/users/)|(?<=/users/id/))\d+(?=/|$)")
_PAGES = ("[debug page", "\n")
_MADE_UP = ("auth_token", "replicate", "upload_id", "presigned_url", "policy", "signature", "urls", "ETag")
_COMPARED = ("location", "www-authenticate", "content-disposition")
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?=\.tar)")
_SIGNED = re.compile(r"(?<=\?)AWSAccessKeyId=.*")
_RANGES = {"s3: range": "bytes=0-4"}
"""What the recording has left out of headers."""
_OF_THE_SECOND = ("policy", "signature")
_RANDOM = "?random="
_EXACT = 2**53
_FAILURE = 500
_BOUNDARY = "pangea-recording"


def read_recording(name: str = "pangea") -> list[Step]:
    """The steps of a recording.

    Args:
        name: `pangea`, a walk over every operation, or `pangea.client`, what the published client sent.
    """
    return read_steps(RECORDINGS / f"{name}.recording.jsonl.gz")


class Replay(recorded_steps.Replay):
    """Sends recorded steps to a sandbox.

    Args:
        url: Where Pangea is.
        storage_url: Where the storage is.
        before: Actions before a step, by its name.
        keys: The storage's keys in place of recorded ones.
    """

    def __init__(
        self,
        url: str,
        storage_url: str,
        before: Mapping[str, Callable[[], object]] | None = None,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        self._url = url
        self._storage_url = storage_url
        self._before = before or {}
        self._texts: dict[str, str] = dict(keys or {})
        self._uuids: dict[str, str] = {}
        self._numbers: dict[int, int] = {}

    def _difference(self, step: Step) -> str:
        if step.name.startswith("server to s3"):  # the recorded server made the call, and not a client of it
            return ""
        self._before.get(step.name, lambda: None)()
        status, headers, response = self._send(step)
        if status != step.status:
            return f"recorded {step.status}, not {status}: {short(response)}"
        self._learn("", step.response, response)
        if step.request["method"] == "PUT" and "etag" in headers:
            self._texts[step.headers["etag"]] = headers["etag"]
        for name in _COMPARED if status < _FAILURE and not _is_for_storage(step) else ():
            one, other = (_DAY.sub("DAY", sent.get(name, "")) for sent in (step.headers, headers))
            if one != other:
                return f"{name}: recorded {one}, not {other}"
        match step.response:
            case str() as page if page.startswith(_PAGES) or _is_for_storage(step):
                return "" if isinstance(response, str) else f"recorded a page, not {short(response)}"
            case {"binary": {"length": int(length)}}:
                same = isinstance(response, bytes) or (isinstance(response, str) and len(response) == length)
                return "" if same else f"recorded {length} bytes, not {short(response)}"
            case _:
                pass
        recorded, actual = _plain(self._carried(step.response)), _plain(response)
        if _RANDOM in step.request["path"]:
            recorded, actual = (json.loads(_UUID.sub("UUID", json.dumps(body))) for body in (recorded, actual))
        return _differing(recorded, actual)

    def _send(self, step: Step) -> tuple[int, dict[str, str], Any]:
        url = self._target(step)
        headers = {name: self._carried(value) for name, value in step.request["headers"].items()}
        headers |= {"range": _RANGES[step.name]} if step.name in _RANGES else {}
        kind = headers.get("content-type", "")
        if kind.startswith("multipart/"):
            headers["content-type"] = f"multipart/form-data; boundary={_BOUNDARY}"
        status, response_headers, content = respond(url, step.request["method"], self._content(step, kind), headers)
        if "location" in response_headers:
            response_headers["location"] = response_headers["location"].removeprefix(urlsplit(self._url).path)
        return status, response_headers, self._read(content, response_headers.get("content-type", ""))

    def _target(self, step: Step) -> str:
        path: str = step.request["path"]
        if _is_for_storage(step):
            return self._texts.get(f"http://{path}", path.replace("{s3}", self._storage_url))
        return self._url + _NUMBER.sub(lambda match: str(self._number(int(match.group()))), self._carried(path))

    def _content(self, step: Step, kind: str) -> bytes | None:
        body = step.request["body"]
        match body:
            case None:
                return None
            case {"multipart": parts}:
                return self._multipart(parts)
            case {"binary": {"length": int(length)}}:
                return b"x" * length
            case {"user": int(number)}:
                return json.dumps({"user": self._number(number)}).encode()
            case _ if kind.endswith("urlencoded"):
                return urlencode(self._carried(body), doseq=True).encode()
            case _ if kind == "application/json" and not isinstance(body, str):
                return json.dumps(self._carried(body)).replace("{s3}", urlsplit(self._storage_url).netloc).encode()
            case _:
                return str(body).encode()

    def _multipart(self, parts: Sequence[Mapping[str, Any]]) -> bytes:
        fields: list[str] = []
        for part in parts:
            file = f'; filename="{part["filename"]}"' if "filename" in part else ""
            value = self._carried(part["value"]) if "value" in part else "x" * part["binary"]["length"]
            header = f'Content-Disposition: form-data; name="{part["name"]}"{file}'
            fields.append(f"--{_BOUNDARY}\r\n{header}\r\n\r\n{value}\r\n")
        return f"{''.join(fields)}--{_BOUNDARY}--\r\n".encode()

    def _read(self, content: bytes, kind: str) -> Any:
        if not content:
            return None
        if kind == "binary":
            return content
        text = content.decode("utf-8", "replace")
        return json.loads(text) if kind.startswith("application/json") else text

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """What the sandbox answers to a POST of foo that is not recorded."""
        headers = {"authorization": "Token {token-of-foo}", "content-type": "application/json"}
        request = {"method": "POST", "path": path, "headers": headers, "body": body}
        return self._send(Step(-1, "", request, 201, {}, None))[2]

    def learn(self, recorded: str, made: str) -> None:
        """Return which UUID the sandbox made in place of a recorded one."""
        self._uuids[recorded] = made

    # -- what servers make up

    def _learn(self, key: str, recorded: Any, answered: Any) -> None:
        match recorded, answered:
            case dict(), dict():
                one, other = cast("dict[str, Any]", recorded), cast("dict[str, Any]", answered)
                for key_ in one.keys() & other.keys():
                    self._learn(key_, one[key_], other[key_])
            case list(), list():
                for one, other in self._pairs(cast("list[Any]", recorded), cast("list[Any]", answered)):
                    self._learn(key, one, other)
            case str(), str():
                if key in _MADE_UP:
                    self._texts.setdefault(recorded, answered)
                elif _UUID.fullmatch(recorded) and _UUID.fullmatch(answered):
                    self._uuids.setdefault(recorded, answered)
            case int(), int() if key == "id":
                self._numbers.setdefault(recorded, answered)
            case _:
                pass

    def _pairs(self, recorded: Sequence[Any], answered: Sequence[Any]) -> list[tuple[Any, Any]]:
        """Members of lists that represent the same: by what is known of them, and the others in their order."""
        made = set(self._uuids.values())
        left = [(one, _likeness(one, made)) for one in answered]
        pairs: list[tuple[Any, Any]] = []
        for member in sorted(recorded, key=lambda item: _uuid_of(item) not in self._uuids):
            carried = self._carried(member)
            is_known, alike = _uuid_of(member) in self._uuids, _likeness(carried, made)
            fitting = [one for one in left if _uuid_of(one[0]) == _uuid_of(carried)] if is_known else []
            fitting = fitting or [one for one in left if one[1] == alike] or left
            if fitting:
                pairs.append((member, fitting[0][0]))
                left = [one for one in left if one[0] is not fitting[0][0]]
        return pairs

    def _number(self, recorded: int) -> int:
        return self._numbers.get(recorded, recorded)

    def _carried(self, value: Any) -> Any:
        """A recorded value with what the sandbox made in place of what the server made."""
        match value:
            case str() if value in self._texts:
                return self._texts[value]
            case str():
                text = _TOKEN.sub(lambda match: self._texts.get(match.group(), match.group()), value)
                text = text.replace("{server}", self._url.removeprefix("http://"))
                text = text.replace("{s3}", urlsplit(self._storage_url).netloc)
                return _UUID.sub(lambda match: self._uuids.get(match.group(), match.group()), text)
            case dict():
                members = cast("dict[str, Any]", value).items()
                return {
                    self._carried(key): self._number(item) if key == "id" else self._carried(item)
                    for key, item in members
                }
            case list():
                return [self._carried(item) for item in cast("list[Any]", value)]
            case _:
                return value


def _is_for_storage(step: Step) -> bool:
    return step.request["path"].startswith("{s3}")


def _likeness(value: Any, made: Collection[str]) -> Any:
    """The part of a value that identifies it, before it is known which UUIDs represent which.

    Args:
        value: The value.
        made: UUIDs of the sandbox that are known.
    """
    match value:
        case dict():
            members = cast("dict[str, Any]", value).items()
            likenesses = {key: _likeness(item, made) for key, item in members if key not in _MADE_UP}
            return {key: item for key, item in likenesses.items() if item is not None}
        case str():
            is_made_up = _MOMENT.fullmatch(value) or (_UUID.fullmatch(value) and value not in made)
            return None if is_made_up else value
        case list():
            return len(cast("list[Any]", value))
        case _:
            return value


def _uuid_of(value: Any) -> str:
    return str(cast("dict[str, Any]", value).get("uuid", "")) if isinstance(value, dict) else ""


def _differing(recorded: Any, actual: Any, where: str = "") -> str:
    """Where two values differ first; empty if they do not."""
    if recorded == actual:
        return ""
    match recorded, actual:
        case dict(), dict() if recorded.keys() == actual.keys():
            members = cast("dict[str, Any]", recorded)
            differences = (_differing(members[key], actual[key], f"{where}.{key}") for key in members)
            return next(difference for difference in differences if difference)
        case list(), list() if len(cast("list[Any]", recorded)) == len(cast("list[Any]", actual)):
            pairs = zip(cast("list[Any]", recorded), cast("list[Any]", actual), strict=True)
            differences = (_differing(one, other, f"{where}[{index}]") for index, (one, other) in enumerate(pairs))
            return next(difference for difference in differences if difference)
        case dict(), dict():
            one, other = set(cast("dict[str, Any]", recorded)), set(cast("dict[str, Any]", actual))
            return f"{where}: without {short(sorted(one - other))}, with {short(sorted(other - one))}"
        case _:
            return f"{where}: recorded {short(recorded)}, not {short(actual)}"


def _plain(value: Any) -> Any:
    """A value without what may differ: moments, signatures, how large numbers are written, the order of lists."""
    match value:
        case str():
            return "MOMENT" if _MOMENT.fullmatch(value) else _SIGNED.sub("SIGNED", value)
        case int() if abs(value) > _EXACT:
            return float(value)
        case dict():
            members = cast("dict[str, Any]", value).items()
            return {key: "SIGNED" if key in _OF_THE_SECOND else _plain(item) for key, item in members}
        case list():
            items = [_plain(item) for item in cast("list[Any]", value)]
            return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
        case _:
            return value


@dataclass(frozen=True, slots=True)
class Made:
    """What the recorded server's administrator made, since no request does: prototypes of orders.

    Attributes:
        before: The step before which it is made.
        jobs: The jobs of the prototype "WOP", with their modules.
        prototype: The UUID of "WOP", where it is not reported before it is used.
        group_prototype: The UUID of "GWOP", likewise.
    """

    before: str
    jobs: Mapping[str, str]
    prototype: str = ""
    group_prototype: str = ""


MADE = {
    "pangea": Made(
        "work order prototypes",
        {"JOP": "c7f43adb-704a-41f4-8c68-31bb57797b9b", "JOP2": "4b5a82e1-6838-4f94-863e-5e28cc2f3b39"},
    ),
    "pangea.client": Made(
        "proto from an unknown name: GET /api/work_order_prototypes/nope",
        {"JOP": "8e695aa3-545e-4b52-bdf4-b3236a6f0c1d"},
        "fbb78454-8805-4582-a43c-0cdb34e6bcb9",
        "3fc5160f-e2cb-4a8e-9300-c6fcbb243ec0",
    ),
}


def replay_of(sandbox: Any, name: str = "pangea") -> Replay:
    """A replay onto a sandbox's Pangea, which is emptied.

    Args:
        sandbox: The running sandbox.
        name: Which recording it is for.
    """
    sandbox.pangea.empty()
    prototypes = MADE[name]

    def make() -> None:
        pipeline = replay.post("/api/pipelines", {"name": "of orders"})["uuid"]
        jobs: dict[str, str] = {}
        for job, uuid in prototypes.jobs.items():
            module = {"pipeline": pipeline, "name": job, "version": "1"}
            jobs[job] = replay.post("/api/pipeline_modules", module)["uuid"]
            replay.learn(uuid, jobs[job])
        made = sandbox.pangea.add_work_order_prototype("WOP", jobs=jobs, privileged=["foo@bar.com"])
        replay.learn(prototypes.prototype, made)
        of_groups = sandbox.pangea.add_group_work_order_prototype("GWOP", parts=[made], privileged=["foo@bar.com"])
        replay.learn(prototypes.group_prototype, of_groups)

    def bucket() -> None:
        sandbox.pangea.context.staging.make_bucket("bkt")

    def index() -> None:
        sandbox.clock.advance(INDEXED_EVERY)

    owner = sandbox.s3_credentials
    keys = {"AK": owner["AWS_ACCESS_KEY_ID"], "SK": owner["AWS_SECRET_ACCESS_KEY"]}
    replay = Replay(
        sandbox.pangea_url, sandbox.s3_url, {prototypes.before: make, "s3: make bucket": bucket, "search": index}, keys
    )
    return replay


def _main(words: Sequence[str]) -> None:
    from omicsdk.sandbox import Sandbox

    with Sandbox() as sandbox:
        differences = replay_of(sandbox).differences(read_recording())
    shown = [
        f"{number} {text}" for number, text in differences.items() if not words or any(word in text for word in words)
    ]
    print("\n".join(shown), f"\n{len(shown)} of {len(differences)} differences")


if __name__ == "__main__":
    _main(sys.argv[1:])
