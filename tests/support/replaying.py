"""A generated client's calls, replayed on the answers that were recorded of a service: one cassette an operation."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

CASSETTES = Path(__file__).parents[1] / "cassettes"


def _recording() -> ModuleType:
    """The module of the tests' recorders, which stands beside the cassettes."""
    spec = importlib.util.spec_from_file_location("recording", CASSETTES / "recording.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RECORDING = _recording()


class Recorded:
    """What was recorded of one service.

    Args:
        service: The service, as its folder is called.

    Attributes:
        folder: Where the cassettes are.
        base_url: What the recorded server is called.
        calls: The recorded calls by operation: `kind` (call, iterate or stream) and `arguments`.
    """

    def __init__(self, service: str) -> None:
        self.folder = CASSETTES / service
        told = json.loads((self.folder / "calls.json").read_text(encoding="utf-8"))
        self.base_url: str = told["base_url"]
        self.calls: dict[str, Any] = {call["operation"]: call for call in told["calls"]}

    def cassette(self, operation: str) -> Any:
        """A cassette, played in a `with` block; what isn't on it is refused."""
        return RECORDING.make_vcr("none").use_cassette(str(self.folder / f"{operation}.yaml"))

    def responses(self, operation: str) -> list[dict[str, Any]]:
        """The recorded answers, redirects left out (304 is none)."""
        content = yaml.safe_load((self.folder / f"{operation}.yaml").read_text(encoding="utf-8"))
        found = [interaction["response"] for interaction in content["interactions"]]
        return [response for response in found if response["status"]["code"] not in (301, 302, 303, 307, 308)]

    def answer(self, api: Any, operation: str) -> Any:
        """Makes the call by a client; of pages it gives the items."""
        call = self.calls[operation]
        bound = getattr(api, operation)
        if call["kind"] == "stream":
            with bound.stream(**call["arguments"]) as streamed:
                return b"".join(streamed.iter_bytes(7))
        if call["kind"] == "iterate":
            return list(bound.iterate(**call["arguments"]))
        return bound(**call["arguments"])

    async def awaited(self, api: Any, operation: str) -> Any:
        """The same by an async client."""
        call = self.calls[operation]
        bound = getattr(api, operation)
        if call["kind"] == "stream":
            async with bound.stream(**call["arguments"]) as streamed:
                return await streamed.read()
        if call["kind"] == "iterate":
            return [item async for item in bound.iterate(**call["arguments"])]
        return await bound(**call["arguments"])


def plain(value: Any) -> Any:
    """A model, or a list of them, as JSON data; anything else as it is."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.to_dict() if hasattr(value, "to_dict") else value
