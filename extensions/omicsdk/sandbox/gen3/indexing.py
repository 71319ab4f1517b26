"""The job beside the bucket: what was uploaded to a blank record gives the record its size, hashes and URL.

In a commons it runs when the bucket reports a new object. Here it is due some time after the upload, by the sandbox's
clock, and each request to the commons first does what is due.
"""

import hashlib
import threading
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from omicsdk.core.logs import logger
from omicsdk.sandbox.document import Operation
from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.indexd.record import is_blank
from omicsdk.sandbox.gen3.storage import Files
from omicsdk.sandbox.service import Call, Handler, Reply, SandboxContext, Service
from omicsdk.sandbox.state.settings import Setting

log = logger("omicsdk.sandbox")

_BLOCK = 1024 * 1024
_NEVER = float("inf")
SETTINGS = (
    Setting(
        "gen3.indexing",
        True,
        "Whether uploads give blank records of the Gen3 commons their size and hashes; else clients must do it themselves",
    ),
    Setting(
        "gen3.indexing_seconds",
        1.0,
        "After how many seconds an upload to the Gen3 commons gives its record size and hashes",
    ),
)


class Indexing:
    """Uploads whose records wait for size and hashes.

    Args:
        files: The contents of the commons' buckets.
        index: The records.
        context: State and settings that all services share.
    """

    def __init__(self, files: Files, index: Index, context: SandboxContext) -> None:
        self._files = files
        self._records = index
        self._database = context.database
        self._clock = context.clock
        self._settings = context.settings
        self._lock = threading.Lock()
        self._soonest: float | None = None  # when the first one is due; None until that is looked up
        context.settings.declare(*SETTINGS)
        context.database.define(gen3_indexing="url TEXT PRIMARY KEY, due REAL NOT NULL")

    def stored(self, url: str) -> None:
        """Notes that something was uploaded to a URL, when that is where the file of a blank record goes."""
        if self._settings.flag("gen3.indexing") and self._blank(url) is not None:
            due = self._clock.now() + self._settings.number("gen3.indexing_seconds")
            self._database.execute("REPLACE INTO gen3_indexing VALUES (?, ?)", (url, due))
            self._soonest = None

    def before(self, service: Service) -> Service:
        """A service whose requests first do what is due."""

        def first(handler: Handler) -> Handler:
            def handle(call: Call) -> Reply:
                self._do(self._clock.now())
                return handler(call)

            return handle

        def at_once(operation: Operation, query: Sequence[tuple[str, str]]) -> bool:
            return service.at_once(operation, query) and not self._due(self._clock.now())  # files are read for due jobs

        handlers = {name: first(handler) for name, handler in service.handlers.items()}
        return replace(service, handlers=handlers, at_once=at_once)

    def finish(self) -> int:
        """Do all that waits and return how much it was."""
        return self._do(_NEVER)

    def _do(self, until: float) -> int:
        if not self._due(until):
            return 0
        with self._lock:
            due = self._due(until)
            for url in due:
                try:
                    self._index(url)
                except Exception:
                    # What fails once would fail with every request from then on.
                    log.exception("indexing %s failed", url)
                self._database.execute("DELETE FROM gen3_indexing WHERE url = ?", (url,))
            self._soonest = None
        return len(due)

    def _due(self, until: float) -> list[str]:
        soonest = self._soonest
        if soonest is None:
            with self._database.alone():  # nothing is noted between the reading and the keeping
                row = self._database.row("SELECT min(due) AS due FROM gen3_indexing")
                soonest = self._soonest = _NEVER if row is None or row["due"] is None else float(row["due"])
        if until < soonest:
            return []
        rows = self._database.rows("SELECT url FROM gen3_indexing WHERE due <= ? ORDER BY due, url", (until,))
        return [row["url"] for row in rows]

    def _index(self, url: str) -> None:
        record = self._blank(url)
        stored = self._files.find(url)
        if record is None or stored is None:
            return
        hashes = _hashes(self._files.path(stored))
        self._records.update(record["did"], {"size": stored.size, "hashes": hashes, "urls": [url]})

    def _blank(self, url: str) -> dict[str, Any] | None:
        """The record that an object belongs to, while it has neither size nor hashes.

        Keys are GUID/name, and both may have slashes.
        """
        key = url.split("/", 3)[3]
        while "/" in key:
            key = key.rpartition("/")[0]
            if (found := self._records.get(key)) is not None:
                return found if is_blank(found) else None
        return None


def _hashes(path: Path) -> dict[str, str]:
    digests = {name: hashlib.new(name, usedforsecurity=False) for name in ("md5", "sha1", "sha256", "sha512")}
    crc = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            crc = zlib.crc32(block, crc)
            for digest in digests.values():
                digest.update(block)
    return {"crc": f"{crc:08x}", **{name: digest.hexdigest() for name, digest in digests.items()}}
