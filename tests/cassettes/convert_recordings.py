"""Make cassettes of recorded exchanges with real servers: `python tests/cassettes/convert_recordings.py FOLDER`.

FOLDER holds the recordings as JSON lines, one exchange a line. What is committed is this script's output, so a clone needs
no recordings. An exchange is taken when a generated client sends exactly that request: an operation and arguments are
looked for that build it, and the first exchanges of each operation are kept, with what is secret in them filtered.
"""

import argparse
import http
import importlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import omicsdk_api
import yaml
from matching import Call, Caller
from recording import HOST
from secrets_filter import filtered
from walks import Found, walk

HERE = Path(__file__).parent
SUCCESSES, ERRORS, ERRORS_OF_STATUS = 2, 2, 6
"""Exchanges kept of an operation that succeeded, that failed, and that failed with one status in a service."""
BODY_LIMIT, FURTHER_LIMIT = 12_000, 800
"""Characters of the largest response kept as an operation's first, and as a further one."""
ITEMS_LEFT = 2
"""Items left of a long page in a list that is followed."""
OK = 200
EMPTY = 80
"""Characters below which a response hardly says anything."""
BROKEN = ('"binary": {"length"', "[debug page of", "...truncated", "{...schema cut", "$base64")
"""What stands in recorded bodies that aren't what the server sent."""


@dataclass(frozen=True)
class Source:
    """Where a service's exchanges stand.

    Attributes:
        files: Recordings, the preferred one first.
        bases: Where the client's base URL ends, by what the paths that belong there begin with.
        variants: What else the server takes for the same request, as its recordings show.
    """

    files: Sequence[str]
    bases: Mapping[str, str]
    variants: Sequence[Callable[[Mapping[str, Any]], Mapping[str, Any] | None]] = ()


def as_json(request: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A form as the JSON object of texts, which it represents; None for what is not a form."""
    kind = request["headers"].get("content-type", "")
    if not kind.startswith("application/x-www-form-urlencoded") or not isinstance(request["body"], dict):
        return None
    return {**request, "headers": {**request["headers"], "content-type": "application/json"}}


def without_slash(request: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A request whose path had a slash at its end, without it; None when it had none."""
    path, mark, query = request["path"].partition("?")
    return {**request, "path": path[:-1] + mark + query} if path.endswith("/") else None


SOURCES = {
    "crunch": Source(("crunch", "crunch.client"), {"/api/": ""}, (as_json,)),
    "pangea": Source(("pangea", "pangea.client"), {"/api/": ""}),
    "gen3/indexd": Source(("indexd", "gen3.client"), {"/index/": "/index", "/ga4gh/": ""}, (without_slash,)),
    "gen3/metadata": Source(("mds", "gen3.client"), {"/mds/": "/mds", "/mds-admin/": "/mds-admin"}),
    "gen3/sheepdog": Source(("sheepdog", "gen3.client"), {"/api/": "/api"}),
    "gen3/peregrine": Source(("peregrine", "gen3.client"), {"/": ""}),
}
NOT_SHEEPDOG = ("/api/v0/submission/graphql", "/api/v0/submission/getschema", "/api/search/datasets")


@dataclass
class Kept:
    """An exchange that a call makes."""

    call: Call
    step: str
    response: Mapping[str, Any]


@dataclass
class Chosen:
    """What is kept of one service."""

    exchanges: list[Kept] = field(default_factory=list)
    _requests: set[tuple[str, str, bytes]] = field(default_factory=set)
    _count: Counter[tuple[str, str]] = field(default_factory=Counter)

    def wants(self, call: Call, status: int, size: int) -> bool:
        """Whether there is room for it, and no response to the same request yet: a cassette could only play the first."""
        if call.sent in self._requests or size > BODY_LIMIT:
            return False
        if status < 400:
            there = self._count[call.operation, "succeeded"]
            return not there or (there < SUCCESSES and size <= FURTHER_LIMIT)
        room = self._count[call.operation, "failed"] < ERRORS and self._count["", str(status)] < ERRORS_OF_STATUS
        return room and not self._count[call.operation, str(status)]

    def keep(self, kept: Kept) -> None:
        """Takes one more."""
        status = kept.response["status"]
        self.exchanges.append(kept)
        self._requests.add(kept.call.sent)
        self._count[kept.call.operation, "succeeded" if status < 400 else "failed"] += 1
        self._count[kept.call.operation, str(status)] += 1
        self._count["", str(status)] += 1


def exchanges(folder: Path, service: str) -> Iterator[dict[str, Any]]:
    """The recorded exchanges of a service, whole ones only, without secrets."""
    for name in SOURCES[service].files:
        with (folder / f"{name}.recording.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                exchange = json.loads(line)
                status = exchange["response"]["status"]
                # What fails by a defect of the server is no model, and a redirect leads out of the recording.
                if status >= 500 or 300 <= status < 400 or any(sign in line for sign in BROKEN):
                    continue
                yield filtered(exchange)


def choose(recorded: Found) -> list[Kept]:
    """A few exchanges of each operation: full answers before empty ones, in the order of the recording otherwise."""
    ranked = sorted(recorded, key=lambda pair: _rank(pair[0], pair[1]))
    chosen = Chosen()
    for call, exchange in ranked:
        if chosen.wants(call, exchange["response"]["status"], len(json.dumps(exchange["response"]["body"]))):
            chosen.keep(Kept(call, exchange["step"], exchange["response"]))
    return sorted(chosen.exchanges, key=lambda kept: (kept.call.operation, kept.response["status"]))


def _rank(call: Call, exchange: Mapping[str, Any]) -> tuple[bool, bool, int]:
    response = exchange["response"]
    size = len(json.dumps(response["body"]))
    return response["status"] >= 400, call.variant, 2 if size > BODY_LIMIT // 4 else 1 if size < EMPTY else 0


def base_of(service: str, path: str) -> str | None:
    """Where the base URL ends of a client that sends to a path, None when it is not one of the service."""
    if service == "gen3/sheepdog" and path.startswith(NOT_SHEEPDOG):
        return None
    return next((base for start, base in SOURCES[service].bases.items() if path.startswith(start)), None)


def find(caller: Caller, request: Mapping[str, Any], base: str, source: Source) -> Call | None:
    """The call that makes a request, or one that the server takes for the same."""
    call = caller.find(request, base)
    for variant in source.variants if call is None else ():
        other = variant(request)
        call = call or (None if other is None else caller.find(other, base))
        if call is not None:
            return replace(call, variant=True)
    return call


def asks_alike(call: Call, request: Mapping[str, Any]) -> bool:
    """Whether the recorded request requested a media type that the client requests too."""
    media_types = request["headers"].get("accept", "*/*")
    return "*/*" in media_types or dict(call.headers)["accept"].split(",")[0] in media_types


def kind_of(kept: Kept) -> str:
    """How the call is made: `raw` where another media type came than the document states, which a query can ask for."""
    response = kept.response
    other = "json" not in response["headers"].get("content-type", "json") and isinstance(response["body"], str)
    is_json = dict(kept.call.headers)["accept"] == "application/json"
    return "raw" if response["status"] < 400 and other and is_json and response["body"] else "call"


def calls_in(folder: Path, service: str, caller: Caller) -> list[tuple[Call, dict[str, Any]]]:
    """The calls that a client can make of a recording, and their exchanges."""
    recorded: list[tuple[Call, dict[str, Any]]] = []
    for exchange in exchanges(folder, service):
        base = base_of(service, exchange["request"]["path"])
        call = None if base is None else find(caller, exchange["request"], base, SOURCES[service])
        if call is not None and asks_alike(call, exchange["request"]):
            recorded.append((call, exchange))
    return recorded


def followed(client_class: Any, recorded: Found, paged: Mapping[str, str]) -> dict[str, list[Kept]]:
    """The pages of each list that can be followed, the first such list of an operation.

    Args:
        client_class: The generated client.
        recorded: Calls and exchanges in the order of the recording.
        paged: Operations that have pages, and the key of their items.
    """
    lists: dict[str, list[Kept]] = {}
    for start, (call, exchange) in enumerate(recorded):
        if call.operation not in paged or call.operation in lists or exchange["response"]["status"] != OK:
            continue
        places = walk(client_class, recorded, start)
        if len(places) > 1:
            pages = [
                Kept(recorded[place][0], recorded[place][1]["step"], recorded[place][1]["response"]) for place in places
            ]
            lists[call.operation] = [shortened(page, paged[call.operation]) for page in pages]
    return lists


def shortened(page: Kept, key: str) -> Kept:
    """A page of which only the first items are left where it is long: the others are like them."""
    body = page.response["body"]
    if len(json.dumps(body)) <= BODY_LIMIT or not isinstance(body, dict):
        return page
    return replace(page, response={**page.response, "body": {**body, key: body[key][:ITEMS_LEFT]}})


def convert(folder: Path, service: str) -> dict[str, int]:
    """Writes the cassettes of a service.

    Returns:
        How many exchanges and operations there are now.
    """
    commands = json.loads((Path(omicsdk_api.__file__).parent / service / "commands.json").read_text("utf-8"))
    package = importlib.import_module("omicsdk_api." + service.replace("/", "."))
    recorded = calls_in(folder, service, Caller(package, commands))
    kept = choose(recorded)
    client_class = getattr(package, min((name for name in package.__all__ if name.endswith("Api")), key=len))
    paged = {command["name"]: command["paged"] for command in commands if "paged" in command}
    lists = followed(client_class, recorded, paged)
    write(HERE / service, kept, lists)
    operations = {kept_call.call.operation for kept_call in kept}
    return {"exchanges": len(kept), "operations": len(operations), "of": len(commands), "lists": len(lists)}


def write(folder: Path, kept: Sequence[Kept], lists: Mapping[str, Sequence[Kept]]) -> None:
    """Writes a cassette an operation and one a list, and the calls by which they are replayed."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    cassettes: dict[str, list[Any]] = {}
    calls = []
    for kept_call in kept:
        cassettes.setdefault(kept_call.call.operation, []).append(interaction(kept_call))
        calls.append(entry(kept_call, kind_of(kept_call)))
    for operation, pages in lists.items():
        cassettes[f"{operation}.pages"] = [interaction(page) for page in pages]
        calls.append(entry(pages[0], "iterate"))
    for name, interactions in cassettes.items():
        text = yaml.safe_dump({"interactions": interactions, "version": 1}, allow_unicode=True, width=118)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    lines = ",\n".join(json.dumps(call, ensure_ascii=False) for call in calls)
    (folder / "calls.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def entry(kept: Kept, kind: str) -> dict[str, Any]:
    """A call by which a cassette is replayed."""
    return {
        "operation": kept.call.operation,
        "kind": kind,
        "base_url": HOST + kept.call.base,
        "arguments": kept.call.arguments,
        "status": kept.response["status"],
        "step": kept.step,
    }


def interaction(kept: Kept) -> dict[str, Any]:
    """One request and its response, in vcrpy's form."""
    method, url, content = kept.call.sent
    body = kept.response["body"]
    json_response = "json" in kept.response["headers"].get("content-type", "")
    text = "" if body is None and not (json_response and kept.response["status"] != 204) else body
    if not isinstance(text, str) or (json_response and _is_plain_text(text)):
        text = json.dumps(text, ensure_ascii=False)
    status = kept.response["status"]
    return {
        "request": {
            "method": method,
            "uri": HOST + url,
            "body": content.decode(),
            "headers": {name: [value] for name, value in kept.call.headers},
        },
        "response": {
            "status": {"code": status, "message": http.HTTPStatus(status).phrase},
            "headers": {name: [value] for name, value in kept.response["headers"].items() if name != "location"},
            "body": {"string": text},
        },
    }


def _is_plain_text(text: str) -> bool:
    if not text:
        return False
    try:
        json.loads(text)
    except ValueError:
        return True
    return False


def main() -> None:
    """Converts all services."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of the recordings")
    parser.add_argument("services", nargs="*", default=[], help="services to convert; all when none is named")
    arguments = parser.parse_args()
    for service in arguments.services or SOURCES:
        counts = convert(arguments.folder, service)
        size = sum(path.stat().st_size for path in (HERE / service).iterdir())
        print(f"{service}: {counts}, {size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
