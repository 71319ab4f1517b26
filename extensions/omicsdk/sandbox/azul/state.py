"""Azul's state: the catalogs, who may read what, addresses of files, and the rate rule."""

import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from omicsdk.core.type_guards import is_object
from omicsdk.sandbox.azul.atlas import Atlas, IndexedFile
from omicsdk.sandbox.azul.search import ANVIL, HCA, Addresses, Kind
from omicsdk.sandbox.dss.state import Dss
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, SandboxContext

PREFIX = "/azul"
# The bucket of the public mirror on the sandbox's S3 server.
MIRROR_BUCKET = "azul-mirror"
# Period of the rate rule, in seconds.
WINDOW = 300.0


@dataclass(frozen=True, slots=True)
class SandboxCatalog:
    """A catalog.

    Attributes:
        atlas: Its atlas.
        kind: Its kind.
        internal: Whether it is for tests of the service.
    """

    atlas: str
    kind: Kind
    internal: bool = False


# The catalogs, the default one first; all have the Data Store's files.
CATALOGS: Mapping[str, SandboxCatalog] = {
    "dcp43": SandboxCatalog("hca", HCA),
    "dcp42": SandboxCatalog("hca", HCA),
    "dcp43-it": SandboxCatalog("hca", HCA, internal=True),
    "lm8": SandboxCatalog("lungmap", HCA),
    "anvil8": SandboxCatalog("anvil", ANVIL),
}
DEFAULT_CATALOG = "dcp43"


class Azul:
    """Azul.

    Args:
        context: State and settings that all services share.
        dss: The Data Store, whose bundles it indexes.
    """

    def __init__(self, context: SandboxContext, dss: Dss) -> None:
        self.context = context
        self.atlas = Atlas(dss)
        self.manifests: dict[str, tuple[str, str, float]] = {}
        self._sent: deque[float] = deque()
        self._lock = threading.Lock()

    def clear(self) -> None:
        """Forget manifests and requests."""
        self.manifests.clear()
        self._sent.clear()

    def limit(self) -> None:
        """Count a request.

        Raises:
            Problem: 429; there were too many in the window.
        """
        most = self.context.settings.number("azul.requests")
        with self._lock:
            # Not earlier: a later time of another thread would look like a clock that was set back.
            now = self.context.clock.now()
            while self._sent and self._sent[0] <= now - WINDOW:
                self._sent.popleft()
            while self._sent and self._sent[-1] > now:
                self._sent.pop()
            if most and len(self._sent) >= most:
                raise Problem(429, "TooManyRequests", "Rate limit exceeded", {"Retry-After": "30"})
            self._sent.append(now)

    def catalog(self, parameters: Mapping[str, str]) -> tuple[str, SandboxCatalog]:
        """The catalog of a request.

        Args:
            parameters: Its parameters.

        Raises:
            Problem: 404; there is no such catalog.
        """
        name = parameters.get("catalog") or DEFAULT_CATALOG
        if name not in CATALOGS:
            raise Problem(404, "NotFoundError", f"Catalog name {name!r} does not exist. Must be one of {[*CATALOGS]}.")
        return name, CATALOGS[name]

    def can_read(self, call: Call) -> bool:
        """Whether the sender of a request may read files.

        Args:
            call: The request.

        Raises:
            Problem: 401; the token is not one of the sandbox's.
        """
        authorization = call.headers.get("authorization")
        if authorization is not None:
            try:
                self.context.tokens.caller(authorization)
            except Problem as problem:
                raise Problem(401, "UnauthorizedError", problem.title, problem.headers) from problem
        return authorization is not None or not self.context.settings.flag("azul.managed_access")

    def addresses(self, call: Call, catalog: str) -> Addresses:
        """The addresses of files for the sender of a request.

        Args:
            call: The request.
            catalog: The catalog.
        """
        can_read = self.can_read(call)

        def url(file: IndexedFile) -> str:
            query = urlencode({"catalog": catalog, "version": file.version})
            return f"{call.origin}{PREFIX}/repository/files/{file.record.uuid}?{query}"

        return Addresses(url, self.mirror_uri, self.atlas.md5, can_read)

    def mirror_uri(self, file: IndexedFile) -> str | None:
        """The address of a file in the mirror, which is written on the first request; None where there is no mirror.

        Args:
            file: The file.
        """
        settings, sha256 = self.context.settings, file.record.sha256
        key = f"file/{sha256}.sha256"
        if settings.flag("azul.mirror"):
            path = str(self.context.objects.path(sha256))
            self.context.staging.publish(MIRROR_BUCKET, key, path, file.record.content_type, public=True)
        elif not settings.flag("azul.mirror_names"):
            return None
        return f"s3://{MIRROR_BUCKET}/{key}"


def parameters(call: Call, *names: str) -> dict[str, str]:
    """The parameters of a request, of its query and body.

    Args:
        call: The request.
        names: Names of those that it may have.

    Raises:
        Problem: 400; one is unknown, or in both places.
    """
    query = dict(call.query)
    body = call.body if is_object(call.body) else {}
    if call.content and not is_object(call.body):
        raise Problem(400, "BadRequestError", "The request body is not a JSON object")
    if both := sorted(query.keys() & body.keys()):
        raise Problem(400, "BadRequestError", f"Conflicting keys in query and body: {both}")
    merged = {**query, **{name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}}
    if unknown := [name for name in merged if name not in names]:
        raise Problem(400, "BadRequestError", f"Unknown query parameter `{unknown[0]}`")
    return merged
