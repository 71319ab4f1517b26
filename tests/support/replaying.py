"""Recorded responses, and generated clients that they are played to."""

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import yaml
from omicsdk.core import NO_RETRY, BearerToken
from omicsdk.core.bodies import plain
from omicsdk.core.redaction import mask_json

CASSETTES = Path(__file__).parents[1] / "cassettes"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast
OPTIONS: dict[str, Any] = {"credentials": BearerToken("t"), "retry": NO_RETRY, "strict": True}
"""What clients are made with that recordings are played to."""
SECRET = re.compile(
    r"""^\s*(?:authorization|cookie|set-cookie|api-key|x-sbg-auth-token):|Bearer (?!realm)[\w.=-]{4}|Token [0-9a-f]{4}"""
    r"""|[?&;][\w-]*Signature=|X-(?:Amz|Sandbox(?!-Answer))-|AWSAccessKeyId=|127\.0\.0\.1|localhost|\{(?:(?<!files/\{)token|server|s3|commons|path)"""
    r"""|eyJ[\w-]+\.[\w-]+\.|PRIVATE KEY|ASIA[A-Z]|(?:client_secret|refresh_token|api_key)=(?!filtered)"""
    r"""|"(?:\w*password|(?!cont)\w*token|private_key|signature|(?:AWS)?AccessKeyId)":\s*"(?!filtered|init"|[0-9a-f]{64}-)"""
    r"""|"policy":\s*"e(?:30|yJ)|"(?:api_key|client_secret|hmac_secret_key|secret_access_key|SecretAccessKey|SessionToken)":\s*"(?!filtered)""",
    re.IGNORECASE | re.MULTILINE,
)
"""What secrets and the recorded machine look like; Azul's tokens of manifests are checksums with a number, not secrets."""


def _recording() -> ModuleType:
    """The module of the tests' recorders, which is beside the cassettes."""
    spec = importlib.util.spec_from_file_location("recording", CASSETTES / "recording.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RECORDING = _recording()
# vcrpy tries to import each HTTP client that it knows, for each cassette: those that do not exist are not sought again.
for _client in ("httplib2", "tornado", "httpx2", "httpx_curl_cffi", "pyreqwest"):
    if importlib.util.find_spec(_client) is None:
        sys.modules.setdefault(_client, cast("ModuleType", None))


def package_of(service: str) -> Any:
    """The generated package of a service, such as gen3/fence."""
    return importlib.import_module("omicsdk_api." + service.replace("/", "."))


def clients(service: str) -> tuple[Any, Any]:
    """The classes of a service's clients, the asynchronous one last."""
    package = package_of(service)
    names = sorted((name for name in package.__all__ if name.endswith("Api")), key=len)
    return getattr(package, names[0]), getattr(package, names[1])


def operations(service: str) -> list[dict[str, Any]]:
    """What a generated package states of its operations."""
    return json.loads(Path(package_of(service).__file__).with_name("commands.json").read_bytes())


def playing(service: str, name: str) -> Any:
    """A cassette, played in a `with` block; what is not on it is refused."""
    return RECORDING.make_vcr("none").use_cassette(str(CASSETTES / service / f"{name}.yaml"))


def content_of(response: dict[str, Any]) -> bytes:
    """The bytes of a recorded response."""
    content = response["body"]["string"]
    return content.encode() if isinstance(content, str) else content


def matches(response: Any, played: dict[str, Any]) -> bool:
    """Whether a response states what the recorded body states, no more, no less and of the same types."""
    content = content_of(played)
    if isinstance(response, bytes):
        return response == content
    if isinstance(response, str) and "json" not in "".join(played["headers"].get("content-type", ())):
        return response.strip() == content.decode().strip()
    body = json.loads(content) if content.strip() else None
    if played["status"]["code"] >= 400:
        body = mask_json(body)  # errors are shown to people
    return json.dumps(plain(response), sort_keys=True) == json.dumps(body, sort_keys=True)  # 1 is not 1.0, nor true


class Recorded:
    """What was recorded of one service, from the sandbox.

    Args:
        service: The service, as its folder is called.

    Attributes:
        service: As given.
        base_url: What the recorded server is called.
        calls: The recorded calls by cassette: `operation`, `kind` (call, iterate, stream or refused) and `arguments`.
    """

    def __init__(self, service: str) -> None:
        self.service = service
        recording = json.loads((CASSETTES / service / "calls.json").read_bytes())
        self.base_url: str = recording["base_url"]
        self.calls: dict[str, Any] = recording["calls"]

    def responses(self, name: str) -> list[dict[str, Any]]:
        """The recorded responses, redirects left out (304 is none)."""
        content = yaml.load((CASSETTES / self.service / f"{name}.yaml").read_bytes(), _LOADER)
        recorded = [interaction["response"] for interaction in content["interactions"]]
        return [response for response in recorded if response["status"]["code"] not in (301, 302, 303, 307, 308)]

    def response(self, name: str) -> Any:
        """Make the call by a client; of pages it gives the items."""
        call = self.calls[name]
        with clients(self.service)[0](self.base_url, **OPTIONS) as api:
            bound = getattr(api, call["operation"])
            if call["kind"] == "stream":
                with bound.stream(**call["arguments"]) as streamed:
                    return b"".join(streamed.iter_bytes(7))
            if call["kind"] == "iterate":
                return list(bound.iterate(**call["arguments"]))
            return bound(**call["arguments"])

    async def awaited(self, name: str) -> Any:
        """The same by an async client."""
        call = self.calls[name]
        async with clients(self.service)[1](self.base_url, **OPTIONS) as api:
            bound = getattr(api, call["operation"])
            if call["kind"] == "stream":
                async with bound.stream(**call["arguments"]) as streamed:
                    return await streamed.read()
            if call["kind"] == "iterate":
                return [item async for item in bound.iterate(**call["arguments"])]
            return await bound(**call["arguments"])
